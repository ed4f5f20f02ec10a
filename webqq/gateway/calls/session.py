"""A session's life: getvfwebqq, login2, change_status2, logout2, and the heartbeat.

Source: WebQQ protocol, session; change_status2; get_msg_tip.
"""

import ipaddress
import re
from functools import partial
from typing import Any

from webqq.gateway import levels
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.sessions import Session
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    CHANGE_STATUS2,
    GET_MSG_TIP,
    GETVFWEBQQ,
    LOGIN2,
    LOGOUT2,
    ChangeStatusParams,
    GetVfwebqqParams,
    GetVfwebqqResult,
    Login2Params,
    Login2Result,
    LogoutParams,
    MsgTipParams,
    Reply,
)
from webqq.protocol.retcodes import RetCode
from webqq.protocol.status import Status, status_of_code

__all__ = ["ANSWERS"]

# Number and port of the service's message server; clients only put them into upload addresses.
_INDEX, _PORT = 1075, 47450
_CODE = re.compile(r"[0-9]{1,3}", re.ASCII)


async def getvfwebqq(context: Context, params: GetVfwebqqParams) -> Reply[GetVfwebqqResult]:
    """The same vfwebqq that login2 gives."""
    login = context.login_of_ptwebqq(params.ptwebqq)
    return Reply(RetCode.OK, GetVfwebqqResult(vfwebqq=context.services.sessions.token(Purpose.VFWEBQQ, login)))


async def login2(context: Context, params: Login2Params) -> Reply[Login2Result]:
    """With a psessionid it renews the link of that session (relink), else it begins one."""
    login = context.login_of_ptwebqq(params.ptwebqq)
    status = _parse_status(params.wanted_status, RetCode.WRONG_CLIENT)
    if status is Status.OFFLINE:
        raise Refusal(RetCode.WRONG_CLIENT)
    services = context.services
    if params.psessionid:
        session = context.session(params.psessionid)
        if session.account != login.account:
            raise Refusal(RetCode.NO_SESSION)
        services.sessions.change_status(session, status)
    else:
        session = await services.sessions.begin(login, status)
        services.sessions.touch(session)
        await context.run(partial(levels.note_day, account=session.account, at=int(services.clock())))
    services.presence.refresh(session.account)
    return Reply(RetCode.OK, _session_result(context, session))


async def change_status2(context: Context, params: ChangeStatusParams) -> Reply[None]:
    """Offline ends the login, as clients of 2015 use it."""
    session = context.session(params.psessionid)
    status = _parse_status(params.newstatus, RetCode.BAD_PARAMETER)
    if status is Status.OFFLINE:
        return await _end(context, session)
    context.services.sessions.change_status(session, status)
    context.services.presence.refresh(session.account)
    return Reply(RetCode.OK)


async def logout2(context: Context, params: LogoutParams) -> Reply[None]:
    """Ends the login, so that its cookies are worthless too."""
    return await _end(context, context.any_session(params.psessionid))


async def get_msg_tip(context: Context, params: MsgTipParams) -> Reply[None]:
    """The heartbeat says nothing and proves nothing; that a client lives is seen from its polls."""
    return Reply(RetCode.OK)


def _parse_status(text: str, otherwise: RetCode) -> Status:
    if _CODE.fullmatch(text):
        # Some old clients send a number, such as 0, which is none of a state.
        return status_of_code(int(text))
    try:
        return Status(text)
    except ValueError:
        raise Refusal(otherwise) from None


def _session_result(context: Context, session: Session) -> Login2Result:
    sessions = context.services.sessions
    return Login2Result(
        uin=session.account,
        cip=_address_number(context.address),
        index=_INDEX,
        port=_PORT,
        psessionid=sessions.psessionid(session),
        status=session.status,
        vfwebqq=sessions.token(Purpose.VFWEBQQ, session.login),
    )


def _address_number(address: str) -> int:
    """Return an IPv4 address as a number, 0 for any other."""
    try:
        return int(ipaddress.IPv4Address(address))
    except ValueError:
        return 0


async def _end(context: Context, session: Session) -> Reply[None]:
    await context.services.sessions.end(session.login)
    context.services.presence.refresh(session.account)
    return Reply(RetCode.OK)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GETVFWEBQQ, getvfwebqq),
    Answer(LOGIN2, login2),
    Answer(CHANGE_STATUS2, change_status2),
    Answer(LOGOUT2, logout2),
    Answer(GET_MSG_TIP, get_msg_tip),
)
