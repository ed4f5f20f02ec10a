"""Sends: one after the other, with pauses, each with a known end.

The service took bursts and repeated texts for spam, and muted who sent them (WebQQ protocol, rate and repeats). A
send whose answer is missing may have arrived all the same: it is never repeated (WebQQ protocol, response and
reaction).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias
from weakref import WeakValueDictionary

from webqq.client.calling import CALL_TIMEOUT, BadStatus, describe
from webqq.client.chat import Chat, DiscussChat, StrangerChat
from webqq.client.echoes import Echoes
from webqq.client.pacing import Pacing
from webqq.client.sending import SendRequests
from webqq.client.session import Session
from webqq.client.sessioncalls import Recover, SessionCalls
from webqq.client.state import SessionState
from webqq.httpstream import HTTPStreamError
from webqq.protocol.content import Content
from webqq.protocol.errors import MalformedMessage, WebQQError
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import MessageId, first_message_id
from webqq.protocol.retcodes import Reaction, send_reaction
from webqq.protocol.split import split_content

__all__ = ["Outbox", "Outcome", "SendResult"]

logger = logging.getLogger("webqq.client")

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

REPEAT_PAUSE = 3.0
"""Seconds before a message that was refused is sent again; too fast is one of the reasons for a refusal."""

_REPEATS = MappingProxyType({Reaction.AGAIN_ONCE: 1, Reaction.FAILED: 2, Reaction.TEST: 1})
"""How often a message is sent again after an answer that says it was not taken (WebQQ protocol, response and
reaction). One whose end is unknown is not in it."""


OnWire: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Way:
    """``mark`` is the login whose aliases a message uses; ``on_wire`` see :meth:`Outbox.send`."""

    mark: str
    on_wire: OnWire | None


class Outbox:
    """Sends an account's messages: in order within a chat, never two within the pauses of ``pacing``.

    :param requests: makes the request of a send. :param echoes: where own messages are heard.
    :param recover: what to do about a session that a send found gone.
    """

    def __init__(
        self,
        calls: SessionCalls,
        requests: SendRequests,
        pacing: Pacing,
        echoes: Echoes,
        recover: Recover,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._caller = calls.caller
        self._link = calls.link
        self._requests = requests
        self._pacing = pacing
        self._echoes = echoes
        self._recover = recover
        self._next_id = first_message_id(int(now() * 1000))
        self._waiting = 0
        self._order: WeakValueDictionary[Chat, asyncio.Lock] = WeakValueDictionary()

    @property
    def is_full(self) -> bool:
        """Whether one more message would fail because so many wait already."""
        return self._waiting >= MAX_WAITING

    async def send(self, chat: Chat, content: Content, on_wire: OnWire | None = None) -> SendResult:
        """Send to a chat, in pieces where the service would not take the whole.

        ``on_wire`` is awaited before each request goes out.
        """
        if self.is_full:
            return SendResult(Outcome.FAILED, f"{MAX_WAITING} messages wait already")
        mark = self._link.mark
        self._waiting += 1
        try:
            async with self._lock_of(chat):
                result = await self._send_pieces(chat, split_content(content), _Way(mark, on_wire))
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

    async def _send_pieces(self, chat: Chat, pieces: list[Content], way: _Way) -> SendResult:
        for number, piece in enumerate(pieces):
            result = await self._send_piece(chat, piece, way)
            if result.outcome is Outcome.SENT:
                continue
            if number == 0:
                return result
            # To send the whole again would double what has arrived.
            return SendResult(Outcome.UNKNOWN, f"only {number} of {len(pieces)} pieces arrived: {result.reason}")
        return _SENT

    async def _send_piece(self, chat: Chat, piece: Content, way: _Way) -> SendResult:
        msg_id = self._next_id
        self._next_id = MessageId(msg_id + 1)
        repeats = 0
        while True:
            reaction, result = await self._try(chat, piece, msg_id, way)
            # Only a refusal is repeated, so nothing arrived; under the same number, so that it cannot arrive twice.
            allowed = 0 if reaction is None else _REPEATS.get(reaction, 0)
            if isinstance(chat, DiscussChat) and reaction is Reaction.FAILED:
                allowed = 0
            if repeats >= allowed:
                return result
            repeats += 1
            await asyncio.sleep(REPEAT_PAUSE)

    async def _try(
        self, chat: Chat, piece: Content, msg_id: MessageId, way: _Way
    ) -> tuple[Reaction | None, SendResult]:
        """Send once. What the answer asks for is None where none came."""
        if not await self._link.machine.wait_online(ONLINE_WAIT):
            return None, SendResult(Outcome.FAILED, f"the session is {self._link.state.name}")
        await self._pacing.wait(chat, piece)
        if self._link.state is not SessionState.ONLINE:
            return None, SendResult(Outcome.FAILED, f"the session is {self._link.state.name}")
        session = self._link.session
        if way.mark and session.mark != way.mark and not isinstance(chat, DiscussChat):
            return None, SendResult(Outcome.FAILED, "there was a new login since, and the chat has another alias")
        if way.on_wire is not None:
            await way.on_wire()
        with self._echoes.expect(chat, piece) as echo:
            reaction, result = await self._exchange(chat, piece, msg_id, session)
            if result.outcome is Outcome.UNKNOWN and self._is_echoed(chat, session) and await echo.wait():
                return reaction, _SENT
        return reaction, result

    def _is_echoed(self, chat: Chat, session: Session) -> bool:
        return session.flavour is Flavour.SMARTQQ_2016 and not isinstance(chat, StrangerChat)

    async def _exchange(
        self, chat: Chat, piece: Content, msg_id: MessageId, session: Session
    ) -> tuple[Reaction | None, SendResult]:
        try:
            request, read = await self._requests.make(chat, piece, msg_id)
        except WebQQError as error:
            return None, SendResult(Outcome.FAILED, str(error))
        try:
            response = await self._caller.stream.fetch(request, **self._caller.options(CALL_TIMEOUT))
        except HTTPStreamError as error:
            return None, _lost(error)
        try:
            reply = read(response)
        except (BadStatus, MalformedMessage) as error:
            return Reaction.UNKNOWN, SendResult(Outcome.UNKNOWN, str(error))
        reaction = send_reaction(reply.retcode)
        if reaction is Reaction.STORE_PTWEBQQ:
            self._link.take_ptwebqq(reply.p)
        elif reaction in (Reaction.LOGIN, Reaction.TEST):
            await self._recover(session, reaction)
        return reaction, _judge(reaction, reply.retcode)


def _lost(error: HTTPStreamError) -> SendResult:
    reached = error.phase in _ON_THE_WIRE
    return SendResult(Outcome.UNKNOWN if reached else Outcome.FAILED, describe(error))


def _judge(reaction: Reaction, retcode: int) -> SendResult:
    if reaction is Reaction.DONE:
        return _SENT
    is_unclear = reaction in (Reaction.UNKNOWN, Reaction.STORE_PTWEBQQ)
    return SendResult(Outcome.UNKNOWN if is_unclear else Outcome.FAILED, f"the service answered {retcode}")
