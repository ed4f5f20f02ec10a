"""Tornado's ``AsyncHTTPClient`` on this engine: kept connections and proxies for an application that exists already.

::

    AsyncHTTPClient.configure("webqq.httpstream.asynchttpclient.HTTPStreamClient")

Requests, responses and errors are Tornado's own; what they mean is taken from ``tornado.httpclient`` and, where that
says nothing, from ``tornado.simple_httpclient``.
"""

import asyncio
import inspect
import os
import socket
import ssl
import string
import time
import zlib
from base64 import b64encode
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit
from urllib.request import Request

import tornado
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders, HTTPOutputError, encode_username_password
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.log import app_log, gen_log
from tornado.netutil import Resolver, is_valid_ip, ssl_options_to_context
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError

from webqq.httpstream.digest import Digest
from webqq.httpstream.errors import (
    BodyError,
    ConnectError,
    ConnectionLost,
    DecodingError,
    HTTPStreamError,
    InvalidRequest,
    ProxyError,
    ReadbackError,
    ResolveError,
    ResponseTooLarge,
    Timeout,
)
from webqq.httpstream.follow import next_request, resolve_location
from webqq.httpstream.options import RequestOptions
from webqq.httpstream.origin import Origin, origin_of
from webqq.httpstream.parser import Limits
from webqq.httpstream.proxy import Proxy
from webqq.httpstream.race import Address
from webqq.httpstream.resolve import Lookup, TornadoNames
from webqq.httpstream.response import Response
from webqq.httpstream.sock import HTTPSock
from webqq.httpstream.stream import HTTPStream
from webqq.httpstream.timeouts import Timeouts
from webqq.httpstream.timings import Timings
from webqq.httpstream.tls import TLSOptions

__all__ = ["HTTPStreamClient"]

Done: TypeAlias = Callable[[HTTPResponse], None]
Mapping: TypeAlias = dict[Any, Any]

INTERIM = 10
"""Responses of status 1xx that may come before the final one: Tornado's own bound."""
IDLE_CONNECTIONS = 100
"""Connections kept beside those at work, whatever their hosts: a crawler must not run out of descriptors."""
TLS_OPTIONS = 32
"""Sets of certificate files for which a context is kept."""
PIECE_SIZE = 64 * 1024
"""Bytes that a streaming callback gets at once of a body that was compressed."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_BODY_METHODS = frozenset({"POST", "PATCH", "PUT"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRINTABLE = string.punctuation


class HTTPStreamClient(AsyncHTTPClient):
    """A client for ``AsyncHTTPClient.configure``, or to be made with ``force_instance=True``.

    It takes the arguments of Tornado's own client, with their meaning there:

    - ``max_clients`` (10): fetches at work at once; others wait in line.
    - ``hostname_mapping``: host, or ``(host, port)``, to the one that is connected to in its place.
    - ``resolver``: a Tornado ``Resolver``, which is asked for addresses as well. None: the one that
      ``Resolver.configure`` named, else the engine's, which remembers names for a minute.
    - ``defaults``: values for what an ``HTTPRequest`` leaves unsaid.
    - ``max_buffer_size`` (100 MiB), ``max_body_size``: bytes of a body, decompressed; the second where both are given.
    - ``max_header_size``: bytes of status line and headers.

    All others go to :class:`HTTPStream` as they are: ``idle_timeout``, ``max_connections``, ``max_per_host``,
    ``cookiejar``, ``ssl_context``, ``hooks``, ``rate_limit``, ``retry``, ``resend``, ``proxy="environment"`` and so on;
    those that a request can say itself are defaults for it. ``max_connections`` is ``max_clients`` and a hundred idle
    ones by default.

    Close it before its loop ends, or connections that are kept stay open: the instance that Tornado caches, too.
    """

    def initialize(  # type: ignore[override]  # each implementation has arguments of its own
        self,
        max_clients: int = 10,
        hostname_mapping: Mapping | None = None,
        max_buffer_size: int = 100 * 1024 * 1024,
        resolver: Resolver | None = None,
        defaults: dict[str, Any] | None = None,
        max_header_size: int | None = None,
        max_body_size: int | None = None,
        ssl_context: ssl.SSLContext | None = None,
        **options: Any,
    ) -> None:
        super().initialize(defaults=defaults)
        self.max_clients = max_clients
        self.max_body_size = max_buffer_size if max_body_size is None else max_body_size
        self.queue: deque[_Fetch] = deque()
        self.active: set[_Fetch] = set()
        self._options = {"max_connections": max_clients + IDLE_CONNECTIONS, **options}
        self._socks: list[_Sock] = []
        self._streams: dict[bool, HTTPStream] = {}
        self._contexts: OrderedDict[Any, TLSOptions] = OrderedDict()
        limits = Limits(interim=INTERIM)
        if max_header_size is not None:
            limits = replace(limits, head=max_header_size, line=max_header_size)
        if resolver is None and Resolver.configured_class() is not Resolver.configurable_default():
            resolver = self._own_resolver = Resolver()
        else:
            self._own_resolver = None
        self._make_sock = partial(_Sock, hostname_mapping or {}, resolver, ssl_context, limits)

    def close(self) -> None:
        """End all fetches with ``HTTPStreamClosedError`` and close all connections."""
        if self._closed:
            return
        super().close()
        while self.queue:
            self.queue.popleft().end_with(HTTPStreamClosedError("the client was closed"))
        for stream in self._streams.values():
            stream.close()
        for sock in self._socks:
            sock.close()
        if self._own_resolver is not None:
            self._own_resolver.close()

    def fetch_impl(self, request: HTTPRequest, callback: Done) -> None:
        fetch = _Fetch(self, request, callback)
        self.queue.append(fetch)
        self.start_next()
        if not fetch.is_started:
            fetch.wait_in_line()
            gen_log.debug("max_clients reached: %d at work, %d in line", len(self.active), len(self.queue))

    # What a fetch uses.

    def start_next(self) -> None:
        """Start as many of those in line as there is room for."""
        while self.queue and len(self.active) < self.max_clients and not self._closed:
            fetch = self.queue.popleft()
            self.active.add(fetch)
            fetch.start()

    def leave(self, fetch: "_Fetch") -> None:
        """``fetch`` has ended, at work or in line."""
        if fetch in self.active:
            self.active.discard(fetch)
            self.start_next()
        elif fetch in self.queue:
            self.queue.remove(fetch)

    def stream_for(self, request: HTTPRequest) -> HTTPStream:
        """One stream for all addresses, and one for IPv4 alone, made when it is first needed."""
        only_ipv4 = request.allow_ipv6 is False
        if only_ipv4 not in self._streams:
            sock = self._make_sock(only_ipv4)
            self._socks.append(sock)
            self._streams[only_ipv4] = HTTPStream(self.io_loop, sock, **self._options)
        return self._streams[only_ipv4]

    def tls_for(self, request: HTTPRequest) -> TLSOptions | None:
        """How ``request`` wants TLS spoken; None: as the stream does by default.

        The same files and options give the same context, so that connections can be shared; a file that was changed
        gives another. Raises ``OSError`` for a file that cannot be read.
        """
        said = request.ssl_options
        if isinstance(said, ssl.SSLContext):
            return TLSOptions(said)
        files = (request.ca_certs, request.client_cert, request.client_key)
        if said is not None:
            key: Any = tuple(sorted((name, repr(value), _stamp(value)) for name, value in said.items()))
            return self._kept_context(key, partial(ssl_options_to_context, said, server_side=False))
        if request.validate_cert and files == (None, None, None):
            return None
        key = (bool(request.validate_cert), *((file, _stamp(file)) for file in files))
        return self._kept_context(key, partial(_context, bool(request.validate_cert), *files))

    def _kept_context(self, key: Any, make: Callable[[], ssl.SSLContext]) -> TLSOptions:
        if key not in self._contexts:
            context = make()
            # A body that ends with the connection must not be cut short unnoticed.
            context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
            self._contexts[key] = TLSOptions(context)
            if len(self._contexts) > TLS_OPTIONS:
                self._contexts.popitem(last=False)
        self._contexts.move_to_end(key)
        return self._contexts[key]


def _stamp(path: Any) -> tuple[int, int] | None:
    if not isinstance(path, str | os.PathLike):
        return None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _context(verify: bool, ca_certs: str | None, client_cert: str | None, client_key: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_certs)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if client_cert is not None:
        # Without a password OpenSSL would ask for one on the terminal and wait.
        context.load_cert_chain(client_cert, client_key, "")
    return context


class _Sock(HTTPSock):
    """Sockets with what Tornado's client can say of names: a mapping, a resolver for all of them, IPv4 alone."""

    def __init__(
        self,
        mapping: Mapping,
        resolver: Resolver | None,
        ssl_context: ssl.SSLContext | None,
        limits: Limits,
        only_ipv4: bool,
    ) -> None:
        super().__init__(ssl_context=ssl_context, resolver=resolver, limits=limits)
        self._mapping = mapping
        self._asked = None if resolver is None else TornadoNames(resolver)
        self._only_ipv4 = only_ipv4

    def lookup(self, ioloop: IOLoop, origin: Origin, done: Callable[[Lookup], None]) -> Lookup | None:
        origin = self._mapped(origin)
        told = partial(self._tell, done)
        if self._asked is None:
            answer = super().lookup(ioloop, origin, told)
        else:
            # For numbers as well: a resolver may be there to refuse some of them.
            answer = self._asked.lookup(ioloop, origin.host, origin.port, told)
        return None if answer is None else self._allowed(answer)

    def close(self) -> None:
        super().close()
        if self._asked is not None:
            self._asked.close()

    def _mapped(self, origin: Origin) -> Origin:
        # As tornado.netutil.OverrideResolver does.
        host, port = origin.host, origin.port
        for key in ((host, port, socket.AF_UNSPEC), (host, port), host):
            if key in self._mapping:
                other = self._mapping[key]
                host, port = (other, port) if isinstance(other, str) else other
                return origin._replace(host=host, port=port)
        return origin

    def _tell(self, done: Callable[[Lookup], None], answer: Lookup) -> None:
        done(self._allowed(answer))

    def _allowed(self, answer: Lookup) -> Lookup:
        if isinstance(answer, OSError) or not self._only_ipv4:
            return answer
        addresses: list[Address] = [address for address in answer if address.family == socket.AF_INET]
        return addresses or socket.gaierror(socket.EAI_NONAME, "the host has no IPv4 address, and allow_ipv6 is False")


class _Fetch:
    """One call of ``fetch``, with the redirects that it follows: one request after the other."""

    def __init__(self, client: HTTPStreamClient, request: HTTPRequest, callback: Done) -> None:
        self._client = client
        self._request = request
        self._callback: Done | None = callback
        self._asked_at = client.io_loop.time()
        self._started_at = 0.0
        self._leg_at = 0.0
        self._wall_time: float | None = None
        self._timer: object = None
        self._leg: Request | None = None
        self._digest: Digest | None = None
        self._redirects_left = int(request.max_redirects or 0) if request.follow_redirects else 0
        self._is_led_on = False
        self._has_moved = False
        self._headers = HTTPHeaders()
        self._gunzip: _Gunzip | None = None
        self._buffer = BytesIO()

    # In line.

    @property
    def is_started(self) -> bool:
        return self._wall_time is not None

    def wait_in_line(self) -> None:
        """There is no room now: fail unless it comes in time."""
        limits = [limit for limit in (self._request.connect_timeout, self._request.request_timeout) if limit]
        if limits:
            self._timer = self._client.io_loop.call_later(min(limits), self._waited_too_long)

    def _waited_too_long(self) -> None:
        self._timer = None
        self.end_with(HTTPTimeoutError("Timeout in request queue"))

    def start(self) -> None:
        """Send the request. What is wrong with it is told in a later turn."""
        self._stop_timer()
        self._wall_time = time.time()
        self._started_at = self._client.io_loop.time()
        try:
            leg, userinfo = _first_leg(self._request)
            self._digest = _authenticate(self._request, leg, userinfo)
            self._send(leg)
        except Exception as error:
            self._client.io_loop.add_callback(self.end_with, error)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._client.io_loop.remove_timeout(self._timer)
            self._timer = None

    # On its way.

    def _send(self, leg: Request) -> None:
        self._leg = leg
        self._leg_at = self._client.io_loop.time()
        self._gunzip = None
        stream = self._client.stream_for(self._request)
        stream.add_request(leg, self._answered, self._failed, **self._options(leg))

    def _options(self, leg: Request) -> RequestOptions:
        request = self._request
        options = RequestOptions(
            timeout=self._timeouts(),
            on_head=self._on_head,
            on_data=self._on_data,
            redirects=0,
            # Undone here: a callback gets it in small pieces, however well it was compressed.
            decompress=False,
            expect=bool(request.expect_100_continue),
            max_body=self._client.max_body_size,
        )
        if leg.type == "https" and (tls := self._client.tls_for(request)) is not None:
            options["tls"] = tls
        if request.proxy_host and request.proxy_port:
            options["proxy"] = _proxy_of(request)
        if request.network_interface:
            options["source_address"] = _source_of(request.network_interface)
        if self._digest is not None:
            options["auth"] = self._digest
        return options

    def _timeouts(self) -> Timeouts:
        total = self._request.request_timeout or None
        connect = self._request.connect_timeout or total
        if total is not None:
            # Where all of it is used up, the timeout is the engine's to raise as well.
            total = max(1e-3, total + self._asked_at - self._leg_at)
        return Timeouts(
            resolve=connect, connect=connect, proxy=connect, tls=connect, write=None, between_bytes=None, total=total
        )

    def _on_head(self, response: Response) -> None:
        location = response.headers.get("Location") or ""
        self._is_led_on = response.status in _REDIRECTS and self._redirects_left > 0 and bool(location.strip())
        if self._is_led_on:
            return
        self._headers = HTTPHeaders()
        for name, value in response.headers.items():
            self._headers.add(name, value)
        if self._request.decompress_response and self._headers.get("Content-Encoding", "").lower() == "gzip":
            self._gunzip = _Gunzip(self._client.max_body_size)
            self._headers["X-Consumed-Content-Encoding"] = self._headers.pop("Content-Encoding")
        tell = self._request.header_callback
        if tell is not None:
            tell(f"HTTP/1.{response.version - 10} {response.status} {response.reason}\r\n")
            for name, value in self._headers.get_all():
                tell(f"{name}: {value}\r\n")
            tell("\r\n")

    def _on_data(self, data: bytes) -> Awaitable[None] | None:
        if self._is_led_on:
            return None
        pieces = iter((data,)) if self._gunzip is None else self._gunzip.pieces(data)
        callback = self._request.streaming_callback
        if callback is not None:
            return _hand_on(callback, pieces)
        for piece in pieces:
            self._buffer.write(piece)
        return None

    def _answered(self, response: Response) -> None:
        try:
            if self._is_led_on:
                self._redirects_left -= 1
                self._has_moved = True
                self._send(self._following(response))
                return
            if self._gunzip is not None:
                self._gunzip.end()
        except Exception as error:
            self.end_with(error)
            return
        self._buffer.seek(0)
        assert self._leg is not None
        now = self._client.io_loop.time()
        self._end(
            HTTPResponse(
                self._request,
                response.status,
                reason=response.reason,
                headers=self._headers,
                buffer=self._buffer,
                effective_url=self._leg.full_url if self._has_moved else None,
                request_time=now - self._leg_at,
                time_info=self._time_info(response.timings, now),
                start_time=self._wall_time,
            )
        )

    def _following(self, response: Response) -> Request:
        leg = self._leg
        assert leg is not None
        target = urlsplit(resolve_location(leg, response.headers["Location"]))
        if target.scheme not in ("http", "https"):
            raise ValueError(f"Unsupported url scheme: {target.geturl()}")
        url, userinfo = _without_userinfo(target)
        # A header's text again, as it is expected there.
        url = url.encode("utf-8", "surrogateescape").decode("latin-1")
        following = next_request(leg, response.status, url, allow_downgrade=True)
        assert following is not None, "its status and Location were looked at"
        if origin_of(following) != origin_of(leg):
            self._digest = None
        elif userinfo is not None:
            self._digest = _authenticate(self._request, following, userinfo)
        return following

    def _time_info(self, timings: Timings | None, now: float) -> dict[str, float]:
        """Seconds, under the names that curl has for them and from the points that it counts from."""
        assert timings is not None
        start, phases = timings.started, timings.phases or {}
        info = {
            "queue": self._started_at - self._asked_at,
            "redirect": self._leg_at - self._started_at,
            "namelookup": phases.get("connecting", start) - start,
            "connect": (phases.get("proxying") or phases.get("tls") or timings.sent) - start if phases else 0.0,
            "pretransfer": timings.sent - start,
            "starttransfer": timings.first_byte - start,
            "total": now - self._started_at,
        }
        # An answer may come before all of the request has gone.
        return {name: max(0.0, seconds) for name, seconds in info.items()}

    # The end.

    def _failed(self, error: HTTPStreamError) -> None:
        self.end_with(_tornados_error(error, self._leg))

    def end_with(self, error: BaseException) -> None:
        """There is no answer."""
        if isinstance(error, HTTPStreamError):
            error = _tornados_error(error, self._leg)
        at = self._leg_at or self._asked_at
        request_time = self._client.io_loop.time() - at
        self._end(HTTPResponse(self._request, 599, error=error, request_time=request_time, start_time=self._wall_time))

    def _end(self, response: HTTPResponse) -> None:
        self._stop_timer()
        callback, self._callback = self._callback, None
        self._client.leave(self)
        if callback is not None:
            callback(response)


async def _finish(callback: Callable[[bytes], Any], result: Awaitable[Any], pieces: Iterator[bytes]) -> None:
    await result
    for piece in pieces:
        result = callback(piece)
        if inspect.isawaitable(result):
            await result


def _hand_on(callback: Callable[[bytes], Any], pieces: Iterator[bytes]) -> Awaitable[None] | None:
    for piece in pieces:
        result = callback(piece)
        if inspect.isawaitable(result):
            return _finish(callback, result, pieces)
    return None


# A request of Tornado's as one of urllib's.


def _first_leg(request: HTTPRequest) -> tuple[Request, str | None]:
    """The request, and the credentials in its URL."""
    target = urlsplit(request.url)
    if target.scheme not in ("http", "https"):
        raise ValueError(f"Unsupported url scheme: {request.url}")
    _check_method(request)
    if request.prepare_curl_callback is not None:
        gen_log.warning("prepare_curl_callback is not called: no curl is at work here")
    url, userinfo = _without_userinfo(target)
    leg = Request(url, _body_of(request), method=request.method)
    for name in dict.fromkeys(name for name, _ in request.headers.get_all()):
        if not _is_engines(name, request):
            values = [_text(value) for value in request.headers.get_list(name)]
            # RFC 9110 5.3 and, for cookies, RFC 6265 5.4.
            leg.add_header(name, ("; " if name == "Cookie" else ", ").join(values))
    if request.user_agent:
        leg.add_header("User-Agent", request.user_agent)
    elif not leg.has_header("User-agent"):
        leg.add_header("User-Agent", f"Tornado/{tornado.version}")
    if request.decompress_response:
        leg.add_header("Accept-Encoding", "gzip")
    return leg, userinfo


def _is_engines(name: str, request: HTTPRequest) -> bool:
    """Whether the header ``name`` says no more than what the engine says of the body by itself."""
    if name == "Content-Length":
        return request.body is not None
    is_chunked = request.body_producer is not None and "Content-Length" not in request.headers
    return name == "Transfer-Encoding" and is_chunked and request.headers[name].lower() == "chunked"


def _without_userinfo(target: SplitResult) -> tuple[str, str | None]:
    """The URL of ``target`` without credentials, what cannot stand in it percent-encoded, and the credentials."""
    userinfo, at, authority = target.netloc.rpartition("@")
    path, query = quote(target.path, _PRINTABLE), quote(target.query, _PRINTABLE)
    url = urlunsplit((target.scheme, authority, path, query, quote(target.fragment, _PRINTABLE)))
    return url, userinfo if at else None


def _check_method(request: HTTPRequest) -> None:
    if request.allow_nonstandard_methods:
        return
    if request.method not in _METHODS:
        raise KeyError(f"unknown method {request.method}")
    has_body = request.body is not None or request.body_producer is not None
    if has_body != (request.method in _BODY_METHODS):
        raise ValueError(
            f"Body must {'' if has_body else 'not '}be None for method {request.method} "
            "(unless allow_nonstandard_methods is true)"
        )


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _body_of(request: HTTPRequest) -> Any:
    if request.body is not None:
        # POST alone has a type where the caller names none.
        return request.body if request.method == "POST" else _Untyped(request.body)
    if request.body_producer is None:
        return None
    length = request.headers.get("Content-Length")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise ValueError(f"Content-Length {length!r} is not a number of bytes")
    return _Produced(request.body_producer, None if length is None else int(length), request.method == "POST")


def _authenticate(request: HTTPRequest, leg: Request, userinfo: str | None) -> Digest | None:
    """Give ``leg`` its credentials; for Digest the engine has to, once it is asked."""
    username, password = request.auth_username, request.auth_password or ""
    if userinfo is not None:
        name, _, secret = userinfo.partition(":")
        username, password = unquote(name), unquote(secret)
    if username is None:
        return None
    if request.auth_mode == "digest":
        return Digest(username, password)
    if request.auth_mode not in (None, "basic"):
        raise ValueError(f"unsupported auth_mode {request.auth_mode}")
    leg.add_header("Authorization", "Basic " + b64encode(encode_username_password(username, password)).decode("ascii"))
    return None


def _proxy_of(request: HTTPRequest) -> Proxy:
    if request.proxy_auth_mode not in (None, "basic"):
        raise ValueError(f"unsupported proxy_auth_mode {request.proxy_auth_mode}")
    scheme, separator, host = str(request.proxy_host).rpartition("://")
    username = request.proxy_username or None
    password = None if username is None else request.proxy_password or None
    return Proxy(
        scheme.lower() if separator else "http", host.strip("[]"), int(request.proxy_port or 0), username, password
    )


def _source_of(interface: str) -> tuple[str, int]:
    if not is_valid_ip(interface):
        raise ValueError(f"Unrecognized IPv4 or IPv6 address for network_interface, got {interface!r}")
    return interface, 0


class _Untyped:
    """A body that is sent without a ``Content-Type`` where the request has none."""

    content_type = ""
    can_rewind = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length: int | None = len(data)

    def pieces(self) -> Iterator[bytes]:
        return iter((self._data,) if self._data else ())


class _Produced:
    """What a ``body_producer`` writes; called anew where the body has to go again."""

    can_rewind = True

    def __init__(self, producer: Callable[..., Any], length: int | None, is_form: bool) -> None:
        self._producer = producer
        self.length = length
        self.content_type = None if is_form else ""

    def pieces(self) -> "_Production":
        return _Production(self._producer)


class _Production:
    """One call of a ``body_producer``, begun when its first piece is wanted."""

    def __init__(self, producer: Callable[..., Any]) -> None:
        self._producer = producer
        self._pieces: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._taken: asyncio.Future[None] | None = None
        self._task: asyncio.Future[Any] | None = None
        self._changed = asyncio.Event()
        self._is_begun = self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._is_begun:
            self._begin()
        if self._taken is not None and not self._taken.done():
            # The next piece is wanted: the kernel has all of the last one.
            self._taken.set_result(None)
        while not self._pieces:
            if self._task is None or self._task.done():
                break
            self._changed.clear()
            await self._changed.wait()
        if self._pieces:
            piece, self._taken = self._pieces.popleft()
            return piece
        if self._task is not None:
            self._task.result()
        raise StopAsyncIteration

    def close(self) -> None:
        """Nobody takes any more: end the producer, or let it see that its writes fail."""
        self._is_closed = True
        if self._task is not None and not self._task.done():
            self._task.cancel()
        waiting = [taken for _, taken in self._pieces]
        for taken in [*waiting, *([] if self._taken is None else [self._taken])]:
            _fail(taken)
        self._pieces.clear()

    def _begin(self) -> None:
        self._is_begun = True
        result = self._producer(self._write)
        if inspect.isawaitable(result):
            self._task = asyncio.ensure_future(result)
            self._task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        if not task.cancelled():
            # Asked for, or asyncio would log what nobody waits for any more.
            task.exception()
        self._changed.set()

    def _write(self, chunk: bytes) -> "asyncio.Future[None]":
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._is_closed:
            _fail(taken)
            return taken
        self._pieces.append((bytes(chunk), taken))
        self._changed.set()
        return taken


def _fail(taken: "asyncio.Future[None]") -> None:
    if not taken.done():
        taken.set_exception(StreamClosedError())
        # A producer need not wait for its writes.
        taken.exception()


class _Gunzip:
    """Undoes gzip in pieces of :data:`PIECE_SIZE`, of ``limit`` bytes together. Garbage at the end is an error."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._made = 0
        self._member: Any = None

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` adds. Raises :class:`DecodingError`, and :class:`ResponseTooLarge` beyond the limit."""
        is_full = False
        while data or is_full:
            if self._member is None or self._member.eof:
                self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                piece = self._member.decompress(data, PIECE_SIZE)
            except zlib.error as error:
                raise DecodingError(f"invalid gzip data: {error}") from error
            is_full = len(piece) == PIECE_SIZE and not self._member.eof
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self._made += len(piece)
            if self._made > self._limit:
                raise ResponseTooLarge("decompressed body too large")
            if piece:
                yield piece

    def end(self) -> None:
        """The body is at its end. Raises :class:`DecodingError` where gzip is not; an empty body has none."""
        if self._member is not None and not self._member.eof:
            raise DecodingError("invalid gzip data: the body ends before it does")


# The engine's errors as Tornado's.


def _tornados_error(error: HTTPStreamError, leg: Request | None) -> BaseException:
    """What a caller of Tornado's own client would get for ``error``, which is its cause."""
    cause = error.__cause__
    if isinstance(error, InvalidRequest):
        return error
    if isinstance(error, ReadbackError) and isinstance(cause, HTTPStreamError):
        return _tornados_error(cause, leg)
    if isinstance(error, BodyError) and isinstance(cause, Exception) and not isinstance(cause, HTTPStreamError):
        return cause
    is_network = isinstance(error, ResolveError | ConnectError | ConnectionLost) and not isinstance(error, ProxyError)
    if is_network and isinstance(cause, OSError):
        return cause
    made: Exception
    if isinstance(error, Timeout):
        made = HTTPTimeoutError(_timeout_text(error, leg))
    elif isinstance(error, BodyError):
        made = HTTPOutputError(str(error))
    elif isinstance(error, ReadbackError):
        app_log.error("Uncaught exception in a callback of %s", error.url, exc_info=cause)
        made = HTTPStreamClosedError("Connection closed")
    elif isinstance(error, ProxyError):
        made = HTTPClientError(599, str(error))
    else:
        made = HTTPStreamClosedError(str(error))
    made.__cause__ = error
    return made


def _timeout_text(error: Timeout, leg: Request | None) -> str:
    if error.phase == "QUEUED":
        return "Timeout in request queue"
    if leg is None or error.phase not in ("RESOLVING", "CONNECTING", "PROXYING", "TLS"):
        return "Timeout during request"
    origin = origin_of(leg)
    if error.phase == "RESOLVING":
        return f"Timeout while resolving {origin.host}"
    host = str(origin).partition("://")[2]
    if error.phase == "TLS":
        return f"Timeout during TLS handshake with {host}"
    return f"Timeout while connecting to {host}"
