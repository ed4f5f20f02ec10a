"""Chains that go on, in virtual time."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import HTTPStream, InvalidRequest, ReadbackError, StreamClosed
from webqq.httpstream.errors import ConnectionLost
from webqq.httpstream.retry import Backoff
from webqq.httpstream.supervise import (
    TRANSITIONS,
    IllegalInput,
    Input,
    Supervisor,
    SupervisorState,
    Unsuccessful,
)
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

LOGIN, POLL = "http://example.com/login", "http://example.com/poll"
STEADY = Backoff(first=1.0, factor=2.0, max_delay=60.0, jitter=0.0)


class Told:
    """Keeps when a callback was called, and with what."""

    def __init__(self, loop: FakeIOLoop) -> None:
        self._loop = loop
        self.times: list[float] = []
        self.calls: list[tuple[Any, ...]] = []

    def __call__(self, *args: Any) -> None:
        self.times.append(self._loop.time())
        self.calls.append(args)


@pytest.fixture
def told(loop: FakeIOLoop) -> Told:
    return Told(loop)


@pytest.fixture
def stream(network: FakeNetwork) -> Iterator[HTTPStream]:
    stream = network.stream()
    yield stream
    stream.close()


def lose(network: FakeNetwork, url: str = POLL, times: int = 1) -> None:
    """The next ``times`` requests to ``url`` lose their connection."""
    for _ in range(times):
        # Part of an answer: nobody but the supervisor sends a request again after that.
        network.answer_raw(url, b"HTTP/1.1 ", EOF)


def urls(network: FakeNetwork) -> list[str]:
    return [request.url for request in network.requests]


def poll_on(response: Any) -> Any:
    return Request(POLL), poll_on, 10


def never(response: Any) -> Any:
    raise AssertionError("this readback is not to be called")


def timers(loop: FakeIOLoop) -> list[Any]:
    return [handle for handle in loop.asyncio_loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]  # asyncio's own list


# A chain that goes well.


def test_chain_that_polls_thrice_is_done_and_leaves_no_timer(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    for body in (b"1", b"2", b"3"):
        network.answer(POLL, body, delay=5)
    bodies = []

    def polled(response: Any) -> Any:
        bodies.append(response.read())
        return None if len(bodies) == 3 else (Request(POLL), polled)

    supervisor = Supervisor(stream, Request(POLL), polled, on_error=told, watchdog=60)
    loop.advance(15)
    assert bodies == [b"1", b"2", b"3"]
    assert supervisor.state is SupervisorState.DONE
    stream.close()
    assert timers(loop) == []
    loop.advance(1000)
    assert len(network.requests) == 3
    assert not told.calls


def test_delays_of_the_chain_are_kept(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told) -> None:
    network.answer(POLL, repeat=True)

    def polled(response: Any) -> Any:
        told(response)
        return Request(POLL), polled, 10

    Supervisor(stream, Request(POLL), polled)
    loop.advance(35)
    assert told.times == [0, 10, 20, 30]


def test_coroutine_readback_carries_the_chain_on(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(POLL, repeat=True)
    times = []

    async def polled(response: Any) -> Any:
        times.append(loop.time())
        await asyncio.sleep(5)
        return None if len(times) == 3 else (Request(POLL), polled)

    supervisor = Supervisor(stream, Request(POLL), polled)
    loop.advance(100)
    assert times == [0, 5, 10]
    assert supervisor.state is SupervisorState.DONE


def test_last_request_may_have_no_readback(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(LOGIN)
    network.answer(POLL)
    supervisor = Supervisor(stream, Request(LOGIN), lambda response: (Request(POLL), None))
    loop.settle()
    assert urls(network) == [LOGIN, POLL]
    assert supervisor.state is SupervisorState.DONE


def test_options_hold_for_every_exchange_of_the_chain(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(LOGIN)
    network.prepare_socket(POLL)
    supervisor = Supervisor(
        stream, Request(LOGIN), lambda response: (Request(POLL), never), backoff=STEADY, on_error=told, timeout=7
    )
    loop.advance(20)
    assert told.times == [7, 15]
    assert supervisor.stop()


def test_response_may_be_a_stream(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(POLL, b"hello")
    read = []

    async def polled(response: Any) -> None:
        read.append(await response.read())

    supervisor = Supervisor(stream, Request(POLL), polled, stream=True)
    loop.settle()
    assert read == [b"hello"]
    assert supervisor.state is SupervisorState.DONE


# Failures.


def test_chain_goes_on_with_the_request_that_failed(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(LOGIN)
    network.answer(POLL)
    lose(network)
    network.answer(POLL, repeat=True)
    Supervisor(stream, Request(LOGIN), lambda response: (Request(POLL), poll_on), backoff=STEADY, on_error=told)
    loop.advance(11)
    assert urls(network) == [LOGIN, POLL, POLL, POLL]
    ((error, delay),) = told.calls
    assert isinstance(error, ConnectionLost)
    assert (told.times, delay) == ([10], 1.0)


def test_chain_that_restarts_goes_on_from_the_beginning(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(LOGIN, repeat=True)
    lose(network)
    network.answer(POLL, repeat=True)
    Supervisor(
        stream, Request(LOGIN), lambda response: (Request(POLL), poll_on), backoff=STEADY, on_error=told, restart=True
    )
    loop.advance(1)
    assert urls(network) == [LOGIN, POLL, LOGIN, POLL]


def test_backoff_grows_with_each_failure_and_begins_anew_after_a_success(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    lose(network, times=4)
    network.answer(POLL)
    lose(network, times=2)
    network.answer(POLL, repeat=True)
    supervisor = Supervisor(stream, Request(POLL), poll_on, backoff=STEADY, on_error=told)
    loop.advance(10)
    assert repr(supervisor) == "<Supervisor WAITING failures=4>"
    loop.advance(5)
    assert repr(supervisor) == "<Supervisor RUNNING>"
    loop.advance(100)
    assert [delay for _, delay in told.calls] == [1, 2, 4, 8, 1, 2]
    assert told.times == [0, 1, 3, 7, 25, 26]


def test_chance_shortens_the_backoff(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told) -> None:
    lose(network)
    network.answer(POLL, repeat=True)
    Supervisor(stream, Request(POLL), poll_on, on_error=told, chance=lambda: 0.5)
    loop.settle()
    assert [delay for _, delay in told.calls] == [0.75]


def test_failures_nobody_asks_about_are_logged(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.httpstream", r"<Supervisor WAITING failures=1> goes on in 1\.0 s: .*poll")
    lose(network)
    network.answer(POLL, repeat=True)
    Supervisor(stream, Request(POLL), poll_on, backoff=STEADY)
    loop.advance(5)
    assert len(network.requests) == 2


def test_log_shows_where_a_readback_raised(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, caplog: pytest.LogCaptureFixture
) -> None:
    network.answer(POLL, repeat=True)
    Supervisor(stream, Request(POLL), mock.Mock(side_effect=[KeyError("x"), None]))
    loop.advance(5)
    (record,) = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ReadbackError)


def test_on_error_that_raises_does_not_end_the_chain(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.httpstream", "a callback of <Supervisor WAITING failures=1> raised")
    lose(network)
    network.answer(POLL, repeat=True)
    Supervisor(stream, Request(POLL), poll_on, backoff=STEADY, on_error=mock.Mock(side_effect=KeyError))
    loop.advance(1)
    assert len(network.requests) == 2


# Readbacks at fault.


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_request_is_sent_again_when_its_readback_raised(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told, is_coroutine: bool
) -> None:
    network.answer(LOGIN)
    network.answer(POLL, repeat=True)
    readback = mock.Mock(side_effect=[KeyError("x"), KeyError("y"), None])

    async def awaited(response: Any) -> Any:
        await asyncio.sleep(0)
        return readback(response)

    polled = awaited if is_coroutine else readback
    supervisor = Supervisor(
        stream, Request(LOGIN), lambda response: (Request(POLL), polled), backoff=STEADY, on_error=told
    )
    loop.advance(10)
    assert urls(network) == [LOGIN, POLL, POLL, POLL]
    # The login went well: that is no failure in the row. The answers to the poll are no successes.
    assert told.times == [0, 1]
    assert all(isinstance(error, ReadbackError) for error, _ in told.calls)
    assert supervisor.state is SupervisorState.DONE


BAD_RESULTS = [
    "no tuple",
    (Request(POLL),),
    (Request(POLL), never, 1, 2),
    ("no request", never),
    (Request(POLL), never, -1),
    (Request("ftp://example.com/"), never),
    (mock.Mock(side_effect=KeyError("token")), never),
]


@pytest.mark.parametrize("result", BAD_RESULTS)
def test_readback_that_returns_what_cannot_be_sent_gets_its_answer_again_after_a_growing_backoff(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told, result: Any
) -> None:
    network.answer(POLL, repeat=True)
    readback = mock.Mock(side_effect=[result, result, result, None])
    supervisor = Supervisor(stream, Request(POLL), readback, backoff=STEADY, on_error=told)
    loop.advance(100)
    assert told.times == [0, 1, 3]
    assert all(isinstance(error, ReadbackError | InvalidRequest) for error, _ in told.calls)
    assert urls(network) == [POLL] * 4
    assert supervisor.state is SupervisorState.DONE


def test_invalid_request_after_a_delay_is_the_readbacks_fault_too(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(POLL, repeat=True)
    readback = mock.Mock(side_effect=[(Request("ftp://example.com/"), never, 5), None])
    supervisor = Supervisor(stream, Request(POLL), readback, backoff=STEADY, on_error=told)
    loop.advance(6)
    assert told.times == [5]
    assert supervisor.state is SupervisorState.DONE


def test_what_a_readback_awaited_may_be_cancelled_without_ending_the_chain(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(POLL, repeat=True)
    results = [True, False]

    async def polled(response: Any) -> None:
        future = asyncio.get_running_loop().create_future()
        if results.pop(0):
            future.cancel()
            await future

    supervisor = Supervisor(stream, Request(POLL), polled, backoff=STEADY, on_error=told)
    loop.advance(1)
    assert isinstance(told.calls[0][0], ReadbackError)
    assert supervisor.state is SupervisorState.DONE


def test_readback_may_give_any_awaitable(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(POLL, repeat=True)

    def polled(response: Any) -> Any:
        future = loop.asyncio_loop.create_future()
        loop.call_later(5, future.set_result, None if loop.time() else (Request(POLL), polled))
        return future

    supervisor = Supervisor(stream, Request(POLL), polled)
    loop.advance(10)
    assert len(network.requests) == 2
    assert supervisor.state is SupervisorState.DONE


# Requests that are made anew.


def test_callable_makes_the_request_of_each_attempt(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    lose(network, times=2)
    network.answer(POLL, repeat=True)
    numbers = itertools.count()

    def make() -> Request:
        return Request(f"{POLL}?t={loop.time():.0f}&n={next(numbers)}")

    def polled(response: Any) -> Any:
        return (make, polled, 10) if loop.time() < 10 else None

    supervisor = Supervisor(stream, make, polled, backoff=STEADY, on_error=told)
    loop.advance(20)
    # What the readback asks for is made at once: the delay is the chain's own.
    assert [url.partition("?")[2] for url in urls(network)] == ["t=0&n=0", "t=1&n=1", "t=3&n=2", "t=3&n=3"]
    assert supervisor.state is SupervisorState.DONE


def test_callable_that_a_readback_returned_is_called_again_after_a_failure(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(LOGIN)
    lose(network, times=2)
    network.answer(POLL)
    make = mock.Mock(side_effect=lambda: Request(f"{POLL}?{loop.time():.0f}"))
    Supervisor(
        stream,
        Request(LOGIN),
        lambda response: (make, lambda response: None),
        backoff=STEADY,
        on_error=told,
    )
    loop.advance(20)
    assert urls(network) == [LOGIN, f"{POLL}?0", f"{POLL}?1", f"{POLL}?3"]


@pytest.mark.parametrize("error", [KeyError("token"), InvalidRequest("no token")])
def test_callable_that_raises_later_is_a_failure_like_others(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told, error: Exception
) -> None:
    lose(network)
    network.answer(POLL)
    make = mock.Mock(side_effect=[Request(POLL), error, Request(POLL)])
    supervisor = Supervisor(stream, make, lambda response: None, backoff=STEADY, on_error=told)
    loop.advance(20)
    assert [delay for _, delay in told.calls] == [1, 2]
    failure = told.calls[1][0]
    assert isinstance(failure, InvalidRequest)
    assert failure is error or failure.__cause__ is error
    assert supervisor.state is SupervisorState.DONE


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (Request("ftp://example.com/"), InvalidRequest),
        ("no request", ValueError),
        (mock.Mock(side_effect=KeyError), KeyError),
    ],
)
def test_what_is_wrong_from_the_start_is_raised_and_leaves_nothing(
    loop: FakeIOLoop, stream: HTTPStream, request_: Any, error: type[Exception]
) -> None:
    before = timers(loop)
    with pytest.raises(error):
        Supervisor(stream, request_, never, watchdog=5, on_silence=never)
    assert timers(loop) == before
    assert not stream.under_way


# Responses that are no success.


def test_unsuccessful_response_is_a_failure_that_the_readback_does_not_see(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(POLL, status=502)
    network.answer(POLL, status=502)
    network.answer(POLL, b"good")
    bodies = []
    supervisor = Supervisor(
        stream,
        Request(POLL),
        lambda response: bodies.append(response.read()),
        backoff=STEADY,
        is_success=lambda response: response.status < 500,
        on_error=told,
    )
    loop.advance(10)
    assert bodies == [b"good"]
    assert repr(supervisor) == "<Supervisor DONE>"
    assert [delay for _, delay in told.calls] == [1, 2]
    error = told.calls[0][0]
    assert isinstance(error, Unsuccessful)
    assert error.is_transient
    assert error.response.status == 502
    assert supervisor.state is SupervisorState.DONE


def test_any_status_is_a_success_unless_said_otherwise(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream
) -> None:
    network.answer(POLL, status=502)
    statuses = []
    Supervisor(stream, Request(POLL), lambda response: statuses.append(response.status))
    loop.settle()
    assert statuses == [502]


# The watchdog.


def test_silence_is_told_once_and_again_after_the_next_success(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.prepare_socket(POLL)
    supervisor = Supervisor(
        stream, Request(POLL), lambda response: (Request(POLL), poll_on), watchdog=30, on_silence=told, timeout=None
    )
    loop.advance(100)
    assert (told.times, told.calls) == ([30], [(30,)])
    network.answer(POLL)
    loop.advance(100)
    assert (told.times, told.calls) == ([30, 130], [(30,), (30,)])
    assert supervisor.state is SupervisorState.RUNNING
    supervisor.stop()


def test_success_in_time_puts_silence_off(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    for _ in range(10):
        network.answer(POLL)
    supervisor = Supervisor(stream, Request(POLL), poll_on, watchdog=15, on_silence=told)
    loop.advance(104)
    assert not told.calls
    loop.advance(10)
    assert told.times == [105]
    supervisor.stop()


def test_failures_are_silence(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told) -> None:
    network.answer(POLL, repeat=True)
    Supervisor(
        stream, Request(POLL), mock.Mock(side_effect=KeyError), on_error=Told(loop), watchdog=60, on_silence=told
    )
    loop.advance(600)
    assert told.times == [60]


def test_silence_nobody_asks_about_is_logged(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.httpstream", r"<Supervisor RUNNING>: no success for 30\.0 s")
    network.prepare_socket(POLL)
    supervisor = Supervisor(stream, Request(POLL), poll_on, watchdog=30)
    loop.advance(100)
    supervisor.stop()


def test_on_silence_that_raises_does_not_end_the_chain(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.httpstream", "a callback of <Supervisor RUNNING> raised")
    network.prepare_socket(POLL)
    supervisor = Supervisor(
        stream, Request(POLL), lambda response: None, watchdog=30, on_silence=mock.Mock(side_effect=KeyError)
    )
    loop.advance(100)
    network.answer(POLL)
    loop.settle()
    assert supervisor.state is SupervisorState.DONE


def test_on_silence_may_stop_the_chain(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.prepare_socket(POLL)
    stopped = []
    supervisor = Supervisor(
        stream, Request(POLL), never, watchdog=30, on_silence=lambda seconds: stopped.append(supervisor.stop())
    )
    loop.advance(100)
    assert stopped == [True]
    assert not stream.under_way


@pytest.mark.parametrize("watchdog", [0, -1, float("nan")])
def test_watchdog_has_a_time(stream: HTTPStream, watchdog: float) -> None:
    with pytest.raises(ValueError, match="watchdog must be more than 0"):
        Supervisor(stream, Request(POLL), never, watchdog=watchdog)
    assert not stream.under_way


# Stopping.


def assert_stopped(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, supervisor: Supervisor) -> None:
    """Nothing of ``supervisor`` is left, and nothing comes of it later."""
    assert supervisor.state is SupervisorState.STOPPED
    assert not supervisor.stop()
    assert not stream.under_way
    sent = len(network.requests)
    loop.settle()
    stream.close()
    assert timers(loop) == []
    loop.advance(1000)
    assert len(network.requests) == sent
    assert repr(supervisor).startswith("<Supervisor STOPPED")


def test_stop_ends_an_exchange_under_way(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.prepare_socket(POLL)
    supervisor = Supervisor(stream, Request(POLL), never, watchdog=30)
    loop.advance(5)
    assert supervisor.stop()
    assert_stopped(loop, network, stream, supervisor)


def test_stop_ends_a_later_exchange_of_the_chain(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(LOGIN)
    network.prepare_socket(POLL)
    supervisor = Supervisor(stream, Request(LOGIN), lambda response: (Request(POLL), never), watchdog=30)
    loop.advance(5)
    assert urls(network) == [LOGIN, POLL]
    assert supervisor.cancel()
    assert_stopped(loop, network, stream, supervisor)


def test_stop_ends_a_delay_of_the_chain(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(POLL)
    supervisor = Supervisor(stream, Request(POLL), poll_on, watchdog=30)
    loop.advance(5)
    assert supervisor.stop()
    assert_stopped(loop, network, stream, supervisor)


def test_stop_ends_the_backoff(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told) -> None:
    lose(network)
    supervisor = Supervisor(stream, Request(POLL), never, watchdog=30, on_error=told)
    loop.settle()
    assert supervisor.state is SupervisorState.WAITING
    assert supervisor.stop()
    assert_stopped(loop, network, stream, supervisor)


def test_stop_ends_a_coroutine_readback(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(POLL)
    ended = mock.Mock()

    async def polled(response: Any) -> Any:
        try:
            await asyncio.sleep(100)
        finally:
            ended()

    supervisor = Supervisor(stream, Request(POLL), polled, watchdog=30)
    loop.advance(5)
    assert supervisor.stop()
    loop.settle()
    ended.assert_called_once_with()
    assert_stopped(loop, network, stream, supervisor)


def test_exchange_that_somebody_else_cancels_stops_the_chain(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream
) -> None:
    network.answer(LOGIN)
    network.prepare_socket(POLL)
    supervisor = Supervisor(stream, Request(LOGIN), lambda response: (Request(POLL), never), watchdog=30)
    loop.advance(5)
    (exchange,) = stream.under_way
    exchange.cancel()
    assert_stopped(loop, network, stream, supervisor)


def test_exchange_that_is_cancelled_by_its_readback_stops_the_chain(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream
) -> None:
    network.answer(POLL)

    def polled(response: Any) -> Any:
        supervisor._exchange.cancel()
        return Request(POLL), never

    supervisor = Supervisor(stream, Request(POLL), polled, watchdog=30)
    loop.advance(5)
    assert_stopped(loop, network, stream, supervisor)


def test_cancelling_what_has_failed_does_not_stop_the_next_attempt(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    lose(network)
    network.answer(POLL, delay=10)
    supervisor = Supervisor(stream, Request(POLL), lambda response: None, on_error=told, backoff=STEADY)
    failed = supervisor._exchange
    loop.settle()
    assert (supervisor.state, failed.cancel()) == (SupervisorState.WAITING, False)
    loop.advance(5)
    assert (supervisor.state, failed.cancel()) == (SupervisorState.RUNNING, False)
    loop.advance(10)
    assert supervisor.state is SupervisorState.DONE


def test_stop_after_the_end_changes_nothing(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(POLL)
    supervisor = Supervisor(stream, Request(POLL), lambda response: None)
    loop.settle()
    assert not supervisor.stop()
    assert supervisor.state is SupervisorState.DONE


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_readback_may_stop_the_chain_it_belongs_to(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, is_coroutine: bool
) -> None:
    network.answer(POLL, repeat=True)

    def polled(response: Any) -> Any:
        assert supervisor.stop()
        return Request(POLL), polled

    async def awaited(response: Any) -> Any:
        return polled(response)

    supervisor = Supervisor(stream, Request(POLL), awaited if is_coroutine else polled, watchdog=30)
    loop.settle()
    assert len(network.requests) == 1
    assert_stopped(loop, network, stream, supervisor)


def test_on_error_may_stop_the_chain(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    lose(network)
    supervisor = Supervisor(stream, Request(POLL), never, watchdog=30, on_error=lambda error, delay: supervisor.stop())
    loop.settle()
    assert_stopped(loop, network, stream, supervisor)


def test_is_success_may_stop_the_chain(loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream) -> None:
    network.answer(POLL)
    supervisor = Supervisor(stream, Request(POLL), never, watchdog=30, is_success=lambda response: supervisor.stop())
    loop.settle()
    assert_stopped(loop, network, stream, supervisor)


def test_callable_may_stop_the_chain_in_place_of_an_attempt(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    lose(network)
    made: list[bool] = []

    def make() -> Request:
        made.append(bool(made) and supervisor.stop())
        return Request(POLL)

    supervisor = Supervisor(stream, make, never, watchdog=30, backoff=STEADY, on_error=told)
    loop.advance(5)
    assert made == [False, True]
    assert_stopped(loop, network, stream, supervisor)


def test_callable_may_stop_the_chain_in_place_of_the_next_request(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream
) -> None:
    network.answer(POLL)

    def make() -> Request:
        assert supervisor.stop()
        return Request(POLL)

    supervisor = Supervisor(stream, Request(POLL), lambda response: (make, never), watchdog=30)
    loop.settle()
    assert_stopped(loop, network, stream, supervisor)


def test_hook_may_stop_the_chain_while_its_request_is_sent(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    lose(network)
    supervisor = Supervisor(stream, Request(POLL), never, watchdog=30, backoff=STEADY, on_error=told)
    loop.settle()
    add_request = stream.add_request

    def hooked(*args: Any, **options: Any) -> Any:
        assert supervisor.stop()
        return add_request(*args, **options)

    with mock.patch.object(stream, "add_request", hooked):
        loop.advance(1)
    assert_stopped(loop, network, stream, supervisor)


def test_what_a_readback_raises_after_stop_is_logged(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, expect_log: Callable[[str, str], None]
) -> None:
    expect_log("webqq.httpstream", "<Supervisor STOPPED> has ended: .*KeyError")
    network.answer(POLL)

    def polled(response: Any) -> Any:
        supervisor.stop()
        raise KeyError("x")

    supervisor = Supervisor(stream, Request(POLL), polled)
    loop.settle()
    assert_stopped(loop, network, stream, supervisor)


# The stream closes.


def test_closing_the_stream_stops_an_exchange_under_way(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.prepare_socket(POLL)
    supervisor = Supervisor(stream, Request(POLL), never, watchdog=30, on_error=told)
    loop.advance(5)
    stream.close()
    assert_stopped(loop, network, stream, supervisor)
    assert not told.calls


def test_closing_the_stream_stops_a_coroutine_readback_that_did_not_even_begin(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(POLL)

    def polled(response: Any) -> Any:
        loop.add_callback(stream.close)
        return wait()

    async def wait() -> None:
        await asyncio.sleep(100)

    supervisor = Supervisor(stream, Request(POLL), polled, watchdog=30, on_error=told)
    loop.settle()
    assert_stopped(loop, network, stream, supervisor)
    assert not told.calls


def test_backoff_that_ends_on_a_closed_stream_stops(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    lose(network)
    supervisor = Supervisor(stream, Request(POLL), never, watchdog=30, backoff=STEADY, on_error=told)
    loop.settle()
    stream.close()
    loop.advance(1)
    assert_stopped(loop, network, stream, supervisor)
    assert len(told.calls) == 1


def test_readback_that_returns_after_the_stream_closed_stops_the_chain(
    loop: FakeIOLoop, network: FakeNetwork, stream: HTTPStream, told: Told
) -> None:
    network.answer(POLL)

    def polled(response: Any) -> Any:
        stream.close()
        return Request(POLL), polled

    supervisor = Supervisor(stream, Request(POLL), polled, watchdog=30, on_error=told)
    loop.settle()
    assert_stopped(loop, network, stream, supervisor)
    assert not told.calls


def test_closed_stream_takes_no_chain(stream: HTTPStream) -> None:
    stream.close()
    with pytest.raises(StreamClosed):
        Supervisor(stream, Request(POLL), never)


# Every state with every input.


@pytest.mark.parametrize(("state", "what"), list(itertools.product(SupervisorState, Input)))
def test_supervisor_moves_as_the_table_says(
    network: FakeNetwork, stream: HTTPStream, state: SupervisorState, what: Input
) -> None:
    network.prepare_socket(POLL)
    supervisor = Supervisor(stream, Request(POLL), never)
    exchange = supervisor._exchange
    supervisor.state = state
    if (state, what) in TRANSITIONS:
        supervisor._move(what, "a test")
        assert supervisor.state is TRANSITIONS[state, what]
    else:
        with pytest.raises(IllegalInput, match=f"{state.name}.* takes no {what.value}"):
            supervisor._move(what, "a test")
        assert supervisor.state is state
    assert exchange is not None
    exchange.cancel()


def test_final_states_lead_nowhere() -> None:
    assert {state for state in SupervisorState if state.is_final} == set(SupervisorState) - {
        state for state, _ in TRANSITIONS
    }
