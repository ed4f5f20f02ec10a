import asyncio
import logging
import sqlite3
import stat
from collections.abc import Coroutine
from contextlib import closing
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


def test_writes_happen_and_report_in_the_order_they_were_queued(tmp_path: Path) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        reported: list[int] = []
        futures = [opened.write(add_group(number)) for number in range(1, 1201)]
        for future in futures:
            future.add_done_callback(lambda done: reported.append(done.result()))
        await asyncio.gather(*futures)
        await opened.close()
        assert reported == list(range(1, 1201))

    run(main())
    assert kept_groups(tmp_path) == list(range(1, 1201))


def test_waiting_jobs_share_a_transaction(tmp_path: Path) -> None:
    async def main() -> int:
        opened = Store(tmp_path)
        statements: list[str] = []
        opened.run(lambda db: db.set_trace_callback(statements.append))
        statements.clear()
        opened.start()
        await asyncio.gather(*(opened.write(add_group(number)) for number in range(1, 51)))
        await opened.close()
        return statements.count("BEGIN IMMEDIATE")

    assert run(main()) == 1


def test_loop_goes_on_while_another_process_writes(tmp_path: Path) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        with closing(sqlite3.connect(tmp_path / "gateway.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            future = opened.write(add_group(1))
            turns = 0
            while turns < 100:  # A loop that waits for the other would never come to let it go.
                await asyncio.sleep(0)
                turns += 1
            assert not future.done()
            other.execute("COMMIT")
        assert await future == 1
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


def test_failed_commit_fails_all_of_its_jobs(tmp_path: Path) -> None:
    def orphan(db: sqlite3.Connection) -> None:
        # A deferred constraint is looked at only when the transaction commits.
        db.execute("PRAGMA defer_foreign_keys = ON")
        db.execute("INSERT INTO mail (account, letter) VALUES (1, 1)")

    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        results = await asyncio.gather(opened.write(add_group(1)), opened.write(orphan), return_exceptions=True)
        assert any(isinstance(result, StoreError) for result in results)
        assert await opened.write(add_group(3)) == 3
        await opened.close()

    run(main())


def test_lazy_write_goes_with_the_next_one(tmp_path: Path) -> None:
    async def main() -> list[int]:
        opened = Store(tmp_path)
        opened.start()
        opened.later(add_group(1))
        found = await opened.write(groups)
        await opened.close()
        return found

    assert run(main()) == [1]


def test_lazy_write_goes_by_itself_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LAZY_SECONDS", 0.001)

    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        written = asyncio.Event()
        opened.later(lambda db: written.set())
        await asyncio.wait_for(written.wait(), 10)
        await opened.close()

    run(main())


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


def test_failed_lazy_write_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        opened.start()
        opened.later(fail)
        await opened.close()

    with caplog.at_level(logging.ERROR):
        run(main())
    assert "nobody waited for failed: the job's own" in caplog.text


def test_run_before_the_start_uses_its_own_transaction(tmp_path: Path) -> None:
    async def main() -> None:
        opened = Store(tmp_path)
        opened.run(add_group(1))
        with pytest.raises(LookupError):
            opened.run(fail)
        assert opened.run(groups) == [1]
        await opened.close()

    run(main())


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
