"""One request's life.

::

    SCHEDULED -> (QUEUED) -> RESOLVING -> CONNECTING -> (TLS) -> WRITING -> READING -> DONE
                                                                any of them -> FAILED | CANCELLED

A kept connection leads from SCHEDULED or QUEUED to WRITING at once. A request that met a connection the server had
closed meanwhile goes back from WRITING or READING to the way of a fresh one. Each state has one method for its event.
"""

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Callable, Generator, Iterator
from enum import IntEnum
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.request import Request

from tornado.ioloop import IOLoop

from webqq.httpstream.connection import Connection
from webqq.httpstream.errors import (
    BadResponse,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    HTTPStreamError,
    QueueTimeout,
    ResolveError,
    Timeout,
    TLSError,
    TotalTimeout,
)
from webqq.httpstream.follow import may_resend
from webqq.httpstream.origin import Origin
from webqq.httpstream.pool import Open, Reuse
from webqq.httpstream.resolve import Address, Lookup
from webqq.httpstream.response import Response, ResponseParser
from webqq.httpstream.sock import HTTPSock, receive
from webqq.httpstream.timeouts import Timeouts

if TYPE_CHECKING:
    from webqq.httpstream.stream import HTTPStream

__all__ = ["TRANSITIONS", "Errorback", "Exchange", "IllegalTransition", "Readback", "State"]

logger = logging.getLogger("webqq.httpstream")

Readback: TypeAlias = Callable[[Any], Any]
"""Takes the response; returns None, ``(request, readback)`` or ``(request, readback, delay)``, or awaits one."""
Errorback: TypeAlias = Callable[[HTTPStreamError], object]

SEND_SIZE = 256 * 1024
"""Bytes given to the kernel in one turn of the loop, so that one upload does not hold up everybody else."""

_WOULD_BLOCK = (BlockingIOError, InterruptedError, ssl.SSLWantWriteError)


class State(IntEnum):
    """Where an exchange stands."""

    SCHEDULED = 0
    QUEUED = 1
    RESOLVING = 2
    CONNECTING = 3
    TLS = 4
    WRITING = 5
    READING = 6
    DONE = 7
    FAILED = 8
    CANCELLED = 9

    @property
    def is_final(self) -> bool:
        return self >= State.DONE


_ENDS = frozenset({State.FAILED, State.CANCELLED})
_FRESH = frozenset({State.QUEUED, State.RESOLVING})

TRANSITIONS: dict[State, frozenset[State]] = {
    # Before there is a connection. CONNECTING at once: the two-method contract gives a connecting socket.
    State.SCHEDULED: _ENDS | _FRESH | {State.CONNECTING, State.WRITING},
    State.QUEUED: _ENDS | _FRESH | {State.WRITING},
    State.RESOLVING: _ENDS | {State.CONNECTING},
    # To itself: the next address of the host.
    State.CONNECTING: _ENDS | {State.CONNECTING, State.TLS, State.WRITING},
    State.TLS: _ENDS | {State.CONNECTING, State.WRITING},
    # On the wire. Back to a fresh connection: the kept one was closed by the server before it answered.
    State.WRITING: _ENDS | _FRESH | {State.READING, State.DONE},
    State.READING: _ENDS | _FRESH | {State.DONE},
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


class IllegalTransition(AssertionError):
    """The engine tried a move that :data:`TRANSITIONS` does not have: a fault in the engine."""


class Chain:
    """What the exchanges that follow one another share: any of them cancels the one that is alive."""

    __slots__ = ("current", "is_cancelled")

    def __init__(self, current: "Exchange") -> None:
        self.current = current
        self.is_cancelled = False


def _shown_url(request: Request) -> str:
    """The URL without the credentials that it may hold, which the engine refuses."""
    userinfo, at, _ = (request.host or "").rpartition("@")
    return request.full_url.replace(userinfo + at, "", 1) if at else request.full_url


class Exchange:
    """A request and what comes of it. ``HTTPStream.add_request`` makes them.

    Awaiting one gives its response or raises its error, with or without a readback, as long as that begins in the
    turn of the loop that made it. Cancelling the awaiting task cancels the exchange.
    """

    __slots__ = (
        "_addresses",
        "_connection",
        "_data",
        "_delay_handle",
        "_refused",
        "_sent",
        "_stream",
        "_total_deadline",
        "chain",
        "deadline",
        "errorback",
        "future",
        "origin",
        "readback",
        "request",
        "slot",
        "started",
        "state",
        "task",
        "timeouts",
    )

    def __init__(
        self,
        stream: "HTTPStream",
        request: Request,
        readback: Readback | None,
        errorback: Errorback | None,
        timeouts: Timeouts,
    ) -> None:
        self._stream = stream
        self.request = request
        self.readback = readback
        self.errorback = errorback
        self.timeouts = timeouts
        self.chain: Chain | None = None
        self.state = State.SCHEDULED
        self.origin: Origin | None = None
        self.started: float | None = None
        self.deadline = inf
        self.slot: int | None = None
        self._total_deadline = inf
        self._data = b""
        self._sent = 0
        self._connection: Connection | None = None
        self._addresses: Iterator[Address] = iter(())
        self._refused: Exception | None = None
        self._delay_handle: object = None
        self.future: asyncio.Future[Response] | None = None
        self.task: asyncio.Future[Any] | None = None

    def __repr__(self) -> str:
        return f"<Exchange {self.state.name} {self.request.get_method()} {_shown_url(self.request)}>"

    def __await__(self) -> Generator[Any, None, Response]:
        if self.future is None:
            if self.state.is_final:
                raise RuntimeError(f"{self!r} ended before it was awaited")
            self.future = asyncio.get_running_loop().create_future()
        try:
            return (yield from self.future.__await__())
        except asyncio.CancelledError:
            self.cancel()
            raise

    def cancel(self) -> bool:
        """End the exchange, or what of its chain is alive, in whatever state; neither callback runs any more.

        Returns False where all had ended before.
        """
        chain = self.chain
        if chain is None:
            # The readback may be running: what it returns must not go on.
            chain = self.chain = Chain(self)
        was_alive = not chain.is_cancelled and chain.current._end_now()
        chain.is_cancelled = True
        return was_alive

    def _end_now(self) -> bool:
        if self.task is not None:
            self.task.cancel()
            return True
        if self.state.is_final:
            return False
        self._release(keep=False)
        self._move(State.CANCELLED, "cancel()")
        if self.future is not None and not self.future.done():
            self.future.cancel()
        return True

    # Where it is moved on from outside: by the stream, a timer, the resolver, the pool.

    def schedule(self, delay: float) -> None:
        """Start in ``delay`` seconds."""
        self._stream.under_way.add(self)
        self._delay_handle = self._stream.ioloop.call_later(delay, self._start_delayed)

    def _start_delayed(self) -> None:
        if self.state is not State.SCHEDULED:
            return
        self._delay_handle = None
        try:
            self.start()
        except HTTPStreamError as error:
            self.fail(error)

    def start(self) -> None:
        """Send the request, or stand in line for it. Raises :class:`InvalidRequest`; other errors come later."""
        stream = self._stream
        now = self.started = stream.clock.now()
        self._total_deadline = self.timeouts.total_deadline(now)
        steps = stream.steps
        if steps is not None:
            self.origin, self._data = stream.prepare(self.request)
        stream.under_way.add(self)
        self._set_deadline(self._total_deadline)
        try:
            if steps is None:
                self._connect_by_contract()
            else:
                self._ask_for_connection(steps)
        except HTTPStreamError as error:
            # Never from within add_request: its caller does not know the exchange yet.
            stream.ioloop.add_callback(self.fail, error)

    def serve(self) -> None:
        """The pool has something for an exchange that stood in line."""
        assert self._stream.steps is not None
        try:
            self._ask_for_connection(self._stream.steps)
        except HTTPStreamError as error:
            self.fail(error)

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        self.fail(self._timeout(now))

    def _timeout(self, now: float) -> Timeout:
        if self.state is State.QUEUED:
            return QueueTimeout(f"no connection was free within {self.timeouts.total} s")
        if now < self._total_deadline:
            return ConnectTimeout(f"no connection within {self.timeouts.connect} s")
        return TotalTimeout(f"not done within {self.timeouts.total} s")

    # Towards a connection.

    def _connect_by_contract(self) -> None:
        try:
            sock, self._data = self._stream.http_sock.make_http_sock_data(self.request)
        except HTTPStreamError:
            raise
        except Exception as error:
            raise ConnectError(f"make_http_sock_data failed: {error!r}") from error
        self._move(State.CONNECTING, "the contract gave a socket")
        self._attach(Connection(self._stream.ioloop, sock, None, self._stream.drop))
        self._watch(IOLoop.WRITE)

    def _ask_for_connection(self, steps: HTTPSock, *, fresh: bool = False) -> None:
        stream, origin = self._stream, self.origin
        assert origin is not None
        decision = stream.pool.ask(origin, self, fresh=fresh)
        if isinstance(decision, Reuse):
            self._use_again(decision.connection, steps)
        elif isinstance(decision, Open):
            if decision.evict is not None:
                stream.drop(decision.evict)
            self._resolve(steps, origin)
        else:
            self._move(State.QUEUED, "the connection limits are reached")

    def _use_again(self, connection: Connection, steps: HTTPSock) -> None:
        self._move(State.WRITING, "a kept connection")
        self._set_deadline(self._total_deadline)
        self._attach(connection)
        self._expect_answer(steps)
        if self.readback is None and self.future is None:
            # Whoever wants to await this exchange has not had the chance yet.
            self._watch(IOLoop.WRITE)
        else:
            self._write()

    def _resolve(self, steps: HTTPSock, origin: Origin) -> None:
        self._move(State.RESOLVING, origin.host)
        now = self._stream.clock.now()
        self._set_deadline(min(self.timeouts.connect_deadline(now), self._total_deadline))
        try:
            answer = steps.lookup(self._stream.ioloop, origin, self._on_addresses)
        except Exception as error:
            raise ResolveError(f"the lookup failed: {error!r}") from error
        if answer is not None:
            self._take_addresses(answer)

    def _on_addresses(self, answer: Lookup) -> None:
        if self.state is not State.RESOLVING:
            return
        try:
            self._take_addresses(answer)
        except HTTPStreamError as error:
            self.fail(error)

    def _take_addresses(self, answer: Lookup) -> None:
        if isinstance(answer, OSError):
            raise ResolveError(f"no address for the host: {answer}") from answer
        self._addresses = iter(answer)
        self._connect_next()

    def _connect_next(self) -> None:
        steps = self._stream.steps
        assert steps is not None
        for address in self._addresses:
            self._move(State.CONNECTING, str(address.sockaddr))
            try:
                sock = steps.connect(address)
            except (OSError, TypeError, ValueError, OverflowError) as error:
                # All but the first: what the resolver gave is no address.
                self._refused = error
                continue
            self._attach(Connection(self._stream.ioloop, sock, self.origin, self._stream.drop))
            self._watch(IOLoop.WRITE)
            return
        raise ConnectError(f"no connection: {self._refused}") from self._refused

    def _let_go_of_attempt(self) -> None:
        """Close the socket of one address; the place in the pool is kept for the next."""
        connection, self._connection = self._connected(), None
        del self._stream.fd_map[connection.fd], self._stream.fd_request_map[connection.fd]
        connection.close()

    # Events of the socket, one method a state.

    def _on_events(self, events: int) -> None:
        try:
            _ON_EVENTS[self.state](self, events)
        except HTTPStreamError as error:
            self.fail(error)

    def _on_connecting(self, events: int) -> None:
        connection = self._connected()
        steps = self._stream.steps
        if steps is not None:
            code = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._refused = OSError(code, os.strerror(code))
                self._let_go_of_attempt()
                self._connect_next()
                return
            if connection.origin is not None and connection.origin.is_tls:
                self._start_tls(steps, connection, connection.origin)
                return
            self._expect_answer(steps)
        self._begin_writing()

    def _start_tls(self, steps: HTTPSock, connection: Connection, origin: Origin) -> None:
        self._move(State.TLS, "connected")
        try:
            connection.sock = self._stream.fd_map[connection.fd] = steps.start_tls(connection.sock, origin)
        except (OSError, ValueError) as error:
            raise TLSError(f"TLS cannot start: {error}") from error
        self._on_tls(IOLoop.WRITE)

    def _on_tls(self, events: int) -> None:
        steps = self._stream.steps
        assert steps is not None
        try:
            self._connected().sock.do_handshake()
        except ssl.SSLWantReadError:
            self._watch(IOLoop.READ)
        except ssl.SSLWantWriteError:
            self._watch(IOLoop.WRITE)
        except ssl.SSLError as error:
            raise TLSError(f"the TLS handshake failed: {error}") from error
        except OSError as error:
            raise ConnectError(f"the connection failed in the TLS handshake: {error}") from error
        else:
            self._expect_answer(steps)
            self._begin_writing()

    def _begin_writing(self) -> None:
        self._move(State.WRITING, "connected")
        self._set_deadline(self._total_deadline)
        self._write()

    def _on_writing(self, events: int) -> None:
        if events & IOLoop.READ and self._connected().parser is not None:
            # An answer before the request was all sent: it is final, and what is left need not go out.
            response = self._receive()
            if response is not None:
                self._complete(response)
                return
        if self.state is State.WRITING:
            self._write()

    def _write(self) -> None:
        connection = self._connected()
        left = self._data if not self._sent else memoryview(self._data)[self._sent :]
        try:
            sent = connection.sock.send(left if len(left) <= SEND_SIZE else left[:SEND_SIZE])
        except ssl.SSLWantReadError:
            self._watch(IOLoop.READ)
            return
        except _WOULD_BLOCK:
            sent = 0
        except OSError as error:
            self._writing_failed(error)
            return
        self._sent += sent
        if self._sent >= len(self._data):
            self._written()
        else:
            self._watch(IOLoop.WRITE | IOLoop.READ if connection.parser is not None else IOLoop.WRITE)

    def _writing_failed(self, error: OSError) -> None:
        connection = self._connected()
        if connection.parser is None or not self._sent:
            self._lose(error)
            return
        # The peer may have said why, and closed (RFC 9112 9.5): read what it left.
        self._move(State.READING, f"writing failed: {error}")
        self._watch(IOLoop.READ)

    def _written(self) -> None:
        if self.readback is None and self.future is None:
            self._release(keep=False)
            self._move(State.DONE, "sent, and nobody waits for the answer")
            return
        self._move(State.READING, "sent")
        self._watch(IOLoop.READ)

    def _on_reading(self, events: int) -> None:
        response = self._receive()
        if response is not None:
            self._complete(response)
        elif self.origin is None and events & IOLoop.ERROR and not events & IOLoop.READ:
            raise ConnectionLost("the connection failed before the answer was whole")

    def _receive(self) -> Any:
        connection = self._connected()
        parser = connection.parser
        if parser is None:
            return self._receive_by_contract(connection)
        try:
            if not receive(connection.sock, parser):
                return None
        except (OSError, ConnectionLost) as error:
            self._lose(error)
            return None
        assert parser.head is not None
        return Response(parser.head, parser.body(), self.request.full_url, parser.trailers)

    def _receive_by_contract(self, connection: Connection) -> Any:
        try:
            return self._stream.http_sock.make_response(connection.sock, self.request)
        except HTTPStreamError:
            raise
        except OSError as error:
            raise ConnectionLost(f"the connection failed: {error}") from error
        except Exception as error:
            raise BadResponse(f"make_response failed: {error!r}") from error

    # The ends.

    def _lose(self, error: OSError | ConnectionLost) -> None:
        """The connection is gone: go out again where that is safe, else fail."""
        connection = self._connected()
        received = 0 if connection.parser is None else connection.parser.received
        steps = self._stream.steps
        is_stale = connection.uses > 0 and not received
        if steps is not None and is_stale and may_resend(self.request, was_written=self._sent > 0):
            logger.debug("%r again on a fresh connection: %s", self, error)
            self._let_go(keep=False)
            self._sent = 0
            self._ask_for_connection(steps, fresh=True)
            return
        if isinstance(error, ConnectionLost):
            raise error
        kind = ConnectionLost if self._sent or connection.uses else ConnectError
        raise kind(f"the connection failed: {error}") from error

    def _complete(self, response: Any) -> None:
        parser = self._connected().parser
        self._release(keep=parser is not None and parser.is_reusable and self._sent >= len(self._data))
        self._move(State.DONE, "the answer is whole")
        self._stream.finished(self, response)

    def fail(self, error: HTTPStreamError) -> None:
        """End with ``error``, unless the exchange has ended already."""
        if self.state.is_final:
            return
        error.method, error.url = self.request.get_method(), _shown_url(self.request)
        error.phase = self.state.name
        if self.started is not None:
            error.elapsed = self._stream.clock.now() - self.started
        self._release(keep=False)
        self._move(State.FAILED, str(error))
        self._stream.failed(self, error)

    def _move(self, state: State, why: str) -> None:
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self!r} cannot become {state.name} ({why})")
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "%s %s: %s -> %s (%s)",
                self.request.get_method(),
                _shown_url(self.request),
                self.state.name,
                state.name,
                why,
            )
        self.state = state

    # What it holds.

    def _set_deadline(self, deadline: float) -> None:
        self._stream.set_deadline(self, deadline)

    def _connected(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _watch(self, interest: int) -> None:
        self._connected().watch(interest)

    def _attach(self, connection: Connection) -> None:
        self._connection = connection
        connection.listener = self._on_events
        self._stream.fd_map[connection.fd] = connection.sock
        self._stream.fd_request_map[connection.fd] = self.request

    def _expect_answer(self, steps: HTTPSock) -> None:
        self._connected().parser = ResponseParser(self.request.get_method(), steps.limits)

    def _release(self, *, keep: bool) -> None:
        """Give back all that the state holds; ``keep`` parks the connection for another exchange."""
        stream = self._stream
        stream.deadlines.discard(self)
        stream.under_way.discard(self)
        if self.state is State.SCHEDULED:
            if self._delay_handle is not None:
                stream.ioloop.remove_timeout(self._delay_handle)
        elif self.state is State.QUEUED:
            stream.pool.leave(self)
        else:
            self._let_go(keep=keep)

    def _let_go(self, *, keep: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            del self._stream.fd_map[connection.fd], self._stream.fd_request_map[connection.fd]
            connection.listener = connection.parser = None
            if not keep:
                connection.close()
        if self.origin is None:
            return
        if keep and connection is not None:
            self._stream.park(self.origin, connection)
        else:
            self._stream.forget(self.origin, connection)


_ON_EVENTS: dict[State, Callable[[Exchange, int], None]] = {
    State.CONNECTING: Exchange._on_connecting,
    State.TLS: Exchange._on_tls,
    State.WRITING: Exchange._on_writing,
    State.READING: Exchange._on_reading,
}
