"""Bodies that a ``body_producer`` writes."""

import asyncio
from typing import Any

import pytest
from tornado.httputil import HTTPOutputError
from tornado.iostream import StreamClosedError

from tests.httpstream.asynchttpclient.fetching import client_of, fetch, run
from webqq.testing import Answer, Close, Freeze, ReadBody, ScriptedServer


def test_produced_body_may_say_that_it_is_chunked(server: ScriptedServer) -> None:
    server.on("/", Answer())
    headers = {"Transfer-Encoding": "chunked"}
    fetch(server.url(), method="PUT", body_producer=lambda write: write(b"abc"), headers=headers).rethrow()
    assert (server.requests[0].body, server.requests[0].headers.get_all("Transfer-Encoding")) == (b"abc", ["chunked"])


@pytest.mark.parametrize("written", [b"1234", b"12345678901"])
def test_produced_body_must_have_the_length_it_says(server: ScriptedServer, written: bytes) -> None:
    server.on("/", ReadBody(), Answer(), repeat=True, early=True)
    with pytest.raises(HTTPOutputError):
        fetch(server.url(), method="PUT", body_producer=lambda write: write(written), headers={"Content-Length": "10"})


def test_what_a_producer_raises_is_raised(server: ScriptedServer) -> None:
    server.on("/", ReadBody(), Answer(), early=True)

    async def produce(write: Any) -> None:
        await write(b"1")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        fetch(server.url(), method="PUT", body_producer=produce)


def test_producer_waits_while_the_server_reads_nothing() -> None:
    count, size = 64, 512 * 1024
    written = 0

    async def produce(write: Any) -> None:
        nonlocal written
        for _ in range(count):
            await write(b"x" * size)
            written += 1

    with ScriptedServer(receive_buffer=4096) as server:
        server.on("/", Freeze(is_deaf=True), ReadBody(), Answer(), early=True)

        async def test() -> None:
            async with client_of() as client:
                fetch = client.fetch(server.url(), method="PUT", body_producer=produce)
                await asyncio.to_thread(server.wait_for_frozen)
                assert written < count
                server.release()
                await fetch

        run(test)
        assert (written, len(server.requests[0].body)) == (count, count * size)


def test_producer_is_cancelled_when_the_answer_comes_first(server: ScriptedServer) -> None:
    server.on("/", Freeze(), Answer(413), Close(), early=True)
    ended = asyncio.Event()

    async def produce(write: Any) -> None:
        try:
            await write(b"1")
            server.release()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def test() -> int:
        async with client_of() as client:
            response = await client.fetch(server.url(), method="PUT", body_producer=produce, raise_error=False)
            await ended.wait()
            return int(response.code)

    assert run(test) == 413


def test_writes_after_the_end_fail(server: ScriptedServer) -> None:
    server.on("/", Freeze(), Answer(413), Close(), early=True)
    writes: list[Any] = []

    async def test() -> None:
        def produce(write: Any) -> Any:
            writes.extend([write, write(b"1"), write(b"2")])
            server.release()
            return asyncio.get_running_loop().create_future()

        async with client_of() as client:
            await client.fetch(server.url(), method="PUT", body_producer=produce, raise_error=False)
        with pytest.raises(StreamClosedError):
            await writes[0](b"3")

    run(test)


def test_body_is_produced_again_for_a_redirect(server: ScriptedServer) -> None:
    server.on("/", Answer(307, headers={"Location": "/there"}))
    server.on("/there", Answer(body=b"ok"))
    response = fetch(server.url(), method="PUT", body_producer=lambda write: write(b"1234"))
    assert (response.body, [request.body for request in server.requests]) == (b"ok", [b"1234", b"1234"])


def test_writes_after_a_producer_that_has_returned_fail(server: ScriptedServer) -> None:
    server.on("/", Answer())
    kept: list[Any] = []

    def produce(write: Any) -> None:
        kept.extend([write, write(b"1")])

    async def test() -> None:
        async with client_of() as client:
            await client.fetch(server.url(), method="PUT", body_producer=produce)
        write, first = kept
        await first
        with pytest.raises(StreamClosedError):
            await write(b"2")

    run(test)
    assert server.requests[0].body == b"1"
