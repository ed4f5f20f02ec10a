"""Requests in, readbacks out: the engine itself."""

import asyncio
import logging
import random
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack
from urllib.parse import urlencode
from urllib.request import Request
from weakref import WeakSet

from tornado.ioloop import IOLoop

from webqq.httpstream.clock import clock_of
from webqq.httpstream.coding import decoder_for
from webqq.httpstream.connection import Connection
from webqq.httpstream.connections import Connections
from webqq.httpstream.deadlines import Deadlines
from webqq.httpstream.errors import HTTPStreamError, InvalidRequest, StreamClosed
from webqq.httpstream.exchange import Errorback, Exchange, Readback
from webqq.httpstream.guard import guarded
from webqq.httpstream.hooks import Counters, Hook
from webqq.httpstream.options import Options, RequestOptions
from webqq.httpstream.parser import DecoderFor, HeadMemo, Limits, ResponseParser
from webqq.httpstream.preparation import Preparation
from webqq.httpstream.readbacks import Readbacks
from webqq.httpstream.resolve import NameResolver
from webqq.httpstream.response import Response
from webqq.httpstream.route import Route
from webqq.httpstream.sock import HTTPSock, SockContract, steps_of
from webqq.httpstream.turn import Turn

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from tornado.netutil import Resolver

    from webqq.httpstream.audit import Audit
    from webqq.httpstream.body import Body
    from webqq.httpstream.rate import RateLimit, RateLimits
    from webqq.httpstream.retry import Backoff
    from webqq.httpstream.supervise import RequestSource, Supervisor

__all__ = ["HTTPStream"]

logger = logging.getLogger("webqq.httpstream")

CACHED_OPTIONS = 64
"""Sets of options that are remembered: most programs use a handful."""

Params: TypeAlias = Mapping[str, object] | Sequence[tuple[str, object]]


class HTTPStream:
    """Many HTTP exchanges on one thread.

    ``ioloop`` (default: the current one) needs ``add_handler``, ``update_handler``, ``remove_handler``,
    ``call_later``, ``call_at``, ``remove_timeout``, ``add_callback`` and ``time``; a mock will do. ``http_sock``
    (default: an :class:`HTTPSock` made of ``ssl_context``, ``resolver`` and ``limits``) gives the sockets.

    - ``max_connections``, ``max_per_host``: open connections in all and by one way to one origin, in each lane; None,
      the default, sets no bound. A request over the bound waits its turn.
    - ``idle_timeout``: seconds for which an unused connection is kept, 90 by default; None keeps it until the server
      closes it. A server that says less by ``Keep-Alive: timeout=``, or is seen to close sooner, is heeded.
    - ``max_lifetime``: seconds after which a connection is not used again, however busy; None, the default, is never.
    - ``rate_limit``: a :class:`RateLimit` for the requests to each host; None, the default, sets none.
    - ``hooks``: callables that are told of each :class:`Event`.
    - ``ssl_context``, ``resolver``, ``limits``: as :class:`HTTPSock` has them.
    - ``lenient``: take bare line feeds and blanks before a header's colon in the heads of answers, as some old
      servers send them. False, the default, refuses them.
    - All of :class:`RequestOptions`, as the default for each request.
    """

    def __init__(
        self,
        ioloop: IOLoop | None = None,
        http_sock: SockContract | None = None,
        *,
        max_connections: int | None = None,
        max_per_host: int | None = None,
        idle_timeout: float | None = 90.0,
        max_lifetime: float | None = None,
        rate_limit: "RateLimit | None" = None,
        hooks: Sequence[Hook] = (),
        ssl_context: SSLContext | None = None,
        resolver: "Resolver | NameResolver | None" = None,
        limits: Limits | None = None,
        lenient: bool = False,
        **options: Unpack[RequestOptions],
    ) -> None:
        self.options = Options().updated(options)
        self.ioloop = _current_ioloop() if ioloop is None else ioloop
        self._own_sock: HTTPSock | None = None
        if http_sock is None:
            http_sock = self._own_sock = HTTPSock(ssl_context=ssl_context, resolver=resolver, limits=limits)
        elif (ssl_context, resolver, limits) != (None, None, None):
            raise ValueError("ssl_context, resolver and limits are options of the http_sock that was given")
        self.http_sock: SockContract = http_sock
        self.steps = steps_of(http_sock)
        self.clock = clock_of(self.ioloop)
        self.now = self.clock.now
        self.hooks = tuple(hooks)
        self.counters = Counters()
        self.under_way: set[Exchange] = set()
        self.turn = Turn(self.clock.call_soon, self.under_way)
        self.connections = Connections(
            self.ioloop,
            self.clock,
            self.counters,
            self.hooks,
            self.wake_at,
            self.turn,
            max_connections=max_connections,
            max_per_host=max_per_host,
            idle_timeout=idle_timeout,
            max_lifetime=max_lifetime,
        )
        self._supervisors: WeakSet[Supervisor] = WeakSet()
        self.deadlines: Deadlines[Exchange] = Deadlines()
        self._rates = None if rate_limit is None else _rates(rate_limit)
        self.has_rates = rate_limit is not None
        self._memo = HeadMemo()
        self._is_lenient = lenient
        self.prepare = Preparation(self.options)
        self.readbacks = Readbacks(self)
        self._usual_answer: tuple[Limits, DecoderFor | None] = (Limits(), None)
        self._expected: dict[tuple[object, ...], tuple[Limits, DecoderFor | None]] = {}
        self._said: dict[tuple[tuple[str, Any], ...], Options] = {}
        self._timer: object = None
        self._timer_due = inf
        self._is_closed = False
        self._drained: asyncio.Future[None] | None = None
        if self.steps is not None:
            self.connections.on_first_use = self.steps.keep_session
            self._usual_answer = self._answer_to(self.options)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self.under_way)} under way"
        return f"<HTTPStream {state} {self.connections!r}>"

    def __del__(self) -> None:
        leaked = [] if vars(self).get("_is_closed", True) else self.connections.real_sockets
        if leaked:
            text = f"unclosed {self!r}: {[*self.under_way, *leaked]}"
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)

    @property
    def cookiejar(self) -> "CookieJar | None":
        """The jar of the requests that name none of their own."""
        return self.options.cookiejar

    @property
    def fd_map(self) -> Mapping[int, Any]:
        """Number -> socket, of all that work for a request."""
        return self.connections.fd_map

    @property
    def fd_request_map(self) -> Mapping[int, Request]:
        """Number of a socket -> the request that it works for."""
        return self.connections.fd_request_map

    @classmethod
    def instance(cls) -> "HTTPStream":
        """The stream of the current IOLoop; made with default options when first asked for."""
        ioloop = IOLoop.current()
        stream = vars(ioloop).get("_webqq_httpstream")
        if not isinstance(stream, HTTPStream) or stream._is_closed:
            # Kept by the loop, so that both go together and no registry outlives them.
            stream = vars(ioloop)["_webqq_httpstream"] = cls(ioloop)
        return stream

    # What callers use.

    def add_request(
        self,
        request: Request,
        readback: Readback | None = None,
        errorback: Errorback | None = None,
        **options: Unpack[RequestOptions],
    ) -> Exchange:
        """Send ``request`` and give the response to ``readback``.

        ``readback(response)`` returns None, ``(request, readback)`` to send that next, or
        ``(request, readback, delay)`` to send it in ``delay`` seconds; a coroutine function's result counts the
        same. What follows has the ``errorback`` and ``options`` of this request. Without a readback the request is
        sent and nobody waits for the answer; what goes wrong after it was sent nobody is told.

        ``errorback(error)`` gets an :class:`HTTPStreamError` when there is no response, or the readback failed;
        without one the error is logged. Neither is ever called from within ``add_request``.

        Raises ``ValueError`` for what is no ``urllib.request.Request``, :class:`InvalidRequest` (a ``ValueError``
        too) for one that HTTP cannot carry, :class:`StreamClosed` after :meth:`close`.
        """
        exchange = self.make_exchange(request, readback, errorback, self._options_of(options))
        exchange.start()
        return exchange

    def add_delay_request(
        self,
        request: Request,
        readback: Readback | None = None,
        delay: float = 60,
        errorback: Errorback | None = None,
        **options: Unpack[RequestOptions],
    ) -> Exchange:
        """As :meth:`add_request`, in ``delay`` seconds. An invalid request goes to ``errorback`` then."""
        if not delay >= 0:
            raise ValueError(f"delay must be 0 seconds or more, not {delay!r}")
        exchange = self.make_exchange(request, readback, errorback, self._options_of(options))
        exchange.schedule(delay)
        return exchange

    async def fetch(self, request: Request, **options: Unpack[RequestOptions]) -> Response:
        """The response to ``request``, whatever its status. Raises :class:`HTTPStreamError` where there is none.

        Cancelling the task that awaits it cancels the exchange.
        """
        exchange = self.make_exchange(request, None, None, self._options_of(options))
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        exchange.future = future
        exchange.start()
        try:
            return await future
        except asyncio.CancelledError:
            # Also where the response has just come: nobody would read what is streamed.
            exchange.cancel()
            raise

    def get(
        self,
        url: str,
        params: Params | None = None,
        readback: Readback | None = None,
        errorback: Errorback | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Exchange:
        """:meth:`add_request` with a GET of ``url``, ``params`` added to its query, percent-encoded as UTF-8."""
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        return self.add_request(_request(url, None, headers), readback, errorback, **options)

    def post(
        self,
        url: str,
        params: "Params | Body | bytes | None" = None,
        readback: Readback | None = None,
        errorback: Errorback | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Exchange:
        """:meth:`add_request` with a POST of ``params``: a form's fields; bytes or a :class:`Form` as they are."""
        data: object = params
        if params is None or isinstance(params, Mapping | list | tuple):
            data = urlencode(params or ()).encode("ascii")
        return self.add_request(_request(url, data, headers), readback, errorback, **options)

    def supervise(
        self,
        request: "RequestSource",
        readback: Readback,
        /,
        *,
        backoff: "Backoff | None" = None,
        restart: bool = False,
        watchdog: float | None = None,
        on_silence: Callable[[float], object] | None = None,
        on_error: Callable[[HTTPStreamError, float], object] | None = None,
        is_success: Callable[[Any], bool] | None = None,
        **options: Unpack[RequestOptions],
    ) -> "Supervisor":
        """A chain that begins with ``request`` and ``readback`` and is resumed whenever it fails: see
        :class:`Supervisor`, whose own ``backoff`` is meant by None."""
        from webqq.httpstream.supervise import BACKOFF, Supervisor

        supervisor = Supervisor(
            self,
            request,
            readback,
            backoff=BACKOFF if backoff is None else backoff,
            restart=restart,
            watchdog=watchdog,
            on_silence=on_silence,
            on_error=on_error,
            is_success=is_success,
            **options,
        )
        self._supervisors.add(supervisor)
        return supervisor

    def start(self) -> None:
        """Run the loop until :meth:`stop`; for programs that have nothing else on it."""
        self.ioloop.start()

    def stop(self) -> None:
        """Stop the loop. What is under way stays so."""
        self.ioloop.stop()

    def audit(self) -> "Audit":
        """What is under way. Raises :class:`AuditError` where the engine's own books disagree: a fault in it."""
        from webqq.httpstream.audit import audit

        return audit(self)

    def close(self) -> None:
        """End all: exchanges fail with :class:`StreamClosed`, connections are closed, no request is taken any more."""
        if self._is_closed:
            return
        self._is_closed = True
        for supervisor in list(self._supervisors):
            supervisor.stop()
        for exchange in list(self.under_way):
            exchange.fail(StreamClosed("the stream was closed"))
        for task in list(self.readbacks.tasks):
            task.cancel()
        self.connections.close()
        if self._timer is not None:
            self.clock.cancel(self._timer)
            self._timer = None
        if self._own_sock is not None:
            self._own_sock.close()

    async def drain(self, timeout: float | None = None) -> bool:
        """Take no further request, wait until those under way have ended, and close.

        Delayed requests, and what readbacks return meanwhile, are not sent any more. What has not ended in
        ``timeout`` seconds (None: however long) is aborted as by :meth:`close`; then the result is False. Cancelling
        the task that awaits it closes the stream, too. A coroutine readback may await it: it waits for the others.
        """
        self.readbacks.tasks -= {asyncio.current_task()}
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()
        for exchange in [exchange for exchange in self.under_way if exchange.started is None]:
            exchange.fail(StreamClosed("the stream takes no further request"))
        self.note_end()
        try:
            await asyncio.wait_for(asyncio.shield(self._drained), timeout)
        except TimeoutError:
            return False
        finally:
            self.close()
        return True

    async def __aenter__(self) -> "HTTPStream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # What exchanges use.

    def expect_answer(self, connection: Connection, method: str, options: Options) -> None:
        """Make the parser of ``connection`` ready for the answer to a request of ``method``."""
        limits, decode = self._usual_answer if options is self.options else self._answer_to(options)
        parser = connection.parser
        if parser is None:
            connection.parser = ResponseParser(method, limits, decode, memo=self._memo, lenient=self._is_lenient)
        else:
            parser.reset(method, limits, decode)

    def _answer_to(self, options: Options) -> tuple[Limits, DecoderFor | None]:
        # What of the options decides: they themselves hold callbacks and credentials, which are nobody's to keep.
        key = (options.max_body, options.stream, options.on_data is None, options.decompress)
        known = self._expected.get(key)
        if known is not None:
            return known
        assert self.steps is not None
        limits = self._limits_of(options, self.steps.limits)
        decode = partial(decoder_for, limit=limits.body) if options.decompress else None
        if len(self._expected) >= CACHED_OPTIONS:
            self._expected.clear()
        known = self._expected[key] = (limits, decode)
        return known

    def _limits_of(self, options: Options, limits: Limits) -> Limits:
        if options.max_body is not ...:
            return replace(limits, body=options.max_body)
        # A body that is taken while it comes needs no memory to hold it.
        return replace(limits, body=None) if options.stream or options.on_data is not None else limits

    def reserve(self, route: Route) -> float:
        """Seconds until a request may go to the host of ``route``."""
        return 0.0 if self._rates is None else self._rates.reserve(route.origin.host, self.clock.now())

    def give_back(self, route: Route, moment: float | None) -> None:
        """The request that was to go to the host of ``route`` at ``moment`` will not; None: it had no such moment."""
        if self._rates is not None and moment is not None:
            self._rates.give_back(route.origin.host, moment)

    def keep_cookies(self, jar: "CookieJar", request: Request, response: Response) -> None:
        """Take what ``response`` sets into ``jar``."""
        from webqq.httpstream.cookies import keep_cookies

        keep_cookies(jar, request, response)

    def chance(self) -> float:
        """A random number from 0 to 1."""
        return random.random()  # noqa: S311  # it spreads retries, nothing secret hangs on it

    def time_of_day(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def set_deadline(self, exchange: Exchange, deadline: float) -> None:
        """``exchange`` must have moved on at ``deadline``."""
        is_earlier = deadline < exchange.deadline
        exchange.deadline = deadline
        if is_earlier and not self.deadlines.is_in_time(exchange):
            self.deadlines.discard(exchange)
        if exchange.slot is None and deadline != inf:
            self.deadlines.add(exchange)
            self.wake_at(deadline)

    @property
    def has_timer(self) -> bool:
        """Whether the loop will wake the stream when something falls due."""
        return self._timer is not None

    def note_end(self) -> None:
        """An exchange or a readback has ended: that may be what :meth:`drain` waits for."""
        if self._drained is not None and not self._drained.done() and not self.under_way and not self.readbacks.tasks:
            self._drained.set_result(None)

    # Its own.

    def _options_of(self, said: RequestOptions) -> Options:
        if not said:
            return self.options
        # Callbacks and credentials differ from request to request, and are not to be kept.
        if not _UNCACHED.isdisjoint(said):
            return self.options.updated(said)
        key = tuple(said.items())
        try:
            known = self._said.get(key)
        except TypeError:
            # What cannot be hashed is not remembered.
            return self.options.updated(said)
        if known is None:
            if len(self._said) >= CACHED_OPTIONS:
                self._said.clear()
            known = self._said[key] = self.options.updated(said)
        return known

    def make_exchange(
        self, request: Request, readback: Readback | None, errorback: Errorback | None, options: Options
    ) -> Exchange:
        if not isinstance(request, Request):
            raise ValueError(f"request must be a urllib.request.Request, not {type(request).__name__}")
        if self._is_closed or self._drained is not None:
            raise StreamClosed("the stream is closed")
        return Exchange(self, request, readback, errorback, options)

    def wake_at(self, when: float) -> None:
        """Look at what is due then."""
        if when >= self._timer_due:
            return
        if self._timer is not None:
            self.clock.cancel(self._timer)
        self._timer_due = self.connections.woken_at = when
        self._timer = self.clock.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_due = None, inf
        self.connections.woken_at = inf
        now = self.clock.now()
        for exchange in self.deadlines.pop_due(now):
            guarded(exchange.fail, exchange.expire, now)
        self.connections.expire(now)
        due = self.deadlines.next_due()
        due = min(inf if due is None else due, self.connections.next_expiry())
        if due != inf and not self._is_closed:
            self.wake_at(due)


# Modules that only an option needs are loaded when it is first used: importing them takes longer than a request.


def _rates(limit: "RateLimit") -> "RateLimits":
    from webqq.httpstream.rate import RateLimits

    return RateLimits(limit)


def _current_ioloop() -> IOLoop:
    with warnings.catch_warnings():
        # Before a loop runs, Tornado asks asyncio for the thread's own, and asyncio 3.12 warns that it has to make it.
        warnings.simplefilter("ignore", DeprecationWarning)
        return IOLoop.current()


_UNCACHED = frozenset({"on_head", "on_data", "auth", "proxy", "cookiejar"})


def _request(url: str, data: Any, headers: Mapping[str, str] | None) -> Request:
    try:
        return Request(url, data, dict(headers or {}))
    except ValueError as error:
        raise InvalidRequest(f"url {url!r}: {error}") from error
