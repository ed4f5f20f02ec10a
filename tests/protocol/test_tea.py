import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import vectors
from webqq.protocol import tea

KEYS = st.binary(min_size=16, max_size=16)


@given(data=st.binary(max_size=80), key=KEYS, filler=st.binary(min_size=tea.FILLER_BYTES, max_size=tea.FILLER_BYTES))
def test_decrypt_undoes_encrypt(data, key, filler):
    sealed = tea.encrypt(data, key, filler)
    assert len(sealed) % 8 == 0
    assert tea.decrypt(sealed, key) == data


@pytest.mark.parametrize("vector", vectors("password_rsa_tea"))
def test_text_is_padded_as_the_service_did(vector):
    plain, key = bytes.fromhex(vector["tea_plaintext_hex"]), bytes.fromhex(vector["tea_key_hex"])
    filler = bytes.fromhex(vector["tea_padded_plaintext_hex"])[: tea.FILLER_BYTES]
    assert tea.decrypt(tea.encrypt(plain, key, filler), key) == plain


def test_other_key_opens_nothing():
    sealed = tea.encrypt(b"secret", bytes(16), bytes(range(10)))
    with pytest.raises(ValueError, match="right key"):
        tea.decrypt(sealed, bytes(15) + b"\1")


def test_text_too_short_for_its_padding_opens_nothing():
    # 16 zero bytes whose first says that 7 bytes of filler come: then nothing is left for the text.
    sealed = tea.encrypt(b"", bytes(16), bytes(10))
    assert tea.decrypt(sealed, bytes(16)) == b""
    with pytest.raises(ValueError, match="right key"):
        tea.decrypt(sealed[:8] * 2, bytes(16))


@pytest.mark.parametrize("length", [0, 7, 8, 17])
def test_text_that_is_no_two_blocks_is_refused(length):
    with pytest.raises(ValueError, match=f"got {length} bytes"):
        tea.decrypt(bytes(length), bytes(16))


def test_key_and_filler_have_their_length():
    with pytest.raises(ValueError, match="key must have 16 bytes, it has 15"):
        tea.encrypt(b"", bytes(15), bytes(10))
    with pytest.raises(ValueError, match="filler must have 10 bytes at least, it has 9"):
        tea.encrypt(b"", bytes(16), bytes(9))
