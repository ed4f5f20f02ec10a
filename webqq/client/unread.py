"""Events between the poll and the one who reads them: in order, bounded, and there until they are taken."""

import asyncio
from collections import deque
from collections.abc import Sequence

from webqq.client.inbox import Delivery

__all__ = ["Unread"]


class Unread:
    """A queue for one reader.

    :param limit: while as many wait, :meth:`put` waits.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[Delivery] = deque()
        self._is_ready = asyncio.Event()
        self._has_room = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    async def put(self, deliveries: Sequence[Delivery]) -> None:
        """Add deliveries, then wait until there is room for more. Who is cancelled meanwhile has added them."""
        self._waiting.extend(deliveries)
        if deliveries:
            self._is_ready.set()
        while len(self._waiting) >= self._limit:
            self._has_room.clear()
            await self._has_room.wait()

    async def wait_ready(self) -> None:
        """Wait until there is one to take."""
        await self._is_ready.wait()

    def take(self) -> Delivery:
        """Take the oldest."""
        delivery = self._waiting.popleft()
        if not self._waiting:
            self._is_ready.clear()
        self._has_room.set()
        return delivery
