import json
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings

from tests.protocol.data import vectors
from tests.protocol.strategies import RECEIVED, SENT, as_received
from webqq.protocol.calls import (
    POLL2,
    SEND_BUDDY_MSG2,
    SEND_DISCU_MSG2,
    SEND_QUN_MSG2,
    SEND_SESS_MSG2,
    PollParams,
    Reply,
    SendBuddyParams,
    SendDiscussParams,
    SendGroupParams,
    SendSessionParams,
)
from webqq.protocol.content import Content, parse_sent, serialize_sent
from webqq.protocol.events import FriendMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Gid, MessageId, QQNumber, Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016


def envelope(request) -> dict[str, object]:
    return json.loads(parse_qs(request.body.decode("ascii"), keep_blank_values=True)["r"][0])


def test_poll_of_each_time():
    params = PollParams(ptwebqq="63", clientid="53999199", psessionid="83")
    assert envelope(POLL2.request(params, NEW)) == {
        "ptwebqq": "63",
        "clientid": 53999199,
        "psessionid": "83",
        "key": "",
    }
    assert envelope(POLL2.request(params, OLD)) == {"clientid": "53999199", "psessionid": "83", "key": 0, "ids": []}


@pytest.mark.parametrize("flavour", Flavour)
def test_poll_acknowledges_the_batch_that_arrived(flavour):
    request = POLL2.request(PollParams(psessionid="83", key="12"), flavour)
    assert envelope(request)["key"] == "12"
    assert POLL2.parse_params("", request.body or b"").acknowledged == "12"


@pytest.mark.parametrize("key", ['"key":0,', '"key":"",', '"key":null,', ""])
def test_old_clients_acknowledge_nothing(key):
    body = f'r={{"clientid":"1","psessionid":"83",{key}"ids":[]}}'
    assert POLL2.parse_params("", body.encode()).acknowledged == ""


@pytest.mark.parametrize("vector", vectors("send_content"), ids=lambda vector: vector["text"])
def test_message_to_a_friend_is_the_one_of_the_vectors(vector):
    params = SendBuddyParams(
        to=Uin(3100000001),
        content=serialize_sent(Content.from_text(vector["text"], blank_after_face=True)),
        face=573,
        clientid="53999199",
        msg_id=MessageId(67750001),
        psessionid="8368046764001d636f",
    )
    request = SEND_BUDDY_MSG2.request(params, NEW)
    assert json.dumps(envelope(request)) == json.dumps(json.loads(vector["r_json"]))
    assert SEND_BUDDY_MSG2.parse_params("", vector["form_body"].encode()) == params


def test_message_to_a_group_names_the_gid():
    params = SendGroupParams(group_uin=Gid(4200000001), content="[]", msg_id=MessageId(1))
    sent = envelope(SEND_QUN_MSG2.request(params, NEW))
    assert sent["group_uin"] == 4200000001
    assert not {"group_code", "key", "sig"} & set(sent)


def test_sends_of_old_clients_are_read():
    body = b'r={"group_uin":"42","content":"[]","msg_id":"7","clientid":"1","psessionid":"83"}&clientid=1&psessionid=83'
    params = SEND_QUN_MSG2.parse_params("", body)
    assert (params.group_uin, params.msg_id, params.clientid) == (42, 7, "1")
    assert SEND_BUDDY_MSG2.parse_params("", b'r={"to":1,"content":"[]","msg_id":1,"face":null}').face is None


def test_message_to_a_discussion_names_the_did():
    params = SendDiscussParams(did=Did(3900000001), content="[]", msg_id=MessageId(1), key="k", sig="s")
    sent = envelope(SEND_DISCU_MSG2.request(params, OLD))
    assert (sent["did"], sent["key"], sent["sig"]) == (3900000001, "k", "s")
    assert SEND_DISCU_MSG2.parse_params("", b'r={"did":"39","content":"[]","msg_id":7}').did == 39


@settings(max_examples=50)
@given(SENT)
def test_any_content_of_a_send_arrives_in_either_flavour(content):
    text = serialize_sent(content)
    sends = [
        (SEND_BUDDY_MSG2, SendBuddyParams(to=Uin(1), content=text, msg_id=MessageId(1))),
        (SEND_QUN_MSG2, SendGroupParams(group_uin=Gid(1), content=text, msg_id=MessageId(1))),
        (SEND_DISCU_MSG2, SendDiscussParams(did=Did(1), content=text, msg_id=MessageId(1))),
        (SEND_SESS_MSG2, SendSessionParams(to=Uin(1), group_sig="b8", content=text, msg_id=MessageId(1))),
    ]
    for call, params in sends:
        for flavour in Flavour:
            read = call.parse_params("", call.request(params, flavour).body or b"")
            assert parse_sent(read.content) == content


@settings(max_examples=50)
@given(RECEIVED)
def test_any_content_of_a_poll_arrives_in_either_flavour(content):
    event = FriendMessage(from_uin=Uin(1), to_uin=QQNumber(2), msg_id=MessageId(3), time=4, content=content)
    expected = Content(tuple(map(as_received, content.parts)), content.font)
    for flavour in Flavour:
        raw = POLL2.serialize_reply(Reply(0, (event,)), flavour)
        [read] = POLL2.parse_reply(raw).result or ()
        assert isinstance(read, FriendMessage)
        assert read.content == expected
