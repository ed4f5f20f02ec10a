"""One answer as it comes: told to the callbacks of an ``HTTPRequest``, or kept for its response."""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from io import BytesIO
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders

from webqq.httpstream.asynchttpclient.gunzip import Gunzip
from webqq.httpstream.follow import REDIRECTS
from webqq.httpstream.response import Response

__all__ = ["Answer"]


class Answer:
    """The answer to one request of a fetch.

    ``max_body``: bytes that its body may have once gzip is undone. ``follow``: whether a redirect leads on; nobody
    hears of such an answer.
    """

    def __init__(self, request: HTTPRequest, max_body: int, *, follow: bool) -> None:
        self._request = request
        self._max_body = max_body
        self._follow = follow
        self._gunzip: Gunzip | None = None
        self.leads_on = False
        """Whether it is a redirect that is followed. Known with its head."""
        self.headers = HTTPHeaders()
        """As the caller gets them: those of gzip have gone where it is undone."""
        self.buffer = BytesIO()
        """The body, unless ``streaming_callback`` gets it."""

    def on_head(self, response: Response) -> None:
        """The head is there."""
        location = response.headers.get("Location") or ""
        self.leads_on = self._follow and response.status in REDIRECTS and bool(location.strip())
        if self.leads_on:
            return
        for name, value in response.headers.items():
            self.headers.add(name, value)
        if self._request.decompress_response and self.headers.get("Content-Encoding", "").lower() == "gzip":
            self._gunzip = Gunzip(self._max_body)
            self.headers["X-Consumed-Content-Encoding"] = self.headers.pop("Content-Encoding")
        if self._request.header_callback is not None:
            self._tell_head(response, self._request.header_callback)

    def _tell_head(self, response: Response, tell: Callable[[str], object]) -> None:
        tell(f"HTTP/1.{response.version - 10} {response.status} {response.reason}\r\n")
        for name, value in self.headers.get_all():
            tell(f"{name}: {value}\r\n")
        tell("\r\n")

    def on_data(self, data: bytes) -> Awaitable[None] | None:
        """A piece of the body is there. What is returned is to be awaited before the next one.

        Raises :class:`DecodingError` and :class:`ResponseTooLarge`.
        """
        if self.leads_on:
            return None
        pieces = iter((data,)) if self._gunzip is None else self._gunzip.pieces(data)
        callback = self._request.streaming_callback
        if callback is not None:
            return _hand_on(callback, pieces)
        for piece in pieces:
            self.buffer.write(piece)
        return None

    def end(self) -> None:
        """The body is at its end. Raises :class:`DecodingError` where gzip is not."""
        if self._gunzip is not None:
            self._gunzip.end()
        self.buffer.seek(0)


def _hand_on(callback: Callable[[bytes], Any], pieces: Iterator[bytes]) -> Awaitable[None] | None:
    for piece in pieces:
        result = callback(piece)
        if inspect.isawaitable(result):
            return _hand_on_after(result, callback, pieces)
    return None


async def _hand_on_after(result: Awaitable[Any], callback: Callable[[bytes], Any], pieces: Iterator[bytes]) -> None:
    await result
    for piece in pieces:
        result = callback(piece)
        if inspect.isawaitable(result):
            await result
