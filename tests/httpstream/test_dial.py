"""From a route to a connection: names, addresses, proxies and TLS; on fake sockets, then on real ones."""

import asyncio
import errno
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request

import mock
import pytest

from tests.httpstream.certificates import make_certificate
from webqq.httpstream import (
    BetweenBytesTimeout,
    ConnectError,
    ConnectTimeout,
    Event,
    FirstByteTimeout,
    HTTPStream,
    HTTPStreamError,
    InvalidRequest,
    ProxyError,
    ProxyTimeout,
    QueueTimeout,
    RateLimit,
    ResolveError,
    ResolveTimeout,
    State,
    Timeouts,
    TLSError,
    TLSOptions,
    TLSTimeout,
    TotalTimeout,
    WriteTimeout,
    tls_options,
)
from webqq.httpstream.origin import Origin
from webqq.httpstream.resolve import Address
from webqq.testing import (
    Answer,
    Close,
    CutHandshake,
    FakeIOLoop,
    FakeNetwork,
    FakeSocket,
    Freeze,
    Receive,
    ScriptedServer,
    StartTLS,
)

T = TypeVar("T")

URL = "http://example.com/"
SAFE = "https://example.com/"
V4 = Address(socket.AF_INET, ("192.0.2.1", 80))
V6 = Address(socket.AF_INET6, ("2001:db8::1", 80, 0, 0))
GUARD = 15.0


class Addresses:
    """A host with several addresses, whose sockets are prepared in the order in which they will be made."""

    def __init__(self, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, *addresses: Address) -> None:
        self.tried: list[Address] = []
        self.found: list[Address] = list(addresses)
        self._network = network
        network.answer(URL, b"hi", repeat=True)
        known = network.addresses(Origin("http", "example.com", 80))
        assert isinstance(known, list)
        self._known = known[0]
        monkeypatch.setattr(network.http_sock, "lookup", lambda ioloop, origin, done: list(self.found))
        monkeypatch.setattr(network.http_sock, "connect", self.connect)

    def connect(self, address: Address, source_address: object = None) -> FakeSocket:
        self.tried.append(address)
        return self._network.connect(self._known)


# Addresses.


def test_second_address_is_begun_where_the_first_says_nothing(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = Addresses(network, monkeypatch, V6, V4)
    network.prepare_socket(URL, is_connecting=True)
    stream = network.stream()
    exchange = stream.get(URL, None, mock.Mock(return_value=None))
    loop.advance(0.249)
    assert addresses.tried == [V6]
    assert len(stream.audit().exchanges) == 1
    loop.advance(0.002)
    assert addresses.tried == [V6, V4]
    assert exchange.state is State.DONE
    assert [sock.is_closed for sock in network.sockets] == [True, False]
    assert len(stream.audit().idle) == 1


def test_address_that_refuses_gives_way_at_once(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = Addresses(network, monkeypatch, V6, V4)
    network.prepare_socket(URL, connect_error=errno.ENETUNREACH)
    assert loop.run(network.stream().fetch(Request(URL))).read() == b"hi"
    assert (loop.time(), addresses.tried) == (0, [V6, V4])


def test_address_that_cannot_be_tried_gives_way_at_once(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = Addresses(network, monkeypatch, V6, V4)
    connect = addresses.connect
    calls = mock.Mock(side_effect=[OSError(errno.EADDRNOTAVAIL, "no such source")])

    def fail_once(*args: Any) -> FakeSocket:
        if not calls.called:
            calls()
        return connect(*args)

    monkeypatch.setattr(network.http_sock, "connect", fail_once)
    assert loop.run(network.stream().fetch(Request(URL))).read() == b"hi"
    assert (loop.time(), addresses.tried) == (0, [V4])


def test_winner_is_tried_first_the_next_time(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = Addresses(network, monkeypatch, V6, V4)
    network.prepare_socket(URL, connect_error=errno.ENETUNREACH)
    stream = network.stream()
    loop.run(stream.fetch(Request(URL)))
    loop.run(stream.fetch(Request(URL), lane="another"))
    assert addresses.tried == [V6, V4, V4]


def test_every_address_is_named_where_none_answers(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    Addresses(network, monkeypatch, V6, V4)
    forget = mock.Mock()
    monkeypatch.setattr(network.http_sock, "forget", forget)
    for error in (errno.ENETUNREACH, errno.ECONNREFUSED):
        network.prepare_socket(URL, connect_error=error)
    stream = network.stream()
    with pytest.raises(ConnectError, match=r"2001:db8::1.*unreachable; 192\.0\.2\.1.*refused") as caught:
        loop.run(stream.fetch(Request(URL)))
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    forget.assert_called_once_with(Origin("http", "example.com", 80))
    assert stream.audit().is_clean


def test_connect_timeout_counts_all_addresses_together_and_names_them(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    Addresses(network, monkeypatch, V6, V4)
    network.prepare_socket(URL, is_connecting=True)
    network.prepare_socket(URL, is_connecting=True)
    stream = network.stream(timeout=Timeouts(connect=3))
    with pytest.raises(ConnectTimeout, match=r"2001:db8::1.*no answer; 192\.0\.2\.1.*no answer"):
        loop.run(stream.fetch(Request(URL)))
    assert loop.time() == 3
    assert all(sock.is_closed for sock in network.sockets)


def test_cancel_closes_every_attempt(loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    Addresses(network, monkeypatch, V6, V4)
    network.prepare_socket(URL, is_connecting=True)
    network.prepare_socket(URL, is_connecting=True)
    stream = network.stream()
    exchange = stream.get(URL, None, mock.Mock())
    loop.advance(1)
    assert len(stream.fd_map) == 2
    assert len(exchange.connections) == 2
    stream.audit()
    exchange.cancel()
    assert stream.audit().is_clean
    assert all(sock.is_closed for sock in network.sockets)


def test_event_before_the_connection_stands_changes_nothing(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.answer(URL, b"hi")
    network.prepare_socket(URL, connect_error=errno.EINPROGRESS)
    assert loop.run(network.stream().fetch(Request(URL))).read() == b"hi"


def test_lookup_without_an_address_is_an_error(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    Addresses(network, monkeypatch)
    stream = network.stream()
    with pytest.raises(ResolveError, match="no address"):
        loop.run(stream.fetch(Request(URL)))
    assert stream.audit().is_clean


def test_fault_in_a_step_fails_the_exchange_and_is_told(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, expect_log: Any
) -> None:
    expect_log("webqq.httpstream", "unexpected")
    network.answer(SAFE)
    monkeypatch.setattr(network.http_sock, "start_tls", mock.Mock(side_effect=RuntimeError("odd")))
    stream = network.stream(timeout=None)
    with pytest.raises(ConnectError, match="odd"):
        loop.run(stream.fetch(Request(SAFE)))
    assert stream.audit().is_clean


# Each phase has its timeout.


def timed(phase: str) -> Timeouts:
    """One second for ``phase``, none for the others."""
    return Timeouts(**{**dict.fromkeys(PHASES, None), phase: 1.0})


PHASES = ["queue", "resolve", "connect", "proxy", "tls", "write", "first_byte", "between_bytes", "total"]
KINDS = dict(
    zip(
        PHASES,
        [
            QueueTimeout,
            ResolveTimeout,
            ConnectTimeout,
            ProxyTimeout,
            TLSTimeout,
            WriteTimeout,
            FirstByteTimeout,
            BetweenBytesTimeout,
            TotalTimeout,
        ],
        strict=True,
    )
)


@pytest.mark.parametrize("phase", PHASES)
def test_each_timeout_names_its_phase(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, phase: str
) -> None:
    options: dict[str, Any] = {"max_connections": 1} if phase == "queue" else {}
    stream = network.stream(**options)
    if phase == "queue":
        network.prepare_socket(URL)
        stream.get(URL, None, mock.Mock()).options = stream.options.updated({"timeout": None})
    elif phase == "resolve":
        monkeypatch.setattr(network.http_sock, "lookup", lambda *args: None)
    elif phase == "proxy":
        network.prepare_socket("http://proxy:3128/")
    else:
        script: dict[str, dict[str, Any]] = {
            "connect": {"is_connecting": True},
            "tls": {"handshake": [ssl.SSLWantReadError()]},
            "write": {"accepts": [5, 0]},
            "between_bytes": {"incoming": [b"HTTP/1.1 200 OK\r\n"]},
        }
        network.prepare_socket(SAFE, **script.get(phase, {}))
    proxy = "http://proxy:3128" if phase == "proxy" else None
    url = URL if phase == "queue" else SAFE
    with pytest.raises(HTTPStreamError) as caught:
        loop.run(stream.fetch(Request(url), timeout=timed(phase), proxy=proxy))
    assert type(caught.value) is KINDS[phase]
    assert (loop.time(), caught.value.elapsed) == (1, 1)
    assert isinstance(caught.value, TimeoutError)
    stream.close()
    assert stream.audit().is_clean


def test_wait_for_the_rate_counts_as_standing_in_line(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(rate_limit=RateLimit(1, 60))
    loop.run(stream.fetch(Request(URL)))
    with pytest.raises(QueueTimeout, match="rate"):
        loop.run(stream.fetch(Request(URL), timeout=timed("queue")))
    assert loop.time() == 1
    assert stream.audit().exchanges == ()


def test_rate_spreads_requests_over_time(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(rate_limit=RateLimit(1, 10))
    times: list[float] = []
    for _ in range(3):
        stream.get(URL, None, lambda response: times.append(loop.time()))
    loop.settle()
    assert [exchange.state for exchange in stream.audit().exchanges] == [State.SCHEDULED] * 2
    loop.advance(30)
    assert times == [0, 10, 20]


def test_cancel_of_what_waits_for_the_rate(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL, repeat=True)
    stream = network.stream(rate_limit=RateLimit(1, 10))
    for _ in range(2):
        exchange = stream.get(URL, None, mock.Mock(return_value=None))
    assert exchange.cancel()
    times: list[float] = []
    stream.get(URL, None, lambda response: times.append(loop.time()))
    loop.advance(30)
    assert len(network.requests) == 2
    assert times == [10], "its moment is the next one's"


def test_patience_begins_anew_with_each_piece_of_the_answer(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer_sse(URL, "a", "b", "c", every=4)
    response = loop.run(network.stream(timeout=Timeouts(between_bytes=5, total=None)).fetch(Request(URL)))
    assert response.read().count(b"data") == 3
    assert loop.time() == 12


# Proxies, without a network.


def test_forward_proxy_is_told_the_whole_url_and_its_credentials(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.answer(URL + "a?b", b"through")
    network.answer("http://proxy:3128/")
    stream = network.stream(proxy="http://user:secret@proxy:3128")
    assert loop.run(stream.fetch(Request(URL + "a?b"))).read() == b"through"
    assert network.sockets[0].sent.startswith(b"GET http://example.com/a?b HTTP/1.1\r\n")
    (request,) = network.requests
    assert request.headers["Host"] == "example.com"
    assert request.headers["Proxy-Authorization"] == "Basic dXNlcjpzZWNyZXQ="


def test_tunnel_keeps_the_credentials_from_the_origin(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket("http://proxy:3128/", incoming=[b"HTTP/1.1 200 OK\r\n\r\n"], accepts=[10, 0])
    stream = network.stream(proxy="http://user:secret@proxy:3128")
    exchange = stream.get(SAFE, None, mock.Mock())
    loop.settle()
    assert (exchange.state, bytes(network.sockets[0].sent)) == (State.PROXYING, b"CONNECT ex")
    network.sockets[0].accepts.clear()
    loop.settle()
    assert exchange.state is State.READING
    connect, get = bytes(network.sockets[0].sent).split(b"\r\n\r\n")[:2]
    assert connect.startswith(b"CONNECT example.com:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic" in connect
    assert b"Proxy-Authorization" not in get
    exchange.cancel()


@pytest.mark.parametrize(
    ("incoming", "text"),
    [
        ([b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"], "wants credentials"),
        ([b"HTTP/1.1 502 Bad Gateway\r\n\r\n"], "502"),
        ([b"HTTP/1.1 200 OK\r\n\r\nand more"], "after|more|tunnel"),
        ([b"SSH-2.0-x\r\n"], "does not answer in HTTP"),
        ([ConnectionResetError(errno.ECONNRESET, "reset")], "failed"),
        ([b"HTTP/1.1 ", "EOF"], "closed the connection in its handshake"),
    ],
    ids=["407", "502", "more than the head", "no HTTP", "reset", "closed"],
)
def test_proxy_that_lets_nothing_through(
    loop: FakeIOLoop, network: FakeNetwork, incoming: list[Any], text: str
) -> None:
    from webqq.testing import EOF

    items = [EOF if item == "EOF" else item for item in incoming]
    network.prepare_socket("http://proxy:3128/", incoming=items)
    stream = network.stream(proxy="http://proxy:3128")
    with pytest.raises(ProxyError, match=text) as caught:
        loop.run(stream.fetch(Request(SAFE)))
    assert caught.value.phase == "PROXYING"
    assert stream.audit().is_clean
    assert network.sockets[0].is_closed


@pytest.mark.parametrize(("scheme", "lookups"), [("socks4", 2), ("socks4a", 1), ("socks5", 2), ("socks5h", 1)])
def test_some_proxies_want_the_address_from_us(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, scheme: str, lookups: int
) -> None:
    addresses = Addresses(network, monkeypatch, V6, V4)
    lookup = mock.Mock(side_effect=lambda ioloop, origin, done: list(addresses.found))
    monkeypatch.setattr(network.http_sock, "lookup", lookup)
    exchange = network.stream(proxy=f"{scheme}://proxy:1080").get(URL, None, mock.Mock(), mock.Mock())
    loop.settle()
    assert lookup.call_count == lookups
    sent = bytes(network.sockets[0].sent)
    assert (b"example.com" in sent) == (scheme == "socks4a")
    if scheme == "socks4":
        assert sent == b"\x04\x01\x00\x50" + bytes((192, 0, 2, 1)) + b"\0"
    exchange.cancel()


def test_socks4_has_no_way_to_say_an_ipv6_address(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    Addresses(network, monkeypatch, V6)
    stream = network.stream(proxy="socks4://proxy:1080")
    with pytest.raises(ResolveError, match="no IPv4 address"):
        loop.run(stream.fetch(Request(URL)))
    assert stream.audit().is_clean


# TLS, without a network.


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ssl.SSLCertVerificationError("self-signed"), TLSError),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), ConnectError),
        (ssl.SSLZeroReturnError(6, "closed"), ConnectError),
        (ConnectionResetError(errno.ECONNRESET, "reset"), ConnectError),
    ],
    ids=["certificate", "cut", "closed", "reset"],
)
def test_failed_handshake_tells_whether_it_may_work_later(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, error: Any, kind: type[Exception]
) -> None:
    forget = mock.Mock()
    monkeypatch.setattr(network.http_sock, "forget_session", forget)
    network.prepare_socket(SAFE, handshake=[error])
    stream = network.stream()
    with pytest.raises(ConnectError) as caught:
        loop.run(stream.fetch(Request(SAFE)))
    assert type(caught.value) is kind
    assert caught.value.is_transient == (kind is ConnectError)
    forget.assert_called_once()
    assert stream.audit().is_clean


@pytest.mark.parametrize(
    ("error", "kind"), [(OSError(errno.ECONNRESET, "reset"), ConnectError), (ValueError("no name"), TLSError)]
)
def test_tls_that_cannot_begin(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[Exception]
) -> None:
    network.answer(SAFE)
    monkeypatch.setattr(network.http_sock, "start_tls", mock.Mock(side_effect=error))
    stream = network.stream()
    with pytest.raises(kind):
        loop.run(stream.fetch(Request(SAFE)))
    assert stream.audit().is_clean


# Real sockets.


def run(test: Callable[[], Awaitable[T]]) -> T:
    async def guarded() -> T:
        return await asyncio.wait_for(test(), GUARD)

    return asyncio.run(guarded())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def server_context(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.set_alpn_protocols(["http/1.1"])
    return context


@pytest.fixture
def trusting(files: tuple[Path, Path]) -> TLSOptions:
    """Options that trust the test's certificate."""
    return tls_options(ca_file=files[0])


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def fetched(url: str, **options: Any) -> bytes:
    async def test() -> bytes:
        async with HTTPStream(**options) as stream:
            response = await stream.fetch(Request(url))
            stream.audit()
            return response.read()

    return run(test)


def test_tunnel_through_a_real_proxy(
    server: ScriptedServer, server_context: ssl.SSLContext, trusting: TLSOptions
) -> None:
    server.on("localhost:443", b"HTTP/1.1 200 Connection established\r\n\r\n", StartTLS(server_context))
    server.on("/a", Answer(200, b"secret"))
    assert fetched("https://localhost/a", proxy=f"http://127.0.0.1:{server.port}", tls=trusting) == b"secret"
    assert [request.method for request in server.requests] == ["CONNECT", "GET"]


def test_tunnel_through_an_https_proxy_is_tls_in_tls(server_context: ssl.SSLContext, trusting: TLSOptions) -> None:
    body = bytes(range(256)) * 2000
    with ScriptedServer(tls=server_context) as server:
        server.on("localhost:443", b"HTTP/1.1 200 Connection established\r\n\r\n", StartTLS(server_context))
        server.on("/a", Answer(200, body))
        proxy = f"https://localhost:{server.port}"
        assert fetched("https://localhost/a", proxy=proxy, tls=trusting, proxy_tls=trusting) == body


def test_https_proxy_reads_plain_requests_itself(server_context: ssl.SSLContext, trusting: TLSOptions) -> None:
    with ScriptedServer(tls=server_context) as server:
        server.on("/a", Answer(200, b"forwarded"))
        proxy = f"https://localhost:{server.port}"
        assert fetched("http://nowhere.example/a", proxy=proxy, proxy_tls=trusting) == b"forwarded"
        assert server.connections[0].received.startswith(b"GET http://nowhere.example/a HTTP/1.1\r\n")


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "TLS"])
def test_socks5_with_credentials(
    server: ScriptedServer, server_context: ssl.SSLContext, trusting: TLSOptions, is_tls: bool
) -> None:
    bound = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"
    layers = [StartTLS(server_context)] if is_tls else []
    # Greeting; name and password; the request, whose host has 9 letters.
    server.on_connection(Receive(4), b"\x05\x02", Receive(14), b"\x01\x00", Receive(16), bound, *layers)
    server.on("/a", Answer(200, b"through"))
    proxy = f"socks5h://user:secret7@127.0.0.1:{server.port}"
    assert fetched(f"{'https' if is_tls else 'http'}://localhost/a", proxy=proxy, tls=trusting) == b"through"
    assert b"\x04user\x07secret7" in server.connections[0].received
    assert b"\x09localhost" in server.connections[0].received


def test_socks5_that_refuses(server: ScriptedServer) -> None:
    server.on_connection(Receive(3), b"\x05\x00", Receive(16), b"\x05\x05", Close())
    with pytest.raises(ProxyError, match="the server refused the connection"):
        fetched("http://localhost/", proxy=f"socks5h://127.0.0.1:{server.port}")


def test_proxy_that_a_request_names_itself(
    server: ScriptedServer, server_context: ssl.SSLContext, trusting: TLSOptions
) -> None:
    server.on("/a", Answer(200, b"forwarded"))
    server.on("localhost:443", b"HTTP/1.1 200 OK\r\n\r\n", StartTLS(server_context))
    server.on("/b", Answer(200, b"tunnelled"))

    async def test() -> None:
        async with HTTPStream(tls=trusting) as stream:
            for url, body in (("http://nowhere.example/a", b"forwarded"), ("https://localhost/b", b"tunnelled")):
                request = Request(url)
                request.set_proxy(f"127.0.0.1:{server.port}", "http")
                assert (await stream.fetch(request)).read() == body

    run(test)


def test_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    received: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        near, _ = listener.accept()
        with near:
            for _ in range(2):
                received.append(near.recv(10_000))
                near.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlocal")

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()

        async def test() -> None:
            async with HTTPStream(unix_socket=path) as stream:
                for _ in range(2):
                    assert (await stream.fetch(Request("http://docker/info"))).read() == b"local"

        run(test)
        thread.join(GUARD)
    assert received[0].startswith(b"GET /info HTTP/1.1\r\n")
    assert b"Host: docker\r\n" in received[0]


def test_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConnectError) as caught:
        fetched("http://docker/", unix_socket=str(tmp_path / "nobody"))
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_source_address(server: ScriptedServer) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    server.on("/", Answer(200, b"hi"), repeat=True)

    async def test() -> None:
        async with HTTPStream(source_address=("127.0.0.1", port)) as stream:
            await stream.fetch(Request(server.url()))
            (connection,) = stream.connections.open
            assert connection.sock.getsockname() == ("127.0.0.1", port)
            with pytest.raises(ConnectError):
                await stream.fetch(Request(server.url()), source_address=("192.0.2.1", 0))

    run(test)


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["kept", "closed"])
def test_session_is_resumed_by_the_next_connection(
    files: tuple[Path, Path], trusting: TLSOptions, headers: dict[str, str]
) -> None:
    resumed: list[bool] = []

    def note(event: Event, exchange: Any, detail: Any) -> None:
        if event is Event.SENT:
            resumed.append(exchange.connections[0].sock.session_reused)

    with ScriptedServer(tls=files) as server:
        server.on("/", Answer(200, b"hi", headers), repeat=True)

        async def test() -> None:
            async with HTTPStream(tls=trusting, hooks=[note], max_lifetime=1e-9) as stream:
                for _ in range(3):
                    await stream.fetch(Request(server.url(host="localhost")))

        run(test)
    assert resumed == [False, True, True]


def test_protocol_is_negotiated(files: tuple[Path, Path], trusting: TLSOptions) -> None:
    with ScriptedServer(tls=files) as server:
        server.on("/", Answer(200, b"hi"))

        async def test() -> None:
            async with HTTPStream(tls=trusting) as stream:
                await stream.fetch(Request(server.url(host="localhost")))
                (connection,) = stream.connections.open
                assert connection.sock.selected_alpn_protocol() == "http/1.1"

        run(test)


def test_certificate_of_the_client(files: tuple[Path, Path], server_context: ssl.SSLContext) -> None:
    server_context.verify_mode = ssl.CERT_REQUIRED
    server_context.load_verify_locations(files[0])
    with ScriptedServer(tls=server_context) as server:
        server.on("/", Answer(200, b"welcome"))
        shown = tls_options(ca_file=files[0], client_cert=files[0], client_key=files[1])
        assert fetched(server.url(host="localhost"), tls=shown) == b"welcome"
        with pytest.raises(HTTPStreamError):
            fetched(server.url(host="localhost"), tls=tls_options(ca_file=files[0]))


def test_name_of_the_server_may_be_another_than_the_hosts(files: tuple[Path, Path]) -> None:
    with ScriptedServer(tls=files) as server:
        server.on("/", Answer(200, b"hi"))
        named = tls_options(ca_file=files[0], server_name="localhost")
        assert fetched(server.url(), tls=named) == b"hi"
        with pytest.raises(TLSError):
            fetched(server.url(), tls=tls_options(ca_file=files[0]))


def test_handshake_that_is_cut_is_a_connect_error(files: tuple[Path, Path], trusting: TLSOptions) -> None:
    with ScriptedServer(tls=files) as server:
        server.on_connection(CutHandshake(after=20))
        with pytest.raises(ConnectError) as caught:
            fetched(server.url(host="localhost"), tls=trusting)
        assert caught.value.is_transient


def test_proxy_that_says_nothing_holds_up_nobody_for_ever(server: ScriptedServer) -> None:
    server.on_connection(Freeze())
    with pytest.raises(ProxyTimeout):
        fetched("https://localhost/", proxy=f"http://127.0.0.1:{server.port}", timeout=Timeouts(proxy=0.05, total=None))


def test_host_that_no_certificate_can_name(trusting: TLSOptions) -> None:
    with ScriptedServer() as server, pytest.raises((TLSError, InvalidRequest)):
        fetched(server.url().replace("http:", "https:"), tls=TLSOptions(trusting.context, "a" * 70))


def test_handshake_with_an_https_proxy_waits_for_what_its_tls_wants(loop: FakeIOLoop, network: FakeNetwork) -> None:
    network.prepare_socket(
        "https://proxy:443/",
        accepts=[ssl.SSLWantReadError()],
        incoming=[ssl.SSLWantWriteError(), b"HTTP/1.1 200 OK\r\n\r\n"],
    )
    exchange = network.stream(proxy="https://proxy").get(SAFE, None, mock.Mock())
    loop.settle()
    assert exchange.state is State.READING
    exchange.cancel()


def test_answer_of_the_name_server_that_comes_too_late(
    loop: FakeIOLoop, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(network.http_sock, "lookup", lambda ioloop, origin, done: asked.append(done))
    connect = mock.Mock()
    monkeypatch.setattr(network.http_sock, "connect", connect)
    stream = network.stream()
    exchange = stream.get(URL, None, mock.Mock(), mock.Mock(), timeout=Timeouts(resolve=1))
    loop.advance(2)
    assert exchange.state is State.FAILED
    asked[0]([V4])
    connect.assert_not_called()
    assert stream.audit().is_clean
