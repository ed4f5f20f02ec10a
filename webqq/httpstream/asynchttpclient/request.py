"""An ``HTTPRequest`` as one of urllib's, and the one that a redirect asks for."""

import string
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit
from urllib.request import Request

import tornado
from tornado.httpclient import HTTPRequest
from tornado.log import gen_log

from webqq.httpstream.asynchttpclient.body import body_of
from webqq.httpstream.follow import next_request, resolve_location
from webqq.httpstream.response import Response

__all__ = ["first_leg", "next_leg"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_BODY_METHODS = frozenset({"POST", "PATCH", "PUT"})


def first_leg(request: HTTPRequest) -> tuple[Request, str | None]:
    """The request, and the credentials in its URL, as they stand there.

    Raises ``KeyError`` and ``ValueError`` for what Tornado's client refuses as well.
    """
    target = _target(request.url)
    _check_method(request)
    if request.prepare_curl_callback is not None:
        gen_log.warning("prepare_curl_callback is not called: no curl is at work here")
    url, userinfo = _without_userinfo(target)
    body: Any = body_of(request)
    leg = Request(url, body, method=request.method)
    _add_headers(leg, request)
    return leg, userinfo


def next_leg(leg: Request, response: Response) -> tuple[Request, str | None]:
    """What ``response``, a redirect with a ``Location``, asks for after ``leg``, and the credentials in that URL.

    Raises ``ValueError`` where that is not of http or https, and :class:`RedirectError` where it is no URL.
    """
    target = _target(resolve_location(leg, response.headers["Location"]))
    url, userinfo = _without_userinfo(target)
    # A header's text again, as it is expected there.
    url = url.encode("utf-8", "surrogateescape").decode("latin-1")
    following = next_request(leg, response.status, url, allow_downgrade=True)
    assert following is not None, "its status and Location were looked at"
    return following, userinfo


def _target(url: str) -> SplitResult:
    target = urlsplit(url)
    if target.scheme not in ("http", "https"):
        raise ValueError(f"Unsupported url scheme: {url}")
    return target


def _without_userinfo(target: SplitResult) -> tuple[str, str | None]:
    """The URL of ``target`` without credentials, what cannot stand in it percent-encoded, and the credentials."""
    userinfo, at, authority = target.netloc.rpartition("@")
    path, query, fragment = (quote(part, string.punctuation) for part in (target.path, target.query, target.fragment))
    return urlunsplit((target.scheme, authority, path, query, fragment)), userinfo if at else None


def _check_method(request: HTTPRequest) -> None:
    if request.allow_nonstandard_methods:
        return
    if request.method not in _METHODS:
        raise KeyError(f"unknown method {request.method}")
    has_body = request.body is not None or request.body_producer is not None
    if has_body != (request.method in _BODY_METHODS):
        raise ValueError(
            f"Body must {'' if has_body else 'not '}be None for method {request.method} "
            "(unless allow_nonstandard_methods is true)"
        )


def _add_headers(leg: Request, request: HTTPRequest) -> None:
    for name in request.headers:
        if not _is_engines(name, request):
            values = [_text(value) for value in request.headers.get_list(name)]
            # RFC 9110 5.3 and, for cookies, RFC 6265 5.4.
            leg.add_header(name, ("; " if name == "Cookie" else ", ").join(values))
    if request.user_agent:
        leg.add_header("User-Agent", request.user_agent)
    elif not leg.has_header("User-agent"):
        leg.add_header("User-Agent", f"Tornado/{tornado.version}")
    if request.decompress_response:
        leg.add_header("Accept-Encoding", "gzip")


def _is_engines(name: str, request: HTTPRequest) -> bool:
    """Whether the header ``name`` says no more than what the engine says of the body by itself."""
    if name == "Content-Length":
        return request.body is not None
    is_chunked = request.body_producer is not None and "Content-Length" not in request.headers
    return name == "Transfer-Encoding" and is_chunked and request.headers[name].lower() == "chunked"


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else value
