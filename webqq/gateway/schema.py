"""The tables of the gateway's data file, and the version that says which of them are there.

Row ids of ``account`` and ``grp`` are for ever: sessions derive their aliases from them (:mod:`.aliases`), so a
row stays when its account leaves the community file. ``letter.id`` is never used twice, since clients
acknowledge with it and tell repeats apart by it.
"""

import sqlite3
from collections.abc import Sequence

from webqq.gateway.errors import NewerSchema

__all__ = ["VERSION", "upgrade"]

# One entry a version; the n-th brings a file of version n to n + 1. Entries that were released never change.
_STEPS: Sequence[str] = (
    """
    CREATE TABLE account (
        id INTEGER PRIMARY KEY,
        number INTEGER NOT NULL UNIQUE,
        argon2 TEXT NOT NULL,
        sealed_key BLOB NOT NULL
    );
    CREATE TABLE grp (
        id INTEGER PRIMARY KEY,
        number INTEGER NOT NULL UNIQUE,
        seq INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE login (
        id INTEGER PRIMARY KEY,
        account INTEGER NOT NULL,
        state TEXT NOT NULL,
        landing TEXT NOT NULL,
        alias_key BLOB NOT NULL,
        expires REAL NOT NULL
    );
    CREATE TABLE session (
        id INTEGER PRIMARY KEY,
        login INTEGER NOT NULL REFERENCES login (id) ON DELETE CASCADE,
        state TEXT NOT NULL,
        status TEXT NOT NULL,
        client_type INTEGER NOT NULL
    );
    CREATE INDEX session_login ON session (login);
    CREATE TABLE letter (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sender INTEGER NOT NULL,
        grp INTEGER,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        content TEXT NOT NULL
    );
    CREATE TABLE mail (
        account INTEGER NOT NULL,
        letter INTEGER NOT NULL REFERENCES letter (id),
        PRIMARY KEY (account, letter)
    ) WITHOUT ROWID;
    CREATE INDEX mail_letter ON mail (letter);
    CREATE TABLE sent (
        session INTEGER NOT NULL,
        msg_id INTEGER NOT NULL,
        digest BLOB NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (session, msg_id, digest)
    ) WITHOUT ROWID;
    CREATE INDEX sent_at ON sent (at);
    """,
)

VERSION = len(_STEPS)


def upgrade(db: sqlite3.Connection) -> None:
    """Bring the file to :data:`VERSION`; a new file gets all tables.

    :raises NewerSchema: the file is of a later version. It is left as it is.
    """
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise NewerSchema(f"the data was written by a newer webqq (schema {found}, this one knows up to {VERSION})")
    for version in range(found, VERSION):
        # executescript commits what is open, so the transaction stands inside the script.
        db.executescript(f"BEGIN;{_STEPS[version]};PRAGMA user_version = {version + 1};COMMIT;")
