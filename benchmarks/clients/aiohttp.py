"""aiohttp, on asyncio's loop and on uvloop."""

from functools import partial
from pathlib import Path

import aiohttp

from benchmarks.clients.coroutines import CoroutineClient
from benchmarks.clients.harness import main


class Aiohttp(CoroutineClient):
    async def open(self) -> None:
        # Without its limit of 100 connections the polls would queue.
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def get(self, url: str) -> bytes:
        async with self.session.get(url) as response:
            body: bytes = await response.read()
            return body

    async def save(self, url: str, path: Path) -> None:
        async with self.session.get(url) as response:
            with path.open("wb") as file:
                async for piece in response.content.iter_any():
                    file.write(piece)


if __name__ == "__main__":
    main({"": Aiohttp, "uvloop": partial(Aiohttp, "uvloop")})
