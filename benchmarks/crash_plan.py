"""When and where processes are killed: drawn from a seed before anything runs. Pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ACKNOWLEDGED", "POINTS", "Kill", "draw_kills"]

ACKNOWLEDGED = "acknowledged"
"""A point outside of both processes: a sender has just read that its message was taken."""

POINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gateway": ("begin", "written", "committed", "handed out"),
        "bot": ("polled", "stored", "handled", "done"),
    }
)
"""Points that a process passes, in their order; what each is stands where the process is programmed."""

# Seconds of undisturbed work before a kill; a restart takes about as long.
_CALM = 0.6
_MOST_PASSES = 8
_TARGETS = (("gateway",), ("bot",), ("gateway", "bot"))
_TARGET_WEIGHTS = (5, 5, 1)
_WAYS = ("random", "aimed", ACKNOWLEDGED)
_WAY_WEIGHTS = (3, 5, 2)


@dataclass(frozen=True)
class Kill:
    """One act of violence.

    :param targets: names of processes, which die together; an aimed kill has one.
    :param point: where it is aimed at, None for any moment.
    :param calm: seconds after the last restart until it is aimed, or done where it is not aimed.
    :param passes: it strikes at the so-manieth pass of its point.
    """

    targets: tuple[str, ...]
    point: str | None
    calm: float
    passes: int = 1

    @property
    def kind(self) -> str:
        """What the tally counts."""
        return f"{' and '.join(self.targets)}, {self.point or 'any moment'}"


def draw_kills(count: int, seed: int) -> list[Kill]:
    """Return the same kills for the same seed."""
    chance = random.Random(seed)  # noqa: S311  # nothing secret hangs on it
    return [_draw(chance) for _ in range(count)]


def _draw(chance: random.Random) -> Kill:
    way = chance.choices(_WAYS, _WAY_WEIGHTS)[0]
    targets = chance.choices(_TARGETS, _TARGET_WEIGHTS)[0]
    calm = chance.uniform(0, _CALM)
    if way == "random":
        return Kill(targets, None, calm)
    passes = chance.randint(1, _MOST_PASSES)
    if way == ACKNOWLEDGED:
        return Kill(targets, ACKNOWLEDGED, calm, passes)
    target = targets[0]
    return Kill((target,), chance.choice(POINTS[target]), calm, passes)
