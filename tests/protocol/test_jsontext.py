import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.protocol.errors import MalformedMessage
from webqq.protocol.jsontext import parse_json, parse_object, serialize_json, without_halves

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES, ascii_only=st.booleans())
def test_parse_undoes_serialize(value, ascii_only):
    assert parse_json(serialize_json(value, ascii_only=ascii_only), "test") == value


def test_text_is_raw_utf8_or_escaped():
    assert serialize_json({"a": "你😀"}) == '{"a":"你😀"}'.encode()
    assert serialize_json({"a": "你😀"}, ascii_only=True) == b'{"a":"\\u4f60\\ud83d\\ude00"}'


@pytest.mark.parametrize("raw", [b'["a\\ud83d"]', '["a\\ud83d"]', b'["\\ude00\\ud83d b"]', b'{"\\ud83d": ["\\ud83d"]}'])
def test_half_surrogates_become_replacement_characters(raw):
    value = parse_json(raw, "test")
    assert "\ufffd" in json.dumps(value, ensure_ascii=False)
    assert parse_json(serialize_json(value), "test") == value


@pytest.mark.parametrize("ascii_only", [True, False])
def test_half_surrogates_are_never_written(ascii_only):
    raw = serialize_json({"\ud83d": ("a\ude00", ["\ud83d", 1])}, ascii_only=ascii_only)
    assert parse_json(raw, "test") == {"\ufffd": ["a\ufffd", ["\ufffd", 1]]}


def test_raw_control_characters_are_read():
    assert parse_json(b'["a\tb\x01"]', "test") == ["a\tb\x01"]


def test_bytes_that_are_no_utf8_are_read():
    assert parse_json(b'["\xff"]', "test") == ["\ufffd"]


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"{", b"NaN", b"[Infinity]", b"[1,]", "[" * 100_000, b'{"a":' * 100_000]
)
def test_text_that_is_no_json_is_malformed(raw):
    with pytest.raises(MalformedMessage, match=r"poll2, r: expected JSON") as caught:
        parse_json(raw, "poll2", "r")
    assert (caught.value.call, caught.value.field) == ("poll2", "r")


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"{}"', b"null"])
def test_object_is_demanded(raw):
    with pytest.raises(MalformedMessage, match="expected a JSON object"):
        parse_object(raw, "poll2")


def test_whole_characters_stay():
    assert without_halves("a") == "a"
    assert without_halves("😀 你") == "😀 你"
    assert without_halves("\ud83d\ude00 \ud83d") == "😀 \ufffd"
