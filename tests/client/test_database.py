"""One file and one thread for many accounts."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from webqq.client.database import VERSION, Database, execute
from webqq.client.errors import StorageError

_OLD_INBOX = """
CREATE TABLE inbox (row INTEGER PRIMARY KEY, account INTEGER NOT NULL, event_key TEXT, event BLOB NOT NULL,
    stored_at REAL NOT NULL, done_at REAL, UNIQUE (account, event_key));
INSERT INTO inbox (account, event, stored_at) VALUES (5, x'7b7d', 1.0);
"""
_PUT = "INSERT INTO inbox (account, event, stored_at) VALUES (?, '{}', 0)"


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM inbox").fetchone()[0])


def test_work_that_fails_costs_what_comes_with_it_nothing(tmp_path: Path):
    async def main() -> None:
        database = Database(tmp_path / "d")
        good = [database.run(lambda connection: execute(connection, _PUT, (5,))) for _ in range(20)]
        bad = database.run(lambda connection: execute(connection, "INSERT INTO nowhere VALUES (1)", ()))
        results = await asyncio.gather(*good[:10], bad, *good[10:], return_exceptions=True)
        assert [type(result) for result in results if result is not None] == [StorageError]
        assert await database.run(count) == 20
        await database.close()

    asyncio.run(main())


def test_file_of_the_version_before_keeps_what_is_in_it(tmp_path: Path):
    with sqlite3.connect(tmp_path / "d") as connection:
        connection.executescript(_OLD_INBOX)
    connection.close()

    async def main() -> None:
        database = Database(tmp_path / "d")
        rows = await database.run(
            lambda connection: connection.execute("SELECT failures, handlers FROM inbox").fetchall()
        )
        assert rows == [(0, None)]
        await database.close()
        assert await database.run(count) == 1
        await database.close()

    asyncio.run(main())


def test_file_of_a_newer_version_is_not_touched(tmp_path: Path):
    with sqlite3.connect(tmp_path / "d") as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = (tmp_path / "d").read_bytes()

    async def main() -> None:
        database = Database(tmp_path / "d")
        with pytest.raises(StorageError, match=f"of version {VERSION + 1}, and this webqq knows {VERSION} at most"):
            await database.run(count)
        await database.close()

    asyncio.run(main())
    assert (tmp_path / "d").read_bytes() == before
