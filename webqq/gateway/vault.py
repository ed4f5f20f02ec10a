"""Passwords at rest, and the key from which everything secret of one gateway is derived.

A password is kept in two forms and never in clear. An argon2 hash checks a password that somebody hands over. But
the password digest of 2013 never hands it over: the client sends MD5(K, code) with K = MD5(MD5(password), salt),
which only someone with K can check. So K is kept too, encrypted under ``server.key``.

What that means: who gets the data file alone has argon2 hashes to try passwords against, slowly. Who gets
``server.key`` as well has every K, and with a K one can sign in to this gateway as that account, and try passwords
quickly. Keep the key out of backups of the data file. When it is lost, a new one is made: passwords are taken from
the community file again where one is told of, else set anew, and everybody has to sign in again.
"""

import base64
import hmac
import os
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import argon2
from cryptography.fernet import Fernet, InvalidToken

from webqq.gateway.errors import StoreError
from webqq.gateway.files import write_private
from webqq.protocol.cipher import open_password_cipher
from webqq.protocol.digests import digest_of_key, inner_hash, salt_of, salted_key
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.ids import QQNumber

__all__ = ["Secret", "Vault", "read_key"]

_KEY_BYTES = 32

_MD5_DIGITS = 32

# A cipher has some 224; opening it takes time for each.
_CIPHER_DIGITS = 512


def default_hasher() -> argon2.PasswordHasher:
    """Return a hasher with the smaller of the settings that OWASP recommends: 19 MiB, 2 passes, some 20 ms."""
    return argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@dataclass(frozen=True, slots=True)
class Secret:
    """What is kept of one account's password."""

    argon2: str = field(repr=False)
    sealed_key: bytes = field(repr=False)


class Vault:
    """Makes and checks :class:`Secret` s.

    :param key: 32 bytes, as :func:`read_key` gives them.
    :param hasher: how costly argon2 is; None for :func:`default_hasher`. Tests pass a cheap one.
    """

    def __init__(self, key: bytes, hasher: argon2.PasswordHasher | None = None) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._hasher = hasher or default_hasher()
        # Checked in place of an account that does not exist, so that the time of an answer does not tell.
        self._nobody = Secret("", self._fernet.encrypt(bytes(16)))
        self.token_key = blake2b(b"tokens", key=key, digest_size=32).digest()
        """Key for :class:`webqq.gateway.tokens.Tokens`; it cannot be turned back into the server's key."""

    def protect(self, account: QQNumber, password: str) -> Secret:
        """Return what to keep of a password. Slow by intent: never call it on the loop's thread."""
        key = _key_of(account, password)
        return Secret(self._hasher.hash(password), self._fernet.encrypt(key))

    def is_of(self, secret: Secret, account: QQNumber, password: str) -> bool:
        """Tell whether a secret was made of this password, under this key. Quick."""
        key = self._unseal(secret)
        return key is not None and hmac.compare_digest(key, _key_of(account, password))

    def is_open(self, secret: Secret) -> bool:
        """Tell whether a secret was sealed under this key; if not, nobody can sign in with it."""
        return self._unseal(secret) is not None

    def reseal(self, secret: Secret, older: "Vault") -> Secret:
        """Return a secret that was sealed under another vault's key, sealed under this one's; as it is where that key
        does not open it.
        """
        key = older._unseal(secret)
        return secret if key is None else Secret(secret.argon2, self._fernet.encrypt(key))

    def check_password(self, secret: Secret, password: str) -> bool:
        """Tell whether a password that somebody handed over is right. Slow, like :meth:`protect`."""
        try:
            return self._hasher.verify(secret.argon2, password)
        except argon2.exceptions.VerifyMismatchError:
            return False

    def check_digest(self, secret: Secret | None, code: str, digest: str) -> bool:
        """Tell whether ``digest`` is the ``p`` of a login with that password and verify code. Quick.

        Both kinds are known: the MD5 digest of 2013 and the cipher of 2014.

        :param secret: None for an account that does not exist: False, after the same work.
        """
        unsealed = self._unseal(secret or self._nobody)
        key = unsealed or bytes(16)
        if len(digest) == _MD5_DIGITS:
            expected = digest_of_key(key, code).encode()
            is_right = hmac.compare_digest(expected, digest.upper().encode("utf-8", "replace"))
        else:
            is_right = _opens_cipher(digest, key, code)
        # A key that cannot be opened is nobody's either: the one in its place is known to everybody.
        return is_right and secret is not None and unsealed is not None

    def _unseal(self, secret: Secret) -> bytes | None:
        try:
            return self._fernet.decrypt(secret.sealed_key)
        except InvalidToken:
            return None


def _opens_cipher(p: str, key: bytes, code: str) -> bool:
    if len(p) > _CIPHER_DIGITS:
        return False
    try:
        found = open_password_cipher(p, key)
    except MalformedMessage:
        return False
    # The salt needs no look: it went into the key.
    return hmac.compare_digest(found.code.upper().encode(), code.upper().encode("utf-8", "replace"))


def _key_of(account: QQNumber, password: str) -> bytes:
    return salted_key(inner_hash(password), salt_of(account))


def read_key(folder: Path) -> bytes:
    """Return the key in ``server.key`` of the data folder; one is made, mode 0600, where there is none.

    :raises StoreError: the file cannot be read or made, or holds no key.
    """
    path = folder / "server.key"
    try:
        if not path.exists():
            # Whole or not at all: half a key would lock out everybody.
            write_private(path, base64.b64encode(os.urandom(_KEY_BYTES)))
        key = base64.b64decode(path.read_bytes(), validate=True)
    except OSError as error:
        raise StoreError(f"the key file {path} cannot be used: {error.strerror}") from error
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise StoreError(f"the key file {path} holds no key; put the right one back, or remove it to get a new one")
    return key
