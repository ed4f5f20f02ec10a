"""The rows of the roster: friends, groups, discussions, profiles, who is online.

Source: WebQQ protocol, roster. All names are plain text here; lists may lack an entry for a person, so join
by uin.
"""

from typing import Annotated

from msgspec import Struct, field

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import ResultForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, GroupCode, QQNumber, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import EntityText, OmitEmpty, Token

__all__ = [
    "GET_DISCUS_LIST",
    "GET_FRIEND_INFO2",
    "GET_FRIEND_UIN2",
    "GET_GROUP_INFO_EXT2",
    "GET_GROUP_NAME_LIST_MASK2",
    "GET_ONLINE_BUDDIES2",
    "GET_RECENT_LIST2",
    "GET_SELF_INFO2",
    "GET_SINGLE_LONG_NICK2",
    "GET_USER_FRIENDS2",
    "Birthday",
    "Card",
    "Category",
    "DiscussMask",
    "DiscussName",
    "DiscussesParams",
    "DiscussesResult",
    "Friend",
    "FriendProfile",
    "FriendsParams",
    "FriendsResult",
    "GroupInfo",
    "GroupInfoParams",
    "GroupInfoResult",
    "GroupMark",
    "GroupMask",
    "GroupName",
    "GroupsParams",
    "GroupsResult",
    "LongNick",
    "LongNickParams",
    "MarkName",
    "Member",
    "MemberProfile",
    "MemberState",
    "NumberParams",
    "NumberResult",
    "OnlineBuddy",
    "OnlineParams",
    "PersonParams",
    "Profile",
    "RecentContact",
    "RecentParams",
    "SelfInfoParams",
    "Vip",
]


class FriendsParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_user_friends2; ``hash`` is :func:`webqq.protocol.digests.friends_hash`."""

    vfwebqq: str = ""
    hash: str = ""


class Friend(Struct, frozen=True, kw_only=True):
    """A friend and the index of the category the friend is in."""

    uin: Uin
    categories: int = 0
    flag: int = 0


class MarkName(Struct, frozen=True, kw_only=True):
    """The own remark name of a friend."""

    uin: Uin
    markname: EntityText
    type: int = 0


class Category(Struct, frozen=True, kw_only=True):
    """A category of friends. Index 0, 我的好友, is normally not listed."""

    index: int
    sort: int = 0
    name: EntityText


class Vip(Struct, frozen=True, kw_only=True):
    """A person's paid level; ``u`` is the uin."""

    u: Uin
    vip_level: int = 0
    is_vip: int = 0


class FriendProfile(Struct, frozen=True, kw_only=True):
    """A friend's nickname and system avatar number."""

    uin: Uin
    nick: EntityText
    face: int = 0
    flag: int = 0


class FriendsResult(Struct, frozen=True, kw_only=True):
    """All friends. ``friends`` gives members and order; the other lists may lack some of them."""

    friends: tuple[Friend, ...] = ()
    marknames: tuple[MarkName, ...] = ()
    categories: tuple[Category, ...] = ()
    vipinfo: tuple[Vip, ...] = ()
    info: tuple[FriendProfile, ...] = ()


def _arrange_friends(fields: JSONObject, flavour: Flavour) -> JSONObject:
    return {"h": "hello", **fields} if flavour is Flavour.WEBQQ_2013 else fields


GET_USER_FRIENDS2 = Call(
    name="get_user_friends2",
    host=Host.STATIC,
    path="/api/get_user_friends2",
    form=Form.ENVELOPE,
    params=FriendsParams,
    reply=ResultForm(FriendsResult),
    arrange=_arrange_friends,
)
"""All friends; code 50 means a wrong hash."""


class GroupsParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_group_name_list_mask2; the oldest clients send no hash."""

    vfwebqq: str = ""
    hash: str = ""


class GroupMask(Struct, frozen=True, kw_only=True):
    """Whether messages of a group are received: 0 yes, 1 silently, 2 no. Gid 1000 is for all groups."""

    gid: Gid
    mask: int


class GroupName(Struct, frozen=True, kw_only=True):
    """A group: send with ``gid``, ask details with ``code``."""

    gid: Gid
    code: GroupCode
    name: EntityText
    flag: int = 0


class GroupMark(Struct, frozen=True, kw_only=True):
    """The own remark name of a group; ``uin`` is its gid."""

    uin: Gid
    markname: EntityText


class GroupsResult(Struct, frozen=True, kw_only=True):
    """All groups."""

    gmasklist: tuple[GroupMask, ...] = ()
    gnamelist: tuple[GroupName, ...] = ()
    gmarklist: tuple[GroupMark, ...] = ()


GET_GROUP_NAME_LIST_MASK2 = Call(
    name="get_group_name_list_mask2",
    host=Host.STATIC,
    path="/api/get_group_name_list_mask2",
    form=Form.ENVELOPE,
    params=GroupsParams,
    reply=ResultForm(GroupsResult),
)
"""All groups. Some old clients send it as GET, with the envelope in the query."""


class GroupInfoParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_group_info_ext2. ``gcode`` is the code of the group list; a gid gives code 6."""

    gcode: GroupCode
    cb: str | None = None
    vfwebqq: str = ""
    t: str | None = None


class MemberState(Struct, frozen=True, kw_only=True):
    """A member who is online; ``stat`` as in :data:`webqq.protocol.status.STATUS_CODES`."""

    uin: Uin
    stat: int
    client_type: int = 1


class MemberProfile(Struct, frozen=True, kw_only=True):
    """A member's nickname and what the member tells of himself."""

    uin: Uin
    nick: EntityText
    province: EntityText = ""
    gender: str = "unknown"
    country: EntityText = ""
    city: EntityText = ""


class Member(Struct, frozen=True, kw_only=True):
    """A member; an odd ``mflag`` marks an administrator."""

    muin: Uin
    mflag: int = 0

    @property
    def is_admin(self) -> bool:
        """Whether the member is an administrator; the owner is told by :class:`GroupInfo`."""
        return self.mflag % 2 == 1


class GroupInfo(Struct, frozen=True, kw_only=True):
    """A group itself. ``memo`` is the notice, ``fingermemo`` the description, ``createtime`` in seconds."""

    gid: Gid
    code: GroupCode
    name: EntityText
    owner: Uin
    members: tuple[Member, ...] = ()
    memo: EntityText = ""
    fingermemo: EntityText = ""
    markname: EntityText | None = None
    face: int = 0
    class_: int = field(name="class", default=0)
    createtime: int = 0
    flag: int = 0
    level: int = 0
    option: int = 0


class Card(Struct, frozen=True, kw_only=True):
    """A member's name in the group."""

    muin: Uin
    card: EntityText


class GroupInfoResult(Struct, frozen=True, kw_only=True):
    """A group with its members. ``minfo`` is in the order of ``ginfo.members`` and may be missing in a
    failure; ``stats`` lists those online; ``cards`` those who have one.
    """

    stats: tuple[MemberState, ...] = ()
    minfo: tuple[MemberProfile, ...] = ()
    ginfo: GroupInfo
    cards: Annotated[tuple[Card, ...], OmitEmpty] = ()
    vipinfo: tuple[Vip, ...] = ()


GET_GROUP_INFO_EXT2 = Call(
    name="get_group_info_ext2",
    host=Host.STATIC,
    path="/api/get_group_info_ext2",
    form=Form.QUERY,
    params=GroupInfoParams,
    reply=ResultForm(GroupInfoResult),
)
"""One group with its members; large ones take seconds."""


class DiscussesParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_discus_list."""

    clientid: Token = ""
    psessionid: Token = ""
    vfwebqq: str = ""
    t: str | None = None


class DiscussName(Struct, frozen=True, kw_only=True):
    """A discussion; the name may be empty."""

    did: Did
    name: EntityText


class DiscussMask(Struct, frozen=True, kw_only=True):
    """As :class:`GroupMask`, for a discussion."""

    did: Did
    mask: int


class DiscussesResult(Struct, frozen=True, kw_only=True):
    """All discussions; the masks exist in 2013 only."""

    dnamelist: tuple[DiscussName, ...] = ()
    dmasklist: tuple[DiscussMask, ...] | None = None


GET_DISCUS_LIST = Call(
    name="get_discus_list",
    host=Host.STATIC,
    path="/api/get_discus_list",
    form=Form.QUERY,
    params=DiscussesParams,
    reply=ResultForm(DiscussesResult),
)
"""All discussions."""


class OnlineParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_online_buddies2."""

    vfwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


class OnlineBuddy(Struct, frozen=True, kw_only=True):
    """A friend who is not offline; ``status`` is one of :class:`webqq.protocol.status.Status`."""

    uin: Uin
    status: str
    client_type: int = 1


GET_ONLINE_BUDDIES2 = Call(
    name="get_online_buddies2",
    host=Host.DYNAMIC,
    path="/channel/get_online_buddies2",
    form=Form.QUERY,
    params=OnlineParams,
    reply=ResultForm(tuple[OnlineBuddy, ...]),
    only={"vfwebqq": Flavour.SMARTQQ_2016},
)
"""Who is online. It must be called once before the first poll; it also tells whether a session still lives.
"""


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
    """Parameters of get_self_info2: the session is told by the cookies."""

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


class RecentParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_recent_list2."""

    vfwebqq: str = ""
    clientid: Token = ""
    psessionid: Token = ""


class RecentContact(Struct, frozen=True, kw_only=True):
    """Somebody written to lately: ``type`` 0 a friend's uin, 1 a gid, 2 a did."""

    uin: int
    type: int


GET_RECENT_LIST2 = Call(
    name="get_recent_list2",
    host=Host.DYNAMIC,
    path="/channel/get_recent_list2",
    form=Form.ENVELOPE,
    params=RecentParams,
    reply=ResultForm(tuple[RecentContact, ...]),
)
"""Whom one wrote with lately, latest first."""
