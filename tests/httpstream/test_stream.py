"""What embedders call: requests in, readbacks out, chains, delays, limits, cookies."""

import asyncio
import gzip
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request

import mock
import pytest
from tornado.ioloop import IOLoop

import webqq
from webqq.httpstream import (
    BadResponse,
    HTTPSock,
    HTTPStream,
    InvalidRequest,
    Limits,
    ResponseTooLarge,
    Retry,
    StreamClosed,
    Timeouts,
)
from webqq.httpstream.retry import Backoff
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

URL = "http://example.com/"


# Chains.


def test_chain_with_a_delay_of_a_minute_takes_no_time_to_test(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    times = []

    def beat(response: Any) -> Any:
        times.append(loop.time())
        return Request(URL), beat, 60

    network.stream().add_request(Request(URL), beat)
    loop.advance(3600)
    assert times == [60.0 * n for n in range(61)]


def test_poll_heartbeat_and_sends_share_one_thread(loop: FakeIOLoop, network: FakeNetwork) -> None:
    poll, beat, send = URL + "poll", URL + "beat", URL + "send"
    network.answer(poll, delay=55, repeat=True)
    network.answer(beat, repeat=True)
    network.answer(send, repeat=True)
    stream = network.stream()

    def polled(response: Any) -> Any:
        return Request(poll), polled

    def beaten(response: Any) -> Any:
        return Request(beat), beaten, 60

    stream.add_request(Request(poll), polled)
    stream.add_request(Request(beat), beaten)
    for _ in range(10):
        assert loop.run(stream.fetch(Request(send))).status == 200
    loop.advance(600)
    urls = [request.url for request in network.requests]
    assert [urls.count(url) for url in (poll, beat, send)] == [11, 11, 10]
    assert len(network.sockets) <= 3


def test_invalid_delayed_request_goes_to_errorback(loop: FakeIOLoop, network: FakeNetwork) -> None:
    bad = Request(URL, headers={"X": "a\r\nb"})
    stream = network.stream()
    stream.add_delay_request(bad, None, 5, errorback := mock.Mock())
    loop.advance(5)
    assert isinstance(errorback.call_args.args[0], InvalidRequest)
    assert not stream.under_way


# Calls.


def test_callbacks_never_run_from_within_add_request(loop: FakeIOLoop, network: FakeNetwork) -> None:
    stream = network.stream()
    stream.add_request(Request("http://nowhere/"), None, errorback := mock.Mock())
    errorback.assert_not_called()
    loop.settle()
    errorback.assert_called_once()


@pytest.mark.parametrize(
    "request_",
    [
        Request(URL, headers={"X": "a\r\nInjected: b"}),
        Request("ftp://example.com/"),
        Request("http://user:secret@example.com/"),
        Request("http://example.com:99999/"),
        Request("http://example.com/a b"),
        Request(URL, method="GET /\r\n"),
        Request(URL, b"x", {"Content-Length": "2"}),
        Request(URL, "text"),  # type: ignore[arg-type]  # what the engine must refuse
    ],
    ids=lambda request: request.full_url,
)
def test_request_that_http_cannot_carry_is_refused_at_once(network: FakeNetwork, request_: Request) -> None:
    stream = network.stream()
    with pytest.raises(InvalidRequest) as caught:
        stream.add_request(request_)
    assert "secret" not in str(caught.value)
    assert not stream.under_way
    assert stream.connections.pool_of("").open_count == 0


def test_get_adds_params_to_the_query(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    stream.get(URL, {"q": "你好&", "n": 1})
    stream.get(URL + "?a=1", [("b", "2"), ("b", "3")], headers={"X-Y": "z"})
    stream.get(URL)
    loop.settle()
    assert [request.url for request in network.requests] == [
        URL + "?q=%E4%BD%A0%E5%A5%BD%26&n=1",
        URL + "?a=1&b=2&b=3",
        URL,
    ]
    assert network.requests[1].headers["x-y"] == "z"


def test_post_sends_params_as_a_form_and_bytes_as_they_are(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    stream.post(URL, {"r": '{"a":"你"}'})
    stream.post(URL, b"\x00raw", headers={"Content-Type": "application/octet-stream"})
    stream.post(URL)
    loop.settle()
    form, raw, empty = network.requests
    assert form.form == {"r": ['{"a":"你"}']}
    assert form.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (raw.body, raw.headers["Content-Type"]) == (b"\x00raw", "application/octet-stream")
    assert (empty.method, empty.headers["Content-Length"]) == ("POST", "0")


def test_url_without_a_scheme_is_named(network: FakeNetwork) -> None:
    with pytest.raises(InvalidRequest, match=r"'example\.com/x'"):
        network.stream().get("example.com/x")


@pytest.mark.parametrize("delay", [-1, float("nan")])
def test_delay_below_zero_is_refused(network: FakeNetwork, delay: float) -> None:
    with pytest.raises(ValueError, match="delay"):
        network.stream().add_delay_request(Request(URL), delay=delay)


def test_fetch_gives_any_status(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=404)
    assert loop.run(network.stream().fetch(Request(URL))).status == 404


def test_fire_and_forget_lets_the_connection_go(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    stream.add_request(Request(URL))
    loop.settle()
    assert network.sockets[0].is_closed
    loop.run(stream.fetch(Request(URL)))
    stream.add_request(Request(URL))
    loop.settle()
    assert len(network.requests) == 3
    assert stream.connections.pool_of("").open_count == 0


# Limits.


def test_limits_queue_first_come_first_served(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=1, repeat=True)
    stream = network.stream(max_connections=2)
    for number in range(10):
        stream.get(URL, {"n": number}, mock.Mock(return_value=None))
    loop.settle()
    assert stream.connections.pool_of("").open_count == 2
    loop.advance(100)
    assert [request.query["n"] for request in network.requests] == [[str(number)] for number in range(10)]
    assert len(network.sockets) == 2


def test_limit_per_host_does_not_hold_up_other_hosts(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=1000, repeat=True)
    network.answer("http://other.example/", b"other")
    stream = network.stream(max_per_host=1)
    for _ in range(5):
        stream.add_request(Request(URL), mock.Mock(return_value=None), mock.Mock())
    assert loop.run(stream.fetch(Request("http://other.example/"))).read() == b"other"
    assert loop.time() == 0


def test_idle_connection_of_another_host_makes_room(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    network.answer("http://other.example/", b"other")
    stream = network.stream(max_connections=1)
    loop.run(stream.fetch(Request(URL)))
    assert loop.run(stream.fetch(Request("http://other.example/"))).read() == b"other"
    assert [sock.is_closed for sock in network.sockets] == [True, False]


def test_failed_exchange_frees_its_place(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_raw(URL, EOF)
    network.answer(URL, b"second")
    stream = network.stream(max_connections=1)
    stream.add_request(Request(URL), mock.Mock(), mock.Mock())
    assert loop.run(stream.fetch(Request(URL))).read() == b"second"


def test_idle_connection_is_closed_after_the_idle_timeout(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(idle_timeout=30)
    loop.run(stream.fetch(Request(URL)))
    loop.advance(29)
    loop.run(stream.fetch(Request(URL)))
    loop.advance(29)
    assert not network.sockets[0].is_closed
    loop.advance(1)
    assert network.sockets[0].is_closed
    assert stream.connections.pool_of("").open_count == 0


def test_idle_stream_sets_no_timer(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    loop.advance(1000)
    with mock.patch.object(stream, "_on_timer", side_effect=AssertionError):
        loop.advance(10_000)


def test_limits_of_the_answer_are_options() -> None:
    stream = HTTPStream(mock.Mock(), limits=Limits(body=10))
    assert isinstance(stream.http_sock, HTTPSock)
    assert stream.http_sock.limits.body == 10


def test_answer_over_a_limit_is_an_error(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.http_sock.limits = Limits(body=10)
    network.answer(URL, bytes(11))
    with pytest.raises(ResponseTooLarge, match="longer than 10 bytes"):
        loop.run(network.stream().fetch(Request(URL)))


@pytest.mark.parametrize("options", [{"max_connections": 0}, {"max_per_host": 0}, {"timeout": 0}, {"timeout": -1}])
def test_options_out_of_range_are_refused(network: FakeNetwork, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        network.stream(**options)


def test_options_of_the_sock_are_refused_beside_a_given_one(network: FakeNetwork) -> None:
    with pytest.raises(ValueError, match="http_sock"):
        network.stream(limits=Limits())


# Cookies.


def test_cookies_are_kept_and_sent_by_the_jars_rules(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(
        "http://a.example.com/set",
        headers=[("Set-Cookie", "one=1; Domain=.example.com; Path=/"), ("Set-Cookie", "two=2; Path=/set")],
    )
    network.answer("http://b.example.com/get", repeat=True)
    network.answer("http://other.example/", repeat=True)
    jar = CookieJar()
    stream = network.stream(cookiejar=jar)
    request = Request("http://b.example.com/get")
    loop.run(stream.fetch(request))
    loop.run(stream.fetch(Request("http://a.example.com/set")))
    assert sorted(cookie.name for cookie in jar) == ["one", "two"]
    loop.run(stream.fetch(request))
    loop.run(stream.fetch(Request("http://other.example/")))
    assert [request.headers["Cookie"] for request in network.requests] == [None, None, "one=1", None]
    assert not request.has_header("Cookie"), "the caller's request is not written to"


def test_requests_with_jars_of_their_own_share_a_stream_and_no_cookie(loop: FakeIOLoop, network: FakeNetwork) -> None:
    jars = [CookieJar(), CookieJar()]
    stream = network.stream(cookiejar=CookieJar())
    for name, jar in zip("ab", jars, strict=True):
        network.answer(URL, headers={"Set-Cookie": f"{name}=1"})
        loop.run(stream.fetch(Request(URL), cookiejar=jar))
    network.answer(URL, repeat=True)
    for option in ({"cookiejar": jars[0]}, {"cookiejar": jars[1]}, {}, {"cookiejar": None}):
        loop.run(stream.fetch(Request(URL), **option))
    assert [request.headers["Cookie"] for request in network.requests[2:]] == ["a=1", "b=1", None, None]


def test_what_is_no_jar_is_refused(loop: FakeIOLoop, network: FakeNetwork) -> None:
    with pytest.raises(TypeError, match="cookiejar must be CookieJar, not dict"):
        network.stream().add_request(Request(URL), cookiejar={})  # type: ignore[arg-type]  # what is tested


def test_without_a_jar_no_cookie_is_kept(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, headers={"Set-Cookie": "a=b"}, repeat=True)
    stream = network.stream()
    for _ in range(2):
        loop.run(stream.fetch(Request(URL)))
    assert network.requests[1].headers["Cookie"] is None


# Life of a stream.


def test_close_fails_what_is_under_way_and_frees_all(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL + "idle")
    stream = network.stream(max_per_host=2)
    loop.run(stream.fetch(Request(URL + "idle")))
    errorback = mock.Mock()
    stream.add_request(Request(URL), mock.Mock(), errorback)
    stream.add_request(Request(URL), mock.Mock(), errorback)
    stream.add_request(Request(URL), mock.Mock(), errorback)
    stream.add_delay_request(Request(URL), mock.Mock(), 60, errorback)
    loop.settle()
    stream.close()
    stream.close()
    assert [type(call.args[0]) for call in errorback.call_args_list] == [StreamClosed] * 4
    assert all(sock.is_closed for sock in network.sockets)
    assert (stream.connections.pool_of("").open_count, stream.fd_map, stream.under_way) == (0, {}, set())
    loop.advance(1000)
    assert errorback.call_count == 4


def test_closed_stream_takes_no_request(network: FakeNetwork) -> None:
    stream = network.stream()
    stream.close()
    with pytest.raises(StreamClosed):
        stream.add_request(Request(URL))


def test_errorback_that_asks_again_meets_a_closed_stream_quietly(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    stream = network.stream()
    stream.add_request(Request(URL), mock.Mock(), lambda error: stream.add_request(Request(URL)))
    loop.settle()
    stream.close()


def test_close_ends_coroutine_readbacks(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    ended = mock.Mock()

    async def readback(response: Any) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended()

    stream = network.stream()
    stream.add_request(Request(URL), readback)
    loop.settle()
    stream.close()
    loop.settle()
    ended.assert_called_once_with()


def test_stream_as_a_context_manager_is_closed(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"hi")

    async def use() -> tuple[bytes, HTTPStream]:
        async with network.stream() as stream:
            return (await stream.fetch(Request(URL))).read(), stream

    body, stream = loop.run(use())
    assert body == b"hi"
    with pytest.raises(StreamClosed):
        stream.get(URL)


def test_instance_is_one_for_each_running_loop() -> None:
    async def instances() -> tuple[HTTPStream, HTTPStream, IOLoop]:
        return HTTPStream.instance(), HTTPStream.instance(), IOLoop.current()

    first, again, ioloop = asyncio.run(instances())
    other, *_ = asyncio.run(instances())
    assert first is again
    assert first.ioloop is ioloop
    assert other is not first


def test_closed_instance_is_replaced() -> None:
    async def replace() -> bool:
        first = HTTPStream.instance()
        first.close()
        return HTTPStream.instance() is not first

    assert asyncio.run(replace())


def test_default_timeouts() -> None:
    assert HTTPStream(mock.Mock()).options.timeouts == Timeouts(connect=15, total=300)
    assert HTTPStream(mock.Mock(), timeout=5).options.timeouts == Timeouts(connect=15, total=5)
    assert HTTPStream(mock.Mock(), timeout=None).options.timeouts == Timeouts(connect=15, total=None)


def test_repr_tells_what_is_under_way(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    stream = network.stream()
    stream.add_request(Request(URL), mock.Mock(), mock.Mock())
    loop.settle()
    assert repr(stream) == "<HTTPStream 1 under way <Connections 1 open, 0 idle>>"
    stream.close()
    assert repr(stream) == "<HTTPStream closed <Connections 0 open, 0 idle>>"


def test_engine_is_offered_by_the_package_itself() -> None:
    assert webqq.HTTPStream is HTTPStream
    assert webqq.HTTPSock is HTTPSock
    with pytest.raises(AttributeError):
        webqq.nothing  # noqa: B018  # the access is the test


# Draining, leaking, supervising.


def test_drain_waits_for_what_is_under_way(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=10)
    stream = network.stream()
    readback = mock.Mock(return_value=None)
    stream.get(URL, None, readback)
    stream.add_delay_request(Request(URL), mock.Mock(), 5, delayed := mock.Mock())
    assert loop.run(stream.drain())
    assert loop.time() == 10
    readback.assert_called_once()
    assert isinstance(delayed.call_args.args[0], StreamClosed)
    assert stream.audit().is_clean
    with pytest.raises(StreamClosed):
        stream.get(URL)


def test_drain_waits_for_coroutine_readbacks_and_sends_nothing_they_return(
    loop: FakeIOLoop, network: FakeNetwork
) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()

    async def readback(response: Any) -> Any:
        await asyncio.sleep(7)
        return Request(URL), readback

    stream.get(URL, None, readback, errorback := mock.Mock())
    loop.settle()
    assert loop.run(stream.drain())
    assert loop.time() == 7
    assert len(network.requests) == 1
    assert isinstance(errorback.call_args.args[0], StreamClosed)


def test_drain_waits_for_the_retry_that_was_begun_and_for_readers(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, status=503)
    network.answer(URL)
    network.answer_sse(URL + "sse", "one", every=20)
    stream = network.stream(retry=Retry(backoff=Backoff(first=30, jitter=0)))
    stream.get(URL, None, readback := mock.Mock(return_value=None))
    response = loop.run(stream.fetch(Request(URL + "sse"), stream=True))
    assert loop.run(stream.drain())
    assert loop.time() == 30
    assert readback.call_args.args[0].status == 200
    assert loop.run(response.read()) == b"data: one\n\n"  # type: ignore[arg-type]  # awaited with stream=True


def test_drain_aborts_what_takes_too_long(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(URL)
    stream = network.stream()
    stream.get(URL, None, mock.Mock(), errorback := mock.Mock())
    assert not loop.run(stream.drain(5))
    assert loop.time() == 5
    assert isinstance(errorback.call_args.args[0], StreamClosed)
    assert stream.audit().is_clean


def test_two_may_drain_together(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=10)
    stream = network.stream(timeout=None)
    stream.get(URL, None, mock.Mock(return_value=None))

    async def both() -> list[bool]:
        return list(await asyncio.gather(stream.drain(), stream.drain()))

    assert loop.run(both()) == [True, True]
    assert loop.run(stream.drain())


def test_stream_that_was_not_closed_is_told_of() -> None:
    async def leak() -> None:
        stream = HTTPStream()
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        exchange = stream.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", None, mock.Mock())
        await asyncio.sleep(0)
        sock = stream.connections.real_sockets[0].sock
        with pytest.warns(ResourceWarning, match=r"unclosed <HTTPStream 1 under way .*Exchange"):
            stream.__del__()
        exchange.cancel()
        assert sock.fileno() == -1
        stream.close()
        stream.__del__()
        server.close()

    asyncio.run(leak())


def test_stream_that_was_never_made_whole_leaks_nothing() -> None:
    with pytest.raises(TypeError):
        HTTPStream(mock.Mock(), colour="red")  # type: ignore[call-arg]  # refused, and then collected


def test_supervised_chain_goes_on_and_ends_with_the_stream(
    loop: FakeIOLoop, network: FakeNetwork, expect_log: Any
) -> None:
    expect_log("webqq.httpstream", "Supervisor .* goes on in")
    network.answer_raw(URL, EOF)
    network.answer(URL, repeat=True)
    stream = network.stream()
    times: list[float] = []

    def beat(response: Any) -> Any:
        times.append(loop.time())
        return Request(URL), beat, 10

    stream.supervise(Request(URL), beat)
    loop.advance(60)
    assert len(times) >= 4
    stream.audit()
    stream.close()
    loop.advance(100)
    assert stream.audit().is_clean


def test_instance_of_a_loop_goes_with_it(loop: FakeIOLoop) -> None:
    async def instance() -> HTTPStream:
        return HTTPStream.instance()

    stream = loop.run(instance())
    assert stream.ioloop is loop
    stream.close()


def test_deadlines_of_many_are_met_one_by_one(loop: FakeIOLoop, network: FakeNetwork) -> None:
    ended: list[tuple[float, int]] = []
    stream = network.stream()
    for number, seconds in enumerate((0.3, 5, 0.1, 0.2, 5.01)):
        network.prepare_socket(URL)
        stream.get(URL, None, mock.Mock(), lambda error, n=number: ended.append((loop.time(), n)), timeout=seconds)  # type: ignore[misc]  # bound now
    loop.advance(10)
    assert ended == [(0.1, 2), (0.2, 3), (0.3, 0), (5, 1), (5.01, 4)]


def test_proxy_of_one_request_is_not_that_of_the_next_in_its_chain(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    network.prepare_socket("http://proxy:3128/")
    first = Request(URL)
    first.set_proxy("proxy:3128", "http")
    network.stream().add_request(first, lambda response: (Request(URL), mock.Mock(return_value=None)))
    loop.settle()
    lines = [bytes(sock.sent).split(b"\r\n")[0] for sock in network.sockets]
    assert lines == [b"GET http://example.com/ HTTP/1.1", b"GET / HTTP/1.1"]


@pytest.mark.parametrize("is_lenient", [False, True])
def test_lenient_stream_takes_heads_of_old_servers(loop: FakeIOLoop, network: FakeNetwork, is_lenient: bool) -> None:
    network.answer_raw(URL, b"HTTP/1.1 200 OK\nContent-Length : 2\n\nok")
    fetch = network.stream(lenient=is_lenient).fetch(Request(URL))
    if is_lenient:
        assert loop.run(fetch).read() == b"ok"
    else:
        with pytest.raises(BadResponse):
            loop.run(fetch)


def test_each_request_has_the_limits_and_codings_of_its_own_options(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """Over one connection, whose parser serves them all."""
    packed = gzip.compress(bytes(2000))
    network.answer(URL, packed, headers={"Content-Encoding": "gzip"}, repeat=True)
    network.http_sock.limits = Limits(body=1000)
    stream = network.stream()

    def size(**options: Any) -> int:
        return len(loop.run(stream.fetch(Request(URL), **options)).read())

    for _ in range(2):
        with pytest.raises(ResponseTooLarge):
            size()
        assert size(max_body=2000) == size(max_body=None) == 2000
        assert size(decompress=False) == len(packed)
        assert size(on_data=lambda data: None) == 0


# Secrets.

SECRET_URL = URL + "?access_token=hunter2"


def test_responses_are_shown_without_the_secrets_of_their_url(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(SECRET_URL, repeat=True)
    for is_streamed in (False, True):
        shown = repr(loop.run(network.stream().fetch(Request(SECRET_URL), stream=is_streamed)))
        assert "access_token=***" in shown
        assert "hunter2" not in shown
