"""What is written and read over one connection. How exchanges go on is in test_exchange."""

import logging
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import BetweenBytesTimeout, ConnectionLost, State, Timeouts
from webqq.httpstream.hooks import Event
from webqq.httpstream.transfer import SEND_SIZE, Transfer
from webqq.testing import EOF, FakeIOLoop, FakeNetwork, FakeSocket

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
