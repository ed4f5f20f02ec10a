import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

import pytest

from webqq.storage import GroupCommit, Job, groupcommit, transact

T = TypeVar("T")


class Refused(Exception):
    """What SQLite's errors become."""


def run(main: Coroutine[object, object, T]) -> T:
    return asyncio.run(main)


def connect(folder: Path) -> sqlite3.Connection:
    db = sqlite3.connect(folder / "file", isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("CREATE TABLE IF NOT EXISTS item (number INTEGER PRIMARY KEY)")
    db.execute("CREATE TABLE IF NOT EXISTS part (item INTEGER REFERENCES item DEFERRABLE INITIALLY DEFERRED)")
    return db


@asynccontextmanager
async def opened(folder: Path, statements: list[str] | None = None) -> AsyncIterator[GroupCommit]:
    db = connect(folder)
    if statements is not None:
        db.set_trace_callback(statements.append)
    group = GroupCommit(db, lambda error: Refused(f"no: {error}"), ThreadPoolExecutor(1))
    yield group
    await group.close()


def add(number: int) -> Job[int]:
    def job(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO item (number) VALUES (?)", (number,))
        return number

    return job


def fail(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO item (number) VALUES (99)")
    raise LookupError("the job's own")


def items(db: sqlite3.Connection) -> list[int]:
    return [number for (number,) in db.execute("SELECT number FROM item ORDER BY number")]


def kept(folder: Path) -> list[int]:
    with closing(connect(folder)) as db:
        return items(db)


def test_jobs_happen_and_report_in_the_order_they_were_queued(tmp_path: Path) -> None:
    async def main() -> None:
        reported: list[int] = []
        async with opened(tmp_path) as group:
            futures = [group.write(add(number)) for number in range(1200)]
            for future in futures:
                future.add_done_callback(lambda done: reported.append(done.result()))
            await asyncio.gather(*futures)
        assert reported == list(range(1200))

    run(main())
    assert kept(tmp_path) == list(range(1200))


def test_waiting_jobs_share_a_transaction(tmp_path: Path) -> None:
    async def main() -> None:
        statements: list[str] = []
        async with opened(tmp_path, statements) as group:
            await asyncio.gather(*(group.write(add(number)) for number in range(50)))
        assert statements.count("BEGIN IMMEDIATE") == statements.count("COMMIT") == 1

    run(main())


def test_job_is_done_only_after_the_commit(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as group:
            await group.write(add(1))
            assert kept(tmp_path) == [1]

    run(main())


def test_job_that_fails_leaves_no_trace_and_harms_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as group:
            jobs = [add(1), fail, add(1), add(2)]
            results = await asyncio.gather(*map(group.write, jobs), return_exceptions=True)
        assert [str(result) for result in results] == [
            "1",
            "the job's own",
            "no: UNIQUE constraint failed: item.number",
            "2",
        ]
        assert isinstance(results[2], Refused)
        assert isinstance(results[2].__cause__, sqlite3.IntegrityError)

    run(main())
    assert kept(tmp_path) == [1, 2]


def test_failed_commit_fails_all_of_its_jobs_and_no_later_one(tmp_path: Path) -> None:
    def orphan(db: sqlite3.Connection) -> None:
        # A deferred constraint is looked at only when the transaction commits.
        db.execute("INSERT INTO part (item) VALUES (77)")

    async def main() -> None:
        async with opened(tmp_path) as group:
            results = await asyncio.gather(group.write(add(1)), group.write(orphan), return_exceptions=True)
            assert [str(result) for result in results] == ["no: FOREIGN KEY constraint failed"] * 2
            assert await group.write(add(3)) == 3

    run(main())
    assert kept(tmp_path) == [3]


def test_transaction_that_a_job_ended_fails_its_jobs_and_no_later_one(tmp_path: Path) -> None:
    def give_up(db: sqlite3.Connection) -> None:
        # As SQLite does by itself on a full disk; the job made an error of its own of it.
        db.execute("ROLLBACK")
        raise LookupError("the job's own")

    async def main() -> None:
        async with opened(tmp_path) as group:
            results = await asyncio.gather(group.write(add(1)), group.write(give_up), return_exceptions=True)
            assert [str(result) for result in results] == [
                "no: the transaction was given up: the job's own",
                "the job's own",
            ]
            assert await asyncio.wait_for(group.write(add(3)), 10) == 3

    run(main())
    assert kept(tmp_path) == [3]


def test_loop_goes_on_while_another_process_writes(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as group:
            with closing(connect(tmp_path)) as other:
                other.execute("BEGIN IMMEDIATE")
                future = group.write(add(1))
                for _ in range(100):  # A loop that waits for the other would never come to let it go.
                    await asyncio.sleep(0)
                assert not future.done()
                other.execute("COMMIT")
            assert await future == 1

    run(main())


def test_lazy_job_goes_with_the_next_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as group:
            group.later(add(1))
            assert group.waiting == 1
            assert await group.write(items) == [1]
            assert group.waiting == 0

    run(main())


def test_lazy_job_goes_by_itself_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groupcommit, "LAZY_SECONDS", 0.001)

    async def main() -> None:
        async with opened(tmp_path) as group:
            for _ in range(2):
                written = asyncio.Event()
                group.later(lambda db, written=written: written.set())
                await asyncio.wait_for(written.wait(), 10)

    run(main())


def test_failed_lazy_job_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with opened(tmp_path) as group:
            group.later(fail)

    with caplog.at_level(logging.ERROR):
        run(main())
    assert "nobody waited for failed: the job's own" in caplog.text


def test_who_does_not_wait_any_more_is_no_fault(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as group:
            group.write(add(1)).cancel()
            assert await group.write(items) == [1]

    run(main())


def test_close_writes_what_is_queued(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as group:
            future = group.write(add(1))
            group.later(add(2))
        assert await future == 1

    run(main())
    assert kept(tmp_path) == [1, 2]


def test_transact_is_one_transaction(tmp_path: Path) -> None:
    with closing(connect(tmp_path)) as db:
        assert transact(db, add(1)) == 1
        with pytest.raises(LookupError):
            transact(db, fail)
        with pytest.raises(sqlite3.IntegrityError):
            transact(db, add(1))
        assert transact(db, items) == [1]
