"""A picture for everybody who has none: a pattern that is always the same for a number. Pure."""

from hashlib import blake2b

from webqq.gateway.png import write_png

__all__ = ["draw_avatar"]

_CELLS = 5
_SMALLEST, _LARGEST = 20, 640
_PAPER = bytes((240, 240, 240))


def draw_avatar(number: int, edge: int = 40) -> bytes:
    """Return a PNG, ``edge`` pixels wide and high as far as that is sensible.

    >>> draw_avatar(100200300)[:4]
    b'\\x89PNG'
    """
    digest = blake2b(str(number).encode(), digest_size=16).digest()
    ink = bytes(64 + value % 128 for value in digest[:3])
    cell = max(1, min(max(edge, _SMALLEST), _LARGEST) // _CELLS)
    rows = []
    for line in range(_CELLS):
        half = [digest[3 + line] >> column & 1 for column in range(_CELLS // 2 + 1)]
        cells = half + half[-2::-1]
        rows += [b"".join((ink if is_inked else _PAPER) * cell for is_inked in cells)] * cell
    return write_png(rows)
