"""Where a request goes: scheme, host and port, read once for each spelling."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.request import Request

from webqq.httpstream.errors import InvalidRequest

__all__ = ["Origin", "host_header", "origin_of"]

_PORTS = {"http": 80, "https": 443}
# RFC 3986 3.2.2, reg-name: what a name or an IPv4 address is made of.
_NAME = re.compile(r"[0-9a-z._~!$&'()*+,;=%-]+")
_PORT = re.compile(r"[0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Origin:
    """One end to connect to (RFC 9110 section 4.3.1). Equal origins may share connections."""

    scheme: str
    host: str
    """ASCII (IDNA) in lower case, without the brackets of an IPv6 address."""
    port: int

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"


def origin_of(request: Request) -> Origin:
    """The origin of ``request``; :class:`InvalidRequest` where its URL is not one of http or https."""
    if request._tunnel_host:  # type: ignore[attr-defined]  # not in the stubs; urllib's own handlers read it
        # Request.set_proxy() put the proxy where the host was: the proxy would get what is meant for the host.
        raise InvalidRequest("the request is to go through a proxy, which is not spoken")
    return _origin(request.type, request.host)


def host_header(request: Request) -> str:
    """Host and port of ``request`` as a ``Host`` header has them (RFC 9112 section 3.2): as they are spelled, in ASCII.

    Raises :class:`InvalidRequest` as :func:`origin_of` does.
    """
    return _host_header(request.type, request.host)


@lru_cache(maxsize=1024)
def _origin(scheme: str, authority: str | None) -> Origin:
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
    host = _origin(scheme, authority).host
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
