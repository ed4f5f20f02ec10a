"""What is written and read over one connection. How exchanges go on is in test_exchange."""

import logging
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import State
from webqq.httpstream.transfer import SEND_SIZE, Transfer
from webqq.testing import FakeIOLoop, FakeNetwork, FakeSocket

URL = "http://example.com/"
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
