"""One request's life: each state has one method for its event. :mod:`webqq.httpstream.state` has the table."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.request import Request

from tornado.ioloop import IOLoop

from webqq.httpstream.connection import Connection
from webqq.httpstream.connections import Waiter
from webqq.httpstream.delivery import Delivery, delivery_of
from webqq.httpstream.dial import Dial
from webqq.httpstream.errors import (
    BadResponse,
    BetweenBytesTimeout,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    FirstByteTimeout,
    HTTPStreamError,
    ProxyTimeout,
    QueueTimeout,
    ResolveTimeout,
    StreamClosed,
    Timeout,
    TLSTimeout,
    TotalTimeout,
    WriteTimeout,
)
from webqq.httpstream.follow import can_rewind, may_resend
from webqq.httpstream.hooks import Event, tell
from webqq.httpstream.legs import Again, Legs
from webqq.httpstream.options import Options
from webqq.httpstream.pool import Open, Reuse
from webqq.httpstream.response import Response
from webqq.httpstream.route import Route, without_proxy
from webqq.httpstream.sock import WOULD_BLOCK, receive
from webqq.httpstream.state import (
    CANCELLED,
    CONNECTING,
    DONE,
    EXPECTING,
    FAILED,
    PROXYING,
    QUEUED,
    READING,
    RESOLVING,
    SCHEDULED,
    TLS,
    TRANSITIONS,
    WRITING,
    IllegalTransition,
    State,
)
from webqq.httpstream.upload import Upload, with_body
from webqq.httpstream.wirelog import redact_url

if TYPE_CHECKING:
    from webqq.httpstream.parser import Head, ResponseParser
    from webqq.httpstream.stream import HTTPStream

__all__ = ["Errorback", "Exchange", "Readback"]

logger = logging.getLogger("webqq.httpstream")

Readback: TypeAlias = Callable[[Any], Any]
"""Takes the response; returns None, ``(request, readback)`` or ``(request, readback, delay)``, or awaits one."""
Errorback: TypeAlias = Callable[[HTTPStreamError], object]

SEND_SIZE = 256 * 1024
"""Bytes given to the kernel in one turn of the loop, so that one upload does not hold up everybody else."""
MOST_SKIPPED = 64 * 1024
"""Bytes of an answer that only leads on which are read for the connection's sake; beyond them a new one is cheaper."""
EXPECT_PATIENCE = 1.0
"""Seconds to wait for ``100 Continue`` before the body goes out all the same (RFC 9110 section 10.1.1); curl's."""

_READ = IOLoop.READ

# What has not happened in time in a state, as long as the exchange's total is not over, and which limit says so.
_TIMEOUTS: dict[State, tuple[type[Timeout], str, str]] = {
    SCHEDULED: (QueueTimeout, "queue", "the rate limit let nothing through"),
    QUEUED: (QueueTimeout, "queue", "no connection was free"),
    RESOLVING: (ResolveTimeout, "resolve", "no address was found"),
    CONNECTING: (ConnectTimeout, "connect", "no connection was made"),
    PROXYING: (ProxyTimeout, "proxy", "the proxy let nothing through"),
    TLS: (TLSTimeout, "tls", "the TLS handshake was not made"),
    WRITING: (WriteTimeout, "write", "the peer took nothing more"),
}


class Chain:
    """What the exchanges that follow one another share: any of them cancels the one that is alive."""

    __slots__ = ("current", "is_cancelled")

    def __init__(self, current: "Exchange") -> None:
        self.current = current
        self.is_cancelled = False


class Exchange(Waiter):
    """A request and what comes of it. ``HTTPStream.add_request`` makes them.

    Awaiting one gives its response or raises its error, with or without a readback, as long as that begins in the
    turn of the loop that made it. Cancelling the awaiting task cancels the exchange.
    """

    __slots__ = (
        "_connection",
        "_data",
        "_delay_handle",
        "_delivery",
        "_dial",
        "_first_byte_at",
        "_following",
        "_given",
        "_has_leave",
        "_is_held",
        "_leg",
        "_legs",
        "_phases",
        "_reserved",
        "_sent",
        "_sent_at",
        "_stream",
        "_total_deadline",
        "_upload",
        "chain",
        "deadline",
        "errorback",
        "future",
        "options",
        "readback",
        "request",
        "route",
        "slot",
        "started",
        "state",
        "task",
    )

    def __init__(
        self,
        stream: "HTTPStream",
        request: Request,
        readback: Readback | None,
        errorback: Errorback | None,
        options: Options,
    ) -> None:
        self._stream = stream
        self.request = self._leg = request
        self.readback = readback
        self.errorback = errorback
        self.options = options
        self.state = SCHEDULED
        self.started: float | None = None
        self.deadline = self._total_deadline = inf
        self.slot: int | None = None
        self.route: Route | None = None
        self.chain: Chain | None = None
        self.future: asyncio.Future[Response] | None = None
        self.task: asyncio.Future[Any] | None = None
        self._connection: Connection | None = None
        self._data: bytes = b""
        self._delay_handle: object = None
        self._delivery: Delivery | None = None
        self._dial: Dial | None = None
        self._following: Again | bool | None = None
        self._has_leave = True
        self._is_held = False
        self._legs: Legs | None = None
        self._phases: dict[str, float] | None = None
        self._sent = 0
        self._sent_at = self._first_byte_at = -1.0
        self._upload: Upload | None = None

    def __repr__(self) -> str:
        what = f"{self.state.name} {self._leg.get_method()} {redact_url(self._leg.full_url)}"
        spent = "" if self.started is None else f" {self._stream.clock.now() - self.started:.3f} s"
        return f"<Exchange {what}{'' if self.state.is_final else spent}>"

    @property
    def given(self) -> Options:
        """The options that were given, which those that follow in a chain have too: without the request's own proxy."""
        return getattr(self, "_given", self.options)

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
        was_alive = self.task is not None
        if self.task is not None:
            self.task.cancel()
        if self.state.is_final:
            return was_alive
        self.abandon()
        if self.future is not None and not self.future.done():
            self.future.cancel()
        return True

    def abandon(self) -> None:
        """Give up in whatever state; nobody is told."""
        if self.state.is_final:
            return
        self._release(keep=False)
        self._move(CANCELLED, "cancel()")
        self._stream.counters.cancelled += 1
        self._tell(Event.CANCELLED)
        delivery = self._delivery
        if delivery is not None:
            delivery.fail(StreamClosed("the exchange was cancelled"))
        self._stream.note_end()

    # Where it is moved on from outside: by the stream, a timer, the resolver, the pool.

    def schedule(self, delay: float) -> None:
        """Start in ``delay`` seconds."""
        self._wait(delay, self.start)

    def _wait(self, delay: float, then: Callable[[], None]) -> None:
        self._stream.under_way.add(self)
        self._delay_handle = self._stream.ioloop.call_later(delay, partial(self._go_on, then))

    def _go_on(self, then: Callable[[], None]) -> None:
        if self.state is not SCHEDULED:
            return
        self._delay_handle = None
        try:
            then()
        except HTTPStreamError as error:
            self.fail(error)
        except Exception as error:
            self.fail(_unexpected(error))
            raise

    def start(self) -> None:
        """Send the request, or stand in line for it. Raises :class:`InvalidRequest`; other errors come later."""
        stream = self._stream
        now = stream.now()
        if stream.steps is not None:
            self._prepare()
        self.started = now
        stream.under_way.add(self)
        stream.counters.started += 1
        total = self.options.timeouts.total
        if total is not None:
            self._total_deadline = now + total
            stream.watch(self, self._total_deadline, now)
        try:
            if stream.steps is None or stream.has_rates:
                self._go()
            else:
                self._ask_for_connection()
        except HTTPStreamError as error:
            # Never from within add_request: its caller does not know the exchange yet.
            stream.ioloop.add_callback(self.fail, error)

    def _prepare(self) -> None:
        """Know where the leg goes and what its bytes are. Raises :class:`InvalidRequest`."""
        leg = self._leg
        if leg._tunnel_host or leg.selector[:4] == "http":  # type: ignore[attr-defined]  # see route
            leg, proxy = without_proxy(leg)
            self._given = self.given
            self._leg, self.options = leg, replace(self.options, proxy=proxy)
        if self._legs is None and self.options.auth is not None:
            self._legs = Legs(self.options)
        credentials = None if self._legs is None else self._legs.credentials_for(leg)
        self.route, self._data, body = self._stream.prepare(leg, self.options, credentials)
        self._sent = 0
        if self._upload is not None:
            self._upload.close()
            self._upload = None
        if body is not None:
            self._leg = with_body(self._leg, body)
            self._upload = Upload(body, self._on_piece)
            self._has_leave = not self.options.expect or body.length == 0

    def _go(self) -> None:
        stream = self._stream
        if stream.steps is None:
            self._connect_by_contract()
            return
        assert self.route is not None
        delay = stream.reserve(self.route) if stream.has_rates else 0.0
        if delay > 0:
            self._move(SCHEDULED, "the rate limit")
            self._reserved = stream.clock.now() + delay
            self._wait(delay, self._ask_for_connection)
            seconds = self.options.timeouts.queue
            self._set_deadline(inf if seconds is None else self._stream.clock.now() + seconds)
            self._tell(Event.QUEUED)
        else:
            self._ask_for_connection()

    def serve(self) -> None:
        """The pool has something for an exchange that stood in line."""
        try:
            self._ask_for_connection()
        except HTTPStreamError as error:
            self.fail(error)

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        if self.state.is_final or self.deadline > now:
            # What another one's end led to has moved this one on.
            return
        if self.state is EXPECTING and now < self._total_deadline:
            self._move(WRITING, "the server said nothing of the body")
            self._write_safely()
        else:
            self.fail(self._timeout(now))

    def _timeout(self, now: float) -> Timeout:
        timeouts = self.options.timeouts
        if now >= self._total_deadline:
            if self.state is QUEUED:
                return QueueTimeout(f"no connection was free within {timeouts.total} s")
            return TotalTimeout(f"not done within {timeouts.total} s")
        if self.state is READING:
            parser = self._connected().parser
            if parser is not None and parser.has_begun:
                return BetweenBytesTimeout(f"nothing came for {timeouts.between_bytes} s")
            return FirstByteTimeout(f"no answer within {timeouts.first_byte} s")
        kind, limit, text = _TIMEOUTS[self.state]
        tried = f" ({self._dial.attempts})" if self._dial is not None and self.state is CONNECTING else ""
        return kind(f"{text} within {getattr(timeouts, limit)} s{tried}")

    # Towards a connection.

    def _connect_by_contract(self) -> None:
        stream = self._stream
        try:
            # Named only where there is one: two methods that know of no proxy are enough.
            proxy: Any = {} if self.options.proxy is None else {"proxy": self.options.proxy}
            sock, self._data = stream.http_sock.make_http_sock_data(self.request, **proxy)
        except HTTPStreamError:
            raise
        except Exception as error:
            raise ConnectError(f"make_http_sock_data failed: {error!r}") from error
        self._move(CONNECTING, "the contract gave a socket")
        self._attach(stream.connections.hold(sock, None, "", self.request))
        self._connected().watch(IOLoop.WRITE)

    def _ask_for_connection(self, *, fresh: bool = False) -> None:
        stream, route = self._stream, self.route
        assert route is not None
        if not fresh:
            connection = stream.connections.take(route, self.options.lane)
            if connection is not None:
                self._use_again(connection)
                return
            if self.state.is_final:
                # A hook that was told of a dropped connection has ended it.
                return
        decision = stream.connections.pool_of(self.options.lane).ask(route, self, fresh=fresh)
        if isinstance(decision, Reuse):
            self._use_again(decision.connection)
        elif isinstance(decision, Open):
            if decision.evict is not None:
                stream.connections.drop(decision.evict, "room for another")
                if self.state.is_final:
                    stream.connections.forget(route, self.options.lane)
                    return
            self._dial = Dial(stream, route, self.options.lane, self.request, self)
            stream.counters.opened += 1
            self._dial.start()
        else:
            self.enter(QUEUED, "the connection limits are reached")
            self._tell(Event.QUEUED)

    def _use_again(self, connection: Connection) -> None:
        self._move(WRITING, "a kept connection")
        stream = self._stream
        stream.counters.reused += 1
        self._attach(connection)
        if stream.hooks:
            tell(stream.hooks, Event.REUSED, self, connection)
            if self._connection is not connection:
                return
        stream.expect_answer(connection, self._leg, self.options)
        if self.readback is None and self.future is None:
            # Whoever wants to await this exchange has not had the chance yet.
            connection.watch(IOLoop.WRITE)
        else:
            self._write()

    # What a dial says: see Dialler.

    def enter(self, state: State, why: str) -> None:
        """A phase before the connection begins."""
        before = self.state
        self._move(state, why)
        now = self._stream.clock.now()
        phase = state.name.lower()
        if self._phases is None:
            self._phases = {}
        self._phases.setdefault(phase, now)
        if state is not before or state is TLS:
            seconds: float | None = getattr(self.options.timeouts, _TIMEOUTS[state][1])
            self._set_deadline(inf if seconds is None else now + seconds)
            if self._stream.hooks and before in _EVENT_AFTER:
                self._tell(_EVENT_AFTER[before])

    def dialled(self, connection: Connection) -> None:
        """There is a connection."""
        before, self._dial = self.state, None
        self._move(WRITING, "connected")
        self._attach(connection)
        if self._stream.hooks:
            self._tell(_EVENT_AFTER[before])
            if self._connection is not connection:
                return
        self._stream.expect_answer(connection, self._leg, self.options)
        if self.deadline != self._total_deadline:
            self._set_deadline(inf)
        self._write()

    # Events of the socket, one method a state.

    def _on_events(self, events: int) -> None:
        try:
            _ON_EVENTS[self.state](self, events)
        except HTTPStreamError as error:
            self.fail(error)
        except Exception as error:
            # Somebody's cookie jar or credentials, or a fault of ours: the loop tells of it, the exchange ends.
            self.fail(_unexpected(error))
            raise

    def _on_connecting(self, events: int) -> None:
        self._move(WRITING, "connected")
        self._write()

    def _on_writing(self, events: int) -> None:
        connection = self._connected()
        if events & IOLoop.READ and connection.parser is not None:
            # An answer before the request was all sent: it is final, and what is left need not go out.
            self._read(connection, connection.parser)
            if self._connection is not connection:
                return
        if self.state is WRITING:
            self._write_on()

    def _on_expecting(self, events: int) -> None:
        connection = self._connected()
        assert connection.parser is not None
        self._read(connection, connection.parser)
        if self.state is EXPECTING and self._connection is connection and connection.parser.continues:
            self._move(WRITING, "the server wants the body")
            self._write()

    def _write(self) -> None:
        """Give the kernel what it takes of the bytes that wait."""
        connection = self._connection
        assert connection is not None
        data: bytes | memoryview = self._data
        size = len(data)
        if self._sent or size > SEND_SIZE:
            data = memoryview(data)[self._sent : self._sent + SEND_SIZE]
        try:
            sent = connection.sock.send(data)
        except ssl.SSLWantReadError:
            connection.watch(IOLoop.READ)
            return
        except WOULD_BLOCK:
            sent = 0
        except OSError as error:
            self._writing_failed(error)
            return
        self._sent += sent
        self._stream.counters.bytes_sent += sent
        if self._sent < size:
            self._wait_for_room(connection)
        elif self._upload is None:
            self._written(connection)
        else:
            self._next_piece(connection, self._upload)

    def _wait_for_room(self, connection: Connection) -> None:
        seconds = self.options.timeouts.write
        self._set_deadline(inf if seconds is None else self._stream.clock.now() + seconds)
        self._listen(connection)

    def _listen(self, connection: Connection) -> None:
        """While the request goes out: an answer may come before all of it is there."""
        reading = 0 if self._is_held or connection.parser is None else IOLoop.READ
        connection.watch(reading if self._sent >= len(self._data) else reading | IOLoop.WRITE)

    def _next_piece(self, connection: Connection, upload: Upload) -> None:
        if not self._has_leave:
            # Now is when the wait for the server's leave begins.
            self._has_leave = True
            self._move(EXPECTING, "the body waits for the server's leave")
            self._set_deadline(self._stream.clock.now() + EXPECT_PATIENCE)
            connection.watch(IOLoop.READ)
            return
        piece = upload.take()
        if self._connection is not connection:
            # What gives the pieces has ended the exchange.
            return
        if piece is None:
            # Until it comes there is nothing to write, but an early answer may come.
            self._set_deadline(inf)
            self._listen(connection)
        elif piece:
            self._data, self._sent = piece, 0
            # In a turn of its own: a body that never blocks must not keep the loop for itself.
            self._wait_for_room(connection)
        else:
            self._upload = None
            self._written(connection)

    def _on_piece(self) -> None:
        if self.state is WRITING and self._connection is not None:
            self._write_safely()

    def _write_safely(self) -> None:
        try:
            self._write_on()
        except HTTPStreamError as error:
            self.fail(error)

    def _write_on(self) -> None:
        if self._upload is not None and self._sent >= len(self._data):
            self._next_piece(self._connected(), self._upload)
        else:
            self._write()

    def _writing_failed(self, error: OSError) -> None:
        connection = self._connected()
        if connection.parser is None or not self._has_written:
            self._lose(error)
            return
        # The peer may have said why, and closed (RFC 9112 9.5): read what it left.
        self._move(READING, f"writing failed: {error}")
        connection.watch(0 if self._is_held else IOLoop.READ)

    @property
    def _has_written(self) -> bool:
        """Whether the peer may have seen a part of the request."""
        return self._sent > 0 or (self._upload is not None and self._upload.has_begun)

    @property
    def _has_listener(self) -> bool:
        """Whether anybody wants the answer."""
        options = self.options
        callbacks = (self.readback, self.future, options.on_head, options.on_data)
        return any(callback is not None for callback in callbacks)

    def _written(self, connection: Connection) -> None:
        if self.readback is None and not self._has_listener:
            self._release(keep=False)
            self._move(DONE, "sent, and nobody waits for the answer")
            self._stream.counters.done += 1
            self._stream.note_end()
            return
        self._move(READING, "sent")
        if connection.parser is not None:
            connection.listener = self._on_answer
        self._sent_at = now = self._stream.now()
        seconds = self.options.timeouts.first_byte
        if seconds is not None or self.deadline != self._total_deadline:
            self._set_deadline(inf if seconds is None or self._is_held else now + seconds)
        connection.watch(0 if self._is_held else IOLoop.READ)
        if self._stream.hooks:
            self._tell(Event.SENT)

    def _on_answer(self, events: int) -> None:
        """Something of the answer has come: what the loop calls most often, and so with as little between as can be."""
        connection = self._connection
        assert connection is not None
        parser = connection.parser
        assert parser is not None
        try:
            self._read(connection, parser)
        except HTTPStreamError as error:
            self.fail(error)
        except Exception as error:
            self.fail(_unexpected(error))
            raise

    def _on_reading(self, events: int) -> None:
        connection = self._connected()
        parser = connection.parser
        if parser is not None:
            self._read(connection, parser)
            return
        response = self._receive_by_contract(connection)
        if response is not None:
            self._answered(response, keep=False)
        elif events & IOLoop.ERROR and not events & IOLoop.READ:
            raise ConnectionLost("the connection failed before the answer was whole")

    def _read(self, connection: Connection, parser: "ResponseParser") -> None:
        """Take what has come; where that makes the answer whole, go on with it."""
        had = parser.received
        try:
            is_whole = receive(connection, parser)
        except (OSError, HTTPStreamError) as error:
            if parser.received > had and self.options.is_piecewise:
                # What came before it was good.
                now = self._count(parser, had)
                if self._connection is connection:
                    self._deliver(connection, parser, now, is_whole=False)
                if self._connection is not connection:
                    return
            if not isinstance(error, OSError | ConnectionLost):
                raise
            self._lose(error)
            return
        if parser.received == had and not is_whole:
            if self.state is READING and not connection.is_paused:
                # TLS may have wanted to write for once, and has.
                connection.watch(IOLoop.READ)
            return
        now = self._count(parser, had)
        if self._connection is not connection:
            return
        if self.options.is_piecewise:
            self._deliver(connection, parser, now, is_whole=is_whole)
        elif is_whole:
            self._take_answer(connection, parser, now)
        elif parser.has_begun:
            self._wait_for_more(connection, now)

    def _count(self, parser: "ResponseParser", had: int) -> float:
        """Note that more has come than the ``had`` bytes of before; returns the time."""
        stream = self._stream
        stream.counters.bytes_received += parser.received - had
        now = stream.now()
        if self._first_byte_at < 0 and parser.has_begun:
            self._first_byte_at = now
            if stream.hooks:
                self._tell(Event.FIRST_BYTE)
        return now

    def _wait_for_more(self, connection: Connection, now: float) -> None:
        seconds = self.options.timeouts.between_bytes
        if self.state is READING:
            connection.watch(IOLoop.READ)
            self._set_deadline(inf if seconds is None else now + seconds)

    def _take_answer(self, connection: Connection, parser: "ResponseParser", now: float) -> None:
        head = parser.head
        assert head is not None
        # Taken: a kept connection holds no body.
        response = Response(head, parser.take(), self._leg.full_url, parser.trailers)
        response.timings = (
            self.started or 0.0,
            self._sent_at if self._sent_at >= 0 else now,
            self._first_byte_at,
            now,
            self._phases,
        )
        if self._legs is not None:
            response.history = self._legs.history
        self._answered(response, keep=self._may_keep(connection, parser))

    def _may_keep(self, connection: Connection, parser: "ResponseParser") -> bool:
        if self._upload is not None or self._sent < len(self._data) or not parser.is_reusable:
            return False
        # Bytes that TLS holds back came after the answer, too.
        return not connection.is_tls or not connection.sock.pending()

    def _receive_by_contract(self, connection: Connection) -> Any:
        try:
            return self._stream.http_sock.make_response(connection.sock, self.request)
        except HTTPStreamError:
            raise
        except OSError as error:
            raise ConnectionLost(f"the connection failed: {error}") from error
        except Exception as error:
            raise BadResponse(f"make_response failed: {error!r}") from error

    # An answer that is given over piece by piece.

    def _deliver(self, connection: Connection, parser: "ResponseParser", now: float, *, is_whole: bool) -> None:
        if self._delivery is None:
            if parser.head is None:
                if parser.has_begun:
                    self._wait_for_more(connection, now)
                return
            if self._leads_on(parser.head):
                # Nobody but us sees it: it is read as any other.
                if is_whole or parser.received > MOST_SKIPPED:
                    self._take_answer(connection, parser, now)
                else:
                    self._wait_for_more(connection, now)
                return
            self._delivery = delivery_of(self, parser, self._leg.full_url)
            self._describe(self._delivery.response, now)
            self._delivery.begin()
        delivery = self._delivery
        if self._connection is connection:
            delivery.take(parser)
        if self._connection is not connection:
            # Whoever got the head, or a piece, has given the exchange up.
            return
        if is_whole:
            if self.state is not READING:
                self._move(READING, "the answer is whole before the request")
            connection.watch(0)
            delivery.end(parser, partial(self._delivered, connection, parser, delivery))
        elif not self._is_held:
            self._wait_for_more(connection, now)

    def _describe(self, response: Response, now: float) -> None:
        response.timings = (
            self.started or 0.0,
            self._sent_at if self._sent_at >= 0 else now,
            self._first_byte_at,
            now,
            self._phases,
        )
        if self._legs is not None:
            response.history = self._legs.history

    def _delivered(self, connection: Connection, parser: "ResponseParser", delivery: Delivery) -> None:
        """All of the answer is in the caller's hands."""
        keep = self._may_keep(connection, parser)
        if not delivery.is_given_over:
            self._describe(delivery.response, self._stream.clock.now())
            self._answered(delivery.response, keep=keep)
            return
        if not keep:
            self._keep_session()
        self._release(keep=keep)
        self._move(DONE, "the body is whole")
        self._stream.counters.done += 1
        self._tell(Event.DONE, delivery.response)
        self._stream.note_end()

    def _leads_on(self, head: "Head") -> bool:
        """Whether the answer leads to another request, so that it is not the caller's. Raises as ``after_response``."""
        if self._following is None:
            following = None if head.status < 300 else self._after(Response(head, b"", self._leg.full_url))
            self._following = following or False
        return self._following is not False

    def give_over(self, response: Response) -> None:
        """The head is there: whoever waits gets the response, and reads the body himself."""
        if self.state is FAILED or (self.chain is not None and self.chain.is_cancelled):
            # Whoever was told of the head has ended the exchange.
            return
        if self._stream.cookiejar is not None and response.sets_cookie:
            self._stream.keep_cookies(self._leg, response)
        self._stream.finished(self, response)

    def pause(self) -> None:
        """Stop reading the socket: what has come is not wanted yet."""
        connection = self._connection
        if connection is None:
            return
        self._is_held = True
        if self.state is READING:
            connection.watch(0)
            self._set_deadline(inf)
        else:
            self._listen(connection)

    def resume(self) -> None:
        """Read on."""
        connection = self._connection
        self._is_held = False
        if connection is None:
            return
        if self.state is READING:
            self._wait_for_more(connection, self._stream.clock.now())
        else:
            self._listen(connection)
        if connection.is_tls:
            connection.wake()

    # The ends, and the ways on.

    def _lose(self, error: OSError | ConnectionLost) -> None:
        """The connection is gone: go out again where that is safe, else fail."""
        connection = self._connected()
        received = 0 if connection.parser is None else connection.parser.received
        is_stale = connection.uses > 0 and not received
        if connection.route is not None and is_stale:
            self._stream.connections.learn(connection)
        if is_stale and self._may_resend():
            logger.debug("%r again on a fresh connection: %s", self, error)
            self._stream.counters.resent += 1
            self._tell(Event.RETRIED, "the kept connection was closed")
            if self._connection is not connection:
                return
            self._let_go()
            self._prepare()
            self._ask_for_connection(fresh=True)
            return
        if isinstance(error, ConnectionLost):
            raise error
        text = f"the connection failed: {error}"
        if not self._has_written and not connection.uses:
            raise ConnectError(text) from error
        partial_body = b"" if connection.parser is None else connection.parser.body()
        raise ConnectionLost(text, received, partial_body) from error

    def _may_resend(self) -> bool:
        if self._stream.steps is None or not can_rewind(self._leg):
            return False
        said = self.options.resend
        return may_resend(self._leg, was_written=self._has_written) if said is None else said

    def _answered(self, response: Any, *, keep: bool) -> None:
        """The answer is whole: it is the caller's, or leads to another request."""
        if not keep:
            self._keep_session()
        self._release(keep=keep)
        stream = self._stream
        if self.route is not None:
            if stream.cookiejar is not None and response.sets_cookie:
                stream.keep_cookies(self._leg, response)
            if response.status >= 300 and self._goes_on(response):
                return
        self._move(DONE, "the answer is whole")
        stream.counters.done += 1
        if stream.hooks:
            tell(stream.hooks, Event.DONE, self, response)
        stream.finished(self, response)

    def _keep_session(self) -> None:
        # Where each answer ends its connection, a session to resume is worth the most.
        if self._connection is not None and not self._connection.uses:
            self._stream.connections.keep_session(self._connection)

    def _goes_on(self, response: Response) -> bool:
        try:
            again = self._after(response) if self._following is None else self._following
        except HTTPStreamError as error:
            self.fail(error)
            return True
        if not isinstance(again, Again):
            return False
        if again.event is Event.REDIRECTED and self._legs is not None:
            self._legs.history += (response,)
        self._again(again)
        return True

    def _after(self, response: Response) -> Again | None:
        """What ``response`` leads to. Raises :class:`RedirectError`."""
        if self._legs is None:
            self._legs = Legs(self.options)
        stream = self._stream
        again = self._legs.after_response(self._leg, response, stream.chance(), stream.time_of_day())
        if again is None or again.event is Event.REDIRECTED or self._has_time_for(again):
            # A redirect is no answer: where its time is over, the deadline says so.
            return again
        return None

    def _has_time_for(self, again: Again) -> bool:
        return self._stream.clock.now() + again.delay < self._total_deadline

    def _again(self, again: Again) -> None:
        """Send another request in this exchange's name."""
        stream = self._stream
        if again.event is Event.REDIRECTED:
            stream.counters.redirected += 1
        else:
            stream.counters.retried += 1
        # First of all: a hook may close the stream, which ends what is under way.
        stream.under_way.add(self)
        self._tell(again.event, again.detail)
        if self.state.is_final:
            return
        self._leg = again.request
        self._delivery = self._phases = self._following = None
        self._sent_at = self._first_byte_at = -1.0
        self._set_deadline(inf)
        try:
            self._prepare()
            if again.delay > 0:
                self._move(SCHEDULED, again.detail)
                self._wait(again.delay, self._go)
            else:
                self._go()
        except HTTPStreamError as error:
            self.fail(error)

    def fail(self, error: HTTPStreamError) -> None:
        """End with ``error``, unless the exchange has ended already or the request may go out again."""
        if self.state.is_final:
            return
        error.method, error.url = self._leg.get_method(), redact_url(self._leg.full_url)
        error.phase = self.state.name
        if self.started is not None:
            error.elapsed = self._stream.clock.now() - self.started
        self._release(keep=False)
        if self._retries(error):
            return
        self._move(FAILED, str(error))
        self._stream.counters.failed += 1
        self._tell(Event.FAILED, error)
        delivery = self._delivery
        if delivery is not None and delivery.is_given_over:
            delivery.fail(error)
        else:
            self._stream.failed(self, error)
        self._stream.note_end()

    def _retries(self, error: HTTPStreamError) -> bool:
        if self.options.retry is None or self._stream.steps is None or self.started is None:
            return False
        if self._delivery is not None:
            return False
        if self._legs is None:
            self._legs = Legs(self.options)
        again = self._legs.after_error(self._leg, error, self._stream.chance())
        if again is None or not self._has_time_for(again):
            return False
        self._again(again)
        return True

    def _move(self, state: State, why: str) -> None:
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self!r} cannot become {state.name} ({why})")
        if logger.isEnabledFor(logging.DEBUG):
            url = redact_url(self._leg.full_url)
            logger.debug("%s %s: %s -> %s (%s)", self._leg.get_method(), url, self.state.name, state.name, why)
        self.state = state

    def _tell(self, event: Event, detail: Any = None) -> None:
        tell(self._stream.hooks, event, self, detail)

    # What it holds.

    def _set_deadline(self, deadline: float) -> None:
        self._stream.set_deadline(self, min(deadline, self._total_deadline))

    def _connected(self) -> Connection:
        assert self._connection is not None
        return self._connection

    @property
    def connections(self) -> list[Connection]:
        """What is open for it."""
        held = [] if self._connection is None else [self._connection]
        return held if self._dial is None else held + self._dial.connections

    @property
    def is_dialling(self) -> bool:
        """Whether a connection is on its way to it."""
        return self._dial is not None

    @property
    def has_delay(self) -> bool:
        """Whether the loop will call it after a delay."""
        return self._delay_handle is not None

    def _attach(self, connection: Connection) -> None:
        self._connection = connection
        connection.listener = self._on_events
        connections = self._stream.connections
        connections.fd_map[connection.fd] = connection.sock
        connections.fd_request_map[connection.fd] = self.request

    def _release(self, *, keep: bool) -> None:
        """Give back all that the state holds; ``keep`` parks the connection for another exchange."""
        stream = self._stream
        if self.slot is not None:
            stream.deadlines.discard(self)
        stream.under_way.discard(self)
        if self._upload is not None:
            self._upload.close()
        if keep:
            connection, self._connection = self._connection, None
            assert connection is not None
            stream.connections.park(connection)
        elif self.state >= RESOLVING:
            self._let_go()
        elif self.state is QUEUED:
            stream.connections.pool_of(self.options.lane).leave(self)
        elif self._delay_handle is not None:
            stream.ioloop.remove_timeout(self._delay_handle)
            self._delay_handle = None
            if self.route is not None:
                stream.give_back(self.route, getattr(self, "_reserved", None))

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        dial, self._dial = self._dial, None
        if connection is None and dial is None:
            # Given back when the answer was whole; what that led to could not be sent.
            return
        connections = self._stream.connections
        if dial is not None:
            dial.abandon()
        if connection is not None:
            connections.let_go(connection)
        if self.route is not None:
            connections.forget(self.route, self.options.lane)


def _unexpected(error: Exception) -> HTTPStreamError:
    wrapped = HTTPStreamError(f"unexpected: {error!r}")
    wrapped.__cause__ = error
    return wrapped


# What has happened once a phase before the connection is left.
_EVENT_AFTER = {
    RESOLVING: Event.RESOLVED,
    CONNECTING: Event.CONNECTED,
    PROXYING: Event.TUNNELLED,
    TLS: Event.SECURED,
}

_ON_EVENTS: dict[State, Callable[[Exchange, int], None]] = {
    CONNECTING: Exchange._on_connecting,
    WRITING: Exchange._on_writing,
    EXPECTING: Exchange._on_expecting,
    READING: Exchange._on_reading,
}
