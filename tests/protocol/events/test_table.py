import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.protocol.data import sample
from tests.protocol.events.only import only_event
from tests.protocol.strategies import ENTITY_TEXTS, NOISE, values_of
from webqq.protocol.content import Content, Face
from webqq.protocol.events import (
    SYSTEM_UIN,
    BuddyStatus,
    DiscussMessage,
    GroupMessage,
    Kick,
    UnknownEvent,
    files,
    messages,
    notices,
    parse_event,
    parse_events,
    requests,
    serialize_event,
    serialize_events,
)
from webqq.protocol.events.row import Row
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016
OWN, STRANGER = 100200300, 3100000003
ROWS = (*messages.ROWS, *requests.ROWS, *notices.ROWS, *files.ROWS)
# Foreign line ends do not survive either, see the tests of content.
RECEIVED_TEXTS = ENTITY_TEXTS.map(lambda text: text.replace("\r", ""))


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


def test_poll_type_without_a_row_is_kept_as_it_came():
    item = {"poll_type": "news", "value": {"a": [1]}}
    assert parse_event(item) == UnknownEvent(poll_type="news", value={"a": [1]})


@pytest.mark.parametrize("value", [None, [], {}, {"type": 1}, {"type": None}, {"type": "new_kind", "gcode": 1}])
@pytest.mark.parametrize("poll_type", ["system_message", "sys_g_msg"])
def test_kind_of_a_poll_type_without_a_row_is_kept_as_it_came(poll_type, value):
    event = parse_event({"poll_type": poll_type, "value": value})
    assert event == UnknownEvent(poll_type=poll_type, value=value)


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


CONTENTS = st.builds(lambda text, face: Content((text, Face(face))), RECEIVED_TEXTS, st.integers(0, 999))


def any_event(row: Row):
    """Any event of a row, as 2013 has it."""
    headers = values_of(row.header, {"from_uin": st.just(SYSTEM_UIN)} if row.kind is DiscussMessage else {})
    contents = CONTENTS if row.header is not row.kind else st.none()

    def build(header, content):
        fields = structs.asdict(header)
        return row.kind(**fields, content=content) if content else row.kind(**fields)

    return st.builds(build, headers, contents)


def slim(event):
    """The same event, as 2016 has it."""
    names = {field.name for field in structs.fields(event)}
    changes = {name: None for name in ("msg_id2", "reply_ip", "seq", "info_seq") if name in names}
    if isinstance(event, GroupMessage):
        changes["group_code"] = event.from_uin
    if isinstance(event, DiscussMessage):
        changes["from_uin"] = event.did
    return structs.replace(event, **changes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind.__name__)
@settings(max_examples=10)
@given(data=st.data())
def test_parse_undoes_serialize_in_both_flavours(row, data):
    event = data.draw(any_event(row))
    for flavour, expected in ((OLD, event), (NEW, slim(event) if row.is_slim else event)):
        assert parse_event(json.loads(json.dumps(serialize_event(event, flavour)))) == expected


@given(st.sampled_from(ROWS), NOISE)
def test_any_value_is_an_event(row, value):
    parse_event({"poll_type": row.poll_type, "value": value})


def test_every_poll_type_of_the_service_has_a_row():
    assert {row.poll_type for row in ROWS} == {
        *("message", "group_message", "discu_message", "sess_message", "buddies_status_change", "input_notify"),
        *("shake_message", "kick_message", "system_message", "sys_g_msg", "buddylist_change", "group_web_message"),
        *("file_message", "push_offfile", "notify_offfile", "filesrv_transfer", "tips"),
    }
