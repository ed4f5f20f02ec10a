"""geventhttpclient: a C parser on gevent's loop."""

import ssl
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import gevent
import gevent.ssl
from geventhttpclient import HTTPClient

from benchmarks.clients.harness import Client, main

PIECE = 65536


def cooperative_context(cafile: str) -> gevent.ssl.SSLContext:
    """What the library makes by itself is, unless all of Python is patched, a context whose sockets block."""
    context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile)
    return context


class Geventhttpclient(Client):
    """A greenlet for each request at once."""

    def __init__(self) -> None:
        self.clients: dict[str, HTTPClient] = {}
        self.greenlets: list[gevent.Greenlet] = []

    def client(self, url: str) -> tuple[HTTPClient, str]:
        """The client of the URL's server, and the path to ask it for."""
        parts = urlsplit(url)
        client = self.clients.get(parts.netloc)
        if client is None:
            client = self.clients[parts.netloc] = HTTPClient.from_url(
                f"{parts.scheme}://{parts.netloc}",
                concurrency=10_000,
                connection_timeout=60,
                network_timeout=600,
                **({"ssl_context_factory": cooperative_context} if parts.scheme == "https" else {}),
            )
        return client, parts.path

    def requests(self, url: str, count: int, concurrency: int) -> None:
        turns = iter(range(count))
        client, path = self.client(url)
        gevent.joinall([gevent.spawn(self._work, client, path, turns) for _ in range(concurrency)], raise_error=True)

    def _work(self, client: HTTPClient, path: str, turns: Iterable[int]) -> None:
        for _ in turns:
            client.get(path).read()

    def download(self, url: str, path: Path) -> None:
        client, target = self.client(url)
        response = client.get(target)
        with path.open("wb") as file:
            while piece := response.read(PIECE):
                file.write(piece)

    def poll(self, url: str, count: int, on_answer: Callable[[bytes], None]) -> None:
        client, path = self.client(url)
        self.greenlets += [gevent.spawn(self._poll, client, path, on_answer) for _ in range(count)]

    def _poll(self, client: HTTPClient, path: str, on_answer: Callable[[bytes], None]) -> None:
        while True:
            on_answer(bytes(client.get(path).read()))

    def run(self, seconds: float) -> None:
        gevent.sleep(seconds)

    def check(self) -> None:
        for greenlet in self.greenlets:
            if greenlet.dead:
                greenlet.get()


if __name__ == "__main__":
    main({"": Geventhttpclient})
