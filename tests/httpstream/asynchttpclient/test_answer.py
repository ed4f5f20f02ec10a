"""What the caller and the callbacks get of an answer."""

import asyncio
import gzip
from itertools import cycle
from typing import Any

import pytest
from tornado.simple_httpclient import HTTPStreamClosedError

from tests.httpstream.asynchttpclient.fetching import fetch
from webqq.httpstream.asynchttpclient.gunzip import PIECE_SIZE
from webqq.testing import Answer, ScriptedServer


def test_repeated_headers_of_an_answer_are_all_there(server: ScriptedServer) -> None:
    server.on("/", Answer(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], reason="Fine"))
    response = fetch(server.url())
    assert (response.headers.get_list("Set-Cookie"), response.reason) == (["a=1", "b=2"], "Fine")


def test_compressed_body_is_undone_and_the_header_moved(server: ScriptedServer) -> None:
    body = gzip.compress(b"x" * 1000)
    server.on("/", Answer(body=body, headers={"Content-Encoding": "gzip"}).sliced(7), repeat=True)
    response = fetch(server.url())
    assert (response.body, response.headers.get("Content-Encoding")) == (b"x" * 1000, None)
    assert response.headers["X-Consumed-Content-Encoding"] == "gzip"
    assert fetch(server.url(), decompress_response=False).body == body


@pytest.mark.parametrize("awaited", [(False,), (True,), (True, False)])
def test_compressed_body_comes_in_small_pieces(server: ScriptedServer, awaited: tuple[bool, ...]) -> None:
    is_awaited = cycle(awaited)
    size = 20 * PIECE_SIZE + 5
    pieces = []

    def take(piece: bytes) -> Any:
        pieces.append(len(piece))
        return asyncio.sleep(0) if next(is_awaited) else len(piece)

    server.on("/", Answer(body=gzip.compress(bytes(size)), headers={"Content-Encoding": "gzip"}))
    fetch(server.url(), streaming_callback=take).rethrow()
    assert (sum(pieces), max(pieces)) == (size, PIECE_SIZE)


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"abc")[:-1], b"no gzip"],
    ids=["cut", "another"],
)
def test_body_that_is_not_as_its_coding_says_is_an_error(server: ScriptedServer, body: bytes) -> None:
    server.on("/", Answer(body=body, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(HTTPStreamClosedError, match="invalid gzip"):
        fetch(server.url())


def test_body_beyond_the_limit_is_an_error(server: ScriptedServer) -> None:
    server.on("/bomb", Answer(body=gzip.compress(bytes(100_000)), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(HTTPStreamClosedError, match="decompressed body too large"):
        fetch(server.url("/bomb"), {"max_body_size": 10_000})
    server.on("/", Answer(body=b"12345"), repeat=True)
    assert fetch(server.url(), {"max_body_size": 5}).body == b"12345"
    with pytest.raises(HTTPStreamClosedError, match="longer than 4"):
        fetch(server.url(), {"max_body_size": 4})
