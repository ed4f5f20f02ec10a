"""The client: which fetch is at work and which waits in line, and the streams that all of them share."""

import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.log import gen_log
from tornado.netutil import Resolver
from tornado.simple_httpclient import HTTPStreamClosedError

from webqq.httpstream.asynchttpclient.fetch import Fetch
from webqq.httpstream.asynchttpclient.sock import HostnameMapping, TornadoSock
from webqq.httpstream.asynchttpclient.tls import TLSContexts
from webqq.httpstream.parser import Limits
from webqq.httpstream.stream import HTTPStream

__all__ = ["HTTPStreamClient"]

INTERIM = 10
"""Responses of status 1xx that may come before the final one: Tornado's own bound."""
IDLE_CONNECTIONS = 100
"""Connections kept beside those at work, whatever their hosts: a crawler must not run out of descriptors."""


class HTTPStreamClient(AsyncHTTPClient):
    """A client for ``AsyncHTTPClient.configure``, or to be made with ``force_instance=True``.

    It takes the arguments of Tornado's own client, with their meaning there:

    - ``max_clients`` (10): fetches at work at once; others wait in line.
    - ``hostname_mapping``: host, or ``(host, port)``, to the one that is connected to in its place. Hosts in lower
      case, international ones in ASCII.
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
        hostname_mapping: HostnameMapping | None = None,
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
        self.queue: deque[Fetch] = deque()
        self.active: set[Fetch] = set()
        self.contexts = TLSContexts()
        self._own_resolver = _configured_resolver() if resolver is None else None
        self._make_sock = partial(
            TornadoSock,
            mapping=hostname_mapping or {},
            resolver=self._own_resolver if resolver is None else resolver,
            ssl_context=ssl_context,
            limits=_limits(max_header_size),
        )
        self._options = {"max_connections": max_clients + IDLE_CONNECTIONS, **options}
        self._socks: list[TornadoSock] = []
        self._streams: dict[bool, HTTPStream] = {}

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

    def fetch_impl(self, request: HTTPRequest, callback: Callable[[HTTPResponse], None]) -> None:
        fetch = Fetch(self, request, callback)
        self.queue.append(fetch)
        self._start_next()
        if not fetch.is_started:
            fetch.wait_in_line()
            gen_log.debug("max_clients reached: %d at work, %d in line", len(self.active), len(self.queue))

    def _start_next(self) -> None:
        """Start as many of those in line as there is room for."""
        while self.queue and len(self.active) < self.max_clients and not self._closed:
            fetch = self.queue.popleft()
            self.active.add(fetch)
            fetch.start()

    # What a fetch uses.

    def leave(self, fetch: Fetch) -> None:
        """``fetch`` has ended, at work or in line."""
        if fetch in self.active:
            self.active.discard(fetch)
            self._start_next()
        elif fetch in self.queue:
            self.queue.remove(fetch)

    def stream_for(self, request: HTTPRequest) -> HTTPStream:
        """One stream for all addresses, and one for IPv4 alone, made when it is first needed."""
        only_ipv4 = request.allow_ipv6 is False
        if only_ipv4 not in self._streams:
            sock = self._make_sock(only_ipv4=only_ipv4)
            self._socks.append(sock)
            self._streams[only_ipv4] = HTTPStream(self.io_loop, sock, **self._options)
        return self._streams[only_ipv4]


def _configured_resolver() -> Resolver | None:
    """The resolver that the application has named with ``Resolver.configure``."""
    return None if Resolver.configured_class() is Resolver.configurable_default() else Resolver()


def _limits(max_header_size: int | None) -> Limits:
    limits = Limits(interim=INTERIM)
    return limits if max_header_size is None else replace(limits, head=max_header_size, line=max_header_size)
