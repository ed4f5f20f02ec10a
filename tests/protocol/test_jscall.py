import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import vectors
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.jscall import JSCall, escape_salt, parse_js_call, parse_salt, serialize_js_call

SAFE = st.text().filter(lambda text: not set(text) & set("'\r\n") and not text.endswith("\\"))


@pytest.mark.parametrize("vector", vectors("js_callback_parse"), ids=lambda vector: vector["raw"][:24])
def test_calls_of_the_service_are_read_and_written_again(vector):
    call = parse_js_call(vector["raw"])
    assert call == JSCall(vector["function"], tuple(vector["arguments_raw"]))
    assert serialize_js_call(call, blank_before_last=call.name == "ptuiCB") == vector["raw"]


@pytest.mark.parametrize("text", ["f('a','b')", " f( 'a' , 'b' ) ;\r\n", "f('a', 'b');\n"])
def test_blanks_line_ends_and_semicolon_are_optional(text):
    assert parse_js_call(text) == JSCall("f", ("a", "b"))


def test_call_without_arguments_has_none():
    assert parse_js_call("f();") == JSCall("f", ())
    assert serialize_js_call(JSCall("f", ()), blank_before_last=True) == "f();"


@pytest.mark.parametrize("text", ["", "<html>", "f('a'", "'a'", "f('a') and more"])
def test_text_that_is_no_call_is_malformed(text):
    with pytest.raises(MalformedMessage, match="JavaScript call"):
        parse_js_call(text)


@pytest.mark.parametrize("arg", ["it's", "a\nb", "a\rb", "a\\"])
def test_argument_that_breaks_the_quoting_is_refused(arg):
    with pytest.raises(ValueError, match="argument 1 of f"):
        serialize_js_call(JSCall("f", ("a", arg)))


@given(args=st.lists(SAFE).map(tuple), blank=st.booleans())
def test_parse_undoes_serialize(args, blank):
    call = JSCall("ptuiCB", args)
    assert parse_js_call(serialize_js_call(call, blank_before_last=blank)) == call


@pytest.mark.parametrize("vector", vectors("uin_salt"))
def test_salt_as_sent(vector):
    salt = bytes.fromhex(vector["salt_hex"])
    assert escape_salt(salt) == vector["salt_as_sent"]
    assert parse_salt(vector["salt_as_sent"]) == salt


@given(salt=st.binary())
def test_parse_salt_undoes_escape(salt):
    assert parse_salt(escape_salt(salt)) == salt


@pytest.mark.parametrize("text", ["abc", r"\x0", r"\x00 ", r"\xgg"])
def test_salt_with_anything_else_is_malformed(text):
    with pytest.raises(MalformedMessage, match="check, salt"):
        parse_salt(text)
