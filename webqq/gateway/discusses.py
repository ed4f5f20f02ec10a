"""Discussions: small groups that anybody makes of people he knows. Jobs over the data file.

A discussion that its last member leaves is gone; one whose owner leaves goes to whoever is in it longest.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from webqq.gateway import history
from webqq.gateway.errors import ChangeRefused
from webqq.protocol.ids import QQNumber

__all__ = [
    "DISCUSSES_PER_ACCOUNT",
    "DISCUSS_MEMBERS",
    "DISCUSS_NAME",
    "Discuss",
    "add_members",
    "are_mates",
    "create",
    "leave",
    "next_discuss_seq",
    "read",
    "read_all",
    "rename",
]

DISCUSSES_PER_ACCOUNT = 200
"""Most discussions that an account owns."""

DISCUSS_MEMBERS = 50
"""Most members of one."""

DISCUSS_NAME = 60
"""Most characters of a name."""


@dataclass(frozen=True, slots=True)
class Discuss:
    """A discussion; ``version`` rises when its members change."""

    id: int
    name: str
    owner: QQNumber
    version: int
    members: tuple[QQNumber, ...]


def read(db: sqlite3.Connection, id_: int, member: QQNumber) -> Discuss | None:
    """Return a discussion, if that account is in it."""
    row = db.execute("SELECT name, owner, version FROM discuss WHERE id = ?", (id_,)).fetchone()
    members = tuple(
        QQNumber(number)
        for (number,) in db.execute("SELECT account FROM discuss_member WHERE discuss = ? ORDER BY id", (id_,))
    )
    if row is None or member not in members:
        return None
    name, owner, version = row
    return Discuss(id_, name, QQNumber(owner), version, members)


def read_all(db: sqlite3.Connection, member: QQNumber) -> list[tuple[int, str]]:
    """Return row and name of the discussions that an account is in."""
    return db.execute(
        "SELECT discuss.id, name FROM discuss JOIN discuss_member ON discuss = discuss.id WHERE account = ?"
        " ORDER BY discuss.id",
        (member,),
    ).fetchall()


def are_mates(db: sqlite3.Connection, one: QQNumber, other: QQNumber) -> bool:
    """Tell whether two accounts are in a common discussion."""
    return (
        db.execute(
            "SELECT 1 FROM discuss_member AS a JOIN discuss_member AS b ON a.discuss = b.discuss"
            " WHERE a.account = ? AND b.account = ?",
            (one, other),
        ).fetchone()
        is not None
    )


def create(db: sqlite3.Connection, owner: QQNumber, name: str, members: Iterable[QQNumber]) -> int:
    """Make a discussion and return its row.

    :raises ChangeRefused: the owner has too many, or there are too many members.
    """
    (count,) = db.execute("SELECT count(*) FROM discuss WHERE owner = ?", (owner,)).fetchone()
    if count >= DISCUSSES_PER_ACCOUNT:
        raise ChangeRefused(f"{owner} owns {count} discussions already")
    id_ = db.execute("INSERT INTO discuss (name, owner) VALUES (?, ?)", (name[:DISCUSS_NAME], owner)).lastrowid or 0
    _put_members(db, id_, [owner, *members])
    return id_


def add_members(db: sqlite3.Connection, id_: int, members: Iterable[QQNumber]) -> None:
    """Add members; those that are in it stay.

    :raises ChangeRefused: they are too many.
    """
    _put_members(db, id_, members)
    _touch(db, id_)


def rename(db: sqlite3.Connection, id_: int, name: str) -> None:
    """Give a discussion another name."""
    db.execute("UPDATE discuss SET name = ? WHERE id = ?", (name[:DISCUSS_NAME], id_))


def leave(db: sqlite3.Connection, id_: int, member: QQNumber) -> None:
    """Take a member out."""
    db.execute("DELETE FROM discuss_member WHERE discuss = ? AND account = ?", (id_, member))
    heir = db.execute("SELECT account FROM discuss_member WHERE discuss = ? ORDER BY id LIMIT 1", (id_,)).fetchone()
    if heir is None:
        db.execute("DELETE FROM discuss WHERE id = ?", (id_,))
        history.forget_discuss(db, id_)
        return
    db.execute("UPDATE discuss SET owner = ? WHERE id = ? AND owner = ?", (heir[0], id_, member))
    _touch(db, id_)


def next_discuss_seq(db: sqlite3.Connection, id_: int) -> int:
    """Return the running number of the next message."""
    db.execute("UPDATE discuss SET seq = seq + 1 WHERE id = ?", (id_,))
    row = db.execute("SELECT seq FROM discuss WHERE id = ?", (id_,)).fetchone()
    return int(row[0]) if row is not None else 0


def _put_members(db: sqlite3.Connection, id_: int, members: Iterable[QQNumber]) -> None:
    db.executemany(
        "INSERT INTO discuss_member (discuss, account) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(id_, member) for member in members],
    )
    (count,) = db.execute("SELECT count(*) FROM discuss_member WHERE discuss = ?", (id_,)).fetchone()
    if count > DISCUSS_MEMBERS:
        raise ChangeRefused(f"a discussion has {DISCUSS_MEMBERS} members at most")


def _touch(db: sqlite3.Connection, id_: int) -> None:
    db.execute("UPDATE discuss SET version = version + 1 WHERE id = ?", (id_,))
