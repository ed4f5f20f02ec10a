from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import vectors
from webqq.protocol import tea
from webqq.protocol.cipher import PADDING_BYTES, PasswordCipher, open_password_cipher, password_cipher
from webqq.protocol.digests import inner_hash, salt_of, salted_key
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.ids import QQNumber

SALT = salt_of(QQNumber(100200300))
INNER = inner_hash("secret")
KEY = salted_key(INNER, SALT)


def sealed(text: bytes) -> str:
    return b64encode(tea.encrypt(text, KEY, bytes(10)), b"*-").decode().replace("=", "_")


@pytest.mark.parametrize("vector", vectors("password_rsa_tea"))
def test_digest_of_the_vectors(vector):
    salt, key = bytes.fromhex(vector["salt_hex"]), bytes.fromhex(vector["tea_key_hex"])
    padding = bytes.fromhex(vector["rsa_padded_block_hex"])[2 : 2 + PADDING_BYTES]
    filler = bytes.fromhex(vector["tea_padded_plaintext_hex"])[: tea.FILLER_BYTES]
    inner = inner_hash(vector["password"])
    assert salted_key(inner, salt) == key
    assert password_cipher(inner, salt, vector["verifycode"], padding, filler) == vector["p"]
    assert open_password_cipher(vector["p"], key) == PasswordCipher(salt, vector["verifycode"].upper())


@given(password=st.text(), code=st.text("!ABCXYZ0123456789", max_size=8), random=st.randoms())
def test_server_with_the_key_reads_salt_and_code(password, code, random):
    inner = inner_hash(password)
    padding = bytes(random.randrange(1, 256) for _ in range(PADDING_BYTES))
    p = password_cipher(inner, SALT, code, padding, random.randbytes(10))
    assert open_password_cipher(p, salted_key(inner, SALT)) == PasswordCipher(SALT, code)


def test_digest_of_another_password_does_not_open():
    p = password_cipher(inner_hash("other"), SALT, "ABCD", b"\1" * PADDING_BYTES, bytes(10))
    with pytest.raises(MalformedMessage, match="login, p"):
        open_password_cipher(p, KEY)


@pytest.mark.parametrize("p", ["", "!", "é", "A" * 22, "A" * 64, "0" * 32])
def test_text_that_is_no_digest_does_not_open(p):
    with pytest.raises(MalformedMessage, match="login, p"):
        open_password_cipher(p, KEY)


@pytest.mark.parametrize("text", [b"", b"\0", b"\0\0", b"\0\5ab", b"\0\1a" + SALT + b"\0\1bc"])
def test_right_key_with_another_text_inside_is_malformed(text):
    with pytest.raises(MalformedMessage, match="RSA block, a salt and a code"):
        open_password_cipher(sealed(text), KEY)


@pytest.mark.parametrize("padding", [b"\1" * 108, b"\0" + b"\1" * 108])
def test_padding_must_be_109_bytes_without_a_zero(padding):
    with pytest.raises(ValueError, match="109 bytes without a zero"):
        password_cipher(INNER, SALT, "ABCD", padding, bytes(10))
