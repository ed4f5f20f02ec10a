"""The engine itself: chains of readbacks, and ``await stream.fetch``; on asyncio's loop and on uvloop."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request

from benchmarks.clients.coroutines import CoroutineClient, new_loop
from benchmarks.clients.harness import Client, main
from webqq.httpstream import HTTPStream


class Callbacks(Client):
    """``concurrency`` chains: each readback returns the next request."""

    def __init__(self, loop: str) -> None:
        self.loop = new_loop(loop)
        self.stream = HTTPStream()
        self.failure: Exception | None = None

    def requests(self, url: str, count: int, concurrency: int) -> None:
        to_start, to_end = count - min(concurrency, count), count

        def readback(response):  # type: ignore[no-untyped-def]  # a recursive tuple has no type to write down
            nonlocal to_start, to_end
            response.read()
            to_end -= 1
            if to_start:
                to_start -= 1
                return Request(url), readback
            if not to_end:
                self.loop.stop()
            return None

        for _ in range(min(concurrency, count)):
            self.stream.add_request(Request(url), readback, self.failed)
        self.loop.run_forever()
        self.check()

    def poll(self, url: str, count: int, on_answer: Callable[[bytes], None]) -> None:
        def readback(response):  # type: ignore[no-untyped-def]  # as above
            on_answer(response.read())
            return Request(url), readback

        for _ in range(count):
            self.stream.add_request(Request(url), readback, self.failed)

    def run(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    def failed(self, error: Exception) -> None:
        self.failure = error
        self.loop.stop()

    def check(self) -> None:
        if self.failure is not None:
            raise self.failure


class Fetch(CoroutineClient):
    """Tasks that await ``fetch``."""

    async def open(self) -> None:
        self.stream = HTTPStream()

    async def get(self, url: str) -> bytes:
        return (await self.stream.fetch(Request(url))).read()

    async def save(self, url: str, path: Path) -> None:
        response: Any = await self.stream.fetch(Request(url), stream=True)
        with path.open("wb") as file:
            async for piece in response:
                file.write(piece)


if __name__ == "__main__":
    main(
        {
            "callbacks": partial(Callbacks, "asyncio"),
            "callbacks-uvloop": partial(Callbacks, "uvloop"),
            "fetch": partial(Fetch, "asyncio"),
            "fetch-uvloop": partial(Fetch, "uvloop"),
        }
    )
