"""Every row reads what it builds, whatever stands in it."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.protocol.strategies import TEXTS, TOKENS, values_of
from webqq.protocol.calls import CALLS, Host, Reply
from webqq.protocol.calls.replies import EcForm, ResultForm
from webqq.protocol.flavour import Flavour

FEW = settings(max_examples=25)  # There are many rows.
# What stands for a name with these in a multipart body is ambiguous; see the tests of multipart.
FILE_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%"))
OVERRIDES = {
    "filename": FILE_NAMES,
    "media_type": st.sampled_from(["image/jpeg", "application/octet-stream"]),
    # 2013 writes something where there is nothing: 0 and an empty text.
    "key": TOKENS.filter(bool),
    "passwd_sig": TEXTS,
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


@pytest.mark.parametrize("call", TYPED, ids=lambda call: call.name)
@FEW
@given(data=st.data())
def test_client_reads_the_result_that_a_gateway_builds_in_either_flavour(call, data):
    reply = Reply(0, data.draw(values_of(call.reply.kind)))
    for flavour in Flavour:
        assert call.parse_reply(call.serialize_reply(reply, flavour)) == reply
