"""What is written and read over one connection. How exchanges go on is in test_exchange."""

import logging
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import BetweenBytesTimeout, ConnectionLost, HTTPStream, State, Timeouts
from webqq.httpstream.exchange import Exchange
from webqq.httpstream.hooks import Event
from webqq.httpstream.transfer import SEND_SIZE, Transfer
from webqq.testing import EOF, WOULD_BLOCK, FakeIOLoop, FakeNetwork, FakeSocket

URL = "http://example.com/"
SAFE = "https://example.com/"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_no_turn_of_the_loop_sends_more_than_its_share(loop: FakeIOLoop, network: FakeNetwork) -> None:
    sizes: list[int] = []
    network.answer(URL, b"ok")
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    sock = network.sockets[0]
    receive = sock.on_send
    before = len(sock.sent)

    def on_send(sock: FakeSocket) -> None:
        sizes.append(len(sock.sent) - before - sum(sizes))
        if receive is not None:
            receive(sock)

    sock.on_send = on_send
    network.answer(URL, b"ok")
    loop.run(stream.fetch(Request(URL, bytes(3 * SEND_SIZE))))
    assert len(sizes) == 4
    assert max(sizes) == SEND_SIZE


def test_answer_that_comes_byte_by_byte_is_read_as_it_comes(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, *[bytes([byte]) for byte in OK])
    stream = network.stream()
    response = loop.run(stream.fetch(Request(URL)))
    assert response.read() == b"ok"
    assert stream.counters.bytes_received == len(OK)


def test_what_is_held_back_is_not_read_until_it_is_wanted(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, OK, delay=5)
    exchange = network.stream().add_request(Request(URL), mock.Mock(return_value=None))
    loop.advance(1)
    exchange.pause()
    loop.advance(10)
    assert exchange.state is State.READING
    assert len(network.sockets[0].incoming) == 1
    exchange.resume()
    loop.settle()
    assert exchange.state is State.DONE


def test_each_move_is_logged_without_secrets(
    loop: FakeIOLoop, network: FakeNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "webqq.httpstream")
    network.answer(URL, b"ok")
    loop.run(network.stream().fetch(Request(URL + "?token=abc")))
    moves = [record.getMessage() for record in caplog.records if " -> " in record.getMessage()]
    assert [move.split(": ")[1].split(" (")[0] for move in moves] == [
        "SCHEDULED -> RESOLVING",
        "RESOLVING -> CONNECTING",
        "CONNECTING -> WRITING",
        "WRITING -> READING",
        "READING -> DONE",
    ]
    assert "abc" not in caplog.text


def test_wire_log_tells_both_heads_and_no_secret(
    loop: FakeIOLoop, network: FakeNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "webqq.httpstream.wire")
    network.answer(URL, b"ok", headers={"Set-Cookie": "session=abc", "X-Seen": "1"}, repeat=True)
    stream = network.stream()
    for _ in range(2):
        loop.run(stream.fetch(Request(URL + "?token=abc", b"abc", {"Authorization": "Bearer abc"})))
    told = [record.getMessage() for record in caplog.records if record.name == "webqq.httpstream.wire"]
    assert [text.split("\n")[0][-1] for text in told] == [">", "<", ">", "<"]
    assert "POST /?token=*** HTTP/1.1" in told[0]
    assert "X-Seen: 1" in told[1]
    assert "abc" not in "".join(told)


@pytest.mark.parametrize("name", ["fail", "abandon", "give_over", "_lose", "_leads_on", "_set_deadline"])
def test_what_becomes_of_it_is_for_the_exchange(name: str) -> None:
    arguments = [] if name == "abandon" else [mock.Mock()]
    with pytest.raises(NotImplementedError):
        getattr(Transfer, name)(mock.Mock(), *arguments)


# Requests that nobody waits for.


def test_answer_that_nobody_waits_for_is_read_over_tls_and_the_connection_kept(
    loop: FakeIOLoop, network: FakeNetwork
) -> None:
    network.answer(SAFE, status=302, headers={"Location": "/elsewhere"}, repeat=True)
    stream = network.stream()
    for options in ({}, {"stream": True}):
        exchange = stream.add_request(Request(SAFE, b"abc"), **options)
        loop.settle()
        assert exchange.state is State.DONE
    assert [request.url for request in network.requests] == [SAFE, SAFE], "and not followed"
    assert (stream.counters.opened, stream.counters.reused) == (1, 1)


def test_error_after_all_was_sent_is_no_news_where_nobody_waits(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(SAFE, EOF)
    exchange = network.stream().add_request(Request(SAFE, b"abc"), None, errorback := mock.Mock())
    loop.settle()
    assert exchange.state is State.FAILED
    errorback.assert_not_called()


def test_error_before_all_was_sent_is_told_also_where_nobody_waits(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(SAFE, accepts=[10, ConnectionResetError()])
    network.stream().add_request(Request(SAFE, b"abc"), None, errorback := mock.Mock())
    loop.settle()
    network.sockets[0].deliver(EOF)
    loop.settle()
    assert isinstance(errorback.call_args.args[0], ConnectionLost)


@pytest.mark.parametrize("url", [URL, SAFE])
def test_hooks_hear_of_the_end_of_a_request_that_nobody_waits_for(
    loop: FakeIOLoop, network: FakeNetwork, url: str
) -> None:
    network.answer(url)
    events: list[Event] = []
    network.stream(hooks=[lambda event, subject, detail: events.append(event)]).add_request(Request(url))
    loop.settle()
    assert events[-1] is Event.DONE
    assert events.count(Event.SENT) == events.count(Event.DONE) == 1


# Answers that begin before the request has ended.


def test_early_answer_that_stalls_once_the_request_has_ended_is_found(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL, accepts=[10_000, 0])
    stream = network.stream(timeout=Timeouts(between_bytes=5, first_byte=None, total=None, write=None))
    stream.add_request(Request(URL, [b"abc"], method="POST"), mock.Mock(), errorback := mock.Mock())
    loop.settle()
    sock = network.sockets[0]
    sock.deliver(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf")
    loop.settle()
    sock.accepts.clear()
    loop.advance(60)
    assert isinstance(errorback.call_args.args[0], BetweenBytesTimeout)


class Decrypting(FakeSocket):
    """What was received together lies decrypted in TLS's own buffer, of which no loop tells."""

    is_hidden = False

    @property
    def is_readable(self) -> bool:
        return bool(self.incoming) and not self.is_hidden and not self.is_connecting

    def recv(self, size: int) -> bytes:
        data = super().recv(min(size, 16 * 1024))
        self.is_hidden = True
        return data

    def pending(self) -> int:
        return len(self.incoming)


def test_what_tls_holds_back_is_read_also_where_the_request_ends_in_the_same_turn(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    sock = Decrypting(100)

    def answer(sock: FakeSocket) -> None:
        if sock.sent.endswith(b"\r\n\r\n"):
            sock.deliver(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + bytes(300_000))

    sock.on_send = answer
    loop.add_socket(sock.fileno(), sock)
    network.prepare_socket(SAFE)
    monkeypatch.setattr(network, "connect", lambda address: sock)
    response = loop.run(network.stream().fetch(Request(SAFE, [b"a"], method="POST")))
    assert len(response.read()) == 300_000
    assert loop.time() < 1


# Several answers in one turn of the loop.


def kept(loop: FakeIOLoop, network: FakeNetwork, count: int) -> tuple[HTTPStream, list[FakeSocket]]:
    """A stream and its ``count`` connections, each of which has served a request."""
    for _ in range(count):
        network.prepare_socket(URL)
    stream = network.stream()
    for _ in range(count):
        stream.add_request(Request(URL), mock.Mock(return_value=None))
    loop.settle()
    sockets = list(network.sockets)
    for sock in sockets:
        sock.deliver(OK)
    loop.settle()
    return stream, sockets


def test_requests_that_answers_of_one_turn_lead_to_go_out_after_all_of_them_were_served(
    loop: FakeIOLoop, network: FakeNetwork
) -> None:
    stream, sockets = kept(loop, network, 3)
    told: list[str] = []

    def readback(response: Any) -> Any:
        told.append("served")
        return Request(URL + "next"), mock.Mock(return_value=None)

    for _ in sockets:
        stream.add_request(Request(URL), readback)
    loop.settle()
    for sock in sockets:
        del sock.sent[:]
        sock.on_send = lambda sock: told.append("sent")
    for sock in sockets:
        sock.deliver(OK)
    loop.settle()
    assert told == ["served", "sent", "served", "served", "sent", "sent"]
    stream.audit()


def test_request_that_is_cancelled_in_the_turn_in_which_it_was_to_go_out_is_not_sent(
    loop: FakeIOLoop, network: FakeNetwork
) -> None:
    stream, sockets = kept(loop, network, 4)
    following: list[Exchange] = []

    def begin(response: Any) -> None:
        following.append(stream.add_request(Request(URL + "next"), mock.Mock(return_value=None)))

    def cancel(response: Any) -> None:
        following[-1].cancel()

    for readback in (cancel, begin, *[mock.Mock(return_value=None)] * 2):
        # The connection that was used last is taken first.
        stream.add_request(Request(URL), readback)
    loop.settle()
    for sock in sockets:
        sock.deliver(OK)
    loop.settle()
    assert following[0].state is State.CANCELLED
    assert not any(b"/next" in sock.sent for sock in sockets)
    stream.audit()


@pytest.mark.parametrize("what", [EOF, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"])
def test_what_comes_before_anything_of_a_request_was_sent_is_not_its_answer(
    loop: FakeIOLoop, network: FakeNetwork, what: Any
) -> None:
    stream, (old,) = kept(loop, network, 1)
    old.accepts.append(0)
    network.prepare_socket(URL)
    post = stream.add_request(Request(URL, b"once"), readback := mock.Mock(return_value=None))
    loop.settle()
    assert post.state is State.WRITING
    old.deliver(what)
    loop.settle()
    assert old.is_closed
    new = network.sockets[1]
    assert new.sent.endswith(b"once"), "nothing was written, so that even a POST may go again"
    new.deliver(OK)
    loop.settle()
    assert readback.call_args.args[0].read() == b"ok"
    stream.audit()


def test_wake_up_for_nothing_before_anything_was_sent_changes_nothing(loop: FakeIOLoop, network: FakeNetwork) -> None:
    stream, (sock,) = kept(loop, network, 1)
    sock.accepts.append(0)
    request = stream.add_request(Request(URL, b"once"), mock.Mock(return_value=None))
    sock.deliver(WOULD_BLOCK)
    loop.settle()
    assert request.state is State.WRITING
    sock.accepts.clear()
    loop.settle()
    assert sock.sent.endswith(b"once")
    stream.close()


@pytest.mark.parametrize("number", range(3))
def test_stream_may_be_closed_while_answers_of_one_turn_are_served(
    loop: FakeIOLoop, network: FakeNetwork, number: int
) -> None:
    stream, sockets = kept(loop, network, 5)
    ended: list[str] = []

    def readback(response: Any) -> Any:
        ended.append("served")
        if len(ended) == number + 1:
            stream.close()
            return None
        return Request(URL + "next"), mock.Mock()

    for _ in sockets:
        stream.add_request(Request(URL), readback, lambda error: ended.append(type(error).__name__))
    loop.settle()
    for sock in sockets:
        sock.deliver(OK)
    loop.settle()
    assert ended.count("served") == number + 1
    assert all(sock.is_closed for sock in sockets)
    stream.audit()
