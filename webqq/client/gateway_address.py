"""Where the service's hosts are to be found: all of them at one gateway.

Requests keep the real hosts, paths and cookies; only the address that a name resolves to differs.
"""

import os
import socket
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tornado.netutil import Resolver

from webqq.httpstream import HTTPStream, HTTPStreamError, RFC6265CookieJar, tls_options

__all__ = ["GatewayAddress", "GatewayResolver", "GatewayStream", "gateway_stream", "parse_gateway_address"]

_PORTS = {"http": 80, "https": 443}


class GatewayAddress(NamedTuple):
    """Where a gateway listens; ``scheme`` is ``http`` or ``https``, of all requests to it."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """Host and port as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_gateway_address(url: str) -> GatewayAddress:
    """Return what ``http://HOST[:PORT][/]`` says, or the same with ``https``.

    :raises ValueError: it is anything else.

    >>> parse_gateway_address("http://127.0.0.1:8888")
    GatewayAddress(scheme='http', host='127.0.0.1', port=8888)
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    rest = (parts.username, parts.password, parts.query, parts.fragment)
    if parts.scheme not in _PORTS or not host or port == 0 or parts.path not in ("", "/") or any(rest):
        raise ValueError(f"expected the gateway's address as http://HOST:PORT or https://HOST:PORT, got {url!r}")
    return GatewayAddress(parts.scheme, host, port or _PORTS[parts.scheme])


class GatewayResolver(Resolver):
    """A Tornado resolver that gives the gateway's address for every name.

    :param url: the gateway, ``http://HOST:PORT``; HOST may be a name, which is looked up each time.
    """

    def initialize(self, url: str) -> None:
        _, self._host, self._port = parse_gateway_address(url)

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


class GatewayStream(HTTPStream):
    """An engine that finds all hosts of the service at one gateway. Clients on it speak the gateway's scheme."""

    def __init__(self, gateway: GatewayAddress, **options: Any) -> None:
        super().__init__(**options)
        self.gateway = gateway


def gateway_stream(url: str, *, ca_file: str | os.PathLike[str] | None = None) -> GatewayStream:
    """Return an engine for the gateway at ``url``, with a cookie jar; more than one client on it need jars of their
    own.

    :param ca_file: for ``https``: the certificate of the authority to trust, as PEM, in place of the system's;
        ``webqq gateway --tls`` tells where its own lies.
    :raises ValueError: as :func:`parse_gateway_address`, and for an authority that cannot be read, or with ``http``.
    """
    gateway = parse_gateway_address(url)
    if ca_file is None:
        return GatewayStream(gateway, resolver=GatewayResolver(url), cookiejar=RFC6265CookieJar())
    if gateway.scheme != "https":
        raise ValueError(f"an authority's certificate is for https, and the gateway is {url!r}")
    try:
        tls = tls_options(ca_file=ca_file)
    except HTTPStreamError as error:
        raise ValueError(str(error)) from error
    return GatewayStream(gateway, resolver=GatewayResolver(url), cookiejar=RFC6265CookieJar(), tls=tls)
