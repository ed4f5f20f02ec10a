"""Cookies of a ``http.cookiejar.CookieJar``, without touching the caller's request.

The jar's own ``add_cookie_header`` writes into the request; a request that is sent again would then carry the
cookies of the first time for ever.
"""

from http.client import HTTPResponse
from http.cookiejar import CookieJar
from urllib.request import Request

__all__ = ["cookie_header", "keep_cookies"]


class _Asking(Request):
    """A stand-in for a request that a jar may write to."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.full_url, origin_req_host=request.origin_req_host, unverifiable=request.unverifiable)


def cookie_header(jar: CookieJar, request: Request) -> str | None:
    """The value of the ``Cookie`` header that ``jar`` gives for ``request``, or None."""
    if request.has_header("Cookie") or not any(True for _ in jar):
        return None
    asking = _Asking(request)
    jar.add_cookie_header(asking)
    return asking.get_header("Cookie")


def keep_cookies(jar: CookieJar, request: Request, response: HTTPResponse) -> None:
    """Put what ``response`` sets into ``jar``, as far as the jar's policy takes it."""
    jar.extract_cookies(response, request)
