"""Friends, groups, discussions and their members as values, built from the service's lists. Names are plain text.

The lists may lack an entry for anybody in any of their parts (WebQQ protocol, roster).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from webqq.protocol.calls import DiscussesResult, DiscussInfoResult, FriendsResult, GroupInfoResult, GroupsResult
from webqq.protocol.ids import Did, Gid, GroupCode, QQNumber, Uin

__all__ = [
    "Discussion",
    "Friend",
    "Group",
    "Member",
    "RosterChange",
    "categories_of",
    "changes",
    "discussions_of",
    "friends_of",
    "groups_of",
    "members_of",
    "members_of_discussion",
]

DEFAULT_CATEGORY = "我的好友"
"""Name of the category with the index 0, which the service does not list."""


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
    """A member of a group or a discussion; ``card`` is the name they chose for the group, ``account`` their number,
    which discussions tell.
    """

    uin: Uin
    nick: str = ""
    card: str = ""
    is_admin: bool = False
    is_owner: bool = False
    account: QQNumber | None = None

    @property
    def name(self) -> str:
        """What to call them there."""
        return self.card or self.nick or str(self.uin)


@dataclass(frozen=True, slots=True)
class Group:
    """A group: messages go to ``gid``, details are asked with ``code``. ``mask`` is 0 where its messages come, 1
    silently, 2 not at all.
    """

    gid: Gid
    code: GroupCode
    own_name: str = ""
    markname: str = ""
    mask: int = 0

    @property
    def name(self) -> str:
        """What to call it: the account's own name for it, else its name."""
        return self.markname or self.own_name or str(self.gid)


@dataclass(frozen=True, slots=True)
class Discussion:
    """A discussion; it may have no name of its own."""

    did: Did
    own_name: str = ""

    @property
    def name(self) -> str:
        """What to call it."""
        return self.own_name or str(self.did)


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What a newer list of friends and groups has that the one before had not, or the other way round.

    Who stayed under another name is in ``renamed_friends`` or ``renamed_groups``, as they are now.
    """

    added_friends: tuple[Friend, ...] = ()
    removed_friends: tuple[Friend, ...] = ()
    renamed_friends: tuple[Friend, ...] = ()
    added_groups: tuple[Group, ...] = ()
    removed_groups: tuple[Group, ...] = ()
    renamed_groups: tuple[Group, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def changes(
    friends: Mapping[Uin, Friend],
    newer_friends: Mapping[Uin, Friend],
    groups: Mapping[Gid, Group],
    newer_groups: Mapping[Gid, Group],
) -> RosterChange:
    """Return what changed between two lists of one login."""
    return RosterChange(
        added_friends=tuple(friend for uin, friend in newer_friends.items() if uin not in friends),
        removed_friends=tuple(friend for uin, friend in friends.items() if uin not in newer_friends),
        renamed_friends=tuple(
            friend for uin, friend in newer_friends.items() if uin in friends and friend.name != friends[uin].name
        ),
        added_groups=tuple(group for gid, group in newer_groups.items() if gid not in groups),
        removed_groups=tuple(group for gid, group in groups.items() if gid not in newer_groups),
        renamed_groups=tuple(
            group for gid, group in newer_groups.items() if gid in groups and group.name != groups[gid].name
        ),
    )


def friends_of(result: FriendsResult) -> dict[Uin, Friend]:
    """Return the friends of a friends list, in its order."""
    nicks = {profile.uin: profile.nick for profile in result.info}
    marks = {mark.uin: mark.markname for mark in result.marknames}
    return {
        friend.uin: Friend(friend.uin, nicks.get(friend.uin, ""), marks.get(friend.uin, ""), friend.categories)
        for friend in result.friends
    }


def categories_of(result: FriendsResult) -> dict[int, str]:
    """Return the names of the categories by index, in the order in which they are shown."""
    listed = {category.index: category.name for category in sorted(result.categories, key=lambda each: each.sort)}
    return {0: DEFAULT_CATEGORY} | listed


def groups_of(result: GroupsResult) -> dict[Gid, Group]:
    """Return the groups of a group list, in its order."""
    marks = {mark.uin: mark.markname for mark in result.gmarklist}
    masks = {mask.gid: mask.mask for mask in result.gmasklist}
    return {
        group.gid: Group(group.gid, group.code, group.name, marks.get(group.gid, ""), masks.get(group.gid, 0))
        for group in result.gnamelist
    }


def members_of(result: GroupInfoResult) -> dict[Uin, Member]:
    """Return the members of a group's details, in their order."""
    nicks = {profile.uin: profile.nick for profile in result.minfo}
    cards = {card.muin: card.card for card in result.cards}
    return {
        member.muin: Member(
            member.muin,
            nicks.get(member.muin, ""),
            cards.get(member.muin, ""),
            is_admin=member.is_admin,
            is_owner=member.muin == result.ginfo.owner,
        )
        for member in result.ginfo.members
    }


def discussions_of(result: DiscussesResult) -> dict[Did, Discussion]:
    """Return the discussions of their list, in its order."""
    return {discussion.did: Discussion(discussion.did, discussion.name) for discussion in result.dnamelist}


def members_of_discussion(result: DiscussInfoResult) -> dict[Uin, Member]:
    """Return the members of a discussion, in their order."""
    nicks = {member.uin: member.nick for member in result.mem_info}
    return {
        member.mem_uin: Member(
            member.mem_uin,
            nicks.get(member.mem_uin, ""),
            is_owner=member.mem_uin == result.info.discu_owner,
            account=member.ruin,
        )
        for member in result.info.mem_list
    }
