"""A response is an ``http.client.HTTPResponse``: it is read as one that the standard library made."""

import copy
import csv
import gc
import io
import json
import pickle
import shutil
from array import array
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http.client import HTTPMessage, HTTPResponse
from http.cookiejar import CookieJar
from itertools import islice
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from webqq.httpstream.parser import Limits, ResponseParser
from webqq.httpstream.response import Response

BODY = b"first line\nsecond \xe4\xb8\xad\n\nfourth, not ended"
FIELDS = [
    ("Content-Type", "text/csv; charset=UTF-8"),
    ("Content-Disposition", 'attachment; filename="a.csv"'),
    ("Date", "Mon, 23 Nov 2026 09:00:00 GMT"),
    ("Set-Cookie", "a=1; Path=/"),
    ("X-Two", "1"),
    ("x-two", "2"),
    ("X-Empty", ""),
    ("X-Latin", "caf\xe9"),
]


def message(body: bytes = BODY, framing: str = "length", status: str = "200 OK", version: str = "1.1") -> bytes:
    fields = [*FIELDS]
    if framing == "length":
        fields.append(("Content-Length", str(len(body))))
    elif framing == "chunked":
        fields.append(("Transfer-Encoding", "chunked"))
        body = b"".join(b"%x\r\n%b\r\n" % (len(body[at : at + 7]), body[at : at + 7]) for at in range(0, len(body), 7))
        body += b"0\r\n\r\n"
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/{version} {status}\r\n{head}\r\n".encode("latin-1") + body


def ours(raw: bytes, method: str = "GET") -> Response:
    parser = ResponseParser(method, Limits())
    parser.feed(raw)
    parser.end()
    assert parser.head is not None
    return Response(parser.head, parser.body(), "http://example.com/a?b", parser.trailers)


class _Socket:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(cast(Any, io.BytesIO(self._raw)))


def theirs(raw: bytes, method: str = "GET") -> HTTPResponse:
    response = HTTPResponse(cast(Any, _Socket(raw)), method=method)
    response.begin()
    return response


def pieces(read: Callable[[], bytes]) -> list[bytes]:
    return list(iter(read, b""))


def filled(response: HTTPResponse, buffer: Any) -> tuple[int, bytes]:
    return response.readinto(buffer), bytes(memoryview(buffer).cast("B"))


def copied(response: HTTPResponse) -> bytes:
    target = io.BytesIO()
    shutil.copyfileobj(response, target, 5)
    return target.getvalue()


READING: dict[str, Callable[[HTTPResponse], object]] = {
    "read": lambda response: response.read(),
    "read(None)": lambda response: response.read(None),
    "read(0)": lambda response: response.read(0),
    "read(n)": lambda response: response.read(4),
    "read(more than there is)": lambda response: response.read(1000),
    "read(n) to the end": lambda response: pieces(lambda: response.read(4)),
    "read1": lambda response: pieces(response.read1),
    "read1(n)": lambda response: b"".join(pieces(lambda: response.read1(4))),
    "readline": lambda response: [response.readline() for _ in range(6)],
    "readline(0)": lambda response: response.readline(0),
    "readline(n)": lambda response: [response.readline(4) for _ in range(20)],
    "readlines": lambda response: response.readlines(),
    "readlines(n)": lambda response: response.readlines(12),
    "iteration": lambda response: list(response),
    "next": lambda response: [next(response), next(response)],
    "iteration, then read": lambda response: (list(islice(response, 1)), response.read()),
    "read, then iteration": lambda response: (response.read(3), list(response)),
    "readinto a small buffer": lambda response: filled(response, bytearray(5)),
    "readinto a large buffer": lambda response: filled(response, bytearray(100)),
    "readinto no buffer": lambda response: filled(response, bytearray()),
    "readinto an array": lambda response: filled(response, array("I", [0, 0])),
    "readinto1": lambda response: response.readinto1(bytearray(5)),
    "copyfileobj": copied,
    "TextIOWrapper": lambda response: io.TextIOWrapper(response, "utf-8").read(),
    "lines of TextIOWrapper": lambda response: list(io.TextIOWrapper(response, "utf-8")),
    "TextIOWrapper that guesses": lambda response: io.TextIOWrapper(response, errors="replace").readline(),
    "csv": lambda response: list(csv.reader(io.TextIOWrapper(response, "utf-8", newline=""))),
    "BufferedReader": lambda response: io.BufferedReader(cast(Any, response)).read(),
}


# These give no more than one chunk at a time there, and a wrong byte into buffers of larger items.
OF_ONE_CHUNK = {"read1", "readline(n)", "readinto an array"}


@pytest.mark.parametrize("framing", ["length", "until close", "chunked"])
@pytest.mark.parametrize("how", READING)
def test_reading_is_as_the_standard_library_does_it(how: str, framing: str) -> None:
    peers = "length" if how in OF_ONE_CHUNK else framing
    mine, standard = ours(message(framing=framing)), theirs(message(framing=peers))
    assert READING[how](mine) == READING[how](standard)
    if "TextIOWrapper" not in how and how not in ("csv", "BufferedReader"):
        assert mine.read() == standard.read()
        assert mine.read() == b""


@pytest.mark.parametrize("how", READING)
@pytest.mark.parametrize(
    ("raw", "method"),
    [(message(b""), "GET"), (message(), "HEAD"), (message(b"", "none", "204 No Content"), "GET")],
    ids=["length 0", "HEAD", "204"],
)
def test_reading_an_empty_body_is_as_the_standard_library_does_it(how: str, raw: bytes, method: str) -> None:
    def result(response: HTTPResponse) -> object:
        try:
            return READING[how](response)
        except StopIteration:
            return StopIteration

    assert result(ours(raw, method)) == result(theirs(raw, method))


def test_read_of_a_negative_amount_is_the_rest() -> None:
    response = ours(message())
    response.read(6)
    assert response.read(-1) == BODY[6:]


def test_readline_without_a_limit() -> None:
    assert ours(message()).readline(None) == ours(message()).readline(-1) == b"first line\n"


def test_peek_reads_nothing() -> None:
    response = ours(message())
    response.read(6)
    for _ in range(2):
        assert response.peek(4) == BODY[6:10]
        assert response.peek() == BODY[6:]
    assert response.read() == BODY[6:]
    assert response.peek(4) == response.peek() == b""


# The head.


HEAD: dict[str, Callable[[HTTPResponse], object]] = {
    "status line": lambda response: (response.status, response.reason, response.version),
    "code": lambda response: (cast(Any, response).code, response.getcode()),
    "chunked": lambda response: response.chunked,
    "will_close": lambda response: response.will_close,
    "getheader": lambda response: response.getheader("content-TYPE"),
    "getheader of several": lambda response: response.getheader("X-Two"),
    "getheader of an empty one": lambda response: response.getheader("X-Empty", "default"),
    "getheader of none": lambda response: response.getheader("X-None"),
    "getheader with a default": lambda response: response.getheader("X-None", "default"),
    "getheader with a list": lambda response: response.getheader("X-None", ["a", "b"]),
    "getheader with a number": lambda response: response.getheader("X-None", 5),
    "getheaders": lambda response: response.getheaders(),
    "items": lambda response: response.headers.items(),
    "get_all": lambda response: response.headers.get_all("x-TWO"),
    "get_all of none": lambda response: response.headers.get_all("X-None", []),
    "lookup": lambda response: (response.headers["DATE"], response.headers["X-None"], response.headers.get("X", 1)),
    "in": lambda response: ("set-cookie" in response.headers, "X-None" in response.headers, len(response.headers)),
    "content type": lambda response: response.headers.get_content_type(),
    "charset": lambda response: response.headers.get_content_charset(),
    "parameter": lambda response: response.headers.get_param("charset"),
    "file name": lambda response: response.headers.get_filename(),
    "date": lambda response: parsedate_to_datetime(response.headers["Date"]),
    "text": lambda response: str(response.headers),
    "bytes": lambda response: bytes(response.headers),
    "copy": lambda response: copy.deepcopy(response.headers).items(),
    "pickle": lambda response: pickle.loads(pickle.dumps(response.headers)).items(),  # noqa: S301  # our own
    "info": lambda response: (response.info() is response.headers, response.msg is response.headers),
    "kind": lambda response: type(response.headers),
}


@pytest.mark.parametrize("framing", ["length", "until close", "chunked"])
@pytest.mark.parametrize("what", HEAD)
def test_head_is_as_the_standard_library_gives_it(what: str, framing: str) -> None:
    raw = message(framing=framing)
    assert HEAD[what](ours(raw)) == HEAD[what](theirs(raw))


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("connection", ["", "Connection: close\r\n", "Connection: Keep-Alive\r\n"])
def test_whether_the_connection_closes_is_as_the_standard_library_tells(version: str, connection: str) -> None:
    raw = f"HTTP/{version} 200  Fine \r\n{connection}Content-Length: 0\r\n\r\n".encode()
    mine, standard = ours(raw), theirs(raw)
    assert mine.will_close == standard.will_close
    assert (mine.version, mine.reason) == (standard.version, standard.reason)


def test_headers_are_one_message_that_can_be_added_to() -> None:
    response = ours(message())
    response.headers["X-Mine"] = "a"
    assert response.getheader("X-Mine") == "a"
    assert response.info() is response.msg is response.headers


def test_url_is_what_was_asked_for() -> None:
    response = ours(message())
    assert response.url == response.geturl() == "http://example.com/a?b"


def test_trailers_are_a_message_of_their_own() -> None:
    response = ours(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 7\r\nX-Sum: 8\r\n\r\n")
    assert isinstance(response.trailers, HTTPMessage)
    assert response.trailers.get_all("x-sum") == ["7", "8"]
    assert response.getheader("X-Sum") is None
    assert ours(message()).trailers.items() == []


def test_cookies_are_noticed_and_can_be_taken_by_a_jar() -> None:
    response, jar = ours(message()), CookieJar()
    assert response.sets_cookie
    jar.extract_cookies(response, Request("http://example.com/"))
    assert [(cookie.name, cookie.value) for cookie in jar] == [("a", "1")]
    assert not ours(b"HTTP/1.1 200 OK\r\n\r\n").sets_cookie


def test_size_of_the_head() -> None:
    assert ours(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nbody").head_size == len(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n")


# The end of it.


def test_length_counts_what_is_not_read_yet() -> None:
    mine, standard = ours(message()), theirs(message())
    for amount in (0, 4, 10, None):
        mine.read(amount), standard.read(amount)
        assert mine.length == standard.length
    assert mine.length == 0


def test_response_is_closed_for_http_client_once_it_was_read() -> None:
    mine, standard = ours(message()), theirs(message())
    for amount in (4, len(BODY) - 4):
        assert mine.isclosed() is standard.isclosed() is False
        mine.read(amount), standard.read(amount)
    assert mine.isclosed() is standard.isclosed() is True
    assert mine.closed is standard.closed is False


def test_close_drops_the_rest() -> None:
    for response in (ours(message()), theirs(message())):
        response.read(3)
        response.close()
        response.close()
        assert response.closed
        assert response.isclosed()
        assert response.read() == response.read(5) == response.read1() == response.readline() == response.peek(1) == b""
        assert response.readinto(bytearray(5)) == 0
        assert list(response) == response.readlines() == []


def test_closed_response_is_no_context_manager() -> None:
    for response in (ours(message()), theirs(message())):
        response.close()
        with pytest.raises(ValueError, match="closed file"):
            response.__enter__()


def test_head_can_be_read_after_close() -> None:
    for response in (ours(message()), theirs(message())):
        response.close()
        assert response.getheader("X-Two") == "1, 2"


def test_context_manager_closes() -> None:
    for response in (ours(message()), theirs(message())):
        with response as entered:
            assert entered is response
            assert not response.closed
        assert response.closed


def test_closing_a_wrapper_closes_the_response() -> None:
    response = ours(message())
    io.TextIOWrapper(response, "utf-8").close()
    assert response.closed


@pytest.mark.parametrize(
    "use",
    [
        lambda response: response.write(b""),
        lambda response: response.seek(0),
        lambda response: response.tell(),
        lambda response: response.truncate(),
        lambda response: response.detach(),
        lambda response: response.fileno(),
    ],
)
def test_what_a_response_cannot_do_is_told_as_io_does(use: Callable[[Response], object]) -> None:
    with pytest.raises(io.UnsupportedOperation):
        use(ours(message()))


def test_response_is_readable_and_nothing_else() -> None:
    for response in (ours(message()), theirs(message())):
        assert isinstance(response, HTTPResponse)
        assert isinstance(response, io.BufferedIOBase)
        assert response.readable()
        assert not response.writable()
        assert not response.seekable()
        assert not response.isatty()
        response.flush()


def test_there_is_no_socket_below() -> None:
    assert ours(message()).fp is None


def test_repr_tells_status_url_and_size() -> None:
    assert repr(ours(message(b"abc"))) == "<Response [200 OK] http://example.com/a?b 3 bytes>"


def test_response_is_the_body_of_an_http_error() -> None:
    response = ours(message(status="404 Not Found"))
    with HTTPError(response.url, response.status, response.reason, response.headers, response) as error:
        assert (error.code, error.read()) == (404, BODY)


def test_engine_may_add_what_it_knows() -> None:
    response, other = ours(message()), ours(message())
    assert (response.timings, response.history) == (None, ())
    response.timings, response.history = (1.0, 2.0, 4.0, 5.0, None), (other,)
    assert response.timings is not None
    assert (response.timings.total, response.timings.waiting, response.history) == (4.0, 2.0, (other,))
    assert (other.timings, other.history) == (None, ())


def test_response_that_nobody_closed_goes_without_being_closed() -> None:
    closed = []

    class Watched(Response):
        def close(self) -> None:
            closed.append(self)

    parser = ResponseParser("GET", Limits())
    parser.feed(message())
    assert parser.head is not None
    Watched(parser.head, b"", "http://a/")
    gc.collect()
    assert closed == []


# JSON.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
def test_json_in_any_of_its_encodings(encoding: str) -> None:
    value = {"retcode": 0, "result": ["中文", "😀", 1.5, None, True]}
    response = ours(message(json.dumps(value, ensure_ascii=False).encode(encoding)))
    assert response.json() == value
    assert json.load(response) == value
    assert response.json() == value


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff\xff\xff", b"{} {}"])
def test_json_of_anything_else_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        ours(message(body)).json()
