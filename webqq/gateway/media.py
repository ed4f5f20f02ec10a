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
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import blake2b
from pathlib import Path

from webqq.gateway.errors import StoreError
from webqq.gateway.files import write_private
from webqq.gateway.store import Store
from webqq.protocol.ids import QQNumber

__all__ = [
    "FILE_BYTES",
    "LASTING",
    "MEDIA_BYTES",
    "MEDIA_FILES",
    "MEDIA_PER_ACCOUNT",
    "MEDIA_SECONDS",
    "Media",
    "MediaFile",
    "Reader",
    "find_by_row",
    "let_read",
    "may_read",
    "note_taken",
]

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

LASTING = "avatar/"
"""What the names of those files begin with that are kept as long as their owner."""

TITLE = 200
"""Most characters of the name that a person gave to a file."""


class Reader(StrEnum):
    """Who may fetch a file. A discussion is told by its row."""

    ACCOUNT = "account"
    GROUP = "group"
    DISCUSS = "discuss"


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
    def is_lasting(self) -> bool:
        """Whether it is kept as long as its owner."""
        return self.name.startswith(LASTING)

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
        """Make the folder and remove files that a crash left without a row; before the store is started.

        :raises StoreError: the folder cannot be used.
        """
        known = {
            _disk_name(name) for (name,) in self._store.run(lambda db: db.execute("SELECT name FROM media").fetchall())
        }
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for path in self._folder.iterdir():
                if path.name not in known:
                    path.unlink(missing_ok=True)
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
    ) -> MediaFile | None:
        """Keep a file and return it, or None where there is no room for it. The owner's of that name is
        returned as it is.

        :raises StoreError: it could not be written.
        """
        # Under a name that is nobody's, so that a file of this name keeps its bytes until the row is decided.
        draft = self._folder / secrets.token_hex(24)
        try:
            await asyncio.to_thread(write_private, draft, data)
        except OSError as error:
            raise StoreError(f"{draft} cannot be written: {error.strerror}") from error
        row = (name, owner, title[-TITLE:], media_type, len(data), int(self._clock()))
        try:
            kept, is_new = await self._store.write(partial(_insert, row, readers))
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
        return found if found is not None and (found.is_lasting or found.expires > self._clock()) else None

    async def read(self, file: MediaFile) -> bytes | None:
        """Return the bytes of a file; None where they are gone."""
        try:
            return await asyncio.to_thread((self._folder / _disk_name(file.name)).read_bytes)
        except OSError as error:
            _log.error("the file %s of %s cannot be read: %s", file.id, file.owner, error.strerror)
            return None

    async def forget(self, file: MediaFile) -> None:
        """Remove a file."""
        await self._store.write(lambda db: db.execute("DELETE FROM media WHERE id = ?", (file.id,)))
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


def let_read(db: sqlite3.Connection, name: str, kind: Reader, number: int) -> None:
    """Let an account, a group or a discussion fetch a file."""
    db.execute(
        "INSERT OR IGNORE INTO media_reader (media, kind, number) SELECT id, ?, ? FROM media WHERE name = ?",
        (kind.value, number, name),
    )


def find_by_row(db: sqlite3.Connection, row: int, account: QQNumber) -> MediaFile | None:
    """Return the file of a row, if an account may fetch it."""
    query = f"SELECT {_COLUMNS} FROM media WHERE id = :row AND {_MAY_READ}"  # noqa: S608  # own words only
    found = db.execute(query, {"row": row, "account": account}).fetchone()
    return _file(found) if found is not None else None


def note_taken(db: sqlite3.Connection, row: int, account: QQNumber) -> bool:
    """Note that an account has fetched a file; False where it had before."""
    taken = (row, "taken", account)
    sql = "INSERT OR IGNORE INTO media_reader (media, kind, number) VALUES (?, ?, ?)"
    return bool(db.execute(sql, taken).rowcount)


def _insert(
    row: tuple[str, QQNumber, str, str, int, int], readers: tuple[tuple[Reader, int], ...], db: sqlite3.Connection
) -> tuple[MediaFile | None, bool]:
    name, owner, _, _, size, _ = row
    there = db.execute(f"SELECT {_COLUMNS} FROM media WHERE name = ?", (name,)).fetchone()  # noqa: S608  # put together of names of ours
    is_new = there is None
    if is_new:
        count, own, everybody = db.execute(
            "SELECT sum(owner = ?1), sum((owner = ?1) * size), sum(size) FROM media", (owner,)
        ).fetchone()
        if (
            (count or 0) >= MEDIA_FILES
            or (own or 0) + size > MEDIA_PER_ACCOUNT
            or (everybody or 0) + size > MEDIA_BYTES
        ):
            return None, False
        db.execute("INSERT INTO media (name, owner, title, media_type, size, at) VALUES (?, ?, ?, ?, ?, ?)", row)
        there = db.execute(f"SELECT {_COLUMNS} FROM media WHERE name = ?", (name,)).fetchone()  # noqa: S608  # put together of names of ours
    file = _file(there)
    if file.owner != owner:
        return None, False
    for kind, number in readers:
        let_read(db, name, kind, number)
    return file, is_new


def _delete_old(db: sqlite3.Connection, before: int) -> list[str]:
    gone = "(at < ? AND substr(name, 1, ?) <> ?) OR owner NOT IN (SELECT number FROM account WHERE is_member)"
    values = (before, len(LASTING), LASTING)
    names = [name for (name,) in db.execute(f"SELECT name FROM media WHERE {gone}", values)]  # noqa: S608  # put together of names of ours
    db.execute(f"DELETE FROM media WHERE {gone}", values)  # noqa: S608  # put together of names of ours
    return names


def _file(row: tuple[int, str, int, str, str, int, int]) -> MediaFile:
    id_, name, owner, title, media_type, size, at = row
    return MediaFile(id_, name, QQNumber(owner), title, media_type, size, at)


def _disk_name(name: str) -> str:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=24).hexdigest()
