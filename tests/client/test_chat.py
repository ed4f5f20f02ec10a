"""Which chat an event belongs to."""

from tests.client.service import FRIEND, GROUP, KICK, friend_message, group_message
from webqq.client.chat import FriendChat, GroupChat, chat_of


def test_message_of_a_friend_belongs_to_the_friend():
    assert chat_of(friend_message("一")) == FriendChat(FRIEND)


def test_message_in_a_group_belongs_to_the_group():
    assert chat_of(group_message("一")) == GroupChat(GROUP)


def test_what_is_no_message_belongs_to_no_chat():
    assert chat_of(KICK) is None


def test_chats_are_named_for_the_log():
    assert (str(FriendChat(FRIEND)), str(GroupChat(GROUP))) == ("friend 3100000001", "group 4200000001")
