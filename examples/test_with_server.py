"""How to test a program against a real server that misbehaves as told, and against a recording. Run it with pytest."""

import asyncio
from pathlib import Path
from urllib.request import Request

from webqq.httpstream import ConnectionLost, HTTPStream
from webqq.testing import Answer, FakeIOLoop, FakeNetwork, Freeze, Recorder, Reset, ScriptedServer, replay


async def fetch_twice(url: str, stream: HTTPStream) -> bytes:
    """The program under test: asks once more where the connection broke."""
    try:
        return (await stream.fetch(Request(url))).read()
    except ConnectionLost:
        return (await stream.fetch(Request(url))).read()


def test_broken_answer_is_asked_for_again() -> None:
    async def play(url: str) -> bytes:
        async with HTTPStream() as stream:
            return await fetch_twice(url, stream)

    with ScriptedServer() as server:
        server.on("/poll", Answer(200, b"0123456789"), Reset(after=42))
        server.on("/poll", Answer(200, b"whole").slow(0.01).sliced(3))
        assert asyncio.run(play(server.url("/poll"))) == b"whole"
        assert len(server.requests) == 2


def test_cancelled_request_lets_its_connection_go() -> None:
    async def play(server: ScriptedServer) -> None:
        async with HTTPStream() as stream:
            exchange = stream.add_request(Request(server.url("/poll")), print, print)
            # Not in this thread, where the client has to run meanwhile.
            await asyncio.to_thread(server.wait_for_frozen)
            exchange.cancel()
            await asyncio.to_thread(server.wait_for_closed)

    with ScriptedServer() as server:
        server.on("/poll", Freeze())
        asyncio.run(play(server))


def test_recorded_answers_are_given_without_a_server(tmp_path: Path) -> None:
    async def record(url: str, recorder: Recorder) -> None:
        async with HTTPStream(http_sock=recorder.http_sock()) as stream:
            await stream.fetch(Request(url))

    with ScriptedServer() as server, Recorder(tmp_path / "poll.har", secrets=["hunter2"]) as recorder:
        server.on("/poll", Answer(200, b"recorded"))
        url = server.url("/poll?password=hunter2")
        asyncio.run(record(url, recorder))

    with FakeIOLoop() as loop:
        network = FakeNetwork(loop)
        with replay(network, tmp_path / "poll.har", secrets=["hunter2"]):
            assert loop.run(fetch_twice(url, network.stream())) == b"recorded"
