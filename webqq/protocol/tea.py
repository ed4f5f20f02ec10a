"""TEA as QQ uses it: blocks of 8 bytes, 16 rounds, chained in both directions.

Knows bytes only. It is no protection by today's measure; it is what the service spoke. Source: WebQQ protocol, TEA as
QQ uses it.
"""

from struct import unpack

__all__ = ["FILLER_BYTES", "decrypt", "encrypt"]

FILLER_BYTES = 10
"""How many random bytes :func:`encrypt` may use."""

_WORD = 0xFFFFFFFF
_DELTA = 0x9E3779B9
_ROUNDS = 16
_TAIL = bytes(7)


def encrypt(data: bytes, key: bytes, filler: bytes) -> bytes:
    """Return ``data`` encrypted.

    :param key: 16 bytes. :param filler: 10 random bytes at least; the text begins with some of them.
    :raises ValueError: key or filler is too short.
    """
    words = _key_words(key)
    if len(filler) < FILLER_BYTES:
        raise ValueError(f"filler must have {FILLER_BYTES} bytes at least, it has {len(filler)}")
    more = -(len(data) + 10) % 8
    head = bytes([filler[0] & 0xF8 | more]) + filler[1 : more + 3]
    plain = head + data + _TAIL
    out, mixed, cipher = bytearray(), 0, 0
    for start in range(0, len(plain), 8):
        before, mixed = mixed, int.from_bytes(plain[start : start + 8], "big") ^ cipher
        cipher = _encrypt_block(mixed, words) ^ before
        out += cipher.to_bytes(8, "big")
    return bytes(out)


def decrypt(data: bytes, key: bytes) -> bytes:
    """Return what :func:`encrypt` was given.

    :raises ValueError: ``data`` was not made with this key, or was changed.
    """
    words = _key_words(key)
    if len(data) % 8 or len(data) < 16:
        raise ValueError(f"expected blocks of 8 bytes, two at least, got {len(data)} bytes")
    out, mixed, cipher = bytearray(), 0, 0
    for start in range(0, len(data), 8):
        before, block = cipher, int.from_bytes(data[start : start + 8], "big")
        mixed = _decrypt_block(block ^ mixed, words)
        out += (mixed ^ before).to_bytes(8, "big")
        cipher = block
    begin = (out[0] & 7) + 3
    if begin > len(out) - len(_TAIL) or not out.endswith(_TAIL):
        raise ValueError("the end of the text is not the one that the right key gives")
    return bytes(out[begin : -len(_TAIL)])


def _key_words(key: bytes) -> tuple[int, int, int, int]:
    if len(key) != 16:
        raise ValueError(f"key must have 16 bytes, it has {len(key)}")
    first, second, third, fourth = unpack(">4I", key)
    return first, second, third, fourth


def _encrypt_block(block: int, key: tuple[int, int, int, int]) -> int:
    y, z = block >> 32, block & _WORD
    total = 0
    for _ in range(_ROUNDS):
        total = (total + _DELTA) & _WORD
        y = (y + (((z << 4) + key[0]) ^ (z + total) ^ ((z >> 5) + key[1]))) & _WORD
        z = (z + (((y << 4) + key[2]) ^ (y + total) ^ ((y >> 5) + key[3]))) & _WORD
    return y << 32 | z


def _decrypt_block(block: int, key: tuple[int, int, int, int]) -> int:
    y, z = block >> 32, block & _WORD
    total = _DELTA * _ROUNDS & _WORD
    for _ in range(_ROUNDS):
        z = (z - (((y << 4) + key[2]) ^ (y + total) ^ ((y >> 5) + key[3]))) & _WORD
        y = (y - (((z << 4) + key[0]) ^ (z + total) ^ ((z >> 5) + key[1]))) & _WORD
        total = (total - _DELTA) & _WORD
    return y << 32 | z
