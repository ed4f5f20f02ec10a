"""Clients whose requests are coroutines on an asyncio loop: all but their ``get`` is the same."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.clients.harness import Client

__all__ = ["CoroutineClient", "new_loop"]


def new_loop(name: str) -> asyncio.AbstractEventLoop:
    """The thread's loop from now on: ``asyncio`` or ``uvloop``."""
    if name == "uvloop":
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    else:
        loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


class CoroutineClient(Client):
    """``concurrency`` tasks share the requests; each awaits one after another."""

    def __init__(self, loop: str = "asyncio") -> None:
        self.loop = new_loop(loop)
        self.tasks: set[asyncio.Task[None]] = set()
        self.loop.run_until_complete(self.open())

    @abstractmethod
    async def open(self) -> None:
        """Make the library's client, inside the running loop."""

    @abstractmethod
    async def get(self, url: str) -> bytes:
        """The body."""

    async def save(self, url: str, path: Path) -> None:
        """The body into a file, piece by piece."""
        raise NotImplementedError("this client has no streaming")

    def requests(self, url: str, count: int, concurrency: int) -> None:
        self.loop.run_until_complete(self._requests(url, count, concurrency))

    async def _requests(self, url: str, count: int, concurrency: int) -> None:
        turns = iter(range(count))
        await asyncio.gather(*(self._work(url, turns) for _ in range(concurrency)))

    async def _work(self, url: str, turns: Iterable[int]) -> None:
        get = self.get
        for _ in turns:
            await get(url)

    def download(self, url: str, path: Path) -> None:
        self.loop.run_until_complete(self.save(url, path))

    def poll(self, url: str, count: int, on_answer: Callable[[bytes], None]) -> None:
        for _ in range(count):
            self.tasks.add(self.loop.create_task(self._poll(url, on_answer)))

    async def _poll(self, url: str, on_answer: Callable[[bytes], None]) -> None:
        while True:
            on_answer(await self.get(url))

    def run(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def check(self) -> None:
        for task in self.tasks:
            if task.done():
                task.result()
