"""Bytes and URLs as text for a log, without the secrets in them.

What is hidden: the values of headers and query parameters whose names are known for secrets or look like it, the
user's part of a URL, and a Telegram bot's token in a path. Bodies are not looked into. Pure: it writes nowhere.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Collection
from functools import cache
from urllib.parse import unquote_plus

__all__ = ["describe_body", "describe_head", "is_secret", "redact_url"]

_SCHEMES = frozenset({"authorization", "proxy-authorization"})
_HOLD_URLS = frozenset({"content-location", "link", "location", "referer", "refresh"})

_USERINFO = re.compile(r"(//)[^/?#]*@")
_BOT_TOKEN = re.compile(r"(/bot[0-9]+:)[A-Za-z0-9_-]+")
_PARAM = re.compile(r"(?<=[?&#;])([^=&#;]+)=([^&#;]+)")
_VERSION = re.compile(r" HTTP/[0-9.]*$")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\xff]")


def is_secret(name: str, hidden: Collection[str] = ()) -> bool:
    """Whether the value of a header or query parameter called ``name`` is not to be shown.

    ``hidden`` names, in lower case, more of them than those whose names give them away.

    >>> is_secret("access_token"), is_secret("X-Api-Key"), is_secret("keyword")
    (True, True, False)
    """
    return name.lower() in hidden or _secret_name().search(name) is not None


@cache
def _secret_name() -> re.Pattern[str]:
    # Compiled when first asked for: it is the dearest pattern of the package, and many programs log nothing.
    return re.compile(
        # Anywhere in a name ...
        r"token|secret|passw|pwd|session|signature|credential|cookie|authorization|webqq|skey|apikey|accesskey|authcode"
        # ... and, being short, only as its last word.
        r"|(?:^|[^a-z])(?:auth|code|jwt|key|otp|pass|pin|sid|sig)$",
        re.IGNORECASE,
    )


def redact_url(url: str, hidden: Collection[str] = ()) -> str:
    """``url`` with ``***`` for each secret in it; see :func:`is_secret` for ``hidden``.

    >>> redact_url("https://me:pw@example.com/?page=2&access_token=abc")
    'https://***@example.com/?page=2&access_token=***'
    """
    if "@" in url:
        url = _USERINFO.sub(r"\1***@", url)
    if "/bot" in url:
        url = _BOT_TOKEN.sub(r"\1***", url)
    if "=" not in url:
        return url
    return _PARAM.sub(lambda found: _redacted_param(found, hidden), url)


def describe_head(raw: bytes, hidden: Collection[str] = ()) -> str:
    r"""The head of a request or response as text, a line each, without its secrets.

    Of ``Authorization`` the scheme stays, of each secret its length. Control characters are written as ``\x1b``. A
    line that is no header is told by its length alone. ``hidden`` is as :func:`is_secret` has it.

    >>> describe_head(b"GET /?key=1 HTTP/1.1\r\nCookie: a=1; b=2\r\n\r\n")
    'GET /?key=*** HTTP/1.1\nCookie: *** (8 bytes)'
    """
    first, *rest = raw.decode("latin-1").rstrip("\r\n").replace("\r\n", "\n").split("\n")
    method, space, target = first.partition(" ")
    lines = [method + space + _redact_target(target, hidden)]
    is_hidden = True
    for line in rest:
        if line.startswith((" ", "\t")):
            # An obs-fold belongs to the line before it (RFC 9112 section 5.2).
            lines.append(" " + _length_of(line.strip()) if is_hidden else line)
            continue
        name, colon, value = line.partition(":")
        is_hidden = not colon or is_secret(name.strip(), hidden)
        lines.append(_describe_header(name, value.strip(), hidden, is_hidden=is_hidden) if colon else _length_of(line))
    return "\n".join(_UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", line) for line in lines)


def describe_body(raw: bytes, shown: int = 0) -> str:
    """The length of a body, and its first ``shown`` bytes where they are printable UTF-8. Secrets in them are shown.

    >>> describe_body(b"hello, world"), describe_body(b"hello, world", 5)
    ('12 bytes', "12 bytes: 'hello'...")
    """
    length = f"{len(raw)} bytes"
    try:
        # A character that the cut goes through is left out.
        text = getincrementaldecoder("utf-8")().decode(raw[:shown])
    except UnicodeDecodeError:
        return length
    if not text or not re.sub(r"[\t\r\n]", "", text).isprintable():
        return length
    return f"{length}: {text!r}{'...' if len(raw) > shown else ''}"


def _redacted_param(found: re.Match[str], hidden: Collection[str]) -> str:
    name = found[1]
    return f"{name}=***" if is_secret(unquote_plus(name), hidden) else found[0]


def _redact_target(text: str, hidden: Collection[str]) -> str:
    # The version must not go with the value of the last parameter. In a status line nothing is found.
    version = _VERSION.search(text)
    end = len(text) if version is None else version.start()
    return redact_url(text[:end], hidden) + text[end:]


def _describe_header(name: str, value: str, hidden: Collection[str], *, is_hidden: bool) -> str:
    lower = name.strip().lower()
    if not is_hidden:
        return f"{name}: {redact_url(value, hidden) if lower in _HOLD_URLS else value}"
    scheme, space, rest = value.partition(" ")
    if lower in _SCHEMES and space:
        return f"{name}: {scheme} {_length_of(rest)}"
    return f"{name}: {_length_of(value)}"


def _length_of(secret: str) -> str:
    return f"*** ({len(secret)} bytes)"
