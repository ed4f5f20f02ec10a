import json
from urllib.parse import urlsplit

import pytest

from tests.protocol.data import sample
from webqq.protocol.calls import (
    GET_DISCUS_LIST,
    GET_GROUP_INFO_EXT2,
    GET_GROUP_NAME_LIST_MASK2,
    DiscussesResult,
    DiscussName,
    GroupInfo,
    GroupInfoParams,
    GroupInfoResult,
    GroupsParams,
    Reply,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, GroupCode, Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


def test_groups_have_gid_code_and_a_plain_name():
    result = GET_GROUP_NAME_LIST_MASK2.parse_reply(sample("get_group_name_list_mask2.json")).result
    assert result is not None
    assert [(group.gid, group.code, group.name) for group in result.gnamelist] == [
        (4200000001, 2700000001, "测试群"),
        (4200000002, 2700000002, "C&C++ 交流"),
    ]
    assert result.gmarklist[0].markname == "我的测试群"


def test_groups_asked_by_get_with_the_envelope_in_the_query_are_read():
    query = "r=%7B%22vfwebqq%22%3A%221f%22%2C%22hash%22%3A%2209%22%7D"
    assert GET_GROUP_NAME_LIST_MASK2.parse_params(query) == GroupsParams(vfwebqq="1f", hash="09")


def test_group_is_asked_by_its_code():
    url = urlsplit(GET_GROUP_INFO_EXT2.request(GroupInfoParams(gcode=GroupCode(27), vfwebqq="1f", t="5"), NEW).url)
    assert (url.hostname, url.path, url.query) == (
        "s.web2.qq.com",
        "/api/get_group_info_ext2",
        "gcode=27&vfwebqq=1f&t=5",
    )


def test_clients_of_2013_name_a_function_that_there_is_none_of():
    assert "cb=undefined" in GET_GROUP_INFO_EXT2.request(GroupInfoParams(gcode=GroupCode(27)), OLD).url


def test_group_has_members_profiles_and_cards():
    result = GET_GROUP_INFO_EXT2.parse_reply(sample("get_group_info_ext2.json")).result
    assert result is not None
    assert (result.ginfo.class_, result.ginfo.owner, result.ginfo.memo) == (25, 3100000001, "群公告：请文明发言")
    assert [(member.muin, member.is_admin) for member in result.ginfo.members] == [
        (3100000001, False),
        (3100000003, True),
        (100200300, False),
    ]
    assert [person.nick for person in result.minfo] == ["小明", "路人甲", "测试号"]
    assert result.cards[0].card == "甲同学"


def test_cards_are_missing_when_nobody_has_one():
    ginfo = GroupInfo(gid=Gid(1), code=GroupCode(2), name="a<b", owner=Uin(3))
    raw = GET_GROUP_INFO_EXT2.serialize_reply(Reply(0, GroupInfoResult(ginfo=ginfo)), NEW)
    written = json.loads(raw)["result"]
    assert set(written) == {"stats", "minfo", "ginfo", "vipinfo"}
    assert written["ginfo"]["name"] == "a&lt;b"
    assert GET_GROUP_INFO_EXT2.parse_reply(raw).result == GroupInfoResult(ginfo=ginfo)


def test_failure_with_a_group_but_without_profiles_brings_what_there_is():
    answer = json.loads(sample("get_group_info_ext2.json"))
    answer["retcode"] = 100000
    del answer["result"]["minfo"]
    reply = GET_GROUP_INFO_EXT2.parse_reply(json.dumps(answer).encode())
    assert reply.retcode == 100000
    assert reply.result is not None
    assert (reply.result.minfo, len(reply.result.ginfo.members)) == ((), 3)


def test_wrong_code_is_told():
    assert GET_GROUP_INFO_EXT2.parse_reply(sample("get_group_info_ext2-6.json")) == Reply(6)


def test_group_without_an_owner_is_malformed():
    answer = json.loads(sample("get_group_info_ext2.json"))
    del answer["result"]["ginfo"]["owner"]
    with pytest.raises(MalformedMessage, match=r"get_group_info_ext2, result\.ginfo\.owner: expected a value"):
        GET_GROUP_INFO_EXT2.parse_reply(json.dumps(answer).encode())


def test_discussions_have_masks_in_2013_only():
    old = GET_DISCUS_LIST.parse_reply(sample("get_discus_list.2013.json")).result
    new = GET_DISCUS_LIST.parse_reply(sample("get_discus_list.json")).result
    names = (DiscussName(did=Did(3900000001), name="周末爬山"), DiscussName(did=Did(3900000002), name=""))
    assert new == DiscussesResult(dnamelist=names)
    assert old is not None
    assert old.dmasklist is not None
    assert (old.dnamelist, old.dmasklist[0].mask) == (names, 0)
