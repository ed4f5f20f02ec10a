"""Calls over the engine."""

import pytest

from tests.client.service import ACCOUNT, Service
from webqq.client.calling import CALL_TIMEOUT, STATUS_PAUSE, BadStatus, Caller, describe
from webqq.client.errors import CallFailed, Unreachable
from webqq.httpstream import HTTPStreamError
from webqq.protocol.calls import (
    GET_SELF_INFO2,
    LOGIN2,
    SHAKE2,
    Login2Params,
    Login2Result,
    Profile,
    Reply,
    SelfInfoParams,
    SignalParams,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.ids import Uin

URL = "http://s.web2.qq.com/api/get_self_info2"
PROFILE = Profile(uin=Uin(ACCOUNT), nick="机器人")


@pytest.fixture
def caller(service: Service) -> Caller:
    return Caller(service.stream())


def test_call_gives_the_reply_whatever_its_code(service: Service, caller: Caller):
    service.answer(GET_SELF_INFO2, Reply(103))
    assert service.run(caller.call(GET_SELF_INFO2, SelfInfoParams())).retcode == 103


def test_ask_gives_the_result(service: Service, caller: Caller):
    service.answer(GET_SELF_INFO2, Reply(0, PROFILE))
    assert service.run(caller.ask(GET_SELF_INFO2, SelfInfoParams())).nick == "机器人"


def test_ask_that_is_refused_names_call_and_code(service: Service, caller: Caller):
    service.answer(GET_SELF_INFO2, Reply(100000))
    with pytest.raises(CallFailed, match="get_self_info2: expected retcode 0, got 100000"):
        service.run(caller.ask(GET_SELF_INFO2, SelfInfoParams()))


def test_request_is_that_of_the_row(service: Service, caller: Caller):
    service.answer(LOGIN2, Reply(0, Login2Result(uin=ACCOUNT, psessionid="p")))
    service.run(caller.call(LOGIN2, Login2Params(ptwebqq="w", clientid="12345678")))
    [request] = service.network.requests
    assert (request.method, request.url) == ("POST", "http://d.web2.qq.com/channel/login2")
    assert request.form["clientid"] == ["12345678"]
    assert request.headers["Referer"].startswith("http://d.web2.qq.com/proxy.html")


def test_status_that_is_not_200_is_unreachable(service: Service, caller: Caller):
    service.network.answer(URL, status=502, repeat=True)
    with pytest.raises(BadStatus, match="get_self_info2: expected HTTP status 200, got 502") as caught:
        service.run(caller.call(GET_SELF_INFO2, SelfInfoParams()))
    assert caught.value.status == 502


def test_front_end_that_answers_for_the_service_is_asked_again(service: Service, caller: Caller):
    for status in (502, 404):
        service.network.answer(URL, status=status)
    service.answer(GET_SELF_INFO2, Reply(0, PROFILE))
    assert service.run(caller.ask(GET_SELF_INFO2, SelfInfoParams())).nick == "机器人"
    assert service.loop.time() == 2 * STATUS_PAUSE


def test_what_would_be_done_twice_is_not_asked_again(service: Service, caller: Caller):
    service.network.answer("http://d.web2.qq.com/channel/shake2", status=502)
    with pytest.raises(BadStatus):
        service.run(caller.call(SHAKE2, SignalParams(to_uin=Uin(5))))
    assert len(service.network.requests) == 1


def test_answer_that_is_none_is_malformed(service: Service, caller: Caller):
    service.answer_bytes(GET_SELF_INFO2, b"<html>")
    with pytest.raises(MalformedMessage):
        service.run(caller.call(GET_SELF_INFO2, SelfInfoParams()))


def test_call_has_an_end(service: Service, caller: Caller):
    service.network.prepare_socket(URL)
    with pytest.raises(Unreachable, match="get_self_info2: not done within 30") as caught:
        service.run(caller.call(GET_SELF_INFO2, SelfInfoParams()))
    assert isinstance(caught.value.__cause__, HTTPStreamError)
    assert service.loop.time() == CALL_TIMEOUT


def test_description_of_an_error_holds_no_address():
    error = HTTPStreamError("it failed")
    error.method, error.url = "GET", "http://d.web2.qq.com/?psessionid=secret"
    assert "secret" in str(error)
    assert describe(error) == "it failed"
    assert describe(HTTPStreamError()) == "HTTPStreamError"
