"""What was polled and is not handled yet.

A batch of events goes in before the next poll acknowledges it, and each event leaves it when its handlers are done.
A message that comes again, as it may after a broken connection, goes in once (WebQQ protocol, poll2 result).
:class:`MemoryInbox` forgets with its process; :class:`SQLiteInbox` hands what was not done to the next one.
"""

import asyncio
import os
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from webqq.client.errors import StorageError
from webqq.protocol.events import (
    BuddyStatus,
    DiscussMessage,
    Event,
    FriendMessage,
    GroupMessage,
    InputNotify,
    Kick,
    SessionMessage,
    Shake,
    parse_event,
    serialize_event,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.jsontext import parse_json, serialize_json

__all__ = ["Delivery", "Inbox", "MemoryInbox", "SQLiteInbox", "event_key"]

T = TypeVar("T")

REMEMBERED = 10_000
"""Messages whose repetition a :class:`MemoryInbox` notices; repetitions come within minutes."""

KEPT_SECONDS = 7 * 24 * 3600
"""How long a :class:`SQLiteInbox` remembers what is done, to notice repetitions; a session lives some three days."""

FORGET_EVERY = 1000
"""Rows after which a :class:`SQLiteInbox` removes what it need not remember any more."""

_TRANSIENT = (BuddyStatus, InputNotify, Kick)
"""Events that tell of a moment: after a restart they are no longer true."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to the handlers.

    :param row: its number in the inbox; None for one that is not kept there.
    :param redelivered: whether an earlier run may have handled it, in part or wholly, without saying so.
    """

    event: Event
    row: int | None = None
    redelivered: bool = False


def event_key(event: Event) -> str | None:
    """Return what is equal for an event and its repetition, and for no other of the account; None where nothing is.

    In 2013 it is the pair of message ids, in 2016 sender, id and time (WebQQ protocol, poll2 result); the time counts
    in both, since a message taken for another is lost, and one taken for new is only handled twice.
    """
    if not isinstance(event, FriendMessage | GroupMessage | DiscussMessage | SessionMessage | Shake):
        return None
    kind, moment = type(event).__name__, getattr(event, "time", 0)
    if event.msg_id2 is not None:
        return f"{kind} {event.msg_id} {event.msg_id2} {moment}"
    return f"{kind} {event.msg_id} {event.from_uin} {getattr(event, 'send_uin', 0)} {moment}"


class Inbox(Protocol):
    """What a client needs of an inbox."""

    async def put(self, events: Sequence[Event]) -> list[Delivery]:
        """Keep events; return those that are new, in order."""

    async def done(self, delivery: Delivery) -> None:
        """The handlers of an event have run."""

    async def unfinished(self) -> list[Delivery]:
        """Return what earlier runs left undone, oldest first."""

    async def close(self) -> None:
        """Let go of files and threads."""


class MemoryInbox:
    """An inbox for a program that keeps nothing on disk."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def put(self, events: Sequence[Event]) -> list[Delivery]:
        """Return the events that are no repetition of one of the last :data:`REMEMBERED`."""
        return [Delivery(event) for event in events if self._is_new(event_key(event))]

    def _is_new(self, key: str | None) -> bool:
        if key is None:
            return True
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    async def done(self, delivery: Delivery) -> None:
        """Do nothing: what is not kept need not be removed."""

    async def unfinished(self) -> list[Delivery]:
        """Return nothing: there was no earlier run."""
        return []

    async def close(self) -> None:
        """Do nothing."""


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
"""


class SQLiteInbox:
    """An inbox in a SQLite file, for one account of those that share it.

    Writes go through a thread of its own, so that the loop does not wait for the disk.

    :param now: the clock, in seconds since the epoch.
    """

    def __init__(self, path: Path, account: QQNumber, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._account = account
        self._now = now
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="webqq-inbox")
        self._connection: sqlite3.Connection | None = None

    async def put(self, events: Sequence[Event]) -> list[Delivery]:
        """Commit the events to disk; return those that are new, in order.

        :raises StorageError: they are not kept.
        """
        return await self._run(lambda connection: self._put(connection, events))

    def _put(self, connection: sqlite3.Connection, events: Sequence[Event]) -> list[Delivery]:
        deliveries = []
        with connection:
            for event in events:
                if isinstance(event, _TRANSIENT):
                    deliveries.append(Delivery(event))
                    continue
                values = (self._account, event_key(event), _to_bytes(event), self._now())
                found = connection.execute(_INSERT, values).fetchone()
                if found is not None:
                    deliveries.append(Delivery(event, found[0]))
                    if found[0] % FORGET_EVERY == 0:
                        connection.execute(_FORGET, (self._account, self._now() - KEPT_SECONDS))
        return deliveries

    async def done(self, delivery: Delivery) -> None:
        """Do not hand out the event again.

        :raises StorageError: the next run will.
        """
        if delivery.row is None:
            return
        values = (self._now(), delivery.row)
        await self._run(lambda connection: _commit(connection, _DONE, values))

    async def unfinished(self) -> list[Delivery]:
        """Return what earlier runs left undone, oldest first.

        :raises StorageError: the file cannot be read.
        """
        return await self._run(self._unfinished)

    def _unfinished(self, connection: sqlite3.Connection) -> list[Delivery]:
        _commit(connection, _FORGET, (self._account, self._now() - KEPT_SECONDS))
        rows = connection.execute(_UNDONE, (self._account,)).fetchall()
        return [Delivery(_from_bytes(event), row, redelivered=True) for row, event in rows]

    async def close(self) -> None:
        """Finish what is being written and close the file."""
        if self._connection is not None:
            await self._run(lambda connection: connection.close())
            self._connection = None
        self._executor.shutdown(wait=False)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, lambda: work(self._open()))
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"the inbox {self._path} cannot be used: {error}") from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # What people write is for the owner alone, also where the folder lets others in.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(self._path)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                # The acknowledgement makes the gateway forget the message: it must be on disk, not on its way there.
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection


_INSERT = (
    "INSERT INTO inbox (account, event_key, event, stored_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING row"
)
_DONE = "UPDATE inbox SET done_at = ? WHERE row = ?"
_FORGET = "DELETE FROM inbox WHERE account = ? AND done_at < ?"
_UNDONE = "SELECT row, event FROM inbox WHERE account = ? AND done_at IS NULL ORDER BY row"


def _commit(connection: sqlite3.Connection, statement: str, values: tuple[float, ...]) -> None:
    with connection:
        connection.execute(statement, values)


def _to_bytes(event: Event) -> bytes:
    # The flavour that leaves nothing out.
    return serialize_json(serialize_event(event, Flavour.WEBQQ_2013))


def _from_bytes(data: bytes) -> Event:
    return parse_event(parse_json(data, "inbox"))
