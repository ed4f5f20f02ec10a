"""``Request`` in, bytes out; nothing can be injected."""

from typing import Any
from urllib.request import Request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream import InvalidRequest
from webqq.httpstream.serialize import serialize_request

URL = "http://example.com/path?q=1"


def head_and_body(request: Request, cookie: str | None = None) -> tuple[str, dict[str, str], bytes]:
    head, _, body = serialize_request(request, cookie).partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    names = [field.split(": ", 1)[0] for field in fields]
    assert len(names) == len({name.lower() for name in names}), "each header once"
    return line, dict(field.split(": ", 1) for field in fields), body


def test_get_has_host_and_defaults() -> None:
    line, fields, body = head_and_body(Request(URL))
    assert (line, body) == ("GET /path?q=1 HTTP/1.1", b"")
    assert fields == {"Host": "example.com", "Accept-Encoding": "identity", "User-Agent": "webqq"}


def test_host_is_the_first_header() -> None:
    assert serialize_request(Request(URL, headers={"A": "b"})).startswith(b"GET /path?q=1 HTTP/1.1\r\nHost: ")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a", "/"),
        ("http://a?x=1", "/?x=1"),
        ("http://a/#fragment", "/"),
        ("http://a/%E4%BD%A0?b=c#d", "/%E4%BD%A0?b=c"),
    ],
)
def test_target_is_path_and_query(url: str, target: str) -> None:
    assert head_and_body(Request(url))[0] == f"GET {target} HTTP/1.1"


def test_host_keeps_its_port_and_may_be_given() -> None:
    assert head_and_body(Request("http://a:8080/"))[1]["Host"] == "a:8080"
    assert head_and_body(Request("http://[::1]:8080/"))[1]["Host"] == "[::1]:8080"
    assert head_and_body(Request("http://127.0.0.1/", headers={"Host": "d.web2.qq.com"}))[1]["Host"] == "d.web2.qq.com"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_body_is_framed_by_its_length(kind: Any) -> None:
    line, fields, body = head_and_body(Request(URL, kind(b"a=b")))
    assert (line.split()[0], body) == ("POST", b"a=b")
    assert (fields["Content-Length"], fields["Content-Type"]) == ("3", "application/x-www-form-urlencoded")


@pytest.mark.parametrize(("method", "length"), [("POST", "0"), ("PUT", "0"), ("PATCH", "0"), ("DELETE", None)])
def test_method_that_wants_a_body_says_that_there_is_none(method: str, length: str | None) -> None:
    assert head_and_body(Request(URL, method=method))[1].get("Content-Length") == length


def test_given_headers_win_over_defaults() -> None:
    request = Request(URL, b"x", {"user-agent": "me", "CONTENT-TYPE": "text/plain", "Content-Length": "1"})
    request.add_unredirected_header("X-Once", "y")
    fields = head_and_body(request)[1]
    assert (fields["User-Agent"], fields["Content-Type"], fields["Content-Length"]) == ("me", "text/plain", "1")
    assert fields["X-Once"] == "y"


def test_header_names_are_spelt_as_usual() -> None:
    fields = head_and_body(Request(URL, headers={"x-forwarded-FOR": "a", "etag": "b"}))[1]
    assert {"X-Forwarded-For", "Etag"} <= fields.keys()


def test_cookie_is_added_unless_the_request_has_its_own() -> None:
    assert head_and_body(Request(URL), "a=b")[1]["Cookie"] == "a=b"
    assert head_and_body(Request(URL, headers={"Cookie": "c=d"}), "a=b")[1]["Cookie"] == "c=d"


def test_same_request_gives_the_same_bytes_again_and_is_not_changed() -> None:
    request = Request(URL, b"x", {"A": "b"})
    before = dict(request.headers), dict(request.unredirected_hdrs)
    assert serialize_request(request, "a=b") == serialize_request(request, "a=b")
    assert (dict(request.headers), dict(request.unredirected_hdrs)) == before


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"method": "GET /\r\nX: y"}, "method"),
        ({"method": "GE T"}, "method"),
        ({"headers": {"X": "a\r\nInjected: b"}}, "header X"),
        ({"headers": {"X": "a\nb"}}, "header X"),
        ({"headers": {"X": "a\rb"}}, "header X"),
        ({"headers": {"X": "a\0b"}}, "header X"),
        ({"headers": {"X": "a\x7fb"}}, "header X"),
        ({"headers": {"X": "你好"}}, "header X"),
        ({"headers": {"X": 5}}, "header X"),
        ({"headers": {"X\r\nY": "a"}}, "header name"),
        ({"headers": {"X Y": "a"}}, "header name"),
        ({"headers": {"X:": "a"}}, "header name"),
        ({"headers": {"": "a"}}, "header name"),
        ({"headers": {"Host": "a\r\nX: y"}}, "host"),
        ({"headers": {"Host": "a b"}}, "host"),
        ({"headers": {"Host": "a/b"}}, "host"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "Transfer-Encoding"),
        ({"headers": {"Content-Length": "7"}}, "Content-Length"),
        ({"data": "text"}, "data"),
        ({"data": [b"x"]}, "data"),
    ],
)
def test_part_that_cannot_be_sent_is_named(options: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        serialize_request(Request(URL, **options))
    assert part.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    "url", ["http://a/b c", "http://a/b\r\nX: y", "http://a/b\tc", "http://a/你", "http://a/\x7f", "http://a/x\0"]
)
def test_target_that_is_not_percent_encoded_is_named(url: str) -> None:
    with pytest.raises(InvalidRequest, match="target"):
        serialize_request(Request(url))


def test_cookie_cannot_inject() -> None:
    with pytest.raises(InvalidRequest, match="Cookie"):
        serialize_request(Request(URL), "a=b\r\nX: y")


@given(name=st.text(max_size=10), value=st.text(max_size=20), method=st.text(min_size=1, max_size=10))
def test_whatever_is_given_the_head_has_only_the_lines_it_should(name: str, value: str, method: str) -> None:
    try:
        raw = serialize_request(Request(URL, headers={name: value}, method=method))
    except InvalidRequest:
        return
    head = raw.partition(b"\r\n\r\n")[0].decode("latin-1")
    assert head.count("\r") == head.count("\n") == head.count("\r\n")
    assert len(head.split("\r\n")) <= 6
