"""Pictures of persons and groups: what an account has chosen for itself, else a pattern of the number.

By the public number anybody gets a pattern, of numbers that nobody has, too, so they tell nothing; who is signed in
gets the chosen picture. Source: WebQQ protocol, avatars. Two calls of the gateway's own, for its page, choose a picture
and tell who has one: the service had other pages for it.
"""

from typing import Any

from msgspec import Struct

from webqq.gateway import portraits
from webqq.gateway.avatars import draw_avatar
from webqq.gateway.calls.context import Answer, Context, Media, Refusal
from webqq.gateway.mediatypes import sniff_picture
from webqq.gateway.portraits import PORTRAIT_BYTES
from webqq.gateway.sessions import Login, LoginState
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import GETFACE, QLOGO, GetFaceParams, QLogoParams, Reply
from webqq.protocol.calls.call import Call, Form, Host, Upload
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.ids import QQNumber, Uin
from webqq.protocol.retcodes import RetCode
from webqq.protocol.shape import Token

__all__ = ["ANSWERS"]

_GROUP_TYPE = 4
_EDGE = 40


class AvatarsParams(Struct, frozen=True, kw_only=True):
    """Whose friends and groups is told by the session."""

    clientid: Token = ""
    psessionid: Token = ""


class ChosenAvatar(Struct, frozen=True, kw_only=True):
    """Somebody who has chosen a picture; another ``version`` is another picture."""

    uin: Uin
    version: int


class AvatarParams(Struct, frozen=True, kw_only=True):
    """The own picture; an empty file takes the old one away."""

    clientid: Token = ""
    psessionid: Token = ""
    file: Upload


PAGE_AVATARS = Call(
    name="page_avatars",
    host=Host.GIVEN,
    path="/page/avatars",
    form=Form.QUERY,
    params=AvatarsParams,
    reply=ResultForm(tuple[ChosenAvatar, ...]),
)

PAGE_AVATAR = Call(
    name="page_avatar",
    host=Host.GIVEN,
    path="/page/avatar",
    form=Form.MULTIPART,
    params=AvatarParams,
    reply=OkForm(),
    in_query=frozenset({"psessionid", "clientid"}),
)


async def getface(context: Context, params: GetFaceParams) -> Reply[bytes]:
    """Of a person by uin, or of a group by gid or code; without a login, of nobody in particular."""
    login = _login(context, params.vfwebqq)
    number = None if login is None else _number(context, login, params)
    own = await _portrait(context, number) if number and params.type != _GROUP_TYPE else None
    return Reply(RetCode.OK, own or draw_avatar(number or 0, params.f or _EDGE))


async def qlogo(context: Context, params: QLogoParams) -> Reply[bytes]:
    """By account number."""
    is_known = _login(context, "") is not None and params.nk in context.services.directory.community.accounts
    own = await _portrait(context, params.nk) if is_known else None
    return Reply(RetCode.OK, own or draw_avatar(params.nk, params.s))


async def page_avatars(context: Context, params: AvatarsParams) -> Reply[tuple[ChosenAvatar, ...]]:
    """Who has a picture of those whom the page shows: oneself, friends, members of own groups."""
    roster = context.services.roster(context.session(params.psessionid).login)
    known = {roster.account.number, *(friend.number for friend in roster.friends)}
    for group in roster.groups:
        known.update(group.members)
    found = await context.run(lambda db: portraits.chosen(db, known))
    people = tuple(ChosenAvatar(uin=roster.uin(number), version=version) for number, version in found.items())
    return Reply(RetCode.OK, people)


async def page_avatar(context: Context, params: AvatarParams) -> Reply[None]:
    """Chooses or removes the own picture."""
    session, media, data = context.session(params.psessionid), context.services.media, params.file.data
    if not data:
        await portraits.remove(media, session.account)
        return Reply(RetCode.OK)
    media_type = sniff_picture(data) if len(data) <= PORTRAIT_BYTES else None
    if media_type is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    if not await portraits.choose(media, session.account, media_type, data):
        raise Refusal(RetCode.REFUSED)
    return Reply(RetCode.OK)


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


async def _portrait(context: Context, number: int) -> bytes | None:
    media = context.services.media
    file = await portraits.find(media, QQNumber(number))
    data = await media.read(file) if file is not None else None
    if file is not None and data is not None:
        context.media_type = file.media_type
    return data


def _refuse(context: Context, retcode: int) -> Reply[bytes]:
    return Reply(retcode)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GETFACE, getface, Media.PICTURE, _refuse),
    Answer(QLOGO, qlogo, Media.PICTURE, _refuse),
    Answer(PAGE_AVATARS, page_avatars),
    Answer(PAGE_AVATAR, page_avatar),
)
