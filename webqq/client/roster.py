"""Who the account knows: friends, groups, discussions, members, profiles; each asked for when it is first wanted.

Aliases (uin, gid, code) are those of one login: a new login loads the roster anew.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from webqq.client.calling import BadStatus
from webqq.client.chat import Chat, DiscussChat, FriendChat, GroupChat
from webqq.client.contacts import (
    Discussion,
    Friend,
    Group,
    Member,
    RosterChange,
    categories_of,
    changes,
    discussions_of,
    friends_of,
    groups_of,
    members_of,
    members_of_discussion,
)
from webqq.client.errors import CallFailed, UnknownContact
from webqq.client.friendsproof import FriendsProofs
from webqq.client.link import stamp
from webqq.client.sessioncalls import SessionCalls
from webqq.protocol.calls import (
    GET_DISCU_INFO,
    GET_DISCUS_LIST,
    GET_FRIEND_INFO2,
    GET_FRIEND_UIN2,
    GET_GROUP_INFO_EXT2,
    GET_GROUP_NAME_LIST_MASK2,
    GET_ONLINE_BUDDIES2,
    GET_QQ_LEVEL2,
    GET_RECENT_LIST2,
    GET_SELF_INFO2,
    GET_SINGLE_LONG_NICK2,
    GET_STRANGER_INFO2,
    GET_USER_FRIENDS2,
    SEARCH_QQ_BY_UIN2,
    DiscussesParams,
    DiscussInfoParams,
    FriendsParams,
    GroupInfoParams,
    GroupsParams,
    Level,
    LevelParams,
    LongNickParams,
    NumberParams,
    OnlineParams,
    PersonParams,
    Profile,
    RecentParams,
    SearchParams,
    SelfInfoParams,
    Stranger,
    StrangerParams,
)
from webqq.protocol.events import (
    BuddyListChange,
    BuddyStatus,
    BuddyVerified,
    BuddyVerifiedAdded,
    DiscussMessage,
    Event,
    GroupAdmin,
    GroupCreated,
    GroupJoinAgreed,
    GroupJoined,
    GroupLeft,
)
from webqq.protocol.ids import Did, Gid, GroupNumber, QQNumber, Uin
from webqq.protocol.status import Status

__all__ = ["MAX_AGE", "Roster"]

MAX_AGE = 3600.0
"""Seconds after which the lists of friends and groups are asked for anew; clients did so hourly."""

MEMBERS_PAUSE = 60.0
"""Seconds between two questions for a list because of somebody who is not in it."""

MAX_LISTS = 200
"""Groups and discussions whose members are kept; those looked at longest ago go first."""

_DIGITS = 10
"""The longest number of a person or a group has as many (WebQQ protocol, identifiers)."""

_PERSON, _GROUP = 1, 4
"""What get_friend_uin2 is asked for."""


class _Recent(IntEnum):
    """``type`` of a recent contact."""

    FRIEND = 0
    GROUP = 1
    DISCUSSION = 2


@dataclass(slots=True)
class _Known:
    """What one login has told."""

    friends: dict[Uin, Friend] = field(default_factory=dict)
    groups: dict[Gid, Group] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    loaded_at: float | None = None
    discussions: dict[Did, Discussion] | None = None
    online: dict[Uin, str] | None = None
    members: OrderedDict[Hashable, Mapping[Uin, Member]] = field(default_factory=OrderedDict)
    members_asked_at: dict[Hashable, float] = field(default_factory=dict)
    versions: dict[Did, int] = field(default_factory=dict)
    accounts: dict[Uin, QQNumber] = field(default_factory=dict)
    numbers: dict[Gid, GroupNumber] = field(default_factory=dict)


class Roster:
    """The friends, groups and discussions of the login at hand. Empty before :meth:`load`.

    What asks the service raises :class:`CallFailed` where it refuses, :class:`Unreachable` where it does not answer.

    :param on_change: told of what a newer list has that the one before had not.
    """

    def __init__(self, calls: SessionCalls, on_change: Callable[[RosterChange], object] | None = None) -> None:
        self._calls = calls
        self._on_change = on_change
        self._known = _Known()
        self._proofs = FriendsProofs(calls)

    @property
    def friends(self) -> Mapping[Uin, Friend]:
        """Friends by alias, in the service's order."""
        return MappingProxyType(self._known.friends)

    @property
    def groups(self) -> Mapping[Gid, Group]:
        """Groups by alias, in the service's order."""
        return MappingProxyType(self._known.groups)

    @property
    def categories(self) -> Mapping[int, str]:
        """Names of the categories of friends by index, in the order in which they are shown."""
        return MappingProxyType(self._known.categories)

    async def load(self) -> None:
        """Ask for friends and groups; what was known of a login before is forgotten."""
        self._known = await self._ask_lists()

    async def refresh(self, max_age: float = 0.0) -> None:
        """Ask for friends and groups anew where the lists are older than ``max_age`` seconds, and tell what changed."""
        known = self._known
        if known.loaded_at is not None and self._now() - known.loaded_at < max_age:
            return
        newer = await self._ask_lists()
        if self._known is not known:
            return
        change = changes(known.friends, newer.friends, known.groups, newer.groups)
        known.friends, known.groups, known.categories = newer.friends, newer.groups, newer.categories
        known.loaded_at = newer.loaded_at
        if change and self._on_change is not None:
            self._on_change(change)

    async def _ask_lists(self) -> _Known:
        friends = await self._proofs.ask(
            GET_USER_FRIENDS2, lambda session, proof: FriendsParams(vfwebqq=session.vfwebqq, hash=proof)
        )
        groups = await self._proofs.ask(
            GET_GROUP_NAME_LIST_MASK2, lambda session, proof: GroupsParams(vfwebqq=session.vfwebqq, hash=proof)
        )
        return _Known(friends_of(friends), groups_of(groups), categories_of(friends), self._now())

    def _now(self) -> float:
        return self._calls.caller.stream.ioloop.time()

    def note(self, event: Event) -> None:
        """Take over what an event tells; what it only hints at is asked for when it is next wanted."""
        known = self._known
        match event:
            case BuddyListChange():
                for removed in event.removed_friends:
                    known.friends.pop(removed.uin, None)
                known.loaded_at = None
            case BuddyVerified() | BuddyVerifiedAdded() | GroupCreated() | GroupJoinAgreed():
                known.loaded_at = None
            case GroupJoined() | GroupLeft():
                known.members.pop(event.gid, None)
                who = event.new_member if isinstance(event, GroupJoined) else event.old_member
                if int(who) == self._calls.link.session.account:
                    known.loaded_at = None
            case GroupAdmin():
                known.members.pop(event.gid, None)
            case DiscussMessage() if event.info_seq is not None:
                if known.versions.setdefault(event.did, event.info_seq) != event.info_seq:
                    known.versions[event.did] = event.info_seq
                    known.members.pop(DiscussChat(event.did), None)
            case BuddyStatus() if known.online is not None:
                known.online[event.uin] = event.status

    def expire(self, did: Did | None = None) -> None:
        """The lists are not as the service has them any more; with ``did``, nor are the members of that discussion."""
        known = self._known
        known.loaded_at = known.discussions = None
        if did is not None:
            known.members.pop(DiscussChat(did), None)

    def forget_members(self, gid: Gid) -> None:
        """The members of a group, or their cards, are not as the service has them any more."""
        self._known.members.pop(gid, None)

    # Discussions, presence, recent contacts.

    async def discussions(self, *, refresh: bool = False) -> Mapping[Did, Discussion]:
        """Return the discussions by their number, asked for when first wanted, or again with ``refresh``."""
        known = self._known
        if refresh or known.discussions is None:
            result = await self._calls.ask(
                GET_DISCUS_LIST,
                lambda session: DiscussesParams(
                    clientid=session.clientid, psessionid=session.psessionid, vfwebqq=session.vfwebqq, t=stamp()
                ),
            )
            known.discussions = discussions_of(result)
        return MappingProxyType(known.discussions)

    async def status(self, uin: Uin) -> str:
        """Return a friend's presence, one of :class:`webqq.protocol.status.Status` or a newer word of the service."""
        known = self._known
        if known.online is None:
            online = await self._calls.ask(
                GET_ONLINE_BUDDIES2,
                lambda session: OnlineParams(
                    vfwebqq=session.vfwebqq, clientid=session.clientid, psessionid=session.psessionid, t=stamp()
                ),
            )
            known.online = {buddy.uin: buddy.status for buddy in online}
        return known.online.get(uin, Status.OFFLINE)

    async def recent(self) -> list[Chat]:
        """Return the chats with whom was written lately, latest first."""
        contacts = await self._calls.ask(
            GET_RECENT_LIST2,
            lambda session: RecentParams(
                vfwebqq=session.vfwebqq, clientid=session.clientid, psessionid=session.psessionid
            ),
        )
        chats: list[Chat] = []
        for contact in contacts:
            match contact.type:
                case _Recent.FRIEND:
                    chats.append(FriendChat(Uin(contact.uin)))
                case _Recent.GROUP:
                    chats.append(GroupChat(Gid(contact.uin)))
                case _Recent.DISCUSSION:
                    chats.append(DiscussChat(Did(contact.uin)))
        return chats

    # Members.

    async def members(self, gid: Gid, *, refresh: bool = False) -> Mapping[Uin, Member]:
        """Return the members of a group, asked for when first wanted, or again with ``refresh``.

        :raises UnknownContact: the account has no such group.
        """
        known = self._known
        group = self.group(gid)
        if refresh or gid not in known.members:
            known.members_asked_at[gid] = self._now()
            result = await self._calls.ask(
                GET_GROUP_INFO_EXT2,
                lambda session: GroupInfoParams(gcode=group.code, vfwebqq=session.vfwebqq, t=stamp()),
            )
            _keep(known, gid, members_of(result))
        return known.members[gid]

    async def member(self, gid: Gid, uin: Uin) -> Member:
        """Return a member of a group; for one who is not in its list the list is asked for anew, but not all the time.

        :raises UnknownContact: the account has no such group.
        """
        if gid not in self._known.groups:
            await self.refresh(MEMBERS_PAUSE)
        members = await self.members(gid)
        if uin not in members and self._may_ask_again(gid):
            members = await self.members(gid, refresh=True)
        return members.get(uin, Member(uin))

    async def discussion_members(self, did: Did, *, refresh: bool = False) -> Mapping[Uin, Member]:
        """As :meth:`members`, of a discussion."""
        known, key = self._known, DiscussChat(did)
        if refresh or key not in known.members:
            known.members_asked_at[key] = self._now()
            result = await self._calls.ask(
                GET_DISCU_INFO,
                lambda session: DiscussInfoParams(
                    did=did,
                    vfwebqq=session.vfwebqq,
                    clientid=session.clientid,
                    psessionid=session.psessionid,
                    t=stamp(),
                ),
            )
            _keep(known, key, members_of_discussion(result))
        return known.members[key]

    async def discussion_member(self, did: Did, uin: Uin) -> Member:
        """As :meth:`member`, of a discussion."""
        members = await self.discussion_members(did)
        if uin not in members and self._may_ask_again(DiscussChat(did)):
            members = await self.discussion_members(did, refresh=True)
        return members.get(uin, Member(uin))

    def _may_ask_again(self, key: Hashable) -> bool:
        return self._now() - self._known.members_asked_at.get(key, -MEMBERS_PAUSE) >= MEMBERS_PAUSE

    async def friend(self, uin: Uin) -> Friend:
        """Return a friend; where the list has none of this alias and is not new it is asked for anew."""
        if uin not in self._known.friends:
            await self.refresh(MEMBERS_PAUSE)
        return self._known.friends.get(uin, Friend(uin))

    def group(self, gid: Gid) -> Group:
        """Return a group.

        :raises UnknownContact: the account has no such group.
        """
        group = self._known.groups.get(gid)
        if group is None:
            raise UnknownContact(f"no group has the alias {gid}")
        return group

    # Profiles.

    async def own_profile(self) -> Profile:
        """Return what the account tells of itself."""
        return await self._calls.ask(GET_SELF_INFO2, lambda session: SelfInfoParams(vfwebqq=session.vfwebqq, t=stamp()))

    async def profile(self, uin: Uin) -> Profile:
        """Return what a friend tells of himself."""
        return await self._calls.ask(
            GET_FRIEND_INFO2,
            lambda session: PersonParams(
                tuin=uin,
                vfwebqq=session.vfwebqq,
                clientid=session.clientid,
                psessionid=session.psessionid,
                t=stamp(),
            ),
        )

    async def stranger(self, uin: Uin, *, asks_to_join: Gid | None = None) -> Stranger:
        """Return what somebody who is no friend tells of himself; ``asks_to_join`` is the group that the person asked
        to join, if so.
        """
        code = "" if asks_to_join is None else f"group_request_join-{asks_to_join}"
        return await self._calls.ask(
            GET_STRANGER_INFO2,
            lambda session: StrangerParams(tuin=uin, code=code, vfwebqq=session.vfwebqq, t=stamp()),
        )

    async def search(self, account: QQNumber) -> Stranger:
        """Look somebody up by account; the ``token`` of what comes is what :meth:`Edits.ask_friend` needs.

        The service of those years wanted a captcha here, and refuses without one; a gateway does not.
        """
        return await self._calls.ask(
            SEARCH_QQ_BY_UIN2, lambda session: SearchParams(tuin=account, vfwebqq=session.vfwebqq, t=stamp())
        )

    async def level(self, uin: Uin) -> Level:
        """Return a person's level (2013)."""
        return await self._calls.ask(
            GET_QQ_LEVEL2, lambda session: LevelParams(tuin=uin, vfwebqq=session.vfwebqq, t=stamp())
        )

    async def signature(self, uin: Uin) -> str:
        """Return a person's signature; empty for who has none."""
        found = await self._calls.ask(
            GET_SINGLE_LONG_NICK2, lambda session: LongNickParams(tuin=uin, vfwebqq=session.vfwebqq, t=stamp())
        )
        return found[0].lnick if found else ""

    # Numbers and names.

    async def account_of(self, uin: Uin) -> QQNumber:
        """Return the account behind the alias of a person. It is asked for once.

        :raises CallFailed: the service does not tell; clients must live with that.
        """
        known = self._known
        if uin not in known.accounts:
            known.accounts[uin] = QQNumber(await self._number(uin, _PERSON))
        return known.accounts[uin]

    async def number_of(self, gid: Gid) -> GroupNumber:
        """Return the public number of a group. It is asked for once.

        :raises UnknownContact: the account has no such group. :raises CallFailed: the service does not tell.
        """
        known = self._known
        group = self.group(gid)
        if gid not in known.numbers:
            known.numbers[gid] = GroupNumber(await self._number(group.code, _GROUP))
        return known.numbers[gid]

    async def _number(self, alias: int, kind: int) -> int:
        result = await self._calls.ask(
            GET_FRIEND_UIN2,
            lambda session: NumberParams(tuin=alias, type=kind, vfwebqq=session.vfwebqq, t=stamp()),
        )
        return result.account

    def described(self, chat: Chat) -> tuple[int, str]:
        """Return the number of a friend or a group where it is known already, else 0, and the name."""
        known = self._known
        if isinstance(chat, FriendChat):
            friend = known.friends.get(chat.uin)
            return known.accounts.get(chat.uin, 0), friend.name if friend else ""
        if isinstance(chat, GroupChat):
            group = known.groups.get(chat.gid)
            return known.numbers.get(chat.gid, 0), group.name if group else ""
        return 0, ""

    async def find(self, wanted: str) -> Chat:
        """Return the chat with whom ``wanted`` means: an account or group number, or a name.

        A name is a friend's nick or the account's own name for them, or the name of a group or a discussion.

        :raises UnknownContact: nobody, or more than one.
        """
        await self.refresh(MAX_AGE)
        # Most have no name of the account's own: nothing must not mean them.
        chats = self._named(wanted) if wanted else []
        if not chats and wanted.isascii() and wanted.isdigit() and len(wanted) <= _DIGITS:
            chats = await self._numbered(int(wanted))
        if not chats and wanted:
            chats = await self._discussion_named(wanted)
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

    async def _discussion_named(self, name: str) -> list[Chat]:
        # Many a service has none, and refuses the question.
        with suppress(CallFailed, BadStatus):
            return [
                DiscussChat(each.did)
                for each in (await self.discussions()).values()
                if name in (each.own_name, str(each.did))
            ]
        return []

    async def _numbered(self, number: int) -> list[Chat]:
        # One after the other and no further than needed: who asks for many is refused (WebQQ protocol,
        # get_friend_uin2). What the service does not tell is not the one.
        for uin in [*self.friends]:
            with suppress(CallFailed):
                if await self.account_of(uin) == number:
                    return [FriendChat(uin)]
        for gid in [*self.groups]:
            with suppress(CallFailed):
                if await self.number_of(gid) == number:
                    return [GroupChat(gid)]
        return []


def _keep(known: _Known, key: Hashable, members: Mapping[Uin, Member]) -> None:
    known.members[key] = members
    known.members.move_to_end(key)
    if len(known.members) > MAX_LISTS:
        oldest, _ = known.members.popitem(last=False)
        known.members_asked_at.pop(oldest, None)
