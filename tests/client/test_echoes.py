"""Own messages that come back."""

import pytest

from tests.client.service import ACCOUNT, FRIEND, GROUP, Service, friend_message, group_message
from webqq.client.chat import FriendChat, GroupChat
from webqq.client.echoes import ECHO_WAIT, Echoes
from webqq.protocol.content import Content
from webqq.protocol.ids import Gid, Uin

TEXT = Content.from_text("你好[微笑]")


def test_echo_counts_once_whatever_its_blanks():
    echoes = Echoes()
    with echoes.expect(GroupChat(GROUP), TEXT):
        assert echoes.hear(group_message("你好[微笑] ", sender=Uin(ACCOUNT)))
        assert not echoes.hear(group_message("你好[微笑] ", sender=Uin(ACCOUNT)))
    assert not echoes.hear(group_message("你好[微笑]"))


def test_echo_of_another_chat_or_text_is_none():
    echoes = Echoes()
    with echoes.expect(GroupChat(Gid(5)), TEXT), echoes.expect(FriendChat(FRIEND), TEXT):
        assert not echoes.hear(group_message("你好[微笑]"))
        assert not echoes.hear(friend_message("别的"))


def test_own_message_to_a_friend_does_not_tell_which():
    echoes = Echoes()
    with echoes.expect(FriendChat(FRIEND), TEXT):
        assert echoes.hear(friend_message("你好[微笑]", uin=Uin(0)))


@pytest.mark.parametrize(("is_heard", "seconds"), [(True, 0), (False, ECHO_WAIT)])
def test_waiting_has_an_end(service: Service, is_heard: bool, seconds: float):
    async def main() -> bool:
        echoes = Echoes()
        with echoes.expect(GroupChat(GROUP), TEXT) as echo:
            if is_heard:
                echoes.hear(group_message("你好[微笑]"))
            return await echo.wait()

    assert service.run(main()) is is_heard
    assert service.loop.time() == seconds
