import pytest
from msgspec import Struct

from webqq.protocol.content import Content, Font
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.events.row import Header, MessageHeader, Row
from webqq.protocol.flavour import Flavour

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016
HEADER = {"from_uin": 1, "to_uin": 2, "msg_id": 3}


class Said(MessageHeader, frozen=True, kw_only=True):
    content: Content


class Nudge(Header, frozen=True, kw_only=True):
    force: int = 0


SAID = Row("said", Said, MessageHeader, msg_type=9, slim=True)
NUDGE = Row("nudge", Nudge, tag=("mode", "soft"))


def test_content_is_an_array_on_the_wire():
    value = {**HEADER, "time": 4, "msg_id2": 5, "reply_ip": 6, "content": [["font", {"size": 9}], "a&lt;"]}
    event = SAID.parse(value)
    assert event.content == Content(("a<",), Font(size=9))
    written = SAID.serialize(event, OLD)
    assert (written["msg_type"], written["msg_id2"], written["content"][1]) == (9, 5, "a&lt;")


def test_slim_event_lacks_in_2016_what_is_gone():
    event = Said(**HEADER, time=4, msg_id2=5, reply_ip=6, content=Content(("a",)))
    written = SAID.serialize(event, NEW)
    assert written["msg_type"] == 0
    assert not {"msg_id2", "reply_ip"} & set(written)


def test_tag_is_written_and_no_msg_type_where_there_is_none():
    assert NUDGE.serialize(Nudge(**HEADER), NEW) == {**HEADER, "force": 0, "mode": "soft"}


@pytest.mark.parametrize(
    ("row", "value", "problem"),
    [
        (SAID, HEADER, "said, time: expected a value, got none"),
        (SAID, HEADER | {"time": 4}, "said, content: expected an array"),
        (NUDGE, HEADER | {"force": "x"}, "nudge, force: Expected `int`, got `str`"),
        (NUDGE, None, "nudge: Expected `object`, got `null`"),
    ],
)
def test_misfit_names_poll_type_and_field(row: Row[Struct], value, problem):
    with pytest.raises(MalformedMessage) as caught:
        row.parse(value)
    assert str(caught.value) == problem
