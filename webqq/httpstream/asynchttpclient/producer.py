"""A ``body_producer`` as a body of the engine: what it writes is taken piece by piece, and holds it back until then."""

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

from tornado.iostream import StreamClosedError

__all__ = ["ProducedBody", "Producer"]

Producer: TypeAlias = Callable[[Callable[[bytes], "asyncio.Future[None]"]], Any]
"""Takes what writes; what it returns is awaited where it can be, and then ends the body."""


class ProducedBody:
    """What ``producer`` writes; it is called anew where the body has to go again.

    ``length``: bytes that the caller has promised, None for chunks. ``content_type``: see
    :class:`~webqq.httpstream.body.Body`.
    """

    can_rewind = True

    def __init__(self, producer: Producer, length: int | None, content_type: str | None) -> None:
        self._producer = producer
        self.length = length
        self.content_type = content_type

    def pieces(self) -> "_Production":
        return _Production(self._producer)


class _Production:
    """One call of a ``body_producer``, begun when its first piece is wanted."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._pieces: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._taken: asyncio.Future[None] | None = None
        self._task: asyncio.Future[Any] | None = None
        self._changed = asyncio.Event()
        self._is_begun = self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._is_begun:
            self._begin()
        if self._taken is not None and not self._taken.done():
            # The next piece is wanted: the kernel has all of the last one.
            self._taken.set_result(None)
        while not self._pieces and self._is_running:
            self._changed.clear()
            await self._changed.wait()
        if self._pieces:
            piece, self._taken = self._pieces.popleft()
            return piece
        # All of the body has gone: what is written from now on would wait for ever.
        self._is_closed = True
        if self._task is not None:
            self._task.result()
        raise StopAsyncIteration

    def close(self) -> None:
        """Nobody takes any more: end the producer, or let it see that its writes fail."""
        self._is_closed = True
        if self._task is not None and not self._task.done():
            self._task.cancel()
        if self._taken is not None:
            _fail(self._taken)
        for _, taken in self._pieces:
            _fail(taken)
        self._pieces.clear()

    @property
    def _is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def _begin(self) -> None:
        self._is_begun = True
        result = self._producer(self._write)
        if inspect.isawaitable(result):
            self._task = asyncio.ensure_future(result)
            self._task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Future[Any]") -> None:
        if not task.cancelled():
            # Asked for, or asyncio would log what nobody waits for any more.
            task.exception()
        self._changed.set()

    def _write(self, chunk: bytes) -> "asyncio.Future[None]":
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._is_closed:
            _fail(taken)
            return taken
        self._pieces.append((bytes(chunk), taken))
        self._changed.set()
        return taken


def _fail(taken: "asyncio.Future[None]") -> None:
    if not taken.done():
        taken.set_exception(StreamClosedError())
        # A producer need not wait for its writes.
        taken.exception()
