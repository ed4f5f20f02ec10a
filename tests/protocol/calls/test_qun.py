import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.protocol.data import sample, vectors
from webqq.protocol.calls import (
    ADD_GROUP_MEMBER,
    DELETE_GROUP_MEMBER,
    GET_FRIEND_LIST,
    GET_GROUP_LIST,
    GET_GROUP_MEMBERS,
    SEARCH_GROUP_MEMBERS,
    SET_GROUP_ADMIN,
    SET_GROUP_CARD,
    SET_GROUP_SHUTUP,
    SIGN,
    AdminParams,
    BknParams,
    CardParams,
    InviteParams,
    KickParams,
    ListedGroups,
    ListedMembersParams,
    MemberRole,
    Mute,
    MuteParams,
    Reply,
    SearchMembersParams,
    SignParams,
)
from webqq.protocol.digests import bkn
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import GroupNumber, QQNumber

NEW = Flavour.SMARTQQ_2016
GROUP, FRIEND, STRANGER = GroupNumber(500600700), QQNumber(200300401), QQNumber(200300403)


def fields_of(request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("ascii"), keep_blank_values=True))


def test_every_call_carries_the_number_of_the_cookie():
    vector = vectors("bkn_gtk")[0]
    request = GET_GROUP_LIST.request(BknParams(bkn=bkn(vector["skey"])), NEW)
    assert fields_of(request) == {"bkn": str(vector["bkn"])}
    assert (request.method, urlsplit(request.url).netloc) == ("POST", "qun.qq.com")
    assert request.headers["Referer"] == "http://qun.qq.com/member.html"
    assert request.headers["Origin"] == "http://qun.qq.com"


def test_groups_are_listed_by_role():
    groups = GET_GROUP_LIST.parse_reply(sample("qun-get_group_list.json")).result
    assert groups is not None
    assert [group.gn for group in (*groups.join, *groups.manage, *groups.create)] == ["测试群", "C&C++ 交流", "我的群"]
    assert groups.join[0].gc == GROUP


def test_role_without_groups_is_left_out():
    assert GET_GROUP_LIST.parse_reply(b'{"ec":0}') == Reply(0, ListedGroups())
    assert GET_GROUP_LIST.serialize_reply(Reply(0, ListedGroups()), NEW) == b'{"ec":0}'


def test_friends_are_listed_by_category():
    friends = GET_FRIEND_LIST.parse_reply(sample("qun-get_friend_list.json")).result
    assert friends is not None
    assert {index: category.gname for index, category in friends.result.items()} == {
        0: None,
        1: "朋友",
        2: "家人",
        3: "同学",
    }
    assert (friends.result[1].mems[0].name, friends.result[1].mems[0].uin) == ("Alice & Bob", 200300402)


def test_members_are_found_with_roles():
    request = SEARCH_GROUP_MEMBERS.request(SearchMembersParams(gc=GROUP, bkn=5), NEW)
    assert fields_of(request) == {"gc": "500600700", "st": "0", "end": "2000", "sort": "0", "bkn": "5"}
    found = SEARCH_GROUP_MEMBERS.parse_reply(sample("qun-search_group_members.json")).result
    assert found is not None
    assert [member.role for member in found.mems] == [MemberRole.OWNER, MemberRole.ADMIN, MemberRole.MEMBER]
    assert (found.levelname[str(found.mems[0].lv.level)], found.max_count) == ("冒泡", 500)


def test_members_are_listed_with_what_goes_by_account():
    request = GET_GROUP_MEMBERS.request(ListedMembersParams(gc=GROUP, u=QQNumber(100200300), bkn=5), NEW)
    assert request.headers["Referer"] == "http://qinfo.clt.qq.com/member.html"
    listed = GET_GROUP_MEMBERS.parse_reply(sample("qinfo-get_group_members.json")).result
    assert listed is not None
    assert (listed.owner, listed.adm, listed.friends) == (FRIEND, (STRANGER,), (FRIEND,))
    assert (listed.cards[STRANGER], listed.lv[FRIEND].p) == ("甲同学", 404)


def test_list_without_an_owner_is_malformed():
    with pytest.raises(MalformedMessage, match="get_group_members, owner: expected a value, got none"):
        GET_GROUP_MEMBERS.parse_reply(b'{"ec":0}')


@pytest.mark.parametrize(
    ("call", "params", "sent"),
    [
        (DELETE_GROUP_MEMBER, KickParams(gc=GROUP, ul=(FRIEND, STRANGER), bkn=5), {"ul": "200300401|200300403"}),
        (ADD_GROUP_MEMBER, InviteParams(gc=GROUP, ul=(FRIEND,), bkn=5), {"ul": "200300401"}),
        (SET_GROUP_ADMIN, AdminParams(gc=GROUP, u=FRIEND, op=1, bkn=5), {"src": "qinfo_v2", "op": "1"}),
        (SET_GROUP_CARD, CardParams(gc=GROUP, u=FRIEND, name="甲", bkn=5), {"u": "200300401", "name": "甲"}),
        (
            SET_GROUP_SHUTUP,
            MuteParams(gc=GROUP, shutup_list=(Mute(uin=FRIEND, t=600),), bkn=5),
            {"shutup_list": '[{"uin":200300401,"t":600}]'},
        ),
        (SET_GROUP_SHUTUP, MuteParams(gc=GROUP, all_shutup=1, bkn=5), {"all_shutup": "1"}),
        (SIGN, SignParams(gc=GROUP, bkn=5), {"is_sign": "0"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_what_is_done_to_a_group_is_form_fields(call, params, sent):
    request = call.request(params, NEW)
    fields = fields_of(request)
    assert (fields["gc"], fields["bkn"]) == ("500600700", "5")
    assert fields.items() >= sent.items()
    assert call.parse_params("", request.body or b"") == params
    with pytest.raises(MalformedMessage, match=f"{call.name}, bkn: expected a value, got none"):
        call.parse_params("", b"gc=5&ul=1&u=1&op=1")


def test_card_is_taken_away_by_leaving_the_name_out():
    assert "name" not in fields_of(SET_GROUP_CARD.request(CardParams(gc=GROUP, u=FRIEND, bkn=5), NEW))


@pytest.mark.parametrize("code", [3, 4, 7, 11, 14])
def test_refusal_is_its_code(code):
    assert SET_GROUP_ADMIN.parse_reply(sample(f"qun-ec-{code}.json")) == Reply(code)


def test_pages_that_two_calls_are_made_from():
    mute = SET_GROUP_SHUTUP.request(MuteParams(gc=GROUP, bkn=5), NEW)
    assert mute.headers["Referer"] == "http://qinfo.clt.qq.com/qinfo_v3/member.html"
    sign = SIGN.request(SignParams(gc=GROUP, bkn=5), NEW)
    assert sign.headers["Referer"] == "http://qiandao.qun.qq.com/index.html?groupUin=500600700&appID=100729587"


def test_sign_in_tells_days_and_rank():
    signed = SIGN.parse_reply(sample("qiandao-sign.json")).result
    assert signed is not None
    assert (signed.is_sign, signed.conti_count, signed.rank) == (1, 1, 2)
    assert json.loads(SIGN.serialize_reply(Reply(0, signed), NEW))["ec"] == 0
