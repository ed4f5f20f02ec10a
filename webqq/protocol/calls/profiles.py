"""The rows of what a person tells of himself, and of the number behind an alias.

Names are plain text here. Source: WebQQ protocol, friend numbers, profiles, signature.
"""

from msgspec import Struct, field

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import EntityText, Token

__all__ = [
    "GET_FRIEND_INFO2",
    "GET_FRIEND_UIN2",
    "GET_QQ_LEVEL2",
    "GET_SELF_INFO2",
    "GET_SINGLE_LONG_NICK2",
    "GET_STRANGER_INFO2",
    "SET_LONG_NICK2",
    "Birthday",
    "Level",
    "LevelParams",
    "LongNick",
    "LongNickParams",
    "NumberParams",
    "NumberResult",
    "PersonParams",
    "Profile",
    "SelfInfoParams",
    "SetLongNickParams",
    "Stranger",
    "StrangerParams",
    "Vip",
]


class Vip(Struct, frozen=True, kw_only=True):
    """A person's paid level; ``u`` is the uin."""

    u: Uin
    vip_level: int = 0
    is_vip: int = 0


class NumberParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_friend_uin2: ``type`` 1 asks for a person by uin, 4 for a group by its code."""

    tuin: int
    type: int = 1
    verifysession: str | None = None
    code: str | None = None
    vfwebqq: str = ""
    t: str | None = None


class NumberResult(Struct, frozen=True, kw_only=True):
    """The public number behind an alias."""

    uiuin: str = ""
    account: int
    uin: int


def _arrange_captcha(fields: JSONObject, flavour: Flavour) -> JSONObject:
    """2013 clients send the fields of a captcha even where there is none."""
    return {"verifysession": "", "code": "", **fields} if flavour is Flavour.WEBQQ_2013 else fields


GET_FRIEND_UIN2 = Call(
    name="get_friend_uin2",
    host=Host.STATIC,
    path="/api/get_friend_uin2",
    form=Form.QUERY,
    params=NumberParams,
    reply=ResultForm(NumberResult),
    arrange=_arrange_captcha,
)
"""The account number behind a uin, or the public number behind a group's code."""


class Birthday(Struct, frozen=True, kw_only=True):
    """A date; all 0 when it is not told."""

    year: int = 0
    month: int = 0
    day: int = 0


class _Person(Struct, frozen=True, kw_only=True):
    uin: Uin
    nick: EntityText
    face: int = 0
    birthday: Birthday = Birthday()
    occupation: EntityText = ""
    phone: EntityText = ""
    allow: int = 1
    college: EntityText = ""
    constel: int = 0
    blood: int = 0
    homepage: EntityText = ""
    country: EntityText = ""
    province: EntityText = ""
    city: EntityText = ""
    personal: EntityText = ""
    shengxiao: int = 0
    email: EntityText = ""
    gender: str = "unknown"
    mobile: EntityText = ""
    stat: int | None = None
    client_type: int | None = None


class Profile(_Person, frozen=True, kw_only=True):
    """What a person tells of himself. ``account``, ``lnick`` and ``vfwebqq`` come with the own profile
    only, ``stat`` and ``client_type`` with others'. ``lnick`` is the signature.
    """

    vip_info: int = 0
    account: QQNumber | None = None
    lnick: EntityText | None = None
    vfwebqq: str | None = None
    reg_time: int | None = None


class Stranger(_Person, frozen=True, kw_only=True):
    """As :class:`Profile`, of somebody who is no friend. ``token`` is needed to add the person as one; ``account``
    comes where the person was searched for.
    """

    token: str = ""
    account: QQNumber | None = None


class SelfInfoParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_self_info2: the session is told by the cookies, or, where two share them, by ``vfwebqq``."""

    vfwebqq: str | None = None
    t: str | None = None


GET_SELF_INFO2 = Call(
    name="get_self_info2",
    host=Host.STATIC,
    path="/api/get_self_info2",
    form=Form.QUERY,
    params=SelfInfoParams,
    reply=ResultForm(Profile),
)
"""The own profile."""


class PersonParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_friend_info2."""

    tuin: Uin
    verifysession: str | None = None
    code: str | None = None
    vfwebqq: str = ""
    clientid: Token | None = None
    psessionid: Token | None = None
    t: str | None = None


GET_FRIEND_INFO2 = Call(
    name="get_friend_info2",
    host=Host.STATIC,
    path="/api/get_friend_info2",
    form=Form.QUERY,
    params=PersonParams,
    reply=ResultForm(Profile),
    arrange=_arrange_captcha,
)
"""A friend's profile, or the own."""


class LongNickParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_single_long_nick2."""

    tuin: Uin
    vfwebqq: str = ""
    t: str | None = None


class LongNick(Struct, frozen=True, kw_only=True):
    """A person's signature."""

    uin: Uin
    lnick: EntityText


GET_SINGLE_LONG_NICK2 = Call(
    name="get_single_long_nick2",
    host=Host.STATIC,
    path="/api/get_single_long_nick2",
    form=Form.QUERY,
    params=LongNickParams,
    reply=ResultForm(tuple[LongNick, ...]),
)
"""The signature of one person, in a list of one."""


class SetLongNickParams(Struct, frozen=True, kw_only=True):
    """Parameters of set_long_nick2: ``nlk`` is the new signature, raw."""

    nlk: str
    vfwebqq: str = ""


SET_LONG_NICK2 = Call(
    name="set_long_nick2",
    host=Host.STATIC,
    path="/api/set_long_nick2",
    form=Form.ENVELOPE,
    params=SetLongNickParams,
    reply=OkForm(),
)
"""Changes the own signature."""


class StrangerParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_stranger_info2. Of somebody who asked to join a group, ``code`` is
    ``group_request_join-`` and the gid.
    """

    tuin: Uin
    verifysession: str = ""
    gid: int = 0
    code: str = ""
    vfwebqq: str = ""
    t: str | None = None


GET_STRANGER_INFO2 = Call(
    name="get_stranger_info2",
    host=Host.STATIC,
    path="/api/get_stranger_info2",
    form=Form.QUERY,
    params=StrangerParams,
    reply=ResultForm(Stranger),
)
"""The profile of somebody who is no friend (2013)."""


class LevelParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_qq_level2."""

    tuin: Uin
    vfwebqq: str = ""
    t: str | None = None


class Level(Struct, frozen=True, kw_only=True):
    """A person's level: days and hours online so far, and days to the next one."""

    tuin: Uin
    level: int
    days: int = 0
    hours: int = 0
    remain_days: int = field(name="remainDays", default=0)


GET_QQ_LEVEL2 = Call(
    name="get_qq_level2",
    host=Host.STATIC,
    path="/api/get_qq_level2",
    form=Form.QUERY,
    params=LevelParams,
    reply=ResultForm(Level),
)
"""A person's level (2013)."""
