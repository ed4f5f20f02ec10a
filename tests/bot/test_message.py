"""A message as handlers get it; what a reply does is in test_bot.py."""

from tests.client.service import FRIEND, GROUP, Service, friend_message, group_message
from webqq.bot import Message
from webqq.client import Friend, FriendChat, GroupChat, Member


def test_message_shows_what_was_written(service: Service):
    event = friend_message("你好[微笑]")
    message = Message(FriendChat(FRIEND), Friend(FRIEND, "小明"), event, _client=service.client())
    assert (message.text, message.content, message.is_group) == ("你好[微笑]", event.content, False)
    assert "WebQQClient" not in repr(message)


def test_message_in_a_group_says_so(service: Service):
    event = group_message("大家好")
    assert Message(GroupChat(GROUP), Member(FRIEND), event, _client=service.client()).is_group
