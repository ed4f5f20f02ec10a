"""The tutorial's fourth part: bodies that come and go in pieces, and a stream that is closed in peace."""

import asyncio
from collections.abc import AsyncIterator
from urllib.request import Request

from _service import service

from webqq.httpstream import JSON, EventSource, Form, HTTPStream


async def download(stream: HTTPStream, home: str) -> None:
    async with await stream.fetch(Request(home + "/lines"), stream=True) as response:
        print(response.status, "and the body is still coming")
        async for line in response.lines():
            print(line)


async def upload(stream: HTTPStream, home: str) -> None:
    form = Form({"title": "a program"})
    form.add_file("program", __file__)
    answer = await stream.post(home + "/hello", form)
    print("the service saw", answer.json()["fields"], answer.json()["files"])
    answer = await stream.fetch(Request(home + "/count", JSON([1, 2, 3])))
    print("bytes of JSON:", answer.read())

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d " % number

    answer = await stream.fetch(Request(home + "/count", pieces()))
    print("bytes in chunks:", answer.read())


async def events(stream: HTTPStream, home: str) -> None:
    async with EventSource(stream, Request(home + "/events")) as source:
        async for event in source:
            print(event.id, event.data)
            if event.id == "3":
                break


async def main() -> None:
    async with service() as home, HTTPStream() as stream:
        await download(stream, home)
        await upload(stream, home)
        await events(stream, home)
        stream.get(home + "/hello", readback=lambda response: print("the last one:", response.status))
        print("all is done:", await stream.drain(timeout=5))
        print(stream.audit())


if __name__ == "__main__":
    asyncio.run(main())
