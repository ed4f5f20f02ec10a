"""What the client's exceptions say."""

import pytest

from webqq.client import errors
from webqq.client.errors import AccountFrozen, ClientError, Kicked, LoginRefused, QueueFull, Unreachable, WrongPassword
from webqq.protocol.errors import WebQQError


def test_all_have_one_root():
    kinds = [getattr(errors, name) for name in errors.__all__]
    assert all(issubclass(kind, ClientError) for kind in kinds)
    assert issubclass(ClientError, WebQQError)


def test_only_what_may_pass_is_transient():
    kinds = [getattr(errors, name) for name in errors.__all__]
    assert [kind for kind in kinds if kind.is_transient] == [QueueFull, Unreachable]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            WrongPassword("account 5 or its password is wrong", "密码不正确"),
            "account 5 or its password is wrong: 密码不正确",
        ),
        (WrongPassword("account 5 or its password is wrong"), "account 5 or its password is wrong"),
        (LoginRefused("login", 71, "异常"), "login refused the login with code 71: 异常"),
        (AccountFrozen("account 5 is frozen", "http://aq.qq.com"), "account 5 is frozen: http://aq.qq.com"),
        (Kicked("另一地点"), "signed in elsewhere: 另一地点"),
        (Kicked(), "signed in elsewhere"),
    ],
)
def test_messages_are_one_sentence(error: ClientError, text: str):
    assert str(error) == text
