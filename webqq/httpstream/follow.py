"""What may come after an answer, or after none: the same request again, or the one that a redirect asks for.

Redirects are those of the Fetch standard (HTTP-redirect fetch): the method changes where browsers change it, and what
was meant for one origin (scheme, host and port) never reaches another. Knows nothing of connections.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import Request

from webqq.httpstream.errors import InvalidRequest, RedirectError
from webqq.httpstream.origin import host_header, origin_of, proxy_of

__all__ = [
    "IDEMPOTENT",
    "MAX_CHAIN_HEAD",
    "REDIRECTS",
    "SENSITIVE",
    "Redirects",
    "can_rewind",
    "is_keyed",
    "may_resend",
    "next_request",
    "resolve_location",
]

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Asking twice has the effect of asking once (RFC 9110 section 9.2.2)."""

SENSITIVE = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Request headers, in lower case, that a redirect to another origin always drops."""

MAX_CHAIN_HEAD = 1024 * 1024
"""Bytes that the heads of all answers of one chain of redirects may have; each alone has the parser's limit."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses whose ``Location`` asks for another request (RFC 9110 section 15.4)."""

_KEYS = ("Idempotency-key", "X-idempotency-key")
# They tell of a body, and go where it goes.
_OF_BODY = ("content-", "transfer-encoding", "trailer", "expect")
_SLASHES = re.compile(r"^((?:https?:)?//)/+", re.IGNORECASE)
# Python would take it for a reference without a host, and fill in that of the request.
_NO_HOST = re.compile(r"(?:https?:)?//(?:[?#]|$)", re.IGNORECASE)
_BLANK = "".join(map(chr, range(0x21)))
_IGNORED = str.maketrans("", "", "\t\r\n")
# URL standard: the path and query percent-encode sets, turned round. "%" stays: what is encoded is not encoded again.
_QUERY_SAFE = "!$%&'()*+,/:;=?@[\\]^`{|}"
_PATH_SAFE = "!$%&'()*+,/:;=@[\\]^|"


def can_rewind(request: Request) -> bool:
    """Whether the body of ``request`` can be sent a second time: there is none, it is bytes, or it says so.

    A body says so by a true attribute ``can_rewind``.
    """
    data: object = request.data
    if data is None or isinstance(data, bytes | bytearray | memoryview):
        return True
    return bool(getattr(data, "can_rewind", False))


def may_resend(request: Request, *, was_written: bool) -> bool:
    """Whether ``request`` may go out again after a connection that was used before gave no byte of an answer.

    The server may have closed it before it saw the request, or after it acted on it (RFC 9112 section 9.3.1). Only
    what was not written, is idempotent, or says so (see :func:`is_keyed`) is safe.
    """
    return not was_written or request.get_method() in IDEMPOTENT or is_keyed(request)


def is_keyed(request: Request) -> bool:
    """Whether ``request`` has an ``Idempotency-Key`` header, by which its server knows a second one for the same.

    ``X-Idempotency-Key`` is how services of before call it; Go's client heeds both, too.
    """
    return any(map(request.has_header, _KEYS))


class Redirects:
    """The redirects of one exchange, counted.

    ``limit`` is how many are followed, 10 by default; with 0 each 3xx is the caller's answer. ``sensitive`` and
    ``allow_downgrade`` are those of :func:`next_request`.

    A request that comes round to where it was is followed until the limit, as browsers do: a page may set a cookie,
    or wait for something, and send the visitor to itself. Only the error then tells of the circle.
    """

    __slots__ = ("_allow_downgrade", "_head_bytes", "_limit", "_seen", "_sensitive", "count", "has_left")

    def __init__(self, limit: int = 10, *, sensitive: Collection[str] = (), allow_downgrade: bool = False) -> None:
        self._limit = limit
        self._sensitive = sensitive
        self._allow_downgrade = allow_downgrade
        self._head_bytes = 0
        self._seen: set[tuple[str, str]] = set()
        self.count = 0
        """How many were followed."""
        self.has_left = False
        """Whether one led to another origin: credentials kept for the first are not to be used any more, not even
        where a later one leads home."""

    def follow(self, request: Request, status: int, location: str | None, *, head_bytes: int = 0) -> Request | None:
        """The request that the answer to ``request`` asks for, or None where that answer is for the caller.

        ``head_bytes`` is how long the answer's head was. Raises :class:`RedirectError` as :func:`next_request`, and
        where the limit or :data:`MAX_CHAIN_HEAD` is passed.
        """
        if self._limit <= 0:
            return None
        following = next_request(
            request, status, location, sensitive=self._sensitive, allow_downgrade=self._allow_downgrade
        )
        if following is None:
            return None
        self._seen.add((request.get_method(), request.full_url))
        self._head_bytes += head_bytes
        if self.count >= self._limit:
            circle = ", in a circle" if (following.get_method(), following.full_url) in self._seen else ""
            raise RedirectError(f"more than {self._limit} redirects{circle}")
        if self._head_bytes > MAX_CHAIN_HEAD:
            raise RedirectError(f"the heads of the redirects have more than {MAX_CHAIN_HEAD} bytes")
        self.count += 1
        self.has_left = self.has_left or origin_of(request) != origin_of(following)
        return following


def next_request(
    request: Request,
    status: int,
    location: str | None,
    *,
    sensitive: Collection[str] = (),
    allow_downgrade: bool = False,
) -> Request | None:
    """The request that an answer of ``status`` and ``location`` to ``request`` asks for; None where it asks for none.

    - 301 and 302 make a GET of a POST, 303 of all but GET and HEAD, and the body stays behind; 307 and 308 send the
      same again. None, too, where a body would have to go again that cannot be rewound (see :func:`can_rewind`), and
      where ``location`` is missing or empty.
    - It shares nothing that can change with ``request``, other than a body that is no bytes.
    - To another origin go neither :data:`SENSITIVE` headers nor those that ``sensitive`` names; ``Host`` and what is
      in ``unredirected_hdrs`` are never taken along. What was dropped does not come back with the next redirect.
    - It goes through the proxy that ``Request.set_proxy`` named, if one did.
    - ``location`` is the header's text as it was decoded from Latin-1. The fragment of ``request`` is kept where it
      has none.

    Raises :class:`RedirectError` where ``location`` is no usable URL of http or https, holds credentials, or leads
    from https to http without ``allow_downgrade``.
    """
    if status not in REDIRECTS or location is None or not _cleaned(location):
        return None
    method, data = request.get_method(), _data_of(request)
    if (status == 303 and method not in ("GET", "HEAD")) or (status in (301, 302) and method == "POST"):
        method, data = "GET", None
    elif not can_rewind(request):
        return None
    following = _at(resolve_location(request, location), request, method)
    old, new = origin_of(request), origin_of(following)
    if old.is_tls and not new.is_tls and not allow_downgrade:
        raise RedirectError("a redirect leads from https to http")
    following.data = data
    following.headers = _kept_headers(request, sensitive if old != new else None, has_body=data is not None)
    if not new.is_tls:
        _drop_secure_referer(following)
    if proxy := proxy_of(request):
        following.set_proxy(proxy[1], proxy[0])
    return following


def _cleaned(location: str) -> str:
    # URL standard, basic URL parser: what browsers ignore, and a "\" for a "/" before the query.
    location = location.strip(_BLANK).translate(_IGNORED)
    path_end = re.search(r"[?#]|$", location)
    assert path_end is not None
    location = location[: path_end.start()].replace("\\", "/") + location[path_end.start() :]
    return _SLASHES.sub(r"\1", location)


def resolve_location(request: Request, location: str) -> str:
    """The absolute URL that ``location`` means in an answer to ``request``, as browsers read it.

    Its path, query and fragment are percent-encoded where they must be, its bytes beyond ASCII as they came. Raises
    :class:`RedirectError` where it is no URL; of which scheme it is, and whether it can be asked, is not looked at.
    """
    location = _cleaned(location)
    # Where somebody's own make_response decoded the header otherwise, it is text already.
    with suppress(UnicodeEncodeError):
        location = location.encode("latin-1").decode("utf-8", "surrogateescape")
    if _NO_HOST.match(location):
        raise RedirectError("the Location of a redirect names no host")
    base = urlsplit(request.full_url)
    try:
        parts = urlsplit(location)
    except ValueError as error:
        raise RedirectError("the Location of a redirect is no URL") from error
    scheme, netloc, path, query = parts.scheme or base.scheme, parts.netloc, parts.path, parts.query
    if not netloc and scheme == base.scheme:
        netloc = base.netloc
        if not path and "?" not in location.partition("#")[0]:
            query = base.query
        # RFC 3986 5.2.3.
        path = path if path[:1] == "/" else _folder(base.path) + path if path else base.path
    fragment = parts.fragment if "#" in location else base.fragment
    return urlunsplit(
        (
            scheme,
            netloc,
            quote(_without_dots(path), _PATH_SAFE, errors="surrogateescape"),
            quote(query, _QUERY_SAFE, errors="surrogateescape"),
            quote(fragment, _QUERY_SAFE, errors="surrogateescape"),
        )
    )


def _folder(path: str) -> str:
    return path[: path.rfind("/") + 1] or "/"


def _without_dots(path: str) -> str:
    # RFC 3986 5.2.4. Python's urljoin drops empty segments as well, which are part of a path as others are.
    if not path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _at(url: str, request: Request, method: str) -> Request:
    """A request without headers for ``url``; a cookie policy sees it as urllib's own redirect handler has it."""
    try:
        following = Request(url, origin_req_host=request.origin_req_host, unverifiable=True, method=method)
        if not url.isascii():
            # A jar compares the host in the URL: it must be the name that is asked for, not how it was written.
            following.full_url = urlunsplit(urlsplit(url)._replace(netloc=host_header(following)))
        origin_of(following)
    except InvalidRequest as error:
        raise RedirectError(f"a redirect leads where no request can go: {error}") from error
    return following


def _data_of(request: Request) -> Any:
    data: Any = request.data
    return bytes(data) if isinstance(data, bytearray | memoryview) else data


def _kept_headers(request: Request, sensitive: Collection[str] | None, *, has_body: bool) -> dict[str, str]:
    dropped = {"host"}
    if sensitive is not None:
        dropped |= SENSITIVE | {name.lower() for name in sensitive}
    return {
        name: value
        for name, value in request.headers.items()
        if (lower := name.lower()) not in dropped and (has_body or not lower.startswith(_OF_BODY))
    }


def _drop_secure_referer(request: Request) -> None:
    # RFC 9110 10.1.3: what a page under TLS was called is not told in the clear.
    for name, value in list(request.headers.items()):
        if name.lower() == "referer" and value.lower().startswith("https:"):
            del request.headers[name]
