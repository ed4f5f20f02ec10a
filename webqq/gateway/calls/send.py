"""send_buddy_msg2 and send_qun_msg2: a message comes in, and is answered when it cannot be lost any more.

Source: WebQQ protocol, sending.
"""

from typing import Any

from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.post import Outcome
from webqq.protocol.calls import SEND_BUDDY_MSG2, SEND_QUN_MSG2, Reply, SendBuddyParams, SendGroupParams
from webqq.protocol.content import Content, Face, parse_sent
from webqq.protocol.flavour import Flavour
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "CONTENT_BYTES"]

CONTENT_BYTES = 16 * 1024
"""Longest content string; the service took some 700 bytes, and clients split there."""


async def send_buddy_msg2(context: Context, params: SendBuddyParams) -> Reply[None]:
    """To a friend. One whose mailbox is full cannot be sent to for the time being."""
    session = context.session(params.psessionid)
    friend = context.services.roster(session.login).friend(params.to)
    if friend is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    content = _parse_content(params.content)
    outcome = await context.services.post.to_friend(session, friend.number, params.msg_id, content)
    if outcome is Outcome.FULL:
        raise Refusal(RetCode.REFUSED)
    return Reply(RetCode.OK)


async def send_qun_msg2(context: Context, params: SendGroupParams) -> Reply[None]:
    """To a group that the account is in. In 2016 the sender gets it, too."""
    session = context.session(params.psessionid)
    group = context.services.roster(session.login).group(params.group_uin)
    if group is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    content = _parse_content(params.content)
    echo = context.flavour is Flavour.SMARTQQ_2016
    await context.services.post.to_group(session, group, params.msg_id, content, echo=echo)
    return Reply(RetCode.OK)


def _parse_content(text: str) -> Content:
    """Return what was sent, if it is text and faces.

    Pictures cannot be fetched from here yet, and an element that this gateway does not know must not be passed on: a
    receiver might take it for a picture on a server of the sender's choice. Nothing that is dropped is answered with a
    success, so such a message is refused.
    """
    if len(text.encode("utf-8", "replace")) > CONTENT_BYTES:
        raise Refusal(RetCode.BAD_PARAMETER)
    content = parse_sent(text)
    if not content.text or not all(isinstance(part, str | Face) for part in content.parts):
        raise Refusal(RetCode.BAD_PARAMETER)
    return content


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(SEND_BUDDY_MSG2, send_buddy_msg2),
    Answer(SEND_QUN_MSG2, send_qun_msg2),
)
