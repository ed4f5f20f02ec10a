"""Digest authentication (RFC 7616, with RFC 2617 and 2069 for old servers), and how any challenge is read.

Pure: what must not be foretold is an argument.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import NamedTuple
from urllib.parse import quote

from webqq.httpstream.auth import Credentials, refuse_control
from webqq.httpstream.origin import Origin

__all__ = ["MAX_CHALLENGES", "MAX_ORIGINS", "Challenge", "Digest", "parse_challenges"]

MAX_CHALLENGES = 3
"""Challenges that one exchange answers: the first, and two more that say no more than that the nonce was too old."""

MAX_ORIGINS = 256
"""Origins whose last nonce a :class:`Digest` knows; the one that was met first is forgotten first."""

_ASKED_IN = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}

# Challenges.

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105  # a grammar, no password
_SEPARATORS = re.compile(r"[\s,]*")
_SCHEME = re.compile(rf"({_TOKEN})(?:[ \t]+|(?=,)|$)")
_TOKEN68 = re.compile(r"([A-Za-z0-9\-._~+/]+=*)[ \t]*(?:,|$)")
_PARAM = re.compile(rf"({_TOKEN})[ \t]*=[ \t]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# More than a token may hold: nonces in Base64 are found without quotes.
_UNQUOTED = re.compile(r'[^\s,"]*')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in which a server would take credentials (RFC 9110 section 11.3)."""

    scheme: str
    """In lower case: ``"basic"``, ``"digest"``, ..."""
    params: dict[str, str] = field(default_factory=dict)
    """By name in lower case; of two with one name the first."""
    token: str | None = None
    """What stands in place of parameters, as for Negotiate."""


def parse_challenges(values: Sequence[str]) -> list[Challenge]:
    """The challenges in the lines of a ``WWW-Authenticate`` or ``Proxy-Authenticate`` header, in their order.

    A line may hold several, and their parameters are parted by commas too. What is none is left out.
    """
    return [challenge for value in values for challenge in _challenges_in(value)]


def _challenges_in(line: str) -> Iterator[Challenge]:
    challenge: Challenge | None = None
    at = _end(_SEPARATORS, line, 0)
    while at < len(line):
        if param := _PARAM.match(line, at):
            value, at = _param_value(line, param.end())
            if challenge is not None and value is not None:
                challenge.params.setdefault(param[1].lower(), value)
        elif scheme := _SCHEME.match(line, at):
            if challenge is not None:
                yield challenge
            token = _TOKEN68.match(line, scheme.end()) if line[scheme.end() - 1] in " \t" else None
            challenge = Challenge(scheme[1].lower(), {}, token[1] if token else None)
            at = token.end() if token else scheme.end()
        else:
            comma = line.find(",", at)
            at = len(line) if comma < 0 else comma
        at = _end(_SEPARATORS, line, at)
    if challenge is not None:
        yield challenge


def _param_value(line: str, at: int) -> tuple[str | None, int]:
    """The value that begins at ``at`` and where it ends; None for a quote that does not close: it takes all."""
    if not line.startswith('"', at):
        end = _end(_UNQUOTED, line, at)
        return line[at:end], end
    quoted = _QUOTED.match(line, at)
    return (None, len(line)) if quoted is None else (_ESCAPE.sub(r"\1", quoted[1]), quoted.end())


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    found = pattern.match(line, at)
    assert found is not None, "the pattern matches nothing, too"
    return found.end()


# Digest.


class _Algorithm(NamedTuple):
    rank: int
    hash_name: str


# RFC 7616 6.1. The two strong ones are equals: of those the server's order decides.
_ALGORITHMS = {
    name: algorithm
    for name, algorithm in {
        "md5": _Algorithm(1, "md5"),
        "sha-256": _Algorithm(2, "sha256"),
        "sha-512-256": _Algorithm(2, "sha512_256"),
    }.items()
    if algorithm.hash_name in hashlib.algorithms_available
}


@dataclass(slots=True)
class _Nonce:
    """A nonce of a server, and all that its challenge says about how to use it."""

    algorithm: _Algorithm
    is_session: bool
    params: dict[str, str]
    count: int = 0
    """How often it was used (RFC 7616 section 3.4, nc)."""
    cnonce: str = ""
    """RFC 7616 section 3.4.2: that of the first use is part of a session's key. It stays the same, for servers that
    take the last one for it."""

    @property
    def is_utf8(self) -> bool:
        return self.params.get("charset", "").lower() == "utf-8"

    @property
    def has_userhash(self) -> bool:
        return self.params.get("userhash", "").lower() == "true"

    def hash(self, *parts: bytes) -> str:
        return hashlib.new(self.algorithm.hash_name, b":".join(parts), usedforsecurity=False).hexdigest()

    def use(self, make_cnonce: Callable[[], str]) -> str:
        """Count once more; returns the client's nonce for it."""
        self.count += 1
        if not self.cnonce or not self.is_session:
            self.cnonce = make_cnonce()
        return self.cnonce


class Digest:
    """User name and password, of which only hashes are sent, once a server has asked.

    The first request to an origin goes out without; the next ones use the nonce of the last challenge. SHA-256 and
    SHA-512-256 are taken before MD5. ``auth-int`` is not spoken. Raises ``ValueError`` for control characters.
    """

    __slots__ = ("_nonces", "_password", "_username")

    def __init__(self, username: str, password: str) -> None:
        refuse_control(username, password)
        self._username = username
        self._password = password
        self._nonces: dict[Origin, _Nonce] = {}

    def __repr__(self) -> str:
        return "<Digest ***>"

    def for_origin(self, origin: Origin) -> Credentials:
        return _DigestCredentials(self, origin)

    def answer(self, origin: Origin, method: str, target: str, make_cnonce: Callable[[], str]) -> str | None:
        """The header value with the last nonce of ``origin``, or None where none is known."""
        nonce = self._nonces.get(origin)
        return (
            None
            if nonce is None
            else _digest_header(nonce, self._username, self._password, method, target, make_cnonce)
        )

    def learn(self, origin: Origin, nonce: _Nonce) -> None:
        """``nonce`` is the last one of ``origin``."""
        self._nonces[origin] = nonce
        if len(self._nonces) > MAX_ORIGINS:
            del self._nonces[next(iter(self._nonces))]


class _DigestCredentials:
    __slots__ = ("_challenges", "_digest", "_origin")

    def __init__(self, digest: Digest, origin: Origin) -> None:
        self._digest = digest
        self._origin = origin
        self._challenges = 0

    def header_for(self, method: str, target: str, make_cnonce: Callable[[], str]) -> str | None:
        return self._digest.answer(self._origin, method, target, make_cnonce)

    def challenge(self, status: int, headers: Message) -> bool:
        nonce = _choose(parse_challenges(headers.get_all(_ASKED_IN.get(status, ""), [])))
        if nonce is None:
            return False
        self._challenges += 1
        is_stale = nonce.params.get("stale", "").lower() == "true"
        # The first may have answered a nonce that was kept from before; after that, only the nonce may be wrong.
        if self._challenges > (MAX_CHALLENGES if is_stale else 1):
            return False
        self._digest.learn(self._origin, nonce)
        return True


def _choose(challenges: list[Challenge]) -> _Nonce | None:
    usable = [nonce for challenge in challenges if (nonce := _nonce_of(challenge)) is not None]
    # max() takes the first of equals: the server's order is its preference (RFC 7616 section 3.7).
    return max(usable, key=lambda nonce: nonce.algorithm.rank, default=None)


def _nonce_of(challenge: Challenge) -> _Nonce | None:
    params = challenge.params
    name = params.get("algorithm", "MD5").lower()
    algorithm = _ALGORITHMS.get(name.removesuffix("-sess"))
    if challenge.scheme != "digest" or "nonce" not in params or algorithm is None:
        return None
    is_session = name.endswith("-sess")
    qops = re.split(r"[\s,]+", params.get("qop", "").strip().lower())
    # RFC 2069 servers know no qop; a session needs the client's nonce, which comes only with one.
    is_usable = "auth" in qops or (qops == [""] and not is_session)
    return _Nonce(algorithm, is_session, params) if is_usable else None


def _digest_header(
    nonce: _Nonce, username: str, password: str, method: str, target: str, make_cnonce: Callable[[], str]
) -> str:
    params = nonce.params
    realm, server_nonce = _raw(params.get("realm", "")), _raw(params["nonce"])
    user, secret = _encoded(username, nonce), _encoded(password, nonce)
    has_qop = bool(params.get("qop", "").strip())
    cnonce = nonce.use(make_cnonce) if has_qop else ""
    count = f"{nonce.count:08x}"
    key = nonce.hash(user, realm, secret)
    if nonce.is_session:
        key = nonce.hash(key.encode(), server_nonce, cnonce.encode())
    between = (server_nonce, count.encode(), cnonce.encode(), b"auth") if has_qop else (server_nonce,)
    response = nonce.hash(key.encode(), *between, nonce.hash(method.encode(), target.encode()).encode())

    parts = [_user_param(nonce, user, realm), f"realm={_quoted(params.get('realm', ''))}"]
    parts += [f"nonce={_quoted(params['nonce'])}", f"uri={_quoted(target)}", f'response="{response}"']
    if "algorithm" in params:
        parts.append(f"algorithm={params['algorithm']}")
    if "opaque" in params:
        parts.append(f"opaque={_quoted(params['opaque'])}")
    if has_qop:
        parts += ["qop=auth", f"nc={count}", f"cnonce={_quoted(cnonce)}"]
    if nonce.has_userhash:
        parts.append("userhash=true")
    return "Digest " + ", ".join(parts)


def _user_param(nonce: _Nonce, user: bytes, realm: bytes) -> str:
    if nonce.has_userhash:
        return f'username="{nonce.hash(user, realm)}"'
    if nonce.is_utf8 and not user.isascii():
        # RFC 7616 3.4 and RFC 8187: a quoted string has no such characters.
        return f"username*=UTF-8''{quote(user, safe='')}"
    return f"username={_quoted(user.decode('latin-1'))}"


def _encoded(text: str, nonce: _Nonce) -> bytes:
    return text.encode() if nonce.is_utf8 else _raw(text)


def _raw(text: str) -> bytes:
    """The bytes of a header's text; UTF-8 where Latin-1 has no such characters."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
