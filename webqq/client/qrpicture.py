"""A QR code that a person scans: kept as PNG, or drawn with the characters of a terminal."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeAlias

from webqq.client.png import read_png

__all__ = ["QRPicture", "ShowQR", "save_qr", "show_qr"]

_FINDER = 7
"""Modules of the square in each corner, by which the size of a module is told (ISO/IEC 18004)."""

_QUIET = 2
"""Light modules around the drawing; phones read it with fewer than the four of the standard."""

_BLACK_ON_WHITE, _RESET = "\x1b[30;107m", "\x1b[0m"
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@dataclass(frozen=True, slots=True)
class QRPicture:
    """A code to scan with the phone of ``account``, good for about two minutes.

    :param png: the picture. :param number: how many codes this login showed, this one included.
    :param limit: how many it will show at most.
    """

    png: bytes = field(repr=False)
    account: int
    number: int = 1
    limit: int = 1

    def save(self, path: Path) -> None:
        """Write the picture.

        :raises OSError: it cannot be written.
        """
        path.write_bytes(self.png)

    @property
    def text(self) -> str:
        """The code in lines for a terminal that knows colours, two modules in each character.

        :raises ValueError: the picture is no PNG with a QR code in it.
        """
        modules = _modules(read_png(self.png))
        rows = [*modules, [False] * len(modules[0])] if len(modules) % 2 else modules
        lines = (
            "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
            for upper, lower in zip(rows[::2], rows[1::2], strict=True)
        )
        return "\n".join(f"{_BLACK_ON_WHITE}{line}{_RESET}" for line in lines)


ShowQR: TypeAlias = Callable[[QRPicture], Awaitable[None] | None]
"""Shows a code to whoever has the phone; may be a coroutine function. A new one replaces the one before."""


def show_qr(file: TextIO | None = None) -> ShowQR:
    """Return what draws each code in the terminal; ``file`` is standard error unless said otherwise."""

    def show(picture: QRPicture) -> None:
        out = file or sys.stderr
        which = f"code {picture.number} of {picture.limit}"
        out.write(f"{picture.text}\nScan this with the phone of {picture.account} ({which}).\n")
        out.flush()

    return show


def save_qr(path: Path) -> ShowQR:
    """Return what writes each code to ``path`` as PNG, over the one before."""
    return lambda picture: picture.save(path)


def _modules(pixels: list[list[bool]]) -> list[list[bool]]:
    """The code's modules, True for dark ones, with light ones around."""
    top, left, side = _place(pixels)
    run = next((at for at in range(side) if not pixels[top][left + at]), side)
    count = round(side * _FINDER / run) if run >= _FINDER else 0
    if count < 21 or count % 4 != 1:
        raise ValueError("expected a QR code in the picture, found none")
    middles = [(2 * at + 1) * side // (2 * count) for at in range(count)]
    edge = [False] * _QUIET
    blank = [[False] * (count + 2 * _QUIET) for _ in range(_QUIET)]
    inner = [[*edge, *(pixels[top + y][left + x] for x in middles), *edge] for y in middles]
    return [*blank, *inner, *blank]


def _place(pixels: list[list[bool]]) -> tuple[int, int, int]:
    """Top, left and side of the square that holds all dark pixels."""
    rows = [at for at, row in enumerate(pixels) if any(row)]
    if not rows:
        raise ValueError("expected a QR code in the picture, found it blank")
    left = min(row.index(True) for row in pixels if any(row))
    side = rows[-1] - rows[0] + 1
    if left + side > len(pixels[0]):
        raise ValueError("expected a QR code in the picture, found no square")
    return rows[0], left, side
