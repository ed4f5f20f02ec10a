"""aiosonic."""

from pathlib import Path

from aiosonic import HTTPClient, TCPConnector, Timeouts
from aiosonic.pools import PoolConfig

from benchmarks.clients.coroutines import CoroutineClient
from benchmarks.clients.harness import main


class Aiosonic(CoroutineClient):
    async def open(self) -> None:
        # Its default is 25 connections at once; and polls are held longer than its default timeouts.
        timeouts = Timeouts(sock_connect=60, sock_read=600, pool_acquire=None, request_timeout=600)
        pools = {":default": PoolConfig(size=10_000, max_conn_requests=None)}
        self.client = HTTPClient(TCPConnector(pool_configs=pools, timeouts=timeouts))

    async def get(self, url: str) -> bytes:
        body: bytes = await (await self.client.get(url)).content()
        return body

    async def save(self, url: str, path: Path) -> None:
        with path.open("wb") as file:
            async with self.client.stream("GET", url) as response:
                async for piece in response.iter_bytes():
                    file.write(piece)


if __name__ == "__main__":
    main({"": Aiosonic})
