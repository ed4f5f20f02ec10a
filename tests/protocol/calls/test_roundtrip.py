"""Every row reads what it builds, whatever stands in it."""

import json
from typing import get_args, get_origin
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

from tests.protocol.strategies import TEXTS, TOKENS, values_of
from webqq.protocol.calls import CALLS, Form, Host, Reply
from webqq.protocol.calls.replies import EcForm, ResultForm
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.multipart import serialize_multipart

FEW = settings(max_examples=8)  # There are many rows.
# What stands for a name with these in a multipart body is ambiguous; see the tests of multipart.
FILE_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%"))
OVERRIDES = {
    "filename": FILE_NAMES,
    "media_type": st.sampled_from(["image/jpeg", "application/octet-stream"]),
    # 2013 writes something where there is nothing: 0, an empty text, the word undefined.
    "key": TOKENS.filter(bool),
    **dict.fromkeys(("passwd_sig", "verifysession", "code", "cb"), TEXTS),
}
IN_PATH = {"name": TEXTS.filter(bool)}
TYPED = [call for call in CALLS if isinstance(call.reply, ResultForm | EcForm)]


def without_what_is_not_sent(call, params, flavour):
    """Params as they arrive: fields of the other flavour have their defaults."""
    defaults = {
        field.name: field.default
        for field in structs.fields(call.params)
        if call.only.get(field.encode_name, flavour) is not flavour
    }
    return structs.replace(params, **defaults)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
@FEW
@given(data=st.data())
def test_gateway_reads_the_parameters_that_a_client_of_either_flavour_sends(call, data):
    params = data.draw(values_of(call.params, OVERRIDES | (IN_PATH if "{name}" in call.path else {})))
    host = "192.0.2.1:80" if call.host is Host.GIVEN else None
    for flavour in Flavour:
        request = call.request(params, flavour, host=host)
        url = urlsplit(request.url)
        read = call.parse_params(url.query, request.body or b"", url.path)
        assert read == without_what_is_not_sent(call, params, flavour)
        # What no row knows is ignored.
        assert call.parse_params(f"{url.query}&unknown=1", request.body or b"", url.path) == read


@pytest.mark.parametrize("call", TYPED, ids=lambda call: call.name)
@FEW
@given(data=st.data())
def test_client_reads_the_result_that_a_gateway_builds_in_either_flavour(call, data):
    reply = Reply(0, data.draw(values_of(call.reply.kind)))
    for flavour in Flavour:
        raw = call.serialize_reply(reply, flavour)
        assert call.parse_reply(raw) == reply
        assert call.parse_reply(with_unknown_fields(raw)) == reply


def with_unknown_fields(raw: bytes) -> bytes:
    """The same answer with fields that no row knows, beside the result and in it."""
    answer = json.loads(raw)
    if isinstance(answer.get("result"), dict) and "ec" not in answer:
        answer["result"]["unknown"] = [{}]
    return json.dumps({**answer, "unknown": {"a": 1}}).encode()


def required_of(kind) -> set[str]:
    return {field.encode_name for field in structs.fields(kind) if field.required}


@pytest.mark.parametrize("call", [call for call in CALLS if required_of(call.params)], ids=lambda call: call.name)
def test_parameter_that_is_missing_is_named_with_its_call(call):
    bodies = {Form.ENVELOPE: b"r={}", Form.MULTIPART: serialize_multipart({"other": ""})[0]}
    with pytest.raises(MalformedMessage) as caught:
        call.parse_params("", bodies.get(call.form, b""))
    assert caught.value.call == call.name
    assert caught.value.field in required_of(call.params)
    assert caught.value.detail == "expected a value, got none"


@pytest.mark.parametrize("call", TYPED, ids=lambda call: call.name)
def test_field_of_an_answer_that_is_missing_is_named_with_its_call(call):
    is_array = not issubclass(get_origin(call.reply.kind) or call.reply.kind, Struct)
    required = required_of(get_args(call.reply.kind)[0] if is_array else call.reply.kind)
    result = [{}] if is_array else {}
    if not required:
        assert call.parse_reply(json.dumps({"retcode": 0, "result": result}).encode()).retcode == 0
        return
    with pytest.raises(MalformedMessage) as caught:
        call.parse_reply(json.dumps({"retcode": 0, "result": result}).encode())
    assert caught.value.call == call.name
    assert caught.value.field.split(".")[-1] in required
