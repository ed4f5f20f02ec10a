"""The key with which one account fetches one file that was left for it; who has the key needs no login. Pure."""

import hmac
from collections.abc import Callable

from webqq.protocol.ids import QQNumber

__all__ = ["make_rkey", "read_rkey"]

_PURPOSE = "rkey"
_DIGITS = 16


def make_rkey(sign: Callable[..., str], account: QQNumber, file: int) -> str:
    """Return the key.

    :param sign: makes digits of numbers that only the gateway can make (:meth:`.Tokens.sign`).
    :param file: row of the file.
    """
    return f"{file:0{_DIGITS}x}{account:0{_DIGITS}x}{sign(_PURPOSE, file, account)}"


def read_rkey(sign: Callable[..., str], rkey: str) -> tuple[QQNumber, int] | None:
    """Return account and row of a key; None where it is none."""
    try:
        file, account = int(rkey[:_DIGITS], 16), int(rkey[_DIGITS : 2 * _DIGITS], 16)
        expected = make_rkey(sign, QQNumber(account), file)
        return (QQNumber(account), file) if hmac.compare_digest(expected, rkey) else None
    except (ValueError, OverflowError, TypeError):
        # No hex digits, a sign, or characters beyond ASCII.
        return None
