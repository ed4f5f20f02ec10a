"""Pictures of persons and groups: their own, or else a pattern of the number.

By the public number anybody gets a pattern, of numbers that nobody has, too, so it tells nothing; the own picture only
who is signed in and knows the person. The protocol has no call that sets one. The gateway has two of its own for its
page, both of a session: ``POST /page/avatar``, a form with the picture as ``file``, an empty one to have none again,
answers 100001 for what is too large or none of PNG, JPEG and GIF; ``GET /page/avatars`` tells which of oneself, the
friends and the members of own groups have one, each with a number that is another with another picture. Source: WebQQ
protocol, avatars.
"""

from typing import Any

from msgspec import Struct

from webqq.gateway import portraits
from webqq.gateway.avatars import draw_avatar
from webqq.gateway.calls.context import Answer, Context, Media, Refusal
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.portraits import Whose
from webqq.gateway.sessions import Login, LoginState
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import GETFACE, QLOGO, Call, Form, GetFaceParams, Host, QLogoParams, Reply
from webqq.protocol.calls.call import Upload
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.ids import QQNumber, Uin
from webqq.protocol.retcodes import RetCode
from webqq.protocol.shape import Token

__all__ = ["ANSWERS"]

_GROUP_TYPE = 4
_EDGE = 40


class PageAvatarParams(Struct, frozen=True, kw_only=True):
    """The picture that the account shall have; none where it is empty."""

    clientid: Token = ""
    psessionid: Token = ""
    file: Upload


class PageAvatarsParams(Struct, frozen=True, kw_only=True):
    """Whose friends and groups is told by the session."""

    clientid: Token = ""
    psessionid: Token = ""


class PageAvatarVersion(Struct, frozen=True, kw_only=True):
    """Somebody who has a picture; another ``version`` is another picture."""

    uin: Uin
    version: int


PAGE_AVATAR = Call(
    name="page_avatar",
    host=Host.GIVEN,
    path="/page/avatar",
    form=Form.MULTIPART,
    params=PageAvatarParams,
    reply=OkForm(),
    in_query=frozenset({"clientid", "psessionid"}),
)

PAGE_AVATARS = Call(
    name="page_avatars",
    host=Host.GIVEN,
    path="/page/avatars",
    form=Form.QUERY,
    params=PageAvatarsParams,
    reply=ResultForm(tuple[PageAvatarVersion, ...]),
)


async def page_avatar(context: Context, params: PageAvatarParams) -> Reply[None]:
    """Gives the own account a picture."""
    own, data = context.session(params.psessionid).account, params.file.data
    if not data:
        await context.run(lambda db: portraits.forget(db, Whose.PERSON, own))
        return Reply(RetCode.OK)
    try:
        await context.run(lambda db: portraits.put(db, Whose.PERSON, own, data))
    except ChangeRefused as error:
        raise Refusal(RetCode.BAD_PARAMETER) from error
    return Reply(RetCode.OK)


async def page_avatars(context: Context, params: PageAvatarsParams) -> Reply[tuple[PageAvatarVersion, ...]]:
    """Who has a picture of those whom the page shows."""
    roster = context.services.roster(context.session(params.psessionid).login)
    known = {roster.account.number, *(friend.number for friend in roster.friends)}
    for group in roster.groups:
        known.update(group.members)
    found = await context.run(lambda db: portraits.versions(db, known))
    people = tuple(PageAvatarVersion(uin=roster.uin(number), version=version) for number, version in found.items())
    return Reply(RetCode.OK, people)


async def getface(context: Context, params: GetFaceParams) -> Reply[bytes]:
    """Of a person by uin, or of a group by gid or code; without a login, of nobody in particular."""
    login = _login(context, params.vfwebqq)
    whose = Whose.GROUP if params.type == _GROUP_TYPE else Whose.PERSON
    number = None if login is None else _number(context, login, whose, params.uin)
    own = None if number is None else await _own(context, whose, number)
    return Reply(RetCode.OK, own or draw_avatar(number or 0, params.f or _EDGE))


async def qlogo(context: Context, params: QLogoParams) -> Reply[bytes]:
    """By account number."""
    login, number = _login(context, ""), params.nk
    is_known = login is not None and context.services.directory.community.knows(login.account, QQNumber(number))
    own = await _own(context, Whose.PERSON, number) if is_known else None
    return Reply(RetCode.OK, own or draw_avatar(number, params.s))


async def _own(context: Context, whose: Whose, number: int) -> bytes | None:
    portrait = await context.run(lambda db: portraits.read(db, whose, number))
    if portrait is None:
        return None
    context.media_type = portrait.media_type
    return portrait.data


def _login(context: Context, vfwebqq: str) -> Login | None:
    sessions = context.services.sessions
    login = sessions.login(Purpose.VFWEBQQ, vfwebqq) or sessions.login(Purpose.PTWEBQQ, context.cookie("ptwebqq"))
    return login if login is not None and login.state is LoginState.CONFIRMED else None


def _number(context: Context, login: Login, whose: Whose, uin: int) -> int | None:
    roster = context.services.roster(login)
    if whose is Whose.GROUP:
        group = roster.group(uin) or roster.group_of_code(uin)
        return group.number if group is not None else None
    person = roster.anybody(uin)
    return person.number if person is not None else None


def _refuse(context: Context, retcode: int) -> Reply[bytes]:
    return Reply(retcode)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GETFACE, getface, Media.PICTURE, _refuse),
    Answer(QLOGO, qlogo, Media.PICTURE, _refuse),
    Answer(PAGE_AVATAR, page_avatar),
    Answer(PAGE_AVATARS, page_avatars),
)
