"""Whether the engine's books agree."""

from math import inf
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import HTTPStream, State, Timeouts
from webqq.httpstream.audit import Audit, AuditError
from webqq.testing import FakeIOLoop, FakeNetwork

URL = "http://example.com/"


@pytest.fixture
def stream(loop: FakeIOLoop, network: FakeNetwork) -> HTTPStream:
    """One connection is idle, one exchange reads, one stands in line, one is delayed."""
    network.answer(URL)
    network.answer("http://other.example/", delay=1000)
    # Not one of the network's, which audits its own.
    stream = HTTPStream(loop, network.http_sock, max_per_host=1)
    loop.run(stream.fetch(Request(URL)))
    for _ in range(2):
        stream.get("http://other.example/", None, mock.Mock(return_value=None))
    stream.add_delay_request(Request(URL), None, 60)
    loop.settle()
    return stream


def test_what_is_under_way_is_listed(stream: HTTPStream) -> None:
    audit = stream.audit()
    states = sorted(exchange.state for exchange in audit.exchanges)
    assert states == [State.SCHEDULED, State.QUEUED, State.READING]
    assert [connection.uses for connection in audit.idle] == [1]
    assert not audit.is_clean
    lines = str(audit).splitlines()
    assert len(lines) == 4
    assert "<Exchange READING GET http://other.example/ 0.000 s>" in lines
    assert lines[-1] == "<Connection fd=1000000 http://example.com:80 uses=1 idle>"


def test_nothing_under_way_is_clean(stream: HTTPStream) -> None:
    for exchange in list(stream.under_way):
        exchange.cancel()
    stream.close()
    assert stream.audit().is_clean
    assert str(stream.audit()) == "nothing is under way"
    assert Audit((), ()).is_clean


def by_state(stream: HTTPStream, state: State) -> Any:
    return next(exchange for exchange in stream.under_way if exchange.state is state)


def test_deadline_that_was_taken_away_is_no_disagreement(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=100)
    stream = network.stream(timeout=Timeouts(total=None, connect=50))
    exchange = stream.get(URL, None, mock.Mock(return_value=None))
    loop.settle()
    assert exchange.deadline == inf
    assert stream.audit().exchanges == (exchange,)


def ended(stream: HTTPStream) -> None:
    by_state(stream, State.READING).state = State.DONE


def forgotten_in_line(stream: HTTPStream) -> None:
    stream.connections.pool_of("").leave(by_state(stream, State.QUEUED))


def without_connection(stream: HTTPStream) -> None:
    by_state(stream, State.READING)._connection = None


def without_delay(stream: HTTPStream) -> None:
    by_state(stream, State.SCHEDULED)._delay_handle = None


def held_twice(stream: HTTPStream) -> None:
    by_state(stream, State.READING)._connection = stream.audit().idle[0]


def unknown_socket(stream: HTTPStream) -> None:
    stream.connections.open.discard(stream.audit().idle[0])


def request_lost(stream: HTTPStream) -> None:
    by_state(stream, State.READING).connections[0].request = None


def unregistered(stream: HTTPStream) -> None:
    stream.audit().idle[0].close()


def unheard(stream: HTTPStream) -> None:
    stream.ioloop.remove_handler(stream.audit().idle[0].fd)


def place_lost(stream: HTTPStream) -> None:
    stream.connections.pool_of("").open_count += 1


def unwatched(stream: HTTPStream) -> None:
    stream.deadlines.discard(by_state(stream, State.READING))


def watched_for_nobody(stream: HTTPStream) -> None:
    gone = mock.Mock(deadline=5.0, slot=None)
    stream.deadlines.add(gone)


def without_timer(stream: HTTPStream) -> None:
    stream._timer = None


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        (ended, "has ended and is under way"),
        (forgotten_in_line, "the line do not know of each other"),
        (without_connection, "holds 0 connections"),
        (without_delay, "its delay do not agree"),
        (held_twice, "is held 2 times"),
        (unknown_socket, "open and held connections differ"),
        (request_lost, "work for a request or are held by an exchange, and not both"),
        (unregistered, "is not registered with the loop"),
        (unheard, "the loop does not listen to"),
        (place_lost, "3 places are taken, by 2 connections and 0 on their way"),
        (unwatched, "has a deadline that nobody watches"),
        (watched_for_nobody, "3 deadlines are watched, 2 of exchanges"),
        (without_timer, "something falls due and no timer is set"),
    ],
)
def test_each_disagreement_is_found(stream: HTTPStream, fault: Any, finding: str) -> None:
    fault(stream)
    with pytest.raises(AuditError, match=finding) as caught:
        stream.audit()
    assert any(finding.split(" ", 1)[0] in line for line in caught.value.findings)
