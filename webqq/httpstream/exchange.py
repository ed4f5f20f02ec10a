"""One request's life: each state has one method for its event. :mod:`webqq.httpstream.state` has the table."""

import asyncio
import logging
from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.request import Request

from tornado.ioloop import IOLoop

from webqq.httpstream.connection import Connection
from webqq.httpstream.delivery import Delivery
from webqq.httpstream.dial import Dial
from webqq.httpstream.errors import (
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
from webqq.httpstream.guard import guarded, unexpected
from webqq.httpstream.hooks import Event, tell
from webqq.httpstream.legs import Again, Legs
from webqq.httpstream.options import Options
from webqq.httpstream.pool import Open, Reuse
from webqq.httpstream.response import Response
from webqq.httpstream.route import Route, without_proxy
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
    WRITING,
    State,
)
from webqq.httpstream.transfer import Readback, Transfer
from webqq.httpstream.wirelog import redact_url

if TYPE_CHECKING:
    from webqq.httpstream.parser import Head
    from webqq.httpstream.stream import HTTPStream
    from webqq.httpstream.upload import Upload

__all__ = ["Errorback", "Exchange", "Readback"]

logger = logging.getLogger("webqq.httpstream")

Errorback: TypeAlias = Callable[[HTTPStreamError], object]

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


# As Timings names them.
_PHASES = {state: state.name.lower() for state in _TIMEOUTS}


class Chain:
    """What the exchanges that follow one another share: any of them cancels the one that is alive."""

    __slots__ = ("current", "is_cancelled", "on_cancel")

    def __init__(self, current: "Exchange") -> None:
        self.current = current
        self.is_cancelled = False
        self.on_cancel: Callable[[], object] | None = None


class Exchange(Transfer):
    """A request and what comes of it. ``HTTPStream.add_request`` makes them.

    Awaiting one gives its response or raises its error, with or without a readback, as long as that begins in the
    turn of the loop that made it. Cancelling the awaiting task cancels the exchange.
    """

    __slots__ = (
        "_delay_handle",
        "_dial",
        "_following",
        "_given",
        "_reserved",
        "chain",
        "errorback",
        "route",
        "slot",
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
        self._given: Options | None = None
        self._has_leave = True
        self._is_held = self._is_told = False
        self._is_logged = logger.isEnabledFor(logging.DEBUG)
        self._legs: Legs | None = None
        self._phases: dict[str, float] | None = None
        self._reserved: float | None = None
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
        return self.options if self._given is None else self._given

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
        if chain.on_cancel is not None:
            chain.on_cancel()
        return was_alive

    def on_cancel(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` when the exchange, or one that follows it in its chain, is cancelled; at once if it was."""
        if self.chain is None:
            self.chain = Chain(self)
        self.chain.on_cancel = callback
        if self.chain.is_cancelled:
            callback()

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
        guarded(self.fail, then)

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
            self.deadline = self._total_deadline = now + total
            due = stream.deadlines.watch(self, now)
            if due is not None:
                stream.wake_at(due)
        try:
            if stream.steps is None or stream.has_rates:
                self._go()
            else:
                self._ask_for_connection()
        except HTTPStreamError as error:
            # Never from within add_request: its caller does not know the exchange yet.
            stream.ioloop.add_callback(self.fail, error)
        except Exception as error:
            stream.ioloop.add_callback(self.fail, unexpected(error, ConnectError))

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
        self.route, self._data, body, self._method = self._stream.prepare(leg, self.options, credentials)
        self._sent = 0
        if self._upload is not None:
            self._upload.close()
            self._upload = None
        if body is not None:
            from webqq.httpstream.upload import Upload, with_body

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
        guarded(self.fail, self._ask_for_connection)

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        if self.state.is_final or self.deadline > now:
            # What another one's end led to has moved this one on.
            return
        if self.state is EXPECTING and now < self._total_deadline:
            self._move(WRITING, "the server said nothing of the body")
            self._write_on()
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
        if sock.fileno() == -1:
            raise ConnectError("make_http_sock_data gave a closed socket")
        self._move(CONNECTING, "the contract gave a socket")
        self._attach(stream.connections.hold(sock, None, "", self.request))
        self._connected().watch(IOLoop.WRITE)

    def _ask_for_connection(self, *, fresh: bool = False) -> None:
        stream, route = self._stream, self.route
        assert route is not None
        if not fresh:
            connection = stream.connections.take(route, self.options.lane)
            if self.state >= DONE:
                # A hook that was told of a dropped connection has ended it.
                if connection is not None:
                    stream.connections.put_back(connection)
                return
            if connection is not None:
                self._use_again(connection)
                return
        decision = stream.connections.pool_of(self.options.lane).ask(route, self, fresh=fresh)
        if isinstance(decision, Reuse):
            self._use_if_trusted(decision.connection)
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

    def _use_if_trusted(self, connection: Connection) -> None:
        """The line has come to this exchange: what it is given may have gone bad since it was put back."""
        connections = self._stream.connections
        if not connections.is_trusted(connection):
            if not self.state.is_final:
                # It gave its place back, and what comes in its place goes before those in line.
                self._ask_for_connection(fresh=True)
        elif self.state.is_final:
            connections.put_back(connection)
        else:
            self._use_again(connection)

    def _use_again(self, connection: Connection) -> None:
        self._move(WRITING, "a kept connection")
        stream = self._stream
        stream.counters.reused += 1
        self._attach(connection)
        if stream.hooks:
            tell(stream.hooks, Event.REUSED, self, connection)
            if self._connection is not connection:
                return
        self._expect(connection)
        if self.readback is None and self.future is None:
            # Whoever wants to await this exchange has not had the chance yet.
            connection.watch(IOLoop.WRITE)
        elif stream.turn.is_open:
            stream.turn.put_off(self)
        else:
            self._write()

    # What a dial says: see Dialler.

    def enter(self, state: State, why: object) -> None:
        """A phase before the connection begins."""
        before = self.state
        self._move(state, why)
        now = self._stream.clock.now()
        if self._phases is None:
            self._phases = {}
        self._phases.setdefault(_PHASES[state], now)
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
        self._expect(connection)
        if self.deadline != self._total_deadline:
            self._set_deadline(inf)
        if self._stream.turn.is_open:
            self._stream.turn.put_off(self)
        else:
            self._write()

    # An answer that is given over piece by piece.

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
        if self.options.cookiejar is not None and response.sets_cookie:
            self._stream.keep_cookies(self.options.cookiejar, self._leg, response)
        self._stream.readbacks.finished(self, response)

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
            self._sent_at = -1.0
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
            if self.options.cookiejar is not None and response.sets_cookie:
                stream.keep_cookies(self.options.cookiejar, self._leg, response)
            if response.status >= 300 and self._goes_on(response):
                return
        self._move(DONE, "the answer is whole")
        stream.counters.done += 1
        if stream.hooks:
            tell(stream.hooks, Event.DONE, self, response)
        stream.readbacks.finished(self, response)

    def _keep_session(self) -> None:
        # Where each answer ends its connection, a session to resume is worth the most.
        if self._connection is not None and not self._connection.uses:
            self._stream.connections.keep_session(self._connection)

    def _goes_on(self, response: Response) -> bool:
        if self._is_unwanted:
            return False
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
        if not again.expect:
            self.options = replace(self.options, expect=False)
        self._delivery = self._phases = self._following = None
        self._sent_at = self._first_byte_at = -1.0
        self._set_deadline(inf)
        # Each phase is entered anew, and so has its whole time.
        self._move(SCHEDULED, again.detail)
        guarded(self.fail, self._send_again, again.delay)

    def _send_again(self, delay: float) -> None:
        self._prepare()
        if delay > 0:
            self._wait(delay, self._go)
        else:
            self._go()

    def fail(self, error: HTTPStreamError) -> None:
        """End with ``error``, unless the exchange has ended already or the request may go out again."""
        if self.state.is_final:
            return
        error.method, error.url = self._leg.get_method(), redact_url(self._leg.full_url)
        error.phase = self.state.name
        is_unwanted = self._is_unwanted
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
        elif is_unwanted:
            logger.debug("%s", error)
        else:
            self._stream.readbacks.failed(self, error)
        self._stream.note_end()

    def _retries(self, error: HTTPStreamError) -> bool:
        if self.options.retry is None or self._stream.steps is None or self.started is None:
            return False
        if self._delivery is not None:
            return False
        if self._legs is None:
            self._legs = Legs(self.options)
        try:
            again = self._legs.after_error(self._leg, error, self._stream.chance())
        except Exception:
            # Somebody's own policy: the error that it was asked about is the one to tell of.
            logger.exception("the retry policy failed")
            return False
        if again is None or not self._has_time_for(again):
            return False
        self._again(again)
        return True

    # What it holds.

    def _set_deadline(self, deadline: float) -> None:
        self._stream.set_deadline(self, min(deadline, self._total_deadline))

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

    def _release(self, *, keep: bool) -> None:
        """Give back all that the state holds; ``keep`` parks the connection for another exchange."""
        stream, connection = self._stream, self._connection
        if self.slot is not None:
            stream.deadlines.discard(self)
        stream.under_way.discard(self)
        if self._upload is not None:
            self._upload.close()
            self._upload = None
        if keep and connection is not None:
            self._connection = None
            stream.connections.park(connection)
        elif self.state >= RESOLVING:
            self._let_go()
        elif self.state is QUEUED:
            stream.connections.pool_of(self.options.lane).leave(self)
        elif self._delay_handle is not None:
            stream.ioloop.remove_timeout(self._delay_handle)
            self._delay_handle = None
            if self.route is not None:
                stream.give_back(self.route, self._reserved)

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


# What has happened once a phase before the connection is left.
_EVENT_AFTER = {
    RESOLVING: Event.RESOLVED,
    CONNECTING: Event.CONNECTED,
    PROXYING: Event.TUNNELLED,
    TLS: Event.SECURED,
}
