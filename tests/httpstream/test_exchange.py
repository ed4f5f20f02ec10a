"""One request's life, state by state, on fake sockets."""

import asyncio
import errno
import logging
import ssl
from collections.abc import Callable
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import (
    BadResponse,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    QueueTimeout,
    ResolveError,
    State,
    Timeouts,
    TLSError,
    TotalTimeout,
)
from webqq.httpstream.exchange import TRANSITIONS, Exchange, IllegalTransition
from webqq.testing import EOF, WOULD_BLOCK, FakeIOLoop, FakeNetwork, FakeSocket

URL = "http://example.com/"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def refused(fetch: Callable[[], Any], kind: type[Exception]) -> Any:
    with pytest.raises(kind) as caught:
        fetch()
    return caught.value


# The table.


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_only_moves_of_the_table_are_made(old: State, new: State) -> None:
    exchange = Exchange(mock.Mock(), Request(URL), None, None, Timeouts())
    exchange.state = old
    if new in TRANSITIONS[old]:
        exchange._move(new, "test")
        assert exchange.state is new
    else:
        with pytest.raises(IllegalTransition, match=f"{old.name}.*{new.name}"):
            exchange._move(new, "test")
        assert exchange.state is old


def test_final_states_lead_nowhere_and_all_others_can_fail_or_be_cancelled() -> None:
    for state, following in TRANSITIONS.items():
        assert state.is_final == (not following)
        if following:
            assert {State.FAILED, State.CANCELLED} <= following


def test_moves_are_logged_at_debug_with_their_reason(
    loop: FakeIOLoop, network: FakeNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "webqq.httpstream")
    network.answer(URL)
    loop.run(network.stream().fetch(Request(URL)))
    moves = [record.getMessage().split(": ", 1)[1].split(" (")[0] for record in caplog.records]
    assert moves == [
        "SCHEDULED -> RESOLVING",
        "RESOLVING -> CONNECTING",
        "CONNECTING -> WRITING",
        "WRITING -> READING",
        "READING -> DONE",
    ]


# Resolving and connecting.


def test_unknown_host_is_a_resolve_error_that_names_the_url(loop: FakeIOLoop, network: FakeNetwork) -> None:
    error = refused(lambda: loop.run(network.stream().fetch(Request(URL))), ResolveError)
    assert (error.method, error.url, error.phase) == ("GET", URL, "RESOLVING")
    assert URL in str(error)


def test_lookup_that_raises_anything_ends_the_exchange_and_frees_its_place(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network.http_sock, "lookup", mock.Mock(side_effect=RuntimeError("odd")))
    stream = network.stream()
    refused(lambda: loop.run(stream.fetch(Request(URL))), ResolveError)
    assert (stream.connections.pool_of("").open_count, stream.under_way) == (0, set())


def test_address_that_is_none_ends_the_exchange(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network.http_sock, "connect", mock.Mock(side_effect=TypeError("not an address")))
    network.answer(URL)
    stream = network.stream()
    refused(lambda: loop.run(stream.fetch(Request(URL))), ConnectError)
    assert (stream.connections.pool_of("").open_count, stream.under_way) == (0, set())


def test_credentials_of_a_refused_url_are_not_told(loop: FakeIOLoop, network: FakeNetwork) -> None:
    errorback = mock.Mock()
    request = Request("http://user:secret@example.com/x")
    exchange = network.stream().add_delay_request(request, None, 1, errorback)
    loop.advance(1)
    (error,) = errorback.call_args.args
    assert "secret" not in f"{exchange!r} {error} {error.url}"
    assert error.url == "http://***@example.com/x"


def test_refused_connection_is_a_connect_error_with_its_cause(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, connect_error=errno.ECONNREFUSED)
    stream = network.stream()
    error = refused(lambda: loop.run(stream.fetch(Request(URL))), ConnectError)
    assert isinstance(error.__cause__, ConnectionRefusedError)
    assert network.sockets[0].is_closed
    assert stream.connections.pool_of("").open_count == 0


def test_next_address_is_tried_when_one_refuses(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.answer(URL, b"from the second")
    network.prepare_socket(URL, connect_error=errno.ECONNREFUSED)
    (address,) = network.addresses(mock.Mock(scheme="http", host="example.com", port=80))  # type: ignore[misc]  # this host has an address
    monkeypatch.setattr(network.http_sock, "lookup", lambda *args: [address, address])
    response = loop.run(network.stream().fetch(Request(URL)))
    assert response.read() == b"from the second"
    assert [sock.is_closed for sock in network.sockets] == [True, False]


def test_connect_timeout_names_phase_and_time(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, is_connecting=True)
    stream = network.stream()
    fetch = stream.fetch(Request(URL), timeout=Timeouts(connect=5, total=60))
    error = refused(lambda: loop.run(fetch), ConnectTimeout)
    assert (error.phase, error.elapsed, loop.time()) == ("CONNECTING", 5, 5)
    assert network.sockets[0].is_closed
    assert not stream.fd_map


def test_total_timeout_wins_over_a_longer_connect_timeout(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, is_connecting=True)
    refused(lambda: loop.run(network.stream().fetch(Request(URL), timeout=3)), TotalTimeout)
    assert loop.time() == 3


def test_connect_timeout_ends_with_the_connection(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=50)
    response = loop.run(network.stream().fetch(Request(URL), timeout=Timeouts(connect=5, total=60)))
    assert (response.status, loop.time()) == (200, 50)


def test_total_timeout_while_reading(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, OK[:-1])
    error = refused(lambda: loop.run(network.stream(timeout=7).fetch(Request(URL))), TotalTimeout)
    assert (error.phase, loop.time()) == ("READING", 7)


def test_no_timeout_waits_for_ever(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=10_000_000)
    response = loop.run(network.stream().fetch(Request(URL), timeout=Timeouts(connect=None, total=None)))
    assert response.status == 200


def test_queue_timeout_while_no_connection_is_free(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=100)
    stream = network.stream(max_per_host=1)
    first = stream.add_request(Request(URL), mock.Mock(return_value=None))
    error = refused(lambda: loop.run(stream.fetch(Request(URL), timeout=20)), QueueTimeout)
    assert (error.phase, first.state) == ("QUEUED", State.READING)
    loop.advance(80)
    assert first.state is State.DONE


# TLS.


def test_tls_handshake_waits_for_what_it_wants(loop: FakeIOLoop, network: FakeNetwork) -> None:
    url = "https://example.com/"
    network.answer(url, b"secret")
    network.prepare_socket(url, handshake=[ssl.SSLWantReadError(), ssl.SSLWantWriteError()], incoming=[WOULD_BLOCK])
    stream = network.stream()
    task = stream.fetch(Request(url))
    network_sock: list[FakeSocket] = network.sockets
    assert loop.run(task).read() == b"secret"
    assert not network_sock[0].handshake


def test_failed_handshake_is_a_tls_error(loop: FakeIOLoop, network: FakeNetwork) -> None:
    url = "https://example.com/"
    network.prepare_socket(url, handshake=[ssl.SSLCertVerificationError("self-signed")])
    error = refused(lambda: loop.run(network.stream().fetch(Request(url))), TLSError)
    assert error.phase == "TLS"
    assert not error.is_transient


# Writing.


def test_body_of_any_size_goes_out_in_the_pieces_the_kernel_takes(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    network.prepare_socket(URL, accepts=[1, 10, 100, 70_000, 1, 2])
    body = bytes(range(256)) * 4096
    loop.run(network.stream().fetch(Request(URL, body)))
    assert network.requests[0].body == body


def test_error_while_writing_is_a_lost_connection(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, accepts=[10, BrokenPipeError()], incoming=[])
    exchange = network.stream().add_request(Request(URL), mock.Mock(), errorback := mock.Mock())
    loop.settle()
    assert exchange.state is State.READING
    network.sockets[0].deliver(ConnectionResetError())
    loop.settle()
    (error,) = errorback.call_args.args
    assert isinstance(error, ConnectionLost)


def test_final_answer_before_the_request_is_all_sent_is_taken(loop: FakeIOLoop, network: FakeNetwork) -> None:
    too_large = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!"
    network.prepare_socket(URL, accepts=[100, 0], incoming=[too_large])
    stream = network.stream()
    response = loop.run(stream.fetch(Request(URL, bytes(1_000_000))))
    assert (response.status, response.read()) == (413, b"no!")
    assert network.sockets[0].is_closed, "the rest of the request was never sent"
    assert stream.connections.pool_of("").idle_count == 0


def test_answer_is_read_although_the_write_failed(loop: FakeIOLoop, network: FakeNetwork) -> None:
    too_large = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!"
    network.prepare_socket(URL, accepts=[100, BrokenPipeError()], incoming=[])
    exchange = network.stream().add_request(Request(URL, bytes(1_000_000)), readback := mock.Mock(return_value=None))
    loop.settle()
    network.sockets[0].deliver(too_large, EOF)
    loop.settle()
    assert exchange.state is State.DONE
    assert readback.call_args.args[0].status == 413


# Reading.


def test_answer_in_any_pieces_is_the_same(loop: FakeIOLoop, network: FakeNetwork) -> None:
    for cut in range(1, len(OK)):
        network.answer_raw(URL, OK[:cut], WOULD_BLOCK, OK[cut:])
    network.answer_raw(URL, *(OK[i : i + 1] for i in range(len(OK))))
    stream = network.stream()
    for _ in range(len(OK)):
        assert loop.run(stream.fetch(Request(URL))).read() == b"hi"
    assert len(network.sockets) == 1


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ((EOF,), ConnectionLost),
        ((OK[:-1], EOF), ConnectionLost),
        ((ConnectionResetError(),), ConnectionLost),
        ((OK[:20], ConnectionResetError()), ConnectionLost),
        ((b"SSH-2.0-OpenSSH\r\n",), BadResponse),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",), BadResponse),
    ],
)
def test_broken_answer_fails_and_frees_all(
    loop: FakeIOLoop, network: FakeNetwork, items: tuple[Any, ...], kind: type[Exception]
) -> None:
    network.answer_raw(URL, *items)
    stream = network.stream()
    refused(lambda: loop.run(stream.fetch(Request(URL))), kind)
    assert network.sockets[0].is_closed
    assert (stream.connections.pool_of("").open_count, stream.fd_map, stream.under_way) == (0, {}, set())


def test_lost_connection_tells_how_much_had_come(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, OK[:20], EOF)
    error = refused(lambda: loop.run(network.stream().fetch(Request(URL))), ConnectionLost)
    assert error.received == 20


def test_close_delimited_answer_ends_with_the_connection(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, b"HTTP/1.0 200 OK\r\n\r\nall of", b" it", EOF)
    stream = network.stream()
    assert loop.run(stream.fetch(Request(URL))).read() == b"all of it"
    assert network.sockets[0].is_closed


# Kept connections.


def test_kept_connection_is_used_again_without_a_word_to_the_loop(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"again", repeat=True)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    with (
        mock.patch.object(loop, "add_handler", side_effect=AssertionError),
        mock.patch.object(loop, "update_handler", side_effect=AssertionError),
        mock.patch.object(loop, "remove_handler", side_effect=AssertionError),
    ):
        for _ in range(3):
            assert loop.run(stream.fetch(Request(URL))).read() == b"again"
    assert len(network.sockets) == 1


@pytest.mark.parametrize("event", [EOF, ConnectionResetError(), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"])
def test_whatever_happens_on_an_idle_connection_drops_it(loop: FakeIOLoop, network: FakeNetwork, event: Any) -> None:
    network.answer(URL, b"good", repeat=True)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    network.sockets[0].deliver(event)
    loop.settle()
    assert network.sockets[0].is_closed
    assert stream.connections.pool_of("").open_count == 0
    assert loop.run(stream.fetch(Request(URL))).read() == b"good"


def test_bytes_after_the_answer_drop_the_connection(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    assert loop.run(network.stream().fetch(Request(URL))).read() == b"hi"
    assert network.sockets[0].is_closed


@pytest.mark.parametrize(
    ("method", "headers", "goes_again"),
    [("GET", {}, True), ("PUT", {}, True), ("POST", {}, False), ("POST", {"Idempotency-Key": "1"}, True)],
)
def test_stale_kept_connection_sends_again_only_what_is_safe(
    loop: FakeIOLoop, network: FakeNetwork, method: str, headers: dict[str, str], goes_again: bool
) -> None:
    network.answer(URL)
    network.answer_raw(URL, EOF)
    network.answer(URL, b"fresh")
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    request = Request(URL, None if method == "GET" else b"x", headers, method=method)
    if goes_again:
        assert loop.run(stream.fetch(request)).read() == b"fresh"
        assert len(network.sockets) == 2
        assert network.sockets[0].is_closed
    else:
        refused(lambda: loop.run(stream.fetch(request)), ConnectionLost)
    assert stream.connections.pool_of("").open_count == int(goes_again)


def test_post_goes_again_where_nothing_of_it_was_written(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    network.sockets[0].accepts.append(BrokenPipeError())
    assert loop.run(stream.fetch(Request(URL, b"once"))).status == 200
    assert [request.body for request in network.requests] == [b"", b"once"]


def test_second_failure_is_not_tried_again(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    network.answer_raw(URL, EOF)
    network.answer_raw(URL, EOF)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    refused(lambda: loop.run(stream.fetch(Request(URL))), ConnectionLost)
    assert len(network.sockets) == 2


def test_failure_after_a_part_of_the_answer_is_not_tried_again(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    network.answer_raw(URL, OK[:10], EOF)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    refused(lambda: loop.run(stream.fetch(Request(URL))), ConnectionLost)
    assert len(network.sockets) == 1


# Cancelling and awaiting.


@pytest.mark.parametrize(
    ("phase", "options"),
    [
        (State.CONNECTING, {"is_connecting": True}),
        (State.TLS, {"handshake": [ssl.SSLWantReadError()]}),
        (State.WRITING, {"accepts": [1, 0]}),
        (State.READING, {}),
    ],
)
def test_cancel_frees_all_in_every_phase_on_the_wire(
    loop: FakeIOLoop, network: FakeNetwork, phase: State, options: dict[str, Any]
) -> None:
    url = "https://example.com/"
    network.prepare_socket(url, **options)
    stream = network.stream()
    exchange = stream.add_request(Request(url), readback := mock.Mock(), errorback := mock.Mock())
    loop.settle()
    assert exchange.state is phase
    assert exchange.cancel()
    assert exchange.state is State.CANCELLED
    assert network.sockets[0].is_closed
    assert stream.connections.pool_of("").open_count == 0
    assert (stream.fd_map, stream.under_way, len(stream.deadlines)) == ({}, set(), 0)
    loop.advance(1000)
    readback.assert_not_called()
    errorback.assert_not_called()


def test_cancel_while_resolving_ignores_the_late_answer(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = []
    monkeypatch.setattr(network.http_sock, "lookup", lambda ioloop, origin, done: answers.append(done))
    stream = network.stream()
    exchange = stream.add_request(Request(URL), mock.Mock())
    assert exchange.state is State.RESOLVING
    exchange.cancel()
    answers[0]([])
    assert exchange.state is State.CANCELLED
    assert stream.connections.pool_of("").open_count == 0


def test_cancel_in_line_leaves_the_place_to_the_next(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=10)
    network.answer(URL, b"third")
    stream = network.stream(max_connections=1)
    stream.add_request(Request(URL), mock.Mock(return_value=None))
    second = stream.add_request(Request(URL), mock.Mock())
    assert second.state is State.QUEUED
    third = stream.fetch(Request(URL))
    second.cancel()
    assert loop.run(third).read() == b"third"


def test_cancel_before_the_delay_is_over(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    stream = network.stream()
    exchange = stream.add_delay_request(Request(URL), mock.Mock(), 30)
    loop.advance(29)
    assert exchange.cancel()
    loop.advance(100)
    assert not network.requests
    assert not stream.under_way


def test_cancelling_the_first_exchange_ends_its_chain(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()

    def readback(response: Any) -> Any:
        return Request(URL), readback, 60

    exchange = stream.add_request(Request(URL), readback)
    loop.advance(150)
    assert len(network.requests) == 3
    assert exchange.cancel()
    assert not exchange.cancel()
    loop.advance(1000)
    assert len(network.requests) == 3


def test_cancel_within_the_readback_ends_the_chain(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    exchange: Exchange

    def readback(response: Any) -> Any:
        exchange.cancel()
        return Request(URL), readback

    exchange = network.stream().add_request(Request(URL), readback)
    loop.settle()
    assert len(network.requests) == 1


def test_cancelling_the_awaiting_task_cancels_the_exchange(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    stream = network.stream()

    async def give_up() -> None:
        await asyncio.wait_for(stream.fetch(Request(URL)), 5)

    refused(lambda: loop.run(give_up()), TimeoutError)
    assert network.sockets[0].is_closed
    assert not stream.under_way


def test_exchange_can_be_awaited(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"awaited", repeat=True)
    stream = network.stream()

    async def wait() -> list[bytes]:
        # The second is served by the kept connection: it must not be sent before somebody can say that he waits.
        return [(await stream.get(URL)).read(), (await stream.get(URL)).read()]

    assert loop.run(wait()) == [b"awaited", b"awaited"]
    assert len(network.sockets) == 1


def test_awaiting_cancelled_exchange_raises_cancelled_error(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    stream = network.stream()

    async def wait() -> None:
        exchange = stream.get(URL)
        loop.call_later(1, exchange.cancel)
        await exchange

    refused(lambda: loop.run(wait()), asyncio.CancelledError)


def test_awaiting_what_has_ended_is_an_error(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    exchange = network.stream().get(URL, readback=mock.Mock(return_value=None))
    loop.settle()

    async def wait() -> None:
        await exchange

    with pytest.raises(RuntimeError, match="ended before it was awaited"):
        loop.run(wait())


def test_repr_tells_the_state() -> None:
    exchange = Exchange(mock.Mock(), Request(URL), None, None, Timeouts())
    assert repr(exchange) == "<Exchange SCHEDULED GET http://example.com/>"
