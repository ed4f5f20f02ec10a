"""urllib3 and the standard library's urllib, for reference: one request at a time, whatever ``--concurrency`` says."""

import shutil
import urllib.request
from pathlib import Path

from benchmarks.clients.harness import Client, main


class Urllib(Client):
    """Keeps no connection."""

    def requests(self, url: str, count: int, concurrency: int) -> None:
        for _ in range(count):
            with urllib.request.urlopen(url) as response:
                response.read()

    def download(self, url: str, path: Path) -> None:
        with urllib.request.urlopen(url) as response, path.open("wb") as file:
            shutil.copyfileobj(response, file)


class Urllib3(Client):
    def __init__(self) -> None:
        import urllib3

        self.pool = urllib3.PoolManager()

    def requests(self, url: str, count: int, concurrency: int) -> None:
        for _ in range(count):
            _ = self.pool.request("GET", url).data

    def download(self, url: str, path: Path) -> None:
        response = self.pool.request("GET", url, preload_content=False)
        with path.open("wb") as file:
            for piece in response.stream(65536):
                file.write(piece)


if __name__ == "__main__":
    main({"urllib": Urllib, "urllib3": Urllib3})
