"""Many changes of one SQLite file, together on the disk, while the loop goes on.

A *job* is a function that gets the connection and does its reads and writes. All jobs that wait run in one transaction
(group commit), so that a hundred changes at once cost one flush to the disk, and a job's future is done only after the
commit. Jobs run in the order they were handed over, and their futures are done in that order.

Jobs run on the loop, each in some microseconds: what they touch is in SQLite's cache or the system's. What may take
long is left to a thread, and the loop goes on meanwhile: to begin a transaction, which waits for another process's, and
to commit, which waits for the disk. Jobs in the thread would have to take the interpreter's lock back after each
statement, from a loop that is busy.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, cast

__all__ = ["LAZY_SECONDS", "GroupCommit", "Job", "transact"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

Job: TypeAlias = Callable[[sqlite3.Connection], T]
"""What is done with the connection, inside a transaction that others may share."""

LAZY_SECONDS = 1.0
"""How long a job that nobody waits for may lie until it goes to the disk together with the next ones."""

# More jobs than this go into further transactions, so that the first does not wait for the last.
_GROUP = 500


@dataclass(slots=True)
class _Waiting(Generic[T]):
    """A job in the queue. ``future`` is None for a job that nobody waits for."""

    job: Job[T]
    future: asyncio.Future[T] | None
    result: T | None = None
    error: Exception | None = None


class GroupCommit:
    """The one user of a connection, from its making on; to be made and called on a running loop.

    :param db: in autocommit mode (``isolation_level`` None), and usable by other threads (``check_same_thread`` False).
    :param refused: makes what futures fail with of what SQLite raised.
    :param thread: that begins and commits, one worker; the end of this is its end.
    """

    def __init__(
        self, db: sqlite3.Connection, refused: Callable[[sqlite3.Error], Exception], thread: ThreadPoolExecutor
    ) -> None:
        self._db = db
        self._refused = refused
        self._thread = thread
        self._queue: list[_Waiting[Any]] = []
        self._is_closing = False
        self._work = asyncio.Event()
        self._lazy: asyncio.TimerHandle | None = None
        self._writer = asyncio.get_running_loop().create_task(self._write_all())

    @property
    def waiting(self) -> int:
        """How many jobs wait for the next transaction."""
        return len(self._queue)

    def write(self, job: Job[T]) -> asyncio.Future[T]:
        """Queue a job and return a future of its result, done after the commit.

        The future fails with what the job raised, or with what ``refused`` makes of SQLite's error, the job's own or
        that of the whole transaction; then nothing of the job was written.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(job, future))
        self._work.set()
        return future

    def later(self, job: Job[object]) -> None:
        """Queue a job that nobody waits for: it goes with the next transaction, or within :data:`LAZY_SECONDS`.

        A failure is logged.
        """
        self._queue.append(_Waiting(job, None))
        if self._lazy is None:
            self._lazy = asyncio.get_running_loop().call_later(LAZY_SECONDS, self._work.set)

    async def close(self) -> None:
        """Write what is queued and close the connection. Nothing may be queued any more."""
        self._is_closing = True
        self._work.set()
        await self._writer

    async def _write_all(self) -> None:
        """Write group after group until the end."""
        loop = asyncio.get_running_loop()
        with self._thread as thread:
            while await self._has_work():
                failure = await loop.run_in_executor(thread, _begin, self._db)
                group = self._take_group()
                failure = failure or _run_jobs(self._db, group)
                failure = failure or await loop.run_in_executor(thread, _commit, self._db)
                for waiting in group:
                    self._settle(waiting, waiting.error or failure)
            # The last connection to close moves the log into the file, which may take a while.
            await loop.run_in_executor(thread, self._db.close)

    def _settle(self, waiting: _Waiting[Any], error: Exception | None) -> None:
        """Tell who waits, or the log where nobody does."""
        if isinstance(error, sqlite3.Error):
            cause, error = error, self._refused(error)
            error.__cause__ = cause
        if waiting.future is None:
            if error is not None:
                _log.error("a write that nobody waited for failed: %s", error)
        elif waiting.future.done():
            return
        elif error is not None:
            waiting.future.set_exception(error)
        else:
            waiting.future.set_result(waiting.result)

    async def _has_work(self) -> bool:
        """Wait until something must be written; False at the end."""
        await self._work.wait()
        return bool(self._queue)

    def _take_group(self) -> list[_Waiting[Any]]:
        group, self._queue = self._queue[:_GROUP], self._queue[_GROUP:]
        if not self._queue and not self._is_closing:
            self._work.clear()
        if self._lazy is not None:
            self._lazy.cancel()
            self._lazy = None
        return group


def transact(db: sqlite3.Connection, job: Job[T]) -> T:
    """Run a job at once, in its own transaction, on the calling thread.

    :raises sqlite3.Error: the database refused. Whatever the job raises is raised here.
    """
    waiting = _Waiting(job, None)
    failure = _begin(db) or _run_jobs(db, [waiting]) or _commit(db)
    if error := waiting.error or failure:
        raise error
    return cast(T, waiting.result)


def _begin(db: sqlite3.Connection) -> sqlite3.Error | None:
    return _execute(db, "BEGIN IMMEDIATE")


def _commit(db: sqlite3.Connection) -> sqlite3.Error | None:
    return _execute(db, "COMMIT")


def _execute(db: sqlite3.Connection, statement: str) -> sqlite3.Error | None:
    """Begin or end a transaction; where that fails, nothing of it is left, and why is returned."""
    try:
        db.execute(statement)
    except sqlite3.Error as error:
        _roll_back(db)
        return error
    return None


def _run_jobs(db: sqlite3.Connection, group: list[_Waiting[Any]]) -> sqlite3.Error | None:
    """Run jobs in the transaction that has begun. A job that fails leaves the others as they are."""
    try:
        for waiting in group:
            _run_job(db, waiting)
    except sqlite3.Error as error:
        _roll_back(db)
        return error
    return None


def _roll_back(db: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        db.execute("ROLLBACK")


def _run_job(db: sqlite3.Connection, waiting: _Waiting[Any]) -> None:
    db.execute("SAVEPOINT job")
    try:
        waiting.result = waiting.job(db)
    except Exception as error:
        waiting.error = error
        # On a full disk and the like SQLite ends the whole transaction by itself; then all jobs have failed.
        if not db.in_transaction:
            if isinstance(error, sqlite3.Error):
                raise
            raise sqlite3.OperationalError(f"the transaction was given up: {error}") from error
    if waiting.error is not None:
        db.execute("ROLLBACK TO job")
    db.execute("RELEASE job")
