"""The bot: who gets what, in which order, and how it ends."""

import asyncio
import json
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from tests.bot.running import Running
from tests.client.service import ACCOUNT, FRIEND, GROUP, KICK, OTHER, Service, friend_message, group_message
from webqq.bot import Bot, Message, PluginError
from webqq.client import (
    DiscussChat,
    FriendChat,
    GroupChat,
    Kicked,
    Outcome,
    SessionState,
    StorageError,
    StrangerChat,
    WrongPassword,
)
from webqq.protocol.calls import (
    GET_DISCU_INFO,
    GET_ONLINE_BUDDIES2,
    POLL2,
    SEND_BUDDY_MSG2,
    SEND_QUN_MSG2,
    DiscussInfo,
    DiscussInfoResult,
    DiscussMember,
    DiscussNick,
    Reply,
)
from webqq.protocol.content import Content, OfflinePicture
from webqq.protocol.events import BuddyStatus, DiscussMessage, Event, SessionMessage, UnknownEvent
from webqq.protocol.ids import Did, MessageId, QQNumber, Uin


def sent(service: Service) -> list[str]:
    """The texts that went to friends, in order."""
    return [json.loads(params.content)[0] for params in service.asked(SEND_BUDDY_MSG2)]


def is_idle(running: Running) -> bool:
    """Whether nothing is handled any more, to the last write of the inbox."""
    return not running.bot._dispatcher._tasks


def receive(service: Service, *events: Event, key: str = "9") -> None:
    service.answer_poll(events, key=key)
    service.loop.advance(30)


def test_handlers_get_their_kind_of_message(service: Service):
    got: list[tuple[str, str]] = []

    def set_up(bot: Bot) -> None:
        bot.on_message(lambda message: got.append(("any", message.text)))
        bot.on_friend_message(lambda message: got.append(("friend", message.text)))
        bot.on_group_message(lambda message: got.append(("group", message.text)))

    running = Running(service, set_up).start()
    service.answer_members()
    receive(service, friend_message("一", 1), group_message("二", 2))
    assert sorted(got) == [("any", "一"), ("any", "二"), ("friend", "一"), ("group", "二")]
    running.end()


def test_message_tells_chat_sender_and_text(service: Service):
    got: list[Message] = []
    running = Running(service, lambda bot: bot.on_message(got.append)).start()
    service.answer_members()
    receive(service, friend_message("你好[微笑]", uin=OTHER))
    receive(service, group_message("大家好", 2))
    friendly, grouped = got
    assert (friendly.chat, friendly.sender.name, friendly.text) == (FriendChat(OTHER), "王红", "你好[微笑]")
    assert (grouped.chat, grouped.sender.name, grouped.text) == (GroupChat(GROUP), "组长", "大家好")
    assert (friendly.is_group, grouped.is_group, friendly.redelivered) == (False, True, False)
    running.end()


def test_reply_goes_to_the_chat_and_tells_its_end(service: Service):
    outcomes: list[Outcome] = []

    async def answer(message: Message) -> None:
        outcomes.append(await message.reply(message.text + "!"))

    running = Running(service, lambda bot: bot.on_message(answer)).start()
    service.answer_members()
    receive(service, friend_message("一", 1), group_message("二", 2))
    assert outcomes == [Outcome.SENT, Outcome.SENT]
    assert service.asked(SEND_BUDDY_MSG2)[0].to == FRIEND
    assert service.asked(SEND_QUN_MSG2)[0].group_uin == GROUP
    running.end()


def test_unknown_sender_is_named_by_the_alias(service: Service):
    got: list[Message] = []
    running = Running(service, lambda bot: bot.on_message(got.append)).start()
    receive(service, friend_message("一", uin=Uin(5)))
    assert got[0].sender.name == "5"
    running.end()


def test_group_whose_members_are_not_told_is_answered_all_the_same(service: Service):
    got: list[Message] = []
    running = Running(service, lambda bot: bot.on_message(got.append)).start()
    service.network.answer("http://s.web2.qq.com/api/get_group_info_ext2", status=500)
    receive(service, group_message("一"))
    assert got[0].sender.name == str(FRIEND)
    running.end()


@pytest.mark.parametrize(
    "event",
    [friend_message("", uin=Uin(ACCOUNT)), friend_message("", uin=Uin(0)), group_message("", sender=Uin(ACCOUNT))],
)
def test_own_messages_reach_no_message_handler(service: Service, event: Event):
    got: list[object] = []

    def set_up(bot: Bot) -> None:
        bot.on_message(got.append)
        bot.on_event(type(event))(got.append)

    running = Running(service, set_up).start()
    receive(service, event)
    assert got == [event]
    running.end()


def test_events_reach_the_handlers_of_their_type(service: Service):
    got: list[object] = []
    running = Running(service, lambda bot: bot.on_event(BuddyStatus)(got.append)).start()
    status = BuddyStatus(uin=FRIEND, status="away")
    receive(service, status, UnknownEvent(poll_type="tips", value={}), friend_message("一"))
    assert got == [status]
    running.end()


def test_messages_of_a_chat_are_handled_in_order_and_chats_side_by_side(service: Service):
    seen: list[str] = []

    async def slowly(message: Message) -> None:
        seen.append(f"{message.text} begins")
        await asyncio.sleep(5 if message.chat == FriendChat(FRIEND) else 1)
        seen.append(f"{message.text} ends")

    running = Running(service, lambda bot: bot.on_message(slowly)).start()
    receive(service, friend_message("一", 1), friend_message("二", 2), friend_message("三", 3, OTHER))
    assert seen == ["一 begins", "三 begins", "三 ends", "一 ends", "二 begins", "二 ends"]
    running.end()


def test_handler_that_raises_is_logged_with_its_plugin_and_the_rest_go_on(service: Service, expect_log):
    expect_log("webqq.bot", r"plugin tests.bot.test_bot, fail raised")
    got: list[Message] = []

    async def fail(message: Message) -> None:
        raise LookupError("of the plugin")

    def set_up(bot: Bot) -> None:
        bot.on_message(fail)
        bot.on_message(got.append)

    running = Running(service, set_up).start()
    receive(service, friend_message("一", 1), friend_message("二", 2))
    assert [message.text for message in got] == ["一", "二"]
    running.end()


def test_handler_that_hangs_is_stopped(service: Service, expect_log):
    expect_log("webqq.bot", "hang hung for 20 s and was stopped here")
    got: list[Message] = []

    async def hang(message: Message) -> None:
        await asyncio.Event().wait()

    def set_up(bot: Bot) -> None:
        bot.on_message(hang)
        bot.on_message(got.append)

    running = Running(service, set_up, handler_timeout=20).start()
    receive(service, friend_message("一"))
    assert len(got) == 1
    running.end()


def test_only_functions_are_handlers(service: Service):
    with pytest.raises(TypeError, match="a handler is a function"):
        Running(service, lambda bot: bot.on_message("no function"))  # type: ignore[type-var]  # the point of it


def test_ready_is_told_once_signed_in(service: Service):
    running = Running(service).start()
    assert running.is_ready
    assert running.bot.client.state is SessionState.ONLINE
    running.end()


def test_stop_lets_running_handlers_end_and_signs_out(service: Service):
    async def slowly(message: Message) -> None:
        await asyncio.sleep(5)
        await message.reply("fertig")

    running = Running(service, lambda bot: bot.on_message(slowly)).start()
    service.answer_poll([friend_message("一")])
    service.loop.settle()
    running.end()
    assert sent(service) == ["fertig"]
    assert service.paths()[-1] == "logout2"
    assert running.bot.client.state is SessionState.CLOSED


def test_stop_does_not_wait_for_ever(service: Service, expect_log):
    expect_log("webqq.bot", "1 messages were not handled to their end")

    async def hang(message: Message) -> None:
        await asyncio.Event().wait()

    running = Running(service, lambda bot: bot.on_message(hang), stop_timeout=10).start()
    service.answer_poll([friend_message("一")])
    service.loop.settle()
    running.end()
    assert service.loop.time() < 20


def test_message_that_was_cut_off_comes_again(service: Service, tmp_path: Path, expect_log):
    expect_log("webqq.bot", "1 messages were not handled")
    begun: list[Message] = []

    async def hang(message: Message) -> None:
        begun.append(message)
        await asyncio.Event().wait()

    running = Running(service, lambda bot: bot.on_message(hang), data=tmp_path).start()
    service.answer_poll([friend_message("一")])
    service.run_until(lambda: begun)
    running.end()
    got: list[Message] = []
    again = Running(service, lambda bot: bot.on_message(got.append), data=tmp_path).start()
    service.run_until(lambda: got)
    again.end()
    assert [(message.text, message.redelivered) for message in got] == [("一", True)]


def received(service: Service, folder: Path, *, handled: bool) -> None:
    """A run of a bot that receives one message, with a handler for it or without."""
    running = Running(service, lambda bot: bot.on_message(lambda message: None) if handled else None, data=folder)
    running.start()
    service.answer_poll([friend_message("一")], key="1")
    service.run_until(lambda: "1" in [params.key for params in service.asked(POLL2)] and not undone(folder))
    running.end()


def undone(folder: Path) -> int:
    """How many messages the inbox holds that are not done with."""
    connection = sqlite3.connect(folder / "inbox.sqlite3")
    try:
        [(count,)] = connection.execute("SELECT count(*) FROM inbox WHERE done_at IS NULL")
        return int(count)
    finally:
        connection.close()


@pytest.mark.parametrize("handled", [True, False])
def test_message_that_is_done_with_does_not_come_again(service: Service, tmp_path: Path, handled: bool):
    received(service, tmp_path, handled=handled)
    got: list[Message] = []
    again = Running(service, lambda bot: bot.on_message(got.append), data=tmp_path).start()
    again.end()
    assert got == []


def test_inbox_that_fails_is_said_and_lived_with(service: Service, expect_log, monkeypatch: pytest.MonkeyPatch):
    expect_log("webqq.bot", "the disk is full")
    running = Running(service, lambda bot: bot.on_message(lambda message: None)).start()

    async def done(delivery: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(running.bot.client, "done", done)
    receive(service, friend_message("一"))
    running.end()


def test_kick_ends_the_bot_with_an_error(service: Service):
    running = Running(service).start()
    receive(service, KICK)
    with pytest.raises(Kicked):
        running.wait()
    assert running.bot.client.state is SessionState.CLOSED
    assert service.paths().count("login2") == 1


def test_login_that_fails_ends_the_bot_with_an_error(service: Service):
    service.answer_login(code=3)
    running = Running(service).start()
    with pytest.raises(WrongPassword):
        running.wait()
    assert not running.is_ready


def test_stop_during_the_login_ends_it(service: Service):
    service.network.prepare_socket("http://ui.ptlogin2.qq.com/")
    running = Running(service)
    service.answer_logout()

    async def run() -> None:
        service.loop.call_later(5, running.bot.stop)
        await running.bot.run(signals=())

    service.run(run())
    assert running.bot.client.state is SessionState.CLOSED


def test_signal_stops_the_bot(service: Service):
    service.answer_whole_login()
    service.answer_logout()
    running = Running(service)
    service.run(running.bot.run(lambda: os.kill(os.getpid(), signal.SIGTERM), signals=[signal.SIGTERM]))
    assert running.bot.client.state is SessionState.CLOSED


def test_plugin_is_loaded_by_name_and_named_in_the_log(service: Service, tmp_path: Path, monkeypatch, expect_log):
    expect_log("webqq.bot", "plugin my_failing_plugin, answer raised")
    (tmp_path / "my_failing_plugin.py").write_text(
        "def setup(bot):\n    @bot.on_message\n    def answer(message):\n        raise LookupError\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    running = Running(service, lambda bot: bot.load("my_failing_plugin")).start()
    receive(service, friend_message("一"))
    running.end()


def test_plugin_whose_setup_fails_is_one_clear_error(service: Service, tmp_path: Path, monkeypatch):
    (tmp_path / "my_broken_plugin.py").write_text("def setup(bot):\n    bot.no_such_method()\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match="'my_broken_plugin' could not be set up: AttributeError"):
        Running(service, lambda bot: bot.load("my_broken_plugin"))


def test_only_the_handler_that_failed_gets_the_message_in_the_next_run(service: Service, tmp_path: Path, expect_log):
    expect_log("webqq.bot", "plugin tests.bot.test_bot, fragile raised")
    got: list[tuple[str, bool]] = []
    is_broken = True

    def fragile(message: Message) -> None:
        if is_broken:
            raise LookupError("of the handler")
        got.append(("fragile", message.redelivered))

    def sound(message: Message) -> None:
        got.append(("sound", message.redelivered))

    def set_up(bot: Bot) -> None:
        bot.on_message(fragile)
        bot.on_message(sound)

    first = Running(service, set_up, data=tmp_path).start()
    service.answer_poll([friend_message("一")], key="1")
    service.run_until(lambda: got and is_idle(first))
    first.end()
    is_broken = False
    service.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
    service.answer_roster()
    second = Running(service, set_up, data=tmp_path).start()
    service.run_until(lambda: len(got) == 2 and is_idle(second))
    second.end()
    assert got == [("sound", False), ("fragile", True)]


def test_discussions_and_strangers_have_handlers_and_replies(service: Service):
    got: list[Message] = []

    def set_up(bot: Bot) -> None:
        bot.on_discussion_message(got.append)
        bot.on_stranger_message(got.append)

    running = Running(service, set_up).start()
    member = DiscussInfoResult(
        info=DiscussInfo(
            did=Did(39), discu_owner=FRIEND, mem_list=(DiscussMember(mem_uin=FRIEND, ruin=QQNumber(200300401)),)
        ),
        mem_info=(DiscussNick(uin=FRIEND, nick="小明"),),
    )
    service.answer(GET_DISCU_INFO, Reply(0, member))
    receive(
        service,
        DiscussMessage(
            from_uin=Uin(10000),
            to_uin=ACCOUNT,
            msg_id=MessageId(1),
            msg_id2=1,
            time=1,
            did=Did(39),
            send_uin=FRIEND,
            content=Content.from_text("周六出发"),
        ),
        SessionMessage(
            from_uin=Uin(5),
            to_uin=ACCOUNT,
            msg_id=MessageId(2),
            msg_id2=2,
            time=2,
            id=GROUP,
            service_type=0,
            content=Content((OfflinePicture("/p"), "你好")),
        ),
    )
    assert {(message.chat, message.sender.name) for message in got} == {
        (DiscussChat(Did(39)), "小明"),
        (StrangerChat(Uin(5), GROUP), "5"),
    }
    assert [message.pictures for message in got if message.pictures] == [(OfflinePicture("/p"),)]
    running.end()
