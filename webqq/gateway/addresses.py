"""Where clients find the gateway: the addresses that it gives out, for files, pictures and its page.

Old clients build plain http addresses of the host and port in an event (WebQQ protocol, poll2 files; pictures), so what
is given out has to be reached by http, also from who came by https. Pure.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from webqq.gateway.cookies import is_service_host

__all__ = ["Addresses", "Way"]

_HTTP_PORT = 80
_USUAL_PORTS = {"http": _HTTP_PORT, "https": 443}


@dataclass(frozen=True, slots=True)
class Way:
    """How a request came.

    :param scheme: ``http`` or ``https``, as the client sees it. :param host: the Host header.
    :param local: address and port at which the connection reached the gateway.
    :param is_tls: whether that connection is one of TLS.
    """

    scheme: str
    host: str
    local: tuple[str, int]
    is_tls: bool = False


@dataclass(slots=True)
class Addresses:
    """What a gateway knows of how it is reached.

    :param public: host and port of its http side, as its operator tells them; None: as a request came.
    :param is_behind_proxy: whether a reverse proxy stands before the http side.
    :param http_port: that the http side listens on.
    """

    public: tuple[str, int] | None = None
    is_behind_proxy: bool = False
    http_port: int = _HTTP_PORT

    def of_files(self, way: Way) -> tuple[str, int]:
        """Return host and port for plain http; an IPv6 address in brackets.

        Behind a proxy, the name by which the client knows it: with its port if that is one of http, else with 80, where
        a proxy leads on from if it serves http at all.
        """
        if self.public is not None:
            host, port = self.public
            return _written(host), port
        if self.is_behind_proxy and not way.is_tls:
            return _name(way.host), (_port(way.host) or _HTTP_PORT) if way.scheme == "http" else _HTTP_PORT
        address, port = way.local
        return _written(address), self.http_port if way.is_tls else port

    def of_page(self, way: Way) -> str:
        """Return the base address of the page for a browser on another machine, which finds no host of the service."""
        if not is_service_host(way.host):
            return f"{way.scheme}://{way.host}"
        if self.public is None and not (self.is_behind_proxy and not way.is_tls):
            address, port = way.local
            return _base(way.scheme, _written(address), port)
        return _base("http", *self.of_files(way))


def _base(scheme: str, host: str, port: int) -> str:
    # As short as can be: it goes into a QR code.
    return f"{scheme}://{host}" if port == _USUAL_PORTS[scheme] else f"{scheme}://{host}:{port}"


def _written(address: str) -> str:
    """Return an address as it stands in a URL."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped) if found.ipv4_mapped is not None else f"[{address}]"


def _name(host: str) -> str:
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def _port(host: str) -> int | None:
    tail = "" if host.endswith("]") else host.rpartition(":")[2]
    return int(tail) if tail.isascii() and tail.isdigit() and ":" in host else None
