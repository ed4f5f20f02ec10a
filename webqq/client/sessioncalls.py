"""Calls of a session, with what their answers ask for carried out (WebQQ protocol, return codes in one place)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from msgspec import Struct

from webqq.client.calling import Caller
from webqq.client.errors import CallFailed
from webqq.client.link import Link
from webqq.client.session import Session, cookie_value
from webqq.protocol.calls import Call, Reply
from webqq.protocol.digests import bkn
from webqq.protocol.retcodes import Reaction, call_reaction, ec_reaction

__all__ = ["Recover", "SessionCalls"]

logger = logging.getLogger("webqq.client")

P = TypeVar("P", bound=Struct)
R = TypeVar("R")

REPEAT_PAUSE = 1.0
"""Seconds before a call is made once more."""

EC_ATTEMPTS = 3
"""How often a call of group management is made whose code has no rule; clients went up to 5."""

Recover: TypeAlias = Callable[[Session, Reaction], Awaitable[None]]
"""Finds out what became of a session whose call was refused, and logs in where it is gone."""

_ONCE_MORE = frozenset(
    {Reaction.STORE_PTWEBQQ, Reaction.REGISTER, Reaction.NEW_HASH, Reaction.AGAIN_ONCE, Reaction.TEST}
)


class SessionCalls:
    """Makes calls with the tokens in force.

    A call's parameters are made by a function of the session, as the tokens may change before it is repeated.

    :param recover: see :data:`Recover`.
    """

    def __init__(self, caller: Caller, link: Link, recover: Recover) -> None:
        self.caller = caller
        self.link = link
        self._recover = recover
        self._jar = caller.jar

    @property
    def bkn(self) -> int:
        """What every call of group management carries."""
        return bkn(cookie_value(self._jar, "skey"))

    @property
    def skey(self) -> str:
        """The cookie that uploads carry."""
        return cookie_value(self._jar, "skey")

    async def ask(self, call: Call[P, R], make: Callable[[Session], P]) -> R:
        """Make a call and return its result.

        :raises CallFailed: the service refused, or gave no result. :raises Unreachable: it did not answer.
        :raises MalformedMessage: the answer is not formed as one of this call.
        """
        reply = await self.do(call, make)
        if reply.result is None:
            raise CallFailed(call.name, reply.retcode)
        return reply.result

    async def do(self, call: Call[P, R], make: Callable[[Session], P]) -> Reply[R]:
        """Make a call that has no result to speak of. Raises as :meth:`ask`."""
        tried = Counter[Reaction]()
        while True:
            session = self.link.session
            reply = await self.caller.call(call, make(session))
            reaction = call_reaction(reply.retcode)
            if reaction is Reaction.DONE:
                return reply
            tried[reaction] += 1
            may_repeat = reaction in _ONCE_MORE and tried[reaction] == 1
            if may_repeat or reaction in (Reaction.LOGIN, Reaction.TEST, Reaction.REGISTER):
                await self._react(session, reaction, reply.p)
            # After a new login the aliases in the parameters are another session's.
            if not may_repeat or self.link.session is not session:
                raise CallFailed(call.name, reply.retcode)

    async def _react(self, session: Session, reaction: Reaction, ptwebqq: str | None) -> None:
        logger.info("a call was refused: %s", reaction.name)
        match reaction:
            case Reaction.STORE_PTWEBQQ:
                self.link.take_ptwebqq(ptwebqq)
            case Reaction.REGISTER:
                await self.link.register()
            case Reaction.LOGIN | Reaction.TEST:
                await self._recover(session, reaction)
            case Reaction.AGAIN_ONCE:
                await asyncio.sleep(REPEAT_PAUSE)

    async def manage(self, call: Call[P, R], params: P) -> Reply[R]:
        """Make a call of group management (WebQQ protocol, group management).

        :raises CallFailed: its ``ec`` is not 0; the retcode of the error is that. Else as :meth:`ask`.
        """
        for attempt in range(1, EC_ATTEMPTS + 1):
            reply = await self.caller.call(call, params)
            reaction = ec_reaction(reply.retcode)
            if reaction is Reaction.DONE:
                return reply
            if reaction is not Reaction.FAILED or attempt == EC_ATTEMPTS:
                break
            await asyncio.sleep(REPEAT_PAUSE)
        raise CallFailed(call.name, reply.retcode)
