"""Who asked to be a friend, or a member of a group, and waits for an answer. Jobs over the data file.

An answer without a question is refused, so that nobody makes himself somebody's friend by answering.
"""

import sqlite3
from enum import StrEnum

from webqq.gateway.errors import ChangeRefused
from webqq.protocol.ids import QQNumber

__all__ = [
    "AGAIN_SECONDS",
    "REQUESTS",
    "REQUEST_SECONDS",
    "RequestKind",
    "ask",
    "forget_group",
    "forget_person",
    "is_open",
    "settle",
]

REQUESTS = 50
"""Most questions of one account that wait for an answer."""

REQUEST_SECONDS = 30 * 86400
"""How long a question may be answered."""


AGAIN_SECONDS = 3600
"""How long a question that nobody has answered may not be asked again: each is a letter, and who could ask without end
would fill a mailbox, whose owner's friends could not write any more.
"""


class RequestKind(StrEnum):
    """What is asked for: to be a friend of an account, or a member of a group."""

    FRIEND = "friend"
    GROUP = "group"


def ask(db: sqlite3.Connection, kind: RequestKind, asker: QQNumber, target: int, at: int) -> None:
    """Note a question; asked again after a while, it is a new one.

    :param at: seconds since the epoch.
    :raises ChangeRefused: the account has asked the same a short time ago, or too many that nobody has answered.
    """
    db.execute("DELETE FROM request WHERE at < ?", (at - REQUEST_SECONDS,))
    row = (kind.value, asker, target)
    same = "kind = ? AND asker = ? AND target = ?"
    asked = db.execute(f"SELECT at FROM request WHERE {same}", row).fetchone()  # noqa: S608  # own words only
    # Either way: a clock that was set back must not forbid it for long.
    if asked is not None and abs(at - asked[0]) < AGAIN_SECONDS:
        raise ChangeRefused(f"{asker} has asked {kind.value} {target} a short time ago")
    db.execute(f"DELETE FROM request WHERE {same}", row)  # noqa: S608  # own words only
    (count,) = db.execute("SELECT count(*) FROM request WHERE asker = ?", (asker,)).fetchone()
    if count >= REQUESTS:
        raise ChangeRefused(f"{asker} waits for {count} answers already")
    db.execute("INSERT INTO request (kind, asker, target, at) VALUES (?, ?, ?, ?)", (*row, at))


def settle(db: sqlite3.Connection, kind: RequestKind, asker: QQNumber, target: int) -> None:
    """Note that a question was answered.

    :raises ChangeRefused: it was not asked, or is answered already.
    """
    row = (kind.value, asker, target)
    if not db.execute("DELETE FROM request WHERE kind = ? AND asker = ? AND target = ?", row).rowcount:
        raise ChangeRefused(f"{asker} did not ask {kind.value} {target}")


def is_open(db: sqlite3.Connection, kind: RequestKind, asker: QQNumber, target: int) -> bool:
    """Tell whether a question waits for its answer."""
    row = (kind.value, asker, target)
    return db.execute("SELECT 1 FROM request WHERE kind = ? AND asker = ? AND target = ?", row).fetchone() is not None


def forget_group(db: sqlite3.Connection, group: int) -> None:
    """Remove the questions to a group that is gone."""
    db.execute("DELETE FROM request WHERE kind = ? AND target = ?", (RequestKind.GROUP.value, group))


def forget_person(db: sqlite3.Connection, account: QQNumber) -> None:
    """Remove the questions of an account, and those that it was asked."""
    db.execute("DELETE FROM request WHERE asker = ?", (account,))
    db.execute("DELETE FROM request WHERE kind = 'friend' AND target = ?", (account,))
