import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.protocol.data import sample
from webqq.protocol.calls import (
    CHANGE_STATUS2,
    GET_MSG_TIP,
    GETVFWEBQQ,
    LOGIN2,
    LOGOUT2,
    ChangeStatusParams,
    GetVfwebqqParams,
    Login2Params,
    Login2Result,
    LogoutParams,
    MsgTipParams,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.status import Status

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


def envelope(request) -> dict[str, object]:
    return json.loads(parse_qs(request.body.decode("ascii"), keep_blank_values=True)["r"][0])


def test_login2_of_each_time():
    params = Login2Params(ptwebqq="63", clientid="53999199", status=Status.ONLINE)
    old, new = LOGIN2.request(params, OLD), LOGIN2.request(params, NEW)
    assert (old.url, new.url) == ("http://d.web2.qq.com/channel/login2", "http://d1.web2.qq.com/channel/login2")
    assert envelope(new) == {"ptwebqq": "63", "clientid": 53999199, "psessionid": "", "status": "online"}
    assert envelope(old) == {
        "status": "online",
        "ptwebqq": "63",
        "passwd_sig": "",
        "clientid": "53999199",
        "psessionid": None,
    }


@pytest.mark.parametrize(
    ("fields", "status"), [({"status": "busy"}, "busy"), ({"state": "away"}, "away"), ({}, "online")]
)
def test_status_is_asked_for_under_either_name(fields, status):
    assert LOGIN2.parse_params("", b"r=" + json.dumps(fields).encode()).wanted_status == status


def test_login2_gives_the_session():
    result = LOGIN2.parse_reply(sample("login2.2013.json")).result
    assert isinstance(result, Login2Result)
    assert (result.uin, result.status, len(result.vfwebqq)) == (100200300, "online", 80)


@pytest.mark.parametrize("field", ["uin", "psessionid"])
def test_session_without_its_tokens_is_malformed(field):
    answer = json.loads(sample("login2.json"))
    del answer["result"][field]
    with pytest.raises(MalformedMessage, match=f"login2, result.{field}: expected a value, got none"):
        LOGIN2.parse_reply(json.dumps(answer).encode())


def test_getvfwebqq_gives_the_token_of_2016():
    url = GETVFWEBQQ.request(GetVfwebqqParams(ptwebqq="63", clientid="53999199", t="0.5"), NEW, scheme="https").url
    assert url == "https://s.web2.qq.com/api/getvfwebqq?ptwebqq=63&clientid=53999199&psessionid=&t=0.5"
    result = GETVFWEBQQ.parse_reply(sample("getvfwebqq.json")).result
    assert result is not None
    assert len(result.vfwebqq) == 80


def test_status_is_changed_by_its_name():
    params = ChangeStatusParams(newstatus=Status.AWAY, clientid="1", psessionid="83", t="5")
    url = CHANGE_STATUS2.request(params, NEW).url
    assert url == "http://d1.web2.qq.com/channel/change_status2?newstatus=away&clientid=1&psessionid=83&t=5"


def test_logout_names_the_session():
    url = LOGOUT2.request(LogoutParams(clientid="1", psessionid="83", t="5"), OLD).url
    assert url == "http://d.web2.qq.com/channel/logout2?ids=&clientid=1&psessionid=83&t=5"


def test_heartbeat_goes_to_the_web_host():
    url = urlsplit(GET_MSG_TIP.request(MsgTipParams(rc="3", t="5"), OLD).url)
    assert (url.hostname, url.path) == ("web.qq.com", "/web2/get_msg_tip")
    assert url.query == "uin=&tp=1&id=0&retype=1&rc=3&lv=3&t=5"
