"""The tutorial's first part: requests, answers, errors, and how long to wait for them."""

import asyncio
from urllib.request import Request

from _service import service

from webqq.httpstream import ConnectError, HTTPStream, HTTPStreamError, Retry, Timeouts


async def first_request(stream: HTTPStream, home: str) -> None:
    response = await stream.fetch(Request(home + "/hello"))
    print(response.status, response.headers["Content-Type"], response.read())


async def short_forms(stream: HTTPStream, home: str) -> None:
    answer = await stream.get(home + "/hello", {"name": "小明"})
    print(answer.json()["hello"])
    answer = await stream.post(home + "/hello", {"text": "你好", "to": "小明"})
    print("the service saw", answer.json()["fields"])


async def many_at_once(stream: HTTPStream, home: str) -> None:
    requests = [Request(f"{home}/hello?name={number}") for number in range(10)]
    answers = await asyncio.gather(*(stream.fetch(request) for request in requests))
    print([answer.json()["hello"] for answer in answers])
    print(stream.counters.opened, "connections opened,", stream.counters.reused, "requests on kept ones")


async def errors(stream: HTTPStream, home: str) -> None:
    missing = await stream.fetch(Request(home + "/no-such-page"))
    print("a status is an answer, no error:", missing.status)
    try:
        await stream.fetch(Request("http://127.0.0.1:9/"))  # nobody listens there
    except ConnectError as error:
        print("no connection; may it work later?", error.is_transient)
    except HTTPStreamError as error:
        print(type(error).__name__, error.phase, error.elapsed)


async def time_limits(stream: HTTPStream, home: str) -> None:
    await stream.fetch(Request(home + "/hello"), timeout=5)  # all of it within 5 seconds
    patient = Timeouts(connect=3, first_byte=10, between_bytes=10, total=None)
    response = await stream.fetch(Request(home + "/hello"), timeout=patient, retry=Retry(attempts=4))
    assert response.timings is not None
    print("the server took its time:", 0 <= response.timings.waiting < 10)


async def main() -> None:
    async with service() as home, HTTPStream(timeout=30, max_per_host=6) as stream:
        await first_request(stream, home)
        await short_forms(stream, home)
        await many_at_once(stream, home)
        await errors(stream, home)
        await time_limits(stream, home)


if __name__ == "__main__":
    asyncio.run(main())
