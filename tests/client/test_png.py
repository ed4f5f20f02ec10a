"""Black-and-white pictures out of PNG files."""

import struct

import pytest

from tests.client.pictures import chunk, grey_png, png_of
from webqq.client.png import MAX_SIDE, read_png

ROWS = ("#..#.", ".#..#", "#####")
DARK = [[char == "#" for char in row] for row in ROWS]


def packed(row: str, depth: int, dark: int, light: int) -> bytes:
    bits = "".join(f"{dark if char == '#' else light:0{depth}b}" for char in row)
    return bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_grey_of_every_depth(depth: int):
    lines = [b"\0" + packed(row, depth, 0, 2**depth - 1) for row in ROWS]
    assert read_png(png_of(lines, 5, depth, 0)) == DARK


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_of_every_depth(depth: int):
    lines = [b"\0" + packed(row, depth, 1, 0) for row in ROWS]
    assert read_png(png_of(lines, 5, depth, 3, b"\xff\xff\xff\x10\x20\x30")) == DARK


@pytest.mark.parametrize(
    ("kind", "dark", "light"),
    [
        (2, b"\x10\x20\x30", b"\xff\xff\xff"),
        (4, b"\x00\xff", b"\xff\xff"),
        (4, b"\x00\xff", b"\x00\x00"),
        (6, b"\0\0\0\xff", b"\xff\xff\xff\xff"),
        (6, b"\0\0\0\xff", b"\0\0\0\0"),
    ],
)
def test_colours_and_what_is_see_through(kind: int, dark: bytes, light: bytes):
    lines = [b"\0" + b"".join(dark if char == "#" else light for char in row) for row in ROWS]
    assert read_png(png_of(lines, 5, 8, kind)) == DARK


def test_rows_with_filters():
    plain = [bytes(0 if char == "#" else 255 for char in row) for row in ROWS]
    sub = b"\1" + bytes((value - (plain[0][at - 1] if at else 0)) & 255 for at, value in enumerate(plain[0]))
    up = b"\2" + bytes((value - above) & 255 for value, above in zip(plain[1], plain[0], strict=True))
    average = b"\3" + bytes(
        (value - ((plain[2][at - 1] if at else 0) + plain[1][at]) // 2) & 255 for at, value in enumerate(plain[2])
    )
    assert read_png(png_of([sub, up, average], 5, 8, 0)) == DARK
    # All of a first row's neighbours are 0, or to the left.
    paeth = b"\4" + sub[1:]
    assert read_png(png_of([paeth], 5, 8, 0)) == DARK[:1]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"GIF89a", "expected a PNG"),
        (b"\x89PNG\r\n\x1a\n", "ends early"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "with a header"),
        (grey_png(ROWS)[:-20], "ends early"),
        (png_of([b"\0" + b"\0" * 10], 5, 16, 0), "depth 16"),
        (png_of([b"\5" + b"\0" * 5], 5, 8, 0), "the filter 5"),
        (png_of([b"\0\1\0\0"], 5, 8, 0), "ends early"),
        (png_of([b"\0\7"], 1, 8, 3, b"\0\0\0"), "colour 7, which its palette lacks"),
        (png_of([b"\0"], MAX_SIDE + 1, 8, 0), "at most 1200 pixels"),
        (png_of([b"\0"], 0, 8, 0), "at most 1200 pixels"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0") + chunk(b"IEND", b""), "a wrong length"),
        (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", b"none")
            + chunk(b"IEND", b""),
            "cannot be unpacked",
        ),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, problem: str):
    with pytest.raises(ValueError, match=problem):
        read_png(data)
