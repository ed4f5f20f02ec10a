"""Proxies: how one is named, and what is said to it before a connection stands.

The handshakes take bytes and give bytes; who connects, sends and receives is somebody else. They are spoken after the
TCP connection to the proxy stands (for ``https`` proxies: after its TLS handshake), and what follows them goes to the
server as if there were no proxy.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol, TypeAlias
from urllib.parse import quote, unquote

from webqq.httpstream.errors import InvalidRequest, ProxyError

__all__ = ["Handshake", "Proxy", "basic_credentials", "handshake_for"]

HEAD_LIMIT = 64 * 1024
"""Bytes of one head that a proxy may answer to CONNECT: room for an ample one, and no way to fill the memory."""

INTERIM_LIMIT = 16
"""Interim (1xx) answers to CONNECT before the final one; more is a proxy that never comes to the point."""

# As urllib, requests and Go have them. (curl takes 1080 for http, too.)
_PORTS = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}
_URL = re.compile(
    r"(?:(?P<scheme>[^:/?#@]*)://)?"
    r"(?:(?P<username>[^:/?#]*)(?::(?P<password>[^/?#]*))?@)?"
    r"(?:\[(?P<address>[^\[\]@/?#]*)\]|(?P<name>[^\[\]:@/?#]*))"
    r"(?::(?P<port>[^\[\]@/?#]*))?/?"
)
_NAME = re.compile(r"[0-9a-z._~!$&'()*+,;=-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# RFC 1928 and 1929 count names, user names and passwords in one byte.
_BYTE_MAX = 255
_BARE_LINE_END = re.compile(rb"(?<!\r)\n")
_REASON_SHOWN = 100


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """One proxy. Equal ones may share connections.

    ``scheme`` is ``http``, ``https`` (TLS to the proxy itself), ``socks4``, ``socks4a``, ``socks5`` or ``socks5h``;
    with ``socks4a`` and ``socks5h`` the proxy looks the server's name up. ``host`` is kept in ASCII (IDNA) and lower
    case, without the brackets of an IPv6 address. SOCKS4 knows a user name but no password. The password stands in
    neither ``str`` nor ``repr``. Raises :class:`InvalidRequest` naming the part that is wrong.
    """

    scheme: str
    host: str
    port: int
    username: str | None = None
    password: str | None = None

    def __post_init__(self) -> None:
        if self.scheme not in _PORTS:
            raise InvalidRequest(f"proxy scheme: must be one of {', '.join(_PORTS)}")
        object.__setattr__(self, "host", _checked_host(self.host))
        if not 0 < self.port < 65536:
            raise InvalidRequest("proxy port: must be 1 to 65535")
        _check_credentials(self)

    @classmethod
    def parse(cls, url: str) -> "Proxy":
        """The proxy of ``scheme://user:password@host:port``, of which all but the host may be missing.

        The scheme is then ``http``; the port 80, for ``https`` 443, for the SOCKS ones 1080. User name and password
        are percent-decoded as UTF-8. Raises :class:`InvalidRequest`, which shows nothing of the URL.
        """
        parts = _URL.fullmatch(url.strip())
        if parts is None:
            raise InvalidRequest("proxy URL: expected scheme://user:password@host:port, with / ? # percent-encoded")
        scheme = "http" if parts["scheme"] is None else parts["scheme"].lower()
        host = parts["name"] if parts["address"] is None else _checked_address(parts["address"])
        username, password = _decoded(parts["username"]), _decoded(parts["password"])
        if not username and not password:
            username = password = None
        port = _port(parts["port"]) if parts["port"] else _PORTS.get(scheme, 0)
        return cls(scheme, host, port, username, password)

    @property
    def is_tls(self) -> bool:
        """Whether the proxy itself is spoken to over TLS."""
        return self.scheme == "https"

    @property
    def resolves_locally(self) -> bool:
        """Whether the proxy takes addresses alone: then the server's name is to be looked up here."""
        return self.scheme in ("socks4", "socks5")

    def needs_tunnel(self, is_tls: bool) -> bool:
        """Whether a request goes to its server through a tunnel, for which :func:`handshake_for` is to be asked.

        False for plain ``http`` (``is_tls`` False) through an ``http`` or ``https`` proxy: such a request is sent to
        the proxy itself, with the whole URL as its target and :attr:`authorization` (RFC 9112 section 3.2.2).
        """
        return is_tls or self.scheme.startswith("socks")

    @property
    def authorization(self) -> str | None:
        """The value of ``Proxy-Authorization`` (Basic in UTF-8, RFC 7617), or None without a user name.

        For the proxy alone: on CONNECT, or on a request that the proxy forwards, never within a tunnel.
        """
        if self.username is None:
            return None
        return "Basic " + b64encode(f"{self.username}:{self.password or ''}".encode()).decode("ascii")

    def __str__(self) -> str:
        userinfo = ""
        if self.username is not None:
            userinfo = quote(self.username, safe="") + ("@" if self.password is None else ":***@")
        return f"{self.scheme}://{userinfo}{_bracketed(self.host)}:{self.port}"

    def __repr__(self) -> str:
        return f"<Proxy {self}>"


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """User name and password of a header's Basic credentials in UTF-8 (RFC 7617); None where they are no such."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        username, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (username, password) if colon and scheme.lower() == "basic" else None


def _decoded(text: str | None) -> str | None:
    try:
        return None if text is None else unquote(text, errors="strict")
    except ValueError:
        # Not chained: the error of the codec holds the text.
        raise InvalidRequest("proxy credentials: their percent-encoding is not UTF-8") from None


def _port(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,5}", text) is None:
        raise InvalidRequest("proxy port: must be 1 to 65535 (an IPv6 address stands in brackets)")
    return int(text)


def _checked_host(host: str) -> str:
    if ":" in host:
        return _checked_address(host)
    try:
        name = (host if host.isascii() else host.encode("idna").decode("ascii")).lower()
    except ValueError:
        name = ""
    if _NAME.fullmatch(name) is None:
        raise InvalidRequest("proxy host: a name has letters, digits, '-' and '.'")
    return name


def _checked_address(text: str) -> str:
    try:
        return str(IPv6Address(text.replace("%25", "%")))
    except ValueError:
        raise InvalidRequest("proxy host: what stands in brackets must be an IPv6 address") from None


def _check_credentials(proxy: Proxy) -> None:
    username, password = proxy.username, proxy.password
    if username is None:
        if password is not None:
            raise InvalidRequest("proxy user name: a password without one")
        return
    if ":" in username:
        raise InvalidRequest("proxy user name: must not hold a colon")
    for part, text in (("user name", username), ("password", password or "")):
        if _CONTROL.search(text):
            raise InvalidRequest(f"proxy {part}: holds a control character")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InvalidRequest(f"proxy {part}: is not text that UTF-8 can hold")
        if proxy.scheme.startswith("socks") and len(text.encode()) > _BYTE_MAX:
            raise InvalidRequest(f"proxy {part}: SOCKS takes {_BYTE_MAX} bytes at most")
    if proxy.scheme.startswith("socks5") and not username:
        raise InvalidRequest("proxy user name: SOCKS5 takes no empty one")
    if proxy.scheme.startswith("socks4") and password is not None:
        raise InvalidRequest("proxy password: SOCKS4 knows none")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Handshake(Protocol):
    """What is said to a proxy until the tunnel through it stands."""

    def take_outgoing(self) -> bytes:
        """What is to be sent now, each byte once; to be asked at the start and after each :meth:`feed`."""

    def feed(self, data: bytes) -> bool:
        """Take what came from the proxy, in any pieces, ``b""`` for its end. True once the tunnel stands.

        Raises :class:`ProxyError` where the proxy refuses, breaks the rules, ends too early, or sends more than its
        answer: that would be taken for the server's.
        """


def handshake_for(proxy: Proxy, host: str, port: int, address: str | None = None) -> Handshake:
    """The handshake that opens a tunnel to ``host`` (as an ``Origin`` has it) and ``port``.

    ``address`` is what ``host`` was resolved to, for proxies of which :attr:`Proxy.resolves_locally` is true; it may be
    missing where ``host`` is an address itself. ``socks4`` takes IPv4 alone. Raises :class:`InvalidRequest` where the
    proxy's protocol cannot name that destination.
    """
    if _numeric(host) is None and _NAME.fullmatch(host.lower()) is None:
        raise InvalidRequest(f"host {host!r}: cannot be named to a proxy")
    if not 0 < port < 65536:
        raise InvalidRequest(f"port {port}: must be 1 to 65535")
    destination = (address or host) if proxy.resolves_locally else host
    return _Dialogue(_SCRIPTS[proxy.scheme](proxy, destination, port))


def _shown(head: bytes | bytearray) -> str:
    return repr(bytes(head[:_REASON_SHOWN]))


_Script: TypeAlias = Generator[tuple[bytes, int | bytes], bytes, None]
"""One handshake: yields what to send and what to wait for, so many bytes or all up to a mark; gets that."""


class _Dialogue:
    """A :class:`Handshake` that follows a script."""

    __slots__ = ("_is_done", "_outgoing", "_received", "_script", "_searched", "_wanted")

    def __init__(self, script: _Script) -> None:
        self._script = script
        self._outgoing, self._wanted = next(script)
        self._received = bytearray()
        self._searched = 0
        self._is_done = False

    def take_outgoing(self) -> bytes:
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def feed(self, data: bytes) -> bool:
        if not data:
            raise ProxyError("the proxy closed the connection before the tunnel stood")
        self._received += data
        while not self._is_done and (length := self._whole()):
            self._step(length)
        if self._is_done and self._received:
            raise ProxyError("the proxy sent more than its answer")
        return self._is_done

    def _whole(self) -> int:
        """How many bytes the script gets now; 0 while what it waits for is not there."""
        if isinstance(self._wanted, int):
            return self._wanted if len(self._received) >= self._wanted else 0
        # The mark may have begun in the last piece.
        found = self._received.find(self._wanted, max(0, self._searched - len(self._wanted)))
        if found < 0 and _BARE_LINE_END.search(self._received, self._searched):
            # At once: the proxy may be through, and wait for us.
            raise ProxyError(f"the proxy's answer is malformed, a line ends in LF without CR: {_shown(self._received)}")
        self._searched = len(self._received)
        length = found + len(self._wanted) if found >= 0 else 0
        if (length or self._searched) > HEAD_LIMIT:
            raise ProxyError(f"the proxy's answer has a head of more than {HEAD_LIMIT} bytes")
        return length

    def _step(self, length: int) -> None:
        part = bytes(self._received[:length])
        del self._received[:length]
        self._searched = 0
        try:
            outgoing, self._wanted = self._script.send(part)
        except StopIteration:
            self._is_done = True
        else:
            self._outgoing += outgoing


# HTTP CONNECT (RFC 9110 section 9.3.6).

_START = b"HTTP/1."
_HEAD_END = b"\r\n\r\n"
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_TEXT = rb"[\t\x20-\x7e\x80-\xff]*"
_HEAD = re.compile(
    rb"HTTP/1\.[0-9] (?P<status>[1-9][0-9]{2})(?: (?P<reason>%b))?\r\n(?:%b:%b\r\n)*\r\n" % (_TEXT, _TOKEN, _TEXT)
)
_CHALLENGE = re.compile(rb"\r\nproxy-authenticate:[ \t]*(%b)" % _TOKEN, re.IGNORECASE)


def _connect(proxy: Proxy, host: str, port: int) -> _Script:
    # RFC 6874 4: the zone of an address means nothing to others.
    authority = f"{_bracketed(host.partition('%')[0])}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", "User-Agent: webqq"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    outgoing = "\r\n".join([*lines, "", ""]).encode("ascii")
    for _ in range(INTERIM_LIMIT + 1):
        start = yield outgoing, len(_START)
        if start != _START:
            raise ProxyError(f"the proxy does not answer in HTTP/1: {start!r}")
        outgoing = b""
        head = start + (yield outgoing, _HEAD_END)
        parts = _HEAD.fullmatch(head)
        if parts is None:
            raise ProxyError(f"the proxy's answer to CONNECT is malformed: {_shown(head)}")
        status = int(parts["status"])
        if 200 <= status < 300:
            # Whatever framing it names: a body of this answer would be the tunnel itself.
            return
        if not 100 <= status < 200 or status == 101:
            raise ProxyError(_refusal(proxy, head, status, parts["reason"] or b""), status)
    raise ProxyError(f"the proxy gave more than {INTERIM_LIMIT} interim answers to CONNECT")


def _refusal(proxy: Proxy, head: bytes, status: int, reason: bytes) -> str:
    answer = f"{status} {reason[:_REASON_SHOWN].decode('latin-1')}".rstrip()
    if status != 407:
        return f"the proxy answered {answer} to CONNECT"
    wants = "wants credentials" if proxy.username is None else "refuses the credentials"
    schemes = ", ".join(scheme.decode("ascii") for scheme in _CHALLENGE.findall(head)) or "nothing"
    return f"the proxy {wants}: it answered {answer} to CONNECT and takes {schemes}"


# SOCKS4 and SOCKS4a (the memos of Ying-Da Lee).

_SOCKS4_GRANTED = 90
_SOCKS4_REFUSALS = {
    91: "request rejected or failed",
    92: "it cannot ask identd on this machine",
    93: "identd on this machine names another user",
}
# An address that no host has says: a name follows (SOCKS4a).
_NAME_FOLLOWS = bytes((0, 0, 0, 1))


def _socks4(proxy: Proxy, host: str, port: int) -> _Script:
    found = _numeric(host)
    name = b""
    if isinstance(found, IPv4Address):
        packed = found.packed
    elif found is None and not proxy.resolves_locally:
        packed, name = _NAME_FOLLOWS, host.encode("ascii") + b"\0"
    else:
        raise InvalidRequest(f"host {host!r}: SOCKS4 needs its IPv4 address")
    user = (proxy.username or "").encode()
    request = b"\x04\x01" + port.to_bytes(2, "big") + packed + user + b"\0" + name
    reply = yield request, 8
    if reply[0] != 0:
        raise ProxyError(f"the proxy does not answer in SOCKS4: {reply!r}")
    if reply[1] != _SOCKS4_GRANTED:
        raise ProxyError(f"the SOCKS4 proxy refuses: {_SOCKS4_REFUSALS.get(reply[1], 'unknown reply')} ({reply[1]})")


# SOCKS5 (RFC 1928), its user names and passwords (RFC 1929).

_NO_CREDENTIALS, _CREDENTIALS, _NOTHING_OFFERED = 0x00, 0x02, 0xFF
_IPV4, _DOMAIN, _IPV6 = 0x01, 0x03, 0x04
_SOCKS5_REFUSALS = {
    1: "general failure",
    2: "its rules do not allow the connection",
    3: "network unreachable",
    4: "host unreachable",
    5: "the server refused the connection",
    6: "the connection's time to live ran out",
    7: "it does not know the command",
    8: "it does not know the type of address",
}


def _socks5(proxy: Proxy, host: str, port: int) -> _Script:
    request = b"\x05\x01\x00" + _destination(proxy, host) + port.to_bytes(2, "big")
    offered = bytes([_NO_CREDENTIALS] if proxy.username is None else [_NO_CREDENTIALS, _CREDENTIALS])
    version, method = yield bytes((5, len(offered))) + offered, 2
    if version != 5:
        raise ProxyError(f"the proxy does not answer in SOCKS5: {bytes((version, method))!r}")
    if method == _NOTHING_OFFERED:
        wants = "wants credentials" if proxy.username is None else "takes neither credentials nor none"
        raise ProxyError(f"the SOCKS5 proxy {wants}")
    if method not in offered:
        raise ProxyError(f"the SOCKS5 proxy chose method {method}, which was not offered")
    if method == _CREDENTIALS:
        # The version is not looked at: some proxies give that of SOCKS.
        _, status = yield _credentials(proxy), 2
        if status != 0:
            raise ProxyError(f"the SOCKS5 proxy refuses the credentials ({status})")
    # A refusal may be cut after its code.
    version, code = yield request, 2
    if version != 5:
        raise ProxyError(f"the SOCKS5 proxy answered with version {version}")
    if code != 0:
        raise ProxyError(f"the SOCKS5 proxy refuses: {_SOCKS5_REFUSALS.get(code, 'unknown reply')} ({code})")
    yield from _bound_address()


def _bound_address() -> _Script:
    """Skip where the proxy connects from: its address and 2 bytes of port."""
    _, kind = yield b"", 2
    if kind == _DOMAIN:
        (length,) = yield b"", 1
    elif kind in (_IPV4, _IPV6):
        length = 4 if kind == _IPV4 else 16
    else:
        raise ProxyError(f"the SOCKS5 proxy answered with an address of the unknown type {kind}")
    yield b"", length + 2


def _destination(proxy: Proxy, host: str) -> bytes:
    found = _numeric(host)
    if found is not None:
        return bytes((_IPV4 if found.version == 4 else _IPV6,)) + found.packed
    if proxy.resolves_locally:
        raise InvalidRequest(f"host {host!r}: socks5 needs its address; with socks5h the proxy looks it up")
    name = host.encode("ascii")
    if len(name) > _BYTE_MAX:
        raise InvalidRequest(f"host: SOCKS5 takes names of {_BYTE_MAX} bytes at most, not {len(name)}")
    return bytes((_DOMAIN, len(name))) + name


def _credentials(proxy: Proxy) -> bytes:
    username, password = (proxy.username or "").encode(), (proxy.password or "").encode()
    return bytes((1, len(username))) + username + bytes((len(password),)) + password


def _numeric(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.replace("%25", "%"))
    except ValueError:
        return None


_SCRIPTS: dict[str, Callable[[Proxy, str, int], _Script]] = {
    "http": _connect,
    "https": _connect,
    "socks4": _socks4,
    "socks4a": _socks4,
    "socks5": _socks5,
    "socks5h": _socks5,
}
