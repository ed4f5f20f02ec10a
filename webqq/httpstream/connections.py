"""All connections of a stream: which are open, which lie idle and for how long, who waits for one."""

import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from math import inf
from operator import attrgetter
from typing import Any, TypeVar
from urllib.request import Request

from tornado.ioloop import IOLoop

from webqq.httpstream.clock import Clock
from webqq.httpstream.connection import WOULD_BLOCK, Connection
from webqq.httpstream.hooks import Counters, Event, Hook, tell
from webqq.httpstream.lifetimes import Lifetimes
from webqq.httpstream.pool import Pool
from webqq.httpstream.route import Route
from webqq.httpstream.turn import Turn

__all__ = ["Connections", "FdMap", "Waiter"]

logger = logging.getLogger("webqq.httpstream")

T = TypeVar("T")

SLEEP = 1.0
"""Seconds by which the machine's clocks must have moved apart before it counts as having slept."""


class Waiter:
    """Who may stand in line for a connection."""

    __slots__ = ()

    def serve(self) -> None:
        """There is something in the pool now."""
        raise NotImplementedError


class FdMap(Mapping[int, T]):
    """Number of a socket -> what ``value`` says of its connection, of those of ``connections`` that work for a request.

    It is looked at, never kept up: no request pays for it.
    """

    def __init__(self, connections: Set[Connection], value: Callable[[Connection], T]) -> None:
        self._connections = connections
        self._value = value

    def _busy(self) -> Iterator[Connection]:
        return (connection for connection in self._connections if connection.request is not None)

    def __getitem__(self, fd: int) -> T:
        for connection in self._busy():
            if connection.fd == fd:
                return self._value(connection)
        raise KeyError(fd)

    def __iter__(self) -> Iterator[int]:
        return (connection.fd for connection in self._busy())

    def __len__(self) -> int:
        return sum(1 for _ in self._busy())

    def __repr__(self) -> str:
        return repr(dict(self))


class Connections:
    """What :class:`HTTPStream` holds open.

    ``max_connections`` and ``max_per_host`` count in each lane by itself; ``idle_timeout`` and ``max_lifetime`` are
    seconds, None for no bound. ``wake_at(when)`` is called with the time at which :meth:`expire` is to be called.
    """

    def __init__(
        self,
        ioloop: IOLoop,
        clock: Clock,
        counters: Counters,
        hooks: Sequence[Hook],
        wake_at: Callable[[float], None],
        turn: Turn,
        *,
        max_connections: int | None,
        max_per_host: int | None,
        idle_timeout: float | None,
        max_lifetime: float | None,
    ) -> None:
        for name, seconds in (("idle_timeout", idle_timeout), ("max_lifetime", max_lifetime)):
            if seconds is not None and not seconds > 0:
                raise ValueError(f"{name} must be above 0 seconds or None, not {seconds!r}")
        self._ioloop = ioloop
        self._clock = clock
        self._now = clock.now
        self._counters = counters
        self._hooks = hooks
        self._wake_at = wake_at
        self._turn = turn
        self._limits = (max_connections, max_per_host)
        self._idle_timeout = inf if idle_timeout is None else idle_timeout
        self._max_lifetime = inf if max_lifetime is None else max_lifetime
        self._lifetimes = Lifetimes()
        # Whether the idle timeout is not all that counts.
        self._is_choosy = max_lifetime is not None
        self.woken_at = inf
        """When ``wake_at`` will have its effect: nothing that is due later need be told."""
        self._slept = _sleep_so_far()
        self.on_first_use: Callable[[Route, Any], None] | None = None
        """Called with the route and socket of a TLS connection that has had its first answer."""
        self.open: set[Connection] = set()
        self.fd_map: Mapping[int, Any] = FdMap(self.open, attrgetter("sock"))
        self.fd_request_map: Mapping[int, Request] = FdMap(self.open, attrgetter("request"))
        self.pools: dict[str, Pool[Connection, Waiter]] = {"": Pool(max_connections, max_per_host)}

    def __repr__(self) -> str:
        idle = sum(pool.idle_count for pool in self.pools.values())
        return f"<Connections {len(self.open)} open, {idle} idle>"

    @property
    def real_sockets(self) -> list[Connection]:
        """What the operating system holds open; fakes and mocks leak nothing."""
        return [connection for connection in self.open if isinstance(connection.sock, socket.socket)]

    def pool_of(self, lane: str) -> Pool[Connection, Waiter]:
        """The pool of ``lane``, made when first asked for."""
        pool = self.pools.get(lane)
        if pool is None:
            pool = self.pools[lane] = Pool(*self._limits)
        return pool

    # Sockets that serve somebody.

    def hold(self, sock: Any, route: Route | None, lane: str, request: Request) -> Connection:
        """A connection of ``sock``, which is connecting or connected."""
        connection = Connection(self._ioloop, sock, route, self._on_idle_event, self._turn, lane, self._clock.now())
        connection.request = request
        self.open.add(connection)
        return connection

    def let_go(self, connection: Connection) -> None:
        """Close a connection that served somebody; its place in the pool is given back by :meth:`forget`."""
        connection.request = connection.listener = connection.parser = None
        self.open.discard(connection)
        connection.close()

    def forget(self, route: Route, lane: str) -> None:
        """A place of ``route`` is free again: its connection is closed, or never came to be."""
        pool = self.pools[lane]
        pool.closed(route, None)
        self._serve_waiting(lane, pool)

    def keep_session(self, connection: Connection) -> None:
        """``connection`` has had its first answer."""
        if connection.is_tls and self.on_first_use is not None:
            assert connection.route is not None
            try:
                self.on_first_use(connection.route, connection.sock)
            except Exception as error:
                # It only saves time: the answer, and the connection's place, do not hang on it.
                logger.warning("the TLS session with %s is not kept: %r", connection.route, error)

    # Idle ones.

    def take(self, route: Route, lane: str) -> Connection | None:
        """The connection of ``route`` that was used last, if one is idle, to be trusted, and nobody stands in line."""
        pool = self.pools.get(lane)
        while pool is not None and (connection := pool.take_free(route)) is not None:
            if self.is_trusted(connection):
                return connection
        return None

    def is_trusted(self, connection: Connection) -> bool:
        """Whether ``connection``, just taken from the pool, may be used; where not, it is dropped."""
        if abs(_sleep_so_far() - self._slept) >= SLEEP:
            self.pools[connection.lane].put(connection.route, connection, 0.0)
            self._has_slept()
            self._drop_all("the machine has slept")
            return False
        if connection.has_unread():
            # The loop has not had the time to tell.
            self._on_idle_event(connection)
        return connection.interest is not None

    def put_back(self, connection: Connection) -> None:
        """``connection`` was taken, and is not needed after all."""
        assert connection.route is not None
        pool = self.pools[connection.lane]
        pool.put(connection.route, connection, connection.expires)
        self._serve_waiting(connection.lane, pool)

    def park(self, connection: Connection) -> None:
        """``connection`` has served its request, and another may follow."""
        connection.request = connection.listener = None
        connection.uses += 1
        route, parser, pool = connection.route, connection.parser, self.pools[connection.lane]
        assert route is not None
        assert parser is not None
        if connection.uses == 1:
            self.keep_session(connection)
        now = connection.parked = self._now()
        expires = now + self._idle_timeout
        head = parser.head
        if self._is_choosy or (head is not None and head.idle_timeout is not None):
            expires = self._expiry(connection, route, now)
        connection.expires = expires
        if expires <= now:
            pool.put(route, connection, expires)
            self.drop(connection, "its time is over")
            return
        # READ stays registered: the server's close, or bytes nobody asked for, must be seen before the next request.
        if connection.interest != IOLoop.READ:
            connection.watch(IOLoop.READ)
        pool.put(route, connection, expires)
        if expires < self.woken_at:
            self._wake_at(expires)
        if pool.has_waiting:
            self._serve_waiting(connection.lane, pool)

    def drop(self, connection: Connection, why: str) -> None:
        """Close an idle connection; nothing, where a hook that was told of another has closed or used it."""
        if connection.listener is not None or connection not in self.open:
            return
        logger.debug("%r dropped: %s", connection, why)
        self._counters.dropped[why] = self._counters.dropped.get(why, 0) + 1
        self.open.discard(connection)
        connection.close()
        pool = self.pools[connection.lane]
        pool.closed(connection.route, connection)
        if self._hooks:
            tell(self._hooks, Event.DROPPED, connection, why)
        self._serve_waiting(connection.lane, pool)

    def learn(self, connection: Connection) -> None:
        """The server has closed a connection that was used before: how long does it keep them?"""
        now = self._clock.now()
        self._is_choosy = True
        self._lifetimes.closed(connection.route, now - connection.parked, now - connection.born, now)

    def expire(self, now: float) -> None:
        """Close those that have been idle for too long, or live too long."""
        has_slept = self._has_slept()
        if has_slept:
            self._drop_all("the machine has slept")
        for pool in list(self.pools.values()):
            for connection in pool.expire(now):
                self.drop(connection, "its time is over")

    def next_expiry(self) -> float:
        """When the next one is to be closed."""
        return min(pool.next_expiry() for pool in self.pools.values())

    def close(self) -> None:
        """Close the idle ones."""
        self._drop_all("the stream was closed")

    def _drop_all(self, why: str) -> None:
        for pool in list(self.pools.values()):
            for connection in pool.idle_connections:
                self.drop(connection, why)

    def _expiry(self, connection: Connection, route: Route, now: float) -> float:
        """When ``connection`` is to be used no more, where more than the idle timeout says so."""
        expires = min(now + self._idle_timeout, connection.born + self._max_lifetime)
        head = None if connection.parser is None else connection.parser.head
        if head is not None and head.idle_timeout is not None:
            # A second less than the server says: the next request has to reach it, too.
            expires = min(expires, now + max(head.idle_timeout - 1, head.idle_timeout / 2))
        learnt = self._lifetimes.of(route, now)
        if learnt is not None:
            expires = min(expires, now + learnt.idle, connection.born + learnt.age)
        return expires

    def _on_idle_event(self, connection: Connection) -> None:
        """Something came while nobody asked for anything."""
        try:
            data = connection.sock.recv(1)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, *WOULD_BLOCK):
            # Not for us: a ticket of TLS 1.3, or a wake-up for nothing.
            return
        except OSError:
            data = b""
        if data:
            self.drop(connection, "the server sent what nobody asked for")
        else:
            self.learn(connection)
            self.drop(connection, "the server closed it")

    def _serve_waiting(self, lane: str, pool: Pool[Connection, Waiter]) -> None:
        if pool.has_waiting:
            # In a turn of its own: whoever freed the place is not done yet.
            self._ioloop.add_callback(self._serve_next, lane, pool)
        else:
            self._forget_unused(lane, pool)

    def _serve_next(self, lane: str, pool: Pool[Connection, Waiter]) -> None:
        waiter = pool.next_waiter()
        if waiter is None:
            self._forget_unused(lane, pool)
            return
        try:
            waiter.serve()
        finally:
            pool.served()

    def _forget_unused(self, lane: str, pool: Pool[Connection, Waiter]) -> None:
        # Programs name lanes after users and rooms: more come all the time.
        if lane and not pool.open_count and not pool.has_waiting and self.pools.get(lane) is pool:
            del self.pools[lane]

    def _has_slept(self) -> bool:
        slept = _sleep_so_far()
        if abs(slept - self._slept) < SLEEP:
            return False
        self._slept = slept
        return True


# A clock that goes on while the machine sleeps. Where there is none, setting the date looks like sleep: no harm done.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", None) or time.CLOCK_REALTIME


def _sleep_so_far() -> float:
    return time.clock_gettime(_CLOCK) - time.monotonic()
