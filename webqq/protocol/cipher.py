"""The password digest of 2014 and later: RSA inside TEA inside Base64.

Knows how it is made and how a server that keeps K opens it; random bytes are arguments. Source: WebQQ protocol,
password digest, 2014 and later.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from struct import unpack_from

from webqq.protocol import tea
from webqq.protocol.digests import salted_key
from webqq.protocol.errors import MalformedMessage

__all__ = ["PADDING_BYTES", "PasswordCipher", "open_password_cipher", "password_cipher"]

PADDING_BYTES = 109
"""How many random bytes, none of them zero, :func:`password_cipher` pads the RSA block with."""

_EXPONENT = 3
_MODULUS = int(
    "F20CE00BAE5361F8FA3AE9CEFA495362FF7DA1BA628F64A347F0A8C012BF0B254A30CD92ABFFE7A6EE0DC424CB6166F8"
    "819EFA5BCCB20EDFB4AD02E412CCF579B1CA711D55B8B0B3AEB60153D5E0693A2A86F3167D7847A0CB8B00004716A909"
    "5D9BADC977CBB804DBDCBA6029A9710869A453F27DFDDF83C016D928B3CBF4C7",
    16,
)


@dataclass(frozen=True, slots=True)
class PasswordCipher:
    """What a server can check: the salt and the verify code that the client used."""

    salt: bytes
    code: str


def password_cipher(inner: bytes, salt: bytes, code: str, padding: bytes, filler: bytes) -> str:
    """Return the ``p`` of the login call.

    :param inner: H1, see :func:`webqq.protocol.digests.inner_hash`.
    :param salt: the 8 raw bytes that check gave. :param code: the verify code.
    :param padding: 109 random bytes without a zero. :param filler: 10 random bytes.
    :raises ValueError: the padding has another length, or a zero in it.
    """
    if len(padding) != PADDING_BYTES or 0 in padding:
        raise ValueError(f"padding must be {PADDING_BYTES} bytes without a zero, it has {len(padding)}")
    block = int.from_bytes(b"\0\2" + padding + b"\0" + inner, "big")
    secret = pow(block, _EXPONENT, _MODULUS)
    sealed = secret.to_bytes((secret.bit_length() + 7) // 8, "big")
    word = code.upper().encode()
    text = _counted(sealed) + salt + _counted(word)
    sent = b64encode(tea.encrypt(text, salted_key(inner, salt), filler), b"*-")
    return sent.decode("ascii").replace("=", "_")


def open_password_cipher(p: str, key: bytes) -> PasswordCipher:
    """Return what ``p`` holds, for a server that keeps K (:func:`webqq.protocol.digests.salted_key`).

    That it opens at all proves the password; salt and code remain to be compared. The RSA part is ignored.

    :raises MalformedMessage: ``p`` is no such digest, or the password behind it is another.
    """
    try:
        text = tea.decrypt(b64decode(p.replace("_", "="), b"*-", validate=True), key)
    except (Base64Error, ValueError) as error:
        raise MalformedMessage("login", "p", "expected a digest made with this account's password") from error
    sealed, rest = _split_counted(text)
    code, beyond = _split_counted(rest[8:])
    if not sealed or beyond:
        raise MalformedMessage("login", "p", "expected an RSA block, a salt and a code")
    return PasswordCipher(rest[:8], code.decode("utf-8", "replace"))


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _split_counted(data: bytes) -> tuple[bytes, bytes]:
    """Return the first part, whose length stands before it, and the rest; nothing where the data ends too early."""
    if len(data) < 2:
        return b"", data
    end = 2 + int(unpack_from(">H", data)[0])
    return (data[2:end], data[end:]) if end <= len(data) else (b"", data)
