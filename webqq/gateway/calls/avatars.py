"""Pictures of persons and groups: a pattern of the number, since nobody has one of his own here.

By the public number anybody gets one, of numbers that nobody has, too, so they tell nothing. Source: WebQQ protocol,
avatars.
"""

from typing import Any

from webqq.gateway.avatars import draw_avatar
from webqq.gateway.calls.context import Answer, Context, Media
from webqq.gateway.sessions import Login, LoginState
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import GETFACE, QLOGO, GetFaceParams, QLogoParams, Reply
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS"]

_GROUP_TYPE = 4
_EDGE = 40


async def getface(context: Context, params: GetFaceParams) -> Reply[bytes]:
    """Of a person by uin, or of a group by gid or code; without a login, of nobody in particular."""
    login = _login(context, params.vfwebqq)
    number = None if login is None else _number(context, login, params)
    return Reply(RetCode.OK, draw_avatar(number or 0, params.f or _EDGE))


async def qlogo(context: Context, params: QLogoParams) -> Reply[bytes]:
    """By account number."""
    return Reply(RetCode.OK, draw_avatar(params.nk, params.s))


def _login(context: Context, vfwebqq: str) -> Login | None:
    sessions = context.services.sessions
    login = sessions.login(Purpose.VFWEBQQ, vfwebqq) or sessions.login(Purpose.PTWEBQQ, context.cookie("ptwebqq"))
    return login if login is not None and login.state is LoginState.CONFIRMED else None


def _number(context: Context, login: Login, params: GetFaceParams) -> int | None:
    roster = context.services.roster(login)
    if params.type == _GROUP_TYPE:
        group = roster.group(params.uin) or roster.group_of_code(params.uin)
        return group.number if group is not None else None
    person = roster.anybody(params.uin)
    return person.number if person is not None else None


def _refuse(context: Context, retcode: int) -> Reply[bytes]:
    return Reply(retcode)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GETFACE, getface, Media.PICTURE, _refuse),
    Answer(QLOGO, qlogo, Media.PICTURE, _refuse),
)
