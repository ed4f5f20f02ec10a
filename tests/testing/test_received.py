"""Requests from bytes, in whatever pieces they come."""

import pytest

from webqq.testing.pieces import cut_everywhere
from webqq.testing.received import ReceivedRequest, RequestReader

POST = b"POST /a?b=1&c= HTTP/1.1\r\nHost: h:8\r\nX-Y:  z \r\nContent-Length: 3\r\n\r\nx=1"
CHUNKED_HEAD = b"PUT http://h/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKED_HEAD + b"3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def read(*pieces: bytes, scheme: str = "http") -> list[ReceivedRequest]:
    reader = RequestReader(scheme)
    for piece in pieces:
        reader.feed(piece)
    return [reader.take() for _ in range(len(reader))]


@pytest.mark.parametrize("raw", [POST + GET, CHUNKED + GET])
def test_pieces_make_no_difference(raw: bytes) -> None:
    expected = [(one.method, one.url, one.headers.items(), one.body) for one in read(raw)]
    assert len(expected) == 2
    for pieces in cut_everywhere(raw):
        assert [(one.method, one.url, one.headers.items(), one.body) for one in read(*pieces)] == expected


def test_parts_of_a_request() -> None:
    (request,) = read(POST, scheme="https")
    assert (request.method, request.url, request.path) == ("POST", "https://h:8/a?b=1&c=", "/a")
    assert (request.headers["x-y"], request.body) == ("z", b"x=1")
    assert (request.query, request.form) == ({"b": ["1"], "c": [""]}, {"x": ["1"]})


def test_body_as_json() -> None:
    assert ReceivedRequest("POST", "http://h/", read(GET)[0].headers, b'{"a": 1}').json() == {"a": 1}


def test_chunked_body_is_put_together() -> None:
    (request,) = read(CHUNKED)
    assert (request.url, request.body) == ("http://h/", b"abc0123456789")


def test_connect_names_host_and_port() -> None:
    (request,) = read(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
    assert (request.url, request.path) == ("example.com:443", "example.com:443")


def test_options_of_the_whole_server() -> None:
    assert read(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")[0].url == "http://h*"


def test_head_is_seen_before_the_body() -> None:
    reader = RequestReader()
    assert reader.is_between
    reader.feed(POST[:-1])
    assert reader.begun is not None
    assert (reader.begun.method, reader.begun.body, len(reader)) == ("POST", b"", 0)
    assert not reader.is_between
    reader.feed(POST[-1:])
    assert reader.begun is None
    assert (reader.peek().body, reader.take().body) == (b"x=1", b"x=1")
    assert "whole=0 begun=False held=0" in repr(reader)


def test_what_follows_can_be_taken_over() -> None:
    reader = RequestReader()
    reader.feed(GET + b"\x16\x03")
    assert reader.detach() == b"\x16\x03"
    assert reader.is_between


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"GET /\r\n\r\n", "no request line"),
        (b"GET / HTTP/2.0\r\n\r\n", "no request line"),
        (b"GET / HTTP/1.1\r\nbare\r\n\r\n", "no header field: 'bare'"),
        (b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", "no header field"),
        (b"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "no header field: 'A'"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "Content-Length '-1'"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "framed as"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "framed as"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "no chunk size"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", "longer than its size"),
    ],
)
def test_what_is_no_request_is_refused(raw: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read(raw)


def test_refusal_shows_no_value() -> None:
    with pytest.raises(ValueError, match="no header field") as caught:
        read(b"GET / HTTP/1.1\r\nCookie: a\nsecret\r\n\r\n")
    assert "secret" not in str(caught.value)
