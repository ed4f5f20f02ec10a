"""PNG files of small black-and-white pictures, as a test needs them."""

import struct
import zlib
from collections.abc import Sequence

FINDER = ("#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######")


def code(count: int = 21) -> list[str]:
    """A picture like a QR code: its three corner squares, and a pattern between."""
    rows = [[("#" if (x * y + x) % 3 == 0 else ".") for x in range(count)] for y in range(count)]
    for top, left in ((0, 0), (0, count - 7), (count - 7, 0)):
        for y in range(-1, 8):
            for x in range(-1, 8):
                if 0 <= top + y < count and 0 <= left + x < count:
                    is_inside = 0 <= y < 7 and 0 <= x < 7
                    rows[top + y][left + x] = FINDER[y][x] if is_inside else "."
    return ["".join(row) for row in rows]


def enlarged(rows: Sequence[str], scale: int, margin: int) -> list[str]:
    """Each module ``scale`` pixels wide and high, with ``margin`` light pixels around."""
    width = len(rows[0]) * scale + 2 * margin
    inner = ["." * margin + "".join(char * scale for char in row) + "." * margin for row in rows for _ in range(scale)]
    return ["." * width] * margin + inner + ["." * width] * margin


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(lines: Sequence[bytes], width: int, depth: int, kind: int, palette: bytes = b"") -> bytes:
    """A PNG of rows that have their filter byte already."""
    head = struct.pack(">IIBBBBB", width, len(lines), depth, kind, 0, 0, 0)
    pieces = [chunk(b"IHDR", head), chunk(b"PLTE", palette) if palette else b""]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [*pieces, chunk(b"IDAT", zlib.compress(b"".join(lines))), chunk(b"IEND", b"")]
    )


def grey_png(rows: Sequence[str]) -> bytes:
    """A PNG with a byte for each pixel."""
    return png_of([b"\0" + bytes(0 if char == "#" else 255 for char in row) for row in rows], len(rows[0]), 8, 0)
