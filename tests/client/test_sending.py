"""The request of each kind of send."""

import json
from typing import Any

import pytest

from tests.client.service import CODE, FRIEND, GROUP, Service
from webqq.client.calling import Caller
from webqq.client.chat import Chat, DiscussChat, GroupChat, StrangerChat
from webqq.client.errors import NotAllowed
from webqq.client.sending import SIGNATURE_LIFETIME, SendRequests
from webqq.protocol.calls import (
    GET_C2CMSG_SIG2,
    GET_GFACE_SIG2,
    SEND_DISCU_MSG2,
    SEND_QUN_MSG2,
    SEND_SESS_MSG2,
    Call,
    ChatSignature,
    GfaceSignature,
    Reply,
)
from webqq.protocol.content import Content, GroupPicture
from webqq.protocol.ids import Did, MessageId

STRANGER = StrangerChat(FRIEND, GROUP)
TEXT = Content.from_text("你好")
PICTURE = Content((GroupPicture("A.jpg"), "\n"))


def make_requests(service: Service) -> SendRequests:
    return SendRequests(service.open_calls(), lambda gid: CODE)


def make(service: Service, requests: SendRequests, call: Call[Any, Any], chat: Chat, content: Content) -> Any:
    request, _ = service.run(requests.make(chat, content, MessageId(5)))
    assert request.full_url.endswith(call.path)
    assert isinstance(request.data, bytes)
    return call.parse_params("", request.data)


def test_discussion_gets_its_number(service: Service):
    params = make(service, make_requests(service), SEND_DISCU_MSG2, DiscussChat(Did(3900000001)), TEXT)
    assert (params.did, params.msg_id, params.key, json.loads(params.content)[0]) == (3900000001, 5, None, "你好")


def test_picture_in_a_group_carries_key_and_signature_asked_for_once(service: Service):
    requests = make_requests(service)
    service.answer(GET_GFACE_SIG2, Reply(0, GfaceSignature(gface_key="k", gface_sig="s")))
    for _ in range(2):
        params = make(service, requests, SEND_QUN_MSG2, GroupChat(GROUP), PICTURE)
        assert (params.group_uin, params.group_code, params.key, params.sig) == (GROUP, CODE, "k", "s")
    assert len(service.asked(GET_GFACE_SIG2)) == 1
    assert make(service, requests, SEND_QUN_MSG2, GroupChat(GROUP), TEXT).key is None


def test_stranger_gets_the_signature_that_lasts_five_minutes(service: Service):
    requests = make_requests(service)
    for value in ("first", "second"):
        service.answer(GET_C2CMSG_SIG2, Reply(0, ChatSignature(value=value)))
    assert make(service, requests, SEND_SESS_MSG2, STRANGER, TEXT).group_sig == "first"
    assert make(service, requests, SEND_SESS_MSG2, STRANGER, TEXT).group_sig == "first"
    service.loop.advance(SIGNATURE_LIFETIME)
    assert make(service, requests, SEND_SESS_MSG2, STRANGER, TEXT).group_sig == "second"
    [asked, _] = service.asked(GET_C2CMSG_SIG2)
    assert (asked.id, asked.to_uin, asked.service_type) == (GROUP, FRIEND, 0)


def test_group_that_forbids_strangers_is_told(service: Service):
    requests = make_requests(service)
    service.answer(GET_C2CMSG_SIG2, Reply(0, ChatSignature(value="")))
    with pytest.raises(NotAllowed, match="no temporary chat is allowed"):
        service.run(requests.make(STRANGER, TEXT, MessageId(5)))


def test_stranger_gets_no_picture(service: Service):
    with pytest.raises(NotAllowed, match="takes no pictures"):
        service.run(make_requests(service).make(STRANGER, PICTURE, MessageId(5)))


def test_answer_is_read_by_the_row(service: Service):
    requests = make_requests(service)
    request, read = service.run(requests.make(GroupChat(GROUP), TEXT, MessageId(5)))
    service.answer(SEND_QUN_MSG2, Reply(1202))
    response = service.run(Caller(service.stream()).fetch("send", request))
    assert read(response).retcode == 1202
