"""Group management, by public numbers: lists, and what owners and administrators do.

An owner may do all of it; an administrator all but make administrators, and nothing to the owner or to another
administrator; a member may change his own card, and sign in. A group that one is not in does not exist. Source: WebQQ
protocol, group management.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec import Struct

from webqq.gateway import friendnotes, members, registry
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.calls.groupdetails import CARD, GROUP_MEMBERS
from webqq.gateway.community import Account, Group
from webqq.gateway.friendnotes import CATEGORIES
from webqq.gateway.members import MemberDetails
from webqq.gateway.notes import GroupChange, GroupChanged
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
    ListedCategory,
    ListedFriend,
    ListedFriends,
    ListedGroup,
    ListedGroups,
    ListedLevel,
    ListedMember,
    ListedMembers,
    ListedMembersParams,
    MemberRole,
    MuteParams,
    Reply,
    SearchMembersParams,
    SearchMembersResult,
    SignParams,
    SignResult,
)
from webqq.protocol.ids import GroupNumber, QQNumber
from webqq.protocol.retcodes import EcCode, RetCode

__all__ = ["ADMINS", "ANSWERS", "LONGEST_MUTE"]

R = TypeVar("R", bound=Struct)

ADMINS = 10
"""Most administrators of a group."""

LONGEST_MUTE = 30 * 86400
"""Longest silence, in seconds; a minute is the shortest."""

_SHORTEST_MUTE = 60
_LEVELS = ("潜水", "冒泡", "吐槽", "活跃", "话唠", "传说")


class _Scene(Struct, frozen=True):
    """Who manages which group, and what is noted of its members."""

    own: QQNumber
    group: Group
    details: dict[QQNumber, MemberDetails]

    def role(self, account: QQNumber) -> MemberRole:
        if account == self.group.owner:
            return MemberRole.OWNER
        details = self.details.get(account)
        return MemberRole.ADMIN if details is not None and details.is_admin else MemberRole.MEMBER

    def at(self, db: sqlite3.Connection) -> "_Scene":
        """The same with what is noted now, for a check in the transaction of a change."""
        return _Scene(self.own, self.group, members.read(db, self.group.number))

    def note(self, change: GroupChange, member: QQNumber) -> GroupChanged:
        """What is told of something that was done to a member."""
        is_by_owner = self.own == self.group.owner
        return GroupChanged(group=self.group.number, change=change, member=member, is_by_owner=is_by_owner)

    def see_that_one_may(self, others: Iterable[QQNumber]) -> None:
        """Only who stands above all of the others may do something to them."""
        if self.role(self.own) is MemberRole.MEMBER:
            raise Refusal(EcCode.NO_PERMISSION)
        for other in others:
            if other not in self.group.members:
                raise Refusal(EcCode.NO_MEMBER)
            if self.role(other) <= self.role(self.own):
                raise Refusal(EcCode.NO_PERMISSION)


# Lists.


async def get_group_list(context: Context, params: BknParams) -> Reply[ListedGroups]:
    """The own groups, by what one is in them."""
    own = context.login_of_bkn(params.bkn).account
    groups = context.services.directory.community.groups_of(own)
    lists: dict[MemberRole, list[ListedGroup]] = {role: [] for role in MemberRole}
    for group in groups:
        scene = await _scene_of(context, own, group)
        lists[scene.role(own)].append(ListedGroup(gc=group.number, gn=group.name, owner=group.owner))
    member, admin, owner = (tuple(lists[role]) for role in reversed(MemberRole))
    return Reply(EcCode.OK, ListedGroups(join=member, manage=admin, create=owner))


async def get_friend_list(context: Context, params: BknParams) -> Reply[ListedFriends]:
    """The friends, by category."""
    own = context.login_of_bkn(params.bkn).account
    accounts = context.services.directory.community.accounts
    notes = await context.run(lambda db: friendnotes.read_friends(db, own))
    filed: dict[int, list[ListedFriend]] = {index: [] for index in CATEGORIES}
    for friend in accounts[own].friends:
        mark, category = notes.get(friend, ("", 0))
        filed[category].append(ListedFriend(uin=friend, name=mark or accounts[friend].nick))
    result = {
        index: ListedCategory(gname=CATEGORIES[index] if index else None, mems=tuple(friends))
        for index, friends in filed.items()
    }
    return Reply(EcCode.OK, ListedFriends(result=result))


async def search_group_members(context: Context, params: SearchMembersParams) -> Reply[SearchMembersResult]:
    """Members of an own group from one place to another."""
    scene = await _scene(context, params.bkn, params.gc)
    first, last = max(0, params.st), max(0, params.end)
    people = _people(context, scene.group)
    found = tuple(_found(scene, person) for person in people[first : last + 1])
    result = SearchMembersResult(
        mems=found,
        count=len(people),
        max_count=max(GROUP_MEMBERS, len(people)),
        adm_num=len(_admins(scene)),
        adm_max=ADMINS,
        levelname={str(number): name for number, name in enumerate(_LEVELS, start=1)},
        search_count=len(people),
        svr_time=int(context.services.clock()),
        vecsize=1,
    )
    return Reply(EcCode.OK, result)


async def get_group_members(context: Context, params: ListedMembersParams) -> Reply[ListedMembers]:
    """All members of an own group."""
    scene = await _scene(context, params.bkn, params.gc)
    people = _people(context, scene.group)
    friends = context.services.directory.community.accounts[scene.own].friends
    notes = await context.run(lambda db: friendnotes.read_friends(db, scene.own))
    details = {person.number: scene.details.get(person.number, MemberDetails()) for person in people}
    admins = _admins(scene)
    result = ListedMembers(
        mems=tuple(ListedMember(u=person.number, n=person.nick) for person in people),
        owner=scene.group.owner,
        adm=admins,
        friends=tuple(number for number in details if number in friends),
        cards={number: each.card for number, each in details.items() if each.card},
        remarks={number: mark for number, (mark, _) in notes.items() if number in details and mark},
        join={number: each.joined for number, each in details.items()},
        times={number: each.spoke for number, each in details.items()},
        lv={number: ListedLevel(l=1, p=0) for number in details},
        levelname={f"lvln{number}": name for number, name in enumerate(_LEVELS, start=1)},
        count=len(people),
        max_count=max(GROUP_MEMBERS, len(people)),
        adm_num=len(admins),
        adm_max=ADMINS,
    )
    return Reply(EcCode.OK, result)


# Changes.


async def delete_group_member(context: Context, params: KickParams) -> Reply[None]:
    """Removes members, all that are named or none."""
    scene = await _scene(context, params.bkn, params.gc)
    gone = tuple(dict.fromkeys(params.ul))
    scene.see_that_one_may(gone)

    def remove(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        scene.at(db).see_that_one_may(gone)
        for member in gone:
            registry.leave_group(db, params.gc, member)
            if params.flag:
                members.ban(db, params.gc, member)

    tidings = [(scene.group.members, scene.note(GroupChange.REMOVED, member)) for member in gone]
    await context.services.change(scene.own, remove, tidings, groups=[params.gc])
    return Reply(EcCode.OK)


async def add_group_member(context: Context, params: InviteParams) -> Reply[None]:
    """The owner or an administrator brings friends in."""
    scene = await _scene(context, params.bkn, params.gc)
    scene.see_that_one_may(())
    friends = context.services.directory.community.accounts[scene.own].friends
    new = tuple(number for number in dict.fromkeys(params.ul) if number not in scene.group.members)
    if any(number not in friends for number in new):
        raise Refusal(EcCode.NO_PERMISSION)
    at = int(context.services.clock())

    def add(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        scene.at(db).see_that_one_may(())
        for member in new:
            registry.join_group(db, params.gc, member)
            members.note_joined(db, params.gc, member, at)

    everybody = {*scene.group.members, *new}
    tidings = [(everybody, scene.note(GroupChange.JOINED, member)) for member in new]
    await context.services.change(scene.own, add, tidings, groups=[params.gc])
    return Reply(EcCode.OK)


async def set_group_admin(context: Context, params: AdminParams) -> Reply[None]:
    """For the owner alone."""
    scene = await _scene(context, params.bkn, params.gc)
    if scene.own != scene.group.owner:
        raise Refusal(EcCode.NO_PERMISSION)
    if params.op not in (0, 1):
        raise Refusal(EcCode.REFUSED)
    scene.see_that_one_may([params.u])
    is_admin = bool(params.op)
    change = GroupChange.ADMIN if is_admin else GroupChange.NO_ADMIN

    def job(db: sqlite3.Connection) -> None:
        if is_admin and len({*_admins(scene.at(db)), params.u}) > ADMINS:
            raise Refusal(EcCode.REFUSED)
        members.set_admin(db, params.gc, params.u, is_admin=is_admin)

    await context.services.change(scene.own, job, [(scene.group.members, scene.note(change, params.u))])
    return Reply(EcCode.OK)


async def set_group_card(context: Context, params: CardParams) -> Reply[None]:
    """Everybody's own, and for who may, those of others."""
    scene = await _scene(context, params.bkn, params.gc)
    card = params.name or ""
    if len(card) > CARD:
        raise Refusal(EcCode.REFUSED)

    def change(db: sqlite3.Connection) -> None:
        if params.u != scene.own:
            scene.at(db).see_that_one_may([params.u])
        members.set_card(db, params.gc, params.u, card=card)

    await context.run(change)
    return Reply(EcCode.OK)


async def set_group_shutup(context: Context, params: MuteParams) -> Reply[None]:
    """Silences some members, or all that have no rights."""
    scene = await _scene(context, params.bkn, params.gc)
    mutes = params.shutup_list or ()
    scene.see_that_one_may([mute.uin for mute in mutes])
    if any(mute.t and mute.t not in range(_SHORTEST_MUTE, LONGEST_MUTE + 1) for mute in mutes):
        raise Refusal(EcCode.REFUSED)
    now = int(context.services.clock())
    until = [(mute.uin, now + mute.t if mute.t else 0) for mute in mutes]

    def change(db: sqlite3.Connection) -> None:
        scene.at(db).see_that_one_may([mute.uin for mute in mutes])
        members.silence(db, params.gc, until)
        if params.all_shutup is not None:
            members.set_silent(db, params.gc, is_silent=bool(params.all_shutup))

    await context.run(change)
    return Reply(EcCode.OK)


async def sign(context: Context, params: SignParams) -> Reply[SignResult]:
    """Signs in for the day; again, it tells the same."""
    scene = await _scene(context, params.bkn, params.gc)
    now = int(context.services.clock())
    done = await context.run(lambda db: members.sign(db, params.gc, scene.own, now))
    result = SignResult(
        is_sign=1,
        conti_count=done.run,
        total_count=done.total,
        today_count=done.today,
        rank=done.rank,
        sign_time=done.at,
        now=now,
        is_new=int(done.is_new),
    )
    return Reply(EcCode.OK, result)


# Inside.


async def _scene(context: Context, bkn: int, number: GroupNumber) -> _Scene:
    own = context.login_of_bkn(bkn).account
    group = context.services.directory.community.groups.get(number)
    if group is None or own not in group.members:
        raise Refusal(EcCode.WRONG_GROUP_NUMBER)
    return await _scene_of(context, own, group)


async def _scene_of(context: Context, own: QQNumber, group: Group) -> _Scene:
    return _Scene(own, group, await context.run(lambda db: members.read(db, group.number)))


def _people(context: Context, group: Group) -> list[Account]:
    accounts = context.services.directory.community.accounts
    return [accounts[number] for number in group.members]


def _admins(scene: _Scene) -> tuple[QQNumber, ...]:
    return tuple(number for number in scene.group.members if scene.role(number) is MemberRole.ADMIN)


def _found(scene: _Scene, person: Account) -> FoundMember:
    details = scene.details.get(person.number, MemberDetails())
    return FoundMember(
        uin=person.number,
        nick=person.nick,
        card=details.card,
        role=scene.role(person.number),
        join_time=details.joined,
        last_speak_time=details.spoke,
    )


_CODES = {
    RetCode.LOGIN_GONE: EcCode.NOT_LOGGED_IN,
    RetCode.NO_SESSION: EcCode.NOT_LOGGED_IN,
    RetCode.REFUSED: EcCode.REFUSED,
    RetCode.BAD_PARAMETER: EcCode.WRONG_GROUP_NUMBER,
}


def _refuse(context: Context, retcode: int) -> Reply[Any]:
    if isinstance(retcode, EcCode):
        return Reply(retcode)
    return Reply(_CODES.get(RetCode(retcode), RetCode(retcode)))


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GET_GROUP_LIST, get_group_list, refuse=_refuse),
    Answer(GET_FRIEND_LIST, get_friend_list, refuse=_refuse),
    Answer(SEARCH_GROUP_MEMBERS, search_group_members, refuse=_refuse),
    Answer(GET_GROUP_MEMBERS, get_group_members, refuse=_refuse),
    Answer(DELETE_GROUP_MEMBER, delete_group_member, refuse=_refuse),
    Answer(ADD_GROUP_MEMBER, add_group_member, refuse=_refuse),
    Answer(SET_GROUP_ADMIN, set_group_admin, refuse=_refuse),
    Answer(SET_GROUP_CARD, set_group_card, refuse=_refuse),
    Answer(SET_GROUP_SHUTUP, set_group_shutup, refuse=_refuse),
    Answer(SIGN, sign, refuse=_refuse),
)
