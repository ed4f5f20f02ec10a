"""The rows of groups and discussions: the lists, and a group with its members.

Names are plain text here. Lists may lack an entry for a person: join them by uin. Source: WebQQ protocol,
roster.
"""

from typing import Annotated

from msgspec import Struct, field

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.profiles import Vip
from webqq.protocol.calls.replies import ResultForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, GroupCode, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import EntityText, OmitEmpty, Token

__all__ = [
    "GET_DISCUS_LIST",
    "GET_GROUP_INFO_EXT2",
    "GET_GROUP_NAME_LIST_MASK2",
    "Card",
    "DiscussMask",
    "DiscussName",
    "DiscussesParams",
    "DiscussesResult",
    "GroupInfo",
    "GroupInfoParams",
    "GroupInfoResult",
    "GroupMark",
    "GroupMask",
    "GroupName",
    "GroupsParams",
    "GroupsResult",
    "Member",
    "MemberProfile",
    "MemberState",
]


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


def _arrange_group_info(fields: JSONObject, flavour: Flavour) -> JSONObject:
    """2013 clients name a script function that there is none of."""
    return {"cb": "undefined", **fields} if flavour is Flavour.WEBQQ_2013 else fields


GET_GROUP_INFO_EXT2 = Call(
    name="get_group_info_ext2",
    host=Host.STATIC,
    path="/api/get_group_info_ext2",
    form=Form.QUERY,
    params=GroupInfoParams,
    reply=ResultForm(GroupInfoResult),
    arrange=_arrange_group_info,
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
    aliases=("/channel/get_discu_list_new2",),
    form=Form.QUERY,
    params=DiscussesParams,
    reply=ResultForm(DiscussesResult),
)
"""All discussions."""
