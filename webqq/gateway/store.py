"""The gateway's data file: one SQLite database, written by one thread.

A *job* is a function that gets the connection and does its reads and writes. The loop hands jobs over and goes
on; the thread runs all jobs that wait in one transaction (group commit), so that a hundred sends at once cost
one flush to the disk, and a job's future is done only after the commit. Jobs run in the order they were handed
over, and their futures are done in that order.

The file is in WAL mode with ``synchronous=FULL``: what was committed survives SIGKILL and a power cut. Who may
use the folder is decided by a lock (:mod:`.datafile`).
"""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
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
    """OPEN: the caller's thread reads and writes. RUNNING: the writer's thread alone does. CLOSED: nobody."""

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

    def settle(self) -> None:
        """Tell who waits; on the loop's thread."""
        if self.future is None or self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
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
        self._urgent = False
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
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
        """Run a job at once, in its own transaction, on the calling thread. Allowed before :meth:`start` only.

        :raises StoreError: the database refused.
        """
        self._expect(StoreState.OPEN)
        waiting = _Waiting(job, None)
        _run_group(self._db, [waiting])
        if waiting.error is not None:
            raise waiting.error
        return cast(T, waiting.result)

    def start(self) -> None:
        """Hand the connection over to the writer's thread; to be called on the running loop."""
        self._expect(StoreState.OPEN)
        self._loop = asyncio.get_running_loop()
        # A daemon thread: a gateway that was never stopped must not keep the process from ending.
        self._thread = threading.Thread(target=self._write_all, name="gateway-store", daemon=True)
        self._state = StoreState.RUNNING
        self._thread.start()

    def write(self, job: Job[T]) -> asyncio.Future[T]:
        """Queue a job and return a future of its result, done after the commit.

        The future fails with what the job raised, or with :class:`StoreError` when the database refused; then
        nothing of the job was written.
        """
        self._expect(StoreState.RUNNING)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        with self._wake:
            self._queue.append(_Waiting(job, future))
            self._urgent = True
            self._wake.notify()
        return future

    def later(self, job: Job[object]) -> None:
        """Queue a job that nobody waits for: it goes with the next transaction, or within :data:`LAZY_SECONDS`.

        A failure is logged.
        """
        self._expect(StoreState.RUNNING)
        with self._wake:
            if not self._queue:
                self._wake.notify()
            self._queue.append(_Waiting(job, None))

    async def close(self) -> None:
        """Write what is queued, close the file and let the folder go. A second call does nothing."""
        if self._state is StoreState.CLOSED:
            return
        with self._wake:
            self._state = StoreState.CLOSED
            self._wake.notify()
        if self._thread is None:
            self._db.close()
        else:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.join)
        unlock_folder(self._lock)

    def _expect(self, state: StoreState) -> None:
        if self._state is not state:
            raise RuntimeError(f"the store is {self._state.value}, this needs it {state.value}")

    # The writer's thread.

    def _write_all(self) -> None:
        while group := self._next_group():
            _run_group(self._db, group)
            self._report(group)
        # Here, since the last connection to close moves the log into the file, which may take a while.
        self._db.close()

    def _next_group(self) -> list[_Waiting[Any]]:
        """Wait until something must be written; empty when the store closes and all is written."""
        with self._wake:
            while not self._urgent and self._state is StoreState.RUNNING:
                had_lazy = bool(self._queue)
                notified = self._wake.wait(LAZY_SECONDS if had_lazy else None)
                if had_lazy and not notified:
                    break
            group, self._queue = self._queue[:_GROUP], self._queue[_GROUP:]
            self._urgent = any(waiting.future is not None for waiting in self._queue)
            return group

    def _report(self, group: list[_Waiting[Any]]) -> None:
        for waiting in group:
            if waiting.future is None and waiting.error is not None:
                _log.error("a write that nobody waited for failed: %s", waiting.error)
        # The loop may be closed already when a gateway was dropped without a stop; nobody waits then.
        with suppress(RuntimeError):
            cast(asyncio.AbstractEventLoop, self._loop).call_soon_threadsafe(_settle, group)


def _settle(group: list[_Waiting[Any]]) -> None:
    for waiting in group:
        waiting.settle()


def _run_group(db: sqlite3.Connection, group: list[_Waiting[Any]]) -> None:
    """Run the jobs in one transaction. A job that fails leaves the others as they are; a failed commit fails
    all.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        for waiting in group:
            _run_job(db, waiting)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        failure = StoreError(f"the database refused the write: {error}")
        failure.__cause__ = error
        for waiting in group:
            waiting.error = waiting.error or failure
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")


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
