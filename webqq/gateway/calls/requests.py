"""Asking to be a friend or a member, answering who asked, and leaving a group.

Everybody wants to be asked (``allow`` 1 of all profiles). A captcha is not asked for: who asks is signed in, and is
bounded in what he may ask. Source: WebQQ protocol, friend requests; group requests.
"""

import hmac
import sqlite3
from typing import Any

from webqq.gateway import friendnotes, members, registry, requests
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.calls.strangers import friend_token, stranger_of
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.notes import FriendAccepted, FriendAsked, FriendsChanged, GroupChange, GroupChanged, Told
from webqq.gateway.post import Tiding
from webqq.gateway.requests import RequestKind
from webqq.gateway.sessions import Login
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    ADD_NEED_VERIFY2,
    ADD_NO_VERIFY2,
    ALLOW_ADDED_REQUEST2,
    ALLOW_AND_ADD2,
    APPLY_JOIN_GROUP2,
    DENY_ADDED_REQUEST2,
    OP_GROUP_JOIN_REQ,
    QUIT_GROUP2,
    SEARCH_QQ_BY_UIN2,
    AddFriendParams,
    AllowAndAddParams,
    AllowParams,
    AskFriendParams,
    DenyParams,
    GroupJoinParams,
    GroupJoinVerdict,
    GroupJoinVerdictParams,
    QuitGroupParams,
    Reply,
    SearchParams,
    Stranger,
)
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "MESSAGE"]

MESSAGE = 200
"""Most characters of what is said with a question or an answer."""


async def search_qq_by_uin2(context: Context, params: SearchParams) -> Reply[Stranger]:
    """Looks an account up, so often and no more."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    services = context.services
    if not services.searches.has_one(login.account):
        raise Refusal(RetCode.REFUSED)
    services.searches.take(login.account)
    account = services.directory.community.accounts.get(params.tuin)
    if account is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return Reply(RetCode.OK, await stranger_of(context, login, account, with_number=True))


async def add_no_verify2(context: Context, params: AddFriendParams) -> Reply[None]:
    """Nobody can be added without being asked."""
    _other(context, context.login(Purpose.VFWEBQQ, params.vfwebqq), params.account, params.token)
    raise Refusal(RetCode.REFUSED)


async def add_need_verify2(context: Context, params: AskFriendParams) -> Reply[None]:
    """Asks an account whose profile was looked at, which gave the token."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    other = _other(context, login, params.account, params.token)
    if other in context.services.directory.community.accounts[login.account].friends:
        raise Refusal(RetCode.REFUSED)
    at = int(context.services.clock())

    def change(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        requests.ask(db, RequestKind.FRIEND, login.account, other, at)

    await context.services.post.tell(login.account, [other], FriendAsked(message=params.msg[:MESSAGE]), change)
    return Reply(RetCode.OK)


async def allow_and_add2(context: Context, params: AllowAndAddParams) -> Reply[None]:
    """Accepts, and files the new friend."""
    if params.gid not in friendnotes.CATEGORIES:
        raise Refusal(RetCode.BAD_PARAMETER)
    return await _allow(context, params.vfwebqq, params.account, category=params.gid, mark=params.mname)


async def allow_added_request2(context: Context, params: AllowParams) -> Reply[None]:
    """Accepts; friendship is mutual all the same."""
    return await _allow(context, params.vfwebqq, params.account)


async def deny_added_request2(context: Context, params: DenyParams) -> Reply[None]:
    """Refuses. The protocol has no event for it, so the asker gets a hint in words."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    nick = context.services.directory.community.accounts[login.account].nick
    text = f"{nick} ({login.account}) 拒绝了您的好友请求。{params.msg[:MESSAGE]}"
    await context.services.post.tell(
        login.account,
        [params.account],
        Told(text=text),
        lambda db: requests.settle(db, RequestKind.FRIEND, params.account, login.account),
    )
    return Reply(RetCode.OK)


async def apply_join_group2(context: Context, params: GroupJoinParams) -> Reply[None]:
    """Asks the owner and the administrators of a group, named by its code or its public number."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    services = context.services
    group = services.roster(login).any_group(params.gcode)
    if group is None or login.account in group.members:
        raise Refusal(RetCode.BAD_PARAMETER)
    at, number = int(services.clock()), group.number

    def change(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        if members.is_banned(db, number, login.account):
            raise ChangeRefused(f"{login.account} may not come to the group {number} again")
        requests.ask(db, RequestKind.GROUP, login.account, number, at)

    note = GroupChanged(group=number, change=GroupChange.ASKED, member=login.account, message=params.msg[:MESSAGE])
    admins = await context.run(lambda db: members.read_admins(db, number))
    await services.post.tell(login.account, {group.owner, *admins}, note, change)
    return Reply(RetCode.OK)


async def op_group_join_req(context: Context, params: GroupJoinVerdictParams) -> Reply[None]:
    """The owner or an administrator answers who asked."""
    session = context.session(params.psessionid)
    services, own = context.services, session.account
    roster = services.roster(session.login)
    group, asker = roster.group(params.group_uin), roster.anybody(params.req_uin)
    if group is None or asker is None or params.op_type not in list(GroupJoinVerdict):
        raise Refusal(RetCode.BAD_PARAMETER)
    is_accepted, message = params.op_type == GroupJoinVerdict.ACCEPT, params.msg[:MESSAGE]
    at = int(services.clock())

    def change(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        if own != group.owner and own not in members.read_admins(db, group.number):
            raise Refusal(RetCode.REFUSED)
        requests.settle(db, RequestKind.GROUP, asker.number, group.number)
        if is_accepted:
            registry.join_group(db, group.number, asker.number)
            members.note_joined(db, group.number, asker.number, at)

    def note(what: GroupChange, message: str = "") -> GroupChanged:
        is_by_owner = own == group.owner
        return GroupChanged(
            group=group.number, change=what, member=asker.number, message=message, is_by_owner=is_by_owner
        )

    if is_accepted:
        joined = ({*group.members, asker.number}, note(GroupChange.JOINED))
        tidings: list[Tiding] = [([asker.number], note(GroupChange.AGREED, message)), joined]
    else:
        tidings = [([asker.number], note(GroupChange.DENIED, message))]
    await services.change(own, change, tidings, groups=[group.number])
    return Reply(RetCode.OK)


async def quit_group2(context: Context, params: QuitGroupParams) -> Reply[None]:
    """Leaves a group; its owner cannot."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    group = context.services.roster(login).group_of_code(params.gcode)
    if group is None:
        raise Refusal(RetCode.WRONG_GROUP_CODE)

    def change(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        registry.leave_group(db, group.number, login.account)

    note = GroupChanged(group=group.number, change=GroupChange.LEFT, member=login.account)
    await context.services.change(login.account, change, [(group.members, note)], groups=[group.number])
    return Reply(RetCode.OK)


async def _allow(
    context: Context, vfwebqq: str, asker: QQNumber, *, category: int | None = None, mark: str = ""
) -> Reply[None]:
    login = context.login(Purpose.VFWEBQQ, vfwebqq)
    services, own = context.services, login.account

    def change(db: sqlite3.Connection) -> None:
        registry.expect_own(db)
        requests.settle(db, RequestKind.FRIEND, asker, own)
        registry.befriend(db, own, asker)
        friendnotes.move_friend(db, own, asker, category or 0)
        if mark:
            friendnotes.mark_friend(db, own, asker, mark)

    tidings: list[Tiding] = [
        ([asker], FriendAccepted(has_added=category is not None)),
        ([asker], FriendsChanged(added=(own,))),
        ([own], FriendsChanged(added=(asker,), category=category or 0)),
    ]
    await services.change(own, change, tidings, accounts=[own, asker])
    return Reply(RetCode.OK)


def _other(context: Context, login: Login, account: QQNumber, token: str) -> QQNumber:
    """Return the account that a token was given for.

    :raises Refusal: 100001 where it was given for another, or there is no such account.
    """
    expected = friend_token(context, login, account).encode()
    is_known = account in context.services.directory.community.accounts and account != login.account
    if not is_known or not hmac.compare_digest(expected, token.encode("utf-8", "replace")):
        raise Refusal(RetCode.BAD_PARAMETER)
    return account


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(SEARCH_QQ_BY_UIN2, search_qq_by_uin2),
    Answer(ADD_NO_VERIFY2, add_no_verify2),
    Answer(ADD_NEED_VERIFY2, add_need_verify2),
    Answer(ALLOW_AND_ADD2, allow_and_add2),
    Answer(ALLOW_ADDED_REQUEST2, allow_added_request2),
    Answer(DENY_ADDED_REQUEST2, deny_added_request2),
    Answer(APPLY_JOIN_GROUP2, apply_join_group2),
    Answer(OP_GROUP_JOIN_REQ, op_group_join_req),
    Answer(QUIT_GROUP2, quit_group2),
)
