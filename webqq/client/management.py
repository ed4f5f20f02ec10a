"""Group management, by public numbers (WebQQ protocol, group management).

These are other services under the login's cookies; a login by QR code was refused there from 2017 on.
"""

from collections.abc import Sequence
from typing import TypeVar

from webqq.client.errors import CallFailed
from webqq.client.sessioncalls import SessionCalls
from webqq.protocol.calls import (
    ADD_GROUP_MEMBER,
    DELETE_GROUP_MEMBER,
    GET_FRIEND_LIST,
    GET_GROUP_LIST,
    GET_GROUP_MEMBERS,
    SEARCH_GROUP_MEMBERS,
    SET_GROUP_ADMIN,
    SET_GROUP_CARD,
    SET_GROUP_SHUTUP,
    SIGN,
    AdminParams,
    BknParams,
    CardParams,
    FoundMember,
    InviteParams,
    KickParams,
    ListedFriends,
    ListedGroups,
    ListedMembers,
    ListedMembersParams,
    Mute,
    MuteParams,
    Reply,
    SearchMembersParams,
    SignParams,
    SignResult,
)
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["MIN_MUTE", "GroupManagement"]

R = TypeVar("R")

MIN_MUTE = 60
"""Seconds of the shortest mute."""

PAGE = 2000
"""Members that are asked for at once."""


class GroupManagement:
    """What owners and administrators do, and the lists that they do it by.

    Each method raises :class:`CallFailed` where the service refuses, its ``retcode`` being the ``ec`` (see
    :class:`webqq.protocol.retcodes.EcCode`), and :class:`Unreachable` where it does not answer.
    """

    def __init__(self, calls: SessionCalls) -> None:
        self._calls = calls

    async def groups(self) -> ListedGroups:
        """Return the account's groups: in which it is a member, an administrator, the owner."""
        return _result("get_group_list", await self._calls.manage(GET_GROUP_LIST, BknParams(bkn=self._calls.bkn)))

    async def friends(self) -> ListedFriends:
        """Return the account's friends by account."""
        return _result("get_friend_list", await self._calls.manage(GET_FRIEND_LIST, BknParams(bkn=self._calls.bkn)))

    async def members(self, group: GroupNumber) -> tuple[FoundMember, ...]:
        """Return all members of a group, with roles and times."""
        found: tuple[FoundMember, ...] = ()
        while True:
            params = SearchMembersParams(gc=group, st=len(found), end=len(found) + PAGE, bkn=self._calls.bkn)
            page = _result("search_group_members", await self._calls.manage(SEARCH_GROUP_MEMBERS, params))
            found += page.mems
            if not page.mems or len(found) >= page.count:
                return found

    async def member_list(self, group: GroupNumber) -> ListedMembers:
        """Return what the page of a group's profile tells of its members: names, cards, administrators, times."""
        own = self._calls.link.session.account
        params = ListedMembersParams(gc=group, u=own, bkn=self._calls.bkn)
        return _result("get_group_members", await self._calls.manage(GET_GROUP_MEMBERS, params))

    async def kick(self, group: GroupNumber, members: Sequence[QQNumber], *, for_ever: bool = False) -> None:
        """Remove members; with ``for_ever`` they may, it seems, not come again."""
        params = KickParams(gc=group, ul=tuple(members), flag=int(for_ever), bkn=self._calls.bkn)
        await self._calls.manage(DELETE_GROUP_MEMBER, params)

    async def invite(self, group: GroupNumber, friends: Sequence[QQNumber]) -> None:
        """Invite friends."""
        await self._calls.manage(ADD_GROUP_MEMBER, InviteParams(gc=group, ul=tuple(friends), bkn=self._calls.bkn))

    async def set_admin(self, group: GroupNumber, member: QQNumber, is_admin: bool) -> None:
        """Make a member an administrator, or take it back; for owners only."""
        params = AdminParams(gc=group, u=member, op=int(is_admin), bkn=self._calls.bkn)
        await self._calls.manage(SET_GROUP_ADMIN, params)

    async def set_card(self, group: GroupNumber, member: QQNumber, card: str) -> None:
        """Change a member's name in the group; an empty one takes it away."""
        await self._calls.manage(SET_GROUP_CARD, CardParams(gc=group, u=member, name=card or None, bkn=self._calls.bkn))

    async def mute(self, group: GroupNumber, members: Sequence[QQNumber], seconds: int) -> None:
        """Silence members for so long; 0 lets them speak again.

        :raises ValueError: it is less than :data:`MIN_MUTE` and not 0.
        """
        if seconds and seconds < MIN_MUTE:
            raise ValueError(f"a mute must last {MIN_MUTE} seconds or more, or 0 to end it, not {seconds!r}")
        mutes = tuple(Mute(uin=member, t=seconds) for member in members)
        await self._calls.manage(SET_GROUP_SHUTUP, MuteParams(gc=group, shutup_list=mutes, bkn=self._calls.bkn))

    async def mute_all(self, group: GroupNumber, is_muted: bool) -> None:
        """Silence the whole group, or let it speak again."""
        params = MuteParams(gc=group, all_shutup=int(is_muted), bkn=self._calls.bkn)
        await self._calls.manage(SET_GROUP_SHUTUP, params)

    async def sign_in(self, group: GroupNumber) -> SignResult:
        """Sign in to a group for the day."""
        return _result("sign", await self._calls.manage(SIGN, SignParams(gc=group, bkn=self._calls.bkn)))


def _result(call: str, reply: Reply[R]) -> R:
    if reply.result is None:
        raise CallFailed(call, reply.retcode)
    return reply.result
