"""Work in order within a chat, side by side across chats, and never more than is good.

Knows nothing of messages: a key and an item go in, and the work is done for the item after those of its key that came
before.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["AT_ONCE", "WAITING", "Dispatcher"]

T = TypeVar("T")

AT_ONCE = 64
"""Keys whose work is done at the same time."""

WAITING = 1000
"""Items that wait or are worked on, in all; :meth:`Dispatcher.put` waits for room beyond that."""


class Dispatcher(Generic[T]):
    """Does ``work`` for each item that is put in. What the work raises is its own affair: it must not raise."""

    def __init__(self, work: Callable[[T], Awaitable[None]], at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._work = work
        self._places = asyncio.Semaphore(at_once)
        self._room = asyncio.Semaphore(waiting)
        self._queues: dict[Hashable, deque[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, key: Hashable, item: T) -> None:
        """Do the work for ``item`` after the items of ``key`` that came before; waits only for room."""
        await self._room.acquire()
        queue = self._queues.get(key)
        if queue is not None:
            queue.append(item)
            return
        self._queues[key] = deque([item])
        task = asyncio.create_task(self._work_off(key))
        # Held here: the loop alone would let go of a task that waits.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, key: Hashable) -> None:
        queue = self._queues[key]
        try:
            while queue:
                async with self._places:
                    await self._work(queue[0])
                queue.popleft()
                self._room.release()
        finally:
            del self._queues[key]

    async def drain(self, timeout: float) -> int:
        """Wait at most ``timeout`` seconds for all work, then stop what is left; return how many items that were."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout)
        left = sum(map(len, self._queues.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return left
