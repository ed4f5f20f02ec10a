"""Opening the data folder: who may use it, and the data file brought to the present schema.

A gateway holds the folder by a lock on ``gateway.lock``, which the kernel lets go when the process ends, however it
ends. A *visit* is a short change by a command, beside a gateway that runs or without one: SQLite keeps the two apart.
A file of an older schema is copied before it is changed; the copy stays beside it as ``gateway.sqlite.schema-N``.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from webqq.gateway import schema
from webqq.gateway.errors import DataInUse, MigrationFailed, NewerSchema, StoreError

__all__ = ["connect", "lock_folder", "make_folder", "unlock_folder", "visit"]

_FILE = "gateway.sqlite"

BUSY_SECONDS = 10.0
"""How long one process waits for another's transaction. Each is over in milliseconds."""


def make_folder(folder: Path) -> None:
    """Make the data folder, mode 0700, where it does not exist.

    :raises StoreError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the data folder {folder} cannot be made: {error.strerror}") from error


def lock_folder(folder: Path) -> int:
    """Take the folder for this process and return the descriptor that holds it.

    :raises DataInUse: another process has it.
    :raises StoreError: it cannot be written to.
    """
    path = folder / "gateway.lock"
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"the data folder {folder} is not writable: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise DataInUse(f"the data folder {folder} is in use by another gateway") from error
    return fd


def unlock_folder(lock: int) -> None:
    """Let the folder go."""
    os.close(lock)


def connect(folder: Path) -> sqlite3.Connection:
    """Open the data file of a folder that this process has locked, at the present schema.

    :raises StoreError: it cannot be used; :class:`NewerSchema` or :class:`MigrationFailed` where that is why.
    """
    path = folder / _FILE
    return _configured(_open(path), path, may_upgrade=True)


@contextmanager
def visit(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection in a transaction of its own, which is committed at the end, or undone by an exception.

    :param folder: there must be one. Where no gateway runs, its data file is made or upgraded first.
    :raises StoreError: it cannot be used, the gateway that runs in it is of another version, or the write failed.
    """
    if not folder.is_dir():
        raise StoreError(f"there is no data folder {folder}")
    with closing(_connect_beside(folder)) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
            if schema.version_of(db) != schema.VERSION:
                raise StoreError(f"the gateway in {folder} is of another version than this command")
            yield db
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"the data file {folder / _FILE} refused the change: {error}") from error
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")


def _connect_beside(folder: Path) -> sqlite3.Connection:
    try:
        lock = lock_folder(folder)
    except DataInUse:
        path = folder / _FILE
        return _configured(_open(path), path, may_upgrade=False)
    # Held while the schema may change, not longer: a gateway may start at any moment.
    try:
        return connect(folder)
    finally:
        unlock_folder(lock)


def _open(path: Path) -> sqlite3.Connection:
    try:
        # Made here first, so that the file and SQLite's own ones beside it are the owner's alone.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the data file {path} cannot be opened: {error}") from error


def _configured(db: sqlite3.Connection, path: Path, *, may_upgrade: bool) -> sqlite3.Connection:
    try:
        # First of all: a file that this version does not know is left as it is.
        version = schema.version_of(db)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if may_upgrade and version < schema.VERSION:
            _upgrade(db, path, version)
        db.execute("PRAGMA foreign_keys = ON")
    except NewerSchema as error:
        db.close()
        raise NewerSchema(f"{path}: {error}") from None
    except sqlite3.Error as error:
        db.close()
        raise StoreError(f"the data file {path} cannot be used: {error}") from error
    except BaseException:
        db.close()
        raise
    return db


def _upgrade(db: sqlite3.Connection, path: Path, version: int) -> None:
    copy = _back_up(db, path, version) if version else None
    try:
        schema.upgrade(db)
    except sqlite3.Error as error:
        # The file is as it was, and a service that starts again and again shall not fill the disk with copies.
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise MigrationFailed(
            f"{path} could not be brought from schema {version} to {schema.VERSION} and is as it was: {error}"
        ) from error


def _back_up(db: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy the file, with what is in its log, to a name that is free; whole or not at all."""
    copy = _free_name(path.with_name(f"{path.name}.schema-{version}"))
    draft = copy.with_name(copy.name + ".new")
    try:
        draft.unlink(missing_ok=True)
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with closing(sqlite3.connect(draft)) as target:
                db.backup(target)
            os.fsync(fd)
        finally:
            os.close(fd)
        draft.replace(copy)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise MigrationFailed(f"{path} was not upgraded, since it cannot be copied to {copy}: {error}") from error
    return copy


def _free_name(path: Path) -> Path:
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found
