"""A gateway in bad company: a full disk, a locked database, a clock that jumps, lines that are dead, clients that are.

Each has a behaviour with a name; no message that was answered as sent is lost over it, and nobody else notices.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import LogWatch
from tests.gateway.calls.test_poll import pair
from tests.gateway.helpers import BOT, PASSWORDS, Clock, running
from tests.gateway.wire import Client, Line, texts
from webqq.gateway import Gateway, datafile, post

LONG = "长" * 5000
TRY_LATER, NO_SESSION, NOTHING, UNKNOWN = 113, 103, 102, 1202
A_DAY, A_YEAR = 86_400.0, 365 * 86_400.0


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


@asynccontextmanager
async def disk_of(gateway: Gateway, pages: int) -> AsyncIterator[None]:
    """A disk on which the data file may have at most ``pages`` pages, or as many as it has."""
    store = gateway._running().store
    (most,) = await store.write(lambda db: db.execute("PRAGMA max_page_count").fetchone())
    await store.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    yield
    await store.write(lambda db: db.execute(f"PRAGMA max_page_count = {most}").fetchone())


@asynccontextmanager
async def database_locked(folder: Path) -> AsyncIterator[None]:
    """As by a command that hangs in the middle of its change."""
    with closing(sqlite3.connect(folder / "data" / "gateway.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# A full disk: the sender hears of it, what was answered stays, and room is all that is needed.


def test_message_for_which_the_disk_has_no_room_is_refused_and_the_next_with_room_is_not(
    tmp_path: Path, expect_log: LogWatch
) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            answered = []
            async with disk_of(gateway, pages=1):
                # The first may still find room in a page that is there.
                while (code := (await person.send(uin, LONG)).json["retcode"]) == 0:
                    answered.append(LONG)
            assert code == TRY_LATER
            assert (await person.send(uin, "with room")).json["retcode"] == 0
            assert texts(await bot.poll()) == [*answered, "with room"]

    expect_log("webqq.gateway", "database or disk is full")
    run(main())


def test_full_disk_loses_nothing_that_was_answered_before(tmp_path: Path, expect_log: LogWatch) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            assert (await person.send(uin, "before")).json["retcode"] == 0
            async with disk_of(gateway, pages=1):
                while (await person.send(uin, LONG)).json["retcode"] == 0:
                    pass
                assert texts(await bot.poll())[0] == "before"

    expect_log("webqq.gateway", "database or disk is full")
    run(main())


# A locked database: writes wait for the lock, calls that write nothing do not, and what waits too long is refused.


def test_message_waits_while_the_database_is_locked_and_nobody_else_does(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            async with database_locked(tmp_path):
                sending = asyncio.ensure_future(person.send(uin, "patient"))
                assert (await bot.online())["retcode"] == 0
                assert not sending.done()
            assert (await sending).json["retcode"] == 0
            assert texts(await bot.poll()) == ["patient"]

    run(main())


def test_message_is_refused_while_the_database_stays_locked_and_taken_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: LogWatch
) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            async with database_locked(tmp_path):
                assert (await person.send(uin, "refused")).json["retcode"] == TRY_LATER
            assert (await person.send(uin, "taken")).json["retcode"] == 0
            assert texts(await bot.poll()) == ["taken"]

    monkeypatch.setattr(datafile, "BUSY_SECONDS", 0.0)
    # Of the send, and perhaps of the look at the community that is taken once a second.
    expect_log("webqq.gateway", "database is locked")
    run(main())


def test_message_that_waits_for_the_disk_for_too_long_may_arrive_yet_and_its_sender_hears_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=0.01) as gateway:
            bot, person = await pair(gateway)
            uin, gid = await person.friend(), (await person.group())["gid"]
            async with database_locked(tmp_path):
                with monkeypatch.context() as patched:
                    patched.setattr(post, "SEND_SECONDS", 0.0)
                    assert (await person.send(uin, "late", msg_id=5)).json == {"retcode": UNKNOWN, "errmsg": ""}
                    assert (await person.send_group(gid, "to all")).json["retcode"] == UNKNOWN
            # The same once more is the same message.
            assert (await person.send(uin, "late", msg_id=5)).json["retcode"] == 0
            assert texts(await bot.poll("new")) == ["late", "to all"]

    run(main())


# A clock that jumps: backwards, sessions and messages go on; far forwards, sessions have expired, letters wait.


@pytest.mark.parametrize("seconds", [-A_DAY, -A_YEAR, A_DAY / 2])
def test_session_and_messages_go_on_over_a_jump_of_the_clock(tmp_path: Path, seconds: float) -> None:
    async def main() -> None:
        clock = Clock()
        async with running(tmp_path, clock=clock) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            await person.send(uin, "before")
            clock.now += seconds
            assert (await person.send(uin, "after")).json["retcode"] == 0
            assert [texts(await bot.poll()) for _ in range(2)] == [["before"], ["after"]]

    run(main())


def test_clock_that_jumps_by_a_year_ends_sessions_and_keeps_letters(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        async with running(tmp_path, clock=clock) as gateway:
            bot, person = await pair(gateway)
            await person.send(await person.friend(), "old")
            clock.now += A_YEAR
            assert (await bot.poll())["retcode"] == NO_SESSION
            assert texts(await (await Client(gateway.url, BOT).sign_in(PASSWORDS[BOT])).poll()) == ["old"]

    run(main())


# A half-open line: the gateway has written and the client is gone without a word.


def test_batch_written_to_a_half_open_line_comes_again_on_another(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            dead = await Line.open(gateway.url)
            await bot.begin_poll(dead, "new")
            await person.send(await person.friend(), "into the void")
            # Its answer is in the kernel's hands, and nobody reads it.
            again = await bot.poll("new")
            assert texts(again) == ["into the void"]
            await person.send(await person.friend(), "next")
            assert texts(await bot.poll(again["key"])) == ["next"]
            dead.close()

    run(main())


def test_poll_on_a_half_open_line_gives_way_to_the_next(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, hold=3600) as gateway:
            bot, person = await pair(gateway)
            dead, fresh = await Line.open(gateway.url), await Line.open(gateway.url)
            await bot.begin_poll(dead, "new")
            await bot.begin_poll(fresh, "new")
            # The older one ends with nothing, though nobody may hear it.
            assert (await dead.receive()).json["retcode"] == NOTHING
            await person.send(await person.friend(), "hallo")
            assert texts((await fresh.receive()).json) == ["hallo"]
            for line in (dead, fresh):
                line.close()

    run(main())


# A frozen client: it has a connection and reads nothing.


def test_frozen_client_holds_up_nobody_and_has_its_messages_when_it_thaws(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            uin = await person.friend()
            sent = [f"{number} {LONG}" for number in range(100)]
            for text in sent:
                assert (await person.send(uin, text)).json["retcode"] == 0
            frozen = await Line.open(gateway.url)
            # More than the kernel takes for a line that nobody reads.
            frozen.reader._transport.pause_reading()  # type: ignore[attr-defined]  # what a stopped process does
            await bot.begin_poll(frozen, "new")
            assert (await person.online())["retcode"] == 0
            frozen.reader._transport.resume_reading()  # type: ignore[attr-defined]  # as above
            got, key = [], "new"
            answer = (await frozen.receive()).json
            while len(got) < len(sent):
                got += texts(answer)
                key = answer["key"]
                if len(got) < len(sent):
                    answer = await bot.poll(key)
            assert got == sent
            frozen.close()

    run(main())


def test_frozen_client_that_dies_has_its_messages_in_the_next_session(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            bot, person = await pair(gateway)
            frozen = await Line.open(gateway.url)
            frozen.reader._transport.pause_reading()  # type: ignore[attr-defined]  # what a stopped process does
            await bot.begin_poll(frozen, "new")
            assert (await person.send(await person.friend(), "patience")).json["retcode"] == 0
            frozen.reset()
            assert texts(await bot.poll("new")) == ["patience"]

    run(main())
