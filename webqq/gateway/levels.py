"""How many days an account was here, and the level that they make. Jobs over the data file.

Source: WebQQ protocol, get_qq_level2; the service's public rule: level n takes n^2 + 4n days.
"""

import math
import sqlite3

from webqq.protocol.ids import QQNumber

__all__ = ["days_of", "level_of", "note_day", "read_days"]

_DAY = 86400


def level_of(days: int) -> int:
    """Return the level after so many days.

    >>> [level_of(days) for days in (0, 4, 5, 11, 12, 1534)]
    [0, 0, 1, 1, 2, 37]
    """
    return math.isqrt(days + 4) - 2


def days_of(level: int) -> int:
    """Return the days that a level takes."""
    return level * level + 4 * level


def note_day(db: sqlite3.Connection, account: QQNumber, at: int) -> None:
    """Note that an account is here, once a day (UTC).

    :param at: seconds since the epoch.
    """
    day = at // _DAY
    db.execute(
        "UPDATE account SET days = days + 1, last_day = ? WHERE number = ? AND last_day < ?", (day, account, day)
    )


def read_days(db: sqlite3.Connection, account: QQNumber) -> int:
    """Return the days so far."""
    row = db.execute("SELECT days FROM account WHERE number = ?", (account,)).fetchone()
    return int(row[0]) if row is not None else 0
