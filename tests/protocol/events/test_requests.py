import pytest

from tests.protocol.events.only import only_event
from webqq.protocol.events import (
    AddedFriend,
    BuddyAdded,
    BuddyListChange,
    BuddyRequest,
    BuddyVerified,
    BuddyVerifiedAdded,
    GroupAdmin,
    GroupCreated,
    GroupJoinAgreed,
    GroupJoinDenied,
    GroupJoined,
    GroupJoinRequest,
    GroupLeft,
    LeaveKind,
    RemovedFriend,
    UnknownEvent,
    parse_event,
)
from webqq.protocol.ids import QQNumber, Uin

STRANGER = Uin(3100000003)


def test_request_to_be_a_friend_tells_account_and_reason():
    assert only_event("system_message") == BuddyRequest(
        seq=63433, from_uin=STRANGER, account=QQNumber(200300403), msg="我是路人甲", allow=1, stat=10, client_type=1
    )


def test_other_news_of_friends_tell_the_account():
    added = only_event("system_message-added_buddy_sig")
    assert isinstance(added, BuddyAdded)
    assert (added.account, added.sig) == (200300403, "\u00b5!\u00dctN\u00fbX@e")
    assert isinstance(only_event("system_message-verify_pass"), BuddyVerified)
    assert isinstance(only_event("system_message-verify_pass_add"), BuddyVerifiedAdded)


def test_list_of_friends_grows_and_shrinks():
    assert only_event("buddylist_change") == BuddyListChange(added_friends=(AddedFriend(uin=STRANGER),))
    assert only_event("buddylist_change-removed") == BuddyListChange(
        removed_friends=(RemovedFriend(uin=Uin(3100000002)),)
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("group_create", GroupCreated),
        ("group_join", GroupJoined),
        ("group_leave", GroupLeft),
        ("group_leave-kicked", GroupLeft),
        ("group_request_join", GroupJoinRequest),
        ("group_request_join_agree", GroupJoinAgreed),
        ("group_request_join_deny", GroupJoinDenied),
        ("group_admin_op", GroupAdmin),
    ],
)
def test_event_of_a_group_tells_gid_code_and_number(name, kind):
    event = only_event(f"sys_g_msg-{name}")
    assert isinstance(event, kind)
    assert (event.gid, event.gcode, event.t_gcode) == (4200000001, 2700000001, 500600700)


def test_member_left_or_was_removed():
    left, removed = only_event("sys_g_msg-group_leave"), only_event("sys_g_msg-group_leave-kicked")
    assert isinstance(left, GroupLeft)
    assert isinstance(removed, GroupLeft)
    assert (left.op_type, left.is_removal, left.admin_nick) == (LeaveKind.LEFT, False, None)
    assert (removed.op_type, removed.is_removal, removed.admin_nick) == (LeaveKind.REMOVED, True, "管理员")


def test_accounts_are_read_as_numbers_or_texts():
    value = {"type": "group_request_join", "from_uin": 1, "to_uin": 2, "msg_id": 3, "gcode": 4, "request_uin": 5}
    event = parse_event({"poll_type": "sys_g_msg", "value": {**value, "t_request_uin": 200300403}})
    assert isinstance(event, GroupJoinRequest)
    assert event.t_request_uin == "200300403"


def test_missing_field_is_named():
    event = parse_event({"poll_type": "system_message", "value": {"type": "verify_required", "seq": 1, "from_uin": 2}})
    assert isinstance(event, UnknownEvent)
    assert event.problem == "system_message, account: expected a value, got none"
