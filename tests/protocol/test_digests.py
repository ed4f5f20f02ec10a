import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import vectors
from webqq.protocol import digests
from webqq.protocol.ids import QQNumber


@pytest.mark.parametrize("vector", vectors("password_md5_2013"))
def test_password_digest_of_2013(vector):
    salt = bytes.fromhex(vector["salt_hex"])
    inner = digests.inner_hash(vector["password"])
    key = digests.salted_key(inner, salt)
    assert inner.hex().upper() == vector["md5_password_hex"]
    assert key.hex().upper() == vector["step2_hex"]
    assert digests.digest_of_key(key, vector["verifycode"]) == vector["p"]
    assert digests.password_digest(vector["password"], salt, vector["verifycode"]) == vector["p"]


@pytest.mark.parametrize("vector", vectors("uin_salt"))
def test_salt_is_the_account_in_8_bytes(vector):
    assert digests.salt_of(QQNumber(vector["uin"])).hex() == vector["salt_hex"]


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (digests.friends_hash, "friends_hash_xor"),
        (digests.friends_hash_quicksort, "friends_hash_quicksort"),
        (digests.friends_hash_password_error, "friends_hash_password_error"),
        (digests.friends_hash_digit_window, "friends_hash_digit_window"),
    ],
)
def test_friends_hash_in_each_variant(function, name):
    for vector in vectors(name):
        assert function(QQNumber(vector["uin"]), vector["ptwebqq"]) == vector["hash"], vector


def test_digit_window_needs_a_window():
    with pytest.raises(ValueError, match="4 characters at least, it has 3"):
        digests.friends_hash_digit_window(QQNumber(10001), "abc")


@given(uin=st.integers(0, 2**32 - 1), ptwebqq=st.text("0123456789abcdef", min_size=4, max_size=70))
def test_friends_hashes_have_their_length_for_every_cookie(uin, ptwebqq):
    number = QQNumber(uin)
    assert len(digests.friends_hash(number, ptwebqq)) == 16
    assert len(digests.friends_hash_quicksort(number, ptwebqq)) == 8
    assert len(digests.friends_hash_digit_window(number, ptwebqq)) == 8
    assert len(digests.friends_hash_password_error(number, ptwebqq)) == 2 * (len(ptwebqq) + 14)


def test_hash33():
    for vector in vectors("ptqrtoken_hash33"):
        assert digests.hash33(vector["qrsig"]) == vector["ptqrtoken"], vector


def test_bkn():
    for vector in vectors("bkn_gtk"):
        assert digests.bkn(vector["skey"]) == vector["bkn"], vector


def test_time33():
    for vector in vectors("time33"):
        assert digests.time33(vector["input"]) == vector["time33"], vector
