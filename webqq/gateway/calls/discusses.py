"""Discussions: one with its members, made, changed, left.

A discussion is made of people whom its maker knows: friends, and members of own groups. Any member may add others and
change the name, as with the service. Source: WebQQ protocol, get_discu_info; edits.
"""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from webqq.gateway import discusses
from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.roster import Roster
from webqq.gateway.sessions import Session
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    CHANGE_DISCU_MEM,
    CREATE_DISCU,
    GET_DISCU_INFO,
    GET_DISCUS_LIST,
    MODIFY_DISCU_INFO,
    QUIT_DISCU,
    ChangeDiscussParams,
    CreateDiscussParams,
    CreateDiscussResult,
    DiscussesParams,
    DiscussesResult,
    DiscussInfo,
    DiscussInfoParams,
    DiscussInfoResult,
    DiscussMember,
    DiscussName,
    DiscussNick,
    DiscussState,
    ModifyDiscussParams,
    QuitDiscussParams,
    Reply,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, QQNumber
from webqq.protocol.retcodes import RetCode
from webqq.protocol.status import Status

__all__ = ["ANSWERS"]


async def get_discus_list(context: Context, params: DiscussesParams) -> Reply[DiscussesResult]:
    """All discussions of the account."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    roster = context.services.roster(login)
    rows = await context.run(lambda db: discusses.read_all(db, login.account))
    names = tuple(DiscussName(did=roster.did(row), name=name) for row, name in rows)
    masks = () if context.flavour is Flavour.WEBQQ_2013 else None
    return Reply(RetCode.OK, DiscussesResult(dnamelist=names, dmasklist=masks))


async def get_discu_info(context: Context, params: DiscussInfoParams) -> Reply[DiscussInfoResult]:
    """One discussion that the account is in."""
    session, roster = _asker(context, params.psessionid, params.vfwebqq)
    discuss = await _own_discuss(context, session, params.did)
    community = context.services.directory.community
    people = [community.accounts[number] for number in discuss.members if number in community.accounts]
    presences = [(person.number, *context.services.presence.of(person.number)) for person in people]
    result = DiscussInfoResult(
        info=DiscussInfo(
            did=params.did,
            discu_owner=roster.uin(discuss.owner),
            discu_name=discuss.name,
            info_seq=discuss.version,
            mem_list=tuple(DiscussMember(mem_uin=roster.uin(each.number), ruin=each.number) for each in people),
        ),
        mem_status=tuple(
            DiscussState(uin=roster.uin(number), status=status, client_type=client_type)
            for number, status, client_type in presences
            if status is not Status.OFFLINE
        ),
        mem_info=tuple(DiscussNick(uin=roster.uin(person.number), nick=person.nick) for person in people),
    )
    return Reply(RetCode.OK, result)


async def create_discu(context: Context, params: CreateDiscussParams) -> Reply[CreateDiscussResult]:
    """A captcha is not asked for: whoever asks is signed in, and is bounded in what he may own."""
    session, roster = _asker(context, params.psessionid, params.vfwebqq)
    members = _members(roster, params)
    if not members:
        raise Refusal(RetCode.BAD_PARAMETER)
    row = await context.run(lambda db: discusses.create(db, session.account, params.discu_name, members))
    return Reply(RetCode.OK, CreateDiscussResult(did=roster.did(row)))


async def change_discu_mem(context: Context, params: ChangeDiscussParams) -> Reply[None]:
    """Adds members."""
    session, roster = _asker(context, params.psessionid, params.vfwebqq)
    members = _members(roster, params)
    return await _change(context, session, params.did, lambda db, row: discusses.add_members(db, row, members))


async def modify_discu_info(context: Context, params: ModifyDiscussParams) -> Reply[None]:
    """Changes the name."""
    session, _ = _asker(context, params.psessionid, params.vfwebqq)
    return await _change(context, session, params.did, lambda db, row: discusses.rename(db, row, params.discu_name))


async def quit_discu(context: Context, params: QuitDiscussParams) -> Reply[None]:
    """Leaves it."""
    session, _ = _asker(context, params.psessionid, params.vfwebqq)
    return await _change(context, session, params.did, lambda db, row: discusses.leave(db, row, session.account))


def _asker(context: Context, psessionid: str, vfwebqq: str) -> tuple[Session, Roster]:
    session = context.session(psessionid)
    context.see_that_it_fits(session, Purpose.VFWEBQQ, vfwebqq)
    return session, context.services.roster(session.login)


async def _own_discuss(context: Context, session: Session, did: Did) -> discusses.Discuss:
    row = context.services.roster(session.login).discuss_row(did)
    return await context.run(lambda db: _expect_own(db, row, session.account))


async def _change(
    context: Context, session: Session, did: Did, change: Callable[[sqlite3.Connection, int], object]
) -> Reply[None]:
    """Change a discussion, as one who is in it at that moment."""
    row = context.services.roster(session.login).discuss_row(did)
    await context.run(lambda db: change(db, _expect_own(db, row, session.account).id))
    return Reply(RetCode.OK)


def _expect_own(db: sqlite3.Connection, row: int | None, account: QQNumber) -> discusses.Discuss:
    discuss = None if row is None else discusses.read(db, row, account)
    if discuss is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return discuss


def _members(roster: Roster, params: CreateDiscussParams | ChangeDiscussParams) -> Sequence[QQNumber]:
    """Return who is named; only friends, and members of the own groups that are named beside them, can be."""
    if len(params.mem_list_u) != len(params.mem_list_g):
        raise Refusal(RetCode.BAD_PARAMETER)
    found = [roster.friend(uin) for uin in params.mem_list]
    for uin, gid in zip(params.mem_list_u, params.mem_list_g, strict=True):
        group, person = roster.group(gid), roster.person(uin)
        is_member = group is not None and person is not None and person.number in group.members
        found.append(person if is_member else None)
    if None in found:
        raise Refusal(RetCode.BAD_PARAMETER)
    return [person.number for person in found if person is not None]


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(GET_DISCUS_LIST, get_discus_list),
    Answer(GET_DISCU_INFO, get_discu_info),
    Answer(CREATE_DISCU, create_discu),
    Answer(CHANGE_DISCU_MEM, change_discu_mem),
    Answer(MODIFY_DISCU_INFO, modify_discu_info),
    Answer(QUIT_DISCU, quit_discu),
)
