"""A request and its answer over one connection: what is written, what is read, and who is given it.

Each state has one method for its event; :mod:`webqq.httpstream.state` has the table. Where the connection comes from,
and what follows the answer, is for :class:`~webqq.httpstream.exchange.Exchange`.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.request import Request

from tornado.ioloop import IOLoop

from webqq.httpstream.connection import WOULD_BLOCK, Connection
from webqq.httpstream.connections import Waiter
from webqq.httpstream.delivery import Delivery, delivery_of
from webqq.httpstream.errors import BadResponse, ConnectionLost, HTTPStreamError
from webqq.httpstream.guard import guarded, unexpected
from webqq.httpstream.hooks import Event, tell
from webqq.httpstream.options import Options
from webqq.httpstream.response import Response, Times
from webqq.httpstream.sock import receive
from webqq.httpstream.state import (
    CONNECTING,
    DONE,
    EXPECTING,
    READING,
    TRANSITIONS,
    WRITING,
    IllegalTransition,
    State,
)
from webqq.httpstream.wirelog import describe_head, redact_url

if TYPE_CHECKING:
    from webqq.httpstream.legs import Legs
    from webqq.httpstream.parser import Head, ResponseParser
    from webqq.httpstream.stream import HTTPStream
    from webqq.httpstream.upload import Upload

__all__ = ["Readback", "Transfer"]

logger = logging.getLogger("webqq.httpstream")
wire = logging.getLogger("webqq.httpstream.wire")
"""At DEBUG it tells each head that is sent or read, without the secrets in it."""

Readback: TypeAlias = Callable[[Any], Any]
"""Takes the response; returns None, ``(request, readback)`` or ``(request, readback, delay)``, or awaits one."""

SEND_SIZE = 256 * 1024
"""Bytes given to the kernel in one turn of the loop, so that one upload does not hold up everybody else."""
MOST_SKIPPED = 64 * 1024
"""Bytes of an answer that only leads on which are read for the connection's sake; beyond them a new one is cheaper."""
EXPECT_PATIENCE = 1.0
"""Seconds to wait for ``100 Continue`` before the body goes out all the same (RFC 9110 section 10.1.1); curl's."""

_READ = IOLoop.READ


class Transfer(Waiter):
    """The part of an exchange that has a connection."""

    __slots__ = (
        "_connection",
        "_data",
        "_delivery",
        "_first_byte_at",
        "_has_leave",
        "_is_held",
        "_is_logged",
        "_is_told",
        "_leg",
        "_legs",
        "_method",
        "_phases",
        "_sent",
        "_sent_at",
        "_stream",
        "_total_deadline",
        "_upload",
        "deadline",
        "future",
        "options",
        "readback",
        "request",
        "started",
        "state",
    )

    # All of them are set by the exchange, at once.
    _connection: Connection | None
    _data: bytes
    _delivery: Delivery | None
    _first_byte_at: float
    _has_leave: bool
    _is_held: bool
    _is_logged: bool
    """Whether its moves are logged: asked once, for the answer costs as much as a move."""
    _is_told: bool
    """Whether somebody wants to hear more than the whole answer: of its bytes, of its head, of its parts."""
    _leg: Request
    _legs: "Legs | None"
    _method: str
    _phases: dict[str, float] | None
    _sent: int
    _sent_at: float
    _stream: "HTTPStream"
    _total_deadline: float
    _upload: "Upload | None"
    deadline: float
    future: "asyncio.Future[Response] | None"
    options: Options
    readback: Readback | None
    request: Request
    started: float | None
    state: State

    # What the exchange makes of it.

    def fail(self, error: HTTPStreamError) -> None:
        """End with ``error``, unless the exchange has ended already or the request may go out again."""
        raise NotImplementedError

    def abandon(self) -> None:
        """Give up in whatever state; nobody is told."""
        raise NotImplementedError

    def give_over(self, response: Response) -> None:
        """The head is there: whoever waits gets the response, and reads the body himself."""
        raise NotImplementedError

    def _set_deadline(self, deadline: float) -> None:
        """The state must have been left at ``deadline``."""
        raise NotImplementedError

    def _lose(self, error: OSError | ConnectionLost) -> None:
        """The connection is gone: go out again where that is safe, else fail."""
        raise NotImplementedError

    def _answered(self, response: Any, *, keep: bool) -> None:
        """The answer is whole: it is the caller's, or leads to another request."""
        raise NotImplementedError

    def _leads_on(self, head: "Head") -> bool:
        """Whether the answer leads to another request, so that it is not the caller's."""
        raise NotImplementedError

    def _release(self, *, keep: bool) -> None:
        """Give back all that the state holds; ``keep`` parks the connection for another exchange."""
        raise NotImplementedError

    def _keep_session(self) -> None:
        """The connection will not be used again: what TLS has agreed on may be."""
        raise NotImplementedError

    def _expect(self, connection: Connection) -> None:
        """Make ``connection`` ready for the answer to what is sent next."""
        stream, options = self._stream, self.options
        stream.expect_answer(connection, self._method, options)
        is_logged = wire.isEnabledFor(logging.DEBUG)
        self._is_told = is_logged or bool(stream.hooks) or options.is_piecewise
        if is_logged:
            head = self._data[: self._data.find(b"\r\n\r\n") + 4]
            wire.debug("fd %d >\n%s", connection.fd, describe_head(head))

    # Events of the socket, one method a state.

    def _on_events(self, events: int) -> None:
        connection = self._connection
        try:
            if self.state is READING and connection is not None and connection.parser is not None:
                # What the loop calls most often.
                self._read(connection, connection.parser)
            else:
                _ON_EVENTS[self.state](self, events)
        except HTTPStreamError as error:
            self.fail(error)
        except Exception as error:
            # Somebody's cookie jar or credentials, or a fault of ours: the loop tells of it, the exchange ends.
            self.fail(unexpected(error))
            raise

    def _on_connecting(self, events: int) -> None:
        connection = self._connection
        self._move(WRITING, "connected")
        self._write()
        if events == IOLoop.ERROR and self._connection is connection:
            # A socket that only seems to take bytes: the loop knows better.
            self._lose(OSError("the loop tells of an error"))

    def _on_writing(self, events: int) -> None:
        connection = self._connected()
        if events & IOLoop.READ and connection.parser is not None:
            if connection.uses and not self._has_written:
                self._on_unasked(connection)
                return
            # An answer before the request was all sent: it is final, and what is left need not go out.
            self._read(connection, connection.parser)
            if self._connection is not connection:
                return
        if self.state is WRITING:
            self._write_on()

    def _on_unasked(self, connection: Connection) -> None:
        """A kept connection tells of something before it was asked for anything: that is not the answer."""
        try:
            data = connection.receive(1)
        except (ssl.SSLWantReadError, *WOULD_BLOCK):
            return
        except OSError as error:
            self._lose(error)
            return
        self._lose(ConnectionLost("the server sent what nobody asked for" if data else "the server closed it"))

    def _on_expecting(self, events: int) -> None:
        connection = self._connected()
        assert connection.parser is not None
        self._read(connection, connection.parser)
        if self.state is EXPECTING and self._connection is connection and connection.parser.continues:
            self._move(WRITING, "the server wants the body")
            self._write()

    def send(self) -> None:
        """The turn has come to what was to be written; nothing, where the exchange has ended or gone on by now."""
        if self.state is WRITING and not self._sent:
            guarded(self.fail, self._write)

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

    def _next_piece(self, connection: Connection, upload: "Upload") -> None:
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
            guarded(self.fail, self._write_on)

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
            if not connection.is_tls:
                self._end_unanswered()
                return
            if self.options.stream:
                # Nobody would read it.
                self.options = replace(self.options, stream=False)
        self._move(READING, "sent")
        self._sent_at = now = self._stream.now()
        timeouts = self.options.timeouts
        # An early answer may have begun.
        seconds = timeouts.first_byte if self._first_byte_at < 0 else timeouts.between_bytes
        if seconds is not None or self.deadline != self._total_deadline:
            self._set_deadline(inf if seconds is None or self._is_held else now + seconds)
        interest = 0 if self._is_held else _READ
        if interest != connection.interest:
            connection.watch(interest)
        if self._stream.hooks:
            self._tell(Event.SENT)

    def _end_unanswered(self) -> None:
        """All is sent, and nobody waits for the answer.

        Not over TLS: to close with something unread, as the tickets of TLS 1.3 are, resets the connection, and what
        the kernel has not sent by then is lost. There the answer is read, and the connection kept.
        """
        self._release(keep=False)
        self._move(DONE, "sent, and nobody waits for the answer")
        self._stream.counters.done += 1
        self._tell(Event.SENT)
        self._tell(Event.DONE)
        self._stream.note_end()

    @property
    def _is_unwanted(self) -> bool:
        """Whether what is read is read for the connection's sake alone."""
        return self.state is READING and self._sent_at >= 0 and not self._has_listener

    # The answer.

    def _on_reading(self, events: int) -> None:
        """Of what the contract's two methods gave; of any other connection, :meth:`_on_events` reads itself."""
        connection = self._connected()
        response = self._receive_by_contract(connection)
        if self._connection is not connection:
            # Whoever makes the response has ended the exchange.
            return
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
        if is_whole and not self._is_told:
            self._take_answer(connection, parser, self._count(parser, had))
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
        if (
            self._is_told
            and parser.head is not None
            and had < len(parser.head.raw)
            and wire.isEnabledFor(logging.DEBUG)
        ):
            wire.debug("fd %d <\n%s", self._connected().fd, describe_head(parser.head.raw))
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
        response = Response(head, parser.take(), self._leg.full_url, parser.trailers, self._times(now))
        if self._legs is not None:
            response.history = self._legs.history
        self._answered(response, keep=self._may_keep(connection, parser))

    def _may_keep(self, connection: Connection, parser: "ResponseParser") -> bool:
        # Where not all was sent, the peer takes what comes next for the rest.
        if self._sent_at < 0 or not parser.is_reusable:
            return False
        leg = self._leg
        if (leg.headers or leg.unredirected_hdrs) and _says_close(leg):
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

    def _times(self, now: float) -> Times:
        sent_at = self._sent_at
        return (self.started or 0.0, sent_at if sent_at >= 0 else now, self._first_byte_at, now, self._phases)

    def _describe(self, response: Response, now: float) -> None:
        response.timings = self._times(now)
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

    # What it holds.

    def _move(self, state: State, why: object) -> None:
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(f"{self!r} cannot become {state.name} ({why})")
        if self._is_logged:
            url = redact_url(self._leg.full_url)
            logger.debug("%s %s: %s -> %s (%s)", self._leg.get_method(), url, self.state.name, state.name, why)
        self.state = state

    def _tell(self, event: Event, detail: Any = None) -> None:
        tell(self._stream.hooks, event, self, detail)

    def _connected(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _attach(self, connection: Connection) -> None:
        self._connection = connection
        connection.listener = self._on_events
        connection.request = self.request


def _says_close(request: Request) -> bool:
    # RFC 9112 9.6: who has sent it sends no further request there, even where the server would take one.
    options = request.get_header("Connection")
    return options is not None and "close" in [option.strip().lower() for option in options.split(",")]


_ON_EVENTS: dict[State, Callable[[Transfer, int], None]] = {
    CONNECTING: Transfer._on_connecting,
    WRITING: Transfer._on_writing,
    EXPECTING: Transfer._on_expecting,
    READING: Transfer._on_reading,
}
