"""What is to be fetched: URLs from arguments, and from the lines of files that come in pieces. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.origin import make_origin

__all__ = ["LONGEST_LINE", "BadTarget", "Line", "LineSplitter", "Target", "parse_target"]

LONGEST_LINE = 64 * 1024
"""Bytes of a line; what is longer is no URL, and must not fill the memory."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# URL standard: what stands in a path and a query as it is. "%" stays: what is encoded is not encoded again.
_PATH_SAFE = "!$%&'()*+,/:;=@[\\]^|~"
_QUERY_SAFE = "!$%&'()*+,/:;=?@[\\]^`{|}~"


class BadTarget(ValueError):
    """A text that is no URL which can be fetched; the message says why and shows no password."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, its number counted from 1. ``text`` None: it is too long, or not in UTF-8."""

    number: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """``url`` as it is sent: in ASCII, without the user name and password that the text may have had."""

    url: str
    credentials: tuple[str, str] | None = None


def parse_target(text: str) -> Target:
    """The target that ``text`` names.

    What a URL cannot hold, blanks and letters beyond ASCII, is percent-encoded as UTF-8. Raises :class:`BadTarget`.

    >>> parse_target("http://me:pw@example.com/a b").url
    'http://example.com/a%20b'
    """
    if _CONTROL.search(text) is not None:
        raise BadTarget("a URL holds no control characters")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise BadTarget(f"it is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not text[len(parts.scheme) :].startswith("://"):
        raise BadTarget("a URL begins with http:// or https://")
    userinfo, at, authority = parts.netloc.rpartition("@")
    try:
        make_origin(parts.scheme, authority)
    except InvalidRequest as error:
        raise BadTarget(str(error)) from error
    path = quote(parts.path, _PATH_SAFE) or "/"
    url = urlunsplit((parts.scheme, authority, path, quote(parts.query, _QUERY_SAFE), ""))
    return Target(url, _credentials(userinfo) if at else None)


def _credentials(userinfo: str) -> tuple[str, str]:
    user, _, password = userinfo.partition(":")
    return unquote(user), unquote(password)


class LineSplitter:
    """Lines from bytes in any pieces, without blank ones and those that begin with ``#``; numbers count all."""

    def __init__(self) -> None:
        self._rest = b""
        self._number = 0
        self._is_skipping = False

    def feed(self, data: bytes) -> Iterator[Line]:
        """The lines that are whole with ``data``."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield from self._line(line)
        if len(self._rest) > LONGEST_LINE:
            # Of such a line the beginning is enough to know that it was one.
            self._rest = b""
            self._is_skipping = True

    def end(self) -> Iterator[Line]:
        """The last line, where no line's end followed it."""
        rest, self._rest = self._rest, b""
        if rest or self._is_skipping:
            yield from self._line(rest)

    def _line(self, line: bytes) -> Iterator[Line]:
        self._number += 1
        is_long = self._is_skipping or len(line) > LONGEST_LINE
        self._is_skipping = False
        if is_long:
            yield Line(self._number, None)
            return
        if self._number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        line = line.strip()
        if line and not line.startswith(b"#"):
            yield Line(self._number, _text(line))


def _text(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None
