import json
from urllib.parse import parse_qs, urlsplit

from tests.protocol.data import sample
from webqq.protocol.calls import (
    GET_GROUP_INFO,
    GET_GROUP_MEMBER_STAT2,
    GET_GROUP_PUBLIC_INFO2,
    GET_SELF_BUSINESS_CARD2,
    UPDATE_GROUP_BUSINESS_CARD2,
    GroupMemo,
    GroupMemoParams,
    Reply,
    UpdateCardParams,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Gid, GroupCode

OLD = Flavour.WEBQQ_2013


def test_public_group_has_numbers_of_members_and_no_members():
    result = GET_GROUP_PUBLIC_INFO2.parse_reply(sample("get_group_public_info2.2013.json")).result
    assert result is not None
    assert (result.ginfo.name, result.ginfo.member_cnt, result.ginfo.maxmember, result.ginfo.class_) == (
        "测试群",
        3,
        100,
        10011,
    )


def test_notices_are_asked_by_an_array_of_codes():
    params = GroupMemoParams(gcode=(GroupCode(27), GroupCode(28)))
    url = urlsplit(GET_GROUP_INFO.request(params, OLD).url)
    assert parse_qs(url.query) == {"retainKey": ["memo,gid"], "gcode": ["[27,28]"]}
    assert GET_GROUP_INFO.parse_params(url.query) == params
    answer = b'{"retcode":0,"result":[{"gid":42,"memo":"a&lt;b"}]}'
    assert GET_GROUP_INFO.parse_reply(answer) == Reply(0, (GroupMemo(gid=Gid(42), memo="a<b"),))


def test_members_online_are_told():
    result = GET_GROUP_MEMBER_STAT2.parse_reply(sample("get_group_member_stat2.2013.json")).result
    assert result is not None
    assert [(state.uin, state.stat) for state in result.stats] == [(3100000001, 10)]


def test_own_card_is_read_and_changed():
    card = GET_SELF_BUSINESS_CARD2.parse_reply(sample("get_self_business_card2.2013.json")).result
    assert card is not None
    assert (card.muin, card.name, card.gender) == (100200300, "测试名片", 2)
    request = UPDATE_GROUP_BUSINESS_CARD2.request(UpdateCardParams(gcode=card.gcode, name="新"), OLD)
    assert request.body is not None
    assert json.loads(parse_qs(request.body.decode())["r"][0])["name"] == "新"
