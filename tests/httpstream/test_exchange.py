"""One request's life, state by state, on fake sockets."""

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import (
    BadResponse,
    BodyError,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    File,
    Form,
    HTTPStream,
    HTTPStreamError,
    QueueTimeout,
    ResolveError,
    Retry,
    State,
    StreamedResponse,
    Timeouts,
    TLSError,
    TotalTimeout,
)
from webqq.httpstream.connection import Connection
from webqq.httpstream.dial import Dial
from webqq.httpstream.exchange import Exchange
from webqq.httpstream.hooks import Event
from webqq.httpstream.options import Options
from webqq.httpstream.retry import Backoff
from webqq.httpstream.state import TRANSITIONS, IllegalTransition
from webqq.testing import EOF, WOULD_BLOCK, FakeIOLoop, FakeNetwork, FakeSocket

URL = "http://example.com/"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def refused(fetch: Callable[[], Any], kind: type[BaseException]) -> Any:
    with pytest.raises(kind) as caught:
        fetch()
    return caught.value


# The table.


@pytest.mark.parametrize("old", State)
@pytest.mark.parametrize("new", State)
def test_only_moves_of_the_table_are_made(old: State, new: State) -> None:
    exchange = Exchange(mock.Mock(), Request(URL), None, None, Options())
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
    ("options", "is_kept"),
    [("close", False), ("Close", False), ("upgrade, CLOSE", False), ("keep-alive", True), ("closed", True)],
)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_request_that_says_close_is_the_last_of_its_connection(
    loop: FakeIOLoop, network: FakeNetwork, options: str, is_kept: bool, is_streamed: bool
) -> None:
    network.answer(URL)
    stream = network.stream()

    async def ask() -> None:
        response = await stream.fetch(Request(URL, headers={"Connection": options}), stream=is_streamed)
        if isinstance(response, StreamedResponse):
            await response.read()

    loop.run(ask())
    assert network.sockets[0].is_closed is not is_kept


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
    assert exchange.state is State.CANCELLED  # type: ignore[comparison-overlap]  # it has moved since
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
    exchange = Exchange(mock.Mock(), Request(URL), None, None, Options())
    assert repr(exchange) == "<Exchange SCHEDULED GET http://example.com/>"


# Bodies on their way.

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LOCKED = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno!"


async def slow_pieces(count: int = 3) -> AsyncIterator[bytes]:
    for number in range(count):
        await asyncio.sleep(2)
        yield b"%d" % number


async def broken_pieces() -> AsyncIterator[bytes]:
    yield b"one"
    await asyncio.sleep(1)
    raise KeyError("x")


async def halting_pieces() -> AsyncIterator[bytes]:
    yield b"one"
    await asyncio.sleep(1)
    raise asyncio.CancelledError


def form() -> Form:
    made = Form(boundary="b")
    made.add("name", "value")
    return made


@pytest.mark.parametrize(
    ("make", "body"),
    [
        (lambda path: b"small", b"small"),
        (lambda path: bytes(range(256)) * 4096, bytes(range(256)) * 4096),
        (lambda path: path.open("rb"), b"of a file"),
        (lambda path: File(path), b"of a file"),
        (lambda path: [b"a", b"bc"], b"abc"),
        (lambda path: (piece for piece in (b"a", b"", b"bc")), b"abc"),
        (lambda path: slow_pieces(), b"012"),
        (lambda path: form(), b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nvalue\r\n--b--\r\n'),
        (lambda path: [], b""),
        (lambda path: iter(()), b""),
    ],
    ids=["bytes", "a MiB", "open file", "file", "list", "generator", "async iterator", "form", "empty", "none"],
)
@pytest.mark.parametrize("expect", [False, True])
def test_body_of_each_kind_arrives(
    loop: FakeIOLoop, network: FakeNetwork, tmp_path: Path, make: Any, body: bytes, expect: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"of a file")
    network.answer(URL, b"hi", repeat=True)
    stream = network.stream(expect=expect)
    data = make(path)
    assert loop.run(stream.fetch(Request(URL, data))).read() == b"hi"
    (request,) = network.requests
    assert (request.method, request.body) == ("POST", body)
    # RFC 9110 10.1.1: not without content. That a generator has none nobody knows beforehand.
    assert (request.headers["Expect"] == "100-continue") == (expect and data != [])
    assert len(stream.audit().idle) == 1
    if hasattr(data, "close"):
        data.close()


@pytest.mark.parametrize("make", [broken_pieces, halting_pieces, lambda: iter([b"one", "two"])])
def test_body_that_breaks_ends_the_exchange_and_its_connection(
    loop: FakeIOLoop, network: FakeNetwork, make: Any
) -> None:
    network.answer(URL)
    stream = network.stream(timeout=None)
    error = refused(lambda: loop.run(stream.fetch(Request(URL, make()))), BodyError)
    assert error.phase == "WRITING"
    assert network.sockets[0].is_closed
    assert stream.audit().is_clean


def test_body_of_another_length_than_it_said_is_cut_off(loop: FakeIOLoop, network: FakeNetwork, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(100))
    file = File(path)
    path.write_bytes(bytes(50))
    network.answer(URL)
    stream = network.stream()
    refused(lambda: loop.run(stream.fetch(Request(URL, file))), BodyError)  # type: ignore[arg-type]  # urllib's stubs know no bodies of ours
    assert network.sockets[0].is_closed


def test_cancel_in_the_middle_of_a_slow_body(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    stream = network.stream()
    exchange = stream.add_request(Request(URL, slow_pieces()), mock.Mock())  # type: ignore[arg-type]  # urllib's stubs know no async ones
    loop.advance(3)
    assert exchange.state is State.WRITING
    exchange.cancel()
    loop.advance(10)
    assert b"1\r\n0\r\n" in network.sockets[0].sent
    assert b"1\r\n1\r\n" not in network.sockets[0].sent
    assert stream.audit().is_clean


def test_body_may_cancel_its_own_exchange(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    stream = network.stream()

    def pieces() -> Iterator[bytes]:
        yield b"one"
        exchange.cancel()
        yield b"two"

    exchange = stream.add_request(Request(URL, pieces()), readback := mock.Mock())
    loop.advance(10)
    assert exchange.state is State.CANCELLED
    assert stream.audit().is_clean
    assert network.sockets[0].is_closed
    readback.assert_not_called()


def test_slow_body_is_bounded_by_the_whole_alone(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(timeout=Timeouts(write=1, first_byte=1, total=None))
    request = Request(URL, slow_pieces())  # type: ignore[arg-type]  # as above
    assert loop.run(stream.fetch(request)).status == 200
    refused(lambda: loop.run(stream.fetch(Request(URL, slow_pieces(50)), timeout=5)), TotalTimeout)  # type: ignore[arg-type]  # as above


def test_wake_up_while_a_piece_is_awaited_sends_nothing(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """A ticket of TLS, or an interim answer: SSL does not take a write of nothing well."""
    network.answer(URL)
    network.prepare_socket(URL, incoming=[WOULD_BLOCK])
    exchange = network.stream().add_request(Request(URL, slow_pieces()), mock.Mock(return_value=None))  # type: ignore[arg-type]  # as above
    loop.advance(1)
    with mock.patch.object(network.sockets[0], "send", side_effect=AssertionError):
        network.sockets[0].deliver(b"HTTP/1.1 103 Early Hints\r\n\r\n", WOULD_BLOCK)
        loop.settle()
    loop.advance(10)
    assert exchange.state is State.DONE


# Leave for a body.


def expecting(loop: FakeIOLoop, network: FakeNetwork, **options: Any) -> Any:
    stream = network.stream(expect=True, **options)
    readback, errorback = mock.Mock(return_value=None), mock.Mock()
    exchange = stream.add_request(Request(URL, b"body"), readback, errorback)
    loop.advance(0.5)
    return stream, exchange, readback, errorback


def test_body_goes_out_once_the_server_wants_it(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    _, exchange, readback, _ = expecting(loop, network)
    sock = network.sockets[0]
    assert exchange.state is State.EXPECTING
    assert sock.sent.endswith(b"\r\n\r\n")
    assert b"Expect: 100-continue\r\n" in sock.sent
    assert b"Content-Length: 4\r\n" in sock.sent
    sock.deliver(CONTINUE)
    loop.settle()
    assert (exchange.state, network.requests[0].body) == (State.DONE, b"body")
    readback.assert_called_once()


def test_body_goes_out_after_a_second_of_silence(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    _, exchange, *_ = expecting(loop, network)
    loop.advance(0.49)
    assert exchange.state is State.EXPECTING
    loop.advance(0.02)
    assert (exchange.state, network.requests[0].body) == (State.DONE, b"body")


def test_final_answer_keeps_the_body_here(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    stream, exchange, readback, _ = expecting(loop, network)
    network.sockets[0].deliver(TOO_LARGE)
    loop.settle()
    assert exchange.state is State.DONE
    assert readback.call_args.args[0].status == 413
    assert b"body" not in network.sockets[0].sent
    assert stream.audit().is_clean, "the server may still wait for the body there"


def test_request_of_which_nothing_is_expected_goes_again_without_asking(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    network.answer_raw(URL, LOCKED)
    stream, exchange, readback, _ = expecting(loop, network)
    network.sockets[0].deliver(LOCKED)
    loop.settle()
    assert exchange.state is State.DONE
    assert readback.call_args.args[0].status == 417, "it is an answer like others to who did not ask"
    assert [b"Expect" in bytes(sock.sent) for sock in network.sockets] == [True, False]
    assert network.requests[0].body == b"body"
    assert stream.counters.retried == 1


def test_other_interim_answers_give_no_leave(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    _, exchange, *_ = expecting(loop, network)
    network.sockets[0].deliver(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    loop.settle()
    assert exchange.state is State.EXPECTING
    loop.advance(1)
    assert exchange.state is State.DONE  # type: ignore[comparison-overlap]  # it has moved since


@pytest.mark.parametrize(("event", "kind"), [(EOF, ConnectionLost), (b"junk\r\n", BadResponse)])
def test_failure_while_leave_is_awaited(loop: FakeIOLoop, network: FakeNetwork, event: Any, kind: type) -> None:
    network.prepare_socket(URL)
    stream, exchange, _, errorback = expecting(loop, network)
    network.sockets[0].deliver(event)
    loop.settle()
    assert exchange.state is State.FAILED
    assert isinstance(errorback.call_args.args[0], kind)
    assert stream.audit().is_clean


def test_redirect_in_place_of_leave_asks_anew(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """Over another connection that lies idle, where the second wait begins within the end of the first."""
    network.answer(URL, delay=1, repeat=True)
    stream = network.stream(expect=True)
    for _ in range(2):
        stream.add_request(Request(URL), mock.Mock(return_value=None))
    loop.advance(2)
    exchange = stream.add_request(Request(URL, b"body"), readback := mock.Mock(return_value=None))
    loop.settle()
    assert exchange.state is State.EXPECTING
    (connection,) = exchange.connections
    connection.sock.deliver(b"HTTP/1.1 307 Away\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
    loop.settle()
    assert exchange.state is State.EXPECTING
    assert exchange.connections != [connection]
    loop.advance(3)
    assert readback.call_args.args[0].status == 200


def test_cancel_while_leave_is_awaited(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    stream, exchange, *_ = expecting(loop, network)
    stream.audit()
    assert exchange.cancel()
    assert stream.audit().is_clean
    loop.advance(10)


def test_stale_connection_while_leave_is_awaited(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(expect=True)
    loop.run(stream.fetch(Request(URL)))
    exchange = stream.add_request(Request(URL, b"body", method="PUT"), mock.Mock(return_value=None))
    loop.settle()
    network.sockets[0].deliver(EOF)
    loop.settle()
    assert exchange.state is State.EXPECTING, "on the fresh connection, too, leave is waited for"
    loop.advance(1)
    assert exchange.state is State.DONE  # type: ignore[comparison-overlap]  # it has moved since
    assert stream.counters.resent == 1


def test_early_answer_between_two_pieces_that_reset_the_connection(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, accepts=[10_000, 10_000, ConnectionResetError()])
    stream = network.stream()
    exchange = stream.add_request(Request(URL, [b"a", b"b"]), readback := mock.Mock(return_value=None))
    loop.settle()
    assert exchange.state is State.READING
    network.sockets[0].deliver(TOO_LARGE, EOF)
    loop.settle()
    assert readback.call_args.args[0].status == 413
    assert stream.audit().is_clean


# Cancelling where the fakes of above do not reach.


def test_cancel_in_the_proxys_handshake(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket("http://proxy:3128/")
    stream = network.stream(proxy="http://proxy:3128")
    exchange = stream.get("https://example.com/", None, mock.Mock())
    loop.settle()
    assert exchange.state is State.PROXYING
    stream.audit()
    assert exchange.cancel()
    assert stream.audit().is_clean
    assert network.sockets[0].is_closed


def test_lost_connection_keeps_what_had_come(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ConnectionResetError())
    error = refused(lambda: loop.run(network.stream().fetch(Request(URL))), ConnectionLost)
    assert (error.received, error.partial) == (43, b"half")


def test_errorback_that_cancels_another_at_the_same_deadline(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, is_connecting=True)
    network.prepare_socket(URL, is_connecting=True)
    network.answer("http://other.example/", b"later", delay=100)
    stream = network.stream(timeout=Timeouts(connect=5, total=None))
    exchanges = [stream.get(URL, None, None, lambda error: [each.cancel() for each in exchanges]) for _ in range(2)]
    other = stream.get("http://other.example/", None, mock.Mock(return_value=None), timeout=200)
    loop.advance(10)
    assert sorted(exchange.state for exchange in exchanges) == [State.FAILED, State.CANCELLED]
    loop.advance(100)
    assert other.state is State.DONE


class BrokenAuth:
    """Credentials of somebody's own that fail where they are asked for."""

    def for_origin(self, origin: object) -> "BrokenAuth":
        return self

    def header_for(self, *args: object) -> str | None:
        return None

    def challenge(self, *args: object) -> bool:
        raise RuntimeError("odd")


@pytest.mark.parametrize("options", [{}, {"stream": True}], ids=str)
def test_foreign_code_that_raises_ends_its_exchange_and_is_told(
    loop: FakeIOLoop, network: FakeNetwork, expect_log: Any, options: dict[str, Any]
) -> None:
    expect_log("asyncio", "Exception in callback|socket handler")
    network.answer(URL, status=401)
    stream = network.stream(auth=BrokenAuth(), timeout=None)
    error = refused(lambda: loop.run(stream.fetch(Request(URL), **options)), HTTPStreamError)
    assert isinstance(error.__cause__, RuntimeError)
    assert stream.audit().exchanges == ()


# Every state and every way into another.


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("phase", [State.QUEUED, State.RESOLVING, State.CONNECTING, State.PROXYING, State.TLS])
def test_phase_is_entered_only_from_where_the_table_says(network: FakeNetwork, state: State, phase: State) -> None:
    exchange = Exchange(HTTPStream(network.ioloop, network.http_sock), Request(URL), None, None, Options())
    exchange.state = state
    if phase in TRANSITIONS[state]:
        exchange.enter(phase, "test")
        assert exchange.state is phase
    else:
        with pytest.raises(IllegalTransition):
            exchange.enter(phase, "test")


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.CANCELLED])
def test_what_has_ended_takes_nothing_any_more(network: FakeNetwork, state: State) -> None:
    stream = HTTPStream(network.ioloop, network.http_sock)
    exchange = Exchange(stream, Request(URL), mock.Mock(), errorback := mock.Mock(), Options())
    exchange.state = state
    with pytest.raises(IllegalTransition):
        exchange.dialled(mock.Mock())
    exchange.fail(ConnectionLost("late"))
    exchange.expire(1e9)
    exchange.abandon()
    exchange.pause()
    exchange.resume()
    assert not exchange.cancel()
    assert exchange.state is state
    errorback.assert_not_called()


def test_write_that_tls_holds_up_goes_on_after_a_read(loop: FakeIOLoop, network: FakeNetwork) -> None:
    url = "https://example.com/"
    network.answer(url, b"hi")
    network.prepare_socket(url, accepts=[ssl.SSLWantReadError()], incoming=[WOULD_BLOCK])
    assert loop.run(network.stream().fetch(Request(url))).read() == b"hi"


def test_fault_after_a_delay_ends_the_exchange_and_is_told(
    loop: FakeIOLoop, network: FakeNetwork, expect_log: Any
) -> None:
    expect_log("webqq.httpstream", "unexpected")
    auth = mock.Mock()
    auth.for_origin.side_effect = RuntimeError("odd")
    stream = network.stream(auth=auth)
    exchange = stream.add_delay_request(Request(URL), None, 5, errorback := mock.Mock())
    loop.advance(10)
    assert exchange.state is State.FAILED
    assert isinstance(errorback.call_args.args[0].__cause__, RuntimeError)
    assert stream.audit().is_clean


def test_who_stood_in_line_learns_that_the_host_is_gone(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.answer_raw(URL, EOF)
    stream = network.stream(max_connections=1)
    stream.add_request(Request(URL), mock.Mock(), mock.Mock())
    waiting = stream.add_request(Request(URL), mock.Mock(), errorback := mock.Mock())
    assert waiting.state is State.QUEUED
    monkeypatch.setattr(network.http_sock, "lookup", lambda *args: OSError("no such name any more"))
    loop.settle()
    assert isinstance(errorback.call_args.args[0], ResolveError)
    assert stream.audit().is_clean


# Who wants to hear of a chain's end.


def test_cancelling_any_exchange_of_a_chain_is_told(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    first = stream.get(URL, None, lambda response: (Request(URL), mock.Mock(), 10))
    first.on_cancel(told := mock.Mock())
    loop.advance(1)
    told.assert_not_called()
    (second,) = stream.under_way
    second.cancel()
    told.assert_called_once_with()


def test_chain_that_was_cancelled_before_is_told_at_once(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    exchange = network.stream().get(URL, None, mock.Mock())
    exchange.cancel()
    exchange.on_cancel(told := mock.Mock())
    told.assert_called_once_with()


def test_exchange_that_has_ended_lets_its_body_go(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, accepts=[10000, 0])
    ended = mock.Mock()

    async def body() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            yield b"y"
        finally:
            ended()

    stream = network.stream()
    exchange = stream.add_request(Request(URL, body()), mock.Mock())  # type: ignore[arg-type]  # an async iterable is fine
    loop.advance(1)
    assert exchange.state is State.WRITING
    exchange.cancel()
    loop.settle()
    ended.assert_called_once_with()
    assert exchange._upload is None


# What foreign code raises.


def failing_jar(calls: int) -> Any:
    """A cookie jar that fails after so many requests."""
    jar = mock.MagicMock(spec=CookieJar)
    jar.add_cookie_header.side_effect = [None] * calls + [RuntimeError("jar")] * 9
    jar.__iter__.side_effect = lambda: iter([mock.Mock()])
    return jar


def test_jar_that_fails_at_a_retry_ends_the_exchange(loop: FakeIOLoop, network: FakeNetwork, expect_log: Any) -> None:
    expect_log("webqq.httpstream", "unexpected")
    network.prepare_socket(URL, connect_error=errno.ECONNREFUSED)
    stream = network.stream(cookiejar=failing_jar(1), retry=Retry(backoff=Backoff(first=0)))
    stream.add_request(Request(URL), mock.Mock(), errorback := mock.Mock())
    loop.advance(1)
    assert isinstance(errorback.call_args.args[0].__cause__, RuntimeError)


def test_jar_that_fails_at_one_timeout_stops_no_other(loop: FakeIOLoop, network: FakeNetwork, expect_log: Any) -> None:
    expect_log("webqq.httpstream", "unexpected")
    for _ in range(2):
        network.prepare_socket(URL)
    stream = network.stream(cookiejar=failing_jar(2), timeout=Timeouts(first_byte=5, total=None))
    errorbacks = [mock.Mock(), mock.Mock()]
    stream.add_request(Request(URL), mock.Mock(), errorbacks[0], retry=Retry(backoff=Backoff(first=0)))
    stream.add_request(Request(URL), mock.Mock(), errorbacks[1])
    loop.advance(20)
    for errorback in errorbacks:
        errorback.assert_called_once()


def test_retry_policy_that_fails_leaves_the_error_as_it_was(
    loop: FakeIOLoop, network: FakeNetwork, expect_log: Any
) -> None:
    expect_log("webqq.httpstream", "the retry policy failed")
    network.prepare_socket(URL, connect_error=errno.ECONNREFUSED)
    retry = mock.Mock(spec=Retry)
    retry.delay_after_error.side_effect = RuntimeError("odd")
    with pytest.raises(ConnectError):
        loop.run(network.stream().fetch(Request(URL), retry=retry))


def test_connect_that_raises_anything_ends_the_exchange_in_a_later_turn(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.answer(URL)
    monkeypatch.setattr(network.http_sock, "connect", mock.Mock(side_effect=RuntimeError("odd")))
    stream = network.stream()
    stream.add_request(Request(URL), mock.Mock(), errorback := mock.Mock())
    errorback.assert_not_called()
    loop.settle()
    assert isinstance(errorback.call_args.args[0], ConnectError)
    assert stream.connections.pool_of("").open_count == 0


def test_attempt_without_a_delay_has_its_own_connect_timeout(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no name is looked up the state is CONNECTING again at once, and no phase seems to begin."""
    for _ in range(2):
        network.prepare_socket(URL, is_connecting=True)
    monkeypatch.setattr(Dial, "start", lambda dial: dial._connect(network.addresses(dial._route.peer)))
    retry = Retry(attempts=2, backoff=Backoff(first=0))
    stream = network.stream(timeout=Timeouts(connect=5, total=None), retry=retry)
    stream.add_request(Request(URL), mock.Mock(), errorback := mock.Mock())
    loop.advance(60)
    assert isinstance(errorback.call_args.args[0], ConnectTimeout)
    assert len(network.sockets) == 2


def test_request_that_changes_while_it_waits_is_answered_as_it_was_sent(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    request = Request(URL, method="HEAD")
    network.stream(timeout=5).add_request(request, readback := mock.Mock(return_value=None))
    request.method = "GET"
    loop.advance(10)
    readback.assert_called_once()


def test_hook_that_ends_the_exchange_as_a_connection_is_dropped_costs_no_other_connection(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.answer(URL, repeat=True)

    def end(event: Event, subject: Any, detail: Any) -> None:
        if event is Event.DROPPED:
            for exchange in list(stream.under_way):
                exchange.cancel()

    stream = network.stream(hooks=[end])
    for _ in range(2):
        stream.add_request(Request(URL), mock.Mock(return_value=None))
    loop.settle()
    first, second = network.sockets
    monkeypatch.setattr(Connection, "has_unread", lambda connection: connection.sock is second)
    second.deliver(b"unasked")
    exchange = stream.add_request(Request(URL), mock.Mock())
    assert exchange.state is State.CANCELLED
    assert [connection.sock for connection in stream.connections.open] == [first]
    assert stream.connections.pool_of("").idle_count == 1


def test_who_stood_in_line_uses_no_connection_that_went_bad_meanwhile(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"ok", delay=1, repeat=True)
    stream = network.stream(max_per_host=1)
    first, second = (stream.add_request(Request(URL), mock.Mock(return_value=None)) for _ in range(2))
    loop.settle()
    assert second.state is State.QUEUED

    def distrust(connection: Connection) -> bool:
        stream.connections.drop(connection, "bytes that nobody read")
        return False

    with mock.patch.object(stream.connections, "is_trusted", distrust):
        loop.advance(3)
    assert (first.state, second.state, len(network.sockets)) == (State.DONE, State.DONE, 2)
    assert network.sockets[0].is_closed
