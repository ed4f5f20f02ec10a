"""Captchas: a few letters in a picture, to be read by a person before a password is looked at again.

They slow down programs that guess; one that reads pictures is slowed down no further, and :mod:`.limits` stands behind.
Each is good for one try. They are kept in memory alone, by the value of the cookie ``verifysession``.
"""

import math
import random
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from webqq.gateway.png import write_png
from webqq.protocol.ids import QQNumber

__all__ = ["CAPTCHAS", "CAPTCHA_LETTERS", "CAPTCHA_SECONDS", "Captchas", "draw_captcha"]

CAPTCHA_SECONDS = 300.0
"""How long one is good."""

CAPTCHA_LETTERS = 4
"""How many letters there are to read; clients of the service ask for so many."""

CAPTCHAS = 2_000
"""Most that are remembered; with one more, the oldest is forgotten."""

# Rows of five pixels from the top, without letters that are easily taken for others.
_GLYPHS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "A": (14, 17, 17, 31, 17, 17, 17),
        "B": (30, 17, 17, 30, 17, 17, 30),
        "E": (31, 16, 16, 30, 16, 16, 31),
        "F": (31, 16, 16, 30, 16, 16, 16),
        "H": (17, 17, 17, 31, 17, 17, 17),
        "J": (7, 2, 2, 2, 2, 18, 12),
        "K": (17, 18, 20, 24, 20, 18, 17),
        "L": (16, 16, 16, 16, 16, 16, 31),
        "M": (17, 27, 21, 21, 17, 17, 17),
        "N": (17, 25, 21, 19, 17, 17, 17),
        "P": (30, 17, 17, 30, 16, 16, 16),
        "R": (30, 17, 17, 30, 20, 18, 17),
        "T": (31, 4, 4, 4, 4, 4, 4),
        "U": (17, 17, 17, 17, 17, 17, 14),
        "W": (17, 17, 17, 21, 21, 27, 17),
        "X": (17, 17, 10, 4, 10, 17, 17),
        "Y": (17, 17, 10, 4, 4, 4, 4),
    }
)
_WIDTH, _HEIGHT, _SCALE = 130, 53, 4


class Captchas:
    """Captchas that were shown and not answered yet.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._shown: OrderedDict[str, tuple[QQNumber, str, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._shown)

    def issue(self, account: QQNumber) -> tuple[str, str]:
        """Return a new verifysession and the letters to draw."""
        session = secrets.token_hex(32)
        letters = "".join(secrets.choice([*_GLYPHS]) for _ in range(CAPTCHA_LETTERS))
        self._shown[session] = account, letters, self._clock() + CAPTCHA_SECONDS
        while len(self._shown) > CAPTCHAS:
            self._shown.popitem(last=False)
        return session, letters

    def redeem(self, session: str, account: QQNumber, letters: str) -> bool:
        """Use a captcha up, in any case of letters; False when it was not answered rightly, or too late."""
        owner, expected, expires = self._shown.pop(session, (None, "", 0.0))
        return owner == account and expires > self._clock() and letters.upper() == expected

    def sweep(self) -> None:
        """Forget those that are too old."""
        now = self._clock()
        for session in [session for session, (*_, expires) in self._shown.items() if expires <= now]:
            del self._shown[session]


_Paper: TypeAlias = list[list[tuple[int, ...]]]


def draw_captcha(letters: str, seed: int) -> bytes:
    """Return a PNG of letters, bent, askew and with lines across.

    :param seed: of the chance in it.
    """
    chance = random.Random(seed)  # noqa: S311  # it hides nothing, it only bends
    paper: _Paper = [[(chance.randrange(200, 256),) * 3 for _ in range(_WIDTH)] for _ in range(_HEIGHT)]
    phase, swing = chance.random() * 6, chance.uniform(2, 5)
    for place, letter in enumerate(letters):
        _draw_glyph(paper, _GLYPHS[letter], 8 + place * 30 + chance.randrange(4), chance, (phase, swing))
    for _ in range(3):
        _draw_line(paper, chance)
    return write_png([bytes(value for pixel in row for value in pixel) for row in paper])


def _draw_glyph(
    paper: _Paper, glyph: tuple[int, ...], left: int, chance: random.Random, wave: tuple[float, float]
) -> None:
    ink = tuple(chance.randrange(0, 110) for _ in range(3))
    lean, top, (phase, swing) = chance.uniform(-0.25, 0.25), chance.randrange(8, 16), wave
    for y in range(7 * _SCALE):
        for x in range(5 * _SCALE):
            if glyph[y // _SCALE] >> (4 - x // _SCALE) & 1:
                column = int(left + x + lean * (y - 14))
                row = int(top + y + swing * math.sin(phase + column / 14))
                if 0 <= row < _HEIGHT and 0 <= column < _WIDTH:
                    paper[row][column] = ink


def _draw_line(paper: _Paper, chance: random.Random) -> None:
    ink = tuple(chance.randrange(0, 150) for _ in range(3))
    start, end = chance.randrange(_HEIGHT), chance.randrange(_HEIGHT)
    for column in range(_WIDTH):
        paper[start + (end - start) * column // _WIDTH][column] = ink
