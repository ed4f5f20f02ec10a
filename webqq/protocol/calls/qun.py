"""The rows of group management: lists by public numbers, and what owners and administrators do.

Groups and persons are named by their **public** numbers here, never by gid or uin. Every call carries ``bkn``, of the
cookie ``skey`` (:func:`webqq.protocol.digests.bkn`); what an answer's code asks for tells
:func:`webqq.protocol.retcodes.ec_reaction`. Names are plain text here. Source: WebQQ protocol, group management.
"""

from enum import IntEnum
from typing import Annotated

from msgspec import Struct, field

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import EcForm, EcOkForm
from webqq.protocol.ids import GroupNumber, QQNumber
from webqq.protocol.shape import Bars, EntityText, JSONText, OmitEmpty, SpacedText

__all__ = [
    "ADD_GROUP_MEMBER",
    "DELETE_GROUP_MEMBER",
    "GET_FRIEND_LIST",
    "GET_GROUP_LIST",
    "GET_GROUP_MEMBERS",
    "SEARCH_GROUP_MEMBERS",
    "SET_GROUP_ADMIN",
    "SET_GROUP_CARD",
    "SET_GROUP_SHUTUP",
    "SIGN",
    "AdminParams",
    "BknParams",
    "CardParams",
    "FoundMember",
    "InviteParams",
    "KickParams",
    "ListedCategory",
    "ListedFriend",
    "ListedFriends",
    "ListedGroup",
    "ListedGroups",
    "ListedLevel",
    "ListedMember",
    "ListedMembers",
    "ListedMembersParams",
    "MemberLevel",
    "MemberRole",
    "Mute",
    "MuteParams",
    "SearchMembersParams",
    "SearchMembersResult",
    "SignParams",
    "SignResult",
]


class BknParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_group_list and get_friend_list."""

    bkn: int


class ListedGroup(Struct, frozen=True, kw_only=True):
    """A group: number, name, the owner's account."""

    gc: GroupNumber
    gn: SpacedText
    owner: QQNumber


class ListedGroups(Struct, frozen=True, kw_only=True):
    """The groups in which one is a plain member, an administrator, the owner."""

    join: Annotated[tuple[ListedGroup, ...], OmitEmpty] = ()
    manage: Annotated[tuple[ListedGroup, ...], OmitEmpty] = ()
    create: Annotated[tuple[ListedGroup, ...], OmitEmpty] = ()


GET_GROUP_LIST = Call(
    name="get_group_list",
    host=Host.QUN,
    path="/cgi-bin/qun_mgr/get_group_list",
    form=Form.FIELDS,
    params=BknParams,
    reply=EcForm(ListedGroups),
)
"""All groups, by public number."""


class ListedFriend(Struct, frozen=True, kw_only=True):
    """A friend: ``uin`` is the **account**, ``name`` the remark name or the nickname."""

    uin: QQNumber
    name: SpacedText


class ListedCategory(Struct, frozen=True, kw_only=True):
    """A category of friends; that of index 0 has no name."""

    gname: SpacedText | None = None
    mems: Annotated[tuple[ListedFriend, ...], OmitEmpty] = ()


class ListedFriends(Struct, frozen=True, kw_only=True):
    """All friends, by the index of their category."""

    result: dict[int, ListedCategory] = field(default_factory=dict)


GET_FRIEND_LIST = Call(
    name="get_friend_list",
    host=Host.QUN,
    path="/cgi-bin/qun_mgr/get_friend_list",
    form=Form.FIELDS,
    params=BknParams,
    reply=EcForm(ListedFriends),
)
"""All friends, by account."""


class MemberRole(IntEnum):
    """``role`` of a member."""

    OWNER = 0
    ADMIN = 1
    MEMBER = 2


class MemberLevel(Struct, frozen=True, kw_only=True):
    """A member's level in the group; ``levelname`` beside the members has its name."""

    level: int = 0
    point: int = 0


class FoundMember(Struct, frozen=True, kw_only=True):
    """A member: ``uin`` is the **account**, ``role`` one of :class:`MemberRole`, ``g`` 0 male or 1 female, ``flag`` a
    bad record, ``qage`` years of the account; times in seconds.
    """

    uin: QQNumber
    nick: EntityText
    card: EntityText = ""
    role: int = MemberRole.MEMBER
    g: int = 0
    flag: int = 0
    join_time: int = 0
    last_speak_time: int = 0
    lv: MemberLevel = MemberLevel()
    qage: int = 0
    tags: str = "-1"


class SearchMembersParams(Struct, frozen=True, kw_only=True):
    """Parameters of search_group_members: the members from place ``st`` to ``end``."""

    gc: GroupNumber
    st: int = 0
    end: int = 2000
    sort: int = 0
    bkn: int


class SearchMembersResult(Struct, frozen=True, kw_only=True):
    """Members of a group, and how many it has and may have."""

    mems: tuple[FoundMember, ...] = ()
    count: int = 0
    max_count: int = 0
    adm_num: int = 0
    adm_max: int = 0
    levelname: dict[str, EntityText] = field(default_factory=dict)
    search_count: int = 0
    svr_time: int = 0
    vecsize: int | None = None


SEARCH_GROUP_MEMBERS = Call(
    name="search_group_members",
    host=Host.QUN,
    path="/cgi-bin/qun_mgr/search_group_members",
    form=Form.FIELDS,
    params=SearchMembersParams,
    reply=EcForm(SearchMembersResult),
)
"""Members of a group, with roles and times."""


class ListedMembersParams(Struct, frozen=True, kw_only=True):
    """Parameters of qun_info's get_group_members; ``u`` is the own account."""

    gc: GroupNumber
    u: QQNumber
    bkn: int


class ListedMember(Struct, frozen=True, kw_only=True):
    """A member: account and nickname."""

    u: QQNumber
    n: EntityText


class ListedLevel(Struct, frozen=True, kw_only=True):
    """A member's level and points in the group."""

    l: int = 0  # noqa: E741  # the wire's own name
    p: int = 0


class ListedMembers(Struct, frozen=True, kw_only=True):
    """Members of a group. ``adm`` and ``friends`` are accounts; ``cards``, ``remarks``, ``join``, ``times`` (last
    spoken, both in seconds) and ``lv`` go by account and may lack some.
    """

    mems: tuple[ListedMember, ...] = ()
    owner: QQNumber
    adm: tuple[QQNumber, ...] = ()
    friends: tuple[QQNumber, ...] = ()
    cards: dict[QQNumber, EntityText] = field(default_factory=dict)
    remarks: dict[QQNumber, EntityText] = field(default_factory=dict)
    join: dict[QQNumber, int] = field(default_factory=dict)
    times: dict[QQNumber, int] = field(default_factory=dict)
    lv: dict[QQNumber, ListedLevel] = field(default_factory=dict)
    levelname: dict[str, EntityText] = field(default_factory=dict)
    count: int | None = None
    max_count: int | None = None
    adm_num: int | None = None
    adm_max: int | None = None


GET_GROUP_MEMBERS = Call(
    name="get_group_members",
    host=Host.QINFO,
    path="/cgi-bin/qun_info/get_group_members_new",
    aliases=("/cgi-bin/qun_info/get_group_members",),
    form=Form.FIELDS,
    params=ListedMembersParams,
    reply=EcForm(ListedMembers),
)
"""Members of a group, as the page of the group's profile gets them."""


class KickParams(Struct, frozen=True, kw_only=True):
    """Parameters of delete_group_member: the accounts ``ul``; with ``flag`` 1 they may, it seems, not come again."""

    gc: GroupNumber
    ul: Annotated[tuple[QQNumber, ...], Bars]
    flag: int = 0
    bkn: int


DELETE_GROUP_MEMBER = Call(
    name="delete_group_member",
    host=Host.QUN,
    path="/cgi-bin/qun_mgr/delete_group_member",
    aliases=("/cgi-bin/qun_info/delete_group_member",),
    form=Form.FIELDS,
    params=KickParams,
    reply=EcOkForm(),
)
"""Removes members."""


class InviteParams(Struct, frozen=True, kw_only=True):
    """Parameters of add_group_member: the accounts ``ul``, of friends only."""

    gc: GroupNumber
    ul: Annotated[tuple[QQNumber, ...], Bars]
    bkn: int


ADD_GROUP_MEMBER = Call(
    name="add_group_member",
    host=Host.QUN,
    path="/cgi-bin/qun_mgr/add_group_member",
    form=Form.FIELDS,
    params=InviteParams,
    reply=EcOkForm(),
)
"""Invites friends."""


class AdminParams(Struct, frozen=True, kw_only=True):
    """Parameters of set_group_admin: ``op`` 1 makes ``u`` an administrator, 0 a member."""

    src: str = "qinfo_v2"
    gc: GroupNumber
    u: QQNumber
    op: int
    bkn: int


SET_GROUP_ADMIN = Call(
    name="set_group_admin",
    host=Host.QINFO,
    path="/cgi-bin/qun_info/set_group_admin",
    form=Form.FIELDS,
    params=AdminParams,
    reply=EcOkForm(),
)
"""Makes an administrator, or takes it back; for owners only."""


class CardParams(Struct, frozen=True, kw_only=True):
    """Parameters of set_group_card: the card of ``u``; no ``name`` takes it away."""

    gc: GroupNumber
    u: QQNumber
    name: str | None = None
    bkn: int


SET_GROUP_CARD = Call(
    name="set_group_card",
    host=Host.QINFO,
    path="/cgi-bin/qun_info/set_group_card",
    form=Form.FIELDS,
    params=CardParams,
    reply=EcOkForm(),
)
"""Changes a member's name in the group."""


class Mute(Struct, frozen=True, kw_only=True):
    """A member and for how many seconds, 60 at least, to be silent; 0 ends it. ``uin`` is the **account**."""

    uin: QQNumber
    t: int


class MuteParams(Struct, frozen=True, kw_only=True):
    """Parameters of set_group_shutup: some members, or, with ``all_shutup``, the whole group."""

    gc: GroupNumber
    shutup_list: Annotated[tuple[Mute, ...], JSONText] | None = None
    all_shutup: int | None = None
    bkn: int


SET_GROUP_SHUTUP = Call(
    name="set_group_shutup",
    host=Host.QINFO,
    path="/cgi-bin/qun_info/set_group_shutup",
    form=Form.FIELDS,
    params=MuteParams,
    reply=EcOkForm(),
    referer=lambda fields, flavour: "http://qinfo.clt.qq.com/qinfo_v3/member.html",
)
"""Silences members, or lets them speak again."""


class SignParams(Struct, frozen=True, kw_only=True):
    """Parameters of sign."""

    gc: GroupNumber
    is_sign: int = 0
    bkn: int


class SignResult(Struct, frozen=True, kw_only=True):
    """What came of signing in: ``is_sign`` 1 it worked; ``conti_count`` days in a row, ``total_count`` in all,
    ``today_count`` members today, ``rank`` among them; times in seconds.
    """

    is_sign: int
    conti_count: int = 0
    total_count: int = 0
    today_count: int = 0
    rank: int = 0
    sign_time: int = 0
    now: int = 0
    is_new: int = 0


SIGN = Call(
    name="sign",
    host=Host.QIANDAO,
    path="/cgi-bin/sign",
    form=Form.FIELDS,
    params=SignParams,
    reply=EcForm(SignResult),
    referer=lambda fields, flavour: f"http://qiandao.qun.qq.com/index.html?groupUin={fields['gc']}&appID=100729587",
)
"""Signs in to a group for the day."""
