"""Who the account knows: friends, groups and, once somebody asks, the members of a group.

Aliases (uin, gid, code) are those of one session: a new login loads the roster anew. Names are plain text.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType

from webqq.client.calling import Caller
from webqq.client.chat import Chat, FriendChat, GroupChat
from webqq.client.errors import CallFailed, UnknownContact
from webqq.client.link import Link, stamp
from webqq.protocol.calls import (
    GET_FRIEND_UIN2,
    GET_GROUP_INFO_EXT2,
    GET_GROUP_NAME_LIST_MASK2,
    GET_USER_FRIENDS2,
    FriendsParams,
    FriendsResult,
    GroupInfoParams,
    GroupInfoResult,
    GroupsParams,
    GroupsResult,
    NumberParams,
)
from webqq.protocol.digests import friends_hash
from webqq.protocol.ids import Gid, GroupCode, GroupNumber, QQNumber, Uin

__all__ = ["Friend", "Group", "Member", "Roster", "friends_of", "groups_of", "members_of"]

MEMBERS_PAUSE = 60.0
"""Seconds between two questions for a group's members because of one who is not among them."""

_DIGITS = 10
"""The longest number of a person or a group has as many (WebQQ protocol, identifiers)."""

_PERSON, _GROUP = 1, 4
"""What get_friend_uin2 is asked for."""


@dataclass(frozen=True, slots=True)
class Friend:
    """A friend; ``markname`` is the account's own name for them, ``category`` the index of their category."""

    uin: Uin
    nick: str = ""
    markname: str = ""
    category: int = 0

    @property
    def name(self) -> str:
        """What to call them: the own name for them, else their nick, else their alias."""
        return self.markname or self.nick or str(self.uin)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group; ``card`` is the name they chose for it."""

    uin: Uin
    nick: str = ""
    card: str = ""
    is_admin: bool = False

    @property
    def name(self) -> str:
        """What to call them in the group."""
        return self.card or self.nick or str(self.uin)


@dataclass(frozen=True, slots=True)
class Group:
    """A group: messages go to ``gid``, details are asked with ``code``."""

    gid: Gid
    code: GroupCode
    own_name: str = ""
    markname: str = ""

    @property
    def name(self) -> str:
        """What to call it: the account's own name for it, else its name."""
        return self.markname or self.own_name or str(self.gid)


def friends_of(result: FriendsResult) -> dict[Uin, Friend]:
    """Return the friends of a friends list, in its order; an entry may be missing in any of its parts."""
    nicks = {profile.uin: profile.nick for profile in result.info}
    marks = {mark.uin: mark.markname for mark in result.marknames}
    return {
        friend.uin: Friend(friend.uin, nicks.get(friend.uin, ""), marks.get(friend.uin, ""), friend.categories)
        for friend in result.friends
    }


def groups_of(result: GroupsResult) -> dict[Gid, Group]:
    """Return the groups of a group list, in its order."""
    marks = {mark.uin: mark.markname for mark in result.gmarklist}
    return {group.gid: Group(group.gid, group.code, group.name, marks.get(group.gid, "")) for group in result.gnamelist}


def members_of(result: GroupInfoResult) -> dict[Uin, Member]:
    """Return the members of a group's details, in their order."""
    nicks = {profile.uin: profile.nick for profile in result.minfo}
    cards = {card.muin: card.card for card in result.cards}
    return {
        member.muin: Member(member.muin, nicks.get(member.muin, ""), cards.get(member.muin, ""), member.is_admin)
        for member in result.ginfo.members
    }


@dataclass(slots=True)
class _Known:
    """What one session has told."""

    friends: Mapping[Uin, Friend] = field(default_factory=dict)
    groups: Mapping[Gid, Group] = field(default_factory=dict)
    members: dict[Gid, Mapping[Uin, Member]] = field(default_factory=dict)
    accounts: dict[Uin, QQNumber] = field(default_factory=dict)
    numbers: dict[Gid, GroupNumber] = field(default_factory=dict)
    members_asked_at: dict[Gid, float] = field(default_factory=dict)


class Roster:
    """The friends and groups of the session at hand. Empty before :meth:`load`."""

    def __init__(self, caller: Caller, link: Link) -> None:
        self._caller = caller
        self._link = link
        self._known = _Known()

    @property
    def friends(self) -> Mapping[Uin, Friend]:
        """Friends by alias, in the service's order."""
        return MappingProxyType(self._known.friends)

    @property
    def groups(self) -> Mapping[Gid, Group]:
        """Groups by alias, in the service's order."""
        return MappingProxyType(self._known.groups)

    async def load(self) -> None:
        """Ask for friends and groups; what was known of a session before is forgotten.

        :raises CallFailed: the service refused. :raises Unreachable: it did not answer.
        """
        session = self._link.session
        proof = friends_hash(session.account, session.ptwebqq)
        friends = await self._caller.ask(GET_USER_FRIENDS2, FriendsParams(vfwebqq=session.vfwebqq, hash=proof))
        groups = await self._caller.ask(GET_GROUP_NAME_LIST_MASK2, GroupsParams(vfwebqq=session.vfwebqq, hash=proof))
        self._known = _Known(friends_of(friends), groups_of(groups))

    async def members(self, gid: Gid, *, refresh: bool = False) -> Mapping[Uin, Member]:
        """Return the members of a group, asked for when first wanted, or again with ``refresh``.

        :raises UnknownContact: the account has no such group. :raises CallFailed: the service refused.
        :raises Unreachable: it did not answer.
        """
        known = self._known
        group = known.groups.get(gid)
        if group is None:
            raise UnknownContact(f"no group has the alias {gid}")
        if refresh or gid not in known.members:
            params = GroupInfoParams(gcode=group.code, vfwebqq=self._link.session.vfwebqq, t=stamp())
            known.members_asked_at[gid] = self._caller.stream.ioloop.time()
            known.members[gid] = members_of(await self._caller.ask(GET_GROUP_INFO_EXT2, params))
        return known.members[gid]

    async def member(self, gid: Gid, uin: Uin) -> Member:
        """Return a member of a group; for one who is not in its list the list is asked for anew, but not all the time.

        :raises UnknownContact: the account has no such group. Else as :meth:`members`.
        """
        members = await self.members(gid)
        if uin not in members:
            since = self._caller.stream.ioloop.time() - self._known.members_asked_at[gid]
            members = await self.members(gid, refresh=since >= MEMBERS_PAUSE)
        return members.get(uin, Member(uin))

    async def account_of(self, uin: Uin) -> QQNumber:
        """Return the account number behind the alias of a person. It is asked for once.

        :raises CallFailed: the service does not tell; clients must live with that.
        :raises Unreachable: it did not answer.
        """
        known = self._known
        if uin not in known.accounts:
            known.accounts[uin] = QQNumber(await self._number(uin, _PERSON))
        return known.accounts[uin]

    async def number_of(self, gid: Gid) -> GroupNumber:
        """Return the public number of a group. It is asked for once.

        :raises UnknownContact: the account has no such group. Else as :meth:`account_of`.
        """
        known = self._known
        if gid not in known.groups:
            raise UnknownContact(f"no group has the alias {gid}")
        if gid not in known.numbers:
            known.numbers[gid] = GroupNumber(await self._number(known.groups[gid].code, _GROUP))
        return known.numbers[gid]

    async def _number(self, alias: int, kind: int) -> int:
        params = NumberParams(
            tuin=alias, type=kind, verifysession="", code="", vfwebqq=self._link.session.vfwebqq, t=stamp()
        )
        result = await self._caller.ask(GET_FRIEND_UIN2, params)
        return result.account

    async def find(self, wanted: str) -> Chat:
        """Return the chat with whom ``wanted`` means: an account or group number, or a name.

        A name is a friend's nick or the account's own name for them, or the name of a group.

        :raises UnknownContact: nobody, or more than one. Else as :meth:`account_of`.
        """
        # Most have no name of the account's own: nothing must not mean them.
        chats = self._named(wanted) if wanted else []
        if not chats and wanted.isascii() and wanted.isdigit() and len(wanted) <= _DIGITS:
            chats = await self._numbered(int(wanted))
        if not chats:
            raise UnknownContact(f"no friend or group goes by {wanted!r}")
        if len(chats) > 1:
            raise UnknownContact(f"{len(chats)} friends or groups go by {wanted!r}: give the number")
        return chats[0]

    def _named(self, name: str) -> list[Chat]:
        friends: list[Chat] = [
            FriendChat(friend.uin) for friend in self.friends.values() if name in (friend.nick, friend.markname)
        ]
        return friends + [
            GroupChat(group.gid) for group in self.groups.values() if name in (group.own_name, group.markname)
        ]

    async def _numbered(self, number: int) -> list[Chat]:
        # One after the other and no further than needed: who asks for many is refused (WebQQ protocol,
        # get_friend_uin2). What the service does not tell is not the one.
        for uin in self.friends:
            with suppress(CallFailed):
                if await self.account_of(uin) == number:
                    return [FriendChat(uin)]
        for gid in self.groups:
            with suppress(CallFailed):
                if await self.number_of(gid) == number:
                    return [GroupChat(gid)]
        return []
