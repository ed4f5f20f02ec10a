"""Where a request goes: scheme, host and port, read once for each spelling."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.request import Request

from webqq.httpstream.errors import InvalidRequest

__all__ = ["Origin", "origin_of"]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """One end to connect to (RFC 9110 section 4.3.1). Equal origins may share connections."""

    scheme: str
    host: str
    """Lower case, without the brackets of an IPv6 address; not ASCII only where IDNA cannot encode it."""
    port: int

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"


def origin_of(request: Request) -> Origin:
    """The origin of ``request``; :class:`InvalidRequest` where its URL is not one of http or https."""
    return _origin(request.type, request.host)


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
    return Origin(scheme, _ascii_host(host.lower()), number)


def _split_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, bracket, rest = authority[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise InvalidRequest(f"host {authority!r}: the bracket of the IPv6 address does not close")
        port = rest[1:]
    else:
        host, _, port = authority.partition(":")
    if port and not (port.isascii() and port.isdigit()):
        raise InvalidRequest(f"host {authority!r}: the port is not a number")
    return host, port


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise InvalidRequest(f"host {host!r}: {error}") from error
