"""Sends that nobody waits for, on their way: tried until they ended, in this run or the next."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeAlias

from webqq.client.chat import Chat, FriendChat, GroupChat
from webqq.client.errors import ClientError, QueueFull
from webqq.client.link import Link
from webqq.client.outbox import MAX_WAITING, Outbox, Outcome, SendResult
from webqq.client.roster import Roster
from webqq.client.sendqueue import Queue, QueuedSend, address_of, chat_at
from webqq.client.state import SessionState
from webqq.protocol.content import Content
from webqq.protocol.errors import WebQQError

__all__ = ["OnSent", "QueuedSends"]

logger = logging.getLogger("webqq.client")

OnSent: TypeAlias = Callable[[int, SendResult], object]
"""Told how a queued send ended, by its number."""


class QueuedSends:
    """Works off the queue of one account.

    :param queue: where the sends are kept. :param on_sent: see :data:`OnSent`; it may be set at any time.
    """

    def __init__(self, queue: Queue, link: Link, roster: Roster, outbox: Outbox, on_sent: OnSent | None) -> None:
        self._queue = queue
        self._link = link
        self._roster = roster
        self._outbox = outbox
        self.on_sent = on_sent
        # Held here: the loop alone would let go of a task that waits.
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, chat: Chat, content: Content) -> int:
        """Keep a send and begin with it; return its number.

        :raises QueueFull: as many as may wait already. :raises StorageError: the message is not kept, nor sent.
        """
        if len(self._tasks) >= MAX_WAITING:
            raise QueueFull(f"{MAX_WAITING} messages wait already")
        address = address_of(chat, self._link.mark, *self._roster.described(chat))
        send = await self._queue.put(address, content)
        self._begin(send)
        return send.row

    async def resume(self) -> None:
        """Go on with what earlier runs did not send, and tell what was on its way when they ended."""
        for send in await self._queue.interrupted():
            logger.warning(
                "message %d was on its way when the last run ended: nobody knows whether it arrived", send.row
            )
            self._tell(send, SendResult(Outcome.UNKNOWN, "the process ended meanwhile"))
        for send in await self._queue.waiting():
            self._begin(send)

    async def close(self) -> None:
        """Leave what is not sent yet to the next run."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, send: QueuedSend) -> None:
        task = asyncio.ensure_future(self._work_off(send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, send: QueuedSend) -> None:
        try:
            result = await self._try(send)
            if result is not None:
                await self._queue.end(send, result)
                self._tell(send, result)
        except WebQQError as error:
            logger.error("queued message %d: %s", send.row, error)

    async def _try(self, send: QueuedSend) -> SendResult | None:
        """Send; None where it has to wait for the next run."""
        went_out = False

        async def on_wire() -> None:
            nonlocal went_out
            if not went_out:
                await self._queue.begin(send)
                went_out = True

        while True:
            mark = self._link.mark
            try:
                chat = await self._chat_of(send)
            except ClientError as error:
                return SendResult(Outcome.FAILED, str(error))
            result = await self._outbox.send(chat, send.content, on_wire)
            if went_out or result.outcome is not Outcome.FAILED:
                return result
            if self._link.state is SessionState.ONLINE and self._link.mark == mark:
                return result
            if self._link.state in (SessionState.KICKED, SessionState.CLOSED, SessionState.OFFLINE):
                return None

    async def _chat_of(self, send: QueuedSend) -> Chat:
        address, chat = send.address, chat_at(send.address)
        if address.mark == self._link.mark or not isinstance(chat, FriendChat | GroupChat):
            return chat
        return await self._roster.find(str(address.number) if address.number else address.name)

    def _tell(self, send: QueuedSend, result: SendResult) -> None:
        if self.on_sent is None:
            return
        try:
            self.on_sent(send.row, result)
        except Exception:
            logger.exception("on_sent raised")
