"""Requests in, readbacks out: the engine itself."""

import asyncio
import inspect
import logging
import warnings
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar
from math import inf
from ssl import SSLContext
from types import TracebackType
from typing import Any, TypeAlias
from urllib.parse import urlencode
from urllib.request import Request

from tornado.ioloop import IOLoop
from tornado.netutil import Resolver

from webqq.httpstream.clock import clock_of
from webqq.httpstream.connection import Connection
from webqq.httpstream.cookies import cookie_header, keep_cookies
from webqq.httpstream.deadlines import Deadlines
from webqq.httpstream.errors import HTTPStreamError, InvalidRequest, ReadbackError, StreamClosed
from webqq.httpstream.exchange import Chain, Errorback, Exchange, Readback
from webqq.httpstream.origin import Origin, origin_of
from webqq.httpstream.pool import Pool
from webqq.httpstream.response import Limits, Response
from webqq.httpstream.serialize import serialize_request
from webqq.httpstream.sock import HTTPSock, SockContract, steps_of
from webqq.httpstream.timeouts import TimeoutOption, Timeouts

__all__ = ["HTTPStream"]

logger = logging.getLogger("webqq.httpstream")

Params: TypeAlias = Mapping[str, object] | Sequence[tuple[str, object]]


class HTTPStream:
    """Many HTTP exchanges on one thread.

    ``ioloop`` (default: the current one) needs ``add_handler``, ``update_handler``, ``remove_handler``,
    ``call_later``, ``call_at``, ``remove_timeout``, ``add_callback`` and ``time``; a mock will do. ``http_sock``
    (default: an :class:`HTTPSock` made of ``ssl_context``, ``resolver`` and ``limits``) gives the sockets.

    - ``max_connections``, ``max_per_host``: open connections in all and to one origin; None, the default, sets no
      bound. A request over the bound waits its turn.
    - ``idle_timeout``: seconds for which an unused connection is kept, 90 by default; None keeps it until the server
      closes it.
    - ``timeout``: :class:`Timeouts`, or seconds for a whole exchange; by default 15 s to connect and 300 s in all.
    - ``cookiejar``: any ``http.cookiejar.CookieJar``; None, the default, neither sends nor keeps cookies.
    - ``ssl_context``, ``resolver``, ``limits``: as :class:`HTTPSock` has them.
    """

    def __init__(
        self,
        ioloop: IOLoop | None = None,
        http_sock: SockContract | None = None,
        *,
        max_connections: int | None = None,
        max_per_host: int | None = None,
        idle_timeout: float | None = 90.0,
        timeout: TimeoutOption = ...,
        cookiejar: CookieJar | None = None,
        ssl_context: SSLContext | None = None,
        resolver: Resolver | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.ioloop = _current_ioloop() if ioloop is None else ioloop
        self._own_sock: HTTPSock | None = None
        if http_sock is None:
            http_sock = self._own_sock = HTTPSock(ssl_context=ssl_context, resolver=resolver, limits=limits)
        elif (ssl_context, resolver, limits) != (None, None, None):
            raise ValueError("ssl_context, resolver and limits are options of the http_sock that was given")
        self.http_sock: SockContract = http_sock
        self.steps = steps_of(http_sock)
        self.clock = clock_of(self.ioloop)
        self.timeouts = Timeouts().updated(timeout)
        self.cookiejar = cookiejar
        self.fd_map: dict[int, Any] = {}
        self.fd_request_map: dict[int, Request] = {}
        self.pool: Pool[Connection, Exchange] = Pool(max_connections, max_per_host, idle_timeout)
        self.deadlines: Deadlines[Exchange] = Deadlines()
        self.under_way: set[Exchange] = set()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._timer: object = None
        self._timer_due = inf
        self._is_closed = False

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self.under_way)} under way"
        return f"<HTTPStream {state} {self.pool!r}>"

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
        *,
        timeout: TimeoutOption = ...,
    ) -> Exchange:
        """Send ``request`` and give the response to ``readback``.

        ``readback(response)`` returns None, ``(request, readback)`` to send that next, or
        ``(request, readback, delay)`` to send it in ``delay`` seconds; a coroutine function's result counts the
        same. What follows has the ``errorback`` and ``timeout`` of this request. Without a readback the request is
        sent and nobody waits for the answer.

        ``errorback(error)`` gets an :class:`HTTPStreamError` when there is no response, or the readback failed;
        without one the error is logged. Neither is ever called from within ``add_request``.

        Raises ``ValueError`` for what is no ``urllib.request.Request``, :class:`InvalidRequest` (a ``ValueError``
        too) for one that HTTP cannot carry, :class:`StreamClosed` after :meth:`close`.
        """
        exchange = self._make_exchange(request, readback, errorback, self.timeouts.updated(timeout))
        exchange.start()
        return exchange

    def add_delay_request(
        self,
        request: Request,
        readback: Readback | None = None,
        delay: float = 60,
        errorback: Errorback | None = None,
        *,
        timeout: TimeoutOption = ...,
    ) -> Exchange:
        """As :meth:`add_request`, in ``delay`` seconds. An invalid request goes to ``errorback`` then."""
        if not delay >= 0:
            raise ValueError(f"delay must be 0 seconds or more, not {delay!r}")
        exchange = self._make_exchange(request, readback, errorback, self.timeouts.updated(timeout))
        exchange.schedule(delay)
        return exchange

    async def fetch(self, request: Request, *, timeout: TimeoutOption = ...) -> Response:
        """The response to ``request``, whatever its status. Raises :class:`HTTPStreamError` where there is none.

        Cancelling the task that awaits it cancels the exchange.
        """
        exchange = self._make_exchange(request, None, None, self.timeouts.updated(timeout))
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        exchange.future = future
        exchange.start()
        try:
            return await future
        finally:
            if future.cancelled():
                exchange.cancel()

    def get(
        self,
        url: str,
        params: Params | None = None,
        readback: Readback | None = None,
        errorback: Errorback | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: TimeoutOption = ...,
    ) -> Exchange:
        """:meth:`add_request` with a GET of ``url``, ``params`` added to its query, percent-encoded as UTF-8."""
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        return self.add_request(_request(url, None, headers), readback, errorback, timeout=timeout)

    def post(
        self,
        url: str,
        params: Params | bytes | None = None,
        readback: Readback | None = None,
        errorback: Errorback | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: TimeoutOption = ...,
    ) -> Exchange:
        """:meth:`add_request` with a POST of ``params``: a form's fields, or bytes as they are."""
        data = params if isinstance(params, bytes) else urlencode(params or ()).encode("ascii")
        return self.add_request(_request(url, data, headers), readback, errorback, timeout=timeout)

    def start(self) -> None:
        """Run the loop until :meth:`stop`; for programs that have nothing else on it."""
        self.ioloop.start()

    def stop(self) -> None:
        """Stop the loop. What is under way stays so."""
        self.ioloop.stop()

    def close(self) -> None:
        """End all: exchanges fail with :class:`StreamClosed`, connections are closed, no request is taken any more."""
        if self._is_closed:
            return
        self._is_closed = True
        for exchange in list(self.under_way):
            exchange.fail(StreamClosed("the stream was closed"))
        for task in list(self._tasks):
            task.cancel()
        for connection in self.pool.idle_connections:
            self.drop(connection)
        if self._timer is not None:
            self.clock.cancel(self._timer)
            self._timer = None
        if self._own_sock is not None:
            self._own_sock.close()

    async def __aenter__(self) -> "HTTPStream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # What exchanges use.

    def prepare(self, request: Request) -> tuple[Origin, bytes]:
        """Where ``request`` goes and its bytes; raises :class:`InvalidRequest`."""
        origin = origin_of(request)
        cookie = None if self.cookiejar is None else cookie_header(self.cookiejar, request)
        return origin, serialize_request(request, cookie)

    def set_deadline(self, exchange: Exchange, deadline: float) -> None:
        """``exchange`` must have ended at ``deadline``."""
        is_earlier = deadline < exchange.deadline
        exchange.deadline = deadline
        if is_earlier:
            self.deadlines.discard(exchange)
        if exchange.slot is None:
            self.deadlines.add(exchange)
            self._wake_at(deadline)

    def park(self, origin: Origin, connection: Connection) -> None:
        """``connection`` is free for the next request to ``origin``."""
        connection.uses += 1
        # READ stays registered: the server's close, or bytes nobody asked for, must be seen before the next request.
        connection.watch(IOLoop.READ)
        now = self.clock.now()
        self.pool.put(origin, connection, now)
        if self.pool.idle_timeout is not None:
            self._wake_at(now + self.pool.idle_timeout)
        self._serve_waiting()

    def forget(self, origin: Origin, connection: Connection | None) -> None:
        """A place of ``origin`` in the pool is free again; ``connection`` is closed, or never came to be."""
        self.pool.closed(origin, connection)
        self._serve_waiting()

    def drop(self, connection: Connection) -> None:
        """Close an idle connection."""
        connection.close()
        assert connection.origin is not None
        self.forget(connection.origin, connection)

    def finished(self, exchange: Exchange, response: Any) -> None:
        """``exchange`` has its response: keep its cookies, run its readback and send what that returns."""
        if self.cookiejar is not None and isinstance(response, Response) and response.sets_cookie:
            keep_cookies(self.cookiejar, exchange.request, response)
        if exchange.future is not None and not exchange.future.done():
            exchange.future.set_result(response)
        if exchange.readback is None:
            return
        try:
            result = exchange.readback(response)
            if inspect.isawaitable(result):
                self._await(exchange, result)
            else:
                self._follow(exchange, result)
        except Exception as error:
            self._readback_failed(exchange, error)

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
            logger.exception("errorback of %s %s raised", exchange.request.get_method(), exchange.request.full_url)

    # Its own.

    def _make_exchange(
        self, request: Request, readback: Readback | None, errorback: Errorback | None, timeouts: Timeouts
    ) -> Exchange:
        if not isinstance(request, Request):
            raise ValueError(f"request must be a urllib.request.Request, not {type(request).__name__}")
        if self._is_closed:
            raise StreamClosed("the stream is closed")
        return Exchange(self, request, readback, errorback, timeouts)

    def _await(self, exchange: Exchange, result: Any) -> None:
        task = exchange.task = asyncio.ensure_future(result)
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._awaited(exchange, task))

    def _awaited(self, exchange: Exchange, task: "asyncio.Future[Any]") -> None:
        self._tasks.discard(task)
        exchange.task = None
        if task.cancelled():
            return
        error = task.exception()
        try:
            if error is not None:
                raise error
            self._follow(exchange, task.result())
        except Exception as error:
            self._readback_failed(exchange, error)

    def _follow(self, exchange: Exchange, result: Any) -> None:
        chain = exchange.chain
        if result is None or (chain is not None and chain.is_cancelled):
            return
        if not isinstance(result, tuple) or not 2 <= len(result) <= 3:
            raise ReadbackError(f"a readback returns None or a tuple of 2 or 3, not {result!r}")
        request, readback = result[:2]
        following = self._make_exchange(request, readback, exchange.errorback, exchange.timeouts)
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
        if not isinstance(error, HTTPStreamError):
            wrapped = ReadbackError(f"the readback failed: {error!r}")
            wrapped.__cause__ = error
            error = wrapped
        if error.url is None:
            error.method, error.url = exchange.request.get_method(), exchange.request.full_url
        self.failed(exchange, error)

    def _serve_waiting(self) -> None:
        if self.pool.has_waiting:
            # In a turn of its own: whoever freed the place is not done yet.
            self.ioloop.add_callback(self._serve_next)

    def _serve_next(self) -> None:
        waiter = self.pool.next_waiter()
        if waiter is not None:
            waiter.serve()

    def _wake_at(self, when: float) -> None:
        if when >= self._timer_due:
            return
        if self._timer is not None:
            self.clock.cancel(self._timer)
        self._timer_due = when
        self._timer = self.clock.call_at(when, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_due = None, inf
        now = self.clock.now()
        for exchange in self.deadlines.pop_due(now):
            exchange.expire(now)
        for connection in self.pool.expire(now):
            self.drop(connection)
        for due in (self.deadlines.next_due(), self.pool.next_expiry()):
            if due is not None and not self._is_closed:
                self._wake_at(due)


def _current_ioloop() -> IOLoop:
    with warnings.catch_warnings():
        # Before a loop runs, Tornado asks asyncio for the thread's own, and asyncio 3.12 warns that it has to make it.
        warnings.simplefilter("ignore", DeprecationWarning)
        return IOLoop.current()


def _request(url: str, data: bytes | None, headers: Mapping[str, str] | None) -> Request:
    try:
        return Request(url, data, dict(headers or {}))
    except ValueError as error:
        raise InvalidRequest(f"url {url!r}: {error}") from error
