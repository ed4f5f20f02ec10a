"""The tokens of a login and a session, made from an id and the server's key instead of being kept.

A token is the id and a keyed digest of it, so the data file holds no token that could be taken from it, and
checking one is a comparison in constant time. An id is random; whether it still stands for anything is for who
asked to look up (:mod:`.sessions`). Lengths are the service's (WebQQ protocol, session tokens and cookies).
Pure.
"""

import base64
import hmac
from enum import Enum
from hashlib import blake2b

__all__ = ["ID_BITS", "Purpose", "Tokens"]

ID_BITS = 63
"""Ids are below 2^63, so that SQLite keeps them as they are."""

_ID_BYTES = 8


class Purpose(Enum):
    """What a token is for, and its length in bytes; one made for a purpose is worthless for another."""

    PTWEBQQ = ("ptwebqq", 32)
    VFWEBQQ = ("vfwebqq", 40)
    PSESSIONID = ("psessionid", 56)
    SIGNATURE = ("ptsig", 32)


class Tokens:
    """Makes and reads tokens under one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, purpose: Purpose, id_: int) -> str:
        """Return the token, in lower-case hex digits."""
        name, length = purpose.value
        head = id_.to_bytes(_ID_BYTES, "big")
        return (head + self._digest(name, head, length - _ID_BYTES)).hex()

    def read(self, purpose: Purpose, token: str) -> int | None:
        """Return the id that a token was made for, or None when it was not made here for that purpose."""
        try:
            id_ = int(token[: 2 * _ID_BYTES], 16)
            expected = self.make(purpose, id_)
            return id_ if hmac.compare_digest(expected, token) else None
        except (ValueError, OverflowError, TypeError):
            # No hex digits, a minus sign, or characters beyond ASCII.
            return None

    def label(self, name: str, id_: int, length: int) -> str:
        """Return ``length`` letters and digits for a cookie that clients only carry and nobody reads.

        :param length: up to 64.
        """
        digest = self._digest(name, id_.to_bytes(_ID_BYTES, "big"), 64)
        return base64.b64encode(digest, altchars=b"AZ").decode()[:length]

    def sign(self, name: str, *parts: int) -> str:
        """Return 40 hex digits that only who has the key can make of these numbers.

        :param name: what for, 16 characters at most. :param parts: each below 2^63.
        """
        packed = b"".join(part.to_bytes(_ID_BYTES, "big") for part in parts)
        return self._digest(name, packed, 20).hex()

    def _digest(self, name: str, head: bytes, length: int) -> bytes:
        return blake2b(head, digest_size=length, key=self._key, person=name.encode()).digest()
