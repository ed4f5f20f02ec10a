import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.protocol.data import sample
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
    SearchParams,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Gid, GroupCode, QQNumber, Uin

OLD = Flavour.WEBQQ_2013
STRANGER = QQNumber(200300403)


def envelope(request) -> dict[str, object]:
    assert urlsplit(request.url).hostname == "s.web2.qq.com"
    return json.loads(parse_qs(request.body.decode("ascii"), keep_blank_values=True)["r"][0])


@pytest.mark.parametrize(
    ("call", "params", "sent"),
    [
        (ALLOW_AND_ADD2, AllowAndAddParams(account=STRANGER, gid=1, mname="路"), {"gid": 1, "mname": "路"}),
        (ALLOW_ADDED_REQUEST2, AllowParams(account=STRANGER), {}),
        (DENY_ADDED_REQUEST2, DenyParams(account=STRANGER, msg="不"), {"msg": "不"}),
        (
            ADD_NO_VERIFY2,
            AddFriendParams(account=STRANGER, token="d0"),
            {"myallow": 1, "groupid": 0, "mname": "", "token": "d0"},
        ),
        (
            ADD_NEED_VERIFY2,
            AskFriendParams(account=STRANGER, token="d0", msg="我"),
            {"myallow": 1, "groupid": 0, "msg": "我", "token": "d0"},
        ),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_request_between_persons_names_the_account(call, params, sent):
    assert envelope(call.request(params, OLD)) == {"account": 200300403, "vfwebqq": "", **sent}
    with pytest.raises(MalformedMessage, match=f"{call.name}, account: expected a value, got none"):
        call.parse_params("", b"r={}")


def test_search_needs_a_captcha_and_gives_a_token():
    url = SEARCH_QQ_BY_UIN2.request(SearchParams(tuin=STRANGER, verifysession="h0", code="ABCD"), OLD).url
    assert urlsplit(url).query == "tuin=200300403&verifysession=h0&code=ABCD&vfwebqq="
    answer = json.loads(sample("get_stranger_info2.2013.json"))
    answer["result"]["account"] = 200300403
    found = SEARCH_QQ_BY_UIN2.parse_reply(json.dumps(answer).encode()).result
    assert found is not None
    assert (found.account, found.token[:4]) == (200300403, "d04e")


@pytest.mark.parametrize(("verdict", "number"), [(GroupJoinVerdict.ACCEPT, "2"), (GroupJoinVerdict.REFUSE, "3")])
def test_administrator_accepts_or_refuses(verdict, number):
    params = GroupJoinVerdictParams(group_uin=Gid(4200000001), req_uin=Uin(3100000003), op_type=verdict)
    url = urlsplit(OP_GROUP_JOIN_REQ.request(params, OLD).url)
    assert (url.hostname, parse_qs(url.query)["op_type"]) == ("d.web2.qq.com", [number])


def test_group_is_asked_and_left_by_its_code():
    asked = envelope(APPLY_JOIN_GROUP2.request(GroupJoinParams(gcode=GroupCode(27), code="ABCD", vfy="h0"), OLD))
    assert (asked["gcode"], asked["code"], asked["vfy"]) == (27, "ABCD", "h0")
    assert envelope(QUIT_GROUP2.request(QuitGroupParams(gcode=GroupCode(27)), OLD)) == {"gcode": "27", "vfwebqq": ""}
