import pytest

from webqq.protocol.cookies import parse_uin_cookie, serialize_uin_cookie
from webqq.protocol.ids import QQNumber


@pytest.mark.parametrize("account", [0, 10001, 100200300, 12345678901])
def test_uin_cookie_gives_its_account_back(account):
    value = serialize_uin_cookie(QQNumber(account))
    assert len(value) >= 11
    assert parse_uin_cookie(value) == account


@pytest.mark.parametrize("value", ["", "o", "oabc", "o-1", "o٣", "o" + "9" * 20])
def test_cookie_without_a_number_has_no_account(value):
    assert parse_uin_cookie(value) is None
