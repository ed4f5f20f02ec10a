"""What the account changes: which call goes out, with which fields."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client.service import ACCOUNT, CODE, FRIEND, GROUP, OTHER, Service
from webqq.client.edits import Edits
from webqq.client.errors import CallFailed, UnknownContact
from webqq.client.opening import SessionOpener
from webqq.client.roster import Roster
from webqq.protocol import calls
from webqq.protocol.calls import CHANGE_STATUS2, CREATE_DISCU, GET_USER_FRIENDS2, SHAKE2, CreateDiscussResult, Reply
from webqq.protocol.events import BuddyRequest, GroupJoinRequest
from webqq.protocol.ids import Did, Gid, GroupCode, GroupNumber, MessageId, QQNumber, Uin
from webqq.protocol.status import Status

REQUEST = BuddyRequest(seq=1, from_uin=Uin(5), account=QQNumber(200300403), msg="我")
JOIN = GroupJoinRequest(
    from_uin=Uin(GROUP), to_uin=ACCOUNT, msg_id=MessageId(1), gcode=GroupCode(CODE), request_uin=Uin(5)
)
DID = Did(3900000001)


@pytest.fixture
def edits(service: Service) -> Edits:
    session_calls = service.open_calls()
    service.answer_roster()
    roster = Roster(session_calls)
    service.run(roster.load())
    return Edits(session_calls, roster, SessionOpener(session_calls.caller, ACCOUNT))


@pytest.mark.parametrize(
    ("name", "edit", "fields"),
    [
        ("CHANGE_STATUS2", lambda e: e.set_status(Status.BUSY), {"newstatus": "busy", "psessionid": "session-1"}),
        ("SET_LONG_NICK2", lambda e: e.set_signature("签名"), {"nlk": "签名", "vfwebqq": "vf-session-1"}),
        ("SHAKE2", lambda e: e.shake(FRIEND), {"to_uin": FRIEND}),
        ("INPUT_NOTIFY2", lambda e: e.notify_typing(FRIEND), {"to_uin": FRIEND}),
        (
            "ALLOW_AND_ADD2",
            lambda e: e.accept_friend(REQUEST, category=1, markname="甲"),
            {"account": 200300403, "gid": 1, "mname": "甲"},
        ),
        ("ALLOW_ADDED_REQUEST2", lambda e: e.accept_friend(REQUEST, add=False), {"account": 200300403}),
        ("DENY_ADDED_REQUEST2", lambda e: e.refuse_friend(REQUEST, "不"), {"account": 200300403, "msg": "不"}),
        (
            "ADD_NEED_VERIFY2",
            lambda e: e.ask_friend(QQNumber(5), "t", "我", category=2),
            {"account": 5, "token": "t", "msg": "我", "groupid": 2},
        ),
        ("ADD_NO_VERIFY2", lambda e: e.add_friend(QQNumber(5), "t"), {"account": 5, "token": "t"}),
        ("DELETE_FRIEND", lambda e: e.remove_friend(FRIEND), {"tuin": FRIEND}),
        ("CHANGE_MARK_NAME2", lambda e: e.mark_friend(FRIEND, "甲"), {"tuin": FRIEND, "markname": "甲"}),
        ("MODIFY_FRIEND_GROUP", lambda e: e.move_friend(FRIEND, 3), {"tuin": FRIEND, "newid": 3}),
        ("OP_GROUP_JOIN_REQ", lambda e: e.accept_member(JOIN), {"group_uin": GROUP, "req_uin": 5, "op_type": 2}),
        ("OP_GROUP_JOIN_REQ", lambda e: e.refuse_member(JOIN, "满"), {"op_type": 3, "msg": "满"}),
        ("UPDATE_GROUP_INFO2", lambda e: e.mark_group(GROUP, "群"), {"gcode": CODE, "markname": "群"}),
        ("APPLY_JOIN_GROUP2", lambda e: e.join_group(GroupNumber(900), "我"), {"gcode": 900, "msg": "我"}),
        ("QUIT_GROUP2", lambda e: e.leave_group(GROUP), {"gcode": CODE}),
        ("CHANGE_DISCU_MEM", lambda e: e.invite_to_discussion(DID, [OTHER]), {"did": DID, "mem_list": (OTHER,)}),
        ("MODIFY_DISCU_INFO", lambda e: e.rename_discussion(DID, "名"), {"did": DID, "discu_name": "名"}),
        ("QUIT_DISCU", lambda e: e.leave_discussion(DID), {"did": DID}),
    ],
)
def test_each_change_is_its_call(
    service: Service, edits: Edits, name: str, edit: Callable[[Edits], Awaitable[None]], fields: dict[str, Any]
):
    call = getattr(calls, name)
    service.answer(call, Reply(0))
    service.run(edit(edits))
    [params] = service.asked(call)
    assert {field: getattr(params, field) for field in fields} == fields


def test_new_discussion_gives_its_number(service: Service, edits: Edits):
    service.answer(CREATE_DISCU, Reply(0, CreateDiscussResult(did=DID)))
    assert service.run(edits.create_discussion("爬山", [FRIEND, OTHER])) == DID
    assert service.asked(CREATE_DISCU)[0].mem_list == (FRIEND, OTHER)


def test_mask_goes_with_those_of_all_groups(service: Service, edits: Edits):
    service.answer(calls.MESSAGEFILTER, Reply(0))
    service.run(edits.mask_group(GROUP, 2))
    [params] = service.asked(calls.MESSAGEFILTER)
    assert params.itemlist["groupmask"][str(GROUP)] == "2"


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda e: e.mask_group(GROUP, 3), ValueError),
        (lambda e: e.mask_group(Gid(5), 1), UnknownContact),
        (lambda e: e.mark_group(Gid(5), ""), UnknownContact),
        (lambda e: e.leave_group(Gid(5)), UnknownContact),
        (lambda e: e.set_status(Status.OFFLINE), ValueError),
    ],
)
def test_what_cannot_be_meant_is_an_error(
    service: Service, edits: Edits, edit: Callable[[Edits], Awaitable[None]], error: type[Exception]
):
    with pytest.raises(error):
        service.run(edit(edits))


def test_refused_change_is_an_error_and_the_presence_stays(service: Service, edits: Edits):
    for call in (SHAKE2, CHANGE_STATUS2):
        service.answer(call, Reply(100001))
    with pytest.raises(CallFailed):
        service.run(edits.shake(FRIEND))
    with pytest.raises(CallFailed):
        service.run(edits.set_status(Status.AWAY))
    assert edits._opener.status is Status.ONLINE


def test_changed_roster_is_asked_for_anew(service: Service, edits: Edits):
    service.answer(calls.DELETE_FRIEND, Reply(0))
    service.run(edits.remove_friend(FRIEND))
    service.answer_roster()
    service.run(edits._roster.find("小明"))
    assert len(service.asked(GET_USER_FRIENDS2)) == 2
