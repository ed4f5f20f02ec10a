"""A bot whose handler notes each message in a journal, and that may be killed at points of its work:

- ``polled``: a batch has arrived, and nothing of it is stored;
- ``stored``: the batch is committed to the inbox, and no handler has run;
- ``handled``: the handler of a message has run, and the inbox does not know yet;
- ``done``: the inbox knows.
"""

import argparse
import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.crash_aim import Aim, say_ready
from webqq.bot import Bot, Message
from webqq.client import Delivery, WebQQClient, gateway_stream
from webqq.client.inbox import Inbox
from webqq.protocol.events import Event

__all__ = ["AimedInbox"]


class AimedInbox:
    """An inbox with points before and after its writes."""

    def __init__(self, inbox: Inbox, aim: Aim) -> None:
        self._inbox = inbox
        self._aim = aim

    async def put(self, events: Sequence[Event]) -> list[Delivery]:
        self._aim.passing("polled")
        deliveries = await self._inbox.put(events)
        self._aim.passing("stored")
        return deliveries

    async def done(self, delivery: Delivery) -> None:
        await self._inbox.done(delivery)
        self._aim.passing("done")

    async def unfinished(self) -> list[Delivery]:
        return await self._inbox.unfinished()

    async def close(self) -> None:
        await self._inbox.close()


async def answer(options: argparse.Namespace, aim: Aim) -> None:
    # One write call for a line: the kernel has it whole when the process is killed.
    journal = os.open(options.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    async with gateway_stream(options.url) as stream:
        client = WebQQClient(stream, options.account, options.password, data=options.data)
        client._inbox = AimedInbox(client._inbox, aim)
        bot = Bot(client)

        @bot.on_message
        def note(message: Message) -> None:
            event = message.event
            line = {
                "text": message.text,
                "redelivered": message.redelivered,
                "process": os.getpid(),
                "event": [type(event).__name__, event.msg_id, event.msg_id2, event.time],
            }
            os.write(journal, json.dumps(line).encode() + b"\n")
            aim.passing("handled")

        await bot.run(say_ready, signals=())


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.crash_bot")
    parser.add_argument("--url", required=True)
    parser.add_argument("--account", type=int, required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    options = parser.parse_args()
    aim = Aim()
    aim.listen()
    asyncio.run(answer(options, aim))


if __name__ == "__main__":
    main()
