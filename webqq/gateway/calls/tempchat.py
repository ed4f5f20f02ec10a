"""Temporary chats with strangers from a common group or discussion.

The signature says through what a chat runs, between whom and since when, so that nothing has to be kept of it; a send
that carries it needs no more. Source: WebQQ protocol, get_c2cmsg_sig2 and send_sess_msg2.
"""

import hmac
from typing import Any

from webqq.gateway import discusses
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.calls.send import parse_content, see_that_it_was_kept
from webqq.gateway.notes import InSession
from webqq.gateway.sessions import Session
from webqq.protocol.calls import (
    GET_C2CMSG_SIG2,
    SEND_SESS_MSG2,
    ChatSignature,
    ChatSignatureParams,
    Reply,
    SendSessionParams,
    ServiceType,
)
from webqq.protocol.events import SessionFlags
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "CHAT_SECONDS"]

CHAT_SECONDS = 600
"""How long a signature is good; clients ask for a new one after five minutes."""

_PURPOSE = "c2cmsg"
_DIGITS = 16


async def get_c2cmsg_sig2(context: Context, params: ChatSignatureParams) -> Reply[ChatSignature]:
    """For somebody who is in the group or discussion, as oneself is."""
    session = context.session(params.psessionid)
    roster = context.services.roster(session.login)
    stranger = roster.anybody(params.to_uin)
    through, members = 0, tuple[QQNumber, ...]()
    if params.service_type == ServiceType.GROUP:
        if group := roster.group(params.id):
            through, members = group.number, group.members
    elif params.service_type == ServiceType.DISCUSSION and (row := roster.discuss_row(params.id)) is not None:
        discuss = await context.run(lambda db: discusses.read(db, row, session.account))
        through, members = (discuss.id, discuss.members) if discuss is not None else (0, ())
    if stranger is None or stranger.number not in members or stranger.number == session.account:
        raise Refusal(RetCode.BAD_PARAMETER)
    at = int(context.services.clock())
    value = _sign(context, session, params.service_type, through, stranger.number, at)
    flags = SessionFlags(pic=0, file=0, audio=0, video=0)
    return Reply(RetCode.OK, ChatSignature(value=value, flags=flags))


async def send_sess_msg2(context: Context, params: SendSessionParams) -> Reply[None]:
    """Text and faces, with a signature that is good yet."""
    session = context.session(params.psessionid)
    services = context.services
    stranger = services.roster(session.login).anybody(params.to)
    if stranger is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    through = _read(context, session, params, stranger.number)
    content = parse_content(params.content)
    outcome = await services.post.to_stranger(session, stranger.number, through, params.msg_id, content)
    return see_that_it_was_kept(outcome)


def _sign(context: Context, session: Session, kind: int, through: int, stranger: QQNumber, at: int) -> str:
    sign = context.services.sessions.sign(_PURPOSE, session.account, kind, through, stranger, at)
    return f"{through:0{_DIGITS}x}{at:0{_DIGITS}x}{sign}"


def _read(context: Context, session: Session, params: SendSessionParams, stranger: QQNumber) -> InSession:
    value, kind = params.group_sig, params.service_type
    try:
        through, at = int(value[:_DIGITS], 16), int(value[_DIGITS : 2 * _DIGITS], 16)
        expected = _sign(context, session, kind, through, stranger, at)
    except (ValueError, OverflowError):
        raise Refusal(RetCode.BAD_PARAMETER) from None
    is_ours = hmac.compare_digest(expected.encode(), value.encode("utf-8", "replace"))
    if not is_ours or at + CHAT_SECONDS < context.services.clock():
        raise Refusal(RetCode.BAD_PARAMETER)
    return InSession(group=through) if kind == ServiceType.GROUP else InSession(discuss=through)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GET_C2CMSG_SIG2, get_c2cmsg_sig2),
    Answer(SEND_SESS_MSG2, send_sess_msg2),
)
