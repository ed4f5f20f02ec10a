"""Sends: one after the other, with pauses, each with a known end.

The service took bursts and repeated texts for spam, and muted who sent them (WebQQ protocol, rate and repeats). A
send whose answer is missing may have arrived all the same: it is never repeated (WebQQ protocol, response and
reaction).
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeAlias
from urllib.request import Request
from weakref import WeakValueDictionary

from webqq.client.calling import CALL_TIMEOUT, BadStatus, Caller, describe, read_reply
from webqq.client.chat import Chat, FriendChat
from webqq.client.link import Link
from webqq.httpstream import HTTPStreamError, Response
from webqq.protocol.calls import SEND_BUDDY_MSG2, SEND_QUN_MSG2, Reply, SendBuddyParams, SendGroupParams
from webqq.protocol.content import Content, serialize_sent
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.ids import MessageId, first_message_id
from webqq.protocol.retcodes import Reaction, send_reaction
from webqq.protocol.split import split_content

__all__ = ["INTERVAL", "Outbox", "Outcome", "SendResult"]

logger = logging.getLogger("webqq.client")

INTERVAL = 0.5
"""Seconds between two sends, as twqq kept them; once more before a text that equals the one before."""

MAX_WAITING = 1000
"""Messages that may wait to be sent; at the usual interval these are minutes. One more fails at once."""

ONLINE_WAIT = 60.0
"""Seconds that a message waits for a session that is being renewed."""

_ON_THE_WIRE = frozenset({"WRITING", "READING"})
"""States of the engine's exchange in which the service may have seen the request."""


class Outcome(StrEnum):
    """How a send ended."""

    SENT = "sent"
    """The service took it."""
    FAILED = "failed"
    """It did not arrive; sending it again is safe."""
    UNKNOWN = "unknown"
    """It may have arrived, or a part of it."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """How a send ended, and why it did not end well: ``reason`` is for a person."""

    outcome: Outcome
    reason: str = ""


_SENT = SendResult(Outcome.SENT)

_Read: TypeAlias = Callable[[Response], Reply[None]]


class Outbox:
    """Sends an account's messages: in order within a chat, never two within the interval.

    :param interval: seconds between two sends, see :data:`INTERVAL`.
    """

    def __init__(
        self, caller: Caller, link: Link, interval: float = INTERVAL, now: Callable[[], float] = time.time
    ) -> None:
        if interval < 0:
            raise ValueError(f"interval must be 0 seconds or more, not {interval!r}")
        self._caller = caller
        self._link = link
        self._interval = interval
        self._next_id = first_message_id(int(now() * 1000))
        self._waiting = 0
        self._order: WeakValueDictionary[Chat, asyncio.Lock] = WeakValueDictionary()
        self._turn = asyncio.Lock()
        self._free_at = 0.0
        self._last_content: Content | None = None

    async def send(self, chat: Chat, content: Content) -> SendResult:
        """Send to a chat, in pieces where the service would not take the whole."""
        if self._waiting >= MAX_WAITING:
            return SendResult(Outcome.FAILED, f"{MAX_WAITING} messages wait already")
        self._waiting += 1
        try:
            async with self._lock_of(chat):
                result = await self._send_pieces(chat, split_content(content))
        finally:
            self._waiting -= 1
        if result.outcome is not Outcome.SENT:
            logger.warning("message to %s: %s, %s", chat, result.outcome, result.reason)
        return result

    def _lock_of(self, chat: Chat) -> asyncio.Lock:
        # Gone as soon as nobody sends there.
        lock = self._order.get(chat)
        if lock is None:
            lock = self._order[chat] = asyncio.Lock()
        return lock

    async def _send_pieces(self, chat: Chat, pieces: list[Content]) -> SendResult:
        for number, piece in enumerate(pieces):
            result = await self._send_piece(chat, piece)
            if result.outcome is Outcome.SENT:
                continue
            if number == 0:
                return result
            # To send the whole again would double what has arrived.
            return SendResult(Outcome.UNKNOWN, f"only {number} of {len(pieces)} pieces arrived: {result.reason}")
        return _SENT

    async def _send_piece(self, chat: Chat, piece: Content) -> SendResult:
        msg_id = self._next_id
        self._next_id = MessageId(msg_id + 1)
        reaction, result = await self._try(chat, piece, msg_id)
        if reaction is Reaction.AGAIN_ONCE:
            # A refusal, so nothing arrived; under the same number, so that it cannot arrive twice.
            _, result = await self._try(chat, piece, msg_id)
        return result

    async def _try(self, chat: Chat, piece: Content, msg_id: MessageId) -> tuple[Reaction, SendResult]:
        if not await self._link.machine.wait_online(ONLINE_WAIT):
            return Reaction.FAILED, SendResult(Outcome.FAILED, f"the session is {self._link.state.name}")
        await self._wait_turn(piece)
        request, read = self._request(chat, piece, msg_id)
        try:
            response = await self._caller.stream.fetch(request, timeout=CALL_TIMEOUT, redirects=0)
        except HTTPStreamError as error:
            return Reaction.FAILED, _lost(error)
        try:
            reply = read(response)
        except (BadStatus, MalformedMessage) as error:
            return Reaction.UNKNOWN, SendResult(Outcome.UNKNOWN, str(error))
        reaction = send_reaction(reply.retcode)
        if reaction is Reaction.STORE_PTWEBQQ:
            self._link.take_ptwebqq(reply.p)
        return reaction, _judge(reaction, reply.retcode)

    async def _wait_turn(self, content: Content) -> None:
        """Wait until the next send is due, and take the turn."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            due = self._free_at + (self._interval if content == self._last_content else 0)
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            self._free_at = loop.time() + self._interval
            self._last_content = content

    def _request(self, chat: Chat, piece: Content, msg_id: MessageId) -> tuple[Request, _Read]:
        """The request of a send, and what reads its answer."""
        content = serialize_sent(piece)
        clientid, psessionid = self._link.session.clientid, self._link.session.psessionid
        if isinstance(chat, FriendChat):
            to_friend = SendBuddyParams(
                to=chat.uin, content=content, clientid=clientid, msg_id=msg_id, psessionid=psessionid
            )
            return self._caller.request(SEND_BUDDY_MSG2, to_friend), partial(read_reply, SEND_BUDDY_MSG2)
        to_group = SendGroupParams(
            group_uin=chat.gid, content=content, clientid=clientid, msg_id=msg_id, psessionid=psessionid
        )
        return self._caller.request(SEND_QUN_MSG2, to_group), partial(read_reply, SEND_QUN_MSG2)


def _lost(error: HTTPStreamError) -> SendResult:
    reached = error.phase in _ON_THE_WIRE
    return SendResult(Outcome.UNKNOWN if reached else Outcome.FAILED, describe(error))


def _judge(reaction: Reaction, retcode: int) -> SendResult:
    if reaction is Reaction.DONE:
        return _SENT
    is_unclear = reaction in (Reaction.UNKNOWN, Reaction.STORE_PTWEBQQ)
    return SendResult(Outcome.UNKNOWN if is_unclear else Outcome.FAILED, f"the service answered {retcode}")
