"""Friends, groups, members, and who is meant by a number or a name."""

import pytest

from tests.client.service import ACCOUNT, CODE, FRIEND, FRIENDS, GROUP, OTHER, Service
from webqq.client.chat import FriendChat, GroupChat
from webqq.client.contacts import Member
from webqq.client.errors import CallFailed, UnknownContact
from webqq.client.roster import MEMBERS_PAUSE, Roster
from webqq.protocol.calls import (
    GET_DISCUS_LIST,
    GET_FRIEND_UIN2,
    GET_GROUP_INFO_EXT2,
    GET_USER_FRIENDS2,
    FriendsResult,
    Reply,
)
from webqq.protocol.digests import friends_hash
from webqq.protocol.ids import Gid, Uin


@pytest.fixture
def roster(service: Service) -> Roster:
    """A roster that is loaded."""
    calls = service.open_calls()
    service.answer_roster()
    roster = Roster(calls)
    service.run(roster.load())
    return roster


def test_load_proves_the_session_by_the_friends_hash(service: Service, roster: Roster):
    [params] = service.asked(GET_USER_FRIENDS2)
    assert (params.hash, params.vfwebqq) == (friends_hash(ACCOUNT, "aa"), "vf-session-1")


def test_load_that_is_refused_is_an_error(service: Service):
    calls = service.open_calls()
    service.answer(GET_USER_FRIENDS2, Reply(6), repeat=True)
    with pytest.raises(CallFailed, match="get_user_friends2: expected retcode 0, got 6") as caught:
        service.run(Roster(calls).load())
    assert caught.value.retcode == 6


def test_members_are_asked_for_once_by_the_code(service: Service, roster: Roster):
    service.answer_members()
    first = service.run(roster.members(GROUP))
    assert service.run(roster.members(GROUP)) == first
    assert [params.gcode for params in service.asked(GET_GROUP_INFO_EXT2)] == [CODE]
    service.answer_members()
    service.run(roster.members(GROUP, refresh=True))
    assert len(service.asked(GET_GROUP_INFO_EXT2)) == 2


def test_member_who_is_not_listed_is_looked_for_anew_once_a_minute(service: Service, roster: Roster):
    for _ in range(2):
        service.answer_members()
    assert service.run(roster.member(GROUP, FRIEND)).name == "组长"
    stranger = Member(Uin(5))
    assert service.run(roster.member(GROUP, Uin(5))) == stranger
    service.loop.advance(MEMBERS_PAUSE)
    for _ in range(3):
        assert service.run(roster.member(GROUP, Uin(5))) == stranger
    assert len(service.asked(GET_GROUP_INFO_EXT2)) == 2


def test_unknown_group_has_no_members_and_no_number(service: Service, roster: Roster):
    with pytest.raises(UnknownContact, match="no group has the alias 5"):
        service.run(roster.members(Gid(5)))
    with pytest.raises(UnknownContact, match="no group has the alias 5"):
        service.run(roster.number_of(Gid(5)))


def test_account_is_asked_for_once(service: Service, roster: Roster):
    service.answer_number(300400500)
    assert service.run(roster.account_of(FRIEND)) == 300400500
    assert service.run(roster.account_of(FRIEND)) == 300400500
    [params] = service.asked(GET_FRIEND_UIN2)
    assert (params.tuin, params.type) == (FRIEND, 1)


def test_group_number_is_asked_for_once_by_the_code(service: Service, roster: Roster):
    service.answer_number(900100)
    assert service.run(roster.number_of(GROUP)) == 900100
    assert service.run(roster.number_of(GROUP)) == 900100
    [params] = service.asked(GET_FRIEND_UIN2)
    assert (params.tuin, params.type) == (CODE, 4)


@pytest.mark.parametrize(
    ("name", "chat"),
    [
        ("小明", FriendChat(FRIEND)),
        ("王红", FriendChat(OTHER)),
        ("小红", FriendChat(OTHER)),
        ("测试群", GroupChat(GROUP)),
        ("我的测试群", GroupChat(GROUP)),
    ],
)
def test_names_find_their_chat(service: Service, roster: Roster, name: str, chat: object):
    assert service.run(roster.find(name)) == chat


def test_account_number_finds_the_friend(service: Service, roster: Roster):
    service.answer_number(111111)
    service.answer_number(300400500, OTHER)
    assert service.run(roster.find("300400500")) == FriendChat(OTHER)


def test_group_number_finds_the_group(service: Service, roster: Roster):
    for number in (111111, 222222, 900100):
        service.answer_number(number)
    assert service.run(roster.find("900100")) == GroupChat(GROUP)


def test_number_that_the_service_does_not_tell_is_passed_over(service: Service, roster: Roster):
    service.answer(GET_FRIEND_UIN2, Reply(100101))
    service.answer_number(300400500, OTHER)
    assert service.run(roster.find("300400500")) == FriendChat(OTHER)


@pytest.mark.parametrize("wanted", ["nobody", "", "３", "12345", "9" * 5000])
def test_nobody_is_an_error(service: Service, roster: Roster, wanted: str):
    for number in (111111, 222222, 900100):
        service.answer_number(number)
    service.answer(GET_DISCUS_LIST, Reply(100001), repeat=True)
    with pytest.raises(UnknownContact, match="no friend or group goes by"):
        service.run(roster.find(wanted))


def test_two_of_one_name_are_an_error(service: Service, roster: Roster):
    twins = FriendsResult(
        friends=FRIENDS.friends,
        info=tuple(type(FRIENDS.info[0])(uin=uin, nick="小明") for uin in (FRIEND, OTHER)),
    )
    service.answer(GET_USER_FRIENDS2, Reply(0, twins))
    service.answer_roster()
    service.run(roster.load())
    with pytest.raises(UnknownContact, match="2 friends or groups go by '小明': give the number"):
        service.run(roster.find("小明"))


def test_new_session_forgets_the_old_ones_aliases(service: Service, roster: Roster):
    service.answer_number(300400500)
    service.run(roster.account_of(Uin(FRIEND)))
    service.answer_roster()
    service.run(roster.load())
    service.answer_number(111111)
    assert service.run(roster.account_of(FRIEND)) == 111111
