"""One SQLite file, one connection and one thread for it, however many accounts write there.

Writes of many accounts go to disk together where they come together: what waits when the thread is free is one
transaction, so that five hundred accounts do not wait for five hundred disk writes.
"""

import asyncio
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from webqq.client.errors import StorageError

__all__ = ["Database", "Work", "execute"]

T = TypeVar("T")

Work: TypeAlias = Callable[[sqlite3.Connection], T]
"""What is done with the connection, inside a transaction that others may share."""

TOGETHER = 100
"""Pieces of work in one transaction at most; one that fails makes the others be done again by themselves."""

VERSION = 2
"""``user_version`` of the file. A file of another version of this program is not touched."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
    row INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    event_key TEXT,             -- NULL: nothing tells a repetition
    event BLOB NOT NULL,        -- as an element of poll2's answer of 2013
    stored_at REAL NOT NULL,    -- seconds since the epoch
    done_at REAL,               -- NULL: the handlers have not run, or not to their end
    UNIQUE (account, event_key)
);
CREATE INDEX IF NOT EXISTS inbox_undone ON inbox (account, row) WHERE done_at IS NULL;
CREATE INDEX IF NOT EXISTS inbox_done ON inbox (account, row) WHERE done_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS outbox (
    row INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    address TEXT NOT NULL,      -- JSON: the chat, the login whose aliases it uses, how to find it in another
    content TEXT NOT NULL,      -- as it is sent
    state TEXT NOT NULL,        -- queued, sending, or how it ended: sent, failed, unknown
    reason TEXT NOT NULL DEFAULT '',
    queued_at REAL NOT NULL,    -- seconds since the epoch
    ended_at REAL
);
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (account, row) WHERE ended_at IS NULL;
"""

_UPGRADE = """
ALTER TABLE inbox ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inbox ADD COLUMN handlers TEXT;
"""
"""``failures`` counts the runs in which handlers failed; ``handlers`` names, as JSON, those that have to run again."""


def execute(connection: sqlite3.Connection, statement: str, values: Sequence[object]) -> None:
    """Carry out a statement that gives no rows."""
    connection.execute(statement, values)


class Database:
    """Opens the file when it is first used, and makes it where it is missing, for its owner alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[tuple[Work[Any], Callable[[Any, Exception | None], None]] | None] = (
            queue.SimpleQueue()
        )
        self._thread: threading.Thread | None = None

    async def run(self, work: Work[T]) -> T:
        """Do ``work`` with the connection, and return what it returns once that is on disk.

        :raises StorageError: it is not.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=f"webqq-{self._path.name}", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: Any, error: Exception | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def finish(result: Any, error: Exception | None) -> None:
            # A loop that is closed by now waits for nothing.
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, result, error)

        self._jobs.put((work, finish))
        try:
            return await future
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"the file {self._path} cannot be used: {error}") from error

    async def close(self) -> None:
        """Finish what is being written and close the file. The next :meth:`run` opens it again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            await asyncio.get_running_loop().run_in_executor(None, thread.join)

    def _serve(self) -> None:
        """The thread: one batch of jobs after the other."""
        connection: sqlite3.Connection | None = None
        while True:
            jobs, goes_on = self._take()
            if jobs:
                try:
                    connection = connection or _open(self._path)
                except (OSError, sqlite3.Error) as error:
                    for _, finish in jobs:
                        finish(None, error)
                else:
                    _do_together(connection, jobs)
            if not goes_on:
                break
        if connection is not None:
            connection.close()

    def _take(self) -> tuple[list[Any], bool]:
        """Wait for a job and take those that wait behind it; False when the end was among them."""
        jobs: list[Any] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == TOGETHER:
                return jobs, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, True
        return jobs, False


def _do_together(connection: sqlite3.Connection, jobs: list[Any]) -> None:
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            results = [work(connection) for work, _ in jobs]
    except Exception as error:
        if len(jobs) == 1:
            jobs[0][1](None, error)
            return
        # Rolled back as a whole: the one at fault must not cost the others anything.
        for job in jobs:
            _do_together(connection, [job])
        return
    for (_, finish), result in zip(jobs, results, strict=True):
        finish(result, None)


def _open(path: Path) -> sqlite3.Connection:
    # What people write is for the owner alone, also where the folder lets others in.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise sqlite3.DatabaseError(f"it is of version {version}, and this webqq knows {VERSION} at most")
        connection.execute("PRAGMA journal_mode = WAL")
        # The acknowledgement makes the gateway forget the message: it must be on disk, not on its way there.
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
        if version < VERSION:
            connection.executescript(f"BEGIN IMMEDIATE;{_UPGRADE}PRAGMA user_version = {VERSION};COMMIT;")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
