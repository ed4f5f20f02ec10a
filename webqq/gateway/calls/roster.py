"""Who there is: friends, groups, profiles, who is online.

All names are plain text; the protocol writes the entities. Source: WebQQ protocol, roster.
"""

import hmac
import sqlite3
from typing import Any

from webqq.gateway import discusses, friendnotes, levels, members, profiles, recents, requests
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.community import Account, Group
from webqq.gateway.recents import RecentKind
from webqq.gateway.requests import RequestKind
from webqq.gateway.roster import Roster
from webqq.gateway.sessions import Login
from webqq.gateway.tokens import Purpose
from webqq.protocol import digests
from webqq.protocol.calls import (
    GET_FRIEND_INFO2,
    GET_FRIEND_UIN2,
    GET_GROUP_INFO_EXT2,
    GET_GROUP_NAME_LIST_MASK2,
    GET_ONLINE_BUDDIES2,
    GET_QQ_LEVEL2,
    GET_RECENT_LIST2,
    GET_SELF_INFO2,
    GET_SINGLE_LONG_NICK2,
    GET_USER_FRIENDS2,
    Card,
    Category,
    Friend,
    FriendProfile,
    FriendsParams,
    FriendsResult,
    GroupInfo,
    GroupInfoParams,
    GroupInfoResult,
    GroupMark,
    GroupMask,
    GroupName,
    GroupsParams,
    GroupsResult,
    Level,
    LevelParams,
    LongNick,
    LongNickParams,
    MarkName,
    Member,
    MemberProfile,
    MemberState,
    NumberParams,
    NumberResult,
    OnlineBuddy,
    OnlineParams,
    PersonParams,
    Profile,
    RecentContact,
    RecentParams,
    Reply,
    SelfInfoParams,
    Vip,
)
from webqq.protocol.ids import GroupNumber, QQNumber
from webqq.protocol.retcodes import RetCode
from webqq.protocol.status import STATUS_CODES, Status

__all__ = ["ANSWERS", "member_states"]

_HASHES = (
    digests.friends_hash,
    digests.friends_hash_quicksort,
    digests.friends_hash_password_error,
    digests.friends_hash_digit_window,
)
_GROUP_TYPE = 4


async def get_user_friends2(context: Context, params: FriendsParams) -> Reply[FriendsResult]:
    """All friends. The first category needs no entry."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    _check_hash(context, login, params.hash)
    roster = context.services.roster(login)
    friends = [(roster.uin(friend.number), friend) for friend in roster.friends]
    notes = await context.run(lambda db: friendnotes.read_friends(db, login.account))
    noted = [(uin, *notes.get(friend.number, ("", 0))) for uin, friend in friends]
    result = FriendsResult(
        friends=tuple(Friend(uin=uin, categories=category) for uin, _, category in noted),
        marknames=tuple(MarkName(uin=uin, markname=mark) for uin, mark, _ in noted if mark),
        categories=tuple(
            Category(index=index, sort=index, name=name) for index, name in friendnotes.CATEGORIES.items() if index
        ),
        vipinfo=tuple(Vip(u=uin) for uin, _ in friends),
        info=tuple(FriendProfile(uin=uin, nick=friend.nick) for uin, friend in friends),
    )
    return Reply(RetCode.OK, result)


async def get_group_name_list_mask2(context: Context, params: GroupsParams) -> Reply[GroupsResult]:
    """All groups, with both of their numbers."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    _check_hash(context, login, params.hash)
    roster = context.services.roster(login)
    names = tuple(
        GroupName(gid=roster.gid(group.number), code=roster.code(group.number), name=group.name)
        for group in roster.groups
    )
    notes = await context.run(lambda db: friendnotes.read_groups(db, login.account))
    noted = [(roster.gid(group.number), *notes.get(group.number, ("", 0))) for group in roster.groups]
    result = GroupsResult(
        gmasklist=tuple(GroupMask(gid=gid, mask=mask) for gid, _, mask in noted if mask),
        gnamelist=names,
        gmarklist=tuple(GroupMark(uin=gid, markname=mark) for gid, mark, _ in noted if mark),
    )
    return Reply(RetCode.OK, result)


async def get_group_info_ext2(context: Context, params: GroupInfoParams) -> Reply[GroupInfoResult]:
    """One of the own groups, asked by its code."""
    roster = context.services.roster(context.login(Purpose.VFWEBQQ, params.vfwebqq))
    group = roster.group_of_code(params.gcode)
    if group is None:
        raise Refusal(RetCode.WRONG_GROUP_CODE)
    people = [(roster.uin(member.number), member) for member in roster.members(group)]
    details = await context.run(lambda db: members.read(db, group.number))
    cards = [(roster.uin(number), each.card) for number, each in details.items() if number in group.members]
    admins = {number for number, each in details.items() if each.is_admin}
    result = GroupInfoResult(
        stats=member_states(context, roster, group),
        minfo=tuple(MemberProfile(uin=uin, nick=member.nick) for uin, member in people),
        ginfo=GroupInfo(
            gid=roster.gid(group.number),
            code=roster.code(group.number),
            name=group.name,
            owner=roster.uin(group.owner),
            members=tuple(Member(muin=uin, mflag=int(member.number in admins)) for uin, member in people),
            memo=group.notice,
        ),
        cards=tuple(Card(muin=uin, card=card) for uin, card in cards if card),
        vipinfo=tuple(Vip(u=uin) for uin, _ in people),
    )
    return Reply(RetCode.OK, result)


async def get_online_buddies2(context: Context, params: OnlineParams) -> Reply[tuple[OnlineBuddy, ...]]:
    """The friends who are not offline."""
    session = context.session(params.psessionid)
    context.see_that_it_fits(session, Purpose.VFWEBQQ, params.vfwebqq)
    roster = context.services.roster(session.login)
    presences = [(friend, *context.services.presence.of(friend.number)) for friend in roster.friends]
    online = tuple(
        OnlineBuddy(uin=roster.uin(friend.number), status=status, client_type=client_type)
        for friend, status, client_type in presences
        if status is not Status.OFFLINE
    )
    return Reply(RetCode.OK, online)


async def get_recent_list2(context: Context, params: RecentParams) -> Reply[tuple[RecentContact, ...]]:
    """Whom the account wrote with lately, as far as it still knows them. Many clients of 2016 send no psessionid."""
    if params.psessionid or not params.vfwebqq:
        session = context.session(params.psessionid)
        context.see_that_it_fits(session, Purpose.VFWEBQQ, params.vfwebqq)
        login = session.login
    else:
        login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    roster, own = context.services.roster(login), login.account
    found = await context.run(lambda db: recents.read(db, own))
    rows = {row for row, _ in await context.run(lambda db: discusses.read_all(db, own))}
    groups = {group.number for group in roster.groups}
    contacts = []
    for kind, target in found:
        if kind is RecentKind.FRIEND and target in roster.account.friends:
            contacts.append(RecentContact(uin=roster.uin(QQNumber(target)), type=kind))
        elif kind is RecentKind.GROUP and target in groups:
            contacts.append(RecentContact(uin=roster.gid(GroupNumber(target)), type=kind))
        elif kind is RecentKind.DISCUSS and target in rows:
            contacts.append(RecentContact(uin=roster.did(target), type=kind))
    return Reply(RetCode.OK, tuple(contacts))


async def get_friend_uin2(context: Context, params: NumberParams) -> Reply[NumberResult]:
    """The number of a person by uin, or of a group by code; clients ask for groups as type 1, too."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    roster = context.services.roster(login)
    person = await _known(context, login, params.tuin) if params.type != _GROUP_TYPE else None
    if person is not None:
        return Reply(RetCode.OK, NumberResult(account=person.number, uin=params.tuin))
    group = roster.group_of_code(params.tuin)
    if group is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return Reply(RetCode.OK, NumberResult(account=group.number, uin=params.tuin))


async def get_self_info2(context: Context, params: SelfInfoParams) -> Reply[Profile]:
    """The own profile. Old clients are known by their cookies alone."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq) if params.vfwebqq else context.login_of_ptwebqq("")
    account = context.services.roster(login).account
    details = await context.run(lambda db: profiles.read(db, account.number))
    profile = Profile(
        **details.fields(of_friend=True),
        uin=Roster(context.services.directory, login).uin(account.number),
        account=account.number,
        nick=account.nick,
        lnick=account.signature,
        vfwebqq=context.services.sessions.token(Purpose.VFWEBQQ, login),
    )
    return Reply(RetCode.OK, profile)


async def get_friend_info2(context: Context, params: PersonParams) -> Reply[Profile]:
    """The profile of a friend, of a member of a common group, or one's own."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    person = await _known(context, login, params.tuin)
    if person is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    details = await context.run(lambda db: profiles.read(db, person.number))
    status, client_type = context.services.presence.of(person.number)
    profile = Profile(
        **details.fields(of_friend=login.account in (person.number, *person.friends)),
        uin=params.tuin,
        nick=person.nick,
        stat=STATUS_CODES[status],
        client_type=client_type,
    )
    return Reply(RetCode.OK, profile)


async def get_single_long_nick2(context: Context, params: LongNickParams) -> Reply[tuple[LongNick, ...]]:
    """The signature of somebody one knows."""
    person = await _person(context, params.vfwebqq, params.tuin)
    return Reply(RetCode.OK, (LongNick(uin=params.tuin, lnick=person.signature),))


async def get_qq_level2(context: Context, params: LevelParams) -> Reply[Level]:
    """By the days on which the account was here, as the service counted: level n takes n^2 + 4n of them."""
    person = await _person(context, params.vfwebqq, params.tuin)
    days = await context.run(lambda db: levels.read_days(db, person.number))
    level = levels.level_of(days)
    remaining = levels.days_of(level + 1) - days
    return Reply(RetCode.OK, Level(tuin=params.tuin, level=level, days=days, remain_days=remaining))


async def _person(context: Context, vfwebqq: str, uin: int) -> Account:
    person = await _known(context, context.login(Purpose.VFWEBQQ, vfwebqq), uin)
    if person is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return person


async def _known(context: Context, login: Login, uin: int) -> Account | None:
    """Return whom a uin stands for, if the account knows him: as a friend, from a group or a discussion, or as somebody
    who asks to be a friend, or to be a member where the account may answer.
    """
    roster = context.services.roster(login)
    person, other = roster.person(uin), roster.anybody(uin)
    if person is not None or other is None:
        return person

    def is_known(db: sqlite3.Connection) -> bool:
        return (
            requests.is_open(db, RequestKind.FRIEND, other.number, login.account)
            or discusses.are_mates(db, login.account, other.number)
            or any(
                requests.is_open(db, RequestKind.GROUP, other.number, group.number)
                and (login.account == group.owner or login.account in members.read_admins(db, group.number))
                for group in roster.groups
            )
        )

    return other if await context.run(is_known) else None


def _check_hash(context: Context, login: Login, given: str) -> None:
    """Refuse a wrong hash. Clients from before autumn 2013 send none, those that found no ptwebqq hash the empty one;
    each later variant is as good as another.
    """
    if not given:
        return
    ptwebqq = context.services.sessions.token(Purpose.PTWEBQQ, login)
    hashes = (*(variant(login.account, ptwebqq) for variant in _HASHES), digests.friends_hash(login.account, ""))
    wanted = [each.encode() for each in hashes]
    found = given.upper().encode("utf-8", "replace")
    # It is made of the ptwebqq, so it is compared as a secret is.
    if not any(hmac.compare_digest(found, each) for each in wanted):
        raise Refusal(RetCode.WRONG_HASH)


def member_states(context: Context, roster: Roster, group: Group) -> tuple[MemberState, ...]:
    """Return who of a group is online."""
    presences = [(member, *context.services.presence.of(member)) for member in group.members]
    return tuple(
        MemberState(uin=roster.uin(member), stat=STATUS_CODES[status], client_type=client_type)
        for member, status, client_type in presences
        if status is not Status.OFFLINE
    )


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GET_USER_FRIENDS2, get_user_friends2),
    Answer(GET_GROUP_NAME_LIST_MASK2, get_group_name_list_mask2),
    Answer(GET_GROUP_INFO_EXT2, get_group_info_ext2),
    Answer(GET_ONLINE_BUDDIES2, get_online_buddies2),
    Answer(GET_RECENT_LIST2, get_recent_list2),
    Answer(GET_FRIEND_UIN2, get_friend_uin2),
    Answer(GET_SELF_INFO2, get_self_info2),
    Answer(GET_FRIEND_INFO2, get_friend_info2),
    Answer(GET_SINGLE_LONG_NICK2, get_single_long_nick2),
    Answer(GET_QQ_LEVEL2, get_qq_level2),
)
