"""What the answers of a session's calls ask for is done."""

import pytest

from tests.client.service import ACCOUNT, FRIEND, Service
from webqq.client.errors import CallFailed
from webqq.client.session import Session
from webqq.client.sessioncalls import EC_ATTEMPTS, REPEAT_PAUSE, SessionCalls
from webqq.protocol.calls import (
    GET_GROUP_LIST,
    GET_ONLINE_BUDDIES2,
    GET_USER_FRIENDS2,
    SHAKE2,
    BknParams,
    FriendsParams,
    FriendsResult,
    ListedGroups,
    Reply,
    SignalParams,
)
from webqq.protocol.digests import friends_hash
from webqq.protocol.retcodes import Reaction


def proof(session: Session) -> FriendsParams:
    return FriendsParams(vfwebqq=session.vfwebqq, hash=friends_hash(session.account, session.ptwebqq))


def ask(service: Service, calls: SessionCalls) -> FriendsResult:
    return service.run(calls.ask(GET_USER_FRIENDS2, proof))


def test_new_ptwebqq_is_stored_and_the_call_made_with_its_hash(service: Service):
    calls = service.open_calls()
    service.answer(GET_USER_FRIENDS2, Reply(116, p="bb"))
    service.answer(GET_USER_FRIENDS2, Reply(0, FriendsResult()))
    ask(service, calls)
    hashes = [params.hash for params in service.asked(GET_USER_FRIENDS2)]
    assert hashes == [friends_hash(ACCOUNT, "aa"), friends_hash(ACCOUNT, "bb")]


def test_session_is_registered_again_once(service: Service):
    calls = service.open_calls()
    service.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
    service.answer(GET_USER_FRIENDS2, Reply(103))
    service.answer(GET_USER_FRIENDS2, Reply(0, FriendsResult()))
    ask(service, calls)
    assert service.paths()[-2:] == ["get_online_buddies2", "get_user_friends2"]


@pytest.mark.parametrize("retcode", [50, 60, 101, 114])
def test_call_is_made_once_more_and_no_more(service: Service, retcode: int):
    calls = service.open_calls()
    service.answer(GET_USER_FRIENDS2, Reply(retcode), repeat=True)
    with pytest.raises(CallFailed, match=f"got {retcode}"):
        ask(service, calls)
    assert len(service.asked(GET_USER_FRIENDS2)) == 2
    assert service.loop.time() == (0 if retcode == 50 else REPEAT_PAUSE)


@pytest.mark.parametrize("retcode", [6, 100001, 100006, 100101, 4711])
def test_what_stays_refused_is_asked_once(service: Service, retcode: int):
    calls = service.open_calls()
    service.answer(GET_USER_FRIENDS2, Reply(retcode), repeat=True)
    with pytest.raises(CallFailed):
        ask(service, calls)
    assert len(service.asked(GET_USER_FRIENDS2)) == 1


@pytest.mark.parametrize("retcode", [100, 108, 100000, 100002])
def test_session_that_is_gone_is_recovered_and_the_call_fails(service: Service, retcode: int):
    calls = service.open_calls()
    service.answer(GET_USER_FRIENDS2, Reply(retcode), repeat=True)
    with pytest.raises(CallFailed):
        ask(service, calls)
    assert service.recovered == [Reaction.LOGIN]


def test_session_that_is_tested_good_gets_the_call_again(service: Service):
    calls = service.open_calls()
    service.answer(GET_USER_FRIENDS2, Reply(100012))
    service.answer(GET_USER_FRIENDS2, Reply(0, FriendsResult()))
    ask(service, calls)
    assert service.recovered == [Reaction.TEST]


def test_answer_without_a_result_is_no_failure_where_none_is_wanted(service: Service):
    calls = service.open_calls()
    service.answer(SHAKE2, Reply(0))
    assert service.run(calls.do(SHAKE2, lambda session: SignalParams(to_uin=FRIEND))).retcode == 0


@pytest.mark.parametrize(("ec", "attempts"), [(99, EC_ATTEMPTS), (3, 1), (4, 1), (7, 1), (11, 1), (14, 1)])
def test_group_management_repeats_what_has_no_rule(service: Service, ec: int, attempts: int):
    calls = service.open_calls()
    service.answer(GET_GROUP_LIST, Reply(ec), repeat=True)
    with pytest.raises(CallFailed) as caught:
        service.run(calls.manage(GET_GROUP_LIST, BknParams(bkn=calls.bkn)))
    assert caught.value.retcode == ec
    assert len(service.asked(GET_GROUP_LIST)) == attempts


def test_group_management_gives_the_reply(service: Service):
    calls = service.open_calls()
    service.answer(GET_GROUP_LIST, Reply(0, ListedGroups()))
    assert service.run(calls.manage(GET_GROUP_LIST, BknParams(bkn=1))).result == ListedGroups()
