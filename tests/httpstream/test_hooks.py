"""What hooks are told of, in which order, and that nothing they do breaks the engine."""

import errno
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import Event, HTTPStream, RateLimit, Retry, State, StreamClosed
from webqq.httpstream.hooks import Counters, tell
from webqq.httpstream.retry import Backoff
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

URL = "http://example.com/"
SAFE = "https://example.com/"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
FRESH = ["resolved", "connected", "sent", "first byte", "done"]


class Recorder:
    """A hook that keeps what it is told, and does what ``acts`` says of an event."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.details: dict[str, Any] = {}
        self.acts: dict[str, Callable[[Any], object]] = {}

    def __call__(self, event: Event, subject: Any, detail: Any) -> None:
        self.events.append(event.value)
        self.details[event.value] = detail
        act = self.acts.get(event.value)
        if act is not None:
            act(subject)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_fresh_then_kept_connection(loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(hooks=[recorder])
    response = loop.run(stream.fetch(Request(URL)))
    assert recorder.events == FRESH
    assert recorder.details["done"] is response
    recorder.events.clear()
    loop.run(stream.fetch(Request(URL)))
    assert recorder.events == ["reused", "sent", "first byte", "done"]
    assert recorder.details["reused"] in stream.connections.open


def test_tls(loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder) -> None:
    network.answer(SAFE)
    loop.run(network.stream(hooks=[recorder]).fetch(Request(SAFE)))
    assert recorder.events == ["resolved", "connected", "secured", "sent", "first byte", "done"]


def test_tunnel(loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder) -> None:
    network.answer_raw("http://example.com:443/", b"HTTP/1.1 200 Connection established\r\n\r\n")
    network.prepare_socket("http://proxy:3128/", incoming=[b"HTTP/1.1 200 OK\r\n\r\n"])
    stream = network.stream(hooks=[recorder], proxy="http://proxy:3128")
    exchange = stream.get(SAFE, None, mock.Mock(), mock.Mock())
    loop.settle()
    assert recorder.events == ["resolved", "connected", "tunnelled", "secured", "sent"]
    exchange.cancel()


def test_failed_and_cancelled(loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder) -> None:
    network.prepare_socket(URL, connect_error=errno.ECONNREFUSED)
    stream = network.stream(hooks=[recorder])
    stream.get(URL, None, None, errorback := mock.Mock())
    loop.settle()
    assert recorder.events == ["resolved", "failed"]
    assert recorder.details["failed"] is errorback.call_args.args[0]
    recorder.events.clear()
    network.prepare_socket(URL)
    exchange = stream.get(URL, None, mock.Mock())
    loop.settle()
    exchange.cancel()
    assert recorder.events == ["resolved", "connected", "sent", "cancelled"]


def test_redirected_retried_and_queued(loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder) -> None:
    network.answer(URL, status=302, headers={"Location": "/next?key=x"})
    network.answer(URL + "next", status=503)
    network.answer(URL + "next")
    stream = network.stream(hooks=[recorder], retry=Retry(backoff=Backoff(first=1, jitter=0)))
    loop.run(stream.fetch(Request(URL)))
    kept = ["reused", "sent", "first byte"]
    assert recorder.events == [*FRESH[:-1], "redirected", *kept, "retried", *kept, "done"]
    assert recorder.details["redirected"] == URL + "next?key=***"
    assert recorder.details["retried"] == "status 503"


def test_exchange_in_line_is_told_of(loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(hooks=[recorder], max_connections=1)
    for _ in range(2):
        stream.get(URL, None, mock.Mock(return_value=None))
    assert recorder.events[-1] == "queued"
    loop.settle()
    limited = network.stream(hooks=[recorder], rate_limit=RateLimit(1, 1.0))
    for _ in range(2):
        limited.get(URL, None, mock.Mock(return_value=None))
    assert recorder.events[-1] == "queued"
    loop.advance(10)


def test_idle_connection_that_is_dropped(loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(hooks=[recorder], idle_timeout=5)
    for event, why in (
        (EOF, "the server closed it"),
        (b"x", "the server sent what nobody asked for"),
        (None, "its time is over"),
    ):
        loop.run(stream.fetch(Request(URL)))
        if event is not None:
            network.sockets[-1].deliver(event)
        loop.advance(5)
        assert recorder.events[-1] == "dropped"
        assert recorder.details["dropped"] == why
        assert stream.counters.dropped[why] == 1
    loop.run(stream.fetch(Request(URL)))
    stream.close()
    assert recorder.details["dropped"] == "the stream was closed"


def test_counters_of_a_mixed_day(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    network.answer_raw(URL, EOF)
    network.answer(URL, b"fresh")
    network.answer(URL, status=302, headers={"Location": "/next"})
    network.answer(URL + "next")
    network.prepare_socket(SAFE, connect_error=errno.ECONNREFUSED)
    stream = network.stream()
    for _ in range(3):
        loop.run(stream.fetch(Request(URL)))
    stream.get(SAFE, None, None, mock.Mock())
    loop.settle()
    stream.get(URL + "never", None, mock.Mock()).cancel()
    counters = stream.counters
    assert (counters.started, counters.done, counters.failed, counters.cancelled) == (5, 3, 1, 1)
    assert (counters.opened, counters.reused, counters.resent, counters.redirected) == (3, 4, 1, 1)
    assert counters.bytes_sent == sum(len(sock.sent) for sock in network.sockets)
    assert counters.bytes_received > 0
    assert Counters().dropped == {}


def test_hook_that_raises_is_logged_and_the_others_are_told(expect_log: Any) -> None:
    expect_log("webqq.httpstream", "hook .* failed at sent")
    other = mock.Mock()
    tell([mock.Mock(side_effect=KeyError), other], Event.SENT, "subject", 1)
    other.assert_called_once_with(Event.SENT, "subject", 1)


# Hooks that do things.

EVERYTHING = ["queued", "resolved", "connected", "secured", "sent", "first byte", "reused", "redirected", "retried"]


def busy_stream(network: FakeNetwork, recorder: Recorder) -> HTTPStream:
    """A stream whose only request, once it stood in line, meets every event there is."""
    network.answer(SAFE + "first", delay=1)
    network.answer(SAFE, status=302, headers={"Location": "/next"})
    network.answer(SAFE + "next", status=503)
    network.answer_raw(SAFE + "next", EOF)
    network.answer(SAFE + "next")
    return network.stream(hooks=[recorder], max_connections=1, retry=Retry(backoff=Backoff(first=1)))


def begin(stream: HTTPStream, **options: Any) -> Any:
    stream.get(SAFE + "first", None, mock.Mock(return_value=None), mock.Mock())
    readback, errorback = mock.Mock(return_value=None), mock.Mock()
    return stream.get(SAFE, None, readback, errorback, **options), readback, errorback


@pytest.mark.parametrize("options", [{}, {"on_data": lambda data: None}], ids=["whole", "pieces"])
@pytest.mark.parametrize("name", EVERYTHING)
def test_hook_may_cancel_the_exchange_at_each_event(
    loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder, name: str, options: dict[str, Any]
) -> None:
    stream = busy_stream(network, recorder)
    cancelled = mock.Mock()

    def cancel(exchange: Any) -> None:
        if exchange.request.full_url == SAFE:
            cancelled(exchange.cancel())

    recorder.acts[name] = cancel
    exchange, readback, errorback = begin(stream, **options)
    loop.advance(20)
    if name == "queued":
        # Told from within add_request, which has the exchange itself.
        assert exchange.state is State.CANCELLED
    if cancelled.called:
        assert exchange.state is State.CANCELLED
        readback.assert_not_called()
        errorback.assert_not_called()
    assert not stream.under_way
    assert stream.audit().exchanges == ()
    stream.close()
    assert stream.audit().is_clean
    assert all(sock.is_closed for sock in network.sockets)


@pytest.mark.parametrize("name", [*EVERYTHING, "done", "dropped"])
def test_hook_may_close_the_stream_at_each_event(
    loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder, name: str
) -> None:
    stream = busy_stream(network, recorder)
    recorder.acts[name] = lambda subject: stream.close()
    with suppress(StreamClosed):
        begin(stream)
    loop.advance(200)
    stream.close()
    assert stream.audit().is_clean
    assert all(sock.is_closed for sock in network.sockets)


def test_hook_that_cancels_at_an_eviction_gives_the_place_back(
    loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder
) -> None:
    network.answer(URL)
    network.answer(SAFE, repeat=True)
    stream = network.stream(hooks=[recorder], max_connections=1)
    loop.run(stream.fetch(Request(URL)))
    exchange = stream.add_delay_request(Request(SAFE), readback := mock.Mock(), 1)
    recorder.acts["dropped"] = lambda connection: exchange.cancel()
    loop.advance(2)
    assert exchange.state is State.CANCELLED
    readback.assert_not_called()
    assert stream.audit().is_clean
    assert loop.run(stream.fetch(Request(SAFE))).status == 200


def test_hook_that_takes_an_idle_connection_keeps_it(
    loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two idle ones fall due together; told of the first, a hook sends a request over the second."""
    network.answer(URL, delay=1, repeat=True)
    stream = network.stream(hooks=[recorder], idle_timeout=5)
    for _ in range(2):
        stream.get(URL, None, mock.Mock(return_value=None))
    loop.advance(2)
    readback = mock.Mock(return_value=None)
    recorder.acts["dropped"] = lambda connection: readback.called or stream.get(URL, None, readback)
    loop.advance(4.5)
    loop.advance(5)
    assert readback.call_count >= 1
    assert readback.call_args.args[0].status == 200


def test_hook_may_cancel_where_a_stale_connection_is_replaced(
    loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder
) -> None:
    network.answer(URL)
    network.answer_raw(URL, EOF)
    stream = network.stream(hooks=[recorder])
    loop.run(stream.fetch(Request(URL)))
    recorder.acts["retried"] = lambda exchange: exchange.cancel()
    exchange = stream.get(URL, None, mock.Mock())
    loop.settle()
    assert exchange.state is State.CANCELLED
    assert recorder.details["retried"] == "the kept connection was closed"
    assert stream.audit().is_clean
    assert len(network.sockets) == 1


def test_hook_may_cancel_where_the_machine_has_slept(
    loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webqq.httpstream import connections

    slept = mock.Mock(return_value=0.0)
    monkeypatch.setattr(connections, "_sleep_so_far", slept)
    network.answer(URL)
    stream = network.stream(hooks=[recorder])
    loop.run(stream.fetch(Request(URL)))
    exchange = stream.add_delay_request(Request(URL), mock.Mock(), 1)
    recorder.acts["dropped"] = lambda connection: exchange.cancel()
    slept.return_value = 60.0
    loop.advance(2)
    assert exchange.state is State.CANCELLED
    assert stream.audit().is_clean


def test_hook_may_cancel_at_a_first_byte_that_came_with_the_end(
    loop: FakeIOLoop, network: FakeNetwork, recorder: Recorder
) -> None:
    body = bytes(65_536)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    network.answer_raw(URL, (head + body)[:65_536], EOF)
    stream = network.stream(hooks=[recorder])
    recorder.acts["first byte"] = lambda exchange: exchange.cancel()
    exchange = stream.get(URL, None, mock.Mock(), mock.Mock(), on_head=(on_head := mock.Mock()))
    loop.settle()
    assert exchange.state is State.CANCELLED
    on_head.assert_not_called()
    assert stream.audit().is_clean
