import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.protocol.data import sample
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
    DiscussInfoParams,
    ModifyDiscussParams,
    QuitDiscussParams,
    Reply,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016
DID = Did(3900000001)


def envelope(request) -> dict[str, object]:
    return json.loads(parse_qs(request.body.decode("ascii"), keep_blank_values=True)["r"][0])


def test_discussion_has_members_with_nicknames_and_accounts():
    result = GET_DISCU_INFO.parse_reply(sample("get_discu_info.json")).result
    assert result is not None
    assert (result.info.did, result.info.discu_owner, result.info.discu_name) == (DID, 3100000001, "周末爬山")
    assert [member.ruin for member in result.info.mem_list] == [200300401, 200300403, 100200300]
    assert [person.nick for person in result.mem_info] == ["小明", "路人甲", "测试号"]
    assert [state.status for state in result.mem_status] == ["online", "away", "online"]


def test_discussion_is_asked_at_the_dynamic_host():
    url = urlsplit(GET_DISCU_INFO.request(DiscussInfoParams(did=DID), NEW).url)
    assert (url.hostname, url.path) == ("d1.web2.qq.com", "/channel/get_discu_info")


def test_discussion_without_its_info_is_malformed():
    with pytest.raises(MalformedMessage, match=r"get_discu_info, result\.info: expected a value, got none"):
        GET_DISCU_INFO.parse_reply(b'{"retcode":0,"result":{}}')


def test_list_has_an_older_address():
    assert GET_DISCUS_LIST.aliases == ("/channel/get_discu_list_new2",)


def test_members_of_a_new_discussion_are_written_as_texts():
    params = CreateDiscussParams(
        discu_name="a<b", mem_list=(Uin(1),), mem_list_u=(Uin(2), Uin(3)), mem_list_g=(Gid(4), Gid(4)), code="ABCD"
    )
    request = CREATE_DISCU.request(params, OLD)
    sent = envelope(request)
    assert (sent["mem_list"], sent["mem_list_u"], sent["mem_list_g"]) == (["1"], ["2", "3"], ["4", "4"])
    assert sent["discu_name"] == "a<b"
    assert CREATE_DISCU.parse_params("", request.body or b"") == params
    assert CREATE_DISCU.parse_reply(b'{"retcode":0,"result":{"did":"39"}}') == Reply(
        0, CreateDiscussResult(did=Did(39))
    )


def test_members_are_added_to_a_discussion():
    sent = envelope(CHANGE_DISCU_MEM.request(ChangeDiscussParams(did=DID, mem_list=(Uin(1),)), OLD))
    assert (sent["did"], sent["mem_list"]) == (3900000001, ["1"])


def test_discussion_is_renamed_and_left():
    sent = envelope(MODIFY_DISCU_INFO.request(ModifyDiscussParams(did=DID, discu_name="新"), OLD))
    assert (sent["did"], sent["discu_name"], sent["dtype"]) == (3900000001, "新", 1)
    url = urlsplit(QUIT_DISCU.request(QuitDiscussParams(did=DID, t="5"), OLD).url)
    assert (url.path, url.query) == (
        "/channel/quit_discu",
        "did=3900000001&clientid=&psessionid=&vfwebqq=&t=5",
    )
