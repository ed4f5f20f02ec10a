"""One connection of a scripted server: its talk is a generator that yields what it waits for."""

import socket
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from ssl import SSLContext
from typing import Protocol, TypeAlias

from webqq.testing.received import ReceivedRequest, RequestReader
from webqq.testing.steps import (
    Close,
    CutHandshake,
    Freeze,
    HalfClose,
    Pause,
    ReadBody,
    Receive,
    Reset,
    Send,
    Simple,
    StartTLS,
    Step,
    plan,
)
from webqq.testing.wire import Wire

__all__ = ["Director", "ScriptedConnection"]

# Seconds between looks at whether the other side has acknowledged all, and how many: a client that does not read
# must not keep a reset from happening.
ACK_INTERVAL, ACK_LOOKS = 0.002, 500

Wait: TypeAlias = float | Callable[[], object]
"""Seconds to wait, or what must be true to go on; asked again whenever something happened to the connection."""
Talk: TypeAlias = Generator[Wait, None, None]


class _Ended(Exception):
    """The connection is to be closed now, whatever its script still holds."""


class Director(Protocol):
    """What a connection asks of its server."""

    tls: SSLContext | None

    def opening(self) -> list[Simple]:
        """What is done before anything is read."""

    def is_early(self, request: ReceivedRequest) -> bool:
        """Whether the answer begins with the head."""

    def answer(self, request: ReceivedRequest) -> list[Simple]:
        """What is done in answer to ``request``."""

    def note(self, request: ReceivedRequest, index: int | None = None) -> int:
        """Keep ``request`` in the list of all, in place of that with ``index`` or as a new one; gives its index."""

    def is_released(self, name: str) -> bool:
        """Whether freezes of this name are over."""

    def nudge(self) -> None:
        """Have :meth:`ScriptedConnection.go_on` called soon; from any thread."""

    def changed(self) -> None:
        """Tell who waits for a change of the connection's state."""

    def let_go(self, connection: "ScriptedConnection") -> None:
        """Forget the connection: its socket is about to be closed."""

    def failed(self, error: Exception, doing: str) -> None:
        """Keep ``error`` for the test."""


class ScriptedConnection:
    """What the server knows of one connection.

    ``number`` counts from 0 in order of arrival; ``received`` is all that the client said, TLS taken off; ``error``
    is what ended the connection against the script, such as a reset by the client or a handshake that it gave up.
    """

    def __init__(self, director: Director, sock: socket.socket, number: int) -> None:
        self.number = number
        self.received = bytearray()
        self.error: OSError | None = None
        self.is_closed = False
        self.is_frozen = False
        self.wire = Wire(sock)
        self.wakes_at: float | None = None
        """When :meth:`go_on` is to be called, by ``time.monotonic``; None: when something happened."""
        self._director = director
        self._orders: deque[list[Simple]] = deque()
        self._raw = bytearray()
        self._reader: RequestReader | None = None
        self._continued: ReceivedRequest | None = None
        self._early: int | None = None
        self._cut: int | None = None
        self._is_deaf = False
        self._wait: Wait | None = None
        self._talk = self._whole_talk()

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "frozen" if self.is_frozen else "open"
        return f"<ScriptedConnection {self.number} {state} received={len(self.received)}>"

    def do(self, *steps: Step) -> None:
        """Do ``steps`` once the connection has nothing else to do: unsolicited bytes, a late close, a reset.

        May be called from any thread; a closed connection ignores it.
        """
        self._orders.append(plan(steps))
        self._director.nudge()

    # What the server's thread calls.

    @property
    def wants_read(self) -> bool:
        return not (self._is_deaf or self.wire.has_ended)

    def handle(self, *, readable: bool) -> None:
        """Move the bytes that can be moved, then go on with the script."""
        if not self.is_closed:
            self._guard(self._move, readable)
            self.go_on()

    def go_on(self) -> None:
        """Do what can be done without waiting."""
        self._guard(self._advance)

    def close(self) -> None:
        """Close at once."""
        self.is_closed, self.is_frozen, self.wakes_at = True, False, None
        # First of its registration: its number may serve another the moment it closes.
        self._director.let_go(self)
        self.wire.sock.close()
        self._director.changed()

    def _guard(self, act: Callable[..., None], *arguments: object) -> None:
        try:
            act(*arguments)
        except _Ended:
            self.close()
        except OSError as error:
            self.error = error
            with suppress(OSError):
                self.wire.flush()  # the alert that tells the client why
            self.close()
        except Exception as error:
            self._director.failed(error, f"connection {self.number}")
            self.close()

    def _move(self, readable: bool) -> None:
        if readable:
            self._take_in(self.wire.read())
        self.wire.flush()

    def _advance(self) -> None:
        while not self.is_closed and self._is_due():
            self._wait = next(self._talk)
            if not callable(self._wait):
                self.wakes_at = time.monotonic() + self._wait

    def _is_due(self) -> bool:
        if callable(self._wait):
            return bool(self._wait())
        if self.wakes_at is not None and time.monotonic() < self.wakes_at:
            return False
        self.wakes_at = None
        return True

    # Requests.

    def _take_in(self, data: bytes) -> None:
        self.received += data
        if self._reader is None:
            self._raw += data
        elif data:
            self._feed(self._reader, data)

    def _feed(self, reader: RequestReader, data: bytes) -> None:
        try:
            reader.feed(data)
        except ValueError as error:
            self._director.failed(error, f"connection {self.number} sent what is no request")
            raise _Ended from error
        begun = reader.begun
        if begun is None or begun is self._continued or self._director.is_early(begun):
            return
        self._continued = begun
        if "100-continue" in begun.headers.get("Expect", "").lower():
            self.wire.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _begin_http(self) -> None:
        self._reader = RequestReader("https" if self.wire.is_tls else "http")
        raw, self._raw = bytes(self._raw), bytearray()
        if raw:
            self._feed(self._reader, raw)

    def _http(self) -> RequestReader:
        assert self._reader is not None, "requests are read once the connection's own script is done"
        return self._reader

    def _has_request(self) -> bool:
        reader = self._http()
        return len(reader) > 0 or (reader.begun is not None and self._director.is_early(reader.begun))

    # The talk.

    def _whole_talk(self) -> Talk:
        yield from self._play(self._director.opening())
        if self._director.tls is not None:
            yield from self._start_tls(self._director.tls)
        if self._reader is None:
            self._begin_http()
        while True:
            yield lambda: self._has_request() or self._orders or self.wire.has_ended
            if self._orders:
                yield from self._play(self._orders.popleft())
            elif self._has_request():
                yield from self._answer()
            else:
                yield from self._close(Close())

    def _answer(self) -> Talk:
        reader = self._http()
        begun = None if len(reader) else reader.begun
        request = begun or reader.take()
        index = self._director.note(request)
        self._early = None if begun is None else index
        yield from self._play(self._director.answer(request))
        yield from self._read_body()
        if "close" in request.headers.get("Connection", "").lower():
            yield from self._close(Close())

    def _play(self, steps: Iterable[Simple]) -> Talk:
        for step in steps:
            yield from self._do(step)

    def _do(self, step: Simple) -> Talk:
        match step:
            case Send():
                yield from self._send(step)
            case Pause():
                yield step.seconds
            case Freeze():
                yield from self._freeze(step)
            case Reset():
                yield from self._reset()
            case Close():
                yield from self._close(step)
            case HalfClose():
                self.wire.close_notify()
                yield self.wire.flush
                self.wire.shut()
            case Receive():
                yield lambda: len(self._raw) >= step.count or self.wire.has_ended
                del self._raw[: step.count]
            case ReadBody():
                yield from self._read_body()
            case StartTLS():
                yield from self._start_tls(step.context)
                self._begin_http()
            case CutHandshake():
                self._cut = step.after

    def _send(self, step: Send) -> Talk:
        for number, piece in enumerate(step.pieces):
            if number and step.gap:
                yield step.gap
            self.wire.write(piece)
            yield self.wire.flush

    def _freeze(self, step: Freeze) -> Talk:
        self._is_deaf, self.is_frozen = step.is_deaf, True
        self._director.changed()
        yield lambda: self._director.is_released(step.until) or self.wire.has_ended
        self._is_deaf = self.is_frozen = False
        if self.wire.has_ended:
            raise _Ended

    def _read_body(self) -> Talk:
        if self._early is None:
            return
        reader = self._http()
        yield lambda: len(reader) or self.wire.has_ended
        if not len(reader):
            raise _Ended
        self._director.note(reader.take(), self._early)
        self._early = None

    def _start_tls(self, context: SSLContext) -> Talk:
        come = bytes(self._raw) if self._reader is None else self._reader.detach()
        self._raw, self._reader = bytearray(), None
        self.wire.is_held = self._cut is not None
        layer, said = self.wire.start_tls(context, come)
        self._take_in(said)
        yield lambda: layer.is_open or self.wire.has_ended or (self._cut is not None and self.wire.outgoing)
        if self._cut is not None:
            del self.wire.outgoing[self._cut :]
            self.wire.is_held = False
            yield from self._reset()
        if not layer.is_open:
            raise _Ended

    def _close(self, step: Close) -> Talk:
        if step.notify:
            self.wire.close_notify()
        yield self.wire.flush
        self.wire.drop_unread()
        raise _Ended

    def _reset(self) -> Talk:
        yield self.wire.flush
        for _ in range(ACK_LOOKS):
            if self.wire.is_acknowledged():
                break
            yield ACK_INTERVAL
        self.wire.make_reset()
        raise _Ended
