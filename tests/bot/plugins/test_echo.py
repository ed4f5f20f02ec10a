"""The echo plugin."""

import json

import pytest

from tests.bot.running import Running
from tests.client.service import ACCOUNT, Service, friend_message, group_message
from webqq.bot import Bot
from webqq.protocol.calls import SEND_BUDDY_MSG2, SEND_QUN_MSG2
from webqq.protocol.content import Content, Face, OfflinePicture
from webqq.protocol.events import Event, FriendMessage
from webqq.protocol.ids import Uin


def echo_of(service: Service, event: Event) -> list[object]:
    """What the plugin sent after an event, without the font."""
    running = Running(service, load).start()
    service.answer_members()
    service.answer_poll([event])
    service.loop.advance(10)
    running.end()
    sent = service.asked(SEND_BUDDY_MSG2) + service.asked(SEND_QUN_MSG2)
    return [part for params in sent for part in json.loads(params.content)[:-1]]


def load(bot: Bot) -> None:
    bot.load("echo")


def message_of(*parts: object) -> FriendMessage:
    like = friend_message("")
    return FriendMessage(
        from_uin=like.from_uin, to_uin=ACCOUNT, msg_id=like.msg_id, time=like.time, content=Content(parts)
    )


@pytest.mark.parametrize(
    "text", ["你好", "<b>&amp;</b> \"quoted\" 'too'", "😀 a\nb", "[微笑] as it was typed", "/echo a"]
)
def test_friend_gets_the_text_back_as_it_was(service: Service, text: str):
    assert echo_of(service, message_of(text)) == [text]


def test_friend_gets_faces_back(service: Service):
    assert echo_of(service, message_of("a", Face(14), " b")) == ["a", ["face", 14], " b"]


def test_picture_comes_back_as_its_name(service: Service):
    assert echo_of(service, message_of("a", OfflinePicture("/x"))) == ["a[图片]"]


@pytest.mark.parametrize("prefix", ["/echo ", "@机器人 "])
def test_group_gets_back_what_was_said_to_the_bot(service: Service, prefix: str):
    assert echo_of(service, group_message(prefix + "大家好")) == ["大家好"]


@pytest.mark.parametrize("text", ["大家好", "a /echo b", "@小明 你好", "/echo", "/echo  ", "/echoes b"])
def test_group_is_left_alone_otherwise(service: Service, text: str):
    assert echo_of(service, group_message(text)) == []


@pytest.mark.parametrize(
    "event", [friend_message("一", uin=Uin(ACCOUNT)), group_message("/echo 一", sender=Uin(ACCOUNT))]
)
def test_bot_never_answers_itself(service: Service, event: Event):
    assert echo_of(service, event) == []


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_not_echoed(service: Service, text: str):
    assert echo_of(service, message_of(text)) == []
