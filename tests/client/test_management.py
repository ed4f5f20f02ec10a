"""Group management: which call goes out, with which fields, and what it gives."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client.service import Service
from webqq.client.errors import CallFailed
from webqq.client.management import GroupManagement
from webqq.client.session import make_cookie
from webqq.protocol import calls
from webqq.protocol.calls import (
    GET_FRIEND_LIST,
    GET_GROUP_LIST,
    SEARCH_GROUP_MEMBERS,
    SIGN,
    FoundMember,
    ListedFriends,
    ListedGroups,
    Mute,
    Reply,
    SearchMembersResult,
    SignResult,
)
from webqq.protocol.digests import bkn
from webqq.protocol.ids import GroupNumber, QQNumber

GC, ONE, TWO = GroupNumber(500600700), QQNumber(200300401), QQNumber(200300403)


@pytest.fixture
def management(service: Service) -> GroupManagement:
    session_calls = service.open_calls()
    session_calls._jar.set_cookie(make_cookie("skey", "@abcdefgh", ".qq.com"))
    return GroupManagement(session_calls)


@pytest.mark.parametrize(
    ("name", "act", "fields"),
    [
        ("DELETE_GROUP_MEMBER", lambda m: m.kick(GC, [ONE, TWO], for_ever=True), {"ul": (ONE, TWO), "flag": 1}),
        ("ADD_GROUP_MEMBER", lambda m: m.invite(GC, [ONE]), {"ul": (ONE,)}),
        ("SET_GROUP_ADMIN", lambda m: m.set_admin(GC, ONE, True), {"u": ONE, "op": 1}),
        ("SET_GROUP_CARD", lambda m: m.set_card(GC, ONE, "甲"), {"u": ONE, "name": "甲"}),
        ("SET_GROUP_CARD", lambda m: m.set_card(GC, ONE, ""), {"name": None}),
        ("SET_GROUP_SHUTUP", lambda m: m.mute(GC, [ONE], 60), {"shutup_list": (Mute(uin=ONE, t=60),)}),
        ("SET_GROUP_SHUTUP", lambda m: m.mute_all(GC, True), {"all_shutup": 1, "shutup_list": None}),
    ],
)
def test_each_act_is_its_call(
    service: Service,
    management: GroupManagement,
    name: str,
    act: Callable[[GroupManagement], Awaitable[None]],
    fields: dict[str, Any],
):
    call = getattr(calls, name)
    service.answer(call, Reply(0))
    service.run(act(management))
    [params] = service.asked(call)
    assert (params.gc, params.bkn) == (GC, bkn("@abcdefgh"))
    assert {field: getattr(params, field) for field in fields} == fields


def test_lists_are_given(service: Service, management: GroupManagement):
    service.answer(GET_GROUP_LIST, Reply(0, ListedGroups()))
    service.answer(GET_FRIEND_LIST, Reply(0, ListedFriends()))
    service.answer(SIGN, Reply(0, SignResult(is_sign=1, rank=2)))
    assert service.run(management.groups()) == ListedGroups()
    assert service.run(management.friends()) == ListedFriends()
    assert service.run(management.sign_in(GC)).rank == 2


def test_members_come_in_as_many_pages_as_there_are(service: Service, management: GroupManagement):
    for member in (ONE, TWO):
        page = SearchMembersResult(mems=(FoundMember(uin=member, nick=""),), count=2)
        service.answer(SEARCH_GROUP_MEMBERS, Reply(0, page))
    assert [member.uin for member in service.run(management.members(GC))] == [ONE, TWO]
    assert [params.st for params in service.asked(SEARCH_GROUP_MEMBERS)] == [0, 1]


def test_refusal_carries_its_ec(service: Service, management: GroupManagement):
    service.answer(calls.DELETE_GROUP_MEMBER, Reply(7))
    with pytest.raises(CallFailed) as caught:
        service.run(management.kick(GC, [ONE]))
    assert caught.value.retcode == 7


def test_mute_that_the_service_does_not_have_is_refused(service: Service, management: GroupManagement):
    with pytest.raises(ValueError, match="60 seconds or more"):
        service.run(management.mute(GC, [ONE], 59))
