"""From a request and its options to where it goes and what is sent: route, head, body."""

import os
from typing import TYPE_CHECKING, TypeAlias
from urllib.request import Request

from webqq.httpstream.coding import accept_encoding
from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.options import Options
from webqq.httpstream.origin import host_header
from webqq.httpstream.route import Route, route_of
from webqq.httpstream.serialize import request_line_target, serialize_head

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from webqq.httpstream.auth import Credentials
    from webqq.httpstream.body import Body

__all__ = ["CACHED_REQUESTS", "Preparation", "Prepared"]

CACHED_REQUESTS = 256
"""Requests without headers and bodies whose bytes are remembered."""

Fields: TypeAlias = tuple[tuple[str, str], ...]
Prepared: TypeAlias = "tuple[Route, bytes, Body | None, str]"
"""The way, the bytes to begin with, the body that follows them, and the method."""

# As urllib writes it, and as whoever sets a header by himself may.
_FOR_PROXIES = frozenset({"Proxy-authorization", "Proxy-Authorization", "proxy-authorization"})


class Preparation:
    """``options`` are those that most requests have."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._known: dict[tuple[object, ...], Prepared] = {}

    def __call__(self, request: Request, options: Options, credentials: "Credentials | None") -> Prepared:
        """Which way ``request`` goes, the bytes to begin with, the body that follows them, and the method.

        Raises :class:`InvalidRequest`.
        """
        method = request.get_method()
        if (
            request.headers
            or options is not self._options
            or request.data is not None
            or request.unredirected_hdrs
            or credentials is not None
            or options.cookiejar is not None
        ):
            return self._prepare(request, options, credentials, method)
        # The method and the URL say all, and most look like one before.
        key = (method, request.type, request.host, request.selector)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= CACHED_REQUESTS:
                self._known.clear()
            known = self._known[key] = self._prepare(request, options, None, method)
        return known

    def _prepare(self, request: Request, options: Options, credentials: "Credentials | None", method: str) -> Prepared:
        route = route_of(
            request, options.proxy, options.tls, options.proxy_tls, options.unix_socket, options.source_address
        )
        # No function of our own: most requests come by.
        if not route.is_forwarded and not (
            _FOR_PROXIES.isdisjoint(request.headers) and _FOR_PROXIES.isdisjoint(request.unredirected_hdrs)
        ):
            raise InvalidRequest("header Proxy-Authorization: the origin would read it; give it with the proxy's URL")
        fields: Fields = (("Accept-Encoding", accept_encoding() if options.decompress else "identity"),)
        cookie = None if options.cookiejar is None else _cookie_header(options.cookiejar, request)
        if cookie is not None:
            fields += (("Cookie", cookie),)
        if route.is_forwarded or credentials is not None:
            fields += self._credentials(request, route, credentials)
        data: object = request.data
        if data is None:
            head = serialize_head(request, fields, length=None, target=_target(request, route), method=method)
            return route, head, None, method
        from webqq.httpstream.body import body_of

        body = body_of(data)
        if isinstance(body, bytes):
            head = serialize_head(request, fields, length=len(body), target=_target(request, route), method=method)
            if not options.expect or not body:
                return route, head + body, None, method
            body = body_of([body])  # only what comes in pieces can wait for leave
        assert body is not None
        assert not isinstance(body, bytes)
        # RFC 9110 10.1.1: not where there is nothing to wait with.
        if options.expect and body.length != 0:
            fields += (("Expect", "100-continue"),)
        head = serialize_head(
            request,
            fields,
            length=body.length,
            is_chunked=body.length is None,
            content_type=body.content_type,
            target=_target(request, route),
            method=method,
        )
        return route, head, body, method

    def _credentials(self, request: Request, route: Route, credentials: "Credentials | None") -> Fields:
        fields: Fields = ()
        if route.is_forwarded and route.proxy is not None and route.proxy.authorization is not None:
            fields += (("Proxy-Authorization", route.proxy.authorization),)
        if credentials is not None:
            method = request.get_method()
            # What the origin reads: a proxy takes the URL that it is told apart before it sends the request on.
            target = request_line_target(request)
            said = credentials.header_for(method, target, _nonce)
            if said is not None:
                fields += (("Authorization", said),)
        return fields


def _target(request: Request, route: Route) -> str | None:
    """The request target where it is not the usual one: a proxy is told the whole URL (RFC 9112 section 3.2.2)."""
    if not route.is_forwarded:
        return None
    target = request_line_target(request)
    # RFC 9112 3.2.4: a URL without a path is how a proxy is told of the "*" of OPTIONS.
    return f"{request.type}://{host_header(request)}{'' if target == '*' else target}"


def _cookie_header(cookiejar: "CookieJar", request: Request) -> str | None:
    from webqq.httpstream.cookies import cookie_header

    return cookie_header(cookiejar, request)


def _nonce() -> str:
    return os.urandom(16).hex()
