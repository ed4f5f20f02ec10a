"""Where a request goes: scheme, host and port, read once for each spelling."""

import re
from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import Request

from webqq.httpstream.errors import InvalidRequest

__all__ = ["Origin", "host_header", "make_origin", "origin_of", "proxy_of"]

_PORTS = {"http": 80, "https": 443}
# RFC 3986 3.2.2, reg-name: what a name or an IPv4 address is made of.
_NAME = re.compile(r"[0-9a-z._~!$&'()*+,;=%-]+")
_PORT = re.compile(r"[0-9]{0,5}")


class Origin(NamedTuple):
    """One end to connect to (RFC 9110 section 4.3.1). Equal origins may share connections."""

    scheme: str
    host: str
    """ASCII (IDNA) in lower case, without the brackets of an IPv6 address."""
    port: int

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def origin_of(request: Request) -> Origin:
    """The origin of ``request``; :class:`InvalidRequest` where its URL is not one of http or https."""
    return make_origin(*_target(request))


def host_header(request: Request) -> str:
    """Host and port of ``request`` as a ``Host`` header has them (RFC 9112 section 3.2): as they are spelled, in ASCII.

    Raises :class:`InvalidRequest` as :func:`origin_of` does.
    """
    return _host_header(*_target(request))


def proxy_of(request: Request) -> tuple[str, str] | None:
    """Scheme and authority of the proxy that ``Request.set_proxy`` named, or None."""
    if _tunnel_of(request):
        return "http", request.host
    # A selector begins with '/' or '?', unless the whole URL was put there for a proxy.
    return (request.type, request.host) if request.selector[:4] == "http" else None


def _target(request: Request) -> tuple[str, str | None]:
    """Scheme and authority of what is asked for, wherever ``Request.set_proxy`` may have put them."""
    tunnel = _tunnel_of(request)
    if tunnel:
        return "https", tunnel
    selector: str = getattr(request, "selector", "")
    if selector[:4] == "http":
        parts = urlsplit(selector)
        return parts.scheme, parts.netloc
    return request.type, request.host


def _tunnel_of(request: Request) -> str | None:
    # Not in the stubs; urllib's own handlers read it.
    tunnel: str | None = getattr(request, "_tunnel_host", None)
    return tunnel


@lru_cache(maxsize=1024)
def make_origin(scheme: str, authority: str | None) -> Origin:
    """The origin of a URL's scheme and authority; raises :class:`InvalidRequest`."""
    if scheme not in _PORTS:
        raise InvalidRequest(f"scheme {scheme!r}: only http and https are spoken")
    if not authority:
        raise InvalidRequest("the URL names no host")
    if "@" in authority:
        # Not shown: it holds a password.
        raise InvalidRequest("the URL holds credentials; put them into an Authorization header")
    host, port = _split_port(authority)
    if not host:
        raise InvalidRequest(f"host {authority!r}: the name is missing")
    number = int(port) if port else _PORTS[scheme]
    if not 0 < number < 65536:
        raise InvalidRequest(f"host {authority!r}: the port must be 1 to 65535")
    return Origin(scheme, _checked_host(host.lower(), is_address=authority.startswith("[")), number)


@lru_cache(maxsize=1024)
def _host_header(scheme: str, authority: str | None) -> str:
    host = make_origin(scheme, authority).host
    assert authority is not None
    if authority.isascii() and "%" not in authority:
        return authority
    # RFC 6874 4: the zone of an address means nothing to others.
    host = f"[{host.partition('%')[0]}]" if ":" in host else host
    port = _split_port(authority)[1]
    return f"{host}:{port}" if port else host


def _split_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, bracket, rest = authority[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise InvalidRequest(f"host {authority!r}: the bracket of the IPv6 address does not close")
        port = rest[1:]
    else:
        host, _, port = authority.partition(":")
    if _PORT.fullmatch(port) is None:
        raise InvalidRequest(f"host {authority!r}: the port is not a number of at most 5 digits")
    return host, port


def _checked_host(host: str, *, is_address: bool) -> str:
    try:
        if is_address:
            IPv6Address(host.replace("%25", "%"))
            return host
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise InvalidRequest(f"host {host!r}: {error}") from error
    # After IDNA, which makes a "/" of some characters.
    if _NAME.fullmatch(name) is None:
        raise InvalidRequest(f"host {host!r}: a name has letters, digits, '-' and '.'")
    return name
