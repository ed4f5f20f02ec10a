"""Answers from bytes: what passes and what must not, whatever the pieces.

Comparisons with other parsers are in ``test_parser_peers.py``.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, SupportsIndex

import pytest

from webqq.httpstream.errors import BadResponse, ConnectionLost, HTTPStreamError, ResponseTooLarge
from webqq.httpstream.parser import HeadMemo, Limits, Part, ResponseParser

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SMALL = Limits(line=40, head=120, headers=4, body=20, interim=2, chunk_extension=8, trailers=30, trailer_fields=3)


@dataclass(frozen=True)
class Answer:
    """All that can be told of an answer, in a form that compares."""

    status: int
    body: bytes
    headers: list[tuple[str, str]]
    trailers: list[tuple[str, str]] | None = None
    reason: str = "OK"
    version: int = 11
    is_reusable: bool = True
    surplus: int = 0


def read(
    pieces: Iterable[bytes], method: str = "GET", limits: Limits | None = None, *, lenient: bool = False
) -> Answer:
    """The answer in ``pieces``, after which the connection ends."""
    parser = ResponseParser(method, limits or Limits(), lenient=lenient)
    for piece in pieces:
        parser.feed(piece)
    parser.end()
    head = parser.head
    assert head is not None
    return Answer(
        head.status,
        parser.body(),
        head.fields(),
        parser.trailers,
        head.reason,
        head.version,
        parser.is_reusable,
        parser.surplus,
    )


def outcome(pieces: Iterable[bytes], *args: Any, **options: Any) -> Answer | tuple[type[Exception], str]:
    try:
        return read(pieces, *args, **options)
    except HTTPStreamError as error:
        return type(error), str(error)


def cuts(raw: bytes) -> Iterator[list[bytes]]:
    """``raw`` byte by byte, and in two pieces at every place."""
    yield [raw[at : at + 1] for at in range(len(raw))]
    for at in range(1, len(raw)):
        yield [raw[:at], raw[at:]]


def fail(raw: bytes, match: str | None = None, error: type[HTTPStreamError] = BadResponse, **options: Any) -> None:
    """``raw`` is refused with exactly this error and message, whatever the pieces it comes in."""
    with pytest.raises(error, match=match) as caught:
        read([raw], **options)
    assert type(caught.value) is error
    for pieces in cuts(raw):
        assert outcome(pieces, **options) == (error, str(caught.value)), pieces


def of(raw: bytes, method: str = "GET", limits: Limits | None = None, *, lenient: bool = False) -> Answer:
    """The answer in ``raw``, the same whatever the pieces it comes in."""
    answer = read([raw], method, limits, lenient=lenient)
    for pieces in cuts(raw):
        assert outcome(pieces, method, limits, lenient=lenient) == answer, pieces
    return answer


# What passes.


def test_body_of_known_length() -> None:
    answer = of(OK + b"Content-Length: 5\r\nX-A: b\r\n\r\nhello")
    assert answer == Answer(200, b"hello", [("Content-Length", "5"), ("X-A", "b")])


def test_empty_body_is_whole_with_its_head() -> None:
    parser = ResponseParser("GET", Limits())
    assert parser.feed(OK + b"Content-Length: 0\r\n\r\n")
    assert parser.body() == b""


def test_chunked_body() -> None:
    answer = of(CHUNKED + b"5\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\n\r\n")
    assert answer == Answer(200, b"hello 0123456789", [("Transfer-Encoding", "chunked")], [])


def test_chunk_data_may_hold_what_looks_like_framing() -> None:
    assert of(CHUNKED + b"8\r\n\r\n0\r\n\r\n\n\r\n0\r\n\r\n").body == b"\r\n0\r\n\r\n\n"


def test_body_without_length_ends_with_the_connection() -> None:
    assert of(OK + b"\r\nuntil\r\n\r\nthe end") == Answer(200, b"until\r\n\r\nthe end", [], is_reusable=False)


def test_body_without_length_may_be_empty() -> None:
    assert of(OK + b"\r\n") == Answer(200, b"", [], is_reusable=False)


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("framing", [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_status_without_body_ends_with_its_head(status: int, framing: bytes) -> None:
    answer = of(b"HTTP/1.1 %d No\r\n%b\r\n" % (status, framing))
    assert (answer.status, answer.body) == (status, b"")
    # RFC 9110 8.6: a 204 that tells of a body is wrong about it, which may come yet.
    assert answer.is_reusable is (status == 304 or not framing)


@pytest.mark.parametrize("framing", [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_answer_to_head_ends_with_its_head(framing: bytes) -> None:
    answer = of(OK + framing + b"\r\n", method="HEAD")
    assert (answer.body, answer.is_reusable) == (b"", True)


def test_method_is_compared_with_regard_to_case() -> None:
    assert of(OK + b"Content-Length: 1\r\n\r\nx", method="head").body == b"x"


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints", b"199 "])
def test_interim_response_is_skipped(status: bytes) -> None:
    raw = b"HTTP/1.1 " + status + b"\r\nLink: <a>\r\nContent-Length: 9\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nhi"
    assert of(raw) == Answer(200, b"hi", [("Content-Length", "2")])


def test_interim_response_does_not_decide_on_the_connection() -> None:
    raw = b"HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n"
    assert of(raw).is_reusable


def test_many_interim_responses_up_to_the_limit() -> None:
    assert of(b"HTTP/1.1 100 C\r\n\r\n" * 16 + OK + b"Content-Length: 0\r\n\r\n").status == 200


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"HTTP/1.1 200 OK", "OK"),
        (b"HTTP/1.1 200 ", ""),
        (b"HTTP/1.1 200", ""),
        (b"HTTP/1.1 200  Very well\t", "Very well"),
        (b"HTTP/1.1 200 Sch\xf6n", "Schön"),
    ],
)
def test_reason_is_optional_and_free(line: bytes, reason: str) -> None:
    assert of(line + b"\r\nContent-Length: 0\r\n\r\n").reason == reason


@pytest.mark.parametrize("status", [200, 299, 404, 599, 600, 999])
def test_status_is_any_number_of_three_digits(status: int) -> None:
    assert of(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status).status == status


@pytest.mark.parametrize(("name", "version"), [(b"1.0", 10), (b"1.1", 11), (b"1.2", 11), (b"1.9", 11)])
def test_minor_versions_above_1_count_as_1(name: bytes, version: int) -> None:
    answer = of(b"HTTP/" + name + b" 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert (answer.version, answer.is_reusable) == (version, version == 11)


def test_whitespace_around_values_does_not_count() -> None:
    answer = of(OK + b"A:b\r\nC: \t d e\t \r\nE:\r\nF:   \r\nContent-Length:\t0 \r\n\r\n")
    assert answer.headers == [("A", "b"), ("C", "d e"), ("E", ""), ("F", ""), ("Content-Length", "0")]


def test_fields_keep_their_order_case_and_repetitions() -> None:
    pairs = [("Set-Cookie", "a=1"), ("x-B", "2"), ("Set-Cookie", "c=3"), ("CONTENT-LENGTH", "0")]
    assert of(OK + b"".join(f"{name}: {value}\r\n".encode() for name, value in pairs) + b"\r\n").headers == pairs


def test_values_are_latin_1() -> None:
    assert of(OK + b"A: \xe9\xff\x80\r\nContent-Length: 0\r\n\r\n").headers[0] == ("A", "\xe9\xff\x80")


def test_every_character_of_a_token_may_be_in_a_name() -> None:
    name = b"!#$%&'*+-.^_`|~09AZaz"
    assert of(OK + name + b": x\r\nContent-Length: 0\r\n\r\n").headers[0] == (name.decode(), "x")


# Row 7: continued lines (obs-fold).


def test_continued_line_is_joined_by_one_blank() -> None:
    answer = of(OK + b"A: b \t\r\n \t c\r\n\td\r\nContent-Length: 0\r\n\r\n")
    assert answer.headers[0] == ("A", "b c d")


def test_continued_line_may_be_blank() -> None:
    assert of(OK + b"A: b\r\n \r\nContent-Length: 0\r\n\r\n").headers[0] == ("A", "b")


def test_framing_in_a_continued_line_counts() -> None:
    assert of(OK + b"Content-Length:\r\n 3\r\n\r\nabc").body == b"abc"
    assert of(OK + b"Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n").trailers == []


def test_continued_line_cannot_hide_framing() -> None:
    assert of(OK + b"A: b\r\n Content-Length: 9\r\nContent-Length: 1\r\n\r\nx").body == b"x"


def test_continued_line_cannot_follow_the_status_line() -> None:
    fail(OK + b" A: b\r\n\r\n", "not a header line")
    fail(OK + b"\tContent-Length: 0\r\n\r\n", "not a header line")


# Rows 3 to 6, 8, 21, and what http.client lets pass: heads that are none.


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"A: b\0c", id="NUL in a value"),
        pytest.param(b"A\0: b", id="NUL in a name"),
        pytest.param(b"A: b\rC: d", id="CR in a value"),
        pytest.param(b"A: b\r", id="CR before CRLF"),
        pytest.param(b"\rA: b", id="CR before a name"),
        pytest.param(b"A: b\nC: d", id="LF in a value"),
        pytest.param(b"A: b\n C: d", id="LF before a continued line"),
        pytest.param(b"A: \x01", id="control in a value"),
        pytest.param(b"A: \x1f", id="highest control in a value"),
        pytest.param(b"A: \x7f", id="DEL in a value"),
        pytest.param(b"A : b", id="blank before the colon"),
        pytest.param(b"A\t: b", id="tab before the colon"),
        pytest.param(b"A b: c", id="blank in a name"),
        pytest.param(b"no colon", id="no colon"),
        pytest.param(b"A", id="name alone"),
        pytest.param(b": b", id="no name"),
        pytest.param(b"A(: b", id="parenthesis in a name"),
        pytest.param(b"\xe9: b", id="name not ASCII"),
        pytest.param(b'"A": b', id="quoted name"),
    ],
)
@pytest.mark.parametrize("place", ["first", "last"])
def test_bad_header_line_is_refused(line: bytes, place: str) -> None:
    lines = [line, b"Content-Length: 0"] if place == "first" else [b"Content-Length: 0", line]
    fail(OK + b"\r\n".join(lines) + b"\r\n\r\n")


def test_fault_is_named_with_its_line() -> None:
    fail(OK + b"A: b\r\nC : d\r\n\r\n", "^'C : d' is not a header line$")
    fail(b"HTTP/1.1 +200 OK\r\nA: b\r\n\r\n", r"^'HTTP/1.1 \+200 OK' is not a status line$")


def test_fault_is_shown_in_80_bytes_at_most() -> None:
    fail(OK + b"A" * 100 + b"\r\n\r\n", rf"^'{'A' * 80}'\.\.\. is not a header line$")


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 +200 OK",
        b"HTTP/1.1 -200 OK",
        b"HTTP/1.1 0200 OK",
        b"HTTP/1.1 020 OK",
        b"HTTP/1.1 099 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 2x0 OK",
        b"HTTP/1.1 \xb200 OK",
        b"HTTP/1.1 OK",
        b"HTTP/1.1 ",
        b"HTTP/1.1",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1\t200 OK",
        b"HTTP/1.1 200\tOK",
        b"HTTP/1.1 200 O\0K",
        b"HTTP/1.1 200 O\rK",
        b"HTTP/1.1 200 O\nK",
        b"HTTP/1.10 200 OK",
        b"HTTP/1.x 200 OK",
        b"HTTP/1 200 OK",
        b"HTTP/2.0 200 OK",
        b"HTTP/2 200",
        b"HTTP/0.9 200 OK",
        b"http/1.1 200 OK",
        b" HTTP/1.1 200 OK",
        b"\r\nHTTP/1.1 200 OK",
        b"ICY 200 OK",
        b"SSH-2.0-OpenSSH_9.2",
        b"<html>an answer of HTTP/0.9</html>",
    ],
)
def test_bad_status_line_is_refused(line: bytes) -> None:
    fail(line + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    "begun", [b"G", b"HTTX", b"HTTP/2", b"\r", b"\0", OK + b"A: b\n", OK + b"\n", b"HTTP/1.1 200\n"]
)
def test_head_is_refused_as_soon_as_it_cannot_become_one(begun: bytes) -> None:
    with pytest.raises(BadResponse):
        ResponseParser("GET", Limits()).feed(begun)
    parser = ResponseParser("GET", Limits())
    parser.feed(b"HTTP/1.1 100 Continue\r\n\r\n")
    with pytest.raises(BadResponse):
        parser.feed(begun)


def test_bare_line_feeds_end_no_line() -> None:
    fail(b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "LF without CR")


# Rows 10 and 19: interim answers, answers without a body.


def test_switching_protocols_is_refused() -> None:
    fail(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", "101")


def test_flood_of_interim_responses_is_refused() -> None:
    fail(b"HTTP/1.1 100 C\r\n\r\n" * 17, "more than 16 interim", ResponseTooLarge)


@pytest.mark.parametrize(
    ("head", "method"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET"),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET"),
        (OK + b"Content-Length: 5\r\n\r\n", "HEAD"),
        (OK + b"Content-Length: 0\r\n\r\n", "GET"),
    ],
)
def test_bytes_after_an_answer_without_body_spoil_the_connection(head: bytes, method: str) -> None:
    answer = of(head + b"hello", method=method)
    assert (answer.body, answer.surplus, answer.is_reusable) == (b"", 5, False)


# Row 20: bytes that nobody asked for.


@pytest.mark.parametrize("answer", [OK + b"Content-Length: 2\r\n\r\nhi", CHUNKED + b"2\r\nhi\r\n0\r\n\r\n"])
def test_bytes_after_the_end_spoil_the_connection(answer: bytes) -> None:
    spoilt = of(answer + OK + b"Content-Length: 3\r\n\r\nbad")
    assert (spoilt.body, spoilt.surplus, spoilt.is_reusable) == (b"hi", 41, False)


# Rows 11 to 14: how long the body is.


@pytest.mark.parametrize(
    "fields", [b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5, 5", b"Content-Length: 5,\t005 "]
)
def test_length_said_twice_alike_passes(fields: bytes) -> None:
    assert of(OK + fields + b"\r\n\r\nhello").body == b"hello"


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 6\r\nContent-Length: 5",
        b"Content-Length: 5, 6",
        b"content-length: 5\r\nX: y\r\nCONTENT-LENGTH: 0",
    ],
)
def test_lengths_that_differ_are_refused(fields: bytes) -> None:
    fail(OK + fields + b"\r\n\r\nhello", "Content-Length says")


@pytest.mark.parametrize(
    "value",
    [
        *(
            b"+5",
            b"-1",
            b"1_0",
            b"0x5",
            b"5.0",
            b"1e3",
            b"five",
            b"",
            b" ",
            b",",
            b"5,",
            b",5",
            b"5 5",
            b"5;",
            b"\xb2",
            b'"5"',
        ),
        b"9" * 19,
    ],
)
def test_length_of_anything_but_digits_is_refused(value: bytes) -> None:
    fail(OK + b"Content-Length: " + value + b"\r\n\r\nhello", "is not a number of bytes")


def test_unusable_length_is_refused_where_there_is_no_body_too() -> None:
    fail(b"HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n", "is not a number of bytes")


def test_chunked_wins_over_length_and_spoils_the_connection() -> None:
    for framing in (
        b"Transfer-Encoding: chunked\r\nContent-Length: 3",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
    ):
        answer = of(OK + framing + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        assert answer.body == b"hello"
        assert answer.headers == [("Transfer-Encoding", "chunked")]
        assert not answer.is_reusable


@pytest.mark.parametrize("value", [b"chunked", b"Chunked", b"CHUNKED \t"])
def test_chunked_is_compared_without_regard_to_case(value: bytes) -> None:
    assert of(OK + b"TRANSFER-encoding: " + value + b"\r\n\r\n1\r\nx\r\n0\r\n\r\n").body == b"x"


@pytest.mark.parametrize(
    "fields",
    [
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked, gzip",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunkedx",
        b"Transfer-Encoding: chunked;q=1",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding:",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: identity",
        b'Transfer-Encoding: "chunked"',
        b"Transfer-Encoding:",
    ],
)
def test_any_transfer_coding_but_chunked_alone_is_refused(fields: bytes) -> None:
    fail(OK + fields + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "is not 'chunked' alone")


def test_transfer_coding_of_http_1_0_is_refused() -> None:
    fail(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.0")


# Whether the connection may be used again (RFC 9112 section 9.3).


@pytest.mark.parametrize(
    ("version", "fields", "is_kept"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: keep-alive\r\n", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"connection: CLOSE \r\n", False),
        (b"1.1", b"Connection: keep-alive, close\r\n", False),
        (b"1.1", b"Connection: x\r\nConnection: close\r\n", False),
        (b"1.1", b"Connection: enclosed\r\n", True),
        (b"1.1", b"Connection:\r\n", True),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
        (b"1.0", b"Connection: x,\tkeep-alive\r\n", True),
        (b"1.0", b"Connection: keep-alive\r\nConnection: close\r\n", False),
        (b"1.0", b"Keep-Alive: timeout=5\r\n", False),
    ],
)
def test_connection_is_kept_as_version_and_options_say(version: bytes, fields: bytes, is_kept: bool) -> None:
    assert of(b"HTTP/" + version + b" 200 OK\r\n" + fields + b"Content-Length: 1\r\n\r\nx").is_reusable is is_kept


def test_connection_is_not_reusable_before_the_answer_is_whole() -> None:
    parser = ResponseParser("GET", Limits())
    assert not parser.is_reusable
    parser.feed(OK + b"Content-Length: 2\r\n\r\nh")
    assert not parser.is_reusable
    parser.feed(b"i")
    assert parser.is_reusable


@pytest.mark.parametrize(("name", "sets"), [(b"Set-Cookie", True), (b"SET-COOKIE", True), (b"Set-Cookies", False)])
def test_cookies_are_noticed(name: bytes, sets: bool) -> None:
    parser = ResponseParser("GET", Limits())
    parser.feed(OK + name + b": a=b\r\nContent-Length: 0\r\n\r\n")
    assert parser.head is not None
    assert parser.head.sets_cookie is sets


# Rows 15 to 17: chunks and trailers.


@pytest.mark.parametrize(
    "size",
    [
        *(
            b"0x5",
            b"+5",
            b"-5",
            b" 5",
            b"\t5",
            b"0_5",
            b"5_",
            b"g",
            b"",
            b" ",
            b"5 5",
            b"5,",
            b"5x",
            b"\xb25",
            b"5\0",
            b"5\x0b",
        ),
        pytest.param(b"5\r", id="CR"),
        pytest.param(b"\r5", id="leading CR"),
        pytest.param(b"5;a\0", id="NUL in an extension"),
        pytest.param(b"5;a\rb", id="CR in an extension"),
        pytest.param(b"0" * 15 + b"5", id="16 digits"),
    ],
)
def test_chunk_size_of_anything_but_hex_digits_is_refused(size: bytes) -> None:
    fail(CHUNKED + size + b"\r\nhello\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    "size", [b"5", b"05", b"0" * 14 + b"5", b"5 ", b"5\t ", b"5;a", b"5;a=b;c", b'5 ; a="b\\" \xe9"', b"5;"]
)
def test_chunk_size_may_have_leading_zeros_and_extensions(size: bytes) -> None:
    assert of(CHUNKED + size + b"\r\nhello\r\n" + b"000;last\r\n\r\n").body == b"hello"


def test_chunk_size_in_hex_digits_of_either_case() -> None:
    assert len(of(CHUNKED + b"1a\r\n" + b"x" * 26 + b"\r\n1A\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n").body) == 52


@pytest.mark.parametrize("line", [b"5\n", b"5;a\n"])
def test_chunk_size_that_ends_in_bare_line_feed_is_refused(line: bytes) -> None:
    fail(CHUNKED + line + b"hello\r\n0\r\n\r\n")


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\n\r", b"X\r\n", b" \r\n", b"\r\r\n"])
def test_chunk_data_must_end_in_line_end(end: bytes) -> None:
    fail(CHUNKED + b"5\r\nhello" + end + b"0\r\n\r\n", "CRLF after a chunk")


def test_last_chunk_must_end_in_line_end() -> None:
    fail(CHUNKED + b"0\n\n")
    fail(CHUNKED + b"0\r\n\n", "LF without CR")


def test_trailers_are_kept_apart() -> None:
    answer = of(CHUNKED + b"1\r\nx\r\n0\r\nX-Sum: 7 \r\nContent-Length: 9\r\nX-Sum:8\r\n\r\n")
    assert answer.trailers == [("X-Sum", "7"), ("X-Sum", "8")]
    assert answer.headers == [("Transfer-Encoding", "chunked")]
    assert answer.is_reusable


@pytest.mark.parametrize("line", [b"A : b", b"no colon", b"A: \0", b"A: b\rC: d", b" A: b", b"\rA: b"])
def test_bad_trailer_is_refused(line: bytes) -> None:
    fail(CHUNKED + b"0\r\n" + line + b"\r\n\r\n", "is not a trailer$")


@pytest.mark.parametrize(
    "name", [b"Content-Length", b"TRANSFER-encoding", b"Trailer", b"Host", b"Set-Cookie", b"Content-Encoding"]
)
def test_trailer_that_belongs_into_a_head_is_dropped(name: bytes) -> None:
    """RFC 9110 6.5.1 lets it be ignored: with the body read it decides on nothing, and its sender may be careless."""
    assert of(CHUNKED + b"1\r\nx\r\n0\r\n" + name + b": 5\r\nA: b\r\n\r\n").trailers == [("A", "b")]


def test_continued_trailer_is_joined_by_one_blank() -> None:
    answer = of(CHUNKED + b"0\r\nA: b\r\n\t c\r\n \r\nD: e\r\n\r\n")
    assert answer.trailers == [("A", "b c"), ("D", "e")]


def test_bare_line_feed_in_trailers_is_refused() -> None:
    fail(CHUNKED + b"0\r\nA: b\nC: d\r\n\r\n")


# Row 18: truncation.


@pytest.mark.parametrize(
    "whole",
    [
        OK + b"A: b\r\nContent-Length: 5\r\n\r\nhello",
        CHUNKED + b"5;x\r\nhello\r\n0\r\nA: b\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx",
    ],
)
def test_truncated_answer_is_a_lost_connection_wherever_it_was_cut(whole: bytes) -> None:
    for at in range(len(whole)):
        parser = ResponseParser("GET", Limits())
        assert not parser.feed(whole[:at])
        with pytest.raises(ConnectionLost, match=f"after {at} bytes, expecting " if at else "before any byte") as lost:
            parser.end()
        assert lost.value.received == at


@pytest.mark.parametrize(
    ("begun", "part"),
    [
        (b"HTTP", Part.HEAD),
        (OK + b"Content-Length: 2\r\n\r\n", Part.LENGTH),
        (CHUNKED, Part.CHUNK_SIZE),
        (CHUNKED + b"1\r\n", Part.CHUNK_DATA),
        (CHUNKED + b"1\r\nx", Part.CHUNK_END),
        (CHUNKED + b"0\r\n", Part.TRAILERS),
    ],
)
def test_lost_connection_tells_what_was_expected(begun: bytes, part: Part) -> None:
    parser = ResponseParser("GET", Limits())
    parser.feed(begun)
    assert parser.part is part
    with pytest.raises(ConnectionLost, match=part.value):
        parser.end()


def test_end_after_the_answer_is_no_fault() -> None:
    assert of(OK + b"Content-Length: 0\r\n\r\n").status == 200


def test_body_so_far_can_be_seen() -> None:
    parser = ResponseParser("GET", Limits())
    parser.feed(CHUNKED + b"5\r\nhello\r\n5\r\nwo")
    assert parser.body() == b"hellowo"


# Row 9 and the other limits: what is exactly as large passes, one byte more does not.


def lengthen(text: bytes, length: int) -> bytes:
    return text + b"x" * (length - len(text))


@pytest.mark.parametrize(
    "filled",
    [
        pytest.param(lambda more: OK + lengthen(b"A: ", 40 + more) + b"\r\n\r\n", id="header line"),
        pytest.param(lambda more: lengthen(b"HTTP/1.1 200 ", 40 + more) + b"\r\nA: b\r\n\r\n", id="status line"),
        pytest.param(
            lambda more: OK + (lengthen(b"A: ", 38) + b"\r\n") * 2 + lengthen(b"B: ", 19 + more) + b"\r\n\r\n",
            id="head",
        ),
        pytest.param(lambda more: OK + b"A: b\r\n" * (4 + more) + b"\r\n", id="number of headers"),
        pytest.param(lambda more: OK + b"Content-Length: %d\r\n\r\n" % (20 + more) + b"x" * 20, id="length"),
        pytest.param(lambda more: OK + b"\r\n" + b"x" * (20 + more), id="body until the end"),
        pytest.param(
            lambda more: CHUNKED + b"a\r\n0123456789\r\n" * 2 + b"1\r\nx\r\n" * more + b"0\r\n\r\n", id="chunked body"
        ),
        pytest.param(lambda more: b"HTTP/1.1 100 C\r\n\r\n" * (2 + more) + OK + b"\r\n", id="interim responses"),
        pytest.param(
            lambda more: CHUNKED + lengthen(b"1;", 9 + more) + b"\r\nx\r\n0\r\n\r\n", id="one chunk extension"
        ),
        pytest.param(
            lambda more: CHUNKED + b"1;2345678\r\nx\r\n" * 4 + b"1;\r\nx\r\n" * more + b"0\r\n\r\n",
            id="all chunk extensions",
        ),
        pytest.param(lambda more: CHUNKED + b"0\r\n" + lengthen(b"A: ", 26 + more) + b"\r\n\r\n", id="trailers"),
        pytest.param(lambda more: CHUNKED + b"0\r\n" + b"A:\r\n" * (3 + more) + b"\r\n", id="number of trailers"),
    ],
)
def test_limit_lets_through_what_it_says_and_no_more(filled: Any) -> None:
    limits = replace(SMALL, head=SMALL.head if b"B: " in filled(0) else 1000)
    of(filled(0), limits=limits)
    fail(filled(1), None, ResponseTooLarge, limits=limits)


def test_blanks_around_a_chunk_size_count_as_its_extension() -> None:
    fail(CHUNKED + b"1" + b" " * 9 + b"\r\nx\r\n0\r\n\r\n", "chunk extensions", ResponseTooLarge, limits=SMALL)


@pytest.mark.parametrize(
    ("limit", "begun"),
    [
        ("head", OK + b"A: b\r\n" * 18),
        ("line", OK + b"A: " + b"x" * 41),
        ("chunk extensions", CHUNKED + b"1;" + b"x" * 40),
        ("trailers", CHUNKED + b"0\r\n" + b"A: b\r\n" * 6),
    ],
)
def test_limit_holds_before_the_part_is_whole(limit: str, begun: bytes) -> None:
    with pytest.raises(ResponseTooLarge, match=limit):
        ResponseParser("GET", replace(SMALL, headers=1000)).feed(begun)


def test_announced_length_over_the_limit_is_refused_before_the_body_comes() -> None:
    with pytest.raises(ResponseTooLarge, match="body is longer than 20 bytes"):
        ResponseParser("GET", SMALL).feed(OK + b"Content-Length: 999999999999999999\r\n\r\n")
    with pytest.raises(ResponseTooLarge, match="body is longer than 20 bytes"):
        ResponseParser("GET", SMALL).feed(CHUNKED + b"fffffffffffffff\r\n")


def test_line_over_its_limit_is_told_before_the_bytes_that_follow_it() -> None:
    fail(OK + b"A: " + b"x" * 60 + b"\0\nno colon\r\n\r\n", "a line of the head", ResponseTooLarge, limits=SMALL)
    fail(OK + b"A: b\0\r\n" + b"B: " + b"x" * 60 + b"\r\n\r\n", "not a header line", limits=SMALL)


def test_line_of_the_trailers_over_its_limit_is_refused() -> None:
    limits = replace(SMALL, trailers=100)
    fail(CHUNKED + b"0\r\nA: " + b"x" * 60 + b"\r\n\r\n", "a line of the trailers", ResponseTooLarge, limits=limits)


@pytest.mark.parametrize("framing", [b"", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 200000\r\n"])
def test_body_without_a_limit(framing: bytes) -> None:
    body = b"x" * 200_000
    sent = b"30d40\r\n" + body + b"\r\n0\r\n\r\n" if b"chunked" in framing else body
    assert read([OK + framing + b"\r\n" + sent], limits=replace(SMALL, body=None, head=1000)).body == body


def test_length_of_what_is_not_sent_may_be_any() -> None:
    assert of(OK + b"Content-Length: 999999999999999999\r\n\r\n", method="HEAD", limits=SMALL).status == 200


def test_usual_limits_let_through_what_servers_are_known_to_send() -> None:
    fields = b"".join(b"X-%d: y\r\n" % number for number in range(200))
    policy = b"Content-Security-Policy: " + b"x" * 60_000 + b"\r\n"
    assert len(read([OK + fields + policy + b"Content-Length: 0\r\n\r\n"]).headers) == 202


# How much work it is: each byte is looked at a few times, however small the pieces.


class Watched(bytearray):
    """A buffer that counts the bytes which searches and copies may touch."""

    touched = 0

    def find(self, sub: Any, start: SupportsIndex = 0, end: SupportsIndex | None = None) -> int:  # type: ignore[override]  # counts calls; str and bytes differ in the stubs
        self.touched += len(self) - int(start)
        return super().find(sub, start)

    def rfind(self, sub: Any, start: SupportsIndex = 0, end: SupportsIndex | None = None) -> int:  # type: ignore[override]  # counts calls; str and bytes differ in the stubs
        self.touched += len(self) - int(start)
        return super().rfind(sub, start)

    def __getitem__(self, key: Any) -> Any:
        got = super().__getitem__(key)
        self.touched += len(got) if isinstance(key, slice) else 1
        return got

    def __add__(self, other: Any) -> Any:
        self.touched += len(self)
        return super().__add__(other)


def feed_watched(parser: ResponseParser, raw: bytes) -> int:
    """Feeds ``raw`` byte by byte; gives how many bytes were touched where one touch of each would do."""
    buffer = parser._held = Watched()
    for at in range(len(raw)):
        parser.feed(raw[at : at + 1])
        assert parser._held is buffer, "the buffer was copied"
    return buffer.touched


def test_head_of_200_kb_byte_by_byte_is_searched_once() -> None:
    raw = OK + b"".join(b"X-%d: %b\r\n" % (number, b"y" * 60_000) for number in range(3)) + b"Z: " + b"z" * 20_000
    assert feed_watched(ResponseParser("GET", Limits()), raw) < 20 * len(raw)


def test_trailers_byte_by_byte_are_searched_once() -> None:
    parser = ResponseParser("GET", Limits())
    parser.feed(CHUNKED + b"0\r\n")
    raw = (b"X-A: " + b"y" * 140 + b"\r\n") * 99
    assert feed_watched(parser, raw) < 20 * len(raw)


def test_megabyte_of_chunks_of_one_byte_is_read_once() -> None:
    copied = 0

    class Counting(bytes):
        def __getitem__(self, key: Any) -> Any:
            nonlocal copied
            got = super().__getitem__(key)
            copied += len(got) if isinstance(key, slice) else 1
            return got

    raw = Counting(b"1\r\nx\r\n" * 170_000 + b"0\r\n\r\n")
    parser = ResponseParser("GET", Limits())
    parser.feed(CHUNKED)
    assert parser.feed(raw)
    assert parser.body() == b"x" * 170_000
    assert copied < len(raw)


def test_small_pieces_of_a_body_are_not_copied_each_time() -> None:
    parser = ResponseParser("GET", Limits())
    parser.feed(OK + b"Content-Length: 300000\r\n\r\nx")
    parser.feed(b"x")
    collected = parser._pieces[-1]
    for _ in range(299_998):
        parser.feed(b"x")
    assert len(parser._pieces) == 2
    assert parser._pieces[-1] is collected
    assert parser.body() == b"x" * 300_000


def test_blanks_before_a_continued_line_are_searched_once() -> None:
    """A pattern that tries each of these blanks as the first one takes minutes here instead of milliseconds."""
    fields = b"".join(b"A:" + b" " * 60_000 + b"b\r\n" for _ in range(4))
    answer = read([OK + fields + b"C: d\r\n e\r\nContent-Length: 0\r\n\r\n"])
    assert answer.headers[4] == ("C", "d e")


# Old servers (row 6 and 8): what passes where it was asked for.


LENIENT = [
    pytest.param(b"HTTP/1.1 200 OK\nContent-Length: 2\nA: b\n\nhi", id="bare LF"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\nA: b\r\n\nhi", id="LF and CRLF"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\nA\t : b\r\n\r\nhi", id="blanks before the colon"),
    pytest.param(b"HTTP/1.1 200 OK\nContent-Length :\n 2\nA :b\n\r\nhi", id="all of it, continued"),
]


@pytest.mark.parametrize("raw", LENIENT)
def test_lenient_parser_takes_what_old_servers_send(raw: bytes) -> None:
    assert of(raw, lenient=True) == Answer(200, b"hi", [("Content-Length", "2"), ("A", "b")])
    fail(raw)


@pytest.mark.parametrize(
    "raw",
    [
        CHUNKED + b"2\nhi\n0\n\n",
        CHUNKED + b"2\r\nhi\n0\r\n\r\n",
        CHUNKED + b"0\r\nA: b\n\r\n",
        CHUNKED + b"0\r\nA : b\r\n\r\n",
        OK + b"A: b\rC: d\n\n",
        OK + b"no colon\n\n",
        OK + b" : b\n\n",
        b"HTTP/1.1 +200 OK\n\n",
    ],
)
def test_lenient_parser_is_strict_in_all_the_rest(raw: bytes) -> None:
    fail(raw, lenient=True)


def test_framing_counts_whatever_stands_before_its_colon() -> None:
    raw = OK + b"Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    answer = of(raw, lenient=True)
    assert (answer.body, answer.is_reusable) == (b"x", False)


# One parser for all answers of a connection.


def test_parser_reads_one_answer_after_the_other() -> None:
    parser = ResponseParser("HEAD", Limits())
    assert parser.feed(OK + b"Content-Length: 5\r\n\r\n")
    parser.reset("GET")
    assert (parser.head, parser.part, parser.received, parser.is_reusable) == (None, Part.HEAD, 0, False)
    assert parser.feed(b"HTTP/1.1 100 C\r\n\r\n" + CHUNKED + b"1;aaaa\r\nx\r\n0\r\nA: b\r\n\r\nmore")
    parser.reset("GET", SMALL)
    assert (parser.body(), parser.trailers, parser.surplus, parser.continues) == (b"", None, 0, False)
    with pytest.raises(ResponseTooLarge):
        parser.feed(OK + b"Content-Length: 21\r\n\r\n")


def test_same_head_is_read_once() -> None:
    memo = HeadMemo()
    one, other = ResponseParser("GET", Limits(), memo=memo), ResponseParser("GET", Limits(), memo=memo)
    raw = OK + b"A: b\r\nContent-Length: 2\r\n\r\n"
    one.feed(raw + b"hi")
    other.feed(raw + b"ho")
    assert one.head is other.head is memo.head
    assert other.body() == b"ho"
    other.reset("GET")
    other.feed(raw.replace(b"b", b"c") + b"hi")
    assert other.head is not one.head


def test_head_that_was_read_before_keeps_the_limits_of_each_parser() -> None:
    memo = HeadMemo()
    raw = OK + b"A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\nContent-Length: 0\r\n\r\n"
    ResponseParser("GET", Limits(), memo=memo).feed(raw)
    with pytest.raises(ResponseTooLarge):
        ResponseParser("GET", SMALL, memo=memo).feed(raw)


def test_head_of_an_answer_that_ends_with_the_connection_spoils_no_other() -> None:
    memo = HeadMemo()
    until_close = ResponseParser("GET", Limits(), memo=memo)
    until_close.feed(OK + b"A: b\r\n\r\n")
    to_head = ResponseParser("HEAD", Limits(), memo=memo)
    assert to_head.feed(OK + b"A: b\r\n\r\n")
    assert to_head.is_reusable
    assert until_close.head is not None
    assert not until_close.head.keeps_alive


def test_idle_parser_holds_next_to_nothing() -> None:
    parser = ResponseParser("GET", Limits(), memo=HeadMemo())
    for _ in range(2):
        sizes = {name: sys.getsizeof(getattr(parser, name)) for name in ("_pieces", "_held")}
        assert sys.getsizeof(parser) + sum(sizes.values()) < 500
        parser.feed(CHUNKED + b"186a0\r\n" + b"x" * 100_000)
        parser.feed(b"\r\n0\r\n\r\n")
        parser.reset("GET")


def test_head_shows_no_header() -> None:
    parser = ResponseParser("GET", Limits())
    parser.feed(OK + b"Set-Cookie: secret\r\nContent-Length: 0\r\n\r\n")
    assert repr(parser.head) == "<Head [200 OK]>"


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        (b"Keep-Alive: timeout=5", 5),
        (b"keep-alive: max=100, Timeout=15", 15),
        (b"Keep-Alive: timeout=5;max=2", 5),
        (b"Keep-Alive: timeout=x", None),
        (b"Keep-Alive: mytimeout=5", None),
        (b"Keep-Alive:", None),
        (b"A: b", None),
    ],
)
def test_head_tells_how_long_the_server_keeps_the_connection(fields: bytes, seconds: int | None) -> None:
    parser = ResponseParser("HEAD", Limits())
    parser.feed(OK + fields + b"\r\n\r\n")
    assert parser.head is not None
    assert parser.head.idle_timeout == seconds


# Bodies that are taken while they come.


@pytest.mark.parametrize("framing", ["length", "chunked", "until close"])
def test_each_byte_is_taken_once(framing: str) -> None:
    head = {"length": b"Content-Length: 9000\r\n", "chunked": b"Transfer-Encoding: chunked\r\n", "until close": b""}
    body = bytes(range(250)) * 36
    sent = b"2328\r\n" + body + b"\r\n0\r\n\r\n" if framing == "chunked" else body
    raw = OK + head[framing] + b"\r\n" + sent
    for size in (1, 1000, 5000, 100_000):
        parser = ResponseParser("GET", Limits())
        taken = []
        for at in range(0, len(raw), size):
            parser.feed(raw[at : at + size])
            taken.append(parser.take())
            assert parser.take() == parser.body() == b""
        parser.end()
        assert b"".join(taken) == body


def test_head_is_there_before_the_body() -> None:
    parser = ResponseParser("GET", Limits())
    assert not parser.feed(OK)
    assert parser.head is None
    assert not parser.feed(b"Content-Length: 1\r\n\r\n")
    assert parser.head is not None


def test_limit_of_the_body_counts_what_was_taken() -> None:
    for framing, piece in ((b"", b"0123456789"), (b"Transfer-Encoding: chunked\r\n", b"a\r\n0123456789\r\n")):
        parser = ResponseParser("GET", replace(SMALL, head=1000))
        parser.feed(OK + framing + b"\r\n")
        for _ in range(2):
            parser.feed(piece)
            assert parser.take() == b"0123456789"
        with pytest.raises(ResponseTooLarge, match="body is longer than 20 bytes"):
            parser.feed(piece)


@pytest.mark.parametrize(("status", "is_told"), [(100, True), (102, False), (103, False)])
def test_continue_is_told(status: int, is_told: bool) -> None:
    parser = ResponseParser("POST", Limits())
    parser.feed(b"HTTP/1.1 %d X\r\n\r\n" % status)
    assert parser.continues is is_told
    assert parser.head is None
    parser.feed(b"HTTP/1.1 103 X\r\n\r\n")
    assert parser.continues is is_told


def test_lost_connection_holds_the_body_so_far() -> None:
    parser = ResponseParser("GET", Limits())
    parser.feed(CHUNKED + b"5\r\nhello\r\n5\r\nwo")
    with pytest.raises(ConnectionLost) as lost:
        parser.end()
    assert lost.value.partial == b"hellowo"
    assert lost.value.received == len(CHUNKED) + 15


# Content codings.


class Doubler:
    """A coding in which each byte stands for two, and the end for one more."""

    def __init__(self) -> None:
        self.fed: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        assert type(data) is bytes
        self.fed.append(data)
        return bytes(byte for each in data for byte in (each, each))

    def end(self) -> bytes:
        return b"."


def decoded(raw: bytes, method: str = "GET", limits: Limits | None = None, *, byte_by_byte: bool = False) -> bytes:
    asked: list[list[str]] = []

    def decoder_for(codings: list[str]) -> Doubler:
        asked.append(codings)
        return Doubler()

    parser = ResponseParser(method, limits or Limits(), decoder_for)
    for at in range(len(raw)) if byte_by_byte else (0,):
        parser.feed(raw[at : at + 1] if byte_by_byte else raw)
    parser.end()
    assert asked in ([], [["double"]])
    assert parser.head is not None
    assert parser.head.codings == ("double",)
    return parser.body()


CODED = b"Content-Encoding: Double\r\n"


@pytest.mark.parametrize("byte_by_byte", [False, True])
@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 3\r\n\r\nabc",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
        b"\r\nabc",
    ],
)
def test_coding_of_a_body_is_undone(rest: bytes, byte_by_byte: bool) -> None:
    assert decoded(OK + CODED + rest, byte_by_byte=byte_by_byte) == b"aabbcc."


@pytest.mark.parametrize(
    ("head", "method"),
    [
        (OK + b"Content-Length: 0\r\n", "GET"),
        (OK + b"Content-Length: 5\r\n", "HEAD"),
        (OK + b"Transfer-Encoding: chunked\r\n", "HEAD"),
        (b"HTTP/1.1 304 N\r\n", "GET"),
        (b"HTTP/1.1 204 N\r\n", "GET"),
        (OK, "GET"),
    ],
)
def test_no_body_has_no_coding(head: bytes, method: str) -> None:
    assert decoded(head + CODED + b"\r\n", method) == b""


def test_empty_chunked_body_has_no_coding() -> None:
    assert decoded(CHUNKED[:-2] + CODED + b"\r\n0\r\n\r\n") == b""


def test_coding_may_hold_bytes_back() -> None:
    class Holding(Doubler):
        def __init__(self, codings: list[str]) -> None:
            super().__init__()

        def feed(self, data: bytes) -> bytes:
            self.fed.append(data)
            return b""

        def end(self) -> bytes:
            return b"".join(self.fed)

    class Silent(Holding):
        def end(self) -> bytes:
            return b""

    for decoder, body in ((Holding, b"abc"), (Silent, b"")):
        parser = ResponseParser("GET", Limits(), decoder)
        for piece in (OK + CODED + b"Content-Length: 3\r\n\r\n", b"a", b"bc"):
            assert parser.take() == b""
            parser.feed(piece)
        assert parser.body() == body


def test_limit_counts_the_decoded_body_too() -> None:
    limits = replace(SMALL, head=1000)
    assert len(decoded(OK + CODED + b"\r\n" + b"x" * 9, limits=limits)) == 19
    for size in (10, 11):
        with pytest.raises(ResponseTooLarge, match="body is longer than 20 bytes"):
            decoded(OK + CODED + b"\r\n" + b"x" * size, limits=limits)


def test_codings_are_told_in_order_and_lower_case() -> None:
    parser = ResponseParser("GET", Limits(), lambda codings: None)
    parser.feed(OK + b"Content-Encoding: GZip,, br\r\nContent-Encoding: x\r\nContent-Length: 2\r\n\r\nhi")
    assert parser.head is not None
    assert parser.head.codings == ("gzip", "br", "x")
    assert parser.body() == b"hi"


def test_coding_is_left_where_nobody_undoes_it() -> None:
    assert of(OK + CODED + b"Content-Length: 2\r\n\r\nhi").body == b"hi"


# What hostile peers are known to send, whole, byte by byte and cut at every place.


@pytest.mark.parametrize("ends", [b"", b"H", b"HTTP/1.1 200 OK", OK, OK + b"A: b\r\n", OK + b"A: b\r\n\r"])
def test_head_that_is_not_finished_is_a_lost_connection(ends: bytes) -> None:
    with pytest.raises(ConnectionLost):
        read([ends])
    assert {outcome(pieces) for pieces in cuts(ends)} <= {outcome([ends])}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(OK + b"A" * 10_000_000, id="a name without end"),
        pytest.param(OK + b"A: " + b"b" * 10_000_000 + b"\r\n\r\n", id="a line of 10 MB"),
        pytest.param(b"HTTP/1.1 200 " + b"b" * 10_000_000 + b"\r\n\r\n", id="a reason of 10 MB"),
        pytest.param(OK + b"A: b\r\n" * 100_000 + b"\r\n", id="100000 headers"),
        pytest.param(OK + b"A: b\r\n" + b" c\r\n" * 100_000 + b"\r\n", id="a header of 100000 lines"),
        pytest.param(CHUNKED + b"1;" + b"x" * 10_000_000, id="a chunk extension without end"),
        pytest.param(CHUNKED + b"1" + b" " * 10_000_000, id="blanks after a chunk's size without end"),
        pytest.param(CHUNKED + b"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n" * 1000, id="extensions of tiny chunks"),
        pytest.param(CHUNKED + b"0\r\n" + b"A: b\r\n" * 100_000, id="100000 trailers"),
        pytest.param(CHUNKED + b"0\r\nA: " + b"b" * 1_000_000, id="a trailer without end"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n" * 100_000, id="interim answers without end"),
    ],
)
def test_what_never_ends_is_refused(raw: bytes) -> None:
    errors = {outcome(raw[at : at + size] for at in range(0, len(raw), size)) for size in (len(raw), 65536, 1000)}
    assert len(errors) == 1
    error = errors.pop()
    assert not isinstance(error, Answer)
    assert error[0] is ResponseTooLarge


def test_plain_chunks_of_one_byte_pass_however_many() -> None:
    assert read([CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"]).body == b"x" * 100_000


def test_length_beyond_all_numbers_is_refused() -> None:
    fail(OK + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n", "is not a number of bytes")


def test_odd_cookies_pass_as_they_are() -> None:
    odd = [
        "a",
        "=b",
        "",
        "a=b; EXPIRES=; PATH=/",
        'a="b, c"; Expires=Mon, 01 Jan 2024',
        "p_uin=o1; DOMAIN=qq.com",
        "é=\xff",
    ]
    raw = OK + b"".join(f"Set-Cookie: {value}\r\n".encode("latin-1") for value in odd) + b"Content-Length: 0\r\n\r\n"
    assert of(raw).headers[:-1] == [("Set-Cookie", value) for value in odd]


def test_utf_8_in_a_value_can_be_had_back() -> None:
    _, value = of(OK + "A: 中文\r\nContent-Length: 0\r\n\r\n".encode()).headers[0]
    assert value.encode("latin-1").decode() == "中文"


def test_interim_answer_has_no_body_whatever_it_says() -> None:
    raw = b"HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\nx"
    assert of(raw).body == b"x"
    fail(b"HTTP/1.1 100 C\r\nContent-Length: 5\r\n\r\nhello" + raw, "expected 'HTTP/1.x', got 'h'")


def test_answer_of_http_0_9_is_refused_with_its_first_byte() -> None:
    fail(b"<html>", "^expected 'HTTP/1.x', got '<'$")


def test_large_chunks_are_copied_once() -> None:
    raw = b"".join(b"%x\r\n%b\r\n" % (size, bytes([size % 251]) * size) for size in (1, 5000, 511, 512, 4096, 2))
    answer = read([CHUNKED, raw + b"0\r\n\r\n"])
    assert answer.body == b"".join(bytes([size % 251]) * size for size in (1, 5000, 511, 512, 4096, 2))
