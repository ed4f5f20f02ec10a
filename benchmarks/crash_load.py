"""Independent senders: each a client of its own that writes to the bot and to a group until told to stop."""

import asyncio
import random
import time
from collections.abc import Callable

from benchmarks.crash_ledger import Ledger, Sent
from webqq.client import Chat, Outcome, WebQQClient

__all__ = ["Sender"]

# A refused connection costs nothing: without a pause a sender would fail thousands of times in one outage.
_PAUSE_FAILED = 0.1


class Sender:
    """One account that sends.

    :param client: signed in. :param pause: seconds between two messages, on average.
    :param on_acknowledged: called right after each message that was taken.
    """

    def __init__(
        self,
        client: WebQQClient,
        ledger: Ledger,
        chance: random.Random,
        pause: float,
        on_acknowledged: Callable[[], None],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._chance = chance
        self._pause = pause
        self._on_acknowledged = on_acknowledged
        self._count = 0
        self._began_at = time.monotonic()

    async def run(self, is_over: Callable[[], bool]) -> None:
        """Send until ``is_over``."""
        roster = self._client.roster
        while not is_over():
            # By name, each time: a session that was renewed has other aliases.
            await self.send(await roster.find(self._chance.choice(("bot", "group"))))
            await asyncio.sleep(self._chance.uniform(0, 2 * self._pause))

    async def send_last(self) -> None:
        """Send until a message is taken by friend and by group."""
        for name in ("bot", "group"):
            while await self.send(await self._client.roster.find(name)) is not Outcome.SENT:
                pass

    async def send(self, chat: Chat) -> Outcome:
        """Send the next message and note how it ended."""
        self._count += 1
        text = f"{self._client.account}-{self._count}"
        result = await self._client.send(chat, text)
        self._ledger.sent[text] = Sent(result.outcome, result.reason, round(time.monotonic() - self._began_at, 3))
        if result.outcome is Outcome.SENT:
            self._on_acknowledged()
        else:
            await asyncio.sleep(_PAUSE_FAILED)
        return result.outcome
