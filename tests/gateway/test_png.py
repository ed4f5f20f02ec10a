import struct
import zlib

import pytest

from webqq.gateway.png import write_png


def test_picture_is_a_png_with_all_its_pixels() -> None:
    rows = [bytes(range(9)), bytes(range(9, 18))]
    found = write_png(rows)
    assert found.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(found):
        (length,) = struct.unpack(">I", found[at : at + 4])
        kind, data = found[at + 4 : at + 8], found[at + 8 : at + 8 + length]
        assert struct.unpack(">I", found[at + 8 + length : at + 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind] = data
        at += 12 + length
    assert chunks[b"IHDR"] == struct.pack(">IIBBBBB", 3, 2, 8, 2, 0, 0, 0)
    assert zlib.decompress(chunks[b"IDAT"]) == b"\0" + rows[0] + b"\0" + rows[1]
    assert [*chunks][-1] == b"IEND"


@pytest.mark.parametrize("rows", [[b""], [b"abc", b"abcdef"], [b"ab"]])
def test_rows_that_are_no_picture_are_refused(rows: list[bytes]) -> None:
    with pytest.raises(ValueError, match="rows"):
        write_png(rows)
