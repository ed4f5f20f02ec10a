"""What a friend sees without a message: a window that shakes, somebody typing. Who is away misses it.

Source: WebQQ protocol, shake2 and input_notify2.
"""

import secrets
from typing import Any

from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.delivery import SignalNotice
from webqq.protocol.calls import INPUT_NOTIFY2, SHAKE2, Reply, SignalParams
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS"]


async def shake2(context: Context, params: SignalParams) -> Reply[None]:
    """Shakes a friend's window."""
    return _signal(context, params, is_shake=True)


async def input_notify2(context: Context, params: SignalParams) -> Reply[None]:
    """Tells a friend that one is typing."""
    return _signal(context, params, is_shake=False)


def _signal(context: Context, params: SignalParams, *, is_shake: bool) -> Reply[None]:
    session = context.session(params.psessionid)
    friend = context.services.roster(session.login).friend(params.to_uin)
    if friend is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    other = context.services.sessions.live(friend.number)
    if other is not None:
        # A number of its own, since clients take a second one with the same number for a repeat.
        other.receiver.notify(SignalNotice(session.account, is_shake, secrets.randbits(31)))
    return Reply(RetCode.OK)


ANSWERS: tuple[Answer[Any, Any], ...] = (Answer(SHAKE2, shake2), Answer(INPUT_NOTIFY2, input_notify2))
