"""The rows of requests between persons, and between persons and groups: made, accepted, refused; and of leaving.

Persons are named by their **account** here, not by uin. What asks comes as an event of
:mod:`webqq.protocol.events.requests`. Source: WebQQ protocol, friend requests; group requests.
"""

from enum import IntEnum

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.profiles import Stranger
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.ids import Gid, GroupCode, QQNumber, Uin
from webqq.protocol.shape import Token

__all__ = [
    "ADD_NEED_VERIFY2",
    "ADD_NO_VERIFY2",
    "ALLOW_ADDED_REQUEST2",
    "ALLOW_AND_ADD2",
    "APPLY_JOIN_GROUP2",
    "DENY_ADDED_REQUEST2",
    "OP_GROUP_JOIN_REQ",
    "QUIT_GROUP2",
    "SEARCH_QQ_BY_UIN2",
    "AddFriendParams",
    "AllowAndAddParams",
    "AllowParams",
    "AskFriendParams",
    "DenyParams",
    "GroupJoinParams",
    "GroupJoinVerdict",
    "GroupJoinVerdictParams",
    "QuitGroupParams",
    "SearchParams",
]


class AllowAndAddParams(Struct, frozen=True, kw_only=True):
    """Parameters of allow_and_add2: ``gid`` is the index of a category, ``mname`` the own remark name."""

    account: QQNumber
    gid: int = 0
    mname: str = ""
    vfwebqq: str = ""


ALLOW_AND_ADD2 = Call(
    name="allow_and_add2",
    host=Host.STATIC,
    path="/api/allow_and_add2",
    form=Form.ENVELOPE,
    params=AllowAndAddParams,
    reply=OkForm(),
)
"""Accepts who asked to be a friend, and adds the person in return."""


class AllowParams(Struct, frozen=True, kw_only=True):
    """Parameters of allow_added_request2."""

    account: QQNumber
    vfwebqq: str = ""


ALLOW_ADDED_REQUEST2 = Call(
    name="allow_added_request2",
    host=Host.STATIC,
    path="/api/allow_added_request2",
    form=Form.ENVELOPE,
    params=AllowParams,
    reply=OkForm(),
)
"""Accepts who asked to be a friend, and no more."""


class DenyParams(Struct, frozen=True, kw_only=True):
    """Parameters of deny_added_request2; ``msg`` says why."""

    account: QQNumber
    msg: str = ""
    vfwebqq: str = ""


DENY_ADDED_REQUEST2 = Call(
    name="deny_added_request2",
    host=Host.STATIC,
    path="/api/deny_added_request2",
    form=Form.ENVELOPE,
    params=DenyParams,
    reply=OkForm(),
)
"""Refuses who asked to be a friend."""


class SearchParams(Struct, frozen=True, kw_only=True):
    """Parameters of search_qq_by_uin2: ``tuin`` is an account; ``verifysession`` is the captcha's cookie, ``code`` what
    a person read in the picture.
    """

    tuin: QQNumber
    verifysession: str = ""
    code: str = ""
    vfwebqq: str = ""
    t: str | None = None


SEARCH_QQ_BY_UIN2 = Call(
    name="search_qq_by_uin2",
    host=Host.STATIC,
    path="/api/search_qq_by_uin2",
    form=Form.QUERY,
    params=SearchParams,
    reply=ResultForm(Stranger),
)
"""Looks a person up by account; gives the token that is needed to ask."""


class AddFriendParams(Struct, frozen=True, kw_only=True):
    """Parameters of add_no_verify2: ``token`` of the person's profile, ``groupid`` the index of a category, ``mname``
    the own remark name.
    """

    account: QQNumber
    myallow: int = 1
    groupid: int = 0
    mname: str = ""
    token: str = ""
    vfwebqq: str = ""


ADD_NO_VERIFY2 = Call(
    name="add_no_verify2",
    host=Host.STATIC,
    path="/api/add_no_verify2",
    form=Form.ENVELOPE,
    params=AddFriendParams,
    reply=OkForm(),
)
"""Adds somebody whose profile allows it to anybody (``allow`` 0)."""


class AskFriendParams(Struct, frozen=True, kw_only=True):
    """Parameters of add_need_verify2, as those of add_no_verify2; ``msg`` says who asks."""

    account: QQNumber
    myallow: int = 1
    groupid: int = 0
    msg: str = ""
    token: str = ""
    vfwebqq: str = ""


ADD_NEED_VERIFY2 = Call(
    name="add_need_verify2",
    host=Host.STATIC,
    path="/api/add_need_verify2",
    form=Form.ENVELOPE,
    params=AskFriendParams,
    reply=OkForm(),
)
"""Asks somebody to be a friend."""


class GroupJoinVerdict(IntEnum):
    """``op_type`` of op_group_join_req."""

    ACCEPT = 2
    REFUSE = 3


class GroupJoinVerdictParams(Struct, frozen=True, kw_only=True):
    """Parameters of op_group_join_req: ``req_uin`` asks to join; ``op_type`` is one of :class:`GroupJoinVerdict`,
    ``msg`` the reason of a refusal.
    """

    group_uin: Gid
    req_uin: Uin
    msg: str = ""
    op_type: int
    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


OP_GROUP_JOIN_REQ = Call(
    name="op_group_join_req",
    host=Host.DYNAMIC,
    path="/channel/op_group_join_req",
    form=Form.QUERY,
    params=GroupJoinVerdictParams,
    reply=OkForm(),
)
"""An administrator accepts or refuses who asked to join a group."""


class GroupJoinParams(Struct, frozen=True, kw_only=True):
    """Parameters of apply_join_group2: ``code`` and ``vfy`` are of a captcha, what a person read in it and the cookie
    ``verifysession``; ``msg`` says who asks.
    """

    gcode: GroupCode
    code: str = ""
    vfy: str = ""
    msg: str = ""
    vfwebqq: str = ""


APPLY_JOIN_GROUP2 = Call(
    name="apply_join_group2",
    host=Host.STATIC,
    path="/api/apply_join_group2",
    form=Form.ENVELOPE,
    params=GroupJoinParams,
    reply=OkForm(),
)
"""Asks to join a group."""


class QuitGroupParams(Struct, frozen=True, kw_only=True):
    """Parameters of quit_group2."""

    gcode: GroupCode
    vfwebqq: str = ""


QUIT_GROUP2 = Call(
    name="quit_group2",
    host=Host.STATIC,
    path="/api/quit_group2",
    form=Form.ENVELOPE,
    params=QuitGroupParams,
    reply=OkForm(),
    arrange=lambda fields, flavour: fields | {"gcode": str(fields["gcode"])},
)
"""Leaves a group."""
