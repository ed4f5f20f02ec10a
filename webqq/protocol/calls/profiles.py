"""The rows of what a person tells of himself, and of the number behind an alias.

Names are plain text here. Source: WebQQ protocol, friend numbers, profiles, signature.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import ResultForm
from webqq.protocol.ids import QQNumber, Uin
from webqq.protocol.shape import EntityText, Token

__all__ = [
    "GET_FRIEND_INFO2",
    "GET_FRIEND_UIN2",
    "GET_SELF_INFO2",
    "GET_SINGLE_LONG_NICK2",
    "Birthday",
    "LongNick",
    "LongNickParams",
    "NumberParams",
    "NumberResult",
    "PersonParams",
    "Profile",
    "SelfInfoParams",
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


GET_FRIEND_UIN2 = Call(
    name="get_friend_uin2",
    host=Host.STATIC,
    path="/api/get_friend_uin2",
    form=Form.QUERY,
    params=NumberParams,
    reply=ResultForm(NumberResult),
)
"""The account number behind a uin, or the public number behind a group's code."""


class Birthday(Struct, frozen=True, kw_only=True):
    """A date; all 0 when it is not told."""

    year: int = 0
    month: int = 0
    day: int = 0


class Profile(Struct, frozen=True, kw_only=True):
    """What a person tells of himself. ``account``, ``lnick`` and ``vfwebqq`` come with the own profile
    only, ``stat`` and ``client_type`` with others'. ``lnick`` is the signature.
    """

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
    vip_info: int = 0
    country: EntityText = ""
    province: EntityText = ""
    city: EntityText = ""
    personal: EntityText = ""
    shengxiao: int = 0
    email: EntityText = ""
    gender: str = "unknown"
    mobile: EntityText = ""
    account: QQNumber | None = None
    lnick: EntityText | None = None
    vfwebqq: str | None = None
    stat: int | None = None
    client_type: int | None = None
    reg_time: int | None = None


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
