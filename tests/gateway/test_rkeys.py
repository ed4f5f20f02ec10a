import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.helpers import BOT, PERSON
from webqq.gateway.rkeys import make_rkey, read_rkey
from webqq.gateway.tokens import Tokens

SIGN = Tokens(bytes(32)).sign


def test_key_tells_account_and_file() -> None:
    assert read_rkey(SIGN, make_rkey(SIGN, BOT, 7)) == (BOT, 7)


def test_key_of_another_account_file_or_gateway_is_none() -> None:
    key, other = make_rkey(SIGN, BOT, 7), make_rkey(SIGN, PERSON, 7)
    assert read_rkey(SIGN, other[:32] + key[32:]) is None
    assert read_rkey(SIGN, f"{8:016x}" + key[16:]) is None
    assert read_rkey(Tokens(bytes(31) + b"\1").sign, key) is None


@pytest.mark.parametrize("rkey", ["", "-1", "x" * 72, "词", "-" * 72])
def test_text_that_is_no_key_is_none(rkey: str) -> None:
    assert read_rkey(SIGN, rkey) is None


@given(st.text())
def test_no_text_is_fatal(rkey: str) -> None:
    assert read_rkey(SIGN, rkey) is None
