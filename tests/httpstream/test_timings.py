"""Where the time of an exchange went."""

from typing import Any
from urllib.request import Request

import mock

from webqq.httpstream.timings import Timings
from webqq.testing import FakeIOLoop, FakeNetwork

URL = "http://example.com/"


def test_request_sent_at_the_clocks_zero_was_sent_then(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=7)
    response = loop.run(network.stream().fetch(Request(URL)))
    assert response.timings is not None
    assert (response.timings.sent, response.timings.waiting) == (0, 7)


def test_total_and_waiting_are_differences() -> None:
    timings = Timings(started=1.0, sent=2.5, first_byte=4.0, done=7.0, phases={})
    assert (timings.total, timings.waiting) == (6.0, 1.5)


def test_response_tells_when_each_part_happened(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=5)
    network.prepare_socket(URL, is_connecting=True)
    stream = network.stream()
    readback = mock.Mock(return_value=None)
    stream.get(URL, None, readback)
    loop.advance(2)
    network.sockets[0].finish_connect()
    loop.advance(10)
    timings = readback.call_args.args[0].timings
    assert timings[:4] == (0, 2, 7, 7)
    assert timings.phases == {"resolving": 0, "connecting": 0}


def test_time_in_line_is_a_phase_and_a_kept_connection_has_none(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=5, repeat=True)
    stream = network.stream(max_per_host=1)
    responses: list[Any] = []
    for _ in range(2):
        stream.get(URL, None, responses.append)
    loop.advance(20)
    responses.append(loop.run(stream.fetch(Request(URL))))
    assert [response.timings.phases for response in responses] == [
        {"resolving": 0, "connecting": 0},
        {"queued": 0},
        None,
    ]
    assert [response.timings.total for response in responses] == [5, 10, 5]


def test_timings_are_those_of_the_last_leg_and_the_start_of_the_first(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=302, headers={"Location": "/next"}, delay=3)
    network.answer(URL + "next", delay=4)
    response = loop.run(network.stream().fetch(Request(URL)))
    assert response.timings is not None
    assert response.timings[:4] == (0, 3, 7, 7)


def test_streamed_response_is_done_with_its_head_and_one_of_pieces_with_its_end(
    loop: FakeIOLoop, network: FakeNetwork
) -> None:
    network.answer_sse(URL, "one", "two", every=5, repeat=True)
    stream = network.stream()
    streamed = loop.run(stream.fetch(Request(URL), stream=True))
    assert streamed.timings is not None
    assert (streamed.timings.sent, streamed.timings.done) == (0, 0)
    loop.run(streamed.read())  # type: ignore[arg-type]  # awaited with stream=True
    pieces = loop.run(stream.fetch(Request(URL), on_data=lambda data: None))
    assert pieces.timings is not None
    assert (pieces.timings.total, pieces.timings.waiting) == (10, 0)
