"""httpx."""

from pathlib import Path

import httpx

from benchmarks.clients.coroutines import CoroutineClient
from benchmarks.clients.harness import main


class Httpx(CoroutineClient):
    async def open(self) -> None:
        # Polls are held longer than the default of 5 seconds.
        self.client = httpx.AsyncClient(timeout=600, limits=httpx.Limits(max_connections=None))

    async def get(self, url: str) -> bytes:
        body: bytes = (await self.client.get(url)).content
        return body

    async def save(self, url: str, path: Path) -> None:
        with path.open("wb") as file:
            async with self.client.stream("GET", url) as response:
                async for piece in response.aiter_bytes():
                    file.write(piece)


if __name__ == "__main__":
    main({"": Httpx})
