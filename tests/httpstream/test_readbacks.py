"""What comes of an exchange's end: readbacks and what they return, errorbacks, the log."""

import asyncio
import gc
import weakref
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import (
    ConnectError,
    InvalidRequest,
    ReadbackError,
)
from webqq.testing import FakeIOLoop, FakeNetwork

URL = "http://example.com/"
SECRET_URL = URL + "?access_token=hunter2"


def test_coroutine_function_as_readback_chains_what_it_returns(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"first")
    network.answer(URL, b"second")
    bodies: list[tuple[float, bytes]] = []

    async def second(response: Any) -> None:
        bodies.append((loop.time(), response.read()))

    async def first(response: Any) -> Any:
        bodies.append((loop.time(), response.read()))
        await asyncio.sleep(5)
        return Request(URL), second, 60

    network.stream().add_request(Request(URL), first)
    loop.advance(100)
    assert bodies == [(0, b"first"), (65, b"second")]


def test_what_a_coroutine_readback_raises_goes_to_errorback(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)

    async def readback(response: Any) -> None:
        raise KeyError("x")

    network.stream().add_request(Request(URL), readback, errorback := mock.Mock())
    loop.settle()
    (error,) = errorback.call_args.args
    assert isinstance(error, ReadbackError)
    assert isinstance(error.__cause__, KeyError)


def test_cancel_ends_a_coroutine_readback(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    ended = mock.Mock()

    async def readback(response: Any) -> Any:
        try:
            await asyncio.sleep(100)
        finally:
            ended()
        return Request(URL), readback

    exchange = network.stream().add_request(Request(URL), readback)
    loop.settle()
    assert exchange.cancel()
    loop.advance(1000)
    ended.assert_called_once_with()
    assert len(network.requests) == 1


def test_chain_keeps_errorback_and_timeout(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    stream = network.stream()
    errorback = mock.Mock()
    stream.add_request(
        Request(URL), mock.Mock(return_value=(Request(URL + "silent"), mock.Mock())), errorback, timeout=7
    )
    loop.advance(6)
    errorback.assert_not_called()
    loop.advance(1)
    assert errorback.call_args.args[0].url == URL + "silent"


def test_invalid_request_in_a_chain_goes_to_errorback(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    bad = Request(URL, headers={"X": "a\r\nb"})
    network.stream().add_request(Request(URL), lambda response: (bad, None), errorback := mock.Mock())
    loop.settle()
    assert isinstance(errorback.call_args.args[0], InvalidRequest)


def test_failing_errorback_is_logged_and_the_loop_lives_on(
    loop: FakeIOLoop, network: FakeNetwork, expect_log: Any
) -> None:
    expect_log("webqq.httpstream", "errorback of GET http://nowhere/ raised")
    network.answer(URL)
    stream = network.stream()
    stream.add_request(Request("http://nowhere/"), None, mock.Mock(side_effect=KeyError))
    assert loop.run(stream.fetch(Request(URL))).status == 200


def test_error_without_errorback_is_logged_with_method_and_url(
    loop: FakeIOLoop, network: FakeNetwork, expect_log: Any
) -> None:
    expect_log("webqq.httpstream", "POST http://nowhere/x: no address")
    network.stream().post("http://nowhere/x")
    loop.settle()


def test_errors_of_a_fetch_are_raised_to_it_alone(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, connect_error=111)
    with pytest.raises(ConnectError):
        loop.run(network.stream().fetch(Request(URL)))


@pytest.mark.parametrize("result", [5, (1,), (Request(URL), None, -1), (Request(URL), None, "x"), ("url", None)])
def test_readback_that_returns_what_is_no_next_request(loop: FakeIOLoop, network: FakeNetwork, result: Any) -> None:
    network.answer(URL)
    stream = network.stream()
    stream.get(URL, None, mock.Mock(return_value=result), errorback := mock.Mock())
    loop.settle()
    assert isinstance(errorback.call_args.args[0], ReadbackError)
    assert stream.audit().exchanges == ()


def test_callbacks_of_an_exchange_that_has_ended_are_let_go(loop: FakeIOLoop, network: FakeNetwork) -> None:
    class Taker:
        def __call__(self, piece: bytes) -> None: ...

    network.answer(URL, b"abc")
    stream = network.stream()
    taker = Taker()
    is_there = weakref.ref(taker)
    loop.run(stream.fetch(Request(URL), on_data=taker, auth=("user", "secret")))
    del taker
    loop.advance(2)  # in which deadlines are looked after
    gc.collect()
    assert is_there() is None


@pytest.mark.parametrize("others", [0, 1])
def test_coroutine_readback_may_await_drain(loop: FakeIOLoop, network: FakeNetwork, others: int) -> None:
    """It waits for all but itself, and goes on after that."""
    network.answer(URL)
    network.answer(URL + "slow", delay=10)
    stream = network.stream()
    drained: list[float] = []

    async def readback(response: Any) -> None:
        drained.append(await stream.drain())
        await asyncio.sleep(1)
        drained.append(loop.time())

    stream.add_request(Request(URL), readback)
    for _ in range(others):
        stream.add_request(Request(URL + "slow"), mock.Mock(return_value=None))
    loop.advance(100)
    assert drained == [True, 10.0 * others + 1]
    assert stream.audit().is_clean


def test_log_of_a_readback_or_errorback_that_fails_shows_no_secret(
    loop: FakeIOLoop, network: FakeNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    network.answer(SECRET_URL)
    network.answer_raw(SECRET_URL, b"junk")
    stream = network.stream()
    for errorback in (None, mock.Mock(side_effect=KeyError)):
        stream.add_request(Request(SECRET_URL), mock.Mock(side_effect=KeyError), errorback)
        loop.settle()
    assert caplog.text.count("access_token=***") >= 2
    assert "hunter2" not in caplog.text
