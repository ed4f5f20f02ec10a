"""How long the servers keep connections, learnt from those that they closed.

Some close a connection that was idle for some seconds, some close each at a certain age, whatever it does. Two closes
that agree tell which; from then on connections are given up a little earlier, and no request meets a closed one.
Pure: times are arguments.
"""

from collections import OrderedDict
from collections.abc import Hashable
from math import inf
from typing import NamedTuple

__all__ = ["Lifetime", "Lifetimes"]

AGREEMENT = 0.1
"""By which part two observations may differ and still be of one rule."""
MARGIN = 0.9
"""Which part of an observed time is used: the request must arrive before the server closes."""
SHORTEST = 0.5
"""Seconds below which nothing is learnt: a server that restarts closes young connections, too."""
MEMORY = 3600.0
"""Seconds after which what was learnt is doubted: the server may have changed."""


class Lifetime(NamedTuple):
    """The most seconds that a connection should be idle, and be old, to be used again."""

    idle: float = inf
    age: float = inf


class _Seen(NamedTuple):
    idle: float
    age: float
    learnt: Lifetime
    when: float


class Lifetimes:
    """What is known of at most ``size`` servers, by any key; the one unheard of for longest makes room."""

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._seen: OrderedDict[Hashable, _Seen] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def closed(self, key: Hashable, idle: float, age: float, now: float) -> None:
        """The server closed a connection that had been idle for ``idle`` seconds and was ``age`` seconds old."""
        before = self._seen.get(key)
        if before is not None and now - before.when > MEMORY:
            before = None
        learnt = Lifetime()
        if before is not None:
            learnt = before.learnt
            if _agree(before.age, age):
                learnt = learnt._replace(age=MARGIN * min(before.age, age))
            # One that always dies at the same age is not dying of idleness.
            elif _agree(before.idle, idle):
                learnt = learnt._replace(idle=MARGIN * min(before.idle, idle))
        self._seen[key] = _Seen(idle, age, learnt, now)
        self._seen.move_to_end(key)
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)

    def of(self, key: Hashable, now: float) -> Lifetime | None:
        """What was learnt of ``key`` within the last hour, or None."""
        seen = self._seen.get(key)
        if seen is None or now - seen.when > MEMORY:
            return None
        return seen.learnt


def _agree(first: float, second: float) -> bool:
    return min(first, second) >= SHORTEST and abs(first - second) <= AGREEMENT * max(first, second)
