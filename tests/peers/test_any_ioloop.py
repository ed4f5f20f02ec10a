"""The engine on a loop that only has ``add_handler`` and its like: callbacks and delays, no coroutine."""

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.request import Request

import pytest

from tests.peers.selector_loop import SelectorLoop
from webqq.httpstream import FirstByteTimeout, HTTPStream, HTTPStreamError, Timeouts
from webqq.testing import Answer, Freeze, Reset, ScriptedServer

LARGE = bytes(range(256)) * 20_000


class Talk:
    """A stream on such a loop, and what its callbacks got."""

    def __init__(self, loop: SelectorLoop, **options: Any) -> None:
        self.loop = loop
        self.stream = HTTPStream(loop, **options)  # type: ignore[arg-type]  # it is none of Tornado's
        self.got: list[Any] = []

    def last(self, response: Any) -> None:
        """The readback after which the test is over."""
        self.got.append(response)
        self.loop.stop()

    def run(self) -> list[Any]:
        # A test that hangs fails.
        guard = self.loop.call_later(20, self.loop.stop)
        self.loop.start()
        self.loop.remove_timeout(guard)
        assert not self.stream.audit().exchanges
        self.stream.close()
        assert self.loop.is_idle
        return self.got


@pytest.fixture
def loop() -> Iterator[SelectorLoop]:
    loop = SelectorLoop()
    yield loop
    loop.close()


def test_request_and_readback(loop: SelectorLoop, origin: ScriptedServer) -> None:
    talk = Talk(loop)
    talk.stream.post(origin.url("/", "localhost"), LARGE, talk.last, talk.last, headers={"Content-Type": "x/y"})
    (response,) = talk.run()
    assert response.read() == b"POST " + LARGE


def test_chain_with_delays_on_one_connection(loop: SelectorLoop, origin: ScriptedServer) -> None:
    talk = Talk(loop)

    def again(response: Any) -> Any:
        talk.got.append(response.status)
        if len(talk.got) < 5:
            return Request(origin.url()), again, 0.01 * (len(talk.got) % 2)
        return Request(origin.url()), talk.last

    talk.stream.add_delay_request(Request(origin.url()), again, 0.01, talk.last)
    assert talk.run()[:5] == [200] * 5
    assert talk.stream.counters.opened == 1


def test_tls(loop: SelectorLoop, tls_origin: ScriptedServer, trusting: ssl.SSLContext) -> None:
    talk = Talk(loop, ssl_context=trusting)
    url = tls_origin.url("/", "localhost")

    def again(response: Any) -> Any:
        talk.got.append(response.status)
        return Request(url, LARGE), talk.last

    talk.stream.get(url, None, again, talk.last)
    status, response = talk.run()
    assert (status, response.read()) == (200, b"POST " + LARGE)


def test_pieces_of_a_body(loop: SelectorLoop, origin: ScriptedServer) -> None:
    origin.on("/large", Answer(200, LARGE).chunked(10_000))
    talk = Talk(loop)
    pieces: list[bytes] = []
    talk.stream.get(origin.url("/large"), None, talk.last, talk.last, on_data=pieces.append)
    talk.run()
    assert b"".join(pieces) == LARGE


def test_deadline(loop: SelectorLoop, origin: ScriptedServer) -> None:
    origin.on("/silent", Freeze())
    talk = Talk(loop, timeout=Timeouts(first_byte=0.05))
    talk.stream.get(origin.url("/silent"), None, talk.last, talk.last)
    (error,) = talk.run()
    assert isinstance(error, FirstByteTimeout)


def test_redirects_and_retries(loop: SelectorLoop, origin: ScriptedServer) -> None:
    origin.on("/moved", Answer(302, headers={"Location": "/"}))
    origin.on("/reset", Reset(), repeat=True)
    talk = Talk(loop)
    talk.stream.get(origin.url("/moved"), None, lambda response: (Request(origin.url("/reset")), print), talk.last)
    (error,) = talk.run()
    assert isinstance(error, HTTPStreamError)
    assert talk.stream.counters.redirected == 1


def test_many_at_once_within_limits(loop: SelectorLoop, origin: ScriptedServer) -> None:
    talk = Talk(loop, max_per_host=3)

    def count(response: Any) -> None:
        talk.got.append(response.read())
        if len(talk.got) == 50:
            loop.stop()

    for number in range(50):
        talk.stream.post(origin.url(), b"%d" % number, count, talk.last)
    assert sorted(talk.run()) == sorted(b"POST %d" % number for number in range(50))
    assert talk.stream.counters.opened == 3
