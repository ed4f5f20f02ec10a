import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.protocol.data import sample
from webqq.protocol.calls import (
    GET_C2CMSG_SIG2,
    SEND_SESS_MSG2,
    ChatSignature,
    ChatSignatureParams,
    SendSessionParams,
    ServiceType,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import MessageId, Uin

NEW = Flavour.SMARTQQ_2016
STRANGER = Uin(3100000003)


def test_signature_is_asked_for_the_group_and_the_person():
    params = ChatSignatureParams(id=4200000001, to_uin=STRANGER, clientid="53999199", psessionid="83")
    query = parse_qs(urlsplit(GET_C2CMSG_SIG2.request(params, NEW).url).query)
    assert (query["id"], query["to_uin"], query["service_type"]) == (["4200000001"], ["3100000003"], ["0"])


def test_signature_without_a_value_forbids_the_chat():
    signature = GET_C2CMSG_SIG2.parse_reply(sample("get_c2cmsg_sig2.json")).result
    assert signature is not None
    assert signature.is_allowed
    assert signature.flags.pic == 1
    assert not ChatSignature().is_allowed


def test_send_carries_the_signature():
    params = SendSessionParams(
        to=STRANGER, group_sig="b839", content="[]", msg_id=MessageId(7), service_type=ServiceType.DISCUSSION
    )
    request = SEND_SESS_MSG2.request(params, NEW)
    assert request.body is not None
    sent = json.loads(parse_qs(request.body.decode())["r"][0])
    assert (sent["to"], sent["group_sig"], sent["service_type"]) == (3100000003, "b839", 1)


def test_send_without_a_signature_is_malformed():
    with pytest.raises(MalformedMessage, match="send_sess_msg2, group_sig: expected a value, got none"):
        SEND_SESS_MSG2.parse_params("", b'r={"to":1,"content":"[]","msg_id":1}')
