"""Small pictures as PNG files. Source: PNG (ISO/IEC 15948), filter 0 and 8 bits a channel. Pure."""

import struct
import zlib
from collections.abc import Sequence

__all__ = ["write_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB = 2


def write_png(rows: Sequence[bytes]) -> bytes:
    """Return the file of a picture.

    :param rows: from the top, three bytes (red, green, blue) for each pixel; all of one length, one row at least.
    """
    width = len(rows[0]) // 3
    if any(len(row) != 3 * width for row in rows) or not width:
        raise ValueError("expected rows of one length, three bytes a pixel")
    head = struct.pack(">IIBBBBB", width, len(rows), 8, _RGB, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return _SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
