"""The client as its users see it."""

import asyncio
import threading
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from tests.client.service import ACCOUNT, FRIEND, GROUP, KICK, PASSWORD, Service, friend_message
from webqq.client import (
    DataFolder,
    Delivery,
    Kicked,
    Outcome,
    SessionState,
    StorageError,
    WebQQClient,
    WrongPassword,
)
from webqq.client.database import Database
from webqq.client.inbox import SQLiteInbox
from webqq.protocol.calls import (
    GET_ONLINE_BUDDIES2,
    LOGOUT2,
    POLL2,
    SEND_BUDDY_MSG2,
    SEND_QUN_MSG2,
    Reply,
)
from webqq.protocol.content import Content
from webqq.protocol.events import FriendMessage
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
        assert sum(thread.name.startswith("webqq-inbox") for thread in threading.enumerate()) == 1
        assert len(asyncio.all_tasks()) == 2  # This one and the file's.
        for client in clients:
            await client.close()

    service.run(main())
