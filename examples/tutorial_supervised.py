"""The tutorial's third part: a chain that must not end, whatever the service does."""

import asyncio
from urllib.request import Request

from _service import service

from webqq.httpstream import Backoff, HTTPStream, HTTPStreamError, Timeouts


class Mailbox:
    def __init__(self, stream: HTTPStream, home: str) -> None:
        self.poll = Request(home + "/moody")
        self.is_over = asyncio.Event()
        self.supervisor = stream.supervise(
            self.poll,
            self.polled,
            backoff=Backoff(first=0.05, max_delay=60),
            is_success=lambda response: response.status == 200,
            on_error=self.failed,
            watchdog=180,
            on_silence=self.fell_silent,
            lane="poll",
            timeout=Timeouts.long_poll(hold=60),
        )

    def polled(self, response):
        letter = response.json()["letter"]
        print("got", letter)
        if letter == "the end":
            self.is_over.set()
            return None  # over; it is not begun again
        return self.poll, self.polled

    def failed(self, error: HTTPStreamError, delay: float) -> None:
        print("again in a moment, after:", type(error).__name__)

    def fell_silent(self, seconds: float) -> None:
        print(f"nothing has succeeded for {seconds:.0f} seconds")


async def main() -> None:
    async with service() as home, HTTPStream() as stream:
        mailbox = Mailbox(stream, home)
        await mailbox.is_over.wait()
        print(mailbox.supervisor)


if __name__ == "__main__":
    asyncio.run(main())
