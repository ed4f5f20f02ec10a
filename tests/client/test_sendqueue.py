"""Sends that nobody waits for."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.client.service import ACCOUNT, FRIEND, GROUP
from webqq.client.chat import Chat, DiscussChat, FriendChat, GroupChat, StrangerChat
from webqq.client.database import Database
from webqq.client.outbox import Outcome, SendResult
from webqq.client.sendqueue import KEPT_SECONDS, MemoryQueue, SQLiteQueue, address_of, chat_at
from webqq.protocol.content import Content, GroupPicture
from webqq.protocol.ids import Did, QQNumber

TEXT = Content.from_text("你好[微笑] <&>")


@pytest.mark.parametrize(
    "chat", [FriendChat(FRIEND), GroupChat(GROUP), DiscussChat(Did(3)), StrangerChat(FRIEND, 3, 1)], ids=str
)
def test_address_leads_to_its_chat(chat: Chat):
    assert chat_at(address_of(chat, "mark")) == chat


def test_next_run_finds_what_waited_and_what_was_under_way(tmp_path: Path):
    async def main() -> None:
        database = Database(tmp_path / "d")
        queue = SQLiteQueue(database, ACCOUNT)
        address = address_of(FriendChat(FRIEND), "m", 300400500, "小明")
        waits, goes, ended = [await queue.put(address, content) for content in (TEXT, TEXT, TEXT)]
        picture = await queue.put(address, Content((GroupPicture("A.jpg"), "\n")))
        await queue.begin(goes)
        await queue.begin(ended)
        await queue.end(ended, SendResult(Outcome.SENT))
        await database.close()
        assert await SQLiteQueue(database, QQNumber(5)).waiting() == []
        assert await queue.interrupted() == [goes]
        assert await queue.interrupted() == []
        assert await queue.waiting() == [waits, picture]
        await database.close()

    asyncio.run(main())
    with sqlite3.connect(tmp_path / "d") as connection:
        states = connection.execute("SELECT state FROM outbox ORDER BY row").fetchall()
    connection.close()
    assert states == [("queued",), ("unknown",), ("sent",), ("queued",)]


def test_damaged_row_costs_no_other(tmp_path: Path):
    async def main() -> None:
        database = Database(tmp_path / "d")
        queue = SQLiteQueue(database, ACCOUNT)
        bad, good = [await queue.put(address_of(GroupChat(GROUP), "m"), TEXT) for _ in range(2)]
        await database.run(
            lambda connection: connection.execute("UPDATE outbox SET address = '{' WHERE row = ?", (bad.row,)).rowcount
        )
        assert await queue.waiting() == [good]
        await database.close()

    asyncio.run(main())


def test_what_is_long_ended_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("webqq.client.sendqueue.FORGET_EVERY", 2)
    now = [0.0]

    async def main() -> None:
        database = Database(tmp_path / "d")
        queue = SQLiteQueue(database, ACCOUNT, now=lambda: now[0])
        first = await queue.put(address_of(GroupChat(GROUP), "m"), TEXT)
        await queue.end(first, SendResult(Outcome.SENT))
        now[0] = KEPT_SECONDS + 1.0
        await queue.put(address_of(GroupChat(GROUP), "m"), TEXT)
        rows = await database.run(lambda connection: connection.execute("SELECT row FROM outbox").fetchall())
        assert rows == [(2,)]
        await database.close()

    asyncio.run(main())


def test_memory_numbers_sends_and_keeps_none():
    async def main() -> None:
        queue = MemoryQueue()
        first, second = [await queue.put(address_of(GroupChat(GROUP), "m"), TEXT) for _ in range(2)]
        await queue.begin(first)
        await queue.end(first, SendResult(Outcome.SENT))
        assert (first.row, second.row) == (1, 2)
        assert await queue.waiting() == await queue.interrupted() == []

    asyncio.run(main())
