"""What comes: handed over once, in order, to whoever wants it; and what is done about a lost session."""

import asyncio
from pathlib import Path

import pytest

from tests.client.service import ACCOUNT, FRIEND, GROUPS, KICK, Service, friend_message
from webqq.client import (
    Delivery,
    Gap,
    Kicked,
    Outcome,
    RosterChange,
    SessionState,
)
from webqq.protocol.calls import (
    GET_GROUP_NAME_LIST_MASK2,
    GET_USER_FRIENDS2,
    POLL2,
    SEND_BUDDY_MSG2,
    FriendsResult,
    Reply,
)
from webqq.protocol.events import FriendMessage, Tips, gap_text


def texts(deliveries: list[Delivery]) -> list[str]:
    return [delivery.event.content.text for delivery in deliveries if isinstance(delivery.event, FriendMessage)]


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
        while not client._receiving._poll.is_running:  # noqa: ASYNC110 (the start is many steps, none of which is told)
            await asyncio.sleep(0)
        # It comes, and in the same turn the reader gives up.
        await client._receiving.take_in([friend_message("一", 1), friend_message("二", 2)])
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        events = client.events()
        return [event.content.text for event in (await anext(events), await anext(events))]  # type: ignore[union-attr]  # all are messages

    assert service.run(main()) == ["一", "二"]


def test_batch_of_which_a_part_waits_is_whole_for_the_next_reader(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("webqq.client.receiving.EVENTS_WAITING", 2)
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


def test_new_login_loads_the_roster_again(service: Service):
    service.started()
    service.answer_whole_login("session-2")
    service.answer_poll(retcode=100)
    service.loop.settle()
    assert service.paths().count("get_user_friends2") == 2
    assert service.asked(POLL2)[-1].psessionid == "session-2"
    assert service.asked(POLL2)[-1].key == "new"


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
