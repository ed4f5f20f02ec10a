"""One group: by which number it is asked for, and what an answer without it means."""

import pytest

from tests.client.service import CODE, FRIEND, GROUP, GROUP_INFO, Service
from webqq.client.errors import CallFailed, UnknownContact
from webqq.client.groupdetails import GroupDetails
from webqq.client.roster import Roster
from webqq.protocol.calls import (
    GET_GROUP_INFO,
    GET_GROUP_INFO_EXT2,
    GET_GROUP_PUBLIC_INFO2,
    UPDATE_GROUP_BUSINESS_CARD2,
    GroupMemo,
    PublicGroupInfo,
    PublicGroupResult,
    Reply,
)
from webqq.protocol.ids import Gid, GroupCode, GroupNumber


@pytest.fixture
def roster(service: Service) -> Roster:
    calls = service.open_calls()
    service.answer_roster()
    roster = Roster(calls)
    service.run(roster.load())
    return roster


@pytest.fixture
def details(roster: Roster) -> GroupDetails:
    return GroupDetails(roster._calls, roster)


@pytest.mark.parametrize(("group", "asked"), [(GROUP, CODE), (GroupNumber(900100), GroupCode(900100))])
def test_own_groups_are_asked_for_by_code_and_others_by_number(
    service: Service, details: GroupDetails, group: Gid | GroupNumber, asked: GroupCode
):
    info = PublicGroupInfo(gid=GROUP, code=CODE, name="测试群", owner=FRIEND, member_cnt=2)
    service.answer(GET_GROUP_PUBLIC_INFO2, Reply(0, PublicGroupResult(ginfo=info)))
    assert service.run(details.public(group)) == info
    assert service.asked(GET_GROUP_PUBLIC_INFO2)[0].gcode == asked


@pytest.mark.parametrize(
    ("memos", "notice"), [((GroupMemo(gid=GROUP, memo="公告"),), "公告"), ((), ""), ((GroupMemo(gid=Gid(1)),), "")]
)
def test_notice_is_that_of_the_group(
    service: Service, details: GroupDetails, memos: tuple[GroupMemo, ...], notice: str
):
    service.answer(GET_GROUP_INFO, Reply(0, memos))
    assert service.run(details.notice(GROUP)) == notice
    assert service.asked(GET_GROUP_INFO)[0].gcode == (CODE,)


def test_new_card_makes_the_members_be_asked_for_anew(service: Service, roster: Roster, details: GroupDetails):
    service.answer_members()
    service.run(roster.members(GROUP))
    service.answer(UPDATE_GROUP_BUSINESS_CARD2, Reply(0))
    service.run(details.set_own_card(GROUP, name="甲"))
    [card] = service.asked(UPDATE_GROUP_BUSINESS_CARD2)
    assert (card.gcode, card.name, card.phone) == (CODE, "甲", "")
    service.answer(GET_GROUP_INFO_EXT2, Reply(0, GROUP_INFO))
    service.run(roster.members(GROUP))
    assert len(service.asked(GET_GROUP_INFO_EXT2)) == 2


def test_group_that_is_not_known_or_refused_is_an_error(service: Service, details: GroupDetails):
    with pytest.raises(UnknownContact):
        service.run(details.own_card(Gid(5)))
    service.answer(GET_GROUP_PUBLIC_INFO2, Reply(6))
    with pytest.raises(CallFailed):
        service.run(details.public(GROUP))
