"""What a stream and a request can be told, one function for each subject, against a service on this machine."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request

from _service import service

from webqq.httpstream import (
    Backoff,
    Bearer,
    Counters,
    Digest,
    Event,
    HTTPStream,
    OnlyFor,
    Proxy,
    RateLimit,
    Retry,
    RFC6265CookieJar,
    load_cookies,
    save_cookies,
    tls_options,
)


async def politeness(home: str) -> None:
    limit = RateLimit(600, per=60, burst=5)  # ten a second to each host, five at once after a pause
    retry = Retry(attempts=5, backoff=Backoff(first=1, max_delay=30))
    async with HTTPStream(rate_limit=limit, retry=retry, max_per_host=4, max_connections=100) as stream:
        answer = await stream.fetch(Request(home + "/hello"))
        print("asked politely:", answer.status)


async def credentials(home: str) -> None:
    async with HTTPStream(auth=OnlyFor(Bearer("the-token"), home)) as stream:  # to this origin and no other
        await stream.fetch(Request(home + "/hello"))
        await stream.fetch(Request(home + "/hello"), auth=("user", "password"))  # Basic
        await stream.fetch(Request(home + "/hello"), auth=Digest("user", "password"))  # once it is asked for
        key = Request(home + "/hello", headers={"X-Api-Key": "secret"})
        answer = await stream.fetch(key, sensitive={"X-Api-Key"}, redirects=3)  # stays here where a redirect leads away
        print("known:", answer.status)


async def ways(home: str) -> None:
    office = Proxy("socks5h", "proxy.example", 1080, "user", "password")
    async with HTTPStream(proxy="environment") as stream:
        answer = await stream.fetch(Request(home + "/hello"), proxy=None, source_address=("127.0.0.1", 0))
        print("straight:", answer.status, "in place of", office)


async def certificates(home: str) -> None:
    internal = tls_options(server_name="internal.example")  # and ca_file, client_cert, client_key, ... as files
    async with HTTPStream(tls=internal) as stream:
        answer = await stream.fetch(Request(home + "/hello"))  # plain http has no use for them
        print("with certificates:", answer.status)


def jar_of(file: Path) -> RFC6265CookieJar:
    jar = RFC6265CookieJar()
    if file.exists():
        load_cookies(jar, file)
    return jar


async def cookies(home: str, file: Path) -> None:
    jar = jar_of(file)
    async with HTTPStream(cookiejar=jar) as stream:
        await stream.fetch(Request(home + "/hello"))
    save_cookies(jar, file)
    print("cookies kept:", len(jar))


async def watching(home: str) -> None:
    def hook(event: Event, subject: object, detail: object) -> None:
        seen.append(event)

    seen: list[Event] = []
    async with HTTPStream(hooks=[hook]) as stream:
        answer = await stream.fetch(Request(home + "/hello"))
        counters: Counters = stream.counters
        assert answer.timings is not None
        print("events:", *seen)
        print("done:", counters.done, "on new connections:", counters.opened, "timed:", answer.timings.total > 0)


async def main() -> None:
    async with service() as home:
        await politeness(home)
        await credentials(home)
        await ways(home)
        await certificates(home)
        with TemporaryDirectory() as folder:
            await cookies(home, Path(folder) / "cookies.txt")
        await watching(home)


if __name__ == "__main__":
    asyncio.run(main())
