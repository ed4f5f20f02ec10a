"""What an account notes for itself alone: remark names, categories, masks of groups. Jobs over the data file."""

import sqlite3
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = [
    "CATEGORIES",
    "MARK",
    "forget_person",
    "mark_friend",
    "mark_group",
    "mask_groups",
    "move_friend",
    "read_friends",
    "read_groups",
]

CATEGORIES: Mapping[int, str] = MappingProxyType({0: "我的好友", 1: "朋友", 2: "家人", 3: "同学"})
"""The categories that everybody has; the protocol has no call that makes others."""

MARK = 60
"""Most characters of a remark name."""


def read_friends(db: sqlite3.Connection, account: QQNumber) -> dict[QQNumber, tuple[str, int]]:
    """Return remark name and category of the friends of whom something is noted."""
    rows = db.execute("SELECT friend, mark, category FROM friend_note WHERE account = ?", (account,))
    return {QQNumber(friend): (mark, category) for friend, mark, category in rows}


def read_groups(db: sqlite3.Connection, account: QQNumber) -> dict[GroupNumber, tuple[str, int]]:
    """Return remark name and mask of the groups of which something is noted."""
    rows = db.execute("SELECT grp, mark, mask FROM group_note WHERE account = ?", (account,))
    return {GroupNumber(group): (mark, mask) for group, mark, mask in rows}


def mark_friend(db: sqlite3.Connection, account: QQNumber, friend: QQNumber, mark: str) -> None:
    """Note a remark name; an empty one takes it away."""
    db.execute(
        "INSERT INTO friend_note (account, friend, mark) VALUES (?, ?, ?)"
        " ON CONFLICT (account, friend) DO UPDATE SET mark = excluded.mark",
        (account, friend, mark[:MARK]),
    )


def move_friend(db: sqlite3.Connection, account: QQNumber, friend: QQNumber, category: int) -> None:
    """File a friend under one of :data:`CATEGORIES`."""
    db.execute(
        "INSERT INTO friend_note (account, friend, category) VALUES (?, ?, ?)"
        " ON CONFLICT (account, friend) DO UPDATE SET category = excluded.category",
        (account, friend, category),
    )


def mark_group(db: sqlite3.Connection, account: QQNumber, group: GroupNumber, mark: str) -> None:
    """Note a remark name of a group; an empty one takes it away."""
    db.execute(
        "INSERT INTO group_note (account, grp, mark) VALUES (?, ?, ?)"
        " ON CONFLICT (account, grp) DO UPDATE SET mark = excluded.mark",
        (account, group, mark[:MARK]),
    )


def mask_groups(db: sqlite3.Connection, account: QQNumber, masks: Iterable[tuple[GroupNumber, int]]) -> None:
    """Note the masks of groups; those that are not named have none any more."""
    db.execute("UPDATE group_note SET mask = 0 WHERE account = ?", (account,))
    db.executemany(
        "INSERT INTO group_note (account, grp, mask) VALUES (?, ?, ?)"
        " ON CONFLICT (account, grp) DO UPDATE SET mask = excluded.mask",
        [(account, group, mask) for group, mask in masks],
    )


def forget_person(db: sqlite3.Connection, account: QQNumber) -> None:
    """Remove what an account has noted, and what others noted of it."""
    db.execute("DELETE FROM friend_note WHERE account = ? OR friend = ?", (account, account))
    db.execute("DELETE FROM group_note WHERE account = ?", (account,))
