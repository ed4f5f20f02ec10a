import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from tests.protocol.data import sample
from webqq.protocol.calls.replies import (
    BytesForm,
    EcForm,
    EcOkForm,
    JSForm,
    MediaForm,
    NoneForm,
    OkForm,
    PollForm,
    Reply,
    ResultForm,
    SendForm,
    failure,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.events import BuddyStatus, UnknownEvent
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Uin
from webqq.protocol.shape import EntityText

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


class Result(Struct, frozen=True):
    name: EntityText
    number: int = 0


RESULT = ResultForm(Result)
STATUS = BuddyStatus(uin=Uin(1), status="away")


def built(form, reply, flavour=OLD):
    return json.loads(form.serialize(reply, flavour))


# Status and failure.


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ('{"retcode":108}', 108),
        ('{"retcode":"108"}', 108),
        ('{"errCode":-1,"errMsg":"ERROR"}', -1),
        ('{"errCode":"-1"}', -1),
        ('{"ec":4}', 4),
        ('{"ret":2}', 2),
        ('{"ret":2,"retcode":0}', 0),
        ("{}", -1),
        ('{"retcode":null}', -1),
        ('{"retcode":"x"}', -1),
        ('{"retcode":[]}', -1),
    ],
)
def test_code_stands_under_many_names(answer, code):
    assert OkForm().parse(answer.encode(), "test").retcode == code


def test_failure_brings_errmsg_p_and_t():
    assert OkForm().parse(b'{"retcode":116,"p":"2c"}', "test") == Reply(116, p="2c")
    assert OkForm().parse(b'{"retcode":121,"t":"0"}', "test") == Reply(121, t="0")
    assert OkForm().parse(b'{"retcode":1,"errmsg":"e","p":1,"t":2}', "test") == Reply(1, errmsg="e")
    assert OkForm().parse(b'{"retcode":1,"errmsg":1}', "test") == Reply(1)


@pytest.mark.parametrize(
    ("retcode", "flavour", "errmsg"),
    [
        (103, OLD, ""),
        (103, NEW, "error"),
        (100001, NEW, "error!!!"),
        (122, OLD, "wrong web client3"),
        (6, OLD, None),
        (100101, NEW, None),
        (50, NEW, ""),
    ],
)
def test_failure_has_the_errmsg_of_its_time(retcode, flavour, errmsg):
    assert failure(retcode, flavour) == Reply(retcode, errmsg=errmsg)


@pytest.mark.parametrize("form", [RESULT, OkForm(), SendForm(), PollForm()], ids=lambda form: type(form).__name__)
@pytest.mark.parametrize("raw", [b"", b"<html>502</html>", b"[]", b"1"])
def test_answer_that_is_no_object_is_malformed(form, raw):
    with pytest.raises(MalformedMessage, match=r"^test: "):
        form.parse(raw, "test")


# Results.


def test_result_is_typed():
    reply = RESULT.parse(b'{"retcode":0,"result":{"name":"a&amp;b","number":"7"}}\n', "test")
    assert reply == Reply(0, Result("a&b", 7))
    assert built(RESULT, reply) == {"retcode": 0, "result": {"name": "a&amp;b", "number": 7}}


def test_success_without_result_is_malformed():
    with pytest.raises(MalformedMessage, match="test, result: expected a value, got none"):
        RESULT.parse(b'{"retcode":0}', "test")


def test_success_with_a_result_that_does_not_fit_is_malformed():
    with pytest.raises(MalformedMessage, match=r"test, result\.name: expected a value"):
        RESULT.parse(b'{"retcode":0,"result":{}}', "test")


@pytest.mark.parametrize(
    ("result", "typed"), [('{"name":"a"}', Result("a")), ("{}", None), ('"ok"', None), ("null", None)]
)
def test_failure_may_bring_a_result(result, typed):
    assert RESULT.parse(f'{{"retcode":7,"result":{result}}}'.encode(), "test") == Reply(7, typed)


def test_failure_is_written_without_result():
    assert built(RESULT, failure(103, OLD)) == {"retcode": 103, "errmsg": ""}


# Plain success, and sends.


@pytest.mark.parametrize("raw", [b'{"retcode":0,"result":"ok"}', b'{"retcode":0}', b'{"retcode":0,"result":{}}'])
def test_plain_success_has_any_result(raw):
    assert OkForm().parse(raw, "test") == Reply(0)


def test_plain_success_is_written_ok():
    assert built(OkForm(), Reply(0)) == {"retcode": 0, "result": "ok"}
    assert built(OkForm(), failure(103, NEW)) == {"retcode": 103, "errmsg": "error"}


def test_accepted_send_has_the_form_of_its_time():
    assert built(SendForm(), Reply(0), OLD) == {"retcode": 0, "result": "ok"}
    assert built(SendForm(), Reply(0), NEW) == {"errCode": 0, "msg": "send ok"}
    for flavour in Flavour:
        assert SendForm().parse(SendForm().serialize(Reply(0), flavour), "test") == Reply(0)


def test_failed_send_of_2016_is_err_code_minus_1():
    assert built(SendForm(), failure(-1, NEW), NEW) == {"errCode": -1, "errMsg": "ERROR"}
    assert built(SendForm(), Reply(-1), NEW) == {"errCode": -1, "errMsg": ""}
    assert built(SendForm(), failure(108, NEW), NEW) == {"retcode": 108, "errmsg": "error!!!"}
    assert built(SendForm(), failure(-1, OLD), OLD) == {"retcode": -1, "errmsg": ""}


# Polls.


@pytest.mark.parametrize("name", ["poll2-idle.json", "poll2-idle-102.json", "poll2-idle-ok.json"])
def test_idle_answer_in_any_form_is_success_without_events(name):
    assert PollForm().parse(sample(name), "poll2") == Reply(0, ())


@pytest.mark.parametrize("result", ['"result":[]', '"result":null', '"result":"ok"', '"retmsg":"ok"'])
def test_odd_results_hold_no_events(result):
    assert PollForm().parse(f'{{"retcode":0,{result}}}'.encode(), "poll2") == Reply(0, ())


def test_idle_answer_has_the_form_of_its_time():
    assert built(PollForm(), Reply(0, ()), OLD) == {"retcode": 102, "errmsg": ""}
    assert built(PollForm(), Reply(0), NEW) == {"retcode": 0, "retmsg": "ok", "errmsg": "error"}


def test_events_of_2013_are_escaped_and_those_of_2016_are_not():
    reply = Reply(0, (UnknownEvent(poll_type="tips", value="你"),))
    assert b"\\u4f60" in PollForm().serialize(reply, OLD)
    assert "你".encode() in PollForm().serialize(reply, NEW)


@pytest.mark.parametrize("flavour", Flavour)
def test_batch_number_goes_with_its_events(flavour):
    raw = PollForm().serialize(Reply(0, (STATUS,), key="12"), flavour)
    assert json.loads(raw)["key"] == "12"
    assert PollForm().parse(raw, "poll2") == Reply(0, (STATUS,), key="12")
    assert "key" not in json.loads(PollForm().serialize(Reply(0, (STATUS,)), flavour))


@pytest.mark.parametrize("key", ['""', "0", "null", "[]"])
def test_empty_batch_number_is_none(key):
    assert PollForm().parse(f'{{"retcode":0,"result":[],"key":{key}}}'.encode(), "poll2").key == ""


def test_new_ptwebqq_is_told():
    reply = PollForm().parse(sample("poll2-116.json"), "poll2")
    assert (reply.retcode, reply.result) == (116, None)
    assert reply.p is not None
    assert len(reply.p) == 64
    assert built(PollForm(), reply, NEW) == json.loads(sample("poll2-116.json"))


@given(st.lists(st.builds(BuddyStatus, uin=st.integers(0, 9), status=st.text()), min_size=1).map(tuple))
def test_parse_undoes_serialize_in_both_flavours(events):
    for flavour in Flavour:
        assert PollForm().parse(PollForm().serialize(Reply(0, events), flavour), "poll2") == Reply(0, events)


# JavaScript calls, bytes, nothing.


def test_js_answer_is_read_by_its_function():
    form = JSForm(
        "f", lambda args, call: Reply(int(args[0]), args[1]), lambda reply: (str(reply.retcode), reply.result or "")
    )
    assert form.parse("f('7','你');".encode(), "test") == Reply(7, "你")
    assert form.serialize(Reply(7, "你"), OLD) == "f('7','你');".encode()
    with pytest.raises(MalformedMessage, match="expected a call of f"):
        form.parse(b"g('7','a');", "test")


def test_last_argument_of_ptui_cb_stands_after_a_blank_and_its_line_ends():
    form = JSForm("ptuiCB", lambda args, call: Reply(0, args), lambda reply: reply.result or ())
    assert form.serialize(Reply(0, ("a", "b", "c")), OLD) == b"ptuiCB('a','b', 'c');\r\n"


def test_other_calls_end_with_the_semicolon():
    form = JSForm("ptui_checkVC", lambda args, call: Reply(0, args), lambda reply: reply.result or ())
    assert form.serialize(Reply(0, ("a", "b")), OLD) == b"ptui_checkVC('a','b');"


@given(st.binary())
def test_bytes_are_the_result(raw):
    assert BytesForm().parse(raw, "test") == Reply(0, raw)
    assert BytesForm().serialize(Reply(0, raw), OLD) == raw


def test_body_without_a_meaning_is_nothing():
    assert NoneForm().parse(b"<html>", "test") == Reply(0)
    assert NoneForm().serialize(Reply(0), NEW) == b""
    assert NoneForm(success=b"0").serialize(Reply(0), NEW) == b"0"
    assert NoneForm(success=b"0").serialize(Reply(1), NEW) == b""
    assert BytesForm().serialize(Reply(0), NEW) == b""


# Group management, and media.


def test_result_of_group_management_stands_beside_its_code():
    form = EcForm(Result)
    reply = form.parse(b'{"ec":0,"name":"a&amp;b"}', "test")
    assert reply == Reply(0, Result("a&b"))
    assert built(form, reply) == {"ec": 0, "name": "a&amp;b", "number": 0}
    assert form.parse(b'{"ec":4}', "test") == Reply(4)
    assert built(form, Reply(4)) == {"ec": 4}


def test_success_of_group_management_without_its_fields_is_malformed():
    with pytest.raises(MalformedMessage, match="test, name: expected a value, got none"):
        EcForm(Result).parse(b'{"ec":0}', "test")


def test_plain_answer_of_group_management_is_its_code():
    assert EcOkForm().parse(b'{"ec":0,"em":"x"}', "test") == Reply(0)
    assert built(EcOkForm(), Reply(7)) == {"ec": 7}


@pytest.mark.parametrize("raw", [b"\x89PNG", b"", b"{not JSON", b'{"a":1}', b'{"retcode":0}'])
def test_media_are_bytes_as_they_came(raw):
    assert MediaForm().parse(raw, "test") == Reply(0, raw)
    assert MediaForm().serialize(Reply(0, raw), OLD) == raw


def test_failure_in_place_of_media_is_told():
    assert MediaForm().parse(b'{"retcode":102,"errmsg":""}', "test") == Reply(102, errmsg="")
    assert built(MediaForm(), failure(102, OLD)) == {"retcode": 102, "errmsg": ""}
