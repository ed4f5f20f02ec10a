"""The measured client: many accounts of a gateway in one process, on one stream.

Prints one line of JSON at the end: memory and processor time of each part of the work, seconds of the messages.
"""

import argparse
import asyncio
import gc
import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.clients.harness import resident
from benchmarks.gateway_server import FIRST
from benchmarks.machine import most_connections
from webqq.client import DataFolder, Delivery, FriendChat, Outcome, WebQQClient, gateway_stream
from webqq.httpstream import HTTPStream, RFC6265CookieJar
from webqq.protocol.events import FriendMessage

__all__ = ["Account", "measure"]

_LOGINS_AT_ONCE = 20
_QUIET = 1.0


class Account:
    """One client, and the moments at which messages came."""

    def __init__(self, stream: HTTPStream, number: int, folder: DataFolder | None) -> None:
        self.client = WebQQClient(
            stream,
            number,
            str(number),
            cookiejar=RFC6265CookieJar(),
            data=folder,
            interval=0,
            chat_interval=0,
            on_delivery=self._take,
        )
        self.came: asyncio.Queue[float] = asyncio.Queue()
        self.heard_at = 0.0

    async def _take(self, delivery: Delivery) -> None:
        self.heard_at = time.perf_counter()
        if isinstance(delivery.event, FriendMessage):
            self.came.put_nowait(self.heard_at)
        await self.client.done(delivery)

    async def tell(self, other: "Account", text: str) -> float:
        """Send to the only friend; seconds until the friend has it."""
        began = time.perf_counter()
        [friend] = self.client.roster.friends
        result = await self.client.send(FriendChat(friend), text)
        if result.outcome is not Outcome.SENT:
            raise RuntimeError(f"a message was not sent: {result}")
        return await other.came.get() - began


class Section:
    """Wall and processor seconds of what happens inside ``with``."""

    def __enter__(self) -> "Section":
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu

    @property
    def figures(self) -> dict[str, float]:
        return {"wall": self.wall, "cpu": self.cpu}


async def sign_in(accounts: Sequence[Account]) -> None:
    """Sign all in and begin to receive, some at once."""
    places = asyncio.Semaphore(_LOGINS_AT_ONCE)

    async def one(account: Account) -> None:
        async with places:
            await account.client.start()

    await asyncio.gather(*map(one, accounts))


async def settle(accounts: Sequence[Account]) -> None:
    """Wait until nobody has heard anything for a while: who came online is told to friends."""
    while time.perf_counter() - max(account.heard_at for account in accounts) < _QUIET:  # noqa: ASYNC110  # quiet is no event
        await asyncio.sleep(0.1)


async def exchange(accounts: Sequence[Account], couples: int, messages: int) -> list[float]:
    """Let so many couples write ``messages`` in all, each of them one after the other; seconds of each."""

    async def talk(at: int) -> list[float]:
        one, other = accounts[2 * at], accounts[2 * at + 1]
        return [await one.tell(other, f"message {number}") for number in range(messages // couples)]

    return [latency for each in await asyncio.gather(*map(talk, range(couples))) for latency in each]


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All figures, in the order in which the parts happen."""
    before = resident()
    folder = None if options.folder is None else DataFolder(options.folder)
    async with gateway_stream(options.url) as stream:
        accounts = [Account(stream, FIRST + index, folder) for index in range(options.accounts)]
        with Section() as login:
            await sign_in(accounts)
        await settle(accounts)
        gc.collect()
        memory, threads = resident() - before, threading.active_count()
        descriptors = len(os.listdir("/proc/self/fd"))
        with Section() as idle:
            await asyncio.sleep(options.idle)
        alone = await exchange(accounts, 1, options.alone)
        with Section() as talking:
            busy = await exchange(accounts, options.couples, options.messages)
        gc.collect()
        after = resident() - before
        with Section() as closing:
            await asyncio.gather(*(account.client.close() for account in accounts))
    return {
        "memory": memory,
        "memory_after": after,
        "threads": threads,
        "descriptors": descriptors,
        "login": login.figures,
        "idle": idle.figures,
        "alone": alone,
        "talking": talking.figures,
        "busy": busy,
        "closing": closing.figures,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.accounts_client")
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--accounts", type=int, default=10)
    parser.add_argument("--couples", type=int, default=2)
    parser.add_argument("--messages", type=int, default=10)
    parser.add_argument("--alone", type=int, default=5)
    parser.add_argument("--idle", type=float, default=0.2)
    options = parser.parse_args()
    most_connections()
    print(json.dumps(asyncio.run(measure(options))), flush=True)


if __name__ == "__main__":
    main()
