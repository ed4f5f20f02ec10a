"""The rarely used rows of one group (2013): what is public of it, who is online in it, one's own card in it.

Names are plain text here. Source: WebQQ protocol, rarely used.
"""

from typing import Annotated

from msgspec import Struct, field

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.groups import MemberState
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.ids import Gid, GroupCode, Uin
from webqq.protocol.shape import EntityText, JSONText

__all__ = [
    "GET_GROUP_INFO",
    "GET_GROUP_MEMBER_STAT2",
    "GET_GROUP_PUBLIC_INFO2",
    "GET_SELF_BUSINESS_CARD2",
    "UPDATE_GROUP_BUSINESS_CARD2",
    "BusinessCard",
    "GroupCodeParams",
    "GroupMemo",
    "GroupMemoParams",
    "MemberStatesResult",
    "PublicGroupInfo",
    "PublicGroupResult",
    "UpdateCardParams",
]


class GroupCodeParams(Struct, frozen=True, kw_only=True):
    """Parameters of the calls that ask about one group by its code."""

    gcode: GroupCode
    vfwebqq: str = ""
    t: str | None = None


class PublicGroupInfo(Struct, frozen=True, kw_only=True):
    """A group as those outside see it; fields as in :class:`webqq.protocol.calls.groups.GroupInfo`."""

    gid: Gid
    code: GroupCode
    name: EntityText
    owner: Uin
    member_cnt: int = 0
    maxmember: int = 0
    memo: EntityText = ""
    fingermemo: EntityText = ""
    face: int = 0
    class_: int = field(name="class", default=0)
    createtime: int = 0
    flag: int = 0
    option: int = 0


class PublicGroupResult(Struct, frozen=True, kw_only=True):
    """What is public of a group."""

    ginfo: PublicGroupInfo


GET_GROUP_PUBLIC_INFO2 = Call(
    name="get_group_public_info2",
    host=Host.STATIC,
    path="/api/get_group_public_info2",
    form=Form.QUERY,
    params=GroupCodeParams,
    reply=ResultForm(PublicGroupResult),
)
"""A group without its members, but with their number."""


class GroupMemoParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_group_info: the codes of groups, and which fields are wanted of each."""

    retainKey: str = "memo,gid"  # noqa: N815  # the wire's own name
    gcode: Annotated[tuple[GroupCode, ...], JSONText]
    vfwebqq: str = ""
    t: str | None = None


class GroupMemo(Struct, frozen=True, kw_only=True):
    """A group's notice."""

    gid: Gid
    memo: EntityText = ""


GET_GROUP_INFO = Call(
    name="get_group_info",
    host=Host.STATIC,
    path="/api/get_group_info",
    form=Form.QUERY,
    params=GroupMemoParams,
    reply=ResultForm(tuple[GroupMemo, ...]),
)
"""The notices of some groups. That the result is an array is concluded from the array of codes; no answer was handed
down.
"""


class MemberStatesResult(Struct, frozen=True, kw_only=True):
    """Who of a group is online."""

    stats: tuple[MemberState, ...] = ()


GET_GROUP_MEMBER_STAT2 = Call(
    name="get_group_member_stat2",
    host=Host.STATIC,
    path="/api/get_group_member_stat2",
    form=Form.QUERY,
    params=GroupCodeParams,
    reply=ResultForm(MemberStatesResult),
)
"""Who of a group is online; the others are offline."""


class BusinessCard(Struct, frozen=True, kw_only=True):
    """The own card in a group: ``name`` is shown to the other members, the rest is for who looks it up."""

    muin: Uin
    gcode: GroupCode
    name: EntityText = ""
    phone: EntityText = ""
    email: EntityText = ""
    remark: EntityText = ""
    gender: int = 0


GET_SELF_BUSINESS_CARD2 = Call(
    name="get_self_business_card2",
    host=Host.STATIC,
    path="/api/get_self_business_card2",
    form=Form.QUERY,
    params=GroupCodeParams,
    reply=ResultForm(BusinessCard),
)
"""The own card in a group."""


class UpdateCardParams(Struct, frozen=True, kw_only=True):
    """Parameters of update_group_business_card2: the card's new values, as :class:`BusinessCard` has them."""

    gcode: GroupCode
    name: str = ""
    phone: str = ""
    email: str = ""
    remark: str = ""
    gender: int = 0
    vfwebqq: str = ""


UPDATE_GROUP_BUSINESS_CARD2 = Call(
    name="update_group_business_card2",
    host=Host.STATIC,
    path="/api/update_group_business_card2",
    form=Form.ENVELOPE,
    params=UpdateCardParams,
    reply=OkForm(),
)
"""Changes the own card in a group."""
