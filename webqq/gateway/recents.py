"""With whom an account exchanged messages lately: jobs over the data file."""

import sqlite3
from enum import IntEnum

__all__ = ["RECENTS", "RecentKind", "note", "read"]

RECENTS = 50
"""Most contacts that are told."""


class RecentKind(IntEnum):
    """What a contact is, numbered as in get_recent_list2. Of a discussion, the target is its row."""

    FRIEND = 0
    GROUP = 1
    DISCUSS = 2


def note(db: sqlite3.Connection, account: int, kind: RecentKind, target: int, at: int) -> None:
    """Note that an account wrote to a target, or heard of it, at a time in seconds since the epoch."""
    db.execute(
        "INSERT INTO recent (account, kind, target, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (account, kind, target) DO UPDATE SET at = excluded.at",
        (account, kind.value, target, at),
    )


def read(db: sqlite3.Connection, account: int) -> list[tuple[RecentKind, int]]:
    """Return the contacts, latest first, :data:`RECENTS` at most."""
    rows = db.execute(
        "SELECT kind, target FROM recent WHERE account = ? ORDER BY at DESC, kind, target LIMIT ?", (account, RECENTS)
    )
    return [(RecentKind(kind), target) for kind, target in rows]
