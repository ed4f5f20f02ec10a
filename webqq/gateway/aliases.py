"""The numbers by which one login knows everybody else: uins, gids and group codes, without a table.

The service gives each session its own random-looking numbers for people and groups; only the own uin is the
account number (WebQQ protocol, identifiers, and notes for a compatible server). Here they are a keyed
permutation: each person and discussion has one number inside the gateway, each group two, and a small cipher under the
login's key maps those onto 10^7 ... 2^32-1 and back. So an alias is the same for as long as the key is kept, also after
a restart; no two things of a login share one; and who has no key learns nothing from it.

The cipher is a Feistel network over 32 bits; a result outside the range is enciphered again until it falls inside
(cycle walking), which stays a permutation. Pure.
"""

from enum import IntEnum
from hashlib import blake2b

__all__ = ["KEY_BYTES", "Aliases", "Kind"]

KEY_BYTES = 16
"""Length of a login's key."""

_LOW = 10**7
_SIZE = 2**32 - _LOW
_ROUNDS = 8

# Discussions came later and count down from the top, so that the numbers of logins from before stay what they are.
_DISCUSSES = 2**28
_OTHER_KINDS = 3


class Kind(IntEnum):
    """What an alias stands for. A group has two: its gid and its code."""

    PERSON = 0
    GROUP = 1
    GROUP_CODE = 2
    DISCUSS = 3


class Aliases:
    """Aliases of one login.

    :param key: :data:`KEY_BYTES` random bytes, kept with the login.
    :param own_row: row of the login's own account.
    :param own_number: its account number, which is its own uin.
    """

    def __init__(self, key: bytes, own_row: int, own_number: int) -> None:
        self._key = key
        self._own = _index(Kind.PERSON, own_row)
        self._own_number = own_number
        # The own account gives up its place in the permutation and takes its number instead. Whoever the
        # permutation had put at that number takes the free place.
        self._free_place = self._permute(self._own)

    def alias(self, kind: Kind, row: int) -> int:
        """Return the number for a row of the account or group table."""
        index = _index(kind, row)
        if index == self._own:
            return self._own_number
        place = self._permute(index)
        return self._free_place if place == self._own_number else place

    def row(self, kind: Kind, alias: int) -> int | None:
        """Return the row that an alias of that kind stands for, or None where it can stand for none.

        A row that comes back need not exist: every number in the range stands for one.
        """
        if alias == self._own_number:
            index = self._own
        elif alias == self._free_place:
            index = self._restore(self._own_number)
        else:
            index = self._restore(alias)
        found, row = _meaning(index)
        return row if index >= 0 and found == kind else None

    def _permute(self, index: int) -> int:
        value = index
        while True:
            value = self._encipher(value)
            if value < _SIZE:
                return _LOW + value

    def _restore(self, place: int) -> int:
        """Undo :meth:`_permute`; -1 for a number outside the range."""
        value = place - _LOW
        if not 0 <= value < _SIZE:
            return -1
        while True:
            value = self._decipher(value)
            if value < _SIZE:
                return value

    def _encipher(self, value: int) -> int:
        left, right = value >> 16, value & 0xFFFF
        for number in range(_ROUNDS):
            left, right = right, left ^ self._mix(number, right)
        return left << 16 | right

    def _decipher(self, value: int) -> int:
        left, right = value >> 16, value & 0xFFFF
        for number in reversed(range(_ROUNDS)):
            left, right = right ^ self._mix(number, left), left
        return left << 16 | right

    def _mix(self, number: int, half: int) -> int:
        data = bytes((number, half >> 8, half & 0xFF))
        return int.from_bytes(blake2b(data, digest_size=2, key=self._key).digest(), "big")


def _index(kind: Kind, row: int) -> int:
    is_discuss = kind is Kind.DISCUSS
    index = _SIZE - 1 - row if is_discuss else row * _OTHER_KINDS + kind
    first, end = (_SIZE - _DISCUSSES, _SIZE) if is_discuss else (0, _SIZE - _DISCUSSES)
    if not first <= index < end:
        raise ValueError(f"row {row} is out of the range of aliases")
    return index


def _meaning(index: int) -> tuple[int, int]:
    """Return kind and row of an index. Inverse of :func:`_index`."""
    if index >= _SIZE - _DISCUSSES:
        return Kind.DISCUSS, _SIZE - 1 - index
    row, kind = divmod(index, _OTHER_KINDS)
    return kind, row
