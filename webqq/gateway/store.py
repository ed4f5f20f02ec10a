"""The gateway's data file: one SQLite database, written by one process.

A *job* is a function that gets the connection and does its reads and writes. All jobs that wait run in one transaction
(group commit), so that a hundred sends at once cost one flush to the disk, and a job's future is done only after the
commit. Jobs run in the order they were handed over, and their futures are done in that order.

Jobs run on the loop, each in some microseconds: what they touch is in SQLite's cache or the system's. What may take
long is left to a thread, and the loop goes on meanwhile: to begin a transaction, which waits for another process's, and
to commit, which waits for the disk. Jobs in the thread would have to take the interpreter's lock back after each
statement, from a loop that is busy.

The file is in WAL mode with ``synchronous=FULL``: what was committed survives SIGKILL and a power cut. Who may
use the folder is decided by a lock (:mod:`.datafile`).
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from webqq.gateway.datafile import connect, lock_folder, make_folder, unlock_folder
from webqq.gateway.errors import StoreError

__all__ = ["LAZY_SECONDS", "Store", "StoreState"]

_log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

LAZY_SECONDS = 1.0
"""How long a write that nobody waits for may lie until it goes to the disk together with the next ones."""

# More jobs than this go into further transactions, so that the first sender does not wait for the last.
_GROUP = 500


class StoreState(Enum):
    """OPEN: reads and writes are done at once. RUNNING: they are queued. CLOSED: nobody may any more."""

    OPEN = "open"
    RUNNING = "running"
    CLOSED = "closed"


@dataclass(slots=True)
class _Waiting(Generic[T]):
    """A job in the queue. ``future`` is None for a job that nobody waits for."""

    job: Job[T]
    future: asyncio.Future[T] | None
    result: T | None = None
    error: BaseException | None = None

    def settle(self, failure: StoreError | None) -> None:
        """Tell who waits, or the log where nobody does.

        :param failure: of the whole transaction.
        """
        error = self.error or failure
        if self.future is None:
            if error is not None:
                _log.error("a write that nobody waited for failed: %s", error)
        elif self.future.done():
            return
        elif error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(cast(T, self.result))


class Store:
    """The data folder of one gateway. Opened by the constructor, closed by :meth:`close`.

    :param folder: made with mode 0700 where it does not exist; ``gateway.sqlite`` in it gets mode 0600.
    :raises StoreError: the folder or the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._state = StoreState.OPEN
        self.folder = folder
        """The data folder."""
        self._queue: list[_Waiting[Any]] = []
        self._work = asyncio.Event()
        self._lazy: asyncio.TimerHandle | None = None
        self._writer: asyncio.Task[None] | None = None
        make_folder(folder)
        self._lock = lock_folder(folder)
        try:
            self._db = connect(folder)
        except BaseException:
            unlock_folder(self._lock)
            raise

    @property
    def state(self) -> StoreState:
        """Who may use the connection at present."""
        return self._state

    @property
    def waiting(self) -> int:
        """How many jobs wait for the next transaction."""
        return len(self._queue)

    def run(self, job: Job[T]) -> T:
        """Run a job at once, in its own transaction. Allowed before :meth:`start` only.

        :raises StoreError: the database refused.
        """
        self._expect(StoreState.OPEN)
        waiting = _Waiting(job, None)
        failure = _begin(self._db) or _run_jobs(self._db, [waiting]) or _commit(self._db)
        if error := waiting.error or failure:
            raise error
        return cast(T, waiting.result)

    def start(self) -> None:
        """Begin to queue jobs; to be called on the running loop, whose thread alone calls everything from now on."""
        self._expect(StoreState.OPEN)
        self._state = StoreState.RUNNING
        self._writer = asyncio.get_running_loop().create_task(self._write_all(), name="gateway-store")

    def write(self, job: Job[T]) -> asyncio.Future[T]:
        """Queue a job and return a future of its result, done after the commit.

        The future fails with what the job raised, or with :class:`StoreError` when the database refused; then
        nothing of the job was written.
        """
        self._expect(StoreState.RUNNING)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(job, future))
        self._work.set()
        return future

    def later(self, job: Job[object]) -> None:
        """Queue a job that nobody waits for: it goes with the next transaction, or within :data:`LAZY_SECONDS`.

        A failure is logged.
        """
        self._expect(StoreState.RUNNING)
        self._queue.append(_Waiting(job, None))
        if self._lazy is None:
            self._lazy = asyncio.get_running_loop().call_later(LAZY_SECONDS, self._work.set)

    async def close(self) -> None:
        """Write what is queued, close the file and let the folder go. A second call does nothing."""
        if self._state is StoreState.CLOSED:
            return
        self._state = StoreState.CLOSED
        self._work.set()
        if self._writer is None:
            self._db.close()
        else:
            await self._writer
        unlock_folder(self._lock)

    def _expect(self, state: StoreState) -> None:
        if self._state is not state:
            raise RuntimeError(f"the store is {self._state.value}, this needs it {state.value}")

    async def _write_all(self) -> None:
        """Write group after group until the store closes."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "gateway-store") as thread:
            while await self._has_work():
                failure = await loop.run_in_executor(thread, _begin, self._db)
                group = self._take_group()
                failure = failure or _run_jobs(self._db, group)
                failure = failure or await loop.run_in_executor(thread, _commit, self._db)
                for waiting in group:
                    waiting.settle(failure)
            # The last connection to close moves the log into the file, which may take a while.
            await loop.run_in_executor(thread, self._db.close)

    async def _has_work(self) -> bool:
        """Wait until something must be written; False when the store closes and all is written."""
        await self._work.wait()
        return bool(self._queue)

    def _take_group(self) -> list[_Waiting[Any]]:
        group, self._queue = self._queue[:_GROUP], self._queue[_GROUP:]
        if not self._queue and self._state is StoreState.RUNNING:
            self._work.clear()
        if self._lazy is not None:
            self._lazy.cancel()
            self._lazy = None
        return group


def _begin(db: sqlite3.Connection) -> StoreError | None:
    return _execute(db, "BEGIN IMMEDIATE")


def _commit(db: sqlite3.Connection) -> StoreError | None:
    return _execute(db, "COMMIT")


def _execute(db: sqlite3.Connection, statement: str) -> StoreError | None:
    """Begin or end a transaction; where that fails, nothing of it is left, and why is returned."""
    try:
        db.execute(statement)
    except sqlite3.Error as error:
        return _undo(db, error)
    return None


def _run_jobs(db: sqlite3.Connection, group: list[_Waiting[Any]]) -> StoreError | None:
    """Run jobs in the transaction that has begun. A job that fails leaves the others as they are."""
    try:
        for waiting in group:
            _run_job(db, waiting)
    except sqlite3.Error as error:
        return _undo(db, error)
    return None


def _undo(db: sqlite3.Connection, error: sqlite3.Error) -> StoreError:
    with suppress(sqlite3.Error):
        db.execute("ROLLBACK")
    failure = StoreError(f"the database refused the write: {error}")
    failure.__cause__ = error
    return failure


def _run_job(db: sqlite3.Connection, waiting: _Waiting[Any]) -> None:
    db.execute("SAVEPOINT job")
    try:
        waiting.result = waiting.job(db)
    except sqlite3.Error as error:
        # On a full disk and the like SQLite ends the whole transaction by itself; then all jobs have failed.
        if not db.in_transaction:
            raise
        waiting.error = StoreError(f"the database refused the write: {error}")
        waiting.error.__cause__ = error
    except Exception as error:
        waiting.error = error
    if waiting.error is not None:
        db.execute("ROLLBACK TO job")
    db.execute("RELEASE job")
