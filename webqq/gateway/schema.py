"""The tables of the gateway's data file, and the version that says which of them are there.

Row ids of ``account`` and ``grp`` are for ever: sessions derive their aliases from them (:mod:`.aliases`), so a
row stays when its account leaves the community. ``letter.id`` is never used twice, since clients
acknowledge with it and tell repeats apart by it. ``community`` has one row once there is a community: its revision
rises with each change, ``file`` is the community file that told it, if one did.
"""

import sqlite3
from collections.abc import Sequence

from webqq.gateway.errors import NewerSchema

__all__ = ["VERSION", "upgrade", "version_of"]

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
    # The community moves into the data file, so that commands can change it.
    """
    ALTER TABLE account ADD COLUMN is_member INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE account ADD COLUMN nick TEXT NOT NULL DEFAULT '';
    ALTER TABLE account ADD COLUMN signature TEXT NOT NULL DEFAULT '';
    ALTER TABLE grp ADD COLUMN is_open INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE grp ADD COLUMN name TEXT NOT NULL DEFAULT '';
    ALTER TABLE grp ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE grp ADD COLUMN notice TEXT NOT NULL DEFAULT '';
    CREATE TABLE friendship (
        account INTEGER NOT NULL,
        friend INTEGER NOT NULL,
        PRIMARY KEY (account, friend),
        CHECK (account < friend)
    ) WITHOUT ROWID;
    CREATE TABLE membership (
        id INTEGER PRIMARY KEY,
        grp INTEGER NOT NULL,
        account INTEGER NOT NULL,
        UNIQUE (grp, account)
    );
    CREATE TABLE community (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL,
        file TEXT,
        seed BLOB
    );
    ALTER TABLE login ADD COLUMN begun REAL NOT NULL DEFAULT 0;
    UPDATE login SET begun = CAST(strftime('%s', 'now') AS REAL);
    """,
    # What was said, beside what is on its way.
    """
    CREATE TABLE said (
        id INTEGER PRIMARY KEY,
        sender INTEGER NOT NULL,
        msg_id INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        content TEXT NOT NULL
    );
    CREATE TABLE talk (
        account INTEGER NOT NULL,
        kind TEXT NOT NULL,
        peer INTEGER NOT NULL,
        place INTEGER NOT NULL,
        said INTEGER NOT NULL REFERENCES said (id),
        PRIMARY KEY (account, kind, peer, place)
    ) WITHOUT ROWID;
    CREATE INDEX talk_said ON talk (said);
    """,
    # What the calls beside messages and the roster keep.
    """
    ALTER TABLE letter ADD COLUMN note TEXT;
    CREATE INDEX letter_at ON letter (at);
    CREATE TABLE gap (account INTEGER PRIMARY KEY, letters INTEGER NOT NULL);
    ALTER TABLE account ADD COLUMN days INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE account ADD COLUMN last_day INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE grp ADD COLUMN is_silent INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE member (
        grp INTEGER NOT NULL,
        account INTEGER NOT NULL,
        is_admin INTEGER NOT NULL DEFAULT 0,
        card TEXT NOT NULL DEFAULT '',
        phone TEXT NOT NULL DEFAULT '',
        email TEXT NOT NULL DEFAULT '',
        remark TEXT NOT NULL DEFAULT '',
        gender INTEGER NOT NULL DEFAULT 0,
        joined INTEGER NOT NULL DEFAULT 0,
        spoke INTEGER NOT NULL DEFAULT 0,
        silent_until INTEGER NOT NULL DEFAULT 0,
        sign_day INTEGER NOT NULL DEFAULT 0,
        sign_at INTEGER NOT NULL DEFAULT 0,
        sign_run INTEGER NOT NULL DEFAULT 0,
        sign_total INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (grp, account)
    ) WITHOUT ROWID;
    CREATE TABLE ban (
        grp INTEGER NOT NULL,
        account INTEGER NOT NULL,
        PRIMARY KEY (grp, account)
    ) WITHOUT ROWID;
    CREATE TABLE discuss (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        owner INTEGER NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        seq INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE discuss_member (
        id INTEGER PRIMARY KEY,
        discuss INTEGER NOT NULL REFERENCES discuss (id) ON DELETE CASCADE,
        account INTEGER NOT NULL,
        UNIQUE (discuss, account)
    );
    CREATE INDEX discuss_member_account ON discuss_member (account);
    CREATE TABLE request (
        kind TEXT NOT NULL,
        asker INTEGER NOT NULL,
        target INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (kind, asker, target)
    ) WITHOUT ROWID;
    CREATE TABLE friend_note (
        account INTEGER NOT NULL,
        friend INTEGER NOT NULL,
        mark TEXT NOT NULL DEFAULT '',
        category INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (account, friend)
    ) WITHOUT ROWID;
    CREATE TABLE group_note (
        account INTEGER NOT NULL,
        grp INTEGER NOT NULL,
        mark TEXT NOT NULL DEFAULT '',
        mask INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (account, grp)
    ) WITHOUT ROWID;
    CREATE TABLE recent (
        account INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        target INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (account, kind, target)
    ) WITHOUT ROWID;
    CREATE TABLE media (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        owner INTEGER NOT NULL,
        title TEXT NOT NULL,
        media_type TEXT NOT NULL,
        size INTEGER NOT NULL,
        at INTEGER NOT NULL
    );
    CREATE INDEX media_owner ON media (owner);
    CREATE TABLE media_reader (
        media INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (media, kind, number)
    ) WITHOUT ROWID;
    """,
    # What changes from outside have to be told, what a person tells of himself, and under which name a file was given.
    """
    CREATE TABLE tiding (
        id INTEGER PRIMARY KEY,
        sender INTEGER NOT NULL,
        recipients TEXT NOT NULL,
        note TEXT NOT NULL
    );
    CREATE TABLE profile (account INTEGER PRIMARY KEY, fields TEXT NOT NULL);
    CREATE TABLE avatar (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        number INTEGER NOT NULL,
        media_type TEXT NOT NULL,
        data BLOB NOT NULL,
        UNIQUE (kind, number)
    );
    ALTER TABLE media_reader ADD COLUMN title TEXT NOT NULL DEFAULT '';
    CREATE INDEX friendship_friend ON friendship (friend);
    """,
)

VERSION = len(_STEPS)


def version_of(db: sqlite3.Connection) -> int:
    """Return the version of a file; 0 for a new one.

    :raises NewerSchema: it is above :data:`VERSION`.
    """
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise NewerSchema(f"the data was written by a newer webqq (schema {found}, this one knows up to {VERSION})")
    return int(found)


def upgrade(db: sqlite3.Connection, steps: Sequence[str] = _STEPS) -> None:
    """Bring the file to the version after the last step, in one transaction; a new file gets all tables.

    Foreign keys must not be enforced meanwhile, since a step may build a table anew; that they hold is checked before
    the commit.

    :raises NewerSchema: the file is of a later version. It is left as it is.
    :raises sqlite3.Error: a step failed. The file is as it was.
    """
    found = version_of(db)
    if found >= len(steps):
        return
    try:
        # executescript commits what is open, so the transaction begins inside the script.
        db.executescript(f"BEGIN IMMEDIATE;{';'.join(steps[found:])};PRAGMA user_version = {len(steps)};")
        orphans = db.execute("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise sqlite3.IntegrityError(f"{len(orphans)} rows of {orphans[0][0]} would refer to what is not there")
        db.execute("COMMIT")
    except sqlite3.Error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
