"""What a group knows of a member beside that he is one: rights, card, silence, sign-ins. Jobs over the data file.

All of it goes when the member leaves. Times are in seconds since the epoch.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = [
    "CARD_FIELDS",
    "MemberDetails",
    "SignIn",
    "ban",
    "forget",
    "forget_group",
    "is_banned",
    "is_silenced",
    "note_joined",
    "note_spoken",
    "read",
    "read_admins",
    "set_admin",
    "set_card",
    "set_silent",
    "sign",
    "silence",
]

CARD_FIELDS = ("card", "phone", "email", "remark", "gender")
"""What a member tells in his card."""

_DAY = 86400


@dataclass(frozen=True, slots=True)
class MemberDetails:
    """Of one member. ``joined`` and ``spoke`` are 0 where nobody has noted it."""

    is_admin: bool = False
    card: str = ""
    phone: str = ""
    email: str = ""
    remark: str = ""
    gender: int = 0
    joined: int = 0
    spoke: int = 0


@dataclass(frozen=True, slots=True)
class SignIn:
    """What came of a day's sign-in: days in a row and in all, the place among those of the day, and how many they are.

    :param is_new: it was the first of the day.
    """

    run: int
    total: int
    rank: int
    today: int
    at: int
    is_new: bool


def read(db: sqlite3.Connection, group: GroupNumber) -> dict[QQNumber, MemberDetails]:
    """Return what is noted; members without a note are not in it."""
    rows = db.execute(
        "SELECT account, is_admin, card, phone, email, remark, gender, joined, spoke FROM member WHERE grp = ?",
        (group,),
    )
    return {QQNumber(account): MemberDetails(bool(is_admin), *rest) for account, is_admin, *rest in rows}


def read_admins(db: sqlite3.Connection, group: GroupNumber) -> frozenset[QQNumber]:
    """Return the administrators; the owner is not among them."""
    rows = db.execute("SELECT account FROM member WHERE grp = ? AND is_admin", (group,))
    return frozenset(QQNumber(account) for (account,) in rows)


def set_admin(db: sqlite3.Connection, group: GroupNumber, account: QQNumber, *, is_admin: bool) -> None:
    """Make a member an administrator, or a plain member again."""
    _put(db, group, account, "is_admin", int(is_admin))


def set_card(db: sqlite3.Connection, group: GroupNumber, account: QQNumber, **fields: str | int) -> None:
    """Change fields of a member's card, some of :data:`CARD_FIELDS`."""
    for name, value in fields.items():
        if name not in CARD_FIELDS:
            raise ValueError(f"a card has no field {name}")
        _put(db, group, account, name, value)


def note_joined(db: sqlite3.Connection, group: GroupNumber, account: QQNumber, at: int) -> None:
    """Note when a member came."""
    _put(db, group, account, "joined", at)


def note_spoken(db: sqlite3.Connection, group: GroupNumber, account: QQNumber, at: int) -> None:
    """Note that a member wrote."""
    _put(db, group, account, "spoke", at)


def silence(db: sqlite3.Connection, group: GroupNumber, accounts: Iterable[tuple[QQNumber, int]]) -> None:
    """Keep members from writing, each until a time; 0 lets him write again."""
    for account, until in accounts:
        _put(db, group, account, "silent_until", until)


def set_silent(db: sqlite3.Connection, group: GroupNumber, *, is_silent: bool) -> None:
    """Keep all but owner and administrators from writing, or let them write again."""
    db.execute("UPDATE grp SET is_silent = ? WHERE number = ?", (int(is_silent), group))


def is_silenced(db: sqlite3.Connection, group: GroupNumber, account: QQNumber, at: int) -> bool:
    """Tell whether a member may not write at a time."""
    row = db.execute(
        "SELECT grp.is_silent AND grp.owner != :account AND NOT coalesce(member.is_admin, 0),"
        " coalesce(member.silent_until, 0) > :at FROM grp LEFT JOIN member ON member.grp = grp.number"
        " AND member.account = :account WHERE grp.number = :group",
        {"group": group, "account": account, "at": at},
    ).fetchone()
    return row is not None and any(row)


def ban(db: sqlite3.Connection, group: GroupNumber, account: QQNumber) -> None:
    """Keep somebody from asking to come in again."""
    db.execute("INSERT OR IGNORE INTO ban (grp, account) VALUES (?, ?)", (group, account))


def is_banned(db: sqlite3.Connection, group: GroupNumber, account: QQNumber) -> bool:
    """Tell whether somebody may not ask to come in."""
    return db.execute("SELECT 1 FROM ban WHERE grp = ? AND account = ?", (group, account)).fetchone() is not None


def sign(db: sqlite3.Connection, group: GroupNumber, account: QQNumber, at: int) -> SignIn:
    """Sign a member in for the day, once; later calls of the day tell the same."""
    day = at // _DAY
    row = db.execute(
        "SELECT sign_day, sign_at, sign_run, sign_total FROM member WHERE grp = ? AND account = ?", (group, account)
    ).fetchone()
    last, when, run, total = row or (0, 0, 0, 0)
    is_new = last != day
    if is_new:
        when, run, total = at, run + 1 if last == day - 1 else 1, total + 1
        for name, value in (("sign_day", day), ("sign_at", when), ("sign_run", run), ("sign_total", total)):
            _put(db, group, account, name, value)
    today, rank = db.execute(
        "SELECT count(*), sum(sign_at < :when OR (sign_at = :when AND account <= :account)) FROM member"
        " WHERE grp = :group AND sign_day = :day",
        {"group": group, "when": when, "account": account, "day": day},
    ).fetchone()
    return SignIn(run, total, rank, today, when, is_new)


def forget(db: sqlite3.Connection, group: GroupNumber, account: QQNumber) -> None:
    """Remove what is noted of a member who left."""
    db.execute("DELETE FROM member WHERE grp = ? AND account = ?", (group, account))


def forget_group(db: sqlite3.Connection, group: GroupNumber) -> None:
    """Remove what is noted of all members of a group that is gone."""
    db.execute("DELETE FROM member WHERE grp = ?", (group,))
    db.execute("DELETE FROM ban WHERE grp = ?", (group,))
    db.execute("UPDATE grp SET is_silent = 0 WHERE number = ?", (group,))


def _put(db: sqlite3.Connection, group: GroupNumber, account: QQNumber, column: str, value: str | int) -> None:
    # The column is one of this module's own words.
    db.execute(
        f"INSERT INTO member (grp, account, {column}) VALUES (?, ?, ?)"  # noqa: S608  # put together of names of ours
        f" ON CONFLICT (grp, account) DO UPDATE SET {column} = excluded.{column}",
        (group, account, value),
    )
