"""What was polled and is not handled yet.

A batch of events goes in before the next poll acknowledges it, and each event leaves it when its handlers are done.
A message that comes again, as it may after a broken connection, goes in once (WebQQ protocol, poll2 result).
:class:`MemoryInbox` forgets with its process; :class:`SQLiteInbox` hands what was not done to the next one.
"""

import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from msgspec import structs

from webqq.client.contacts import RosterChange
from webqq.client.database import Database, execute
from webqq.protocol.events import (
    BuddyListChange,
    BuddyStatus,
    DiscussMessage,
    Event,
    FileTransfer,
    FriendMessage,
    GroupMessage,
    InputNotify,
    Kick,
    SessionMessage,
    Shake,
    Tips,
    UnknownEvent,
    parse_event,
    serialize_event,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.jsontext import parse_json, serialize_json

if TYPE_CHECKING:
    from webqq.client.gaps import Gap

__all__ = ["Delivery", "Inbox", "MemoryInbox", "SQLiteInbox", "event_key"]

REMEMBERED = 10_000
"""Messages whose repetition a :class:`MemoryInbox` notices; repetitions come within minutes."""

KEPT_SECONDS = 7 * 24 * 3600
"""How long a :class:`SQLiteInbox` remembers what is done, to notice repetitions; a session lives some three days."""

KEPT_EVENTS = 1000
"""How many of an account's events it remembers however long ago they seem to be: a clock that was wrong, or a bot that
was away for weeks, must not make what was done new again. A batch of the gateway has a tenth of it.
"""

FORGET_EVERY = 1000
"""Rows after which a :class:`SQLiteInbox` removes what it need not remember any more."""

ATTEMPTS = 3
"""Runs in which an event is handed out whose handlers fail. Then it stays in the file, and nobody gets it any more."""

_UNNUMBERED = (BuddyStatus, BuddyListChange, FileTransfer, InputNotify, Kick, Tips, UnknownEvent)
"""Events in which nothing tells a repetition from the same thing happening twice."""

_TRANSIENT = (BuddyStatus, InputNotify, Kick)
"""Events that tell of a moment: after a restart they are no longer true."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to the handlers.

    :param row: its number in the inbox; None for one that is not kept there.
    :param redelivered: whether an earlier run may have handled it, in part or wholly, without saying so.
    :param handlers: the handlers that failed in an earlier run, by name; empty: all are to run.
    """

    event: "Event | RosterChange | Gap"
    row: int | None = None
    redelivered: bool = False
    handlers: tuple[str, ...] = ()


def event_key(event: Event) -> str | None:
    """Return what is equal for an event and its repetition, and for no other of the account; None where nothing is.

    In 2013 it is the pair of message ids, in 2016 sender, id and time (WebQQ protocol, poll2 result); the time counts
    in both, since a message taken for another is lost, and one taken for new is only handled twice.
    """
    if isinstance(event, _UNNUMBERED):
        return None
    kind, moment = type(event).__name__, getattr(event, "time", None) or 0
    if not isinstance(event, FriendMessage | GroupMessage | DiscussMessage | SessionMessage | Shake):
        # All that a notice says: its numbers alone are not known to be unique.
        return f"{kind} {structs.astuple(event)}"
    if event.msg_id2 is not None:
        return f"{kind} {event.msg_id} {event.msg_id2} {moment}"
    return f"{kind} {event.msg_id} {event.from_uin} {getattr(event, 'send_uin', 0)} {moment}"


class Inbox(Protocol):
    """What a client needs of an inbox."""

    async def put(self, events: Sequence[Event]) -> list[Delivery]:
        """Keep events; return those that are new, in order."""

    async def done(self, delivery: Delivery) -> None:
        """The handlers of an event have run."""

    async def failed(self, delivery: Delivery, handlers: Sequence[str]) -> None:
        """Some handlers of an event did not run to their end."""

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

    async def failed(self, delivery: Delivery, handlers: Sequence[str]) -> None:
        """Do nothing: what is not kept is lost."""

    async def unfinished(self) -> list[Delivery]:
        """Return nothing: there was no earlier run."""
        return []

    async def close(self) -> None:
        """Do nothing."""


class SQLiteInbox:
    """An inbox in a SQLite file, for one account of those that share it.

    :param now: the clock, in seconds since the epoch.
    """

    def __init__(self, database: Database, account: QQNumber, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._account = account
        self._now = now

    async def put(self, events: Sequence[Event]) -> list[Delivery]:
        """Commit the events to disk; return those that are new, in order.

        :raises StorageError: they are not kept.
        """
        return await self._database.run(lambda connection: self._put(connection, events))

    def _put(self, connection: sqlite3.Connection, events: Sequence[Event]) -> list[Delivery]:
        deliveries = []
        for event in events:
            if isinstance(event, _TRANSIENT):
                deliveries.append(Delivery(event))
                continue
            values = (self._account, event_key(event), _to_bytes(event), self._now())
            found = connection.execute(_INSERT, values).fetchone()
            if found is not None:
                deliveries.append(Delivery(event, found[0]))
                if found[0] % FORGET_EVERY == 0:
                    self._forget(connection)
        return deliveries

    async def done(self, delivery: Delivery) -> None:
        """Do not hand out the event again.

        :raises StorageError: the next run will.
        """
        if delivery.row is not None:
            values = (self._now(), delivery.row)
            await self._database.run(lambda connection: execute(connection, _DONE, values))

    async def failed(self, delivery: Delivery, handlers: Sequence[str]) -> None:
        """Hand out the event again in the next run, to these handlers alone; at most in :data:`ATTEMPTS` runs.

        :raises StorageError: the next run will hand it to all.
        """
        if delivery.row is not None:
            values = (serialize_json(list(handlers)).decode(), delivery.row)
            await self._database.run(lambda connection: execute(connection, _FAILED, values))

    async def unfinished(self) -> list[Delivery]:
        """Return what earlier runs left undone, oldest first.

        :raises StorageError: the file cannot be read.
        """
        return await self._database.run(self._unfinished)

    def _unfinished(self, connection: sqlite3.Connection) -> list[Delivery]:
        self._forget(connection)
        rows = connection.execute(_UNDONE, (self._account, ATTEMPTS)).fetchall()
        return [
            Delivery(_from_bytes(event), row, redelivered=True, handlers=_names(handlers))
            for row, event, handlers in rows
        ]

    async def dead(self) -> list[Delivery]:
        """Return the events whose handlers failed in :data:`ATTEMPTS` runs: kept for a person to look at.

        :raises StorageError: the file cannot be read.
        """
        rows = await self._database.run(
            lambda connection: connection.execute(_DEAD, (self._account, ATTEMPTS)).fetchall()
        )
        return [
            Delivery(_from_bytes(event), row, redelivered=True, handlers=_names(handlers))
            for row, event, handlers in rows
        ]

    def _forget(self, connection: sqlite3.Connection) -> None:
        connection.execute(_FORGET, (self._account, self._now() - KEPT_SECONDS, self._account, KEPT_EVENTS))

    async def close(self) -> None:
        """Do nothing: the file is its owner's to close."""


_INSERT = (
    "INSERT INTO inbox (account, event_key, event, stored_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING row"
)
_DONE = "UPDATE inbox SET done_at = ? WHERE row = ?"
_FAILED = "UPDATE inbox SET handlers = ?, failures = failures + 1 WHERE row = ?"
_FORGET = """
DELETE FROM inbox WHERE account = ? AND done_at < ? AND row <= (
    SELECT row FROM inbox WHERE account = ? AND done_at IS NOT NULL ORDER BY row DESC LIMIT 1 OFFSET ?
)
"""
_UNDONE = "SELECT row, event, handlers FROM inbox WHERE account = ? AND done_at IS NULL AND failures < ? ORDER BY row"
_DEAD = "SELECT row, event, handlers FROM inbox WHERE account = ? AND done_at IS NULL AND failures >= ? ORDER BY row"


def _names(handlers: str | None) -> tuple[str, ...]:
    names = parse_json(handlers.encode(), "inbox") if handlers else []
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _to_bytes(event: Event) -> bytes:
    # The flavour that leaves nothing out.
    return serialize_json(serialize_event(event, Flavour.WEBQQ_2013))


def _from_bytes(data: bytes) -> Event:
    return parse_event(parse_json(data, "inbox"))
