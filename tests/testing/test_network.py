"""Hosts that answer as a test says."""

from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import ConnectionLost, ResolveError
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

URL = "http://example.com/hello"


@pytest.fixture
def loop() -> Any:
    with FakeIOLoop() as loop:
        yield loop


@pytest.fixture
def network(loop: FakeIOLoop) -> FakeNetwork:
    return FakeNetwork(loop)


def test_answers_come_in_the_order_prepared(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, "你好", headers={"X": "y"})
    network.answer(URL, b"second", status=500)
    stream = network.stream()
    first, second = loop.run(stream.fetch(Request(URL))), loop.run(stream.fetch(Request(URL)))
    assert (first.read().decode(), first.headers["X"]) == ("你好", "y")
    assert (second.status, second.reason, second.read()) == (500, "Internal Server Error", b"second")


def test_repeated_answer_gives_way_to_a_newer_one(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"old", repeat=True)
    stream = network.stream()
    assert [loop.run(stream.fetch(Request(URL))).read() for _ in range(2)] == [b"old", b"old"]
    network.answer(URL, b"new", repeat=True)
    assert [loop.run(stream.fetch(Request(URL))).read() for _ in range(2)] == [b"old", b"new"]


def test_request_without_an_answer_waits_for_one(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    readback = mock.Mock(return_value=None)
    network.stream().add_request(Request(URL), readback)
    loop.advance(50)
    readback.assert_not_called()
    network.answer(URL, b"late")
    loop.settle()
    assert readback.call_args.args[0].read() == b"late"


def test_answer_comes_after_its_delay(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=42)
    loop.run(network.stream().fetch(Request(URL)))
    assert loop.time() == 42


def test_raw_answer_may_break_every_rule(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, b"HTTP/1.1 200 OK\r\nConte", EOF)
    with pytest.raises(ConnectionLost):
        loop.run(network.stream().fetch(Request(URL)))


def test_requests_are_recorded_as_they_came(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL + "?a=1&b=", b"r=%7B%7D", {"X-Y": "z"})))
    (request,) = network.requests
    assert (request.method, request.url, request.body) == ("POST", URL + "?a=1&b=", b"r=%7B%7D")
    assert request.headers["x-y"] == "z"
    assert (request.query, request.form) == ({"a": ["1"], "b": [""]}, {"r": ["{}"]})


def test_host_without_an_answer_does_not_exist(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    for url in ("http://other.example/", "https://example.com/", "http://example.com:8080/"):
        with pytest.raises(ResolveError):
            loop.run(network.stream().fetch(Request(url)))


def test_prepared_options_are_for_the_next_socket_of_that_host(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    network.answer("http://other.example/", repeat=True)
    network.prepare_socket(URL, accepts=[1])
    stream = network.stream()
    loop.run(stream.fetch(Request("http://other.example/")))
    loop.run(stream.fetch(Request(URL)))
    assert [len(sock.accepts) for sock in network.sockets] == [0, 0]
    assert [sock.fileno() for sock in network.sockets] == [1_000_000, 1_000_001]


def test_tls_hosts_need_no_certificate(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer("https://example.com/", b"as if encrypted")
    assert loop.run(network.stream().fetch(Request("https://example.com/"))).read() == b"as if encrypted"


def test_body_may_be_a_function_of_the_request(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, lambda request: request.query["n"][0] * 2, repeat=True)
    stream = network.stream()
    bodies = [loop.run(stream.fetch(Request(f"{URL}?n={number}"))).read() for number in (1, 2)]
    assert bodies == [b"11", b"22"]


def test_raw_items_may_be_made_of_the_request(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_with(URL, lambda request: (b"HTTP/1.1 200 OK\r\n\r\n", request.body, EOF))
    assert loop.run(network.stream().fetch(Request(URL, b"abc", {"Content-Type": "x/y"}))).read() == b"abc"


def test_server_sent_events_come_one_after_the_other(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_sse(URL, "one\ntwo", {"event": "e", "id": "7", "data": "x"}, every=10, delay=5)
    response = loop.run(network.stream().fetch(Request(URL)))
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.read() == b"data: one\ndata: two\n\nevent: e\nid: 7\ndata: x\n\n"
    assert loop.time() == 25


def test_stream_of_no_events_ends_at_once(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_sse(URL)
    assert loop.run(network.stream().fetch(Request(URL))).read() == b""


def test_what_is_left_on_either_side_is_listed(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer("http://example.com/other", b"x")
    stream = network.stream()
    exchange = stream.add_request(Request(URL), mock.Mock(), mock.Mock())
    loop.settle()
    assert [request.url for request in network.unanswered] == [URL]
    assert network.unused == ["http://example.com/other"]
    shown = "<FakeNetwork requests=1 unanswered: GET http://example.com/hello; unused: http://example.com/other>"
    assert repr(network) == shown
    exchange.cancel()
    loop.run(stream.fetch(Request("http://example.com/other")))
    assert (network.unanswered, network.unused) == ([], [])
    assert repr(network) == "<FakeNetwork requests=2 unanswered: nothing; unused: nothing>"
