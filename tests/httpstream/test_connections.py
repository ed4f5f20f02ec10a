"""Which connections are kept, for whom and for how long."""

import ssl
from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import ConnectionLost, State, TLSOptions
from webqq.httpstream import connections as module
from webqq.httpstream.connections import Waiter
from webqq.httpstream.hooks import Event
from webqq.testing import EOF, FakeIOLoop, FakeNetwork

URL = "http://example.com/"
SAFE = "https://example.com/"


def fetch(loop: FakeIOLoop, stream: Any, request: Request | str = URL, **options: Any) -> Any:
    return loop.run(stream.fetch(Request(request) if isinstance(request, str) else request, **options))


# For whom.

UNLIKE: list[dict[str, Any]] = [
    {},
    {"tls": TLSOptions(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))},
    {"tls": TLSOptions(server_name="other.example")},
    {"source_address": ("127.0.0.1", 0)},
    {"source_address": ("127.0.0.2", 0)},
    {"lane": "poll"},
]


def test_connections_are_shared_only_where_nothing_differs(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(SAFE, repeat=True)
    stream = network.stream()
    for _ in range(3):
        for options in UNLIKE:
            fetch(loop, stream, SAFE, **options)
    assert len(network.sockets) == len(UNLIKE)
    assert stream.counters.reused == 2 * len(UNLIKE)


def test_schemes_hosts_and_ports_share_nothing(loop: FakeIOLoop, network: FakeNetwork) -> None:
    urls = [URL, SAFE, "http://example.com:8080/", "http://www.example.com/"]
    for url in urls:
        network.answer(url, repeat=True)
    stream = network.stream()
    for url in urls + urls:
        fetch(loop, stream, url)
    assert len(network.sockets) == len(urls)


def test_proxies_with_other_credentials_share_nothing(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    network.answer("http://proxy:3128/")
    stream = network.stream()
    for proxy in ("http://a:b@proxy:3128", "http://a:c@proxy:3128", "http://proxy:3128", "http://a:b@proxy:3128"):
        fetch(loop, stream, proxy=proxy)
    assert len(network.sockets) == 3


def test_forward_proxy_serves_each_origin_over_a_connection_of_its_own(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    network.answer("http://other.example/", repeat=True)
    network.answer("http://proxy:3128/")
    stream = network.stream(proxy="http://proxy:3128")
    for url in (URL, "http://other.example/") * 2:
        fetch(loop, stream, url)
    assert len(network.sockets) == 2
    assert [request.url for request in network.requests] == [URL, "http://other.example/"] * 2


def test_held_poll_of_another_lane_delays_no_send(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL + "poll", delay=60, repeat=True)
    network.answer(URL + "send", repeat=True)
    stream = network.stream(max_per_host=1, max_connections=1)
    poll = stream.get(URL + "poll", None, mock.Mock(return_value=None), lane="poll")
    for _ in range(3):
        assert fetch(loop, stream, URL + "send").status == 200
    assert (loop.time(), poll.state) == (0, State.READING)
    queued = stream.get(URL + "poll", None, mock.Mock(return_value=None), lane="poll")
    assert queued.state is State.QUEUED
    loop.advance(120)
    assert len(network.sockets) == 2


def test_limits_count_in_each_lane_by_itself(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=10, repeat=True)
    stream = network.stream(max_connections=2)
    for lane in ("a", "b", "c"):
        for _ in range(5):
            stream.get(URL, None, mock.Mock(return_value=None), lane=lane)
    loop.settle()
    assert [pool.open_count for lane, pool in stream.connections.pools.items() if lane] == [2, 2, 2]
    loop.advance(100)
    assert stream.counters.done == 15


def test_lanes_in_which_nothing_is_left_are_forgotten(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(idle_timeout=1)
    for user in range(3):
        fetch(loop, stream, lane=f"user {user}")
        assert list(stream.connections.pools) == ["", f"user {user}"]
        loop.advance(3)
    assert list(stream.connections.pools) == [""]


def test_lane_is_forgotten_where_the_last_in_line_gave_up_before_it_was_served(
    loop: FakeIOLoop, network: FakeNetwork
) -> None:
    network.prepare_socket(URL)
    stream = network.stream(max_connections=1, timeout=None)
    first = stream.get(URL, None, mock.Mock(), lane="user")
    second = stream.get(URL, None, mock.Mock(), lane="user")
    loop.settle()
    first.cancel()
    second.cancel()
    assert "user" in stream.connections.pools
    loop.settle()
    assert list(stream.connections.pools) == [""]


def test_lane_in_which_others_wait_in_vain_is_kept(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=10, repeat=True)
    stream = network.stream(max_connections=1)
    served = [stream.get(URL, None, mock.Mock(return_value=None), lane="user") for _ in range(3)]
    loop.advance(1)
    stream.connections._serve_next("user", stream.connections.pools["user"])
    loop.advance(100)
    assert [exchange.state for exchange in served] == [State.DONE] * 3


def test_hook_may_begin_a_lane_when_an_idle_connection_is_dropped(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)

    def hook(event: Event, subject: Any, detail: Any) -> None:
        if event is Event.DROPPED and subject.lane == "":
            stream.get(URL, None, mock.Mock(return_value=None), lane="other")

    stream = network.stream(idle_timeout=5, hooks=[hook], timeout=None)
    fetch(loop, stream)
    loop.advance(6)
    assert stream.has_timer
    assert len(stream.connections.pools["other"].idle_connections) == 1
    loop.advance(6)
    assert list(stream.connections.pools) == [""]


def test_exchange_that_was_called_from_the_line_is_let_go(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(max_connections=1)
    for _ in range(2):
        stream.get(URL, None, mock.Mock(return_value=None))
    loop.advance(1)
    assert stream.counters.done == 2
    assert stream.connections.pools[""]._called is None


def test_session_store_that_fails_costs_neither_answer_nor_place(
    loop: FakeIOLoop, network: FakeNetwork, expect_log: Any
) -> None:
    expect_log("webqq.httpstream", "session with https://example.com:443 is not kept: AttributeError")
    network.answer(SAFE, b"good", repeat=True)
    stream = network.stream()
    stream.connections.on_first_use = mock.Mock(side_effect=AttributeError("session_reused"))
    assert [fetch(loop, stream, SAFE).read() for _ in range(2)] == [b"good"] * 2
    assert len(network.sockets) == 1
    assert len(stream.audit().idle) == 1


# For how long.


def test_lifetime_ends_busy_connections_between_two_requests(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=1, repeat=True)
    stream = network.stream(max_lifetime=10)
    for _ in range(25):
        fetch(loop, stream)
    assert len(network.sockets) == 3
    assert stream.counters.dropped == {"its time is over": 2}


def test_lifetime_cuts_no_answer(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, b"late", delay=100)
    stream = network.stream(max_lifetime=10)
    assert fetch(loop, stream).read() == b"late"
    assert stream.audit().is_clean


@pytest.mark.parametrize(("said", "kept"), [("timeout=5", 4), ("timeout=1", 0.5), ("timeout=1000", 90), ("max=5", 90)])
def test_keep_alive_header_is_heeded_where_it_is_shorter(
    loop: FakeIOLoop, network: FakeNetwork, said: str, kept: float
) -> None:
    network.answer(URL, headers={"Keep-Alive": said, "Connection": "keep-alive"})
    stream = network.stream()
    fetch(loop, stream)
    loop.advance(kept - 0.1)
    assert not network.sockets[0].is_closed
    loop.advance(0.2)
    assert network.sockets[0].is_closed


def test_connection_that_the_server_would_close_at_once_is_not_kept(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, headers={"Keep-Alive": "timeout=0"})
    stream = network.stream()
    fetch(loop, stream)
    assert network.sockets[0].is_closed
    assert stream.audit().is_clean


def test_idle_connections_without_a_bound_stay(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(idle_timeout=None)
    fetch(loop, stream)
    loop.advance(100_000)
    fetch(loop, stream)
    assert len(network.sockets) == 1


@pytest.mark.parametrize("options", [{"idle_timeout": 0}, {"max_lifetime": -1}])
def test_times_out_of_range_are_refused(network: FakeNetwork, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be above 0 seconds"):
        network.stream(**options)


def test_idleness_that_a_server_allows_is_learnt(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    for busy in (20, 40):
        # Each dies after 10 idle seconds, at another age.
        for _ in range(busy // 5):
            fetch(loop, stream)
            loop.advance(5)
        fetch(loop, stream)
        loop.advance(10)
        network.sockets[-1].deliver(EOF)
        loop.advance(5)
    fetch(loop, stream)
    loop.advance(8.9)
    assert not network.sockets[-1].is_closed
    loop.advance(0.2)
    assert network.sockets[-1].is_closed
    assert stream.counters.dropped == {"the server closed it": 2, "its time is over": 1}


def test_age_that_a_server_allows_is_learnt(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream()
    for pause in (5, 10):
        # Each dies at the age of 50 seconds, however idle.
        for _ in range(50 // pause):
            fetch(loop, stream)
            loop.advance(pause)
        network.sockets[-1].deliver(EOF)
        loop.settle()
    assert len(network.sockets) == 2
    for _ in range(11):
        fetch(loop, stream)
        loop.advance(4)
    assert not network.sockets[2].is_closed
    fetch(loop, stream)
    loop.advance(2)
    assert network.sockets[2].is_closed, "at 45 seconds, before the server would"


def test_what_is_learnt_of_one_origin_says_nothing_of_another(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    network.answer("http://other.example/", repeat=True)
    stream = network.stream()
    for _ in range(2):
        fetch(loop, stream)
        loop.advance(10)
        network.sockets[-1].deliver(EOF)
        loop.settle()
    fetch(loop, stream, "http://other.example/")
    loop.advance(30)
    assert not network.sockets[-1].is_closed


# What happens to them.


def test_wake_up_for_nothing_drops_no_connection(loop: FakeIOLoop, network: FakeNetwork) -> None:
    from webqq.testing import WOULD_BLOCK

    network.answer(URL, repeat=True)
    stream = network.stream()
    fetch(loop, stream)
    network.sockets[0].deliver(WOULD_BLOCK, ssl.SSLWantReadError())
    loop.settle()
    fetch(loop, stream)
    assert len(network.sockets) == 1


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """Seconds that the machine has slept so far."""
    slept = mock.Mock(return_value=100.0)
    monkeypatch.setattr(module, "_sleep_so_far", slept)
    return slept


def test_machine_that_slept_trusts_no_idle_connection(
    loop: FakeIOLoop, network: FakeNetwork, asleep: mock.Mock
) -> None:
    network.answer(URL, delay=1, repeat=True)
    stream = network.stream()
    for _ in range(3):
        stream.get(URL, None, mock.Mock(return_value=None))
    loop.advance(2)
    asleep.return_value = 100.5
    fetch(loop, stream)
    assert len(network.sockets) == 3, "clocks differ by a little at any time"
    asleep.return_value = 700.0
    fetch(loop, stream)
    assert [sock.is_closed for sock in network.sockets] == [True, True, True, False]
    fetch(loop, stream)
    assert len(network.sockets) == 4
    assert stream.counters.dropped == {"the machine has slept": 3}


def test_sleep_is_noticed_where_something_falls_due_too(
    loop: FakeIOLoop, network: FakeNetwork, asleep: mock.Mock
) -> None:
    network.answer(URL, repeat=True)
    network.answer("http://other.example/", repeat=True)
    stream = network.stream(idle_timeout=10)
    fetch(loop, stream)
    loop.advance(5)
    fetch(loop, stream, "http://other.example/")
    asleep.return_value = 0.0
    loop.advance(5)
    assert stream.audit().is_clean
    assert stream.counters.dropped == {"the machine has slept": 2}


def test_clock_of_the_machine_is_asked() -> None:
    assert abs(module._sleep_so_far() - module._sleep_so_far()) < module.SLEEP


def test_waiter_of_its_own_has_to_say_what_it_does() -> None:
    with pytest.raises(NotImplementedError):
        Waiter().serve()


def test_only_sockets_of_the_system_are_real(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    stream = network.stream()
    fetch(loop, stream)
    assert len(stream.connections.open) == 1
    assert stream.connections.real_sockets == []


def test_numbers_are_those_of_sockets_that_work(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, delay=5)
    stream = network.stream()
    request = Request(URL)
    stream.add_request(request, mock.Mock(return_value=None))
    loop.advance(1)
    (number,) = stream.fd_map
    assert stream.fd_map[number] is network.sockets[0]
    assert stream.fd_request_map == {number: request}
    loop.advance(10)
    assert (stream.fd_map, stream.fd_request_map) == ({}, {})


# Stale ones.


def stale(loop: FakeIOLoop, network: FakeNetwork, **options: Any) -> Any:
    """A stream with one idle connection that ends without an answer when it is used."""
    network.answer(URL)
    network.answer_raw(URL, EOF)
    network.answer(URL, b"fresh")
    stream = network.stream(**options)
    fetch(loop, stream)
    return stream


@pytest.mark.parametrize(
    ("request_", "resend", "goes_again"),
    [
        (Request(URL), None, True),
        (Request(URL), False, False),
        (Request(URL, b"x"), None, False),
        (Request(URL, b"x"), True, True),
        (Request(URL, [b"x"], method="PUT"), None, True),
        (Request(URL, [b"x"]), None, False),
    ],
    ids=["GET", "GET, not wanted", "POST", "POST, wanted", "PUT in pieces", "POST in pieces"],
)
def test_request_goes_again_where_it_is_safe_or_wanted(
    loop: FakeIOLoop, network: FakeNetwork, request_: Request, resend: bool | None, goes_again: bool
) -> None:
    stream = stale(loop, network, resend=resend)
    if goes_again:
        assert fetch(loop, stream, request_).read() == b"fresh"
        assert network.requests[-1].body == network.requests[-2].body
    else:
        with pytest.raises(ConnectionLost):
            fetch(loop, stream, request_)
    assert (stream.counters.resent, stream.counters.opened) == ((1, 2) if goes_again else (0, 1))


@pytest.mark.parametrize("resend", [None, True])
def test_body_that_is_gone_never_goes_again(loop: FakeIOLoop, network: FakeNetwork, resend: bool | None) -> None:
    stream = stale(loop, network)
    with pytest.raises(ConnectionLost):
        fetch(loop, stream, Request(URL, iter([b"x"]), method="PUT"), resend=resend)
    assert stream.counters.resent == 0


def test_body_that_was_begun_counts_as_written(loop: FakeIOLoop, network: FakeNetwork) -> None:
    """The connection fails just between two pieces: some of the request has gone out."""
    network.answer(URL)
    stream = network.stream()
    fetch(loop, stream)
    sock = network.sockets[0]
    sock.accepts.extend([10_000, 10_000, ConnectionResetError()])
    sock.on_send = None
    request = Request(URL, [b"one", b"two", b"three"])
    exchange = stream.add_request(request, mock.Mock(), errorback := mock.Mock())
    loop.settle()
    assert exchange.state is State.READING, "the server may have said why"
    sock.deliver(EOF)
    loop.settle()
    assert isinstance(errorback.call_args.args[0], ConnectionLost)
    assert stream.counters.resent == 0
    assert len(network.sockets) == 1


def test_resent_request_goes_before_those_in_line(loop: FakeIOLoop, network: FakeNetwork) -> None:
    stream = stale(loop, network, max_connections=1)
    network.answer(URL + "line")
    first = stream.get(URL, None, readback := mock.Mock(return_value=None))
    stream.get(URL + "line", None, mock.Mock(return_value=None))
    loop.settle()
    assert first.state is State.DONE
    assert readback.call_args.args[0].read() == b"fresh"
    assert [request.url for request in network.requests] == [URL, URL, URL, URL + "line"]


def test_stale_connection_of_a_streamed_request(loop: FakeIOLoop, network: FakeNetwork) -> None:
    stream = stale(loop, network)
    response = loop.run(stream.fetch(Request(URL), stream=True))
    assert loop.run(response.read()) == b"fresh"


def test_maps_of_numbers_follow_what_is_under_way(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL)
    stream = network.stream()
    sockets, requests = stream.fd_map, stream.fd_request_map
    assert sockets == requests == {}
    request = Request(URL)
    stream.add_request(request, mock.Mock(return_value=None))
    sock = network.sockets[0]
    fd = sock.fileno()
    assert sockets == {fd: sock}
    assert requests == {fd: request}
    assert repr(sockets) == repr({fd: sock})
    assert sockets.get(fd + 1) is None
    loop.settle()
    assert len(sockets) == len(requests) == 0
    assert fd not in sockets, "it lies idle"
    stream.close()
