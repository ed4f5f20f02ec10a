"""Small black-and-white pictures out of PNG files, for codes that are drawn in a terminal.

What comes from the service is hostile until read: sizes are bounded before anything is unpacked. Source: the PNG
specification (ISO/IEC 15948), without interlacing.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["MAX_SIDE", "read_png"]

MAX_SIDE = 1200
"""Pixels of a picture's longer side; codes of the service have less than 200."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_CHANNELS = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGBA: 4}
_DEPTHS = {_GREY: (1, 2, 4, 8), _RGB: (8,), _PALETTE: (1, 2, 4, 8), _GREY_ALPHA: (8,), _RGBA: (8,)}


@dataclass(frozen=True, slots=True)
class _Head:
    width: int
    height: int
    depth: int
    kind: int

    @property
    def stride(self) -> int:
        """Bytes of a row."""
        return (self.width * self.depth * _CHANNELS[self.kind] + 7) // 8

    @property
    def step(self) -> int:
        """Bytes from a byte to the one of the pixel before, for the filters."""
        return max(1, self.depth * _CHANNELS[self.kind] // 8)


def read_png(data: bytes) -> list[list[bool]]:
    """Return the rows of a picture, True for each dark pixel; what is see-through counts as light.

    :raises ValueError: it is no PNG, has a form that is not read here, is too large, or ends early.
    """
    head: _Head | None = None
    palette, pieces = b"", []
    for kind, body in _chunks(data):
        if kind == b"IHDR":
            head = _read_head(body)
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            pieces.append(body)
    if head is None:
        raise ValueError("expected a PNG with a header, got none")
    return [_dark(row, head, palette) for row in _rows(_unpack(b"".join(pieces), head), head)]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise ValueError("expected a PNG, got other bytes")
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        if kind == b"IEND":
            return
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length
    raise ValueError("the PNG ends early")


def _read_head(body: bytes) -> _Head:
    if len(body) != 13:
        raise ValueError("the PNG's header has a wrong length")
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", body)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError(f"expected a picture of at most {MAX_SIDE} pixels a side, got {width} x {height}")
    if interlace or depth not in _DEPTHS.get(kind, ()):
        raise ValueError(f"PNG of colour type {kind}, depth {depth}, interlacing {interlace} is not read here")
    return _Head(width, height, depth, kind)


def _unpack(packed: bytes, head: _Head) -> bytes:
    wanted = (head.stride + 1) * head.height
    try:
        plain = zlib.decompressobj().decompress(packed, wanted)
    except zlib.error as error:
        raise ValueError("the PNG's pixels cannot be unpacked") from error
    if len(plain) < wanted:
        raise ValueError("the PNG ends early")
    return plain


def _rows(plain: bytes, head: _Head) -> Iterator[bytes]:
    before = bytearray(head.stride)
    for at in range(0, len(plain), head.stride + 1):
        row = bytearray(plain[at + 1 : at + 1 + head.stride])
        _unfilter(plain[at], row, before, head.step)
        yield bytes(row)
        before = row


def _unfilter(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    if kind > 4:
        raise ValueError(f"the PNG has a row with the filter {kind}, of 0 to 4")
    if kind == 0:
        return
    for place, value in enumerate(row):
        left = row[place - step] if place >= step else 0
        corner = above[place - step] if place >= step else 0
        up = above[place]
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[place] = (value + guess) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _dark(row: bytes, head: _Head, palette: bytes) -> list[bool]:
    if head.depth < 8 or head.kind == _PALETTE:
        return [_is_dark_sample(value, head, palette) for value in _samples(row, head)]
    channels = _CHANNELS[head.kind]
    pixels = (row[at : at + channels] for at in range(0, head.width * channels, channels))
    has_alpha = head.kind in (_GREY_ALPHA, _RGBA)
    return [_is_dark(pixel[:-1] if has_alpha else pixel) and not (has_alpha and pixel[-1] < 128) for pixel in pixels]


def _samples(row: bytes, head: _Head) -> Iterator[int]:
    mask = (1 << head.depth) - 1
    each = 8 // head.depth
    for place in range(head.width):
        shift = 8 - head.depth * (place % each + 1)
        yield row[place // each] >> shift & mask


def _is_dark_sample(value: int, head: _Head, palette: bytes) -> bool:
    if head.kind != _PALETTE:
        return value * 2 < 1 << head.depth
    colour = palette[3 * value : 3 * value + 3]
    if len(colour) < 3:
        raise ValueError(f"the PNG has a pixel of colour {value}, which its palette lacks")
    return _is_dark(colour)


def _is_dark(colour: bytes) -> bool:
    return sum(colour) < 128 * len(colour)
