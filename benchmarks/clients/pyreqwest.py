"""pyreqwest: Rust's reqwest behind coroutines."""

import os
from pathlib import Path

from pyreqwest.client import ClientBuilder

from benchmarks.clients.coroutines import CoroutineClient
from benchmarks.clients.harness import main


class Pyreqwest(CoroutineClient):
    async def open(self) -> None:
        builder = ClientBuilder().http1_only()
        authority = os.environ.get("SSL_CERT_FILE")
        if authority:
            builder = builder.add_root_certificate_pem(Path(authority).read_bytes())  # noqa: ASYNC240  # before anything runs
        self.client = builder.build()

    async def get(self, url: str) -> bytes:
        response = await self.client.get(url).build().send()
        return bytes(await response.bytes())

    async def save(self, url: str, path: Path) -> None:
        with path.open("wb") as file:
            async with self.client.get(url).build_streamed() as response:
                while piece := await response.body_reader.read_chunk():
                    file.write(piece)


if __name__ == "__main__":
    main({"": Pyreqwest})
