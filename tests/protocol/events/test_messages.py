from tests.protocol.events.only import only_event
from webqq.protocol.content import Content, Face, Font
from webqq.protocol.events import (
    BuddyStatus,
    DiscussMessage,
    FriendMessage,
    GroupMessage,
    InputNotify,
    Kick,
    SessionMessage,
    Shake,
    Tips,
    parse_event,
)
from webqq.protocol.ids import MessageId, QQNumber, Uin

OWN, FRIEND, STRANGER = 100200300, 3100000001, 3100000003


def test_message_from_a_friend():
    assert only_event("message.2013") == FriendMessage(
        from_uin=Uin(FRIEND),
        to_uin=QQNumber(OWN),
        msg_id=MessageId(10718),
        msg_id2=768274,
        reply_ip=176752043,
        time=1357309746,
        content=Content(("你好，世界 ",), Font("微软雅黑", 11, "004080")),
    )


def test_message_of_2016_lacks_what_only_2013_has():
    event = only_event("message-face")
    assert isinstance(event, FriendMessage)
    assert (event.msg_id2, event.reply_ip) == (None, None)
    assert event.content.parts == ("看表情", Face(14), " 结束")


def test_message_in_a_group_tells_group_and_member():
    event = only_event("group_message.2013")
    assert isinstance(event, GroupMessage)
    assert (event.gid, event.group_code, event.info_seq) == (4200000001, 2700000001, 500600700)
    assert (event.send_uin, event.seq) == (STRANGER, 41797)
    assert event.content.text == "别走啊 [大哭] "


def test_message_in_a_discussion_tells_discussion_and_member():
    for name in ("discu_message", "discu_message.2013"):
        event = only_event(name)
        assert isinstance(event, DiscussMessage)
        assert (event.did, event.send_uin) == (3900000001, STRANGER)


def test_message_in_a_temporary_chat_tells_where_it_runs():
    event = only_event("sess_message-discu")
    assert isinstance(event, SessionMessage)
    assert (event.id, event.service_type, event.ruin) == (3900000001, 1, 200300403)
    assert event.flags is not None
    assert event.flags.pic == 1


def test_other_events():
    assert only_event("buddies_status_change") == BuddyStatus(uin=Uin(FRIEND), status="offline", client_type=1)
    assert isinstance(only_event("input_notify"), InputNotify)
    assert isinstance(only_event("shake_message"), Shake)
    kick = only_event("kick_message")
    assert isinstance(kick, Kick)
    assert (kick.show_reason, kick.reason[:5]) == (1, "您的帐号在")


def test_hint_is_read_whatever_fields_it_has():
    event = only_event("tips")
    assert isinstance(event, Tips)
    assert event.tips == "系统提示"
    assert parse_event({"poll_type": "tips", "value": {"text": "x"}}) == Tips()
