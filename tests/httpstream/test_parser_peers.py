"""Answers made up at random read back as they were written, and as other parsers read them."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import responses
from itertools import pairwise, product
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from webqq.httpstream.errors import HTTPStreamError
from webqq.httpstream.parser import Limits, ResponseParser
from webqq.httpstream.response import Response

Pairs = list[tuple[str, str]]

TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~" + "0123456789ABCXYZabcxyz"
FRAMING_NAMES = {"content-length", "transfer-encoding", "connection"}

visible = st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f")
names = st.text(TOKEN_CHARACTERS, min_size=1, max_size=12).filter(lambda name: name.lower() not in FRAMING_NAMES)
# Inner blanks are kept, those around a value are not.
values = st.text(visible | st.sampled_from(" \t"), max_size=20).map(lambda value: value.strip(" \t"))
pairs = st.lists(st.tuples(names, values), max_size=8)
extensions = st.text(visible | st.sampled_from(" \t"), max_size=10).map(lambda text: f";{text}" if text else "")


@dataclass
class Message:
    """An answer before it is written: the reference that a parser must give back."""

    status: int = 200
    reason: str = ""
    minor: int = 1
    method: str = "GET"
    pairs: Pairs = field(default_factory=list)
    interim: list[tuple[int, Pairs]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    """The body in chunks; none of them is empty."""
    framing: str = "length"
    extensions: list[str] = field(default_factory=list)
    trailers: Pairs = field(default_factory=list)

    @property
    def has_body(self) -> bool:
        return self.method != "HEAD" and self.status not in (204, 304)

    @property
    def is_wrong(self) -> bool:
        """Whether it tells of a body that its status cannot have (RFC 9110 section 8.6)."""
        return self.status == 204 and (self.framing == "chunked" or (self.framing == "length" and bool(self.pieces)))

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces) if self.has_body else b""

    @property
    def all_pairs(self) -> Pairs:
        if self.framing == "length":
            return [*self.pairs, ("Content-Length", str(sum(map(len, self.pieces))))]
        return [*self.pairs, ("Transfer-Encoding", "chunked")] if self.framing == "chunked" else self.pairs


def write(message: Message) -> bytes:
    head = "".join(
        f"HTTP/1.{message.minor} {status} {reason}\r\n{_lines(fields)}\r\n"
        for status, reason, fields in (
            *((status, "Wait", fields) for status, fields in message.interim),
            (message.status, message.reason, message.all_pairs),
        )
    )
    if not message.has_body:
        return head.encode("latin-1")
    if message.framing != "chunked":
        return head.encode("latin-1") + message.body
    chunks = "".join(
        f"{len(piece):x}{extension}\r\n{piece.decode('latin-1')}\r\n"
        for piece, extension in zip(message.pieces, _padded(message.extensions, len(message.pieces)), strict=True)
    )
    return f"{head}{chunks}0\r\n{_lines(message.trailers)}\r\n".encode("latin-1")


def _lines(fields: Pairs) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in fields)


def _padded(given: list[str], length: int) -> list[str]:
    return (given + [""] * length)[:length]


@st.composite
def messages(draw: Any, *, framings: tuple[str, ...] = ("length", "chunked", "until close")) -> Message:
    framing = draw(st.sampled_from(framings))
    return Message(
        draw(st.sampled_from([*(status for status in responses if status >= 200), 299, 599, 999])),
        draw(values),
        1 if framing == "chunked" else draw(st.sampled_from([0, 1])),
        draw(st.sampled_from(["GET", "POST", "HEAD"])),
        draw(pairs),
        draw(st.lists(st.tuples(st.sampled_from([100, 102, 103]), pairs), max_size=3)),
        draw(st.lists(st.binary(min_size=1, max_size=40), max_size=6)),
        framing,
        draw(st.lists(extensions, max_size=6)),
        draw(pairs),
    )


def cut(raw: bytes, places: list[int]) -> Iterator[bytes]:
    bounds = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    return (raw[start:end] for start, end in pairwise(bounds))


def parse(pieces: Iterator[bytes], method: str) -> ResponseParser:
    parser = ResponseParser(method, Limits())
    for piece in pieces:
        parser.feed(piece)
    parser.end()
    return parser


@given(messages(), st.lists(st.integers(0, 10_000), max_size=6))
@example(Message(framing="chunked"), [])
@example(Message(204, framing="chunked"), [])
@example(Message(204, pieces=[b"x"]), [])
@example(Message(interim=[(100, [])] * 16), [])
def test_what_was_written_is_read_back(message: Message, places: list[int]) -> None:
    parser = parse(cut(write(message), places), message.method)
    assert parser.head is not None
    response = Response(parser.head, parser.body(), "http://a/", parser.trailers)
    assert (response.status, response.reason, response.version) == (
        message.status,
        message.reason.strip(),
        10 + message.minor,
    )
    assert response.getheaders() == message.all_pairs
    assert response.read() == message.body
    assert response.trailers.items() == (message.trailers if message.framing == "chunked" and message.has_body else [])
    has_end = message.framing != "until close" or not message.has_body
    assert parser.is_reusable is (message.minor == 1 and has_end and not message.is_wrong)
    assert parser.surplus == 0


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=4))
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 ;", [])
def test_noise_is_an_answer_or_an_error_of_ours(noise: bytes, places: list[int]) -> None:
    for start in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        outcomes: list[object] = []
        for pieces in (iter([start + noise]), cut(start + noise, places)):
            try:
                parser = parse(pieces, "GET")
                outcomes.append((parser.body(), parser.trailers, parser.surplus))
            except HTTPStreamError as error:
                outcomes.append((type(error), str(error)))
        assert outcomes[0] == outcomes[1]


# What is near enough to an answer that noise rarely finds it: pieces of answers, good and bad, in any order.
PARTS = [
    *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 204 N\r\n", b"HTTP/1.1 100 C\r\n\r\n", b"Content-Length: 3", b"Transfer-"),
    *(
        b"Encoding: chunked",
        b"Content-Encoding: x",
        b"A: b",
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
        b" ",
        b"\t",
        b":",
        b",",
    ),
    *(b"0", b"3", b"abc", b"3\r\nabc\r\n", b"0\r\n\r\n", b";", b";x=y", b"\0", b"\xff", b"x" * 30),
]
TIGHT = Limits(line=40, head=90, headers=3, body=12, interim=2, chunk_extension=6, trailers=25, trailer_fields=2)


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(PARTS), max_size=14).map(b"".join),
    st.lists(st.integers(0, 400), max_size=4),
    st.sampled_from([Limits(), TIGHT]),
    st.booleans(),
    st.sampled_from(["GET", "HEAD"]),
)
def test_cuts_change_neither_answers_nor_errors(
    raw: bytes, places: list[int], limits: Limits, is_lenient: bool, method: str
) -> None:
    for start in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        outcomes: set[object] = set()
        for pieces in ([start + raw], cut(start + raw, places), (bytes([byte]) for byte in start + raw)):
            parser = ResponseParser(method, limits, lenient=is_lenient)
            try:
                for piece in pieces:
                    parser.feed(piece)
                parser.end()
                outcomes.add((parser.head, parser.body(), str(parser.trailers), parser.surplus, parser.is_reusable))
            except HTTPStreamError as error:
                outcomes.add((type(error), str(error)))
        assert len(outcomes) == 1


# Bytes near the rules: what parsers have read in different ways, in all combinations.

STATUS_LINES = [b"HTTP/1.1 200 OK", b"HTTP/1.1 200", b"HTTP/1.0 200 OK", b"HTTP/1.1 304 No", b"HTTP/1.1 099 X"]
HEAD_LINES = [
    *(
        b"Content-Length: 3",
        b"Content-Length: 03",
        b"Content-Length: +3",
        b"Content-Length: 3, 3",
        b"Content-Length: 4",
    ),
    *(b"Content-Length: 0", b"Content-Length:\r\n 3", b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED "),
    *(b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: x", b"Connection: close", b"A: b", b"A : b", b"A"),
    *(b"A: b\r\n c", b"A: \0", b"A: b\rC: d", b"A: b\nC: d", b"\xe9: b", b"A: \xe9", b": b", b" A: b"),
]
BODIES = [
    *(b"", b"abc", b"abcd", b"3\r\nabc\r\n0\r\n\r\n", b"3;x\r\nabc\r\n0;y\r\n\r\n", b"03\r\nabc\r\n00\r\n\r\n"),
    *(b"3 \r\nabc\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"3\nabc\n0\n\n", b"3\r\nabcd\r\n0\r\n\r\n", b"-1\r\n"),
    *(b"3\r\nabc\r\n0\r\nA: b\r\n\r\n", b"3\r\nabc\r\n0\r\nA\r\n\r\n", b"3\r\nabc0\r\n\r\n", b"3\r\nabc\r\n"),
]


def near_messages() -> Iterator[bytes]:
    heads = [(), *((line,) for line in HEAD_LINES), *product(HEAD_LINES, repeat=2)]
    for status_line, lines, body in product(STATUS_LINES, heads, BODIES):
        yield b"\r\n".join([status_line, *lines, b"", body])


def ours(raw: bytes, method: str) -> tuple[Any, ...] | None:
    """Status, headers with names in lower case, body and trailers; None for what is refused or has surplus bytes."""
    try:
        return _told(parse(iter([raw]), method))
    except HTTPStreamError:
        return None


def _told(parser: ResponseParser) -> tuple[Any, ...] | None:
    assert parser.head is not None
    if parser.surplus:
        return None
    return parser.head.status, _lower(parser.head.fields()), parser.body(), _lower(parser.trailers or [])


def _lower(fields: Pairs) -> Pairs:
    return [(name.lower(), value) for name, value in fields]


class Near(NamedTuple):
    """One of these messages, and what is read from it here; or the error's text where it is refused."""

    raw: bytes
    mine: tuple[Any, ...] | None
    refusal: str = ""


@pytest.fixture(scope="module")
def near() -> list[Near]:
    """All of them, for there are many and reading takes its time."""
    return [_read_here(raw) for raw in near_messages()]


def _read_here(raw: bytes) -> Near:
    try:
        return Near(raw, _told(parse(iter([raw]), "GET")))
    except HTTPStreamError as error:
        return Near(raw, None, str(error))


needs_h11 = pytest.mark.skipif(importlib.util.find_spec("h11") is None, reason="h11 is not installed")


def of_h11(raw: bytes, method: str) -> tuple[Any, ...] | None:
    import h11

    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    head: Any = None
    body = b""
    try:
        connection.receive_data(raw)
        has_ended = False
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA and not has_ended:
                has_ended = True
                connection.receive_data(b"")
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return (
                    None if connection.trailing_data[0] else (head.status_code, _of_bytes(head), body, _of_bytes(event))
                )
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError:
        return None


def _of_bytes(event: Any) -> Pairs:
    return [(name.decode(), value.decode("latin-1")) for name, value in event.headers]


@needs_h11
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(messages())
def test_h11_reads_the_same(message: Message) -> None:
    mine, theirs = ours(write(message), message.method), of_h11(write(message), message.method)
    # It wants a status below 600, tokens in chunk extensions and none of its own names among trailers.
    assume(theirs is not None)
    assert mine is not None
    assert theirs is not None
    assert _comparable(mine) == _comparable(theirs)


@needs_h11
def test_h11_reads_the_same_near_the_rules(near: list[Near]) -> None:
    both = [(raw, mine, of_h11(raw, "GET")) for raw, mine, _ in near if mine is not None]
    accepted = [(raw, _comparable(mine), _comparable(theirs)) for raw, mine, theirs in both if theirs is not None]
    assert len(accepted) > 1000
    assert [case for case in accepted if case[1] != case[2]] == []


def _comparable(answer: tuple[Any, ...]) -> tuple[Any, ...]:
    # Which of two lengths is told, the one that did not count or none, is a matter of taste.
    status, fields, body, trailers = answer
    return status, [pair for pair in fields if pair[0] not in FRAMING_NAMES], body, trailers


needs_llhttp = pytest.mark.skipif(
    importlib.util.find_spec("httptools") is None, reason="httptools, which is llhttp for Python, is not installed"
)


class _Llhttp:
    """What httptools tells of an answer."""

    def __init__(self) -> None:
        self.status = 0
        self.fields: Pairs = []
        self.body = b""
        self.is_whole = False

    def on_status(self, status: bytes) -> None:
        # Of an interim answer too; the last one counts.
        self.fields = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.decode("latin-1").lower(), value.decode("latin-1").rstrip(" \t")))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True


@needs_llhttp
@given(messages(framings=("length", "chunked")))
def test_llhttp_reads_the_same(message: Message) -> None:
    import httptools

    # It cannot be told that the answer is one to HEAD, gives trailers as headers, has its
    # own idea of chunk extensions, and tells of no empty reason.
    message.method, message.trailers, message.interim, message.extensions = "GET", [], [], []
    message.reason = "R"
    told = _Llhttp()
    parser = httptools.HttpResponseParser(told)
    parser.feed_data(write(message))
    mine = ours(write(message), "GET")
    assert mine is not None
    assert told.is_whole
    assert (parser.get_status_code(), told.fields, told.body) == mine[:3]


@needs_llhttp
def test_llhttp_reads_the_same_near_the_rules(near: list[Near]) -> None:
    accepted = []
    for raw, mine, _ in near:
        if mine is not None and (theirs := of_llhttp(raw)) is not None:
            accepted.append((raw, (mine[0], mine[2]), theirs))
    assert len(accepted) > 200
    assert [case for case in accepted if case[1] != case[2]] == []


def of_llhttp(raw: bytes) -> tuple[int, bytes] | None:
    """Status and body; None for what is refused or not whole before the connection ends."""
    import httptools

    told = _Llhttp()
    parser = httptools.HttpResponseParser(told)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserError:
        return None
    return (parser.get_status_code(), told.body) if told.is_whole else None


# Where a peer takes what is refused here, with the reason that stands in the error:
# - A line's end without CR is one of two readings of where a header ends (RFC 9112 2.2 lets it be taken, `lenient`
#   does), and those before and behind a proxy may differ on it.
# - An answer of HTTP/1.0 cannot have a transfer coding: RFC 9112 6.1 has its framing taken for faulty.
# - Codings other than chunked are not undone by anybody here; read on as a body they would be taken for content.
# - A status has three digits of which the first is no zero (RFC 9110 15).
STRICTER = {
    "h11": {"a line of the head ends in LF without CR", "Transfer-Encoding in an HTTP/1.0 response"},
    "llhttp": {"Transfer-Encoding in an HTTP/1.0 response", "is not 'chunked' alone", "is not a status line"},
}


@pytest.mark.parametrize(
    ("peer", "read"),
    [
        pytest.param("h11", of_h11, marks=needs_h11),
        pytest.param("llhttp", lambda raw, method: of_llhttp(raw), marks=needs_llhttp),
    ],
)
def test_what_peers_take_and_we_refuse_is_listed_with_its_reason(near: list[Near], peer: str, read: Any) -> None:
    reasons = {refusal for raw, _, refusal in near if refusal and read(raw, "GET") is not None}
    assert reasons
    assert {reason for reason in reasons if not any(known in reason for known in STRICTER[peer])} == set()
    assert all(any(known in reason for reason in reasons) for known in STRICTER[peer])
