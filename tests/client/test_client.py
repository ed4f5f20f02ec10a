"""The client as its users see it."""

import asyncio
import threading
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.client.service import ACCOUNT, FRIEND, GROUP, GROUPS, KICK, PASSWORD, Service, friend_message
from webqq.client import (
    DataFolder,
    Delivery,
    FriendChat,
    Gap,
    Kicked,
    Outcome,
    QueueFull,
    RosterChange,
    SendResult,
    SessionState,
    StorageError,
    WebQQClient,
    WrongPassword,
)
from webqq.client.database import Database
from webqq.client.inbox import SQLiteInbox
from webqq.client.state import SessionInput
from webqq.protocol.calls import (
    GET_GROUP_NAME_LIST_MASK2,
    GET_ONLINE_BUDDIES2,
    GET_USER_FRIENDS2,
    LOGOUT2,
    POLL2,
    SEND_BUDDY_MSG2,
    SEND_QUN_MSG2,
    FriendsResult,
    Reply,
)
from webqq.protocol.content import Content
from webqq.protocol.events import FriendMessage, Tips, gap_text
from webqq.protocol.status import Status


def texts(deliveries: list[Delivery]) -> list[str]:
    return [delivery.event.content.text for delivery in deliveries]


def test_start_signs_in_loads_the_roster_and_polls(service: Service):
    client = service.started()
    service.loop.settle()
    assert client.state is SessionState.ONLINE
    assert client.nick == "机器人"
    assert [friend.name for friend in client.roster.friends.values()] == ["小明", "王红"]
    assert service.paths() == [
        *("login", "check", "login", "check_sig", "login2", "get_online_buddies2"),
        *("get_user_friends2", "get_group_name_list_mask2", "poll2"),
    ]


def test_events_are_handed_over_in_order_and_acknowledged_by_the_next_poll(service: Service):
    got: list[Delivery] = []
    service.started(on_delivery=got.append)
    service.answer_poll([friend_message("一", 1), friend_message("二", 2)], key="2")
    service.loop.settle()
    assert texts(got) == ["一", "二"]
    assert [poll.key for poll in service.asked(POLL2)] == ["new", "2"]


def test_next_poll_waits_for_what_on_delivery_awaits(service: Service):
    is_free = asyncio.Event()

    async def take(delivery: Delivery) -> None:
        await is_free.wait()

    service.started(on_delivery=take)
    service.answer_poll([friend_message("一")], key="1")
    service.loop.advance(200)
    assert len(service.asked(POLL2)) == 1
    is_free.set()
    service.loop.settle()
    assert len(service.asked(POLL2)) == 2


def test_message_that_comes_again_is_handed_over_once(service: Service):
    got: list[Delivery] = []
    service.started(on_delivery=got.append)
    service.answer_poll([friend_message("一", 1)], key="1")
    service.answer_poll([friend_message("一", 1), friend_message("二", 2)], key="2")
    service.loop.settle()
    assert texts(got) == ["一", "二"]


def test_on_delivery_that_raises_stops_nothing(service: Service, expect_log):
    got: list[Delivery] = []

    def take(delivery: Delivery) -> None:
        got.append(delivery)
        raise LookupError("of the handler")

    expect_log("webqq.client", "on_delivery raised for FriendMessage")
    service.started(on_delivery=take)
    service.answer_poll([friend_message("一", 1), friend_message("二", 2)], key="2")
    service.loop.settle()
    assert len(got) == 2
    assert len(service.asked(POLL2)) == 2


def test_sends_end_with_an_outcome(service: Service):
    client = service.started()
    service.answer(SEND_BUDDY_MSG2, Reply(0))
    service.answer(SEND_QUN_MSG2, Reply(100001))
    assert service.run(client.send_to_friend(FRIEND, "你好[微笑]")) is Outcome.SENT
    assert service.asked(SEND_BUDDY_MSG2)[0].to == FRIEND
    assert '["face",14]' in service.asked(SEND_BUDDY_MSG2)[0].content


def test_send_that_is_refused_has_failed_and_says_so_in_the_log(service: Service, expect_log):
    expect_log("webqq.client", "message to group .*: failed, the service answered 100001")
    client = service.started()
    service.answer(SEND_QUN_MSG2, Reply(100001))
    assert service.run(client.send_to_group(GROUP, Content.from_text("大家好"))) is Outcome.FAILED


def test_kick_ends_the_session_for_good(service: Service):
    got: list[Delivery] = []
    client = service.started(on_delivery=got.append)
    service.answer_poll([friend_message("一"), KICK])
    with pytest.raises(Kicked, match="另一地点"):
        service.run(client.wait_ended())
    service.loop.advance(1000)
    assert client.state is SessionState.KICKED
    assert len(got) == 2
    assert service.paths().count("login2") == 1
    assert service.paths().count("poll2") == 1


def test_close_without_a_data_folder_logs_out(service: Service):
    service.answer_logout()
    client = service.started()
    service.run(client.close())
    assert client.state is SessionState.CLOSED
    assert [params.psessionid for params in service.asked(LOGOUT2)] == ["session-1"]
    service.loop.advance(1000)
    assert service.paths()[-1] == "logout2"


def test_close_twice_is_once(service: Service):
    service.answer_logout()
    client = service.started()
    service.run(client.close())
    service.run(client.close())
    assert len(service.asked(LOGOUT2)) == 1


def test_who_waits_for_the_end_hears_of_close(service: Service):
    client = service.started()

    async def close_while_waiting() -> None:
        waiting = asyncio.ensure_future(client.wait_ended())
        await asyncio.sleep(1)
        await client.close()
        await waiting

    service.answer_logout()
    service.run(close_while_waiting())


def test_session_is_kept_in_the_data_folder_and_resumed(service: Service, tmp_path: Path):
    first = service.started(data=tmp_path)
    service.run(first.close())
    assert service.paths().count("logout2") == 0
    service.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
    service.answer_roster()
    second = service.client(data=tmp_path)
    service.run(second.start())
    assert second.state is SessionState.ONLINE
    assert second.nick == "机器人"
    assert service.paths().count("login2") == 1


def test_what_was_not_done_comes_again_after_a_restart(service: Service, tmp_path: Path):
    async def store() -> None:
        database = Database(tmp_path / "inbox.sqlite3")
        inbox = SQLiteInbox(database, ACCOUNT)
        done, _ = await inbox.put([friend_message("一", 1), friend_message("二", 2)])
        await inbox.done(done)
        await database.close()

    asyncio.run(store())
    got: list[Delivery] = []
    client = service.started(data=tmp_path, on_delivery=got.append)
    assert [(delivery.event.content.text, delivery.redelivered) for delivery in got] == [("二", True)]
    service.run(client.done(got[0]))


def test_two_clients_of_one_account_cannot_share_a_data_folder(service: Service, tmp_path: Path):
    client = service.client(data=tmp_path)
    with pytest.raises(StorageError, match="another process works as 100200300"):
        service.client(data=tmp_path)
    service.run(client.close())
    service.client(data=tmp_path)


def test_failed_login_leaves_a_client_that_can_be_closed(service: Service):
    service.answer_login(code=3, text="您输入的帐号或密码不正确")
    client = service.client()
    with pytest.raises(WrongPassword, match="不正确"):
        service.run(client.start())
    assert client.state is SessionState.OFFLINE
    assert PASSWORD not in repr(client)


def test_stream_without_cookies_is_refused(service: Service):
    async def make() -> None:
        WebQQClient(service.network.stream(), ACCOUNT, PASSWORD)

    with pytest.raises(ValueError, match="needs a cookiejar"):
        service.run(make())


def test_states_are_told(service: Service):
    states: list[SessionState] = []
    service.started(on_state=states.append)
    assert states == [SessionState.LOGGING_IN, SessionState.ONLINE]


def test_new_login_loads_the_roster_again(service: Service):
    service.started()
    service.answer_whole_login("session-2")
    service.answer_poll(retcode=100)
    service.loop.settle()
    assert service.paths().count("get_user_friends2") == 2
    assert service.asked(POLL2)[-1].psessionid == "session-2"
    assert service.asked(POLL2)[-1].key == "new"


def test_cookies_go_with_every_call(service: Service):
    service.started()
    service.loop.settle()
    poll = service.network.requests[-1]
    assert "ptwebqq=aa" in poll.headers["Cookie"]
    assert "p_skey=pskey" in poll.headers["Cookie"]


def test_jar_is_the_streams_own(service: Service):
    jar = CookieJar()

    async def make() -> WebQQClient:
        return WebQQClient(service.network.stream(cookiejar=jar), ACCOUNT, PASSWORD)

    service.answer_whole_login()
    service.run(service.run(make()).sign_in())
    assert {cookie.name for cookie in jar} == {"ptwebqq", "p_skey"}


def test_block_signs_in_sends_reads_events_and_closes(service: Service):
    service.answer_whole_login()
    service.answer_sends()
    service.answer_logout()
    service.answer_poll([friend_message("一", 1), friend_message("二", 2)], key="2")
    client = service.client()

    async def main() -> list[str]:
        got: list[str] = []
        async with client as qq:
            assert (await qq.send(await qq.roster.find("小明"), "你好")).outcome is Outcome.SENT
            async for event in qq.events():
                assert isinstance(event, FriendMessage)
                got.append(event.content.text)
                if len(got) == 2:
                    break
        return got

    assert service.run(main()) == ["一", "二"]
    assert client.state is SessionState.CLOSED


def test_events_end_with_the_kick(service: Service):
    service.answer_poll([KICK])
    client = service.client()
    service.answer_whole_login()

    async def main() -> list[object]:
        return [event async for event in client.events()]

    with pytest.raises(Kicked):
        service.run(main())


def test_event_is_done_when_the_next_one_is_asked_for(service: Service, tmp_path: Path):
    service.answer_poll([friend_message("一", 1), friend_message("二", 2)], key="2")
    service.answer_whole_login()
    client = service.client(data=tmp_path)

    async def main() -> list[str]:
        events = client.events()
        got = [await anext(events), await anext(events)]
        await events.aclose()
        left = await client._inbox.unfinished()
        await client.close()
        return [event.content.text for event in got if isinstance(event, FriendMessage)] + texts(left)

    assert service.run(main()) == ["一", "二", "二"]


def test_block_that_cannot_sign_in_closes(service: Service):
    service.answer_login(code=3, text="不正确")
    client = service.client()

    async def main() -> None:
        async with client:
            raise AssertionError("not reached")

    with pytest.raises(WrongPassword):
        service.run(main())
    assert client.state is SessionState.CLOSED


def test_login_needs_one_way(service: Service):
    async def make(**options: Any) -> None:
        WebQQClient(service.stream(), ACCOUNT, **options)

    for options in ({}, {"password": "x", "qr": print}):
        with pytest.raises(ValueError, match="one of password and qr"):
            service.run(make(**options))
    with pytest.raises(ValueError, match="sign in as offline"):
        service.run(make(password="x", status=Status.OFFLINE))


def test_queued_sends_are_told_by_their_number(service: Service):
    told: list[tuple[int, SendResult]] = []
    client = service.started(on_sent=lambda number, result: told.append((number, result)))
    service.answer_sends()
    numbers = [service.run(client.queue(FriendChat(FRIEND), text)) for text in ("一", "二")]
    service.loop.advance(10)
    assert told == [(number, SendResult(Outcome.SENT)) for number in numbers]


def test_queued_send_that_did_not_go_out_goes_out_in_the_next_run(service: Service, tmp_path: Path):
    first = service.started(data=tmp_path)
    first._link.machine.move(SessionInput.LOSE_LINK)
    service.run(first.queue(FriendChat(FRIEND), "一"))
    service.loop.settle()
    service.run(first.close())
    service.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
    service.answer_roster()
    service.answer_sends()
    told: list[SendResult] = []
    second = service.client(data=tmp_path, on_sent=lambda number, result: told.append(result))
    service.run(second.start())
    service.run_until(lambda: told)
    assert told == [SendResult(Outcome.SENT)]
    assert len(service.asked(SEND_BUDDY_MSG2)) == 1


def test_queue_is_bounded(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("webqq.client.client.MAX_WAITING", 1)
    client = service.started()
    service.answer(SEND_BUDDY_MSG2, Reply(0), delay=100)
    service.run(client.queue(FriendChat(FRIEND), "一"))
    with pytest.raises(QueueFull):
        service.run(client.queue(FriendChat(FRIEND), "二"))


def test_send_that_finds_the_session_gone_logs_in_again(service: Service, expect_log):
    expect_log("webqq.client", "message to friend .*: failed, the service answered 8")
    client = service.started()
    service.loop.settle()
    service.answer(SEND_BUDDY_MSG2, Reply(8))
    service.answer_whole_login("session-2")
    assert service.run(client.send_to_friend(FRIEND, "一")) is Outcome.FAILED
    service.loop.settle()
    assert client.state is SessionState.ONLINE
    polls = service.asked(POLL2)
    assert [(poll.psessionid, poll.key) for poll in polls] == [("session-1", "new"), ("session-2", "new")]


def test_changed_roster_is_an_event(service: Service):
    got: list[Delivery] = []
    client = service.started(on_delivery=got.append)
    service.answer(GET_USER_FRIENDS2, Reply(0, FriendsResult()))
    service.answer(GET_GROUP_NAME_LIST_MASK2, Reply(0, GROUPS))
    service.run(client.roster.refresh())
    service.loop.settle()
    [change] = [delivery.event for delivery in got]
    assert isinstance(change, RosterChange)
    assert [friend.name for friend in change.removed_friends] == ["小明", "王红"]


def test_log_out_ends_also_a_session_that_is_kept(service: Service, tmp_path: Path):
    service.answer_logout()
    client = service.started(data=tmp_path)
    service.run(client.log_out())
    assert client.state is SessionState.CLOSED
    assert len(service.asked(LOGOUT2)) == 1
    assert not list(tmp_path.glob("*.session.json"))


def test_accounts_of_one_process_share_a_folder_and_a_thread(service: Service, tmp_path: Path):
    folder = DataFolder(tmp_path)

    async def main() -> None:
        clients = [WebQQClient(service.stream(), 100200300 + number, PASSWORD, data=folder) for number in range(50)]
        await asyncio.gather(*(client._inbox.put([friend_message("一")]) for client in clients))
        assert sum(thread.name.startswith("group-commit") for thread in threading.enumerate()) == 1
        assert len(asyncio.all_tasks()) == 2  # This one and the file's.
        for client in clients:
            await client.close()

    service.run(main())


def test_send_of_who_takes_the_events_leaves_a_lost_session_to_the_poll(service: Service, expect_log):
    expect_log("webqq.client", "message to friend .*: failed, the service answered 8")
    outcomes: list[Outcome] = []

    async def take(delivery: Delivery) -> None:
        outcomes.append(await client.send_to_friend(FRIEND, "一"))

    client = service.started(on_delivery=take)
    service.answer(SEND_BUDDY_MSG2, Reply(8))
    service.answer_poll([friend_message("在吗")], key="1")
    service.answer_poll(retcode=100)
    service.answer_whole_login("session-2")
    service.loop.advance(1)
    assert (outcomes, client.state) == ([Outcome.FAILED], SessionState.ONLINE)
    assert service.asked(POLL2)[-1].psessionid == "session-2"


def test_events_that_nobody_read_come_to_the_next_reader(service: Service):
    service.answer_poll([friend_message("一", 1), friend_message("二", 2)], key="2")
    service.answer_whole_login()
    service.answer_roster()
    client = service.client()

    async def first() -> str:
        async for event in client.events():
            assert isinstance(event, FriendMessage)
            return event.content.text
        return ""

    assert [service.run(first()), service.run(first())] == ["一", "二"]


def test_reader_that_is_cancelled_has_taken_nothing(service: Service):
    service.answer_whole_login()
    client = service.client()

    async def main() -> list[str]:
        reading = asyncio.ensure_future(anext(client.events()))
        while not client._poll.is_running:  # noqa: ASYNC110 (the start is many steps, none of which is told)
            await asyncio.sleep(0)
        # It comes, and in the same turn the reader gives up.
        await client.take_in([friend_message("一", 1), friend_message("二", 2)])
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        events = client.events()
        return [event.content.text for event in (await anext(events), await anext(events))]  # type: ignore[union-attr]

    assert service.run(main()) == ["一", "二"]


def test_batch_of_which_a_part_waits_is_whole_for_the_next_reader(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("webqq.client.client.EVENTS_WAITING", 2)
    texts = ["一", "二", "三", "四", "五"]
    service.answer_poll([friend_message(text, number) for number, text in enumerate(texts)], key="1")
    service.answer_whole_login()
    client = service.client()

    async def read(count: int) -> list[str]:
        events = client.events()
        got = [await anext(events) for _ in range(count)]
        await events.aclose()
        return [event.content.text for event in got if isinstance(event, FriendMessage)]

    assert service.run(read(1)) == ["一"]
    service.answer_poll([friend_message(text, number) for number, text in enumerate(texts)], key="1")
    assert service.run(read(4)) == texts[1:]


def test_two_readers_at_a_time_are_refused(service: Service):
    service.answer_poll([friend_message("一", 1)], key="1")
    service.answer_whole_login()
    client = service.client()

    async def main() -> None:
        events = client.events()
        await anext(events)
        with pytest.raises(RuntimeError, match="another reader"):
            await anext(client.events())
        await events.aclose()

    service.run(main())


def test_messages_that_the_gateway_lost_are_an_event_of_their_own(service: Service, expect_log):
    expect_log("webqq.client", f"the gateway could not keep 12 messages for {ACCOUNT}")
    got: list[object] = []
    client = service.started(on_delivery=lambda delivery: got.append(delivery.event))
    hint, other = Tips(tips=gap_text(12)), Tips(tips="12")
    service.answer_poll([hint, other], key="1")
    service.loop.settle()
    assert got == [hint, Gap(12), other]
    service.run(client.close())
