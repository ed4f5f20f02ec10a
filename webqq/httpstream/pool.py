"""Which connection serves which request.

The pool says what to do and does none of it: it opens nothing, closes nothing and knows no clock. A key stands for
all that makes connections unlike; connections of one key are interchangeable. Idle ones are taken last in, first
out: the connection used last is the least likely to have been dropped by the peer, and those never needed age out.
"""

from collections import OrderedDict
from collections.abc import Hashable
from math import inf
from typing import Generic, NamedTuple, TypeVar

__all__ = ["Open", "Pool", "Reuse", "Wait"]

C = TypeVar("C", bound=Hashable)
W = TypeVar("W", bound=Hashable)


class Reuse(NamedTuple, Generic[C]):
    """Send on this idle connection; it is no longer idle."""

    connection: C


class Open(NamedTuple, Generic[C]):
    """Open a connection (it is counted already), after closing ``evict`` where that is not None."""

    evict: C | None = None


class Wait:
    """The limits are reached: the request stands in line."""

    __slots__ = ()


class _Host(Generic[C]):
    """What there is of one key: open connections, the idle ones of them by when they expire, and who waits."""

    __slots__ = ("idle", "opened", "wanted")

    def __init__(self) -> None:
        self.opened = 0
        self.idle: dict[C, float] = {}
        self.wanted = 0


class Pool(Generic[C, W]):
    """Connections under limits.

    ``max_connections`` bounds the open connections in all, ``max_per_host`` those of one key; None sets no bound.
    """

    def __init__(self, max_connections: int | None = None, max_per_host: int | None = None) -> None:
        for name, limit in (("max_connections", max_connections), ("max_per_host", max_per_host)):
            if limit is not None and limit < 1:
                raise ValueError(f"{name} must be at least 1 or None, not {limit}")
        self.max_connections = max_connections
        self.max_per_host = max_per_host
        self.open_count = 0
        self._hosts: dict[Hashable, _Host[C]] = {}
        self._waiting: OrderedDict[W, Hashable] = OrderedDict()
        self._called: W | None = None

    def __repr__(self) -> str:
        return f"<Pool open={self.open_count} idle={self.idle_count} waiting={len(self._waiting)}>"

    @property
    def idle_count(self) -> int:
        """How many connections lie idle."""
        return sum(len(host.idle) for host in self._hosts.values())

    @property
    def has_waiting(self) -> bool:
        """Whether anybody stands in line."""
        return bool(self._waiting)

    @property
    def waiting(self) -> list[W]:
        """Who stands in line, first come first."""
        return list(self._waiting)

    @property
    def idle_connections(self) -> list[C]:
        """All idle connections, the longest unused of each key first."""
        return [connection for host in self._hosts.values() for connection in host.idle]

    def take_free(self, key: Hashable) -> C | None:
        """As :meth:`take`, for a newcomer: nothing where anybody stands in line, who goes first."""
        if self._waiting:
            return None
        host = self._hosts.get(key)
        return host.idle.popitem()[0] if host is not None and host.idle else None

    def take(self, key: Hashable) -> C | None:
        """The idle connection of ``key`` that was used last, or None. It is no longer idle."""
        host = self._hosts.get(key)
        return host.idle.popitem()[0] if host is not None and host.idle else None

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

    def put(self, key: Hashable, connection: C, expires: float) -> None:
        """``connection`` lies idle, until ``expires`` at most."""
        self._hosts[key].idle[connection] = expires

    def closed(self, key: Hashable, connection: C | None) -> None:
        """``connection`` is gone, idle or not; None stands for one that was counted and never came to be."""
        if connection is not None:
            self._hosts[key].idle.pop(connection, None)
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

    def served(self) -> None:
        """Whoever :meth:`next_waiter` gave has asked, or wants nothing any more."""
        self._called = None

    def expire(self, now: float) -> list[C]:
        """The idle connections whose time is over: close them and report each with :meth:`closed`."""
        return [
            connection for host in self._hosts.values() for connection, expires in host.idle.items() if expires <= now
        ]

    def next_expiry(self) -> float:
        """When :meth:`expire` will have something to give; infinity while nothing is idle."""
        return min((min(host.idle.values()) for host in self._hosts.values() if host.idle), default=inf)

    def _wait(self, key: Hashable, waiter: W) -> Wait:
        self._waiting[waiter] = key
        self._host(key).wanted += 1
        return Wait()

    def _leave(self, waiter: W) -> None:
        key = self._waiting.pop(waiter)
        self._hosts[key].wanted -= 1
        self._forget_unused(key)

    def _has_enough_for(self, key: Hashable) -> bool:
        """Whether all in line that can be served now leave something for one more request to ``key``.

        Exactly so: whoever is put in line although there is enough would not be called, as nothing comes free for it.
        """
        host = self._hosts.get(key)
        if (0 if host is None else host.wanted) >= self._room(host):
            return False
        if self.max_connections is None:
            return True
        # An idle connection serves its own host, or makes room for another.
        free = self.max_connections - self.open_count + self.idle_count
        return sum(min(other.wanted, self._room(other)) for other in self._hosts.values() if other.wanted) < free

    def _room(self, host: _Host[C] | None) -> float:
        """How many requests to ``host`` its own limit lets through now."""
        if self.max_per_host is None:
            return inf
        return self.max_per_host if host is None else len(host.idle) + self.max_per_host - host.opened

    def _may_be_served(self, key: Hashable) -> bool:
        if self._hosts[key].idle:
            return True
        if self._host_is_full(key):
            return False
        return self.max_connections is None or self.open_count < self.max_connections or self.idle_count > 0

    def _host_is_full(self, key: Hashable) -> bool:
        return self.max_per_host is not None and key in self._hosts and self._hosts[key].opened >= self.max_per_host

    def _oldest_idle(self, key: Hashable = None) -> C | None:
        """Of ``key``, the longest unused; of all, the one among these that would expire first."""
        if key is not None:
            return next(iter(self._hosts[key].idle), None)
        oldest = (next(iter(host.idle.items())) for host in self._hosts.values() if host.idle)
        return min(oldest, key=lambda item: item[1], default=(None, inf))[0]

    def _count(self, key: Hashable, change: int) -> None:
        self.open_count += change
        self._host(key).opened += change
        if change < 0:
            self._forget_unused(key)

    def _host(self, key: Hashable) -> _Host[C]:
        host = self._hosts.get(key)
        if host is None:
            host = self._hosts[key] = _Host()
        return host

    def _forget_unused(self, key: Hashable) -> None:
        host = self._hosts[key]
        if not host.opened and not host.wanted:
            del self._hosts[key]
