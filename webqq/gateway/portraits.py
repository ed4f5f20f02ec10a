"""Pictures that persons and groups have of their own. Jobs over the data file.

The protocol shows them and has no call that sets one; a command does (``webqq account avatar``), or the page
(:mod:`.calls.avatars`). What is no picture by its first bytes is not taken, so nothing else is ever served as one.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from webqq.gateway.errors import ChangeRefused
from webqq.gateway.mediatypes import sniff_picture
from webqq.protocol.ids import QQNumber

__all__ = ["PORTRAIT_BYTES", "Portrait", "Whose", "forget", "put", "read", "versions"]

PORTRAIT_BYTES = 256 * 1024
"""Largest picture; the service showed them 40 to 640 pixels wide."""

_TYPES = ("image/png", "image/jpeg", "image/gif")


class Whose(StrEnum):
    """What has a picture; told by its public number."""

    PERSON = "person"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture."""

    media_type: str
    data: bytes


def read(db: sqlite3.Connection, whose: Whose, number: int) -> Portrait | None:
    """Return the picture of an account or a group, if it has one."""
    row = db.execute("SELECT media_type, data FROM avatar WHERE kind = ? AND number = ?", (whose.value, number))
    found = row.fetchone()
    return Portrait(*found) if found is not None else None


def versions(db: sqlite3.Connection, people: Iterable[QQNumber]) -> dict[QQNumber, int]:
    """Return which of some accounts have a picture, and its number: another picture has another one."""
    rows = db.execute(
        "SELECT number, id FROM avatar WHERE kind = 'person' AND number IN (SELECT value FROM json_each(?))",
        (json.dumps(list(people)),),
    )
    return {QQNumber(number): id_ for number, id_ in rows}


def put(db: sqlite3.Connection, whose: Whose, number: int, data: bytes) -> None:
    """Give an account or a group a picture, in the place of what it has.

    :raises ChangeRefused: it is too large, or none of PNG, JPEG and GIF.
    """
    if len(data) > PORTRAIT_BYTES:
        raise ChangeRefused(f"the picture has {len(data)} bytes, more than {PORTRAIT_BYTES}")
    media_type = sniff_picture(data)
    if media_type not in _TYPES:
        raise ChangeRefused("the picture is none of PNG, JPEG and GIF")
    db.execute(
        "INSERT OR REPLACE INTO avatar (kind, number, media_type, data) VALUES (?, ?, ?, ?)",
        (whose.value, number, media_type, data),
    )


def forget(db: sqlite3.Connection, whose: Whose, number: int) -> None:
    """Take a picture away."""
    db.execute("DELETE FROM avatar WHERE kind = ? AND number = ?", (whose.value, number))
