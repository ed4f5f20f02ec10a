"""``urllib.request.Request`` in, the bytes of an HTTP/1.1 request out.

Nothing is stripped, escaped or repaired: what cannot go over the wire as it stands is refused with the name of the
part (RFC 9110 sections 5.1 and 5.5, RFC 9112 sections 3 and 6). Pure: no socket, no clock, no state.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.request import Request

from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.origin import host_header

__all__ = ["DEFAULT_HEADERS", "check_body", "serialize_request"]

DEFAULT_HEADERS: Mapping[str, str] = {"Accept-Encoding": "identity", "User-Agent": "webqq"}
"""Sent where the request does not say otherwise. ``identity``: no content coding is undone yet."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+(?:%25[0-9A-Za-z._~-]+)?\]|[0-9A-Za-z._~!$&'()*+,;=%-]+)(?::[0-9]*)?")

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


def serialize_request(request: Request, cookie: str | None = None) -> bytes:
    """The whole message for ``request``: head and body.

    ``cookie`` is the value for a ``Cookie`` header, used where the request has none of its own. Raises
    :class:`InvalidRequest` naming the part that cannot be sent.
    """
    body = check_body(request)
    method = request.get_method()
    _check(_TOKEN, method, "method")
    target = request.selector or "/"
    _check(_TARGET, target, "target (percent-encode it)")
    fields = {name.lower(): (name, value) for name, value in DEFAULT_HEADERS.items()}
    for name, value in (*request.headers.items(), *request.unredirected_hdrs.items()):
        fields[name.lower()] = (name, value)
    if cookie is not None:
        fields.setdefault("cookie", ("Cookie", cookie))
    _add_framing(fields, method, body)
    given = fields.pop("host", None)
    host = host_header(request) if given is None else given[1]
    _check(_HOST, host, "host")
    lines = [f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n"]
    lines += [f"{_field_name(name)}: {_field_value(name, value)}\r\n" for name, value in fields.values()]
    head = "".join(lines).encode("latin-1") + b"\r\n"
    return head if body is None else head + body


def check_body(request: Request) -> bytes | None:
    """The body of ``request`` as bytes, or None; refuses what is not bytes-like."""
    data: object = request.data
    if data is None or isinstance(data, bytes):
        return data
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    raise InvalidRequest(f"data must be bytes, not {type(data).__name__}")


def _add_framing(fields: dict[str, tuple[str, str]], method: str, body: bytes | None) -> None:
    if "transfer-encoding" in fields:
        raise InvalidRequest("header Transfer-Encoding: the engine frames the body itself")
    length = 0 if body is None else len(body)
    given = fields.pop("content-length", None)
    if given is not None and str(given[1]).strip() != str(length):
        raise InvalidRequest(f"header Content-Length: says {given[1]!r}, the body has {length} bytes")
    if body is not None:
        fields.setdefault("content-type", ("Content-Type", "application/x-www-form-urlencoded"))
    if body is not None or method in _BODY_METHODS:
        fields["content-length"] = ("Content-Length", str(length))


@lru_cache(maxsize=512)
def _field_name(name: str) -> str:
    _check(_TOKEN, name, "header name")
    # Request keeps names as 'User-agent'; the usual spelling costs nothing and some servers want it.
    return "-".join(part.capitalize() if part.islower() or part.istitle() else part for part in name.split("-"))


def _field_value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"header {name}: its value must be str, not {type(value).__name__}")
    if _FIELD_VALUE.fullmatch(value) is None:
        raise InvalidRequest(f"header {name}: control character or non-Latin-1 text in its value")
    return value


def _check(pattern: re.Pattern[str], text: object, part: str) -> None:
    if not isinstance(text, str) or pattern.fullmatch(text) is None:
        raise InvalidRequest(f"{part} {text!r} cannot be sent")
