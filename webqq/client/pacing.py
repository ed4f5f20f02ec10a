"""When the next message may go out: pauses for the account, and longer ones for each chat.

The service took bursts and repeated texts for spam, and muted who sent them (WebQQ protocol, rate and repeats).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

__all__ = ["CHAT_INTERVAL", "INTERVAL", "Pacing"]

INTERVAL = 0.5
"""Seconds between two sends, as twqq kept them; once more before a text that equals the one before."""

CHAT_INTERVAL = 1.0
"""Seconds between two sends to one chat; clients kept 0.5 to 3."""

REMEMBERED = 1000
"""Chats whose last send is remembered; who is older has waited long enough."""


@dataclass(frozen=True, slots=True)
class _Last:
    free_at: float
    content: object


class Pacing:
    """Lets sends through, one after the other.

    :param interval: seconds between two sends, whereto ever; 0 for none.
    :param chat_interval: seconds between two sends to one chat; 0 for no more than ``interval``.
    """

    def __init__(self, interval: float = INTERVAL, chat_interval: float = CHAT_INTERVAL) -> None:
        for name, value in (("interval", interval), ("chat_interval", chat_interval)):
            if not value >= 0:
                raise ValueError(f"{name} must be 0 seconds or more, not {value!r}")
        self._interval = interval
        self._chat_interval = chat_interval
        self._turn = asyncio.Lock()
        self._last = _Last(0.0, None)
        self._chats: OrderedDict[Hashable, _Last] = OrderedDict()

    async def wait(self, chat: Hashable, content: object) -> None:
        """Wait until ``content`` may go to ``chat``, and take the turn. One at a time for each chat."""
        before = self._chats.get(chat)
        if before is not None:
            # Outside the turn: who waits for one chat holds up no other.
            await _sleep_until(before.free_at + self._penalty(before, content))
        async with self._turn:
            await _sleep_until(self._last.free_at + self._penalty(self._last, content))
            now = asyncio.get_running_loop().time()
            self._last = _Last(now + self._interval, content)
            self._remember(chat, _Last(now + max(self._interval, self._chat_interval), content))

    def _penalty(self, before: _Last, content: object) -> float:
        return self._interval if before.content == content else 0.0

    def _remember(self, chat: Hashable, last: _Last) -> None:
        self._chats[chat] = last
        self._chats.move_to_end(chat)
        if len(self._chats) > REMEMBERED:
            self._chats.popitem(last=False)


async def _sleep_until(when: float) -> None:
    seconds = when - asyncio.get_running_loop().time()
    if seconds > 0:
        await asyncio.sleep(seconds)
