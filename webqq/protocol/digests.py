"""Digests of passwords and the small hash functions of the protocol.

Knows bytes and numbers only. Nothing here is fit to protect a password; it is what the service computed.
Source: WebQQ protocol, password digest (2013), small hash functions, and the friends hash with its four
variants.
"""

import hashlib
from itertools import cycle

from webqq.protocol.ids import QQNumber

__all__ = [
    "bkn",
    "digest_of_key",
    "friends_hash",
    "friends_hash_digit_window",
    "friends_hash_password_error",
    "friends_hash_quicksort",
    "hash33",
    "inner_hash",
    "password_digest",
    "salt_of",
    "salted_key",
    "time33",
]

_WORD = 0xFFFFFFFF
_POSITIVE = 0x7FFFFFFF


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def inner_hash(password: str) -> bytes:
    """Return H1, the MD5 of the password's UTF-8 bytes (16 bytes). Guard it like the password itself."""
    return _md5(password.encode())


def salt_of(account: QQNumber) -> bytes:
    """Return the salt that the service gives for an account: its number as 8 bytes, big-endian."""
    return account.to_bytes(8, "big")


def salted_key(inner: bytes, salt: bytes) -> bytes:
    """Return K, the MD5 of H1 followed by the salt (16 bytes).

    It is H2 of the digest of 2013 and the TEA key of the digest of 2014, so who keeps K can check both.
    """
    return _md5(inner + salt)


def digest_of_key(key: bytes, code: str) -> str:
    """Return the ``p`` of the login call of 2013: MD5 over K and the code, both as upper-case text.

    :param key: K, as :func:`salted_key` gives it.
    :param code: the verify code, from check or from the captcha.
    """
    return _md5((key.hex() + code).upper().encode()).hex().upper()


def password_digest(password: str, salt: bytes, code: str) -> str:
    """Return the ``p`` of the login call of 2013; ``salt`` are the 8 raw bytes that check gave."""
    return digest_of_key(salted_key(inner_hash(password), salt), code)


def _fold33(text: str, start: int) -> int:
    value = start
    for char in text:
        value = (33 * value + ord(char)) & _WORD
    return value


def hash33(text: str) -> int:
    """Return ``ptqrtoken`` of the cookie ``qrsig``, or ``pt4_ptcz`` of the cookie ``ptcz``."""
    return _fold33(text, 0) & _POSITIVE


def bkn(skey: str) -> int:
    """Return the number that all group management calls carry, of the cookie ``skey``; also known as g_tk."""
    return _fold33(skey, 5381) & _POSITIVE


def time33(text: str) -> int:
    """Return ``auth_token`` of the cookie ``supertoken``, or ``pt4_hkey`` of ``skey``."""
    return _fold33(text, 0)


def friends_hash(uin: QQNumber, ptwebqq: str) -> str:
    """Return the ``hash`` of the friends and groups calls (16 hex digits), the variant in force from 2015
    to 2018.

    :param uin: the own account; its low 32 bits count.
    :param ptwebqq: the cookie of that name; may be empty.
    """
    folded = [0, 0, 0, 0]
    for index, char in enumerate(ptwebqq):
        folded[index % 4] ^= ord(char) & 0xFF
    masked = [byte ^ mask for byte, mask in zip(_low_bytes(uin), b"ECOK", strict=True)]
    pairs = zip(folded, masked, strict=True)
    return bytes(byte for pair in pairs for byte in pair).hex().upper()


def friends_hash_quicksort(uin: QQNumber, ptwebqq: str) -> str:
    """Return the friends hash of November 2013 and May 2014 (8 hex digits): traces of a quicksort of
    ptwebqq.
    """
    trace = list(_low_bytes(uin))
    codes = [ord(char) for char in ptwebqq]
    spans = [(0, len(codes) - 1)]
    while spans:
        low, high = spans.pop()
        if low >= high or low < 0:
            continue
        if low + 1 == high:
            codes[low : high + 1] = sorted(codes[low : high + 1])
            continue
        middle = _partition(codes, low, high, trace)
        spans += [(low, middle - 1), (middle + 1, high)]
    return bytes(trace).hex().upper()


def _partition(codes: list[int], low: int, high: int, trace: list[int]) -> int:
    """Move the span's first code to its place, which is returned; each kind of step changes one byte of the
    trace.
    """
    pivot = codes[low]
    while low < high:
        while low < high and codes[high] >= pivot:
            high -= 1
            trace[0] = trace[0] + 3 & 255
        if low < high:
            codes[low] = codes[high]
            low += 1
            trace[1] = trace[1] * 13 + 43 & 255
        while low < high and codes[low] <= pivot:
            low += 1
            trace[2] = trace[2] - 3 & 255
        if low < high:
            codes[high] = codes[low]
            high -= 1
            trace[3] = (trace[0] ^ trace[1] ^ trace[2] ^ trace[3] + 1) & 255
    codes[low] = pivot
    return low


def friends_hash_password_error(uin: QQNumber, ptwebqq: str) -> str:
    """Return the friends hash of June 2014: the uin's digits over ptwebqq and the text ``password error``."""
    pairs = zip(f"{ptwebqq}password error", cycle(str(uin)), strict=False)
    return bytes(ord(char) ^ ord(digit) for char, digit in pairs).hex().upper()


def friends_hash_digit_window(uin: QQNumber, ptwebqq: str) -> str:
    """Return the first friends hash of 2013 (8 hex digits): windows of ptwebqq that the uin's digits walk
    to.

    :raises ValueError: ptwebqq has fewer than 4 characters; a window has no meaning then.
    """
    length = len(ptwebqq)
    if length < 4:
        raise ValueError(f"ptwebqq must have 4 characters at least, it has {length}")
    value, start = _WORD, 0
    for digit in str(uin):
        start = (start + int(digit)) % length
        value ^= int.from_bytes(_window(ptwebqq, start), "big")
    return f"{value:08X}"


def _window(text: str, start: int) -> bytes:
    """Return 4 codes from ``start`` on.

    Where the text ends too early they are picked as the only known source picks them (lwqq). It reads past the end for
    some starts; what stood there is unknown, so it is 0 here.
    """
    codes = text.encode("latin-1", "replace") + bytes(2)
    overhang = start + 4 - len(text)
    if overhang <= 0:
        return codes[start : start + 4]
    return bytes(codes[start + place if place < overhang else place - overhang] for place in range(4))


def _low_bytes(uin: int) -> bytes:
    return (uin & _WORD).to_bytes(4, "big")
