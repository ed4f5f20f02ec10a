"""Answers that are handed over while they come."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request

import mock
import pytest
from tornado.ioloop import IOLoop

from webqq.httpstream import (
    BetweenBytesTimeout,
    ConnectionLost,
    DecodingError,
    ReadbackError,
    ResponseTooLarge,
    State,
    StreamClosed,
    StreamedResponse,
    Timeouts,
)
from webqq.httpstream.delivery import _ToCallbacks
from webqq.httpstream.response import HIGH_WATER
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

URL = "http://example.com/"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
NO_END = Timeouts(total=None, between_bytes=None)


def opened(loop: FakeIOLoop, stream: Any, **options: Any) -> StreamedResponse:
    response = loop.run(stream.fetch(Request(URL), stream=True, **options))
    assert isinstance(response, StreamedResponse)
    return response


# To a reader.


def test_fetch_returns_with_the_head_and_the_body_is_awaited(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_sse(URL, "one", "two", every=5)
    stream = network.stream()
    response = opened(loop, stream)
    assert loop.time() == 0
    assert len(stream.under_way) == 1
    assert loop.run(response.read()) == b"data: one\n\ndata: two\n\n"
    assert loop.time() == 10
    assert (len(stream.audit().idle), stream.under_way) == (1, set())


def test_connection_of_a_streamed_answer_is_kept(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"0123456789", repeat=True)
    stream = network.stream()
    for _ in range(3):
        assert loop.run(opened(loop, stream).read()) == b"0123456789"
    assert len(network.sockets) == 1


def test_lines_and_chunks(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"a\nb\r\nc", repeat=True)
    stream = network.stream()

    async def read() -> tuple[list[bytes], list[bytes]]:
        by_line = await stream.fetch(Request(URL), stream=True)
        lines = [line async for line in by_line.lines()]  # type: ignore[attr-defined]  # with stream=True
        by_chunk = await stream.fetch(Request(URL), stream=True)
        return lines, [chunk async for chunk in by_chunk]  # type: ignore[attr-defined]  # with stream=True

    assert loop.run(read()) == ([b"a", b"b", b"c"], [b"a\nb\r\nc"])


def test_coroutine_readback_reads_and_goes_on(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_sse(URL, "one", every=5)
    network.answer(URL + "next", b"second")
    bodies: list[bytes] = []

    async def second(response: Any) -> None:
        bodies.append(await response.read())

    async def first(response: Any) -> Any:
        bodies.append(await response.read())
        return Request(URL + "next"), second

    stream = network.stream()
    stream.get(URL, None, first, stream=True)
    loop.advance(100)
    assert bodies == [b"data: one\n\n", b"second"]
    assert stream.audit().exchanges == ()


def test_plain_readback_may_hand_the_response_on(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD + b"01234", b"56789")
    stream = network.stream()
    stream.get(URL, None, readback := mock.Mock(return_value=None), stream=True)
    loop.settle()
    (response,) = readback.call_args.args
    assert loop.run(response.read()) == b"0123456789"


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_readback_that_fails_gives_the_stream_up(loop: FakeIOLoop, network: FakeNetwork, is_coroutine: bool) -> None:
    network.answer_raw(URL, HEAD + b"01234")
    stream = network.stream(timeout=NO_END)

    async def fail(response: Any) -> None:
        raise KeyError("x")

    readback = fail if is_coroutine else mock.Mock(side_effect=KeyError("x"))
    exchange = stream.get(URL, None, readback, errorback := mock.Mock(), stream=True)
    loop.settle()
    assert isinstance(errorback.call_args.args[0], ReadbackError)
    assert exchange.state is State.CANCELLED
    assert network.sockets[0].is_closed
    assert stream.audit().is_clean


def test_reader_that_pauses_holds_the_peer_back(loop: FakeIOLoop, network: FakeNetwork) -> None:
    size = 8 * HIGH_WATER
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    network.answer_raw(URL, head, *(bytes(16_384) for _ in range(size // 16_384)))
    stream = network.stream(timeout=Timeouts(between_bytes=5, total=None))
    response = opened(loop, stream)
    loop.advance(100)
    (connection,) = stream.connections.open
    assert connection.is_paused
    waiting = len(network.sockets[0].incoming)
    assert waiting > 6 * HIGH_WATER // 16_384, "no more is held than was promised"
    loop.run(response.read(16_384))
    loop.settle()
    assert len(network.sockets[0].incoming) == waiting, "it goes on at the low mark, not at each read"
    assert len(loop.run(response.read())) == size - 16_384
    assert stream.audit().exchanges == ()


def test_pause_ends_no_timeout_and_reading_on_begins_one(loop: FakeIOLoop, network: FakeNetwork) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    network.answer_raw(URL, head + bytes(300_000))
    response = opened(loop, network.stream(timeout=Timeouts(between_bytes=5, total=None)))
    loop.advance(100)
    begun = loop.time()
    with pytest.raises(BetweenBytesTimeout):
        loop.run(response.read())
    assert loop.time() == begun + 5


def test_close_gives_the_exchange_up_and_frees_all(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD + b"01234")
    stream = network.stream()
    response = opened(loop, stream)
    response.close()
    assert network.sockets[0].is_closed
    assert (stream.audit().is_clean, stream.counters.cancelled) == (True, 1)
    assert loop.run(response.read()) == b""


def test_what_came_before_an_error_can_be_read(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD + b"01234", EOF)
    response = opened(loop, network.stream())

    async def read() -> bytes:
        data = await response.read(100)
        with pytest.raises(ConnectionLost):
            await response.read(100)
        return data

    assert loop.run(read()) == b"01234"


def test_what_came_together_with_an_error_can_be_read(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """As much as one call of recv takes, and the end behind it, in one turn of the loop."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    network.answer_raw(URL, head)
    response = opened(loop, network.stream())
    network.sockets[0].deliver(bytes(65_536), EOF)

    async def read() -> int:
        count = 0
        try:
            while data := await response.read(10_000):
                count += len(data)
        except ConnectionLost:
            return count
        raise AssertionError("the body was cut")

    assert loop.run(read()) == 65_536


def test_error_of_a_coding_reaches_the_reader(loop: FakeIOLoop, network: FakeNetwork) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    network.answer_raw(URL, head, b"4\r\nnope\r\n0\r\n\r\n")
    response = opened(loop, network.stream())
    with pytest.raises(DecodingError):
        loop.run(response.read())
    assert network.sockets[0].is_closed


def test_gzip_is_undone_while_it_comes(loop: FakeIOLoop, network: FakeNetwork) -> None:
    text = bytes(range(256)) * 1000
    packed = gzip.compress(text)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    network.answer_raw(URL, head, *(packed[i : i + 100] for i in range(0, len(packed), 100)), repeat=True)
    stream = network.stream()
    assert loop.run(opened(loop, stream).read()) == text
    assert loop.run(opened(loop, stream, decompress=False).read()) == packed
    assert network.requests[1].headers["Accept-Encoding"] == "identity"


def test_limit_of_a_body_counts_decoded_bytes(loop: FakeIOLoop, network: FakeNetwork) -> None:
    packed = gzip.compress(bytes(1_000_000))
    network.answer(URL, packed, headers={"Content-Encoding": "gzip"}, repeat=True)
    stream = network.stream()
    assert len(loop.run(opened(loop, stream).read())) == 1_000_000
    with pytest.raises(ResponseTooLarge):
        loop.run(stream.fetch(Request(URL), max_body=999_999))
    response = loop.run(stream.fetch(Request(URL), max_body=1_000_000))
    assert len(response.read()) == 1_000_000


def test_stream_has_no_limit_unless_one_is_said(loop: FakeIOLoop, network: FakeNetwork) -> None:
    from webqq.httpstream import Limits

    network.http_sock.limits = Limits(body=100)
    network.answer(URL, bytes(1000), repeat=True)
    stream = network.stream()
    assert len(loop.run(opened(loop, stream).read())) == 1000
    sizes: list[int] = []
    loop.run(stream.fetch(Request(URL), on_data=lambda data: sizes.append(len(data))))
    assert sum(sizes) == 1000
    response = opened(loop, stream, max_body=100)
    with pytest.raises(ResponseTooLarge):
        loop.run(response.read())


def test_stream_that_is_closed_fails_the_reader(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD)
    stream = network.stream()
    response = opened(loop, stream)
    loop.call_later(1, stream.close)
    with pytest.raises(StreamClosed):
        loop.run(response.read())


def test_cancelling_the_exchange_fails_the_reader(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD)
    stream = network.stream()
    exchange = stream.get(URL, None, readback := mock.Mock(return_value=None), stream=True)
    loop.settle()
    assert exchange.cancel()
    with pytest.raises(StreamClosed):
        loop.run(readback.call_args.args[0].read())
    assert stream.audit().is_clean


def test_response_that_comes_as_the_task_is_cancelled_is_given_up(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD)
    stream = network.stream(timeout=NO_END)

    async def fetch() -> None:
        await stream.fetch(Request(URL), stream=True, on_head=lambda head: tasks[0].cancel())

    async def run() -> None:
        tasks.append(asyncio.ensure_future(fetch()))
        await asyncio.wait(tasks)
        assert tasks[0].cancelled()

    tasks: list[asyncio.Future[None]] = []
    loop.run(run())
    assert stream.audit().is_clean
    assert network.sockets[0].is_closed


# Callbacks.


def test_head_and_pieces_go_to_callbacks(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD, b"01234", b"56789")
    calls: list[Any] = []
    response = loop.run(
        network.stream().fetch(
            Request(URL), on_head=lambda head: calls.append(head.headers["Content-Length"]), on_data=calls.append
        )
    )
    assert calls == ["10", b"01234", b"56789"]
    assert (response.status, response.read()) == (200, b"")


def test_head_alone_leaves_the_body_to_the_response(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD + b"0123", b"456789")
    heads: list[Any] = []
    stream = network.stream()
    response = loop.run(stream.fetch(Request(URL), on_head=heads.append))
    assert (len(heads), response.read()) == (1, b"0123456789")
    (connection,) = stream.audit().idle
    assert connection.parser is not None
    assert connection.parser.body() == b"", "a kept connection holds no body"


def test_callbacks_count_as_somebody_who_wants_the_answer(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"body", repeat=True)
    stream = network.stream()
    pieces: list[bytes] = []
    for _ in range(2):
        exchange = stream.add_request(Request(URL), on_data=pieces.append)
        loop.settle()
        assert exchange.state is State.DONE
    assert pieces == [b"body", b"body"]
    assert len(network.sockets) == 1


def test_what_on_data_returns_is_awaited_before_more_is_read(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD + b"01", b"234", b"56789", repeat=True)
    seen: list[tuple[float, bytes]] = []

    async def take(data: bytes) -> None:
        await asyncio.sleep(10)
        seen.append((loop.time(), data))

    stream = network.stream(timeout=Timeouts(between_bytes=5, total=None))
    readback = mock.Mock(return_value=None)
    stream.get(URL, None, readback, on_data=take)
    loop.advance(1)
    assert len(network.sockets[0].incoming) == 2
    loop.advance(28)
    readback.assert_not_called()
    loop.advance(1)
    readback.assert_called_once()
    assert seen == [(10, b"01"), (20, b"234"), (30, b"56789")]
    assert len(stream.audit().idle) == 1


async def failing(data: bytes) -> None:
    raise KeyError("x")


async def cancelled(data: bytes) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    "options",
    [
        {"on_head": mock.Mock(side_effect=KeyError("x"))},
        {"on_head": mock.Mock(side_effect=KeyError("x")), "stream": True},
        {"on_data": mock.Mock(side_effect=KeyError("x"))},
        {"on_data": failing},
        {"on_data": cancelled},
    ],
    ids=["head", "head of a stream", "data", "awaited data", "cancelled data"],
)
def test_callback_that_raises_ends_the_exchange(
    loop: FakeIOLoop, network: FakeNetwork, options: dict[str, Any]
) -> None:
    network.answer_raw(URL, HEAD + b"01")
    stream = network.stream(timeout=NO_END)
    with pytest.raises(ReadbackError, match="callback"):
        loop.run(stream.fetch(Request(URL), **options))
    assert stream.audit().is_clean
    assert network.sockets[0].is_closed


@pytest.mark.parametrize("body", [b"01", b"0123456789"], ids=["part", "whole"])
@pytest.mark.parametrize(("name", "is_stream"), [("on_head", False), ("on_data", False), ("on_head", True)])
@pytest.mark.parametrize("act", ["cancel", "close"])
def test_callback_may_end_the_exchange(
    loop: FakeIOLoop, network: FakeNetwork, body: bytes, name: str, act: str, is_stream: bool
) -> None:
    network.answer_raw(URL, HEAD + body)
    stream = network.stream()
    exchange: Any = None
    callback = lambda argument: (exchange.cancel if act == "cancel" else stream.close)() and None  # noqa: E731  # one call for either act
    readback, errorback = mock.Mock(return_value=None), mock.Mock()
    options: dict[str, Any] = {name: callback, "stream": is_stream}
    exchange = stream.get(URL, None, readback, errorback, **options)
    loop.settle()
    readback.assert_not_called()
    assert errorback.call_count == (act == "close")
    assert exchange.state is (State.CANCELLED if act == "cancel" else State.FAILED)
    assert stream.audit().is_clean
    assert network.sockets[0].is_closed


def test_response_may_be_closed_where_its_head_is_told(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD + b"01")
    stream = network.stream()
    response = loop.run(stream.fetch(Request(URL), stream=True, on_head=lambda head: head.close()))
    assert loop.run(response.read()) == b""  # type: ignore[arg-type]  # awaited with stream=True
    assert stream.audit().is_clean


def test_cancel_while_a_piece_is_awaited_ends_that(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD + b"0123456789")
    ended = mock.Mock()

    async def take(data: bytes) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            ended()
            raise KeyError("nobody's any more")

    stream = network.stream()
    exchange = stream.get(URL, None, readback := mock.Mock(), on_data=take)
    loop.settle()
    assert exchange.cancel()
    loop.advance(200)
    ended.assert_called_once_with()
    readback.assert_not_called()
    assert stream.audit().is_clean


# Early answers: before all of the request is sent.


async def slow_body() -> AsyncIterator[bytes]:
    for _ in range(5):
        await asyncio.sleep(1)
        yield b"piece"


def test_early_answer_streams_while_the_request_goes_on(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, incoming=[HEAD + b"01"])
    network.answer_raw(URL, b"234", b"56789")
    stream = network.stream()
    request = Request(URL, slow_body())  # type: ignore[arg-type]  # an async iterable is fine
    response = opened_with(loop, stream, request)
    assert loop.time() == 0
    assert loop.run(response.read()) == b"0123456789"
    assert network.requests[0].body == b"piece" * 5
    assert loop.time() == 5
    assert len(stream.audit().idle) == 1


def opened_with(loop: FakeIOLoop, stream: Any, request: Request) -> StreamedResponse:
    response = loop.run(stream.fetch(request, stream=True))
    assert isinstance(response, StreamedResponse)
    return response


def test_reader_of_an_early_answer_holds_the_peer_back_too(loop: FakeIOLoop, network: FakeNetwork) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    pieces = [bytes(50_000) for _ in range(20)]
    network.prepare_socket(URL, incoming=[head, *pieces])
    network.answer_raw(URL)
    stream = network.stream()
    response = opened_with(loop, stream, Request(URL, slow_body()))  # type: ignore[arg-type]  # an async iterable is fine
    loop.advance(10)
    assert network.requests[0].body == b"piece" * 5, "the request went on"
    assert len(network.sockets[0].incoming) > 10
    assert len(loop.run(response.read())) == 1_000_000
    assert len(stream.audit().idle) == 1


def test_early_answer_that_is_whole_ends_the_request(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, incoming=[HEAD + b"0123456789"])
    network.answer_raw(URL)

    async def take(data: bytes) -> None:
        await asyncio.sleep(3)

    stream = network.stream()
    request = Request(URL, slow_body())  # type: ignore[arg-type]  # an async iterable is fine
    response = loop.run(stream.fetch(request, on_data=take))
    assert (response.status, loop.time()) == (200, 3)
    assert network.sockets[0].is_closed
    loop.advance(10)
    assert stream.audit().is_clean


def test_interest_is_only_in_what_is_wanted(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """While a body is waited for, a writable socket wakes nobody."""
    network.answer(URL)
    stream = network.stream()
    stream.add_request(Request(URL, slow_body()), mock.Mock(return_value=None))  # type: ignore[arg-type]  # an async iterable is fine
    loop.settle()
    with mock.patch.object(loop, "update_handler", wraps=loop.update_handler) as update:
        loop.advance(0.5)
    update.assert_not_called()
    loop.advance(0.6)
    (connection,) = stream.connections.open
    loop.advance(0.1)
    assert not connection.is_paused
    assert connection.interest == IOLoop.READ
    loop.advance(10)


def test_cookies_of_a_streamed_answer_are_kept_with_its_head(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 1\r\n\r\n")
    jar = CookieJar()
    stream = network.stream(cookiejar=jar)
    opened(loop, stream).close()
    assert [cookie.name for cookie in jar] == ["a"]


def test_head_may_come_in_pieces(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, HEAD[:20], HEAD[20:] + b"0123456789")
    assert loop.run(opened(loop, network.stream()).read()) == b"0123456789"


def test_on_data_that_cancels_after_the_answer_was_whole_is_the_end(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """The last piece waits for the one before it, and the answer's end for both."""
    taken = []

    async def wait() -> None:
        await asyncio.sleep(1)

    async def never() -> None:
        raise AssertionError("nobody awaits it any more")

    def take(data: bytes) -> Any:
        taken.append(data)
        if len(taken) < 2:
            return wait()
        exchange.cancel()
        return never()

    def split(self: Any, parser: Any) -> None:
        data = parser.take()
        self._pieces.extend([data[:2], data[2:]])
        self._hand_on()

    network.answer(URL, b"abcd")
    stream = network.stream()
    with mock.patch.object(_ToCallbacks, "take", split):
        exchange = stream.get(URL, None, readback := mock.Mock(), on_data=take)
        loop.advance(5)
    assert (taken, exchange.state) == ([b"ab", b"cd"], State.CANCELLED)
    readback.assert_not_called()
    assert stream.audit().is_clean
