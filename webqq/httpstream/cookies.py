"""Cookies of a ``http.cookiejar.CookieJar``, without touching the caller's request.

The jar's own ``add_cookie_header`` writes into the request; a request that is sent again would then carry the
cookies of the first time for ever.
"""

import logging
from http.client import HTTPMessage, HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request

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
    if request.has_header("Cookie") or not any(True for _ in jar):
        return None
    asking = _Asking(request)
    jar.add_cookie_header(asking)
    return asking.get_header("Cookie")


def keep_cookies(jar: CookieJar, request: Request, response: HTTPResponse) -> None:
    """Put what ``response`` sets into ``jar``, as far as the jar's policy takes it.

    Line by line, in their order (RFC 6265 section 5.3). Given all at once, the jar would drop them all where it
    stumbles over one, and keep what a first line sets and a second one clears.
    """
    for name, value in response.info().items():
        if name.lower() in ("set-cookie", "set-cookie2"):
            line: Any = _Line(name, value)
            try:
                jar.extract_cookies(line, request)
            except Exception as error:
                # Not the value: it may be somebody's session.
                logger.debug("a %s of %s was dropped: %s", name, request.host, type(error).__name__)
