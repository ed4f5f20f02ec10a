"""The second half of a login."""

import pytest

from tests.client.service import ACCOUNT, CHECK_SIG_URL, Service
from webqq.client.calling import Caller
from webqq.client.errors import LoginRefused, WrongAccount
from webqq.client.opening import SessionOpener, fraction
from webqq.protocol.calls import LOGIN2, Login2Result, Reply
from webqq.protocol.ids import QQNumber
from webqq.protocol.status import Status


def test_session_begins_with_the_wanted_presence_and_has_a_mark_of_its_own(service: Service):
    opener = SessionOpener(Caller(service.stream()), ACCOUNT, Status.HIDDEN)
    marks = set()
    for _ in range(2):
        service.answer_check_sig()
        service.answer(LOGIN2, Reply(0, Login2Result(uin=ACCOUNT, psessionid="p", index=7, port=8)))
        session = service.run(opener.open(CHECK_SIG_URL, "机器人"))
        marks.add(session.mark)
    assert (session.index, session.port, len(marks)) == (7, 8, 2)
    assert service.asked(LOGIN2)[0].status == "hidden"


@pytest.mark.parametrize(("retcode", "may_retry"), [(103, False), (112, True), (113, True), (115, True), (122, False)])
def test_refusals_tell_whether_time_helps(service: Service, retcode: int, may_retry: bool):
    service.answer_check_sig()
    service.answer(LOGIN2, Reply(retcode))
    with pytest.raises(LoginRefused) as caught:
        service.run(SessionOpener(Caller(service.stream()), ACCOUNT).open(CHECK_SIG_URL, ""))
    assert (caught.value.code, caught.value.may_retry) == (retcode, may_retry)


def test_session_of_another_account_is_not_taken(service: Service):
    service.answer_check_sig()
    service.answer_login2()
    with pytest.raises(WrongAccount, match="expected a login as 5, somebody signed in as 100200300"):
        service.run(SessionOpener(Caller(service.stream()), QQNumber(5)).open(CHECK_SIG_URL, ""))


def test_stream_needs_a_jar(service: Service):
    with pytest.raises(ValueError, match="needs a cookiejar"):
        Caller(service.network.stream())


def test_fraction_is_one():
    assert 0 <= float(fraction()) < 1
