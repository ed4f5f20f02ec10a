"""Where the service's hosts are to be found: all of them at one gateway.

Requests keep the real hosts, paths and cookies; only the address that a name resolves to differs.
"""

import socket
from http.cookiejar import CookieJar
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from tornado.netutil import Resolver

from webqq.httpstream import HTTPStream

__all__ = ["GatewayResolver", "gateway_stream", "parse_gateway_address"]


def parse_gateway_address(url: str) -> tuple[str, int]:
    """Return host and port of ``http://HOST[:PORT][/]``.

    :raises ValueError: it is anything else. A gateway is asked by plain http, as it stands for many names and has
        a certificate for none.

    >>> parse_gateway_address("http://127.0.0.1:8888")
    ('127.0.0.1', 8888)
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    rest = (parts.username, parts.password, parts.query, parts.fragment)
    if parts.scheme != "http" or not host or port == 0 or parts.path not in ("", "/") or any(rest):
        raise ValueError(f"expected the gateway's address as http://HOST:PORT, got {url!r}")
    return host, port or 80


class GatewayResolver(Resolver):
    """A Tornado resolver that gives the gateway's address for every name.

    :param url: the gateway, ``http://HOST:PORT``; HOST may be a name, which is looked up each time.
    """

    def initialize(self, url: str) -> None:
        self._host, self._port = parse_gateway_address(url)

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[tuple[int, Any]]:
        """Return the gateway's addresses, whatever ``host`` and ``port`` are."""
        try:
            address = ip_address(self._host)
        except ValueError:
            found: list[tuple[int, Any]] = await Resolver().resolve(self._host, self._port, family)
            return found
        if address.version == 4:
            return [(socket.AF_INET, (self._host, self._port))]
        return [(socket.AF_INET6, (self._host, self._port, 0, 0))]


def gateway_stream(url: str) -> HTTPStream:
    """Return an engine for one account of the gateway at ``url``: it has a cookie jar, and finds all hosts there.

    :raises ValueError: as :func:`parse_gateway_address`.
    """
    return HTTPStream(resolver=GatewayResolver(url), cookiejar=CookieJar())
