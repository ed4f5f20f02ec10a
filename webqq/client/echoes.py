"""The own messages that the service of 2016 sends back: proof that a send of unknown end arrived.

They cannot be told apart from what another device of the account wrote, so a text counts once and for a short time
only (WebQQ protocol, messages).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from webqq.client.chat import Chat, FriendChat, chat_of
from webqq.protocol.content import Content
from webqq.protocol.events import DiscussMessage, FriendMessage, GroupMessage

__all__ = ["ECHO_WAIT", "Echo", "Echoes"]

ECHO_WAIT = 10.0
"""Seconds that a send of unknown end waits for its echo."""


@dataclass(frozen=True, slots=True, eq=False)
class Echo:
    """What a send expects to hear of itself."""

    chat: Chat
    text: str
    heard: asyncio.Event

    async def wait(self) -> bool:
        """Wait for the echo; tell whether it came."""
        try:
            async with asyncio.timeout(ECHO_WAIT):
                await self.heard.wait()
        except TimeoutError:
            return False
        return True


class Echoes:
    """What is on its way to the service and may come back."""

    def __init__(self) -> None:
        self._expected: list[Echo] = []

    @contextmanager
    def expect(self, chat: Chat, content: Content) -> Iterator[Echo]:
        """Listen for the echo of ``content``."""
        echo = Echo(chat, _plain(content), asyncio.Event())
        self._expected.append(echo)
        try:
            yield echo
        finally:
            self._expected.remove(echo)

    def hear(self, event: FriendMessage | GroupMessage | DiscussMessage) -> bool:
        """Take an own message that came by the poll; tell whether one of the sends was waiting for it."""
        text, chat = _plain(event.content), chat_of(event)
        for echo in self._expected:
            # An own message to a friend does not tell which friend.
            is_there = isinstance(echo.chat, FriendChat) if isinstance(event, FriendMessage) else echo.chat == chat
            if is_there and echo.text == text and not echo.heard.is_set():
                echo.heard.set()
                return True
        return False


def _plain(content: Content) -> str:
    # Clients add blanks at the end and after faces (WebQQ protocol, text).
    return "".join(content.text.split())
