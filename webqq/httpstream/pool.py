"""Which connection serves which request.

The pool says what to do and does none of it: it opens nothing, closes nothing and knows no clock. A key stands for
all that makes connections unlike; connections of one key are interchangeable. Idle ones are taken last in, first
out: the connection used last is the least likely to have been dropped by the peer, and those never needed age out.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

__all__ = ["Open", "Pool", "Reuse", "Wait"]

C = TypeVar("C", bound=Hashable)
W = TypeVar("W", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Reuse(Generic[C]):
    """Send on this idle connection; it is no longer idle."""

    connection: C


@dataclass(frozen=True, slots=True)
class Open(Generic[C]):
    """Open a connection (it is counted already), after closing ``evict`` where that is not None."""

    evict: C | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The limits are reached: the request stands in line."""


class Pool(Generic[C, W]):
    """Connections under limits.

    ``max_connections`` bounds the open connections in all, ``max_per_host`` those of one key; None sets no bound.
    ``idle_timeout`` is how long, in seconds, a connection may lie idle; None keeps it until the peer closes it.
    """

    def __init__(
        self,
        max_connections: int | None = None,
        max_per_host: int | None = None,
        idle_timeout: float | None = 90.0,
    ) -> None:
        for name, limit in (("max_connections", max_connections), ("max_per_host", max_per_host)):
            if limit is not None and limit < 1:
                raise ValueError(f"{name} must be at least 1 or None, not {limit}")
        self.max_connections = max_connections
        self.max_per_host = max_per_host
        self.idle_timeout = idle_timeout
        self.open_count = 0
        self._open: dict[Hashable, int] = {}
        self._idle: dict[Hashable, OrderedDict[C, float]] = {}
        self._waiting: OrderedDict[W, Hashable] = OrderedDict()
        self._wanted: dict[Hashable, int] = {}
        self._called: W | None = None

    def __repr__(self) -> str:
        return f"<Pool open={self.open_count} idle={self.idle_count} waiting={len(self._waiting)}>"

    @property
    def idle_count(self) -> int:
        """How many connections lie idle."""
        return sum(map(len, self._idle.values()))

    @property
    def has_waiting(self) -> bool:
        """Whether anybody stands in line."""
        return bool(self._waiting)

    @property
    def idle_connections(self) -> list[C]:
        """All idle connections, the longest unused of each key first."""
        return [connection for idle in self._idle.values() for connection in idle]

    def take(self, key: Hashable) -> C | None:
        """The idle connection of ``key`` that was used last, or None. It is no longer idle."""
        idle = self._idle.get(key)
        if not idle:
            return None
        connection, _ = idle.popitem()
        if not idle:
            del self._idle[key]
        return connection

    def ask(self, key: Hashable, waiter: W, *, fresh: bool = False) -> Reuse[C] | Open[C] | Wait:
        """Decide how a request to ``key`` goes out; for :class:`Wait` its ``waiter`` is put in line.

        A newcomer takes nothing that somebody in line could be served with now. ``fresh`` asks for a connection that
        nobody has used, in place of one that was lost; that goes before those in line.
        """
        if waiter is self._called:
            self._called = None
        elif self._waiting and not fresh and not self._has_enough_for(key):
            return self._wait(key, waiter)
        if not fresh and (connection := self.take(key)) is not None:
            return Reuse(connection)
        if self._host_is_full(key):
            evict = self._oldest_idle(key) if fresh else None
        elif self.max_connections is not None and self.open_count >= self.max_connections:
            evict = self._oldest_idle()
        else:
            self._count(key, 1)
            return Open()
        if evict is None:
            return self._wait(key, waiter)
        self._count(key, 1)
        return Open(evict)

    def put(self, key: Hashable, connection: C, now: float) -> None:
        """``connection`` lies idle from ``now`` on."""
        self._idle.setdefault(key, OrderedDict())[connection] = now

    def closed(self, key: Hashable, connection: C | None) -> None:
        """``connection`` is gone, idle or not; None stands for one that was counted and never came to be."""
        idle = self._idle.get(key)
        if idle is not None and connection is not None:
            idle.pop(connection, None)
            if not idle:
                del self._idle[key]
        self._count(key, -1)

    def leave(self, waiter: W) -> None:
        """``waiter`` no longer stands in line; it need not have stood there."""
        if waiter in self._waiting:
            self._leave(waiter)

    def next_waiter(self) -> W | None:
        """Who, first come first served, can be served now; it leaves the line and asks again."""
        for waiter, key in self._waiting.items():
            if self._may_be_served(key):
                self._leave(waiter)
                self._called = waiter
                return waiter
        return None

    def expire(self, now: float) -> list[C]:
        """The connections that have been idle for too long: close them and report each with :meth:`closed`."""
        if self.idle_timeout is None:
            return []
        old: list[C] = []
        for idle in self._idle.values():
            for connection, since in idle.items():
                if since + self.idle_timeout > now:
                    break
                old.append(connection)
        return old

    def next_expiry(self) -> float | None:
        """When :meth:`expire` will have something to give, or None while nothing is idle."""
        if self.idle_timeout is None or not self._idle:
            return None
        return min(next(iter(idle.values())) for idle in self._idle.values()) + self.idle_timeout

    def _wait(self, key: Hashable, waiter: W) -> Wait:
        self._waiting[waiter] = key
        self._wanted[key] = self._wanted.get(key, 0) + 1
        return Wait()

    def _leave(self, waiter: W) -> None:
        key = self._waiting.pop(waiter)
        self._wanted[key] -= 1
        if not self._wanted[key]:
            del self._wanted[key]

    def _has_enough_for(self, key: Hashable) -> bool:
        """Whether all in line that can be served now leave something for one more request to ``key``.

        Exactly so: whoever is put in line although there is enough would not be called, as nothing comes free for it.
        """
        if self._wanted.get(key, 0) >= self._room(key):
            return False
        if self.max_connections is None:
            return True
        # An idle connection serves its own host, or makes room for another.
        free = self.max_connections - self.open_count + self.idle_count
        return sum(min(count, self._room(other)) for other, count in self._wanted.items()) < free

    def _room(self, key: Hashable) -> float:
        """How many requests to ``key`` its own limit lets through now."""
        if self.max_per_host is None:
            return inf
        return len(self._idle.get(key, ())) + self.max_per_host - self._open.get(key, 0)

    def _may_be_served(self, key: Hashable) -> bool:
        if key in self._idle:
            return True
        if self._host_is_full(key):
            return False
        return self.max_connections is None or self.open_count < self.max_connections or bool(self._idle)

    def _host_is_full(self, key: Hashable) -> bool:
        return self.max_per_host is not None and self._open.get(key, 0) >= self.max_per_host

    def _oldest_idle(self, key: Hashable = None) -> C | None:
        if key is not None:
            return next(iter(self._idle.get(key, ())), None)
        if not self._idle:
            return None
        oldest = min(self._idle.values(), key=lambda idle: next(iter(idle.values())))
        return next(iter(oldest))

    def _count(self, key: Hashable, change: int) -> None:
        self.open_count += change
        count = self._open.get(key, 0) + change
        if count:
            self._open[key] = count
        else:
            del self._open[key]
