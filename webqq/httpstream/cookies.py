"""Cookies of any ``http.cookiejar.CookieJar``, without touching the caller's request.

The jar's own ``add_cookie_header`` writes into the request; a request that is sent again would then carry the
cookies of the first time for ever. A :class:`~webqq.httpstream.jar.RFC6265CookieJar` is asked directly.
"""

import logging
from http.client import HTTPMessage, HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request

from webqq.httpstream.jar import RFC6265CookieJar

__all__ = ["cookie_header", "keep_cookies"]

logger = logging.getLogger("webqq.httpstream")


class _Asking(Request):
    """A stand-in for a request that a jar may write to."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.full_url, origin_req_host=request.origin_req_host, unverifiable=request.unverifiable)


class _Line:
    """A stand-in for a response that has one header: all that a jar asks for is ``info()``."""

    def __init__(self, name: str, value: str) -> None:
        self._message = HTTPMessage()
        self._message[name] = value

    def info(self) -> HTTPMessage:
        return self._message


def cookie_header(jar: CookieJar, request: Request) -> str | None:
    """The value of the ``Cookie`` header that ``jar`` gives for ``request``, or None."""
    if isinstance(jar, RFC6265CookieJar):
        header = jar.header_for(request)
        return None if header is None or request.has_header("Cookie") else header
    if _is_empty(jar) or request.has_header("Cookie"):
        return None
    asking = _Asking(request)
    jar.add_cookie_header(asking)
    return asking.get_header("Cookie")


def _is_empty(jar: CookieJar) -> bool:
    # Iterating an empty jar costs more than all the rest of a request without cookies; a jar that keeps its cookies
    # elsewhere says so by its own way to iterate.
    if type(jar).__iter__ is CookieJar.__iter__ and not vars(jar)["_cookies"]:
        return True
    return not any(True for _ in jar)


def keep_cookies(jar: CookieJar, request: Request, response: HTTPResponse) -> None:
    """Put what ``response`` sets into ``jar``, as far as its rules or its policy take it.

    Line by line, in their order (RFC 6265 section 5.3). Given all at once, a jar of the standard library would drop
    them all where it stumbles over one, and keep what a first line sets and a second one clears.
    """
    if isinstance(jar, RFC6265CookieJar):
        jar.extract_cookies(response, request)
        return
    for name, value in response.info().items():
        if name.lower() in ("set-cookie", "set-cookie2"):
            line: Any = _Line(name, value)
            try:
                jar.extract_cookies(line, request)
            except Exception as error:
                # Not the value: it may be somebody's session.
                logger.debug("a %s of %s was dropped: %s", name, request.host, type(error).__name__)
