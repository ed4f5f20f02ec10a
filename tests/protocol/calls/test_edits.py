import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from webqq.protocol.calls import (
    CHANGE_MARK_NAME2,
    DELETE_FRIEND,
    MESSAGEFILTER,
    MODIFY_FRIEND_GROUP,
    UPDATE_GROUP_INFO2,
    DeleteFriendParams,
    GroupMarkParams,
    MarkNameParams,
    MasksParams,
    MoveFriendParams,
    group_masks,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Gid, GroupCode, Uin

OLD = Flavour.WEBQQ_2013
FRIEND = Uin(3100000001)


def fields_of(request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode("ascii"), keep_blank_values=True))


@pytest.mark.parametrize(
    ("call", "params", "sent"),
    [
        (CHANGE_MARK_NAME2, MarkNameParams(tuin=FRIEND, markname="王"), {"markname": "王"}),
        (MODIFY_FRIEND_GROUP, MoveFriendParams(tuin=FRIEND, newid=2), {"newid": "2"}),
        (DELETE_FRIEND, DeleteFriendParams(tuin=FRIEND), {"delType": "2"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_edit_of_a_friend_is_plain_form_fields(call, params, sent):
    assert fields_of(call.request(params, OLD)) == {"tuin": "3100000001", "vfwebqq": "", **sent}


def test_remark_name_of_a_group_goes_by_its_code():
    request = UPDATE_GROUP_INFO2.request(GroupMarkParams(gcode=GroupCode(27), markname="群"), OLD)
    assert json.loads(fields_of(request)["r"]) == {"gcode": 27, "markname": "群", "vfwebqq": ""}


def test_masks_of_groups_are_json_in_a_form_field():
    params = MasksParams(itemlist=group_masks({Gid(4200000001): 2}, index=1075, port=49648), vfwebqq="1f")
    request = MESSAGEFILTER.request(params, OLD)
    assert urlsplit(request.url).netloc == "cgi.web2.qq.com"
    assert json.loads(fields_of(request)["itemlist"]) == {
        "groupmask": {"4200000001": "2", "cAll": 0, "idx": 1075, "port": 49648}
    }
    read = MESSAGEFILTER.parse_params("", request.body or b"")
    assert read.itemlist["groupmask"]["cAll"] == 0


def test_masks_that_are_no_json_are_malformed():
    with pytest.raises(MalformedMessage, match="messagefilter, itemlist: expected JSON"):
        MESSAGEFILTER.parse_params("", b"itemlist=x")
