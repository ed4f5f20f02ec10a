"""The gateway's data file: one SQLite database, written by one process.

Jobs, and when they are on the disk, are told in :mod:`webqq.storage.groupcommit`. The file is in WAL mode with
``synchronous=FULL``: what was committed survives SIGKILL and a power cut. Who may use the folder is decided by a lock
(:mod:`.datafile`).
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import TypeVar

from webqq.gateway.datafile import connect, lock_folder, make_folder, unlock_folder
from webqq.gateway.errors import StoreError
from webqq.storage import GroupCommit, Job, transact

__all__ = ["Store", "StoreState"]

T = TypeVar("T")


class StoreState(Enum):
    """OPEN: reads and writes are done at once. RUNNING: they are queued. CLOSED: nobody may any more."""

    OPEN = "open"
    RUNNING = "running"
    CLOSED = "closed"


class Store:
    """The data folder of one gateway. Opened by the constructor, closed by :meth:`close`.

    :param folder: made with mode 0700 where it does not exist; ``gateway.sqlite`` in it gets mode 0600.
    :raises StoreError: the folder or the file cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._state = StoreState.OPEN
        self.folder = folder
        """The data folder."""
        self._group: GroupCommit | None = None
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
        return self._group.waiting if self._group is not None else 0

    def run(self, job: Job[T]) -> T:
        """Run a job at once, in its own transaction. Allowed before :meth:`start` only.

        :raises StoreError: the database refused.
        """
        self._expect(StoreState.OPEN)
        try:
            return transact(self._db, job)
        except sqlite3.Error as error:
            raise _refused(error) from error

    def start(self) -> None:
        """Begin to queue jobs; to be called on the running loop, whose thread alone calls everything from now on."""
        self._expect(StoreState.OPEN)
        self._state = StoreState.RUNNING
        self._group = GroupCommit(self._db, _refused, ThreadPoolExecutor(1, "gateway-store"))

    def write(self, job: Job[T]) -> asyncio.Future[T]:
        """Queue a job and return a future of its result, done after the commit.

        The future fails with what the job raised, or with :class:`StoreError` when the database refused; then
        nothing of the job was written.
        """
        return self._running().write(job)

    def later(self, job: Job[object]) -> None:
        """Queue a job that nobody waits for: it goes with the next transaction, or within
        :data:`webqq.storage.LAZY_SECONDS`.

        A failure is logged.
        """
        self._running().later(job)

    async def close(self) -> None:
        """Write what is queued, close the file and let the folder go. A second call does nothing."""
        if self._state is StoreState.CLOSED:
            return
        self._state = StoreState.CLOSED
        if self._group is None:
            self._db.close()
        else:
            await self._group.close()
        unlock_folder(self._lock)

    def _running(self) -> GroupCommit:
        self._expect(StoreState.RUNNING)
        assert self._group is not None
        return self._group

    def _expect(self, state: StoreState) -> None:
        if self._state is not state:
            raise RuntimeError(f"the store is {self._state.value}, this needs it {state.value}")


def _refused(error: sqlite3.Error) -> StoreError:
    return StoreError(f"the database refused the write: {error}")
