"""The event stream, whole, byte by byte and cut at every point.

The cases named after files carry over the facts of eventsource/ in https://github.com/web-platform-tests/wpt.
"""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream import BadResponse, ResponseTooLarge
from webqq.httpstream.sse import EVENT_LIMIT, EventParser, ServerSentEvent


def message(data: str, last_event_id: str = "") -> ServerSentEvent:
    return ServerSentEvent("message", data, last_event_id)


LONG = b"x" * 2048

CASES: dict[str, tuple[bytes, list[ServerSentEvent]]] = {
    # Of the web platform tests.
    "format-field-data": (b"data:\n\ndata\ndata\n\ndata:test\n\n", [message(""), message("\n"), message("test")]),
    "format-bom": (b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\ndata:3\n\n", [message("1"), message("3")]),
    "format-bom-2": (b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3\n\n", [message("2"), message("3")]),
    "format-comments": (
        b"data:1\r:\0\n:\r\ndata:2\n:" + LONG + b"\rdata:3\n:data:fail\r:" + LONG + b"\ndata:4\n\n",
        [message("1\n2\n3\n4")],
    ),
    "format-data-before-final-empty-line": (b"retry:1000\ndata:test1\n\nid:test\ndata:test2", [message("test1")]),
    "format-field-event": (b"event:test\ndata:x\n\ndata:x\n\n", [ServerSentEvent("test", "x"), message("x")]),
    "format-field-event-empty": (b"event: \ndata:data\n\n", [message("data")]),
    "format-field-id-3 persists": (b"id: 1\ndata:a\n\ndata:b\n\n", [message("a", "1"), message("b", "1")]),
    "format-field-id-3 changes": (
        b"id: 1\ndata:a\n\nid: 2\ndata:b\n\ndata:c\n\n",
        [message("a", "1"), message("b", "2"), message("c", "2")],
    ),
    "format-field-id-3 resets": (
        b"id: 1\ndata:a\n\nid:\ndata:b\n\ndata:c\n\n",
        [message("a", "1"), message("b"), message("c")],
    ),
    "format-null-character": (b"data:\0\n\n\n\n", [message("\0")]),
    "format-utf-8": ("data:ok…\n\n".encode(), [message("ok…")]),
    # Our own.
    "fields with other names": (
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
        [message("\0\n 2\n1\n3\n\n4")],
    ),
    "leading space": (b"data:\ttest\rdata: \ndata:test\n\n", [message("\ttest\n\ntest")]),
    "all line ends": (b"data:test\r\ndata\ndata:test\r\n\r\n", [message("test\n\ntest")]),
    "unknown fields": (
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        [message("test\n\ntest")],
    ),
    "comments and fields between events": (
        b"data:msg\ndata:msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\n\ndata\n\ndata:end\n\n",
        [message("msg\nmsg"), message(""), message("end")],
    ),
    "nothing": (b"", []),
    "empty lines": (b"\n\r\r\n\n", []),
    "event without data": (b"event: x\nid: 7\n\ndata: y\n\n", [message("y", "7")]),
    "end without an empty line": (b"data: x\n", []),
    "CR alone": (b"data: x\rdata: y\r\r", [message("x\ny")]),
    "CR LF": (b"data: x\r\n\r\ndata: y\r\n\r\n", [message("x"), message("y")]),
    "CR, then LF CR": (b"data: x\r\n\rdata: y\n\r\n", [message("x"), message("y")]),
    "last type counts": (b"event: a\nevent: b\ndata\n\n", [ServerSentEvent("b", "")]),
    "colons in a value": (b"data: a: b:c\n\n", [message("a: b:c")]),
    "one space alone goes": (b"data:  a \n\n", [message(" a ")]),
    "names are exact": (b"Data: x\ndata : y\ndatax: z\n\n", []),
    "id with NUL": (b"id: 1\ndata: a\n\nid: 2\x003\ndata: b\n\n", [message("a", "1"), message("b", "1")]),
    "id without an empty line": (b"data: a\n\nid: 9\n", [message("a")]),
    "bytes that are no UTF-8": (b"data: \xff\xe6\x98\n\n", [message("\ufffd\ufffd")]),
    "separators that end no line": (
        "data: a\u2028b\u0085c\x0bd\x0ce\x1cf\n\n".encode(),
        [message("a\u2028b\x85c\x0bd\x0ce\x1cf")],
    ),
    "half a mark": (b"\xef\xbbdata: x\n\n", []),
    "characters of three bytes": ("id: 春\nevent: 春\ndata: 春节\n\n".encode(), [ServerSentEvent("春", "春节", "春")]),
}


def parse(*pieces: bytes) -> list[ServerSentEvent]:
    parser = EventParser()
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize(("data", "events"), CASES.values(), ids=CASES)
def test_whole_stream(data, events):
    assert parse(data) == events


@pytest.mark.parametrize(("data", "events"), CASES.values(), ids=CASES)
def test_byte_by_byte(data, events):
    assert parse(*(data[at : at + 1] for at in range(len(data)))) == events
    assert parse(*(piece for at in range(len(data)) for piece in (data[at : at + 1], b""))) == events


@pytest.mark.parametrize(("data", "events"), [case for case in CASES.values() if len(case[0]) < 200])
def test_cut_at_every_point(data, events):
    for cut in range(len(data) + 1):
        assert parse(data[:cut], data[cut:]) == events


@given(
    st.lists(
        st.sampled_from(
            [b"data", b":", b" ", b"x", b"\r", b"\n", b"\r\n", b"id", b"event", b"\xef", b"\xbb", b"\xbf", b"\0"]
        )
    )
)
def test_pieces_do_not_matter(pieces):
    assert parse(*pieces) == parse(b"".join(pieces))


@given(st.binary(max_size=200))
def test_noise_raises_nothing(data):
    parse(data)


def test_event_is_there_with_the_first_byte_that_ends_it():
    parser = EventParser()
    assert parser.feed(b"data: x\r\n") == []
    assert parser.feed(b"\r") == [message("x")]
    assert parser.feed(b"\ndata: y\n\n") == [message("y")]


def test_id_of_the_connection_before_stays_until_there_is_another():
    parser = EventParser("5")
    assert parser.feed(b"data: a\n\n") == [message("a", "5")]
    assert parser.feed(b"id: 6\ndata: b\n") == []
    assert parser.last_event_id == "5"
    assert parser.feed(b"\n") == [message("b", "6")]
    assert parser.last_event_id == "6"


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (b"retry: 3000\n", 3.0),
        (b"retry:0\n", 0.0),
        (b"retry: 007\n", 0.007),
        (b"retry: 2000\nretry: 1000x\n", 2.0),  # format-field-retry-bogus
        (b"retry: 2000\nretry\n", 2.0),  # format-field-retry-empty
        (b"retry: " + b"9" * 5000 + b"\n", inf),
        *(
            (b"retry:" + value + b"\n", None)
            for value in (b"", b"  1", b"1 ", b"-1", b"+1", b"1.5", b"1e3", b"1_0", "٣".encode())
        ),
    ],
)
def test_retry_is_milliseconds_in_digits(lines, seconds):
    parser = EventParser()
    assert parser.feed(lines) == []
    assert parser.retry == seconds


# Limits.


def test_line_has_a_limit_whole_or_in_pieces():
    assert EVENT_LIMIT == 1024 * 1024
    assert len(EventParser(limit=20).feed(b"data: " + b"x" * 14 + b"\n\n")) == 1
    with pytest.raises(ResponseTooLarge, match=r"a line .* longer than 20 bytes"):
        EventParser(limit=20).feed(b":" + b"x" * 20 + b"\n")
    parser = EventParser(limit=20)
    for _ in range(20):
        parser.feed(b":")
    with pytest.raises(BadResponse):
        parser.feed(b":")


def test_event_has_a_limit():
    parser = EventParser(limit=20)
    parser.feed(b"data: xxxx\ndata: yyyy\n")
    with pytest.raises(ResponseTooLarge, match=r"an event .* longer than 20 bytes"):
        parser.feed(b"data\n")


def test_limit_is_for_each_event_and_comments_do_not_count():
    parser = EventParser(limit=20)
    for _ in range(10):
        assert parser.feed(b": still here\ndata: xxxx\n: and here\nid: 1\n\n") == [message("xxxx", "1")]
