"""nginx: connections that live and die, TLS sessions, codings, large bodies, uploads it refuses."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from typing import Any
from urllib.request import Request

import pytest

from tests.peers.conftest import LARGE
from tests.peers.process import Peer, run
from webqq.httpstream import ConnectionLost, HTTPStream, Response, StreamedResponse
from webqq.httpstream.hooks import Event

MANY = 300


def url(nginx: Peer, path: str, port: str = "plain") -> str:
    scheme, host = ("https", "localhost") if port == "tls" else ("http", "127.0.0.1")
    return f"{scheme}://{host}:{nginx.port(port)}{path}"


def ask(nginx: Peer, path: str, data: Any = None, **options: Any) -> Response:
    async def test() -> Response:
        async with HTTPStream() as stream:
            return await stream.fetch(Request(url(nginx, path), data), **options)

    return run(test)


# Connections.


def test_connection_serves_many(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            served = [(await stream.fetch(Request(url(nginx, "/connection")))).read().split() for _ in range(50)]
            assert [int(count) for _, count in served] == list(range(1, 51))

    run(test)


def test_get_never_fails_where_connections_end_after_three_requests(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            for _ in range(MANY):
                assert (await stream.fetch(Request(url(nginx, "/", "dying")))).status == 200
            assert stream.counters.opened == MANY // 3
            assert not stream.audit().exchanges

    run(test)


def test_concurrent_gets_never_fail_where_connections_end_after_three_requests(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream(max_per_host=20) as stream:

            async def client() -> None:
                for _ in range(MANY // 10):
                    assert (await stream.fetch(Request(url(nginx, "/", "dying")))).status == 200

            await asyncio.gather(*(client() for _ in range(30)))
            assert not stream.audit().exchanges

    run(test)


def test_posts_do_not_fail_where_the_server_says_that_it_ends(nginx: Peer) -> None:
    """nginx says ``Connection: close`` with the third answer: there is nothing to race for."""

    async def test() -> None:
        async with HTTPStream(max_per_host=20) as stream:

            async def client(number: int) -> None:
                for _ in range(MANY // 10):
                    response = await stream.fetch(Request(url(nginx, "/echo", "dying"), b"%d" % number))
                    assert response.read().startswith(b"POST %d " % len(str(number)))

            await asyncio.gather(*(client(number) for number in range(20)))
            assert stream.counters.resent == 0

    run(test)


async def is_posted(stream: HTTPStream, where: str) -> bool:
    """Whether a POST got its answer. One that met the end of its connection may have taken effect: it is the caller's
    to send it again."""
    try:
        return (await stream.fetch(Request(where, b"data"))).status == 200
    except ConnectionLost as error:
        return error.received > 0


def test_gets_never_fail_while_the_server_ends_idle_connections(nginx: Peer) -> None:
    """The server ends them after a second and says nothing; requests come at any moment around that."""

    async def test() -> None:
        async with HTTPStream() as stream:
            lost = 0
            for number in range(30):
                answers = await asyncio.gather(
                    *(stream.fetch(Request(url(nginx, "/", "brief"))) for _ in range(10)), return_exceptions=True
                )
                assert all(isinstance(answer, Response) and answer.status == 200 for answer in answers)
                lost += not await is_posted(stream, url(nginx, "/", "brief"))
                # Real time: nginx knows no shorter one than a second, and no other clock.
                await asyncio.sleep(0.9 + number * 0.02 if number % 10 == 9 else 0.01)
            assert not stream.audit().exchanges
            assert lost <= 3

    run(test)


def test_get_goes_out_again_where_a_kept_connection_ended_unseen(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            for _ in range(MANY // 10):
                await stream.fetch(Request(url(nginx, "/connection")))
                # The loop has no chance to see what nginx does at its end.
                for connection in stream.audit().idle:
                    connection.sock.shutdown(1)
                assert (await stream.fetch(Request(url(nginx, "/connection")))).status == 200
            assert not stream.audit().exchanges

    run(test)


def test_answer_that_ends_its_connection(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            assert (await stream.fetch(Request(url(nginx, "/close")))).read() == b"closed"
            assert stream.audit().is_clean

    run(test)


def test_no_answer_at_all(nginx: Peer) -> None:
    with pytest.raises(ConnectionLost):
        ask(nginx, "/nothing")


def test_unix_socket(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream(unix_socket=str(nginx.folder / "nginx.sock")) as stream:
            for count in range(1, 4):
                said = (await stream.fetch(Request("http://some.host/connection"))).read()
                assert int(said.split()[1]) == count

    run(test)


def test_redirect_and_empty_answer_keep_the_connection(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            assert (await stream.fetch(Request(url(nginx, "/empty")))).status == 204
            assert (await stream.fetch(Request(url(nginx, "/moved")))).read().split()[1] == b"3"

    run(test)


# TLS.


def test_tls_sessions_are_resumed(nginx: Peer, trusting: ssl.SSLContext) -> None:
    async def test() -> None:
        async with HTTPStream(ssl_context=trusting) as stream:
            said = [(await stream.fetch(Request(url(nginx, "/", "tls")))).read().split() for _ in range(30)]
            connections = {words[2]: words[0] for words in said}
            # Three requests a connection; only the first is made from nothing.
            assert list(connections.values()) == [b".", *[b"r"] * 9]

    run(test)


def test_large_file_over_tls(nginx: Peer, trusting: ssl.SSLContext) -> None:
    async def test() -> None:
        async with HTTPStream(ssl_context=trusting) as stream:
            assert len((await stream.fetch(Request(url(nginx, "/files/large.bin", "tls")))).read()) == LARGE

    run(test)


# Bodies.


def test_large_file_is_streamed(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            response = await stream.fetch(Request(url(nginx, "/large.bin")), stream=True)
            assert isinstance(response, StreamedResponse)
            sizes = [len(piece) async for piece in response]
            assert sum(sizes) == LARGE
            assert max(sizes) < LARGE // 4
            assert len(stream.audit().idle) == 1

    run(test)


def test_half_a_file_is_enough(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            response = await stream.fetch(Request(url(nginx, "/large.bin")), stream=True)
            assert isinstance(response, StreamedResponse)
            async with response:
                assert len(await response.read(1000)) == 1000
            assert stream.audit().is_clean
            assert (await stream.fetch(Request(url(nginx, "/connection")))).status == 200

    run(test)


def test_file_at_a_limited_rate(nginx: Peer) -> None:
    assert ask(nginx, "/slow/page.txt", decompress=False).read() == b"a page\n" * 1000


def test_compressed_answer_comes_in_chunks(nginx: Peer) -> None:
    response = ask(nginx, "/page.txt")
    assert (response.headers["Content-Encoding"], response.chunked) == ("gzip", True)
    assert response.read() == b"a page\n" * 1000


def test_trailers(nginx: Peer) -> None:
    response = ask(nginx, "/trailed/page.txt")
    assert response.trailers["X-Sum"] == "abc"
    assert response.read() == b"a page\n" * 1000


def test_head(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            response = await stream.fetch(Request(url(nginx, "/large.bin"), method="HEAD"))
            assert (response.headers["Content-Length"], response.read()) == (str(LARGE), b"")
            assert len(stream.audit().idle) == 1

    run(test)


def test_part_of_a_file_and_what_has_not_changed(nginx: Peer) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            part = await stream.fetch(Request(url(nginx, "/large.bin"), headers={"Range": "bytes=256-259"}))
            assert (part.status, part.read()) == (206, b"\0\1\2\3")
            again = Request(url(nginx, "/large.bin"), headers={"If-None-Match": part.headers["ETag"]})
            assert (await stream.fetch(again)).status == 304
            assert stream.counters.opened == 1

    run(test)


# Uploads.


def pieces() -> Iterator[bytes]:
    yield from (b"x" * 1000 for _ in range(1000))


async def awaited() -> AsyncIterator[bytes]:
    for piece in pieces():
        yield piece


@pytest.mark.parametrize("expect", [False, True])
def test_uploads_of_every_kind_arrive(nginx: Peer, expect: bool) -> None:
    for data in (b"x" * 1_000_000, BytesIO(b"x" * 1_000_000), pieces(), awaited()):
        said = ask(nginx, "/upload", data, expect=expect).read().split()
        assert said[:2] == [b"POST", b"1000000"]


@pytest.mark.parametrize("expect", [False, True])
@pytest.mark.parametrize("data", [lambda: b"x" * LARGE, lambda: BytesIO(b"x" * LARGE), pieces])
def test_upload_that_is_refused_before_its_end_gets_the_answer(nginx: Peer, data: Any, expect: bool) -> None:
    async def test() -> None:
        async with HTTPStream() as stream:
            for _ in range(3):
                response = await stream.fetch(Request(url(nginx, "/small"), data()), expect=expect)
                assert response.status == 413
                assert not stream.audit().exchanges
            assert (await stream.fetch(Request(url(nginx, "/connection")))).status == 200

    run(test)


def test_leave_is_waited_for(nginx: Peer) -> None:
    """Of a body that is refused nothing is sent."""

    async def test() -> None:
        async with HTTPStream() as stream:
            assert (await stream.fetch(Request(url(nginx, "/small"), BytesIO(bytes(LARGE))), expect=True)).status == 413
            assert stream.counters.bytes_sent < 1000

    run(test)


def test_what_happened_is_told(nginx: Peer) -> None:
    told: list[Event] = []

    async def test() -> None:
        async with HTTPStream(hooks=[lambda event, subject, detail: told.append(event)]) as stream:
            for _ in range(2):
                await stream.fetch(Request(url(nginx, "/connection")))

    run(test)
    once = [Event.SENT, Event.FIRST_BYTE, Event.DONE]
    assert told == [Event.RESOLVED, Event.CONNECTED, *once, Event.REUSED, *once, Event.DROPPED]
