import asyncio
import sqlite3
import stat
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from webqq.gateway import schema, store
from webqq.gateway.errors import DataInUse, NewerSchema, StoreError
from webqq.gateway.store import Store, StoreState

T = TypeVar("T")


def run(main: Coroutine[object, object, T]) -> T:
    return asyncio.run(main)


def add_group(number: int) -> store.Job[int]:
    def job(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO grp (number) VALUES (?)", (number,))
        return number

    return job


def groups(db: sqlite3.Connection) -> list[int]:
    return [number for (number,) in db.execute("SELECT number FROM grp ORDER BY id")]


def fail(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO grp (number) VALUES (99)")
    raise LookupError("the job's own")


def kept_groups(folder: Path) -> list[int]:
    """What another start finds."""

    async def main() -> list[int]:
        opened = Store(folder)
        try:
            return opened.run(groups)
        finally:
            await opened.close()

    return run(main())


def test_write_is_there_after_a_new_start(tmp_path: Path) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        assert await opened.write(add_group(1)) == 1
        await opened.close()

    run(main())
    assert kept_groups(tmp_path) == [1]


def test_job_that_fails_leaves_no_trace_and_harms_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        first, broken, last = opened.write(add_group(1)), opened.write(fail), opened.write(add_group(2))
        assert (await first, await last) == (1, 2)
        with pytest.raises(LookupError):
            await broken
        with pytest.raises(StoreError, match="UNIQUE constraint"):
            await opened.write(add_group(2))
        await opened.close()

    run(main())
    assert kept_groups(tmp_path) == [1, 2]


def test_close_writes_what_is_queued(tmp_path: Path) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        future = opened.write(add_group(1))
        opened.later(add_group(2))
        await opened.close()
        await opened.close()
        assert await future == 1

    run(main())
    assert kept_groups(tmp_path) == [1, 2]


def test_each_method_belongs_to_a_state(tmp_path: Path) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        assert opened.state is StoreState.OPEN
        with pytest.raises(RuntimeError, match="store is open"):
            opened.write(groups)
        with pytest.raises(RuntimeError, match="store is open"):
            opened.later(groups)
        opened.start()
        for misuse in (opened.start, lambda: opened.run(groups)):
            with pytest.raises(RuntimeError, match="store is running"):
                misuse()
        await opened.close()
        with pytest.raises(RuntimeError, match="store is closed"):
            opened.write(groups)

    run(main())


def test_folder_and_files_are_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "data"
    kept_groups(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def test_folder_is_for_one_store_at_a_time(tmp_path: Path) -> None:
    async def main() -> None:
        first = Store(tmp_path)
        with pytest.raises(DataInUse, match="in use by another gateway"):
            Store(tmp_path)
        await first.close()
        await Store(tmp_path).close()

    run(main())


def test_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        Store(tmp_path / "file" / "data")
    with pytest.raises(StoreError, match="cannot be made"):
        Store(tmp_path / "file")
    (tmp_path / "gateway.lock").mkdir()
    with pytest.raises(StoreError, match="is not writable"):
        Store(tmp_path)


def test_file_that_is_no_database_is_told_and_the_lock_given_back(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sqlite"
    path.write_text("this is no database, and it is long enough to show it" * 20)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        Store(tmp_path)
    path.unlink()
    assert kept_groups(tmp_path) == []


def test_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    kept_groups(tmp_path)
    with sqlite3.connect(tmp_path / "gateway.sqlite") as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    db.close()
    with pytest.raises(NewerSchema, match=rf"gateway\.sqlite: .* newer webqq \(schema {schema.VERSION + 1}"):
        Store(tmp_path)


def test_commits_reach_the_disk(tmp_path: Path) -> None:
    async def main() -> tuple[str, int]:
        opened = Store(tmp_path)
        pragmas = opened.run(
            lambda db: (
                db.execute("PRAGMA journal_mode").fetchone()[0],
                db.execute("PRAGMA synchronous").fetchone()[0],
            )
        )
        await opened.close()
        return pragmas

    full = 2
    assert run(main()) == ("wal", full)
