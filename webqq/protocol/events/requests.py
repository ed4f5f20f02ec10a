"""Friends and groups that change: somebody asks, is let in, goes, is made administrator.

Source: WebQQ protocol, poll2: system_message, sys_g_msg, buddylist_change.
"""

from enum import IntEnum
from typing import Any

from msgspec import Struct

from webqq.protocol.events.row import Header, Row
from webqq.protocol.ids import Gid, GroupCode, GroupNumber, QQNumber, Uin
from webqq.protocol.shape import EntityText, Token

__all__ = [
    "ROWS",
    "AddedFriend",
    "BuddyAdded",
    "BuddyListChange",
    "BuddyRequest",
    "BuddyVerified",
    "BuddyVerifiedAdded",
    "GroupAdmin",
    "GroupCreated",
    "GroupJoinAgreed",
    "GroupJoinDenied",
    "GroupJoinRequest",
    "GroupJoined",
    "GroupLeft",
    "LeaveKind",
    "RemovedFriend",
]


class _System(Struct, frozen=True, kw_only=True):
    seq: int
    from_uin: Uin
    account: QQNumber
    uiuin: Token = ""
    stat: int | None = None
    client_type: int | None = None


class BuddyRequest(_System, frozen=True, kw_only=True):
    """Somebody asks to be a friend: ``msg`` says why. Answered by ``account``, not by uin."""

    msg: EntityText = ""
    allow: int | None = None


class BuddyAdded(_System, frozen=True, kw_only=True):
    """Somebody added this account without asking. ``sig`` holds bytes, one in each character."""

    sig: str = ""


class BuddyVerified(_System, frozen=True, kw_only=True):
    """Somebody accepted the own request; ``group_id`` is the index of the friend's category."""

    group_id: int = 0


class BuddyVerifiedAdded(_System, frozen=True, kw_only=True):
    """As :class:`BuddyVerified`, and added this account in return."""

    group_id: int = 0


class AddedFriend(Struct, frozen=True, kw_only=True):
    """A new friend and the index of the category."""

    uin: Uin
    groupid: int = 0


class RemovedFriend(Struct, frozen=True, kw_only=True):
    """Somebody who is no friend any more."""

    uin: Uin


class BuddyListChange(Struct, frozen=True, kw_only=True):
    """The list of friends changed, here or on another device."""

    added_friends: tuple[AddedFriend, ...] = ()
    removed_friends: tuple[RemovedFriend, ...] = ()


class _GroupEvent(Header, frozen=True, kw_only=True):
    gcode: GroupCode
    t_gcode: GroupNumber | None = None
    """The group's public number."""

    @property
    def gid(self) -> Gid:
        """The group."""
        return Gid(self.from_uin)


class GroupCreated(_GroupEvent, frozen=True, kw_only=True):
    """A group was made."""

    owner_uin: Uin


class GroupJoined(_GroupEvent, frozen=True, kw_only=True):
    """Somebody is a member now, maybe oneself. ``t_new_member`` is the account, mostly empty; ``admin_nick`` the
    role of who let the member in, 创建者 or 管理员.
    """

    op_type: int = 3
    new_member: Uin
    t_new_member: Token = ""
    admin_uin: Uin | None = None
    admin_nick: EntityText | None = None


class LeaveKind(IntEnum):
    """``op_type`` of :class:`GroupLeft`."""

    LEFT = 2
    REMOVED = 3


class GroupLeft(_GroupEvent, frozen=True, kw_only=True):
    """Somebody is no member any more, maybe oneself. ``op_type`` is one of :class:`LeaveKind`; who removed a member is
    told with a removal only. Accounts (``t_...``) are mostly empty.
    """

    op_type: int
    old_member: Uin
    t_old_member: Token = ""
    admin_uin: Uin | None = None
    t_admin_uin: Token | None = None
    admin_nick: EntityText | None = None

    @property
    def is_removal(self) -> bool:
        """Whether an administrator removed the member."""
        return self.op_type == LeaveKind.REMOVED


class GroupJoinRequest(_GroupEvent, frozen=True, kw_only=True):
    """Somebody asks to be a member: told to administrators. Answered by gid and ``request_uin``."""

    request_uin: Uin
    t_request_uin: Token = ""
    msg: EntityText = ""


class GroupJoinAgreed(_GroupEvent, frozen=True, kw_only=True):
    """The own request to be a member was accepted."""

    admin_uin: Uin
    msg: EntityText = ""


class GroupJoinDenied(_GroupEvent, frozen=True, kw_only=True):
    """The own request to be a member was refused; ``msg`` says why."""

    admin_uin: Uin
    msg: EntityText = ""


class GroupAdmin(_GroupEvent, frozen=True, kw_only=True):
    """A member was made administrator (``op_type`` 1) or is none any more (0). ``t_uin`` is the account."""

    op_type: int
    uin: Uin
    t_uin: QQNumber | None = None
    uin_flag: int | None = None


ROWS: tuple[Row[Any], ...] = (
    Row("system_message", BuddyRequest, tag=("type", "verify_required")),
    Row("system_message", BuddyAdded, tag=("type", "added_buddy_sig")),
    Row("system_message", BuddyVerified, tag=("type", "verify_pass")),
    Row("system_message", BuddyVerifiedAdded, tag=("type", "verify_pass_add")),
    Row("buddylist_change", BuddyListChange),
    Row("sys_g_msg", GroupCreated, tag=("type", "group_create"), msg_type=38),
    Row("sys_g_msg", GroupJoined, tag=("type", "group_join"), msg_type=33),
    Row("sys_g_msg", GroupLeft, tag=("type", "group_leave"), msg_type=34),
    Row("sys_g_msg", GroupJoinRequest, tag=("type", "group_request_join"), msg_type=35),
    Row("sys_g_msg", GroupJoinAgreed, tag=("type", "group_request_join_agree"), msg_type=36),
    Row("sys_g_msg", GroupJoinDenied, tag=("type", "group_request_join_deny"), msg_type=37),
    Row("sys_g_msg", GroupAdmin, tag=("type", "group_admin_op"), msg_type=44),
)
"""The poll types of this module."""
