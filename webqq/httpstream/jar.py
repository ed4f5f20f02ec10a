"""A cookie jar that reads and gives cookies as browsers do: RFC 6265bis sections 5.6 to 5.8.

The jar of the standard library has its own idea of ``Set-Cookie``: it drops what it does not understand, sends the
cookies of one host to all below it, and knows nothing of prefixes and limits. :class:`RFC6265CookieJar` is one of
that kind to whoever reads it (it is iterated, cleared and filled the same way) and decides for itself.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import lru_cache
from http.client import HTTPResponse
from http.cookiejar import Cookie, CookieJar
from time import time
from typing import Any
from urllib.request import Request

from webqq.httpstream.origin import Origin, origin_of
from webqq.httpstream.setcookie import (
    SetCookie,
    default_path,
    is_address,
    is_domain_match,
    is_path_match,
    parse_set_cookie,
)

__all__ = ["HTTP_ONLY", "RFC6265CookieJar", "created_order", "has_no_dot"]

logger = logging.getLogger("webqq.httpstream")

HTTP_ONLY = "HTTPOnly"
"""The nonstandard attribute that marks such a cookie, spelt as ``MozillaCookieJar`` looks it up."""

JAR_LIMIT = 3000
"""Cookies in one jar; RFC 6265bis section 6.1 asks for at least as many."""

DOMAIN_LIMIT = 180
"""Cookies of one domain, as Chromium has it; RFC 6265bis section 6.1 asks for 50."""

LINES_LIMIT = 50
"""``Set-Cookie`` lines of one response that are read; curl stops there, too."""

SENT_LIMIT = 150
"""Cookies in one request; curl stops there, too."""

HEADER_LIMIT = 8190
"""Octets of one ``Cookie`` header: what the usual servers take of one header line."""

AGE_LIMIT = 400 * 24 * 3600
"""Seconds that a server can make a cookie live (RFC 6265bis section 5.5): none lasts for ever."""


def has_no_dot(domain: str) -> bool:
    """Whether ``domain`` is one label, like ``com`` or ``localhost``: the least that counts as a public suffix."""
    return "." not in domain


class RFC6265CookieJar(CookieJar):
    """A ``http.cookiejar.CookieJar`` with the rules of RFC 6265bis in place of a ``CookiePolicy``.

    A cookie whose ``domain`` begins with a dot goes to that domain and all below it, any other to its host alone.
    ``HttpOnly`` and ``SameSite`` are kept as nonstandard attributes and decide nothing: a client has no scripts and
    no sites. Secure cookies are neither taken from nor given to plain http.

    - ``is_public_suffix(domain)``: whether ``domain`` is one under which strangers register names (``co.uk``), so
      that no cookie may be set for all of it. The default knows names without a dot alone; a full list comes with
      packages like ``publicsuffixlist``.
    - ``clock``: seconds since the epoch.
    """

    _cookies: dict[str, dict[str, dict[str, Cookie]]]
    _cookies_lock: Any  # a lock of threading, which names no public type for it

    def __init__(
        self, *, is_public_suffix: Callable[[str], bool] = has_no_dot, clock: Callable[[], float] = time
    ) -> None:
        super().__init__()
        self._is_public_suffix = is_public_suffix
        self._clock = clock
        self._ticks = 0
        self._count = 0

    def __repr__(self) -> str:
        # Names only: a value may be somebody's session.
        names = ", ".join(f"{cookie.name}@{cookie.domain}{cookie.path}" for cookie in self)
        return f"<{type(self).__name__} [{names}]>"

    __str__ = __repr__

    # Giving.

    def is_empty_for(self, host: str) -> bool:
        """Whether no cookie can go to ``host``, a name in lower case, whatever the path."""
        cookies = self._cookies
        return not any(named for key in _keys_of(host) if key in cookies for named in cookies[key].values())

    def cookies_for(self, request: Request) -> list[Cookie]:
        """The cookies that go with ``request``, in their order: longer paths first, then older cookies.

        Raises :class:`~webqq.httpstream.InvalidRequest` where its URL is not one of http or https.
        """
        origin = origin_of(request)
        now, path = self._clock(), _path_of(request)
        found = [
            cookie
            for key in _keys_of(origin.host)
            for cookie_path, named in self._cookies.get(key, {}).items()
            if is_path_match(path, cookie_path)
            for cookie in named.values()
            if _may_go(cookie, origin, now)
        ]
        found.sort(key=_send_order)
        self._touch(found)
        return found

    def header_for(self, request: Request) -> str | None:
        """The value of the ``Cookie`` header for ``request`` (RFC 6265bis section 5.8.3), or None."""
        # For hosts without cookies, and for most programs that is each request, this is all.
        if not self._cookies or self._cookies.keys().isdisjoint(_keys_of(origin_of(request).host)):
            return None
        pairs = [_pair(cookie) for cookie in self.cookies_for(request)]
        if not pairs:
            return None
        header = "; ".join(pairs[:SENT_LIMIT])
        if len(header) <= HEADER_LIMIT:
            return header
        # What is left out is the end: the shortest paths, and of these the youngest.
        return header[: max(header.rfind("; ", 0, HEADER_LIMIT + 2), 0)] or None

    def add_cookie_header(self, request: Request) -> None:
        """Give ``request`` its ``Cookie`` header, unless it has one."""
        if not request.has_header("Cookie") and (header := self.header_for(request)) is not None:
            request.add_unredirected_header("Cookie", header)

    # Taking.

    def extract_cookies(self, response: Any, request: Request) -> None:
        """Take what the ``Set-Cookie`` lines of ``response`` set, in their order; the rest says why at DEBUG."""
        for line in _lines_of(response):
            self.take_line(line, request)

    def take_line(self, line: str, request: Request) -> Cookie | None:
        """Take the cookie that one ``Set-Cookie`` line of the response to ``request`` sets; None where it is refused.

        A cookie that is over already removes the one it would replace, and is returned.
        """
        cookie = self._accepted(line, request)
        if cookie is None:
            # Not the line: it may hold somebody's session.
            logger.debug("a Set-Cookie of %s was refused", request.host)
        elif _is_over(cookie, self._clock()):
            self._remove(cookie)
        else:
            self.set_cookie(cookie)
        return cookie

    def make_cookies(self, response: Any, request: Request) -> list[Cookie]:
        """The cookies that :meth:`extract_cookies` would take, without taking them."""
        made = (self._accepted(line, request) for line in _lines_of(response))
        return [cookie for cookie in made if cookie is not None]

    def set_cookie(self, cookie: Cookie) -> None:
        """Put ``cookie`` in as it is, in place of one with the same name, domain and path."""
        if cookie.value is None:
            # The standard library's form of a cookie without a name; here all of these are one cookie.
            cookie = copy(cookie)
            cookie.name, cookie.value = "", cookie.name
        with self._cookies_lock:
            named = self._cookies.setdefault(cookie.domain, {}).setdefault(cookie.path, {})
            old = named.get(cookie.name)
            self._touch([cookie])
            # RFC 6265bis 5.7: who is replaced hands on the time of creation.
            vars(cookie)["_created"] = _used(cookie) if old is None else created_order(old)
            named[cookie.name] = cookie
            if old is None:
                self._make_room(cookie.domain)

    def _accepted(self, line: str, request: Request) -> Cookie | None:
        said = parse_set_cookie(line)
        if said is None:
            return None
        origin = origin_of(request)
        if not origin.is_tls and (said.secure or self._would_hide_secure(said, origin.host, request)):
            return None
        if not _keeps_prefix(said, request):
            return None
        domain = self._domain_of(said, origin.host)
        return None if domain is None else _make_cookie(said, domain, _path_for(said, request), self._clock())

    def _domain_of(self, said: SetCookie, host: str) -> str | None:
        """With a dot for a domain, without one for a host alone, None to refuse (RFC 6265bis section 5.7)."""
        domain = said.domain
        if domain is None:
            return host
        if not domain.isascii() or not is_domain_match(host, domain):
            return None
        if is_address(domain) or self._is_public_suffix(domain):
            return host if domain == host else None
        return "." + domain

    def _would_hide_secure(self, said: SetCookie, host: str, request: Request) -> bool:
        """Whether a secure cookie would be hidden by one that came in the clear: "leave secure cookies alone"."""
        domain, path = said.domain or host, _path_for(said, request)
        above, below = {key.removeprefix(".") for key in _keys_of(domain)}, "." + domain
        return any(
            said.name in named and named[said.name].secure and is_path_match(path, cookie_path)
            for key in self._cookies
            if key.endswith(below) or key.removeprefix(".") in above
            for cookie_path, named in self._cookies[key].items()
        )

    def _touch(self, cookies: Iterable[Cookie]) -> None:
        self._ticks += 1
        for cookie in cookies:
            vars(cookie)["_used"] = self._ticks

    # Letting go.

    def _remove(self, cookie: Cookie) -> None:
        paths = self._cookies.get(cookie.domain, {})
        named = paths.get(cookie.path, {})
        named.pop(cookie.name, None)
        # Nothing stays of a domain or a path without cookies: a server can make up as many as it likes.
        if not named:
            paths.pop(cookie.path, None)
        if not paths:
            self._cookies.pop(cookie.domain, None)

    def _make_room(self, domain: str) -> None:
        """Hold the limits: what has expired goes first, then what was not used for longest."""
        paths = self._cookies[domain]
        if sum(map(len, paths.values())) > DOMAIN_LIMIT:
            self._evict([cookie for named in paths.values() for cookie in named.values()], DOMAIN_LIMIT)
        # At least as many as there are: cookies that were cleared are not missed before it counts.
        self._count += 1
        if self._count > JAR_LIMIT:
            self._evict(list(self), JAR_LIMIT)
            self._count = len(self)

    def _evict(self, cookies: list[Cookie], limit: int) -> None:
        now = self._clock()
        living = [cookie for cookie in cookies if not _is_over(cookie, now)]
        # A tenth at once: a server that sets one after the other must not cost a search for each. The secure ones
        # stay longest: what comes over plain http cannot push them out (RFC 6265bis section 5.7).
        surplus = len(living) - limit + limit // 10 if len(living) > limit else 0
        living.sort(key=lambda cookie: (cookie.secure, _used(cookie)))
        for cookie in (*living[:surplus], *(cookie for cookie in cookies if _is_over(cookie, now))):
            self._remove(cookie)


@lru_cache(maxsize=1024)
def _keys_of(host: str) -> tuple[str, ...]:
    """Under which domains the cookies for ``host`` are: itself, and each with a dot."""
    return host, *_dotted(host)


def _dotted(host: str) -> Iterator[str]:
    yield "." + host
    if not is_address(host):
        labels = host.split(".")
        yield from ("." + ".".join(labels[start:]) for start in range(1, len(labels)))


def _lines_of(response: HTTPResponse) -> list[str]:
    lines: list[str] = response.info().get_all("Set-Cookie", [])
    if len(lines) > LINES_LIMIT:
        logger.debug("of %d Set-Cookie lines the last %d were not read", len(lines), len(lines) - LINES_LIMIT)
    return lines[:LINES_LIMIT]


def _path_of(request: Request) -> str:
    return request.selector.partition("?")[0] or "/"


def _path_for(said: SetCookie, request: Request) -> str:
    return said.path or default_path(_path_of(request))


def _keeps_prefix(said: SetCookie, request: Request) -> bool:
    """The promises that a name makes (RFC 6265bis section 5.7); those of a cookie without one, its value."""
    name = (said.name or said.value).lower()
    if name.startswith("__host-"):
        is_rooted = said.path is not None and _path_for(said, request) == "/"
        return bool(said.name) and said.secure and said.domain is None and is_rooted
    return not name.startswith("__secure-") or (bool(said.name) and said.secure)


def _make_cookie(said: SetCookie, domain: str, path: str, now: float) -> Cookie:
    expires = said.expires
    if said.max_age is not None:
        expires = int(now) + said.max_age if said.max_age > 0 else 0
    if expires is not None:
        expires = min(expires, int(now) + AGE_LIMIT)
    has_dot = domain.startswith(".")
    rest = {HTTP_ONLY: ""} if said.http_only else {}
    if said.same_site is not None:
        rest["SameSite"] = said.same_site
    return Cookie(
        version=0,
        name=said.name,
        value=said.value,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=has_dot,
        domain_initial_dot=has_dot,
        path=path,
        path_specified=bool(said.path),
        secure=said.secure,
        expires=expires,
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest=rest,
    )


def _is_over(cookie: Cookie, now: float) -> bool:
    return cookie.expires is not None and cookie.expires <= now


def _may_go(cookie: Cookie, origin: Origin, now: float) -> bool:
    if (cookie.secure and not origin.is_tls) or _is_over(cookie, now):
        return False
    # No server can set ports any more (RFC 6265bis), programs can.
    return cookie.port is None or str(origin.port) in cookie.port.split(",")


def _pair(cookie: Cookie) -> str:
    if cookie.value is None or not cookie.name:
        return cookie.value or cookie.name
    return f"{cookie.name}={cookie.value}"


def created_order(cookie: Cookie) -> int:
    """A number that is the higher the later a cookie came into its jar; 0 where no jar of this kind had it."""
    created: int = vars(cookie).get("_created", 0)
    return created


def _used(cookie: Cookie) -> int:
    used: int = vars(cookie).get("_used", 0)
    return used


def _send_order(cookie: Cookie) -> tuple[int, int]:
    return -len(cookie.path), created_order(cookie)
