"""One ``Set-Cookie`` line, and what a cookie's domain and path mean: the algorithms of RFC 6265bis sections 5.1, 5.6.

A line that a server sent is never an error here: it is a cookie, or it is none. Pure: the clock is the caller's.
Header values are text decoded as Latin-1, one character for each octet, as everywhere in the engine.
"""

import re
from calendar import monthrange, timegm
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

__all__ = [
    "SetCookie",
    "default_path",
    "is_address",
    "is_domain_match",
    "is_path_match",
    "parse_date",
    "parse_set_cookie",
]

PAIR_LIMIT = 4096
"""Octets of a cookie's name and value together (RFC 6265bis section 5.6); browsers hold the same figure."""

ATTRIBUTE_LIMIT = 1024
"""Octets of one attribute's value; a longer attribute counts as not sent (RFC 6265bis section 5.6)."""

# All controls but the tab: a line with one of them is dropped whole.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_AGE = re.compile(r"-?[0-9]+")

# RFC 6265 5.1.1: what stands between delimiters, and the four things a token can be.
_DATE_TOKEN = re.compile(r"[^\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# The URL standard's "ends in a number": its last label is one, in decimal or hexadecimal.
_IPV4 = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SetCookie:
    """What one line says. Of an attribute that comes more than once, the last counts."""

    name: str
    """Empty for a line without ``=``: such a cookie goes back as its value alone."""
    value: str
    domain: str | None = None
    """In lower case and without a leading dot; None for the host alone."""
    path: str | None = None
    """None without the attribute, empty where it names no path that begins with ``/``: both mean the default."""
    expires: int | None = None
    """Seconds since the epoch."""
    max_age: int | None = None
    """Seconds from now; it goes before ``expires``."""
    secure: bool = False
    http_only: bool = False
    same_site: str | None = None
    """``"Strict"``, ``"Lax"`` or ``"None"``."""


def parse_set_cookie(line: str) -> SetCookie | None:
    """The cookie that ``line`` sets, or None where it sets none (RFC 6265bis section 5.6)."""
    if _CONTROL.search(line) is not None:
        return None
    pair, *attributes = line.split(";")
    name, value = _split(pair)
    if "=" not in pair:
        name, value = "", name
    if not (name or value) or len(name) + len(value) > PAIR_LIMIT:
        return None
    return SetCookie(name, value, **_parse_attributes(attributes))


def _split(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name.strip(" \t"), value.strip(" \t")


class _Attributes(TypedDict, total=False):
    domain: str | None
    path: str | None
    expires: int | None
    max_age: int | None
    secure: bool
    http_only: bool
    same_site: str | None


def _parse_attributes(attributes: list[str]) -> _Attributes:
    found: _Attributes = {}
    for attribute in attributes:
        name, value = _split(attribute)
        if len(value) <= ATTRIBUTE_LIMIT:
            found |= _parse_attribute(name.lower(), value)
    return found


def _parse_attribute(name: str, value: str) -> _Attributes:
    match name:
        case "expires" if (date := parse_date(value)) is not None:
            return {"expires": date}
        case "max-age" if _MAX_AGE.fullmatch(value) is not None:
            return {"max_age": int(value)}
        case "domain" if value:
            return {"domain": value.removeprefix(".").lower() or None}
        case "path":
            return {"path": value if value.startswith("/") else ""}
        case "secure":
            return {"secure": True}
        case "httponly":
            return {"http_only": True}
        case "samesite":
            return {"same_site": value.title() if value.lower() in ("strict", "lax", "none") else None}
    return {}


def parse_date(text: str) -> int | None:
    """Seconds since the epoch for a date in any order and spelling, or None (RFC 6265 section 5.1.1).

    Time zones are not looked at: a cookie's date is one of GMT.

    >>> parse_date("Fri, 02-Jan-1970 00:00:00 GMT"), parse_date("2 jan 70 0:0:0"), parse_date("never")
    (86400, 86400, None)
    """
    time: re.Match[str] | None = None
    day: re.Match[str] | None = None
    year: re.Match[str] | None = None
    month = 0
    for token in _DATE_TOKEN.findall(text):
        # In this order: "01" is a day unless there is one already, then it is a year.
        if time is None and (time := _TIME.match(token)) is not None:
            continue
        if day is None and (day := _DAY.match(token)) is not None:
            continue
        if not month and (name := token[:3].lower()) in _MONTHS:
            month = _MONTHS.index(name) + 1
            continue
        if year is None:
            year = _YEAR.match(token)
    if time is None or day is None or year is None or not month:
        return None
    hour, minute, second = map(int, time.groups())
    return _timestamp(_full_year(int(year[1])), month, int(day[1]), hour, minute, second)


def _full_year(year: int) -> int:
    if 70 <= year <= 99:
        return year + 1900
    return year + 2000 if year < 70 else year


def _timestamp(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int | None:
    if year < 1601 or hour > 23 or minute > 59 or second > 59:
        return None
    if not 1 <= day <= monthrange(year, month)[1]:
        return None
    return timegm((year, month, day, hour, minute, second))


@lru_cache(maxsize=1024)
def is_address(host: str) -> bool:
    """Whether ``host`` is an IP address and no name; one of version 6 without its brackets."""
    return ":" in host or _IPV4.fullmatch(host) is not None


def is_domain_match(host: str, domain: str) -> bool:
    """Whether ``host`` is ``domain`` or a name below it; both in lower case (RFC 6265 section 5.1.3).

    >>> is_domain_match("d.web2.qq.com", "qq.com"), is_domain_match("notqq.com", "qq.com")
    (True, False)
    """
    return host == domain or (host.endswith("." + domain) and not is_address(host))


def default_path(path: str) -> str:
    """The path of a cookie that names none, for a request to ``path`` (RFC 6265 section 5.1.4).

    >>> default_path("/channel/poll2"), default_path("/login"), default_path("")
    ('/channel', '/', '/')
    """
    return path[: path.rfind("/")] or "/" if path.startswith("/") else "/"


def is_path_match(path: str, cookie_path: str) -> bool:
    """Whether a request to ``path`` gets the cookies of ``cookie_path`` (RFC 6265 section 5.1.4).

    >>> is_path_match("/a/b", "/a"), is_path_match("/ab", "/a")
    (True, False)
    """
    if not path.startswith(cookie_path):
        return False
    return cookie_path.endswith("/") or path[len(cookie_path) : len(cookie_path) + 1] in ("", "/")
