import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import sample
from webqq.protocol.content import Content, Face, Font
from webqq.protocol.events import (
    SYSTEM_UIN,
    BuddyStatus,
    DiscussMessage,
    FriendMessage,
    GroupMessage,
    InputNotify,
    Kick,
    SessionMessage,
    Shake,
    UnknownEvent,
    parse_event,
    parse_events,
    serialize_event,
    serialize_events,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import GroupCode, MessageId, QQNumber, Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016
OWN, FRIEND, STRANGER = 100200300, 3100000001, 3100000003


def only_event(name: str):
    [event] = parse_events(json.loads(sample(f"poll2-{name}.json"))["result"])
    return event


def group_message(**changes: object) -> GroupMessage:
    fields = {
        "from_uin": 4200000001,
        "group_code": 2700000001,
        "send_uin": STRANGER,
        "to_uin": OWN,
        "msg_id": 1,
        "msg_id2": 2,
        "reply_ip": 3,
        "seq": 4,
        "info_seq": 500600700,
        "time": 5,
        "content": Content(("hello",)),
    }
    return GroupMessage(**fields | changes)


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


def test_poll_type_without_a_row_is_kept_as_it_came():
    event = only_event("tips")
    assert isinstance(event, UnknownEvent)
    assert (event.poll_type, event.problem) == ("tips", "")
    assert event.value["tips"] == "系统提示"


def test_events_come_newest_first_and_go_oldest_first():
    result = json.loads(sample("poll2-many.json"))["result"]
    events = parse_events(json.loads(json.dumps(result)))
    assert [event.content.text for event in events] == ["第一条", "第二条"]
    assert serialize_events(events, NEW) == result


@pytest.mark.parametrize("result", [None, "ok", "", 0, {}, []])
def test_result_that_is_no_array_holds_no_events(result):
    assert parse_events(result) == ()


@pytest.mark.parametrize("item", [None, 1, [], {}, {"poll_type": 1}, {"value": {}}])
def test_element_without_a_poll_type_is_an_unknown_event(item):
    event = parse_event(item)
    assert event == UnknownEvent(poll_type="", value=item, problem="poll2: expected an object with a poll_type")


@pytest.mark.parametrize(
    ("poll_type", "value", "problem"),
    [
        ("message", None, "message: Expected `object`, got `null`"),
        ("message", {}, "message, from_uin: expected a value, got none"),
        ("shake_message", {"from_uin": "x", "to_uin": 1, "msg_id": 1}, "shake_message, from_uin: Expected"),
        ("message", {"from_uin": 1, "to_uin": 1, "msg_id": 1, "time": 1}, "message, content: expected an array"),
        (
            "message",
            {"from_uin": 1, "to_uin": 1, "msg_id": 1, "time": 1, "content": "hi"},
            "message, content: expected",
        ),
        ("buddies_status_change", {"uin": 1, "status": 7}, "buddies_status_change, status: Expected `str`"),
    ],
)
def test_faulty_event_tells_its_fault_and_costs_no_other(poll_type, value, problem):
    good = {"poll_type": "buddies_status_change", "value": {"uin": 1, "status": "away"}}
    [other, faulty] = parse_events([{"poll_type": poll_type, "value": value}, good])
    assert other == BuddyStatus(uin=Uin(1), status="away")
    assert isinstance(faulty, UnknownEvent)
    assert faulty.problem.startswith(problem)
    assert faulty.value == value


def test_group_message_in_2013_tells_the_code_and_the_number():
    value = serialize_event(group_message(), OLD)["value"]
    assert (value["from_uin"], value["group_code"], value["info_seq"]) == (4200000001, 2700000001, 500600700)
    assert (value["msg_type"], value["msg_id2"], value["seq"]) == (43, 2, 4)


def test_group_message_in_2016_tells_the_gid_alone():
    value = serialize_event(group_message(), NEW)["value"]
    assert (value["from_uin"], value["group_code"], value["msg_type"]) == (4200000001, 4200000001, 0)
    assert not {"msg_id2", "reply_ip", "seq", "info_seq"} & set(value)


def test_discussion_message_comes_from_the_system_in_2013_and_from_the_did_in_2016():
    event = only_event("discu_message")
    assert serialize_event(event, OLD)["value"]["from_uin"] == SYSTEM_UIN
    assert serialize_event(event, NEW)["value"]["from_uin"] == 3900000001


def test_unknown_event_is_written_as_it_came():
    assert serialize_event(UnknownEvent(poll_type="tips", value={"a": 1}), OLD) == {
        "poll_type": "tips",
        "value": {"a": 1},
    }


def test_reason_of_a_kick_is_plain_text_here_and_has_entities_on_the_wire():
    wire = serialize_event(Kick(show_reason=1, reason="a < b"), OLD)
    assert wire["value"] == {"show_reason": 1, "reason": "a &lt; b"}
    assert parse_event(wire) == Kick(show_reason=1, reason="a < b")


IDS = st.integers(0, 2**63 - 1)
# What escaping cannot keep: no-break spaces and foreign line ends, see the tests of content.
TEXTS = st.text(st.characters(exclude_characters="\r\N{NO-BREAK SPACE}", exclude_categories=["Cs"]))
CONTENTS = st.builds(lambda text, face: Content((text, Face(face))), TEXTS, st.integers(0, 999))
MAYBE = st.none() | IDS


@given(
    st.builds(FriendMessage, from_uin=IDS, to_uin=IDS, msg_id=IDS, msg_id2=MAYBE, time=IDS, content=CONTENTS)
    | st.builds(group_message, from_uin=IDS, group_code=IDS, seq=MAYBE, content=CONTENTS)
    | st.builds(
        SessionMessage, from_uin=IDS, to_uin=IDS, msg_id=IDS, time=IDS, id=IDS, service_type=IDS, content=CONTENTS
    )
    | st.builds(BuddyStatus, uin=IDS, status=st.text(), client_type=IDS)
    | st.builds(Shake, from_uin=IDS, to_uin=IDS, msg_id=IDS)
    | st.builds(Kick, show_reason=IDS, reason=TEXTS, way=st.none() | st.text())
)
def test_parse_undoes_serialize_in_2013(event):
    assert parse_event(json.loads(json.dumps(serialize_event(event, OLD)))) == event


@given(IDS, CONTENTS)
def test_parse_undoes_serialize_in_2016_but_for_what_it_leaves_out(gid, content):
    event = group_message(from_uin=gid, group_code=GroupCode(gid), content=content)
    read = parse_event(json.loads(json.dumps(serialize_event(event, NEW))))
    assert read == group_message(
        from_uin=gid, group_code=gid, content=content, msg_id2=None, reply_ip=None, seq=None, info_seq=None
    )
