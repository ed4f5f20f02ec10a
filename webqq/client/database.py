"""One SQLite file and one connection, however many accounts write there.

Writes of many accounts go to disk together where they come together (:mod:`webqq.storage.groupcommit`), so that five
hundred accounts do not wait for five hundred disk writes.
"""

import asyncio
import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from webqq.client.errors import StorageError
from webqq.storage import GroupCommit, Job

__all__ = ["Database", "execute"]

T = TypeVar("T")

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
        self._opening = asyncio.Lock()
        self._group: GroupCommit | None = None

    async def run(self, job: Job[T]) -> T:
        """Do ``job`` with the connection, and return what it returns once that is on disk.

        :raises StorageError: it is not.
        """
        return await (self._group or await self._open()).write(job)

    async def close(self) -> None:
        """Finish what is being written and close the file. The next :meth:`run` opens it again."""
        async with self._opening:
            group, self._group = self._group, None
            if group is not None:
                await group.close()

    async def _open(self) -> GroupCommit:
        async with self._opening:
            if self._group is None:
                thread = ThreadPoolExecutor(1, f"webqq-{self._path.name}")
                try:
                    connection = await asyncio.get_running_loop().run_in_executor(thread, _open, self._path)
                except (OSError, sqlite3.Error) as error:
                    thread.shutdown()
                    raise self._refused(error) from error
                self._group = GroupCommit(connection, self._refused, thread)
            return self._group

    def _refused(self, error: Exception) -> StorageError:
        return StorageError(f"the file {self._path} cannot be used: {error}")


def _open(path: Path) -> sqlite3.Connection:
    # What people write is for the owner alone, also where the folder lets others in.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
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
