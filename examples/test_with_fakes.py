"""How to test a program that uses the engine: no network, no waiting. Run it with pytest."""

from urllib.request import Request

from webqq.httpstream import HTTPStream
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

POLL = "http://example.com/poll"


class Poller:
    """The program under test: polls for ever, and waits a minute after a failure."""

    def __init__(self, stream: HTTPStream) -> None:
        self.stream = stream
        self.got: list[bytes] = []

    def start(self) -> None:
        self.stream.add_request(Request(POLL), self.polled, self.failed)

    def polled(self, response):
        self.got.append(response.read())
        return Request(POLL), self.polled

    def failed(self, error) -> None:
        self.stream.add_delay_request(Request(POLL), self.polled, 60, self.failed)


def test_poller_takes_one_answer_after_the_other() -> None:
    with FakeIOLoop() as loop:
        network = FakeNetwork(loop)
        network.answer(POLL, b"first", delay=30)
        network.answer(POLL, b"second", delay=30)
        poller = Poller(network.stream())
        poller.start()
        loop.advance(30)
        assert poller.got == [b"first"]
        loop.advance(30)
        assert poller.got == [b"first", b"second"]
        assert len(network.sockets) == 1, "the connection is used again"


def test_poller_waits_a_minute_after_a_broken_answer() -> None:
    with FakeIOLoop() as loop:
        network = FakeNetwork(loop)
        network.answer_raw(POLL, b"HTTP/1.1 200 OK\r\nContent-Le", EOF)
        network.answer(POLL, b"again")
        poller = Poller(network.stream())
        poller.start()
        loop.advance(59)
        assert poller.got == []
        loop.advance(1)
        assert poller.got == [b"again"]
