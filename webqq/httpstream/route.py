"""The way to an origin: all that makes two connections unlike. Pure: no socket, no clock."""

from copy import copy
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.request import Request

from webqq.httpstream.origin import Origin, make_origin, proxy_of

if TYPE_CHECKING:
    from webqq.httpstream.environment import ProxyRules
    from webqq.httpstream.proxy import Proxy
    from webqq.httpstream.tls import TLSOptions

__all__ = ["Route", "route_of", "without_proxy"]


class Route:
    """Connections of equal routes can stand in for one another.

    ``origin`` is what is asked for; ``proxy`` (its credentials included), ``unix_socket`` (a path) and
    ``source_address`` (host and port) say how it is reached, ``tls`` and ``proxy_tls`` how it is spoken to. Each but
    the first may be None.
    """

    __slots__ = ("_hash", "_key", "is_forwarded", "origin", "peer", "proxy", "proxy_tls", "source_address", "tls")

    def __init__(
        self,
        origin: Origin,
        proxy: "Proxy | None" = None,
        tls: "TLSOptions | None" = None,
        proxy_tls: "TLSOptions | None" = None,
        unix_socket: str | None = None,
        source_address: tuple[str, int] | None = None,
    ) -> None:
        self.origin = origin
        self.proxy = proxy
        self.tls = tls
        self.proxy_tls = proxy_tls
        self.source_address = source_address
        self.peer: Origin | str = _peer(origin, proxy, unix_socket)
        """What the socket connects to: an origin to look up, or the path of a Unix socket."""
        self.is_forwarded = proxy is not None and not proxy.needs_tunnel(origin.is_tls)
        """Whether the proxy reads the request itself (RFC 9112 section 3.2.2) in place of tunnelling it."""
        self._key = (origin, proxy, tls, proxy_tls, unix_socket, source_address)
        # Asked for several times in each request: worked out once.
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Route) and self._key == other._key)

    def __str__(self) -> str:
        way = f" through {self.proxy}" if self.proxy is not None else ""
        return f"{self.origin}{way}" if not isinstance(self.peer, str) else f"{self.origin} at {self.peer}"

    def __repr__(self) -> str:
        return f"<Route {self}>"


def _peer(origin: Origin, proxy: "Proxy | None", unix_socket: str | None) -> Origin | str:
    if unix_socket is not None:
        return unix_socket
    return origin if proxy is None else Origin("https" if proxy.scheme == "https" else "http", proxy.host, proxy.port)


def route_of(
    request: Request,
    proxy: "Proxy | ProxyRules | None" = None,
    tls: "TLSOptions | None" = None,
    proxy_tls: "TLSOptions | None" = None,
    unix_socket: str | None = None,
    source_address: tuple[str, int] | None = None,
) -> Route:
    """The way to where ``request`` goes, which has no proxy of its own (see :func:`without_proxy`).

    Raises :class:`~webqq.httpstream.InvalidRequest` for what is no http or https URL.
    """
    return _route(request.type, request.host, proxy, tls, proxy_tls, unix_socket, source_address)


def without_proxy(request: Request) -> "tuple[Request, Proxy | None]":
    """``request`` as it was before ``Request.set_proxy``, and the proxy that was set; itself and None without one.

    Basic credentials in its ``Proxy-Authorization`` become the proxy's own.
    """
    named = proxy_of(request)
    if named is None:
        return request, None
    # Loaded here: most requests have no proxy.
    from webqq.httpstream.proxy import Proxy, basic_credentials

    direct = copy(request)
    direct._tunnel_host = None  # type: ignore[attr-defined]  # not in the stubs
    # Parses the URL anew, and so undoes what set_proxy() did.
    direct.full_url = request.full_url
    proxy = Proxy.parse("{}://{}".format(*named))
    direct.headers, said = dict(request.headers), request.get_header("Proxy-authorization")
    credentials = None if said is None or proxy.username is not None else basic_credentials(said)
    if credentials is None:
        return direct, proxy
    # For the proxy alone, as urllib has it: within a tunnel the origin would read it.
    direct.unredirected_hdrs = dict(request.unredirected_hdrs)
    direct.remove_header("Proxy-authorization")
    return direct, replace(proxy, username=credentials[0], password=credentials[1])


@lru_cache(maxsize=1024)
def _route(
    scheme: str,
    authority: str | None,
    proxy: "Proxy | ProxyRules | None",
    tls: "TLSOptions | None",
    proxy_tls: "TLSOptions | None",
    unix_socket: str | None,
    source_address: tuple[str, int] | None,
) -> Route:
    origin = make_origin(scheme, authority)
    if proxy is not None:
        proxy = _proxy_for(origin, proxy, unix_socket)
    return Route(origin, proxy, tls, proxy_tls, unix_socket, source_address)


def _proxy_for(origin: Origin, proxy: "Proxy | ProxyRules", unix_socket: str | None) -> "Proxy | None":
    from webqq.httpstream.environment import ProxyRules

    if not isinstance(proxy, ProxyRules):
        return proxy
    # They are of the network, and none of them is asked for what is on this machine.
    return None if unix_socket is not None else proxy.proxy_for(origin.scheme, origin.host, origin.port)
