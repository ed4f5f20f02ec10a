"""Cookie values that carry a meaning in themselves.

Source: WebQQ protocol, session tokens and cookies.
"""

from webqq.protocol.ids import QQNumber

__all__ = ["parse_uin_cookie", "serialize_uin_cookie"]


def serialize_uin_cookie(account: QQNumber) -> str:
    """Return the value of the cookies ``uin``, ``superuin`` and ``p_uin``.

    >>> serialize_uin_cookie(QQNumber(100200300))
    'o0100200300'
    """
    return f"o{account:010d}"


def parse_uin_cookie(value: str) -> QQNumber | None:
    """Return the account of such a cookie: the number after the first letter; ``None`` if there is none."""
    digits = value[1:]
    return QQNumber(int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None
