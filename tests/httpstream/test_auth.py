"""Credentials that do not wait to be asked."""

from base64 import b64decode
from email.message import Message
from urllib.request import Request

import pytest

from webqq.httpstream.auth import NOTHING, Auth, AuthOption, Basic, Bearer, FixedHeader, OnlyFor, auth_of, basic, bearer
from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.origin import Origin, origin_of

ORIGIN = Origin("https", "example.com", 443)


def header(auth: Auth | None, origin: Origin = ORIGIN) -> str | None:
    assert auth is not None
    return auth.for_origin(origin).header_for("GET", "/", str)


def test_basic_is_that_of_the_rfc() -> None:
    assert basic("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    # RFC 7617 2.1: in UTF-8.
    assert basic("test", "123\u00a3") == "Basic dGVzdDoxMjPCow=="
    assert b64decode(basic("", "a:b").split()[1]) == b":a:b"


@pytest.mark.parametrize(
    ("username", "password"), [("a:b", "p"), ("a\n", "p"), ("a", "p\x00"), ("a", "p\x9f"), ("\x7f", "")]
)
def test_basic_refuses_what_would_be_read_otherwise(username: str, password: str) -> None:
    with pytest.raises(ValueError, match="cannot hold") as caught:
        basic(username, password)
    assert repr(username) not in str(caught.value)


def test_bearer_is_the_token() -> None:
    assert bearer("1|a.b-c==") == "Bearer 1|a.b-c=="


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "\u00e9"])
def test_bearer_refuses_what_is_no_token(token: str) -> None:
    with pytest.raises(ValueError, match="visible ASCII"):
        bearer(token)


@pytest.mark.parametrize("value", ["", " a", "a ", "a\r\nX: y", "\u00e9"])
def test_fixed_header_refuses_what_is_no_value(value: str) -> None:
    with pytest.raises(ValueError, match="visible ASCII"):
        FixedHeader(value)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        (("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("QQ a, b", "QQ a, b"),
        (Bearer("t"), "Bearer t"),
        (Basic("", ""), "Basic Og=="),
    ],
)
def test_option_has_three_forms(option: AuthOption, expected: str) -> None:
    assert header(auth_of(option)) == expected


def test_no_option_is_no_auth() -> None:
    assert auth_of(None) is None


def test_what_was_refused_is_not_sent_again() -> None:
    asked = Message()
    asked["WWW-Authenticate"] = 'Basic realm="x"'
    for credentials in (Basic("a", "b").for_origin(ORIGIN), NOTHING):
        assert credentials.challenge(401, asked) is False


def test_representation_hides_the_secret() -> None:
    assert repr(Basic("a", "b")) == "<Basic ***>"
    assert repr(Bearer("secret")) == "<Bearer ***>"
    assert repr(FixedHeader("secret")) == "<FixedHeader ***>"


def test_only_the_origins_named_get_the_credentials() -> None:
    auth = OnlyFor("secret", "https://example.com/any/page", "http://[::1]:8080")
    assert header(auth) == "secret"
    assert header(auth, origin_of(Request("http://[::1]:8080/"))) == "secret"
    for url in ("http://example.com/", "https://example.com:444/", "https://www.example.com/"):
        assert header(auth, origin_of(Request(url))) is None
    assert header(OnlyFor(None, "https://example.com/")) is None


def test_only_for_refuses_what_is_no_origin() -> None:
    with pytest.raises(InvalidRequest):
        OnlyFor("secret", "ftp://example.com/")
