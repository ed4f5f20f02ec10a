"""A request's body on its way to the wire: piece by piece, framed, from whatever gives the pieces."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from copy import copy
from typing import Any
from urllib.request import Request

from webqq.httpstream.body import LAST_CHUNK, Body, chunk
from webqq.httpstream.errors import BodyError

__all__ = ["Upload", "with_body"]

logger = logging.getLogger("webqq.httpstream")


class Upload:
    """The pieces of ``body``, framed as its length being known or not demands.

    Where pieces are awaited, ``ready`` is called once the next one is there to be taken.
    """

    __slots__ = ("_failed", "_is_over", "_left", "_loop", "_next", "_pieces", "_ready", "_task", "has_begun")

    def __init__(self, body: Body, ready: Callable[[], None]) -> None:
        self._ready = ready
        self.has_begun = False
        """Whether something was taken for the wire."""
        self._pieces: Iterator[bytes] | AsyncIterator[bytes] = body.pieces()
        self._left = body.length
        self._next: bytes | None = None
        self._failed: BaseException | None = None
        self._is_over = False
        self._task: asyncio.Future[Any] | None = None
        # Known once a piece was awaited: before, there is nothing to end.
        self._loop: asyncio.AbstractEventLoop | None = None

    def take(self) -> bytes | None:
        """The next bytes for the wire; empty ones at the end, None while they are waited for.

        Raises :class:`BodyError` where the body does, or gives another number of bytes than it said.
        """
        if self._is_over:
            return b""
        if isinstance(self._pieces, Iterator):
            return self._framed(self._pull(self._pieces))
        if self._next is None and self._failed is None:
            if self._task is None:
                self._task = asyncio.ensure_future(_anext(self._pieces))
                self._task.add_done_callback(self._pulled)
                self._loop = self._task.get_loop()
            return None
        if self._failed is not None:
            raise _body_error(self._failed)
        piece, self._next = self._next, None
        return self._framed(piece)

    def close(self) -> None:
        """No more is wanted. What gives the pieces is closed, in a later turn of the loop where that is awaited."""
        self._is_over = True
        if self._task is not None:
            # It is closed when the task has ended.
            self._task.cancel()
        elif self._loop is not None:
            self._close_later(self._loop)
        close = getattr(self._pieces, "close", None)
        try:
            if close is not None:
                close()
        except Exception as error:
            # It may be what is running just now, and then goes on to its next piece and no further.
            logger.log(logging.DEBUG if _is_running(self._pieces) else logging.ERROR, "a body's end failed: %r", error)

    def _pull(self, pieces: Iterator[bytes]) -> bytes:
        try:
            return next((piece for piece in pieces if piece), b"")
        except Exception as error:
            raise _body_error(error) from error

    def _pulled(self, task: "asyncio.Future[Any]") -> None:
        self._task = None
        # Asked for in any case: an error that nobody takes is logged.
        self._failed = asyncio.CancelledError() if task.cancelled() else task.exception()
        if self._is_over:
            self._close_later(task.get_loop())
            return
        if self._failed is None:
            self._next = task.result()
        self._ready()

    def _close_later(self, loop: asyncio.AbstractEventLoop) -> None:
        if hasattr(self._pieces, "aclose") and not loop.is_closed():
            # No task before the loop runs: one that never would is complained of.
            loop.call_soon(lambda: asyncio.ensure_future(_aclose(self._pieces)))

    def _framed(self, piece: bytes | None) -> bytes:
        self.has_begun = True
        if not piece:
            self._is_over = True
            if self._left:
                raise BodyError(f"the body ended {self._left} bytes before the length that it said")
            return LAST_CHUNK if self._left is None else b""
        if self._left is None:
            return chunk(piece)
        if len(piece) > self._left:
            raise BodyError("the body goes on beyond the length that it said")
        self._left -= len(piece)
        return piece


def with_body(request: Request, body: Body) -> Request:
    """``request`` with its data in the form of ``body``, which can tell whether it can be sent again."""
    data: object = request.data
    if data is body:
        return request
    copied = copy(request)
    # Setting the data takes a header away, which stays in the caller's own.
    copied.headers = dict(request.headers)
    copied.unredirected_hdrs = dict(request.unredirected_hdrs)
    copied.data = body  # type: ignore[assignment]  # urllib hands on whatever it is given
    return copied


async def _anext(pieces: AsyncIterator[bytes]) -> bytes:
    async for piece in pieces:
        if piece:
            return piece
    return b""


async def _aclose(pieces: Any) -> None:
    try:
        await pieces.aclose()
    except Exception as error:
        logger.error("a body's end failed: %r", error)


def _is_running(pieces: object) -> bool:
    return bool(getattr(pieces, "gi_running", False))


def _body_error(error: BaseException) -> BodyError:
    if isinstance(error, BodyError):
        return error
    wrapped = BodyError(f"the body failed: {error!r}")
    wrapped.__cause__ = error
    return wrapped
