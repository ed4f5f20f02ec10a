"""Tornado's two clients: its own simple one, which keeps no connection, and the one around libcurl."""

import os
from functools import partial
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from benchmarks.clients.coroutines import CoroutineClient
from benchmarks.clients.harness import main

# Their default is 10 at once; requests over it queue.
MAX_CLIENTS = 10_000
# Seconds; polls are held longer than the default of 20.
REQUEST_TIMEOUT = 600.0
LARGEST = 1 << 30


class Tornado(CoroutineClient):
    def __init__(self, implementation: str) -> None:
        self.implementation = implementation
        super().__init__()

    async def open(self) -> None:
        AsyncHTTPClient.configure(self.implementation, max_clients=MAX_CLIENTS)
        larger: dict[str, Any] = {"max_body_size": LARGEST, "max_buffer_size": LARGEST}
        self.client = AsyncHTTPClient(**(larger if "simple" in self.implementation else {}))
        # libcurl does not look at the variable by itself.
        self.options: dict[str, Any] = {"request_timeout": REQUEST_TIMEOUT, "ca_certs": os.environ.get("SSL_CERT_FILE")}

    async def get(self, url: str) -> bytes:
        return (await self.client.fetch(url, **self.options)).body

    async def save(self, url: str, path: Path) -> None:
        with path.open("wb") as file:

            def keep(piece: bytes) -> None:
                # It must return None: anything else is awaited.
                file.write(piece)

            await self.client.fetch(HTTPRequest(url, **self.options, streaming_callback=keep))


if __name__ == "__main__":
    main(
        {
            "simple": partial(Tornado, "tornado.simple_httpclient.SimpleAsyncHTTPClient"),
            "curl": partial(Tornado, "tornado.curl_httpclient.CurlAsyncHTTPClient"),
        }
    )
