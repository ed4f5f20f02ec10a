"""What was polled and is not handled yet, in memory and on disk."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.client.service import ACCOUNT, FRIEND, KICK, friend_message, group_message
from webqq.client import inbox as inbox_module
from webqq.client.database import Database
from webqq.client.errors import StorageError
from webqq.client.inbox import ATTEMPTS, KEPT_SECONDS, Delivery, Inbox, MemoryInbox, SQLiteInbox, event_key
from webqq.protocol.content import Content
from webqq.protocol.events import (
    BuddyRequest,
    BuddyStatus,
    DiscussMessage,
    Event,
    GroupJoinRequest,
    InputNotify,
    SessionMessage,
    Shake,
    UnknownEvent,
)
from webqq.protocol.ids import Did, GroupCode, MessageId, QQNumber, Uin

STATUS = BuddyStatus(uin=FRIEND, status="away")
TYPING = InputNotify(from_uin=FRIEND, to_uin=ACCOUNT, msg_id=MessageId(5))
SHAKE = Shake(from_uin=FRIEND, to_uin=ACCOUNT, msg_id=MessageId(6), msg_id2=60)
UNKNOWN = UnknownEvent(poll_type="news", value={"type": "verify_required", "account": 5})
DISCUSS = DiscussMessage(
    from_uin=Uin(10000),
    to_uin=ACCOUNT,
    msg_id=MessageId(7),
    msg_id2=70,
    time=1700000007,
    did=Did(3900000001),
    send_uin=FRIEND,
    content=Content.from_text("周六[微笑]出发 <&>"),
)
STRANGER = SessionMessage(
    from_uin=Uin(5),
    to_uin=ACCOUNT,
    msg_id=MessageId(8),
    msg_id2=80,
    time=1,
    id=6,
    service_type=0,
    content=DISCUSS.content,
)


class DiskInbox(SQLiteInbox):
    """An inbox that closes its database with itself."""

    def __init__(self, path: Path, account: QQNumber, now: Callable[[], float] = lambda: 0.0) -> None:
        self.own = Database(path)
        super().__init__(self.own, account, now)

    async def close(self) -> None:
        await self.own.close()


def with_inbox(make: Callable[[], Inbox], use: Callable[[Inbox], Awaitable[None]]) -> None:
    async def main() -> None:
        inbox = make()
        try:
            await use(inbox)
        finally:
            await inbox.close()

    asyncio.run(main())


@pytest.fixture(params=["memory", "disk"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Inbox]:
    """Both kinds keep the same contract."""
    return MemoryInbox if request.param == "memory" else lambda: DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT)


def events(deliveries: list[Delivery]) -> list[Event]:
    return [delivery.event for delivery in deliveries]


def test_new_events_come_back_in_order(make: Callable[[], Inbox]):
    async def use(inbox: Inbox) -> None:
        given = [friend_message("一", 1), STATUS, group_message("二", 2), KICK, UNKNOWN]
        assert events(await inbox.put(given)) == given

    with_inbox(make, use)


@pytest.mark.parametrize("event", [friend_message("一"), group_message("一"), DISCUSS, STRANGER, SHAKE], ids=repr)
def test_repetition_is_left_out(make: Callable[[], Inbox], event: Event):
    async def use(inbox: Inbox) -> None:
        assert len(await inbox.put([event, event])) == 1
        assert await inbox.put([event]) == []

    with_inbox(make, use)


@pytest.mark.parametrize("event", [STATUS, TYPING, KICK, UNKNOWN], ids=repr)
def test_event_without_an_identity_is_never_a_repetition(make: Callable[[], Inbox], event: Event):
    async def use(inbox: Inbox) -> None:
        assert events(await inbox.put([event, event])) == [event, event]

    with_inbox(make, use)


def test_repetition_of_what_is_done_is_left_out(make: Callable[[], Inbox]):
    async def use(inbox: Inbox) -> None:
        [delivery] = await inbox.put([friend_message("一")])
        await inbox.done(delivery)
        assert await inbox.put([friend_message("一")]) == []

    with_inbox(make, use)


def test_fresh_inbox_has_nothing_unfinished(make: Callable[[], Inbox]):
    async def use(inbox: Inbox) -> None:
        assert await inbox.unfinished() == []

    with_inbox(make, use)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inbox_module, "REMEMBERED", 3)

    async def use(inbox: Inbox) -> None:
        await inbox.put([friend_message("", number) for number in range(5)])
        assert len(await inbox.put([friend_message("", number) for number in (4, 3, 2, 0)])) == 1

    with_inbox(MemoryInbox, use)


def reopened(path: Path, given: list[Event], done: int) -> list[Delivery]:
    """What a second run finds after a first that handled ``done`` of the events."""

    async def main() -> list[Delivery]:
        first = DiskInbox(path, ACCOUNT)
        try:
            for delivery in (await first.put(given))[:done]:
                await first.done(delivery)
        finally:
            await first.close()
        second = DiskInbox(path, ACCOUNT)
        found = await second.unfinished()
        await second.close()
        return found

    return asyncio.run(main())


def test_what_was_not_done_is_unfinished_in_the_next_run(tmp_path: Path):
    given = [friend_message("一 <b>&amp;", 1), group_message("二[微笑]\n😀", 2), DISCUSS, STRANGER, SHAKE, UNKNOWN]
    found = reopened(tmp_path / "inbox.sqlite3", given, done=1)
    assert events(found) == given[1:]
    assert all(delivery.redelivered and delivery.row for delivery in found)


def test_moments_are_not_kept(tmp_path: Path):
    assert reopened(tmp_path / "inbox.sqlite3", [STATUS, TYPING, KICK], done=0) == []


def test_accounts_of_one_file_do_not_mix(tmp_path: Path):
    async def main() -> None:
        mine, other = (DiskInbox(tmp_path / "inbox.sqlite3", account) for account in (ACCOUNT, QQNumber(5)))
        assert len(await mine.put([friend_message("一")])) == 1
        assert len(await other.put([friend_message("一")])) == 1
        assert len(await other.unfinished()) == 1
        await mine.close()
        await other.close()

    asyncio.run(main())


def test_what_was_done_is_known_after_a_restart_over_a_jump_of_the_clock(tmp_path: Path):
    batch = [friend_message("一", number) for number in range(100)]

    async def run(now: float, expected: int) -> None:
        inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT, now=lambda: now)
        assert await inbox.unfinished() == []
        deliveries = await inbox.put(batch)
        assert len(deliveries) == expected
        for delivery in deliveries:
            await inbox.done(delivery)
        await inbox.close()

    for now, expected in ((0.0, 100), (100.0 * KEPT_SECONDS, 0), (0.0, 0)):
        asyncio.run(run(now, expected))


def test_what_is_long_done_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inbox_module, "KEPT_EVENTS", 0)
    path = tmp_path / "inbox.sqlite3"

    async def main() -> None:
        early = DiskInbox(path, ACCOUNT, now=lambda: 1000.0)
        for delivery in await early.put([friend_message("一", 1)]):
            await early.done(delivery)
        await early.put([friend_message("二", 2)])
        await early.close()
        late = DiskInbox(path, ACCOUNT, now=lambda: 1001.0 + KEPT_SECONDS)
        assert len(await late.unfinished()) == 1
        await late.close()

    asyncio.run(main())
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM inbox").fetchone() == (1,)
    connection.close()


def test_long_run_forgets_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inbox_module, "FORGET_EVERY", 3)
    monkeypatch.setattr(inbox_module, "KEPT_EVENTS", 0)
    now = [0.0]

    async def main() -> None:
        inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT, now=lambda: now[0])
        [delivery] = await inbox.put([friend_message("一", 1)])
        await inbox.done(delivery)
        now[0] = KEPT_SECONDS + 1.0
        await inbox.put([friend_message("二", 2), friend_message("三", 3)])
        # Forgotten, so that it is new again.
        assert len(await inbox.put([friend_message("一", 1)])) == 1
        await inbox.close()

    asyncio.run(main())


def test_file_that_cannot_be_used_is_one_clear_error(tmp_path: Path):
    (tmp_path / "inbox.sqlite3").write_text("no database " * 100)

    async def main() -> None:
        inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT)
        with pytest.raises(StorageError, match=r"inbox.sqlite3 cannot be used: file is not a database"):
            await inbox.unfinished()
        await inbox.close()

    asyncio.run(main())


def test_file_is_for_its_owner_alone(tmp_path: Path):
    reopened(tmp_path / "inbox.sqlite3", [friend_message("一")], done=0)
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_folder_that_is_missing_is_one_clear_error(tmp_path: Path):
    with pytest.raises(StorageError, match=r"inbox.sqlite3 cannot be used: .*No such file"):
        reopened(tmp_path / "missing" / "inbox.sqlite3", [friend_message("一")], done=0)


def test_what_failed_comes_again_to_the_handlers_that_failed_three_times(tmp_path: Path):
    async def main() -> None:
        for run in range(ATTEMPTS + 1):
            inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT)
            found = await inbox.unfinished() if run else await inbox.put([friend_message("一")])
            assert [delivery.handlers for delivery in found] == [[()], [("b",)], [("b",)], []][run]
            for delivery in found:
                await inbox.failed(delivery, ["b"])
            assert len(await inbox.dead()) == (run >= ATTEMPTS - 1)
            await inbox.close()

    asyncio.run(main())


@pytest.mark.parametrize(
    "event",
    [
        BuddyRequest(seq=1, from_uin=FRIEND, account=QQNumber(5), msg="我"),
        GroupJoinRequest(from_uin=Uin(7), to_uin=ACCOUNT, msg_id=MessageId(5), gcode=GroupCode(8), request_uin=FRIEND),
    ],
    ids=repr,
)
def test_notice_that_comes_again_is_left_out(make: Callable[[], Inbox], event: Event):
    async def use(inbox: Inbox) -> None:
        assert len(await inbox.put([event, event])) == 1

    with_inbox(make, use)


def test_key_of_2016_is_sender_number_and_time():
    message = friend_message("一", 25477)
    slim = type(message)(
        from_uin=FRIEND, to_uin=ACCOUNT, msg_id=MessageId(25477), time=1450686775, content=message.content
    )
    assert event_key(slim) == "FriendMessage 25477 3100000001 0 1450686775"


# A disk that is full, a file that is locked, a clock that jumps.


def told(inbox: DiskInbox, pragma: str) -> Awaitable[object]:
    """Set something of the inbox's own connection."""
    return inbox.own.run(lambda connection: connection.execute(f"PRAGMA {pragma}").fetchone())


def test_batch_for_which_the_disk_has_no_room_is_not_kept_in_part_and_kept_when_it_comes_again(tmp_path: Path):
    batch = [friend_message("short", 1), friend_message("长" * 20_000, 2)]

    async def main() -> None:
        inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT)
        await told(inbox, "max_page_count = 1")
        with pytest.raises(StorageError, match=r"inbox.sqlite3 cannot be used: database or disk is full"):
            await inbox.put(batch)
        assert await inbox.unfinished() == []
        await told(inbox, "max_page_count = 1000000")
        assert events(await inbox.put(batch)) == batch
        await inbox.close()

    asyncio.run(main())


def test_batch_waits_while_the_file_is_locked_and_the_loop_goes_on(tmp_path: Path):
    async def main() -> None:
        inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT)
        await inbox.unfinished()
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            putting = asyncio.ensure_future(inbox.put([friend_message("一")]))
            for _ in range(100):
                await asyncio.sleep(0)
            assert not putting.done()
            other.execute("ROLLBACK")
        assert len(await putting) == 1
        await inbox.close()

    asyncio.run(main())


def test_file_that_stays_locked_is_one_clear_error_and_the_batch_is_kept_when_it_comes_again(tmp_path: Path):
    async def main() -> None:
        inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT)
        await told(inbox, "busy_timeout = 0")
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageError, match="database is locked"):
                await inbox.put([friend_message("一")])
        assert len(await inbox.put([friend_message("一")])) == 1
        await inbox.close()

    asyncio.run(main())


@pytest.mark.parametrize("seconds", [-365 * 86_400.0, -1.0, KEPT_SECONDS / 2, KEPT_SECONDS + 1.0, 3650 * 86_400.0])
def test_repetition_is_left_out_over_a_jump_of_the_clock(tmp_path: Path, seconds: float):
    now = 1_700_000_000.0

    async def main() -> None:
        nonlocal now
        inbox = DiskInbox(tmp_path / "inbox.sqlite3", ACCOUNT, lambda: now)
        [delivery] = await inbox.put([friend_message("一")])
        await inbox.done(delivery)
        now += seconds
        assert await inbox.unfinished() == []
        assert await inbox.put([friend_message("一")]) == []
        await inbox.close()

    asyncio.run(main())
