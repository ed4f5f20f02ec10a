"""What a log shows of the wire, and what it never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.wirelog import describe_body, describe_head, is_secret, redact_url


@pytest.mark.parametrize(
    "name",
    [
        *("token", "access_token", "accessToken", "X-CSRF-Token", "password", "passwd", "user[password]", "pwd"),
        *("client_secret", "sessionid", "psessionid", "PHPSESSIONID", "signature", "X-Amz-Signature", "sig", "sid"),
        *("key", "api_key", "apikey", "X-Api-Key", "skey", "p_skey", "ptwebqq", "vfwebqq", "code", "auth", "otp"),
        *("Cookie", "Set-Cookie", "Authorization", "Proxy-Authorization", "X-Amz-Credential", "jwt", "pass", "pin"),
    ],
)
def test_name_gives_a_secret_away(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["page", "keyword", "monkey", "retcode", "uin", "clientid", "author", "spin", "Host"])
def test_other_names_hide_nothing(name: str) -> None:
    assert not is_secret(name)
    assert is_secret(name.upper(), {name.lower()})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com/a/b", "http://example.com/a/b"),
        ("http://example.com/?", "http://example.com/?"),
        ("http://example.com/?q=1&page=2", "http://example.com/?q=1&page=2"),
        ("http://example.com/?token=a=b&q=1#x", "http://example.com/?token=***&q=1#x"),
        ("/?a=1&TOKEN=b", "/?a=1&TOKEN=***"),
        ("/?a=1;token=b", "/?a=1;token=***"),
        ("/?to%6ben=b", "/?to%6ben=***"),
        ("/?token=&q=1", "/?token=&q=1"),
        ("/?token&q=1", "/?token&q=1"),
        ("/cb#access_token=b&state=c", "/cb#access_token=***&state=c"),
        ("/;jsessionid=b?q=1", "/;jsessionid=***"),
        ("https://user:secret@example.com/", "https://***@example.com/"),
        ("https://secret@example.com", "https://***@example.com"),
        ("https://a:p@ss@example.com:81/?q=a@b", "https://***@example.com:81/?q=a@b"),
        ("http://a:b@example.com/?to=http://c:d@e/", "http://***@example.com/?to=http://***@e/"),
        ("https://example.com/@me", "https://example.com/@me"),
        ("https://api.example/bot12345:AA-b_c/getUpdates", "https://api.example/bot12345:***/getUpdates"),
        ("https://example.com/bots/a", "https://example.com/bots/a"),
        ("", ""),
    ],
)
def test_url_is_shown_without_its_secrets(url: str, expected: str) -> None:
    assert redact_url(url) == expected


def test_caller_names_more_secrets() -> None:
    assert redact_url("/?p=hash&u=1", {"p"}) == "/?p=***&u=1"
    assert describe_head(b"GET /?p=x HTTP/1.1\r\nX-Inner: abc\r\n\r\n", {"p", "x-inner"}) == (
        "GET /?p=*** HTTP/1.1\nX-Inner: *** (3 bytes)"
    )


def test_head_of_a_request_is_shown_without_its_secrets() -> None:
    raw = (
        b"POST /login?user=a&password=b HTTP/1.1\r\nHost: example.com\r\nAuthorization: Basic eDp5\r\n"
        b"Proxy-Authorization:Digest a, b\r\nCookie: a=1; b=2\r\nX-Api-Key: k\r\nReferer: http://x/?sid=1\r\n\r\n"
    )
    assert describe_head(raw).split("\n") == [
        "POST /login?user=a&password=*** HTTP/1.1",
        "Host: example.com",
        "Authorization: Basic *** (4 bytes)",
        "Proxy-Authorization: Digest *** (4 bytes)",
        "Cookie: *** (8 bytes)",
        "X-Api-Key: *** (1 bytes)",
        "Referer: http://x/?sid=***",
    ]


def test_head_of_a_response_is_shown_without_its_secrets() -> None:
    raw = b"HTTP/1.1 302 Found it\r\nSet-Cookie: sid=1; Path=/\r\nLocation: /cb?code=1&state=2\r\nETag: x\r\n\r\n"
    assert describe_head(raw).split("\n") == [
        "HTTP/1.1 302 Found it",
        "Set-Cookie: *** (13 bytes)",
        "Location: /cb?code=***&state=2",
        "ETag: x",
    ]


def test_scheme_that_is_alone_may_be_the_secret() -> None:
    assert describe_head(b"GET / HTTP/1.1\r\nAuthorization: abc") == "GET / HTTP/1.1\nAuthorization: *** (3 bytes)"


def test_folded_line_is_hidden_with_the_one_before() -> None:
    raw = b"HTTP/1.1 200 OK\r\n odd\r\nX-A: 1\r\n 2\r\nSet-Cookie: a=1;\r\n\tb=2\r\n\r\n"
    assert describe_head(raw).split("\n") == [
        *("HTTP/1.1 200 OK", " *** (3 bytes)", "X-A: 1", " 2", "Set-Cookie: *** (4 bytes)", " *** (3 bytes)"),
    ]


def test_line_that_is_no_header_is_told_by_its_length() -> None:
    assert describe_head(b"HTTP/1.1 200 OK\nCookie a=1\n\n") == "HTTP/1.1 200 OK\n*** (10 bytes)"


def test_nothing_in_a_head_reaches_the_terminal() -> None:
    assert describe_head(b"\x1b[2J\x00\x80\xe9\r\nX-A: a\tb\rc\r\n") == "\\x1b[2J\\x00\\x80\xe9\nX-A: a\\x09b\\x0dc"
    assert describe_head(b"") == ""


@given(st.binary() | st.from_regex(rb"\A(a:|\r\n|\n|[ \t\rx]){0,20}\Z"))
def test_each_line_of_a_head_is_one_of_the_log(raw: bytes) -> None:
    text = describe_head(raw)
    assert all(line == "" or line.isprintable() or "\xa0" in line or "\xad" in line for line in text.split("\n"))


@given(st.sampled_from(["Cookie", "Authorization", "Set-Cookie", "x-token"]), st.integers(0, 60))
def test_secret_is_hidden_wherever_the_head_is_cut(name: str, end: int) -> None:
    raw = f"GET /?token=QQQQ HTTP/1.1\r\n{name}: QQQQ\r\n QQQQ\r\n\r\n".encode()
    assert "Q" not in describe_head(raw[:end])


def test_body_is_told_by_its_length_unless_more_is_asked_for() -> None:
    assert describe_body(b"hello") == "5 bytes"
    assert describe_body(b"") == "0 bytes"
    assert describe_body(b"hello", 5) == "5 bytes: 'hello'"
    assert describe_body(b"a\r\n\tb", 4) == "5 bytes: 'a\\r\\n\\t'..."


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\x1f\x8b\x08", b"a\x00b", b"\x1b[2J", b"\xe4"])
def test_body_that_is_not_printable_is_told_by_its_length(raw: bytes) -> None:
    assert describe_body(raw, 10) == f"{len(raw)} bytes"


def test_cut_through_a_character_leaves_it_out() -> None:
    assert describe_body("a\u4eac".encode(), 3) == "4 bytes: 'a'..."
