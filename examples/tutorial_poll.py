"""The tutorial's second part: a long poll, a heartbeat and sends on one thread, as chains of readbacks."""

import asyncio
from urllib.request import Request

from _service import service

from webqq.httpstream import HTTPStream, HTTPStreamError, Timeouts


class Mailbox:
    """Polls a service for letters, keeps the session alive, and sends."""

    def __init__(self, stream: HTTPStream, home: str) -> None:
        self.stream = stream
        self.poll = Request(home + "/poll")
        self.beat = Request(home + "/hello?name=beat")
        self.home = home
        self.is_over = asyncio.Event()

    def start(self) -> None:
        # A lane of its own: no limit that the polls fill up holds up a send.
        self.options = {"lane": "poll", "timeout": Timeouts.long_poll(hold=60)}
        self.stream.add_request(self.poll, self.polled, self.failed, **self.options)
        self.heart = self.stream.add_request(self.beat, self.beaten)

    def polled(self, response):
        letter = response.json()["letter"]
        print("got", letter)
        if letter == "the end":
            self.is_over.set()
            return None  # the chain ends
        return self.poll, self.polled  # the next poll, at once

    def beaten(self, response):
        return self.beat, self.beaten, 0.05  # the next beat, after a delay

    def failed(self, error: HTTPStreamError) -> None:
        print("trying again in a second, after:", error)
        self.stream.add_delay_request(self.poll, self.polled, 1, self.failed, **self.options)

    def send(self, text: str) -> None:
        self.stream.post(self.home + "/hello", {"text": text}, self.sent, lane="send")

    async def sent(self, response):
        await asyncio.sleep(0)  # a readback may be a coroutine function
        print("sent:", response.status)

    def stop(self) -> None:
        self.heart.cancel()


async def main() -> None:
    async with service() as home, HTTPStream() as stream:
        mailbox = Mailbox(stream, home)
        mailbox.start()
        mailbox.send("你好")
        await mailbox.is_over.wait()
        mailbox.stop()


if __name__ == "__main__":
    asyncio.run(main())
