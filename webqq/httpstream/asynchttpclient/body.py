"""The body of an ``HTTPRequest`` as one of the engine's, with the content type that Tornado's client gives it."""

from collections.abc import Iterator

from tornado.httpclient import HTTPRequest

from webqq.httpstream.asynchttpclient.producer import ProducedBody
from webqq.httpstream.body import Body

__all__ = ["body_of"]


def body_of(request: HTTPRequest) -> bytes | Body | None:
    """What ``request`` sends; None where it has no body.

    Raises ``ValueError`` where a body that is produced has a ``Content-Length`` that is no number.
    """
    # POST alone has a type where the caller names none.
    is_form = request.method == "POST"
    if request.body is not None:
        return request.body if is_form else _UntypedBody(request.body)
    if request.body_producer is None:
        return None
    return ProducedBody(request.body_producer, _promised_length(request), None if is_form else "")


def _promised_length(request: HTTPRequest) -> int | None:
    length = request.headers.get("Content-Length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit()):
        raise ValueError(f"Content-Length {length!r} is not a number of bytes")
    return int(length)


class _UntypedBody:
    """A body that is sent without a ``Content-Type`` where the request has none."""

    content_type = ""
    can_rewind = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def pieces(self) -> Iterator[bytes]:
        return iter((self._data,) if self._data else ())
