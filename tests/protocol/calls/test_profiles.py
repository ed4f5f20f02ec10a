from urllib.parse import urlsplit

import pytest

from tests.protocol.data import sample
from webqq.protocol.calls import (
    GET_FRIEND_INFO2,
    GET_FRIEND_UIN2,
    GET_QQ_LEVEL2,
    GET_SELF_INFO2,
    GET_SINGLE_LONG_NICK2,
    GET_STRANGER_INFO2,
    SET_LONG_NICK2,
    Birthday,
    Level,
    LongNick,
    LongNickParams,
    NumberParams,
    PersonParams,
    SelfInfoParams,
    SetLongNickParams,
    StrangerParams,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


def query_of(request) -> str:
    return urlsplit(request.url).query


def test_own_profile_has_account_and_signature():
    result = GET_SELF_INFO2.parse_reply(sample("get_self_info2.json")).result
    assert result is not None
    assert (result.account, result.nick, result.lnick, result.stat) == (100200300, "测试号", "这是签名", None)
    assert result.birthday == Birthday(year=1989, month=1, day=30)


def test_profile_of_a_friend_has_a_state():
    result = GET_FRIEND_INFO2.parse_reply(sample("get_friend_info2.json")).result
    assert result is not None
    assert (result.account, result.nick, result.lnick, result.stat) == (None, "小明", None, 20)


def test_number_behind_an_alias():
    person = GET_FRIEND_UIN2.parse_reply(sample("get_friend_uin2.json")).result
    group = GET_FRIEND_UIN2.parse_reply(sample("get_friend_uin2-group.2013.json")).result
    assert person is not None
    assert group is not None
    assert (person.account, group.account) == (200300401, 500600700)


def test_signature_is_a_list_of_one():
    assert GET_SINGLE_LONG_NICK2.parse_reply(sample("get_single_long_nick2.json")).result == (
        LongNick(uin=Uin(3100000001), lnick="心不累~"),
    )


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        (GET_SELF_INFO2.request(SelfInfoParams(t="5"), NEW), "t=5"),
        (GET_FRIEND_INFO2.request(PersonParams(tuin=Uin(31), vfwebqq="1f", t="5"), NEW), "tuin=31&vfwebqq=1f&t=5"),
        (GET_FRIEND_UIN2.request(NumberParams(tuin=31, vfwebqq="1f", t="5"), NEW), "tuin=31&type=1&vfwebqq=1f&t=5"),
        (GET_SINGLE_LONG_NICK2.request(LongNickParams(tuin=Uin(31), t="5"), NEW), "tuin=31&vfwebqq=&t=5"),
    ],
    ids=["self", "friend", "number", "signature"],
)
def test_people_are_asked_for_by_tuin(request_, query):
    assert query_of(request_) == query


def test_empty_fields_of_2013_are_read():
    query = "tuin=31&verifysession=&type=1&code=&vfwebqq=1f&t=5"
    assert GET_FRIEND_UIN2.parse_params(query).tuin == 31
    assert GET_FRIEND_INFO2.parse_params(query).tuin == 31


@pytest.mark.parametrize("call", [GET_FRIEND_INFO2, GET_FRIEND_UIN2, GET_SINGLE_LONG_NICK2], ids=lambda call: call.name)
def test_person_who_is_not_named_is_malformed(call):
    with pytest.raises(MalformedMessage, match=f"{call.name}, tuin: expected a value, got none"):
        call.parse_params("vfwebqq=1f")


def test_stranger_has_a_token_to_be_added_with():
    stranger = GET_STRANGER_INFO2.parse_reply(sample("get_stranger_info2.2013.json")).result
    assert stranger is not None
    assert (stranger.nick, stranger.token[:4], stranger.account) == ("路人甲", "d04e", None)


def test_stranger_is_asked_with_empty_captcha_fields():
    url = GET_STRANGER_INFO2.request(StrangerParams(tuin=Uin(3100000003), vfwebqq="1f"), OLD).url
    assert url.endswith("?tuin=3100000003&verifysession=&gid=0&code=&vfwebqq=1f")


def test_level_has_days_that_remain():
    level = GET_QQ_LEVEL2.parse_reply(sample("get_qq_level2.2013.json")).result
    assert level == Level(tuin=Uin(3100000001), level=37, days=1534, hours=12219, remain_days=62)


def test_signature_is_changed_by_its_raw_text():
    request = SET_LONG_NICK2.request(SetLongNickParams(nlk="a<b", vfwebqq="1f"), OLD)
    assert SET_LONG_NICK2.parse_params("", request.body or b"") == SetLongNickParams(nlk="a<b", vfwebqq="1f")
    assert b"a%3Cb" in (request.body or b"")


def test_clients_of_2013_send_the_fields_of_a_captcha_that_there_is_none_of():
    for request in (
        GET_FRIEND_UIN2.request(NumberParams(tuin=7), OLD),
        GET_FRIEND_INFO2.request(PersonParams(tuin=Uin(7)), OLD),
    ):
        assert {"verifysession=", "code="} <= set(query_of(request).split("&"))
    assert "code" not in query_of(GET_FRIEND_UIN2.request(NumberParams(tuin=7), NEW))
