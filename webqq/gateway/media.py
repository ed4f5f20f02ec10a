"""Pictures and files on disk: who may fetch them, how much may lie there, and for how long.

The bytes lie in the folder ``media``, each under a digest of its name, so that no name that anybody chose is ever a
path; a row of the data file tells the rest. A file may be fetched by its owner and by its *readers*: accounts, and the
members that a group or a discussion has at the time. Who may fetch one may send it on. Nothing is executed, and only
what is a picture by its bytes is served as one (:mod:`.mediatypes`).
"""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import blake2b
from html import unescape
from pathlib import Path
from typing import Protocol, TypeVar

from webqq.gateway.errors import ChangeRefused, StoreError
from webqq.gateway.files import write_private
from webqq.gateway.store import Store
from webqq.protocol.ids import QQNumber

__all__ = [
    "FILE_BYTES",
    "MEDIA_BYTES",
    "MEDIA_FILES",
    "MEDIA_PER_ACCOUNT",
    "MEDIA_SECONDS",
    "Media",
    "MediaFile",
    "Reader",
    "Writer",
    "find_by_row",
    "forget_group",
    "forget_person",
    "let_read",
    "may_read",
    "note_taken",
    "refuse",
]

T = TypeVar("T")

_log = logging.getLogger(__name__)

FILE_BYTES = 16 * 2**20
"""Largest picture or file."""

MEDIA_PER_ACCOUNT = 256 * 2**20
"""Most bytes that one account has here."""

MEDIA_FILES = 2_000
"""Most files that one account has here."""

MEDIA_BYTES = 8 * 2**30
"""Most bytes of all accounts together."""

MEDIA_SECONDS = 7 * 86400
"""How long a file is kept; the service kept those left for somebody as long."""

TITLE = 200
"""Most characters of the name that a person gave to a file."""


class Reader(StrEnum):
    """Who may fetch a file. A discussion is told by its row."""

    ACCOUNT = "account"
    GROUP = "group"
    DISCUSS = "discuss"


class Writer(Protocol):
    """Does a job over the data file; what it changed is on disk then."""

    def __call__(self, job: Callable[[sqlite3.Connection], T], /) -> Awaitable[T]:
        """Return what the job returns, or raise what it raises."""
        ...


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file. ``name`` is what clients ask for, ``title`` what a person called it; ``at`` in seconds."""

    id: int
    name: str
    owner: QQNumber
    title: str
    media_type: str
    size: int
    at: int

    @property
    def expires(self) -> int:
        """When it goes, in seconds since the epoch."""
        return self.at + MEDIA_SECONDS


_COLUMNS = "id, name, owner, title, media_type, size, at"
_MAY_READ = (
    "(owner = :account OR EXISTS (SELECT 1 FROM media_reader AS r WHERE r.media = media.id AND ("
    "(r.kind = 'account' AND r.number = :account)"
    " OR (r.kind = 'group' AND r.number IN (SELECT grp FROM membership WHERE account = :account))"
    " OR (r.kind = 'discuss' AND r.number IN (SELECT discuss FROM discuss_member WHERE account = :account)))))"
)


class Media:
    """The files of a gateway.

    :param folder: the data folder. :param clock: seconds since the epoch.
    """

    def __init__(self, store: Store, folder: Path, clock: Callable[[], float]) -> None:
        self._store = store
        self._folder = folder / "media"
        self._clock = clock

    def load(self) -> None:
        """Make the folder, and see to files that a crash left: without a row they go, else they get their name; before
        the store is started.

        :raises StoreError: the folder cannot be used.
        """
        known = {
            _disk_name(name) for (name,) in self._store.run(lambda db: db.execute("SELECT name FROM media").fetchall())
        }
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for path in list(self._folder.iterdir()):
                file = path.with_suffix("")
                if file.name not in known or (path != file and file.exists()):
                    path.unlink(missing_ok=True)
                elif path != file:
                    path.replace(file)
        except OSError as error:
            raise StoreError(f"the folder {self._folder} cannot be used: {error.strerror}") from error

    async def keep(
        self,
        owner: QQNumber,
        name: str,
        title: str,
        media_type: str,
        data: bytes,
        readers: tuple[tuple[Reader, int], ...] = (),
        write: Writer | None = None,
    ) -> MediaFile | None:
        """Keep a file and return it, or None where there is no room for it. The owner's of that name is
        returned as it is.

        :param write: does the job, if not the store alone: for what is written together with the file.
        :raises StoreError: it could not be written.
        """
        # Beside the name, so that a file of this name keeps its bytes until the row is decided.
        draft = self._folder / f"{_disk_name(name)}.{secrets.token_hex(8)}"
        try:
            await asyncio.to_thread(write_private, draft, data)
        except OSError as error:
            raise StoreError(f"{draft} cannot be written: {error.strerror}") from error
        row = (name, owner, title[-TITLE:], media_type, len(data), int(self._clock()))
        try:
            kept, is_new = await (write or self._store.write)(partial(_insert, row, readers))
        except ChangeRefused as error:
            _log.debug("not kept: %s", error)
            draft.unlink(missing_ok=True)
            return None
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        if is_new:
            draft.replace(self._folder / _disk_name(name))
        else:
            draft.unlink(missing_ok=True)
        return kept

    async def find(self, name: str, account: QQNumber) -> MediaFile | None:
        """Return a file that an account may fetch."""
        query = f"SELECT {_COLUMNS} FROM media WHERE name = :name AND {_MAY_READ}"  # noqa: S608  # own words only
        row = await self._store.write(lambda db: db.execute(query, {"name": name, "account": account}).fetchone())
        found = _file(row) if row is not None else None
        return found if found is not None and found.expires > self._clock() else None

    async def read(self, file: MediaFile) -> bytes | None:
        """Return the bytes of a file; None where they are gone."""
        try:
            return await asyncio.to_thread((self._folder / _disk_name(file.name)).read_bytes)
        except OSError as error:
            _log.error("the file %s of %s cannot be read: %s", file.id, file.owner, error.strerror)
            return None

    async def forget(self, file: MediaFile, write: Writer | None = None) -> None:
        """Remove a file.

        :param write: as of :meth:`keep`.
        """
        await (write or self._store.write)(lambda db: db.execute("DELETE FROM media WHERE id = ?", (file.id,)))
        (self._folder / _disk_name(file.name)).unlink(missing_ok=True)

    async def sweep(self) -> None:
        """Remove the files that are too old, or whose owner is no account any more."""
        before = int(self._clock()) - MEDIA_SECONDS
        names = await self._store.write(lambda db: _delete_old(db, before))
        for name in names:
            with suppress(OSError):
                (self._folder / _disk_name(name)).unlink(missing_ok=True)


def may_read(db: sqlite3.Connection, name: str, account: QQNumber) -> bool:
    """Tell whether an account may fetch a file."""
    query = f"SELECT 1 FROM media WHERE name = :name AND {_MAY_READ}"  # noqa: S608  # own words only
    return db.execute(query, {"name": name, "account": account}).fetchone() is not None


def let_read(db: sqlite3.Connection, name: str, kind: Reader, number: int, title: str = "") -> None:
    """Let an account, a group or a discussion fetch a file.

    :param title: under which it was given to an account, for :func:`refuse`.
    """
    db.execute(
        "INSERT INTO media_reader (media, kind, number, title) SELECT id, ?, ?, ? FROM media WHERE name = ?"
        " ON CONFLICT (media, kind, number) DO UPDATE SET title = excluded.title",
        (kind.value, number, title, name),
    )


def refuse(db: sqlite3.Connection, giver: QQNumber, account: QQNumber, title: str, size: int) -> None:
    """Take back an account's right to a file that was given to it.

    :param title: under which it was given, with or without the entities of its way to the client.
    :raises ChangeRefused: no file of that title and size was given to it by that account, or it is refused already.
    """
    gone = db.execute(
        "DELETE FROM media_reader WHERE kind = 'account' AND number = ? AND title IN (?, ?) AND title != ''"
        " AND media IN (SELECT id FROM media WHERE owner = ? AND size = ?)",
        (account, title, unescape(title), giver, size),
    )
    if not gone.rowcount:
        raise ChangeRefused(f"{giver} has left no such file for {account}")


def find_by_row(db: sqlite3.Connection, row: int, account: QQNumber) -> MediaFile | None:
    """Return the file of a row, if an account may fetch it."""
    query = f"SELECT {_COLUMNS} FROM media WHERE id = :row AND {_MAY_READ}"  # noqa: S608  # own words only
    found = db.execute(query, {"row": row, "account": account}).fetchone()
    return _file(found) if found is not None else None


def note_taken(db: sqlite3.Connection, row: int, account: QQNumber) -> None:
    """Note that an account has fetched a file.

    :raises ChangeRefused: it had before.
    """
    taken = (row, "taken", account)
    sql = "INSERT OR IGNORE INTO media_reader (media, kind, number) VALUES (?, ?, ?)"
    if not db.execute(sql, taken).rowcount:
        raise ChangeRefused(f"{account} has fetched the file {row} before")


def forget_person(db: sqlite3.Connection, account: QQNumber) -> None:
    """Take an account's files from everybody, and all files from it; the bytes go with the next sweep."""
    db.execute("UPDATE media SET owner = 0, at = 0 WHERE owner = ?", (account,))
    db.execute("DELETE FROM media_reader WHERE kind IN ('account', 'taken') AND number = ?", (account,))
    db.execute("DELETE FROM media_reader WHERE media IN (SELECT id FROM media WHERE owner = 0)")


def forget_group(db: sqlite3.Connection, group: int) -> None:
    """Take from the members of a group what was sent to it."""
    db.execute("DELETE FROM media_reader WHERE kind = 'group' AND number = ?", (group,))


def _insert(
    row: tuple[str, QQNumber, str, str, int, int], readers: tuple[tuple[Reader, int], ...], db: sqlite3.Connection
) -> tuple[MediaFile, bool]:
    name, owner, _, _, size, _ = row
    there = db.execute(f"SELECT {_COLUMNS} FROM media WHERE name = ?", (name,)).fetchone()  # noqa: S608  # put together of names of ours
    is_new = there is None
    if is_new:
        count, own, everybody = db.execute(
            "SELECT sum(owner = ?), sum((owner = ?) * size), sum(size) FROM media", (owner, owner)
        ).fetchone()
        if (
            (count or 0) >= MEDIA_FILES
            or (own or 0) + size > MEDIA_PER_ACCOUNT
            or (everybody or 0) + size > MEDIA_BYTES
        ):
            raise ChangeRefused(f"there is no room for a file of {owner}")
        db.execute("INSERT INTO media (name, owner, title, media_type, size, at) VALUES (?, ?, ?, ?, ?, ?)", row)
        there = db.execute(f"SELECT {_COLUMNS} FROM media WHERE name = ?", (name,)).fetchone()  # noqa: S608  # put together of names of ours
    file = _file(there)
    if file.owner != owner:
        raise ChangeRefused(f"the name is that of a file of {file.owner}")
    for kind, number in readers:
        let_read(db, name, kind, number)
    return file, is_new


def _delete_old(db: sqlite3.Connection, before: int) -> list[str]:
    gone = "at < ? OR owner NOT IN (SELECT number FROM account WHERE is_member)"
    names = [name for (name,) in db.execute(f"SELECT name FROM media WHERE {gone}", (before,))]  # noqa: S608  # put together of names of ours
    db.execute(f"DELETE FROM media WHERE {gone}", (before,))  # noqa: S608  # put together of names of ours
    return names


def _file(row: tuple[int, str, int, str, str, int, int]) -> MediaFile:
    id_, name, owner, title, media_type, size, at = row
    return MediaFile(id_, name, QQNumber(owner), title, media_type, size, at)


def _disk_name(name: str) -> str:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()
