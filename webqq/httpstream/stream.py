"""Requests in, readbacks out: the engine itself."""

import asyncio
import inspect
import logging
import random
import secrets
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from http.cookiejar import CookieJar
from math import inf
from ssl import SSLContext
from types import TracebackType
from typing import Any, TypeAlias, Unpack
from urllib.parse import urlencode
from urllib.request import Request
from weakref import WeakSet

from tornado.ioloop import IOLoop
from tornado.netutil import Resolver

from webqq.httpstream.audit import Audit, audit
from webqq.httpstream.auth import Credentials
from webqq.httpstream.body import Body, body_of
from webqq.httpstream.clock import clock_of
from webqq.httpstream.coding import accept_encoding, decoder_for
from webqq.httpstream.connection import Connection
from webqq.httpstream.connections import Connections
from webqq.httpstream.cookies import cookie_header, keep_cookies
from webqq.httpstream.deadlines import Deadlines
from webqq.httpstream.errors import HTTPStreamError, InvalidRequest, ReadbackError, StreamClosed
from webqq.httpstream.exchange import Chain, Errorback, Exchange, Readback
from webqq.httpstream.guard import guarded
from webqq.httpstream.hooks import Counters, Hook
from webqq.httpstream.options import Options, RequestOptions
from webqq.httpstream.origin import host_header
from webqq.httpstream.parser import DecoderFor, HeadMemo, Limits, ResponseParser
from webqq.httpstream.rate import RateLimit, RateLimits
from webqq.httpstream.resolve import NameResolver
from webqq.httpstream.response import Response
from webqq.httpstream.retry import Backoff
from webqq.httpstream.route import Route, route_of
from webqq.httpstream.serialize import request_line_target, serialize_head
from webqq.httpstream.sock import HTTPSock, SockContract, steps_of
from webqq.httpstream.supervise import BACKOFF, RequestSource, Supervisor
from webqq.httpstream.wirelog import redact_url

__all__ = ["HTTPStream"]

logger = logging.getLogger("webqq.httpstream")

CACHED_REQUESTS = 256
"""Requests without headers and bodies whose bytes are remembered."""
CACHED_OPTIONS = 64
"""Sets of options that are remembered: most programs use a handful."""

Params: TypeAlias = Mapping[str, object] | Sequence[tuple[str, object]]
Fields: TypeAlias = tuple[tuple[str, str], ...]
Prepared: TypeAlias = tuple[Route, bytes, Body | None, str]


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
    - ``cookiejar``: any ``http.cookiejar.CookieJar``; None, the default, neither sends nor keeps cookies.
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
        cookiejar: CookieJar | None = None,
        rate_limit: RateLimit | None = None,
        hooks: Sequence[Hook] = (),
        ssl_context: SSLContext | None = None,
        resolver: Resolver | NameResolver | None = None,
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
        self.cookiejar = cookiejar
        self.hooks = tuple(hooks)
        self.counters = Counters()
        self.connections = Connections(
            self.ioloop,
            self.clock,
            self.counters,
            self.hooks,
            self._wake_at,
            max_connections=max_connections,
            max_per_host=max_per_host,
            idle_timeout=idle_timeout,
            max_lifetime=max_lifetime,
        )
        if self.steps is not None:
            self.connections.on_first_use = self.steps.keep_session
        self._supervisors: WeakSet[Supervisor] = WeakSet()
        self.deadlines: Deadlines[Exchange] = Deadlines()
        self.under_way: set[Exchange] = set()
        self._rates = None if rate_limit is None else RateLimits(rate_limit)
        self.has_rates = rate_limit is not None
        self._memo = HeadMemo()
        self._is_lenient = lenient
        self._prepared: dict[tuple[object, ...], Prepared] = {}
        self._expected: dict[tuple[object, ...], tuple[Limits, DecoderFor | None]] = {}
        self._said: dict[tuple[tuple[str, Any], ...], Options] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        self._timer: object = None
        self._timer_due = inf
        self._is_closed = False
        self._drained: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self.under_way)} under way"
        return f"<HTTPStream {state} {self.connections!r}>"

    def __del__(self) -> None:
        leaked = [] if vars(self).get("_is_closed", True) else self.connections.real_sockets
        if leaked:
            text = f"unclosed {self!r}: {[*self.under_way, *leaked]}"
            warnings.warn(text, ResourceWarning, stacklevel=2, source=self)

    @property
    def fd_map(self) -> dict[int, Any]:
        """Number -> socket, of all that work for a request."""
        return self.connections.fd_map

    @property
    def fd_request_map(self) -> dict[int, Request]:
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
        exchange = self._make_exchange(request, readback, errorback, self._options_of(options))
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
        exchange = self._make_exchange(request, readback, errorback, self._options_of(options))
        exchange.schedule(delay)
        return exchange

    async def fetch(self, request: Request, **options: Unpack[RequestOptions]) -> Response:
        """The response to ``request``, whatever its status. Raises :class:`HTTPStreamError` where there is none.

        Cancelling the task that awaits it cancels the exchange.
        """
        exchange = self._make_exchange(request, None, None, self._options_of(options))
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
        params: Params | Body | bytes | None = None,
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
        request: RequestSource,
        readback: Readback,
        /,
        *,
        backoff: Backoff = BACKOFF,
        restart: bool = False,
        watchdog: float | None = None,
        on_silence: Callable[[float], object] | None = None,
        on_error: Callable[[HTTPStreamError, float], object] | None = None,
        is_success: Callable[[Any], bool] | None = None,
        **options: Unpack[RequestOptions],
    ) -> Supervisor:
        """A chain that begins with ``request`` and ``readback`` and is resumed whenever it fails: see
        :class:`Supervisor`."""
        supervisor = Supervisor(
            self,
            request,
            readback,
            backoff=backoff,
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

    def audit(self) -> Audit:
        """What is under way. Raises :class:`AuditError` where the engine's own books disagree: a fault in it."""
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
        for task in list(self._tasks):
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
        self._tasks -= {asyncio.current_task()}
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

    def prepare(self, request: Request, options: Options, credentials: Credentials | None) -> Prepared:
        """Which way ``request`` goes, the bytes to begin with, the body that follows them, and the method.

        Raises :class:`InvalidRequest`.
        """
        method = request.get_method()
        is_bare = not request.headers and request.data is None and not request.unredirected_hdrs
        if not is_bare or options is not self.options or credentials is not None or self.cookiejar is not None:
            return self._prepare(request, options, credentials, method)
        # The method and the URL say all, and most look like one before.
        key = (method, request.type, request.host, request.selector)
        known = self._prepared.get(key)
        if known is None:
            if len(self._prepared) >= CACHED_REQUESTS:
                self._prepared.clear()
            known = self._prepared[key] = self._prepare(request, options, None, method)
        return known

    def _prepare(self, request: Request, options: Options, credentials: Credentials | None, method: str) -> Prepared:
        route = route_of(
            request, options.proxy, options.tls, options.proxy_tls, options.unix_socket, options.source_address
        )
        # No function of our own: most requests come by.
        if not route.is_forwarded and not (
            _FOR_PROXIES.isdisjoint(request.headers) and _FOR_PROXIES.isdisjoint(request.unredirected_hdrs)
        ):
            raise InvalidRequest("header Proxy-Authorization: the origin would read it; give it with the proxy's URL")
        fields: Fields = _CODED if options.decompress else _PLAIN
        cookie = None if self.cookiejar is None else cookie_header(self.cookiejar, request)
        if cookie is not None:
            fields += (("Cookie", cookie),)
        if route.is_forwarded or credentials is not None:
            fields += self._credentials(request, route, credentials)
        data: object = request.data
        if data is None:
            head = serialize_head(request, fields, length=None, target=_target(request, route), method=method)
            return route, head, None, method
        body = body_of(data)
        if isinstance(body, bytes):
            head = serialize_head(request, fields, length=len(body), target=_target(request, route), method=method)
            if not options.expect or not body:
                return route, head + body, None, method
            body = body_of([body])  # only what comes in pieces can wait for leave
        assert body is not None
        assert not isinstance(body, bytes)
        # RFC 9110 10.1.1: not where there is nothing to wait with.
        if options.expect and body.length != 0:
            fields += (("Expect", "100-continue"),)
        head = serialize_head(
            request,
            fields,
            length=body.length,
            is_chunked=body.length is None,
            content_type=body.content_type,
            target=_target(request, route),
            method=method,
        )
        return route, head, body, method

    def _credentials(self, request: Request, route: Route, credentials: Credentials | None) -> Fields:
        fields: Fields = ()
        if route.is_forwarded and route.proxy is not None and route.proxy.authorization is not None:
            fields += (("Proxy-Authorization", route.proxy.authorization),)
        if credentials is not None:
            method = request.get_method()
            # What the origin reads: a proxy takes the URL that it is told apart before it sends the request on.
            target = request_line_target(request)
            said = credentials.header_for(method, target, partial(secrets.token_hex, 16))
            if said is not None:
                fields += (("Authorization", said),)
        return fields

    def expect_answer(self, connection: Connection, method: str, options: Options) -> None:
        """Make the parser of ``connection`` ready for the answer to a request of ``method``."""
        # What of the options decides: they themselves hold callbacks and credentials, which are nobody's to keep.
        key = (options.max_body, options.stream, options.on_data is None, options.decompress)
        known = self._expected.get(key)
        limits, decode = self._expect(key, options) if known is None else known
        if connection.parser is None:
            connection.parser = ResponseParser(method, limits, decode, memo=self._memo, lenient=self._is_lenient)
        else:
            connection.parser.reset(method, limits, decode)

    def _expect(self, key: tuple[object, ...], options: Options) -> tuple[Limits, DecoderFor | None]:
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

    def keep_cookies(self, request: Request, response: Response) -> None:
        """Take what ``response`` sets into the jar."""
        assert self.cookiejar is not None
        keep_cookies(self.cookiejar, request, response)

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
        if is_earlier:
            self.deadlines.discard(exchange)
        if exchange.slot is None and deadline != inf:
            self.deadlines.add(exchange)
            self._wake_at(deadline)

    def watch(self, exchange: Exchange, deadline: float, now: float) -> None:
        """As :meth:`set_deadline`, for an exchange that begins."""
        exchange.deadline = deadline
        due = self.deadlines.watch(exchange, now)
        if due is not None:
            self._wake_at(due)

    @property
    def has_timer(self) -> bool:
        """Whether the loop will wake the stream when something falls due."""
        return self._timer is not None

    def note_end(self) -> None:
        """An exchange or a readback has ended: that may be what :meth:`drain` waits for."""
        if self._drained is not None and not self._drained.done() and not self.under_way and not self._tasks:
            self._drained.set_result(None)

    def finished(self, exchange: Exchange, response: Any) -> None:
        """``exchange`` has its response: run its readback and send what that returns."""
        if exchange.future is not None and not exchange.future.done():
            exchange.future.set_result(response)
        if exchange.readback is not None:
            try:
                result = exchange.readback(response)
                if isinstance(result, tuple):
                    self._follow(exchange, result)
                elif inspect.isawaitable(result):
                    self._await(exchange, result)
                elif result is not None:
                    self._follow(exchange, result)
            except Exception as error:
                self._readback_failed(exchange, error)
        if self._drained is not None:
            self.note_end()

    def failed(self, exchange: Exchange, error: HTTPStreamError) -> None:
        """``exchange`` ended with ``error``: tell who waits for it, or the log."""
        if exchange.future is not None and not exchange.future.done():
            exchange.future.set_exception(error)
            if exchange.errorback is None:
                return
        if exchange.errorback is None:
            if not isinstance(error, StreamClosed):
                logger.error("%s", error, exc_info=error if isinstance(error, ReadbackError) else None)
            return
        try:
            exchange.errorback(error)
        except StreamClosed:
            # It tried again, as it should, after close().
            logger.debug("errorback of %r met a closed stream", exchange)
        except Exception:
            url = redact_url(exchange.request.full_url)
            logger.exception("errorback of %s %s raised", exchange.request.get_method(), url)

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

    def _make_exchange(
        self, request: Request, readback: Readback | None, errorback: Errorback | None, options: Options
    ) -> Exchange:
        if not isinstance(request, Request):
            raise ValueError(f"request must be a urllib.request.Request, not {type(request).__name__}")
        if self._is_closed or self._drained is not None:
            raise StreamClosed("the stream is closed")
        return Exchange(self, request, readback, errorback, options)

    def _await(self, exchange: Exchange, result: Any) -> None:
        task = exchange.task = asyncio.ensure_future(result)
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._awaited(exchange, task))

    def _awaited(self, exchange: Exchange, task: "asyncio.Future[Any]") -> None:
        self._tasks.discard(task)
        exchange.task = None
        if task.cancelled():
            exchange.abandon()
            self.note_end()
            return
        error = task.exception()
        try:
            if error is not None:
                raise error
            self._follow(exchange, task.result())
        except Exception as error:
            self._readback_failed(exchange, error)
        self.note_end()

    def _follow(self, exchange: Exchange, result: Any) -> None:
        chain = exchange.chain
        if result is None or (chain is not None and chain.is_cancelled):
            return
        if not isinstance(result, tuple) or not 2 <= len(result) <= 3:
            raise ReadbackError(f"a readback returns None or a tuple of 2 or 3, not {result!r}")
        request, readback = result[:2]
        if readback is not None and not callable(readback):
            raise ReadbackError(f"a readback returns a request and what to call with the answer, not {readback!r}")
        following = self._make_exchange(request, readback, exchange.errorback, exchange.given)
        if chain is None:
            chain = exchange.chain = Chain(following)
        chain.current, following.chain = following, chain
        if len(result) == 2:
            following.start()
        elif isinstance(result[2], int | float) and result[2] >= 0:
            following.schedule(result[2])
        else:
            raise ReadbackError(f"a readback's delay is 0 seconds or more, not {result[2]!r}")

    def _readback_failed(self, exchange: Exchange, error: Exception) -> None:
        # Of a streamed response nobody reads the rest.
        exchange.abandon()
        if not isinstance(error, HTTPStreamError):
            wrapped = ReadbackError(f"the readback failed: {error!r}")
            wrapped.__cause__ = error
            error = wrapped
        if error.url is None:
            error.method, error.url = exchange.request.get_method(), redact_url(exchange.request.full_url)
        self.failed(exchange, error)

    def _wake_at(self, when: float) -> None:
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
            self._wake_at(due)


def _current_ioloop() -> IOLoop:
    with warnings.catch_warnings():
        # Before a loop runs, Tornado asks asyncio for the thread's own, and asyncio 3.12 warns that it has to make it.
        warnings.simplefilter("ignore", DeprecationWarning)
        return IOLoop.current()


# As urllib writes it, and as whoever sets a header by himself may.
_FOR_PROXIES = frozenset({"Proxy-authorization", "Proxy-Authorization", "proxy-authorization"})
_UNCACHED = frozenset({"on_head", "on_data", "auth", "proxy"})
_CODED = (("Accept-Encoding", accept_encoding()),)
_PLAIN = (("Accept-Encoding", "identity"),)


def _target(request: Request, route: Route) -> str | None:
    """The request target where it is not the usual one: a proxy is told the whole URL (RFC 9112 section 3.2.2)."""
    if not route.is_forwarded:
        return None
    target = request_line_target(request)
    # RFC 9112 3.2.4: a URL without a path is how a proxy is told of the "*" of OPTIONS.
    return f"{request.type}://{host_header(request)}{'' if target == '*' else target}"


def _request(url: str, data: Any, headers: Mapping[str, str] | None) -> Request:
    try:
        return Request(url, data, dict(headers or {}))
    except ValueError as error:
        raise InvalidRequest(f"url {url!r}: {error}") from error
