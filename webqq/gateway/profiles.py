"""What an account tells of itself beside nick and signature. Jobs over the data file.

The protocol reads it and has no call that changes it; a command does (``webqq account profile``). How to reach somebody
is told to friends alone. Source: WebQQ protocol, profiles.
"""

import sqlite3
from datetime import date
from typing import Any

import msgspec

from webqq.gateway.errors import ChangeRefused, StoreError
from webqq.protocol.calls import Birthday
from webqq.protocol.ids import QQNumber

__all__ = ["PROFILE_TEXT", "Details", "constellation_of", "forget", "read", "write"]

PROFILE_TEXT = 200
"""Most characters of a text."""

_GENDERS = ("unknown", "male", "female")
_FACES, _BLOODS, _ANIMALS = range(2**16), range(6), range(13)

# The first day of each, from Aquarius on, as the service counted them.
_CONSTELLATIONS = (
    *((1, 20), (2, 19), (3, 21), (4, 20), (5, 21), (6, 22)),
    *((7, 23), (8, 23), (9, 23), (10, 24), (11, 23), (12, 22)),
)


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A profile, with the names of the protocol.

    :param birthday: year, month and day; all 0 where it is not told.
    :param gender: ``male``, ``female`` or ``unknown``. :param face: number of a picture that clients have.
    :param blood: 1 A, 2 B, 3 O, 4 AB, 5 another; 0 not told. :param shengxiao: 1 rat to 12 pig; 0 not told.
    """

    birthday: tuple[int, int, int] = (0, 0, 0)
    gender: str = "unknown"
    face: int = 0
    blood: int = 0
    shengxiao: int = 0
    country: str = ""
    province: str = ""
    city: str = ""
    college: str = ""
    occupation: str = ""
    personal: str = ""
    homepage: str = ""
    phone: str = ""
    mobile: str = ""
    email: str = ""

    def told(self) -> list[tuple[str, str]]:
        """Return names and values of what is not empty, for people to read."""
        known = {**msgspec.structs.asdict(self), "birthday": "{:04}-{:02}-{:02}".format(*self.birthday)}
        return [(name, str(value)) for name, value in known.items() if getattr(self, name) != getattr(Details(), name)]

    def fields(self, *, of_friend: bool) -> dict[str, Any]:
        """Return the fields of an answer.

        :param of_friend: with those by which the person can be reached.
        """
        year, month, day = self.birthday
        told = msgspec.structs.asdict(self) | {
            "birthday": Birthday(year=year, month=month, day=day),
            "constel": constellation_of(month, day),
        }
        hidden = () if of_friend else ("phone", "mobile", "email")
        return {name: value for name, value in told.items() if name not in hidden}


def constellation_of(month: int, day: int) -> int:
    """Return the number of a sign of the zodiac, 1 for Aquarius; 0 for no date.

    >>> constellation_of(1, 30), constellation_of(1, 19), constellation_of(12, 31)
    (1, 12, 12)
    """
    begun = sum((month, day) >= first for first in _CONSTELLATIONS)
    return 0 if not month else begun or len(_CONSTELLATIONS)


def read(db: sqlite3.Connection, account: QQNumber) -> Details:
    """Return the profile of an account; an empty one where there is none."""
    row = db.execute("SELECT fields FROM profile WHERE account = ?", (account,)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=Details) if row is not None else Details()
    except msgspec.MsgspecError as error:
        raise StoreError(f"the data file holds a profile of {account} that cannot be read: {error}") from error


def write(db: sqlite3.Connection, account: QQNumber, details: Details) -> None:
    """Put a profile in the place of the one that is there.

    :raises ChangeRefused: a field has no sense.
    """
    _check(details)
    text = msgspec.json.encode(details).decode()
    db.execute("INSERT OR REPLACE INTO profile (account, fields) VALUES (?, ?)", (account, text))


def forget(db: sqlite3.Connection, account: QQNumber) -> None:
    """Remove a profile."""
    db.execute("DELETE FROM profile WHERE account = ?", (account,))


def _check(details: Details) -> None:
    if any(details.birthday):
        try:
            date(*details.birthday)
        except ValueError as error:
            raise ChangeRefused(f"the birthday is no date: {error}") from error
    if details.gender not in _GENDERS:
        raise ChangeRefused(f"the gender is one of {', '.join(_GENDERS)}, not {details.gender!r}")
    for name, known in (("face", _FACES), ("blood", _BLOODS), ("shengxiao", _ANIMALS)):
        if getattr(details, name) not in known:
            raise ChangeRefused(f"{name} is a number from 0 to {known.stop - 1}, not {getattr(details, name)}")
    for name, value in msgspec.structs.asdict(details).items():
        if isinstance(value, str) and len(value) > PROFILE_TEXT:
            raise ChangeRefused(f"{name} has {len(value)} characters, more than {PROFILE_TEXT}")
