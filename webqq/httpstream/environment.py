"""Which proxy a request goes through, as the environment's variables say it.

There is no standard; where the customs differ this follows urllib and requests, and Go for what they lack (address
blocks, ports). Nothing is exempt that ``no_proxy`` does not name: neither ``localhost`` nor this machine's addresses.
"""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.proxy import Proxy

__all__ = ["ProxyRules"]

_Address: TypeAlias = IPv4Address | IPv6Address
_Network: TypeAlias = IPv4Network | IPv6Network
_Exempt: TypeAlias = tuple[str | _Address, int | None]
"""One host, as a name or an address, and its port; None: whatever the port."""

_BLANKS = re.compile(r"[\s,]+")
_BRACKETS = re.compile(r"\[([^\]]*:[^\]]*)\](?::([0-9]{1,5}))?")
_NAME = re.compile(r"(?:\*?\.)?([^:/*\[\]]+?)\.?(?::([0-9]{1,5}))?")


class ProxyRules:
    """A proxy for each scheme, and the hosts that are reached without one.

    ``http`` and ``https`` are the proxies for URLs of that scheme, None for none. ``no_proxy`` names exemptions, with
    commas or blanks between them:

    - ``*``: every host;
    - a name: the host and all below it, also where it begins with ``.`` or ``*.``;
    - an IPv4 or IPv6 address, or a block of them (``10.0.0.0/8``, ``fd00::/8``, ``[fd00::]/8``);
    - a name or address with a port (``example.com:8080``, ``[::1]:8080``): that port alone.

    Names are not looked up, so addresses exempt only URLs that spell an address. What is none of these is passed over.
    """

    __slots__ = ("_exempt", "_has_all", "_networks", "_proxies")

    def __init__(self, http: Proxy | None = None, https: Proxy | None = None, no_proxy: str = "") -> None:
        self._proxies = {"http": http, "https": https}
        entries = [entry for entry in _BLANKS.split(no_proxy) if entry]
        self._has_all = "*" in entries
        self._networks = tuple(_networks(entries))
        self._exempt = frozenset(_exempt(entries))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "ProxyRules":
        """The rules of ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy`` in ``environ``.

        ``all_proxy`` is for the schemes without one of their own. Each may be written in capitals; the small ones go
        first, also where they are empty, and empty means none. ``HTTP_PROXY`` does not count where ``REQUEST_METHOD``
        is set: in a CGI program it is a header that any client can send (httpoxy). Raises :class:`InvalidRequest`
        naming the variable whose value is no proxy.
        """
        names = {name: _variable(environ, name) for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")}
        if "REQUEST_METHOD" in environ and names["http_proxy"] == "HTTP_PROXY":
            names["http_proxy"] = ""
        proxies = {name: _proxy(environ, names[name]) for name in ("http_proxy", "https_proxy", "all_proxy")}
        return cls(
            proxies["http_proxy"] or proxies["all_proxy"],
            proxies["https_proxy"] or proxies["all_proxy"],
            environ.get(names["no_proxy"], ""),
        )

    def proxy_for(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for a URL's ``scheme``, ``host`` (without brackets) and ``port``; None: go there without one."""
        proxy = self._proxies.get(scheme)
        if proxy is None or self._has_all or self._is_exempt(host.lower().rstrip("."), port):
            return None
        return proxy

    def _is_exempt(self, host: str, port: int) -> bool:
        address = _address(host)
        if address is not None:
            is_named = not self._exempt.isdisjoint(((address, None), (address, port)))
            return is_named or any(address in network for network in self._networks)
        while host:
            if not self._exempt.isdisjoint(((host, None), (host, port))):
                return True
            host = host.partition(".")[2]
        return False


def _variable(environ: Mapping[str, str], name: str) -> str:
    return name if name in environ else name.upper()


def _proxy(environ: Mapping[str, str], name: str) -> Proxy | None:
    value = environ.get(name, "").strip()
    if not value:
        return None
    try:
        return Proxy.parse(value)
    except InvalidRequest as error:
        raise InvalidRequest(f"environment variable {name}: {error}") from error


def _networks(entries: Iterable[str]) -> Iterable[_Network]:
    for entry in entries:
        if "/" in entry:
            try:
                # Not strict: 10.1.2.3/8 means the block that holds it. Brackets are of use to ports alone.
                yield ip_network(entry.replace("[", "").replace("]", ""), strict=False)
            except ValueError:
                continue


def _exempt(entries: Iterable[str]) -> Iterable[_Exempt]:
    for entry in entries:
        if "/" in entry:
            continue
        address = _address(entry)
        parts = _BRACKETS.fullmatch(entry) or _NAME.fullmatch(entry)
        if address is not None:
            yield address, None
        elif parts is not None:
            host, port = parts[1].lower(), parts[2]
            number = None if port is None else int(port)
            yield _address(host) or _ascii(host), number


def _ascii(name: str) -> str:
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except ValueError:
        # No host is spelled so: it exempts none.
        return name


def _address(host: str) -> _Address | None:
    # Most hosts are names: to try each as an address costs an exception.
    if ":" not in host and not host[-1:].isdecimal():
        return None
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
