"""A body that is still coming: what readers get, when the peer is held back, how it ends."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Coroutine
from http.client import HTTPResponse
from typing import Any

import pytest

from webqq.httpstream.errors import ConnectionLost, ResponseTooLarge
from webqq.httpstream.parser import Limits, ResponseParser
from webqq.httpstream.response import HIGH_WATER, LONGEST_LINE, StreamedResponse


class Flow:
    """Notes what the response asks of its source."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def abandon(self) -> None:
        self.calls.append("abandon")


def begun(*pieces: bytes, ended: bool = False, error: Exception | None = None) -> tuple[StreamedResponse, Flow]:
    parser = ResponseParser("GET", Limits())
    parser.feed(b"HTTP/1.1 206 Part\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert parser.head is not None
    flow = Flow()
    response = StreamedResponse(parser.head, "http://a/", flow)
    for piece in pieces:
        response.feed(piece)
    if ended or error is not None:
        response.end(error)
    return response, flow


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def wrapped() -> None:
        asyncio.run(test())

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped


async def waiting(read: Awaitable[Any]) -> asyncio.Task[Any]:
    """A task that has begun to read and waits."""
    task = asyncio.ensure_future(read)
    await asyncio.sleep(0)
    assert not task.done()
    assert isinstance(task, asyncio.Task)
    return task


async def all_of(response: StreamedResponse, size: int) -> list[bytes]:
    parts = []
    while part := await response.read(size):
        parts.append(part)
    return parts


LOST = ConnectionLost("the connection ended", 9)


def test_head_can_be_read_at_once() -> None:
    response, _ = begun()
    assert isinstance(response, HTTPResponse)
    assert (response.status, response.code, response.reason, response.version) == (206, 206, "Part", 11)
    assert (response.getheader("x-a"), response.url, response.chunked, response.will_close) == (
        "b",
        "http://a/",
        True,
        False,
    )
    assert response.getheaders() == [("X-A", "b"), ("Transfer-Encoding", "chunked")]


@run
async def test_read_of_some_gives_what_is_there() -> None:
    response, _ = begun(b"hello", b"world", ended=True)
    assert await response.read(0) == b""
    assert [await response.read(3) for _ in range(5)] == [b"hel", b"low", b"orl", b"d", b""]
    assert await response.read(3) == b""


@run
async def test_read_of_some_waits_for_the_first_byte() -> None:
    response, _ = begun()
    task = await waiting(response.read(100))
    response.feed(b"")
    await asyncio.sleep(0)
    assert not task.done()
    response.feed(b"one")
    response.feed(b"two")
    assert await task == b"onetwo"
    task = await waiting(response.read(100))
    response.end()
    assert await task == b""


@pytest.mark.parametrize("amount", [None, -1])
def test_read_of_all_waits_for_the_end(amount: int | None) -> None:
    async def test() -> None:
        response, _ = begun(b"a")
        task = await waiting(response.read(amount))
        response.feed(b"b")
        await asyncio.sleep(0)
        assert not task.done()
        response.end()
        assert await task == b"ab"
        assert await response.read() == b""

    asyncio.run(test())


@run
async def test_iteration_gives_chunks_as_they_came() -> None:
    response, _ = begun(b"one", b"two")

    async def chunks() -> list[bytes]:
        return [chunk async for chunk in response]

    task = await waiting(chunks())
    response.feed(b"three")
    response.end()
    assert await task == [b"one", b"two", b"three"]


@run
async def test_lines_come_as_they_end() -> None:
    response, _ = begun(b"one\ntw", b"o\r\n\nth")
    assert [await response.readline() for _ in range(3)] == [b"one\n", b"two\r\n", b"\n"]
    task = await waiting(response.readline())
    response.feed(b"ree")
    await asyncio.sleep(0)
    assert not task.done()
    response.feed(b"\nfour")
    assert await task == b"three\n"
    response.end()
    assert [await response.readline(), await response.readline()] == [b"four", b""]


@pytest.mark.parametrize("keepends", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_are_the_same_whatever_the_pieces(keepends: bool, size: int) -> None:
    body = b"one\r\n\ntwo\r three\n\r\n\r\nlast\r"

    async def test() -> list[bytes]:
        response, _ = begun(*(body[at : at + size] for at in range(0, len(body), size)), ended=True)
        return [line async for line in response.lines(keepends=keepends)]

    expected = [b"one\r\n", b"\n", b"two\r three\n", b"\r\n", b"\r\n", b"last\r"]
    assert asyncio.run(test()) == (expected if keepends else [b"one", b"", b"two\r three", b"", b"", b"last\r"])


@run
async def test_line_is_cut_at_its_limit() -> None:
    response, _ = begun(b"abcd", b"ef\ngh\n", ended=True)
    assert await response.readline(0) == b""
    assert [await response.readline(4) for _ in range(4)] == [b"abcd", b"ef\n", b"gh\n", b""]
    response, _ = begun(b"abc")
    assert await response.readline(2) == b"ab"
    assert await (await finished(response, response.readline(None), b"d\n")) == b"cd\n"


async def finished(response: StreamedResponse, read: Awaitable[bytes], data: bytes) -> asyncio.Task[Any]:
    task = await waiting(read)
    response.feed(data)
    return task


@run
async def test_ways_of_reading_can_be_mixed() -> None:
    response, _ = begun(b"line\nrest of ", b"it", b"more", ended=True)
    assert await response.readline() == b"line\n"
    assert await response.read(2) == b"re"
    assert await anext(response) == b"st of "
    assert await response.readline() == b"itmore"
    response, _ = begun(b"ab\ncd", b"ef", ended=True)
    assert await response.readline() == b"ab\n"
    assert await response.read(3) == b"cde"
    assert await response.read() == b"f"


@run
async def test_json_is_awaited() -> None:
    response, _ = begun(b'{"a"', b": 1}", ended=True)
    assert await response.json() == {"a": 1}
    response, _ = begun(b"<html>", ended=True)
    with pytest.raises(json.JSONDecodeError):
        await response.json()


READS: list[Callable[[StreamedResponse], Awaitable[bytes]]] = [
    lambda response: response.read(),
    lambda response: response.readline(),
    lambda response: response.lines().__anext__(),
]
READS_OF_SOME: list[Callable[[StreamedResponse], Awaitable[bytes]]] = [
    lambda response: response.read(5),
    lambda response: response.__anext__(),
]


# Errors.


@run
async def test_error_comes_after_the_bytes_before_it() -> None:
    response, _ = begun(b"abc", error=LOST)
    assert await response.read(2) == b"ab"
    assert await response.read(2) == b"c"
    for read in (response.read(2), response.read(), response.readline(), anext(response), response.json()):
        with pytest.raises(ConnectionLost) as caught:
            await read
        assert caught.value is LOST


@run
async def test_error_wakes_the_reader() -> None:
    for start in (*READS, *READS_OF_SOME):
        response, _ = begun()
        task = await waiting(start(response))
        response.end(LOST)
        with pytest.raises(ConnectionLost):
            await task


@run
async def test_what_came_before_an_error_is_not_taken_for_all() -> None:
    response, _ = begun(b"abc", error=LOST)
    with pytest.raises(ConnectionLost):
        await response.read()
    assert await response.read(10) == b"abc"


@run
async def test_line_that_an_error_cut_has_no_end() -> None:
    response, _ = begun(b"one\ntw", error=LOST)
    assert await response.readline() == b"one\n"
    assert await response.readline() == b"tw"
    with pytest.raises(ConnectionLost):
        await response.readline()


@run
async def test_line_that_an_error_cut_is_none_of_the_lines() -> None:
    response, _ = begun(b"one\ntw", error=LOST)
    lines = response.lines()
    assert await anext(lines) == b"one"
    with pytest.raises(ConnectionLost):
        await anext(lines)


@run
async def test_only_the_first_end_counts() -> None:
    response, _ = begun(b"a", ended=True)
    response.end(LOST, [("A", "b")])
    assert await response.read() == b"a"
    assert response.trailers.items() == []


@run
async def test_trailers_are_there_at_the_end() -> None:
    response, _ = begun(b"a")
    assert response.trailers.items() == []
    response.end(trailers=[("X-Sum", "7")])
    assert response.trailers["x-sum"] == "7"


# One reader at a time; cancelled ones.


@run
async def test_second_reader_is_refused() -> None:
    response, _ = begun()
    task = await waiting(response.read(1))
    for read in (response.read(), response.read(1), response.readline(), anext(response), anext(response.lines())):
        with pytest.raises(RuntimeError, match="another task is reading"):
            await read
    response.feed(b"x")
    assert await task == b"x"
    response.end()
    assert await response.read() == b""


@pytest.mark.parametrize("read", READS)
def test_cancelled_reader_loses_nothing(read: Callable[[StreamedResponse], Awaitable[bytes]]) -> None:
    async def test() -> None:
        response, _ = begun(b"ab")
        task = await waiting(read(response))
        response.feed(b"cd")
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        response.feed(b"ef")
        response.end()
        assert await response.read() == b"abcdef"

    asyncio.run(test())


@run
async def test_reader_that_is_cancelled_as_bytes_come_loses_none() -> None:
    for start in READS_OF_SOME:
        response, _ = begun()
        task = await waiting(start(response))
        response.feed(b"ab")
        task.cancel()
        response.feed(b"c")
        with pytest.raises(asyncio.CancelledError):
            await task
        response.end()
        assert await response.read() == b"abc"


# How much is held.


@run
async def test_peer_is_held_back_above_the_high_water_mark() -> None:
    response, flow = begun(b"x" * HIGH_WATER)
    assert flow.calls == []
    response.feed(b"x")
    response.feed(b"x")
    assert flow.calls == ["pause"]
    await response.read(HIGH_WATER // 2 + 2)
    assert flow.calls == ["pause"]
    await response.read(1)
    assert flow.calls == ["pause", "resume"]


@run
async def test_reader_of_all_is_not_held_back() -> None:
    response, flow = begun(b"x" * (HIGH_WATER + 1))
    assert flow.calls == ["pause"]
    task = await waiting(response.read())
    assert flow.calls == ["pause", "resume"]
    response.feed(b"x" * 10 * HIGH_WATER)
    assert flow.calls == ["pause", "resume"]
    task.cancel()
    await asyncio.wait([task])
    assert flow.calls == ["pause", "resume", "pause"]
    response.end()
    assert len(await response.read()) == 11 * HIGH_WATER + 1
    assert flow.calls == ["pause", "resume", "pause"]


@run
async def test_long_line_is_read_though_it_is_above_the_mark() -> None:
    response, flow = begun(b"x" * (HIGH_WATER + 1))
    task = await waiting(response.readline())
    assert flow.calls == ["pause", "resume"]
    response.feed(b"x" * (LONGEST_LINE - HIGH_WATER - 1))
    await asyncio.sleep(0)
    response.feed(b"\n")
    assert len(await task) == LONGEST_LINE + 1


@run
async def test_line_without_end_is_refused() -> None:
    response, flow = begun()
    task = await waiting(response.readline())
    for _ in range(2 * LONGEST_LINE // 65536):
        response.feed(b"x" * 65536)
        await asyncio.sleep(0)
    with pytest.raises(ResponseTooLarge, match="a line of the body"):
        await task
    assert flow.calls[-1] == "pause"
    assert len(await response.readline(10)) == 10


@run
async def test_long_line_byte_by_byte_is_searched_once() -> None:
    searched = 0

    class Watched(bytearray):
        def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
            nonlocal searched
            searched += len(self) - int(start)
            return super().find(sub, start)

    response, _ = begun()
    response._line = Watched()
    task = await waiting(response.readline())
    for _ in range(20_000):
        response.feed(b"x")
        await asyncio.sleep(0)
    response.end()
    assert len(await task) == 20_000
    assert searched < 3 * 20_000


@run
async def test_source_that_feeds_while_it_is_resumed_breaks_nothing() -> None:
    response, flow = begun(b"a" * (HIGH_WATER + 1))

    def resume() -> None:
        response.feed(b"b" * HIGH_WATER)
        response.end()

    flow.resume = resume  # type: ignore[method-assign]  # the test's own
    parts = await all_of(response, HIGH_WATER)
    assert b"".join(parts) == b"a" * (HIGH_WATER + 1) + b"b" * HIGH_WATER


# The end of it.


@run
async def test_close_abandons_what_is_still_coming() -> None:
    response, flow = begun(b"abc")
    task = await waiting(response.read())
    response.close()
    response.close()
    assert await task == b""
    assert flow.calls == ["abandon"]
    response.feed(b"late")
    response.end(LOST)
    assert response.closed
    assert response.isclosed()
    assert [await response.read(), await response.read(1), await response.readline()] == [b"", b"", b""]
    assert [chunk async for chunk in response] == []
    assert [line async for line in response.lines()] == []


@run
async def test_close_after_an_error_hides_it() -> None:
    response, flow = begun(b"abc", error=LOST)
    response.close()
    assert [await response.read(), await response.read(1)] == [b"", b""]
    assert flow.calls == []


@run
async def test_close_of_a_body_that_has_come_abandons_nothing() -> None:
    response, flow = begun(b"abc", ended=True)
    response.close()
    assert await response.read() == b""
    assert flow.calls == []


@run
async def test_context_managers_close() -> None:
    response, flow = begun()
    async with response as entered:
        assert entered is response
    assert response.closed
    assert flow.calls == ["abandon"]
    response, flow = begun()
    with response:
        pass
    assert flow.calls == ["abandon"]


@run
async def test_response_tells_how_far_it_is() -> None:
    response, _ = begun(b"abc")
    assert (response.length, response.isclosed(), response.closed) == (None, False, False)
    assert repr(response) == "<StreamedResponse [206 Part] http://a/ coming, 3 bytes held>"
    response.end()
    assert (response.length, response.isclosed()) == (3, False)
    assert "whole" in repr(response)
    await response.read()
    assert (response.length, response.isclosed(), response.closed) == (0, True, False)
    response.close()
    assert "closed" in repr(response)


@pytest.mark.parametrize(
    "use",
    [
        iter,
        next,
        lambda response: response.read1(),
        lambda response: response.peek(1),
        lambda response: response.readinto(bytearray(1)),
        lambda response: response.readinto1(bytearray(1)),
        lambda response: response.readlines(),
        lambda response: response.fileno(),
        lambda response: response.write(b""),
        lambda response: response.seek(0),
        lambda response: io.TextIOWrapper(response).read(),
        io.BufferedReader,
    ],
)
def test_what_would_block_is_refused(use: Callable[[Any], object]) -> None:
    with pytest.raises((io.UnsupportedOperation, OSError)):
        use(begun(b"abc")[0])
