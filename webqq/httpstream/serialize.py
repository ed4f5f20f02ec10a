"""``urllib.request.Request`` in, the head of an HTTP/1.1 request out.

Nothing is stripped, escaped or repaired: what cannot go over the wire as it stands is refused with the name of the
part (RFC 9110 sections 5.1 and 5.5, RFC 9112 sections 3 and 6). Only the fragment of a URL is left out, which is
nobody's but the caller's. Pure: no socket, no clock.

The last heads are remembered, so that a request like the one before costs a look at it. What is remembered may hold
cookies and credentials, until :data:`CACHED_HEADS` others have been sent; what can be cached is text and nothing
else, since ``1``, ``1.0`` and ``True`` are one key to a cache.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.request import Request

from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.origin import host_header

__all__ = [
    "CACHED_HEADS",
    "DEFAULT_HEADERS",
    "FORM_TYPE",
    "check_body",
    "request_line_target",
    "serialize_head",
    "serialize_request",
]

DEFAULT_HEADERS: Mapping[str, str] = {"User-Agent": "webqq"}
"""Sent where neither the request nor the engine says otherwise."""

FORM_TYPE = "application/x-www-form-urlencoded"
"""The ``Content-Type`` of a body that names none, as in urllib."""

CACHED_HEADS = 256
"""Heads, and blocks of headers, that are remembered; with those above 8 KiB left out they take a few megabytes."""

_CACHED_SIZE = 8 * 1024

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%25[0-9A-Za-z._~-]+)?\]|[0-9A-Za-z._~!$&'()*+,;=%-]+)(?::[0-9]*)?")

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
# Of RFC 9110: known to be tokens.
_METHODS = _BODY_METHODS | {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE"}

_Pairs = tuple[tuple[str, str], ...]
_Block = tuple[str, str | int | None]
_Built = TypeVar("_Built")


def serialize_head(
    request: Request,
    fields: Iterable[tuple[str, str]] = (),
    *,
    length: int | None,
    is_chunked: bool = False,
    content_type: str | None = None,
    target: str | None = None,
    method: str | None = None,
) -> bytes:
    """The head of ``request``, from the request line to the empty line; its body is to follow.

    ``fields``: headers (name, value) sent where the request has none of that name; the first of a name wins. Give
    tuples: they can be remembered.
    ``length``: bytes of the body. None with ``is_chunked``: it comes in chunks; None without: there is no body, which
    POST, PUT and PATCH say with a length of 0 (RFC 9110 section 8.6).
    ``content_type``: of the body, where the request does not say; None: :data:`FORM_TYPE`; empty: it is left unsaid.
    ``target``: what the request line has, such as the whole URL for a proxy; None: :func:`request_line_target`.
    ``method``: None: the request's own.

    Raises :class:`InvalidRequest` naming the part that cannot be sent, without showing a header's value.
    """
    if method is None:
        method = request.get_method()
    headers = request.headers
    once = request.unredirected_hdrs
    parts = (
        method,
        request.selector if target is None else None,
        target,
        request.type,
        request.host,
        tuple(headers),
        tuple(headers.values()),
        tuple(once.items()) if once else (),
        tuple(fields),
        length,
        is_chunked,
        content_type,
    )
    try:
        return _cached_head(*parts)
    except (_Uncached, TypeError):
        # What cannot be hashed is named in there, where it is no text.
        return _uncached(_head, parts)


def request_line_target(request: Request, method: str | None = None) -> str:
    """What stands for the URL of ``request`` in its request line (RFC 9112 section 3.2): path and query, no fragment.

    ``*`` for OPTIONS of a URL without a path. Raises :class:`InvalidRequest` where it cannot stand there.
    """
    return _target(request.selector, request.get_method() if method is None else method)


def serialize_request(request: Request, cookie: str | None = None) -> bytes:
    """The whole message for ``request`` whose data are bytes or None: head and body.

    For those who undo no content coding: none is asked for. ``cookie``: the value for a ``Cookie`` header, used where
    the request has none of its own. Raises :class:`InvalidRequest` naming the part that cannot be sent.
    """
    body = check_body(request)
    fields: _Pairs = (("Accept-Encoding", "identity"),)
    if cookie is not None:
        fields += (("Cookie", cookie),)
    head = serialize_head(request, fields, length=None if body is None else len(body))
    return head if body is None else head + body


def check_body(request: Request) -> bytes | None:
    """The body of ``request`` as bytes, or None; refuses what is not bytes-like."""
    data: object = request.data
    if data is None or isinstance(data, bytes):
        return data
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    raise InvalidRequest(f"data must be bytes, not {type(data).__name__}")


class _Uncached(Exception):
    """Carries what was built past a cache, which keeps no exceptions."""


def _head(
    method: str,
    selector: str | None,
    target: str | None,
    scheme: str,
    authority: str | None,
    names: tuple[str, ...],
    values: tuple[str, ...],
    once: _Pairs,
    fields: _Pairs,
    length: int | None,
    is_chunked: bool,
    content_type: str | None,
) -> bytes:
    if type(method) is not str or method not in _METHODS:
        method = _check(_TOKEN, method, "method")
    if target is None:
        is_path = type(selector) is str and selector[:1] == "/" and "#" not in selector
        target = selector if is_path and method in _METHODS else _target(selector, method)
    # str's own methods are quicker than an expression, but a subclass may have others.
    if type(target) is not str or not (target.isascii() and target.isprintable()) or " " in target or not target:
        target = _check(_TARGET, target, "target (percent-encode it)")
    has_body = is_chunked or length is not None
    proxied = target if selector is not None and target[:1] == "h" else None
    kind = (FORM_TYPE if content_type is None else content_type) if has_body else ""
    parts = (scheme, authority, proxied, names, values, once, fields, kind)
    try:
        block, given = _cached_block(*parts)
    except (_Uncached, TypeError):
        block, given = _uncached(_block, parts)
    framing = "" if given is None and not has_body else _framing(length, is_chunked, given)
    if not has_body and method in _BODY_METHODS:
        framing = "Content-Length: 0\r\n"
    head = f"{method} {target} HTTP/1.1\r\n{block}{framing}\r\n".encode("latin-1")
    if type(given) is int or len(head) > _CACHED_SIZE:
        raise _Uncached(head)
    return head


_cached_head = lru_cache(maxsize=CACHED_HEADS)(_head)


def _block(
    scheme: str,
    authority: str | None,
    proxied: str | None,
    names: tuple[str, ...],
    values: tuple[str, ...],
    once: _Pairs,
    fields: _Pairs,
    content_type: str,
) -> _Block:
    """The header lines, but for those of framing, and the length that was given."""
    lines = {}
    for name, value in (*zip(names, values, strict=True), *once):
        spelt = _field_name(name)
        lines[spelt.lower()] = (spelt, value)
    for name, value in (*fields, *DEFAULT_HEADERS.items()):
        spelt = _field_name(name)
        lines.setdefault(spelt.lower(), (spelt, value))
    if content_type:
        lines.setdefault("content-type", ("Content-Type", content_type))
    if "transfer-encoding" in lines:
        raise InvalidRequest("header Transfer-Encoding: the engine frames the body itself")
    given = _given_length(lines.pop("content-length", None))
    host = lines.pop("host")[1] if "host" in lines else _host(scheme, authority, proxied)
    host = _check(_HOST, host, "host")
    text = [part for name, value in lines.values() for part in (name, ": ", _field_value(name, value), "\r\n")]
    block = "".join(("Host: ", host, "\r\n", *text))
    if type(given) is int or len(block) > _CACHED_SIZE:
        raise _Uncached((block, given))
    return block, given


# Apart from the request line, for those who ask for another URL each time.
_cached_block = lru_cache(maxsize=CACHED_HEADS)(_block)


def _uncached(build: Callable[..., _Built], parts: tuple[Any, ...]) -> _Built:
    try:
        return build(*parts)
    except _Uncached as uncached:
        built: _Built = uncached.args[0]
        return built


def _framing(length: int | None, is_chunked: bool, given: str | int | None) -> str:
    if is_chunked:
        if given is not None or length is not None:
            raise InvalidRequest("header Content-Length: a body that is sent in chunks has none")
        return "Transfer-Encoding: chunked\r\n"
    if given is not None and str(given).strip() != str(length or 0):
        raise InvalidRequest(f"header Content-Length: says {given!r}, the body has {length or 0} bytes")
    return "" if length is None else f"Content-Length: {length:d}\r\n"


def _given_length(field: tuple[str, object] | None) -> str | int | None:
    if field is None:
        return None
    value = field[1]
    # An int is what len() gives, and how many write it.
    if type(value) is int or isinstance(value, str):
        return value
    raise InvalidRequest(f"header Content-Length: its value must be str, not {type(value).__name__}")


def _target(selector: object, method: str) -> str:
    if method == "CONNECT":
        raise InvalidRequest("method 'CONNECT': tunnels are made by the engine")
    if not isinstance(selector, str):
        raise InvalidRequest(f"target {selector!r} cannot be sent")
    # The first '#': urllib splits at the last one.
    target = selector.partition("#")[0]
    if target.startswith(("/", "http://", "https://")):
        return target
    if target in ("", "*") and method == "OPTIONS":
        return "*"
    if target and not target.startswith("?"):
        raise InvalidRequest(f"target {target!r} cannot be sent: it does not begin with '/'")
    return "/" + target


def _host(scheme: str, authority: str | None, proxied: str | None) -> str:
    if proxied is not None:
        # Request.set_proxy() put the proxy where the host was, and the URL where the path was.
        return host_header(Request(proxied))
    asking = Request.__new__(Request)
    asking.type = scheme
    asking.host = authority  # type: ignore[assignment]  # None is refused over there, by name
    return host_header(asking)


@lru_cache(maxsize=512)
def _field_name(name: str) -> str:
    name = _check(_TOKEN, name, "header name")
    # Request keeps names as 'User-agent'; the usual spelling costs nothing and some servers want it.
    return "-".join(part.capitalize() if part.islower() or part.istitle() else part for part in name.split("-"))


def _field_value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"header {name}: its value must be str, not {type(value).__name__}")
    if _FIELD_VALUE.fullmatch(value) is None:
        raise InvalidRequest(f"header {name}: control character or non-Latin-1 text in its value")
    return value


def _check(pattern: re.Pattern[str], text: object, part: str) -> str:
    if not isinstance(text, str) or pattern.fullmatch(text) is None:
        raise InvalidRequest(f"{part} {text!r} cannot be sent")
    # The characters themselves, which were looked at, not what a subclass says when it is formatted.
    return str.__str__(text)
