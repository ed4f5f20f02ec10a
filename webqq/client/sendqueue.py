"""Sends that nobody waits for: kept until they ended, over restarts where there is a data folder.

A send that was under way when the process ended is ``unknown`` afterwards, and not repeated. One that had not gone out
goes out in the next run, to the same chat: by its alias where the login is the same, else to who has the number, or
alone the name, that the chat had.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec
from msgspec import Struct

from webqq.client.chat import Chat, DiscussChat, FriendChat, GroupChat, StrangerChat
from webqq.client.database import Database, execute
from webqq.client.outbox import Outcome, SendResult
from webqq.protocol.calls import ServiceType
from webqq.protocol.content import Content, parse_sent, serialize_sent
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.ids import Did, Gid, QQNumber, Uin

__all__ = ["Address", "MemoryQueue", "Queue", "QueuedSend", "SQLiteQueue", "address_of", "chat_at"]

KEPT_SECONDS = 7 * 24 * 3600
"""How long a :class:`SQLiteQueue` remembers how a send ended."""

FORGET_EVERY = 1000
"""Rows after which it removes what it need not remember any more."""


class Address(Struct, frozen=True, kw_only=True):
    """A chat as it is kept: ``alias`` is good within the login ``mark``; ``number`` (0: unknown) and ``name`` find a
    friend or a group in another one.
    """

    kind: str
    alias: int
    via: int = 0
    service: int = ServiceType.GROUP
    mark: str = ""
    number: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class QueuedSend:
    """A send on its way. ``row`` is its number in the queue."""

    row: int
    address: Address
    content: Content


def address_of(chat: Chat, mark: str, number: int = 0, name: str = "") -> Address:
    """Return how a chat is kept."""
    match chat:
        case FriendChat():
            return Address(kind="friend", alias=chat.uin, mark=mark, number=number, name=name)
        case GroupChat():
            return Address(kind="group", alias=chat.gid, mark=mark, number=number, name=name)
        case DiscussChat():
            return Address(kind="discussion", alias=chat.did, mark=mark)
    return Address(kind="stranger", alias=chat.uin, via=chat.via, service=chat.service, mark=mark)


def chat_at(address: Address) -> Chat:
    """Return the chat of an address within its login. Inverse of :func:`address_of`."""
    match address.kind:
        case "friend":
            return FriendChat(Uin(address.alias))
        case "group":
            return GroupChat(Gid(address.alias))
        case "discussion":
            return DiscussChat(Did(address.alias))
    return StrangerChat(Uin(address.alias), address.via, address.service)


class Queue(Protocol):
    """What a client needs of a queue."""

    async def put(self, address: Address, content: Content) -> QueuedSend:
        """Keep a send."""

    async def begin(self, send: QueuedSend) -> None:
        """It goes out now: if nothing more is heard, its end is unknown."""

    async def end(self, send: QueuedSend, result: SendResult) -> None:
        """It ended."""

    async def interrupted(self) -> list[QueuedSend]:
        """Return what was going out when an earlier run ended; from now on they are ``unknown``."""

    async def waiting(self) -> list[QueuedSend]:
        """Return what earlier runs did not send, oldest first."""


class MemoryQueue:
    """A queue for a program that keeps nothing on disk."""

    def __init__(self) -> None:
        self._row = 0

    async def put(self, address: Address, content: Content) -> QueuedSend:
        """Give the send a number."""
        self._row += 1
        return QueuedSend(self._row, address, content)

    async def begin(self, send: QueuedSend) -> None:
        """Do nothing."""

    async def end(self, send: QueuedSend, result: SendResult) -> None:
        """Do nothing."""

    async def interrupted(self) -> list[QueuedSend]:
        """Return nothing: there was no earlier run."""
        return []

    async def waiting(self) -> list[QueuedSend]:
        """Return nothing: there was no earlier run."""
        return []


class SQLiteQueue:
    """A queue in a SQLite file, for one account of those that share it. Raises :class:`StorageError` where the file
    cannot be used.

    :param now: the clock, in seconds since the epoch.
    """

    def __init__(self, database: Database, account: QQNumber, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._account = account
        self._now = now

    async def put(self, address: Address, content: Content) -> QueuedSend:
        """Commit a send to disk."""
        values = (self._account, msgspec.json.encode(address).decode(), serialize_sent(content), self._now())
        row = await self._database.run(lambda connection: self._put(connection, values))
        return QueuedSend(row, address, content)

    def _put(self, connection: sqlite3.Connection, values: tuple[object, ...]) -> int:
        (row,) = connection.execute(_INSERT, values).fetchone()
        if row % FORGET_EVERY == 0:
            connection.execute(_FORGET, (self._account, self._now() - KEPT_SECONDS))
        return int(row)

    async def begin(self, send: QueuedSend) -> None:
        """Note that the send goes out, before it does."""
        await self._database.run(lambda connection: execute(connection, _BEGIN, (send.row,)))

    async def end(self, send: QueuedSend, result: SendResult) -> None:
        """Note how it ended."""
        values = (result.outcome, result.reason, self._now(), send.row)
        await self._database.run(lambda connection: execute(connection, _END, values))

    async def interrupted(self) -> list[QueuedSend]:
        """Return what was going out when an earlier run ended, and note that nobody knows its end."""
        return await self._database.run(self._interrupted)

    def _interrupted(self, connection: sqlite3.Connection) -> list[QueuedSend]:
        rows = connection.execute(_OPEN, (self._account, "sending")).fetchall()
        for row, *_ in rows:
            connection.execute(_END, (Outcome.UNKNOWN, "the process ended meanwhile", self._now(), row))
        return _sends(rows)

    async def waiting(self) -> list[QueuedSend]:
        """Return what earlier runs did not send, oldest first."""
        rows = await self._database.run(
            lambda connection: connection.execute(_OPEN, (self._account, "queued")).fetchall()
        )
        return _sends(rows)


_INSERT = "INSERT INTO outbox (account, address, content, state, queued_at) VALUES (?, ?, ?, 'queued', ?) RETURNING row"
_BEGIN = "UPDATE outbox SET state = 'sending' WHERE row = ?"
_END = "UPDATE outbox SET state = ?, reason = ?, ended_at = ? WHERE row = ?"
_FORGET = "DELETE FROM outbox WHERE account = ? AND ended_at < ?"
_OPEN = "SELECT row, address, content FROM outbox WHERE account = ? AND state = ? AND ended_at IS NULL ORDER BY row"


def _sends(rows: list[tuple[int, str, str]]) -> list[QueuedSend]:
    sends = []
    for row, address, content in rows:
        try:
            sends.append(QueuedSend(row, msgspec.json.decode(address, type=Address), parse_sent(content)))
        except (msgspec.DecodeError, MalformedMessage):
            # Of another version of this program, or damaged; the row stays for a person to look at.
            continue
    return sends
