"""The scripted server, seen by clients of the standard library."""

import errno
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.httpstream.certificates import make_certificate
from webqq.testing import (
    Answer,
    Close,
    CutHandshake,
    Freeze,
    HalfClose,
    Pause,
    ReadBody,
    Receive,
    Reset,
    ScriptedServer,
    ScriptError,
    Send,
    StartTLS,
    Throttle,
)

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
GUARD = 20.0
"""Seconds after which a client's call that hangs fails; none comes near."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"), "localhost")


@pytest.fixture(scope="module")
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


def client_of(server: ScriptedServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), GUARD)


def ask(server: ScriptedServer, data: bytes = GET) -> socket.socket:
    sock = client_of(server)
    sock.sendall(data)
    return sock


def read_all(sock: socket.socket) -> bytes:
    """What comes until the end; a reset raises."""
    came = bytearray()
    with sock:
        while piece := sock.recv(65536):
            came += piece
    return bytes(came)


def read_until_reset(sock: socket.socket) -> bytes:
    came = bytearray()
    with sock:
        try:
            while piece := sock.recv(65536):
                came += piece
        except ConnectionResetError:
            return bytes(came)
    return pytest.fail("the connection ended without a reset")


def hear(server: ScriptedServer, context: ssl.SSLContext) -> bytes:
    """What the server says first over TLS."""
    with client_of(server) as plain, context.wrap_socket(plain, server_hostname="localhost") as sock:
        return sock.recv(100)


def hear_plain(server: ScriptedServer) -> bytes:
    """What the server says first; a reset may be seen while connecting already."""
    with client_of(server) as sock:
        return sock.recv(100)


def failure_of(use: Callable[[ScriptedServer], object]) -> Exception:
    """What the ``with`` statement of a server raises that is used so."""
    try:
        with ScriptedServer() as server:
            use(server)
    except Exception as error:
        return error
    return pytest.fail("nothing was raised")


class TestAnswers:
    def test_paths_have_their_own_scripts(self, server: ScriptedServer) -> None:
        server.on("/a", Answer(200, b"A"), repeat=True)
        server.on("/b", Answer(201, b"B", {"X": "y"}))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=GUARD)
        seen = []
        for path in ("/a?q=1", "/b", "/a", "/c"):
            connection.request("GET", path)
            response = connection.getresponse()
            seen.append((response.status, response.headers["X"], response.read()))
        connection.close()
        assert seen == [
            (200, None, b"A"),
            (201, "y", b"B"),
            (200, None, b"A"),
            (404, None, b"no script for /c\n"),
        ]
        assert [request.url for request in server.requests] == [
            server.url(path) for path in ("/a?q=1", "/b", "/a", "/c")
        ]
        assert len(server.connections) == 1

    def test_function_of_the_request_answers(self, server: ScriptedServer) -> None:
        server.on("/", lambda request: Answer(200, request.body[::-1]))
        assert urlopen(server.url(), b"abc", timeout=GUARD).read() == b"cba"

    def test_steps_follow_each_other_in_time(self, server: ScriptedServer) -> None:
        server.on("/", Pause(0.01), b"HTTP/1.1 200 OK\r\n", Pause(0.01), Send(b"Content-Length: 1\r\n\r\nx", 1, 0.001))
        begin = time.monotonic()
        assert urlopen(server.url(), timeout=GUARD).read() == b"x"
        assert time.monotonic() - begin >= 0.02

    def test_rate_is_kept(self, server: ScriptedServer) -> None:
        server.on("/", Throttle(10_000), Answer(200, bytes(500)))
        begin = time.monotonic()
        assert urlopen(server.url(), timeout=GUARD).read() == bytes(500)
        assert time.monotonic() - begin >= 0.04

    def test_connection_close_is_obeyed(self, server: ScriptedServer) -> None:
        server.on("/", Answer(200, b"x"))
        raw = read_all(ask(server, b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        assert raw == b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"

    def test_body_larger_than_every_buffer_goes_both_ways(self, server: ScriptedServer) -> None:
        body = bytes(range(256)) * 20_000
        server.on("/", lambda request: Answer(200, request.body))
        assert urlopen(server.url(), body, timeout=GUARD).read() == body

    def test_hundreds_of_connections_at_once(self, server: ScriptedServer) -> None:
        server.on("/", Freeze("all"), Answer(200, b"x"), Close(), repeat=True)
        clients = [ask(server) for _ in range(300)]
        server.wait_for_frozen(300)
        server.release("all")
        assert {read_all(client) for client in clients} == {b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"}
        server.wait_for_closed(300)


class TestEnds:
    @pytest.mark.parametrize("after", [0, 1, 17, 40])
    def test_reset_after_some_bytes(self, server: ScriptedServer, after: int) -> None:
        server.on("/", Answer(200, b"0123456789"), Reset(after=after))
        raw = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"
        assert read_until_reset(ask(server)) == raw[:after]

    def test_reset_comes_even_where_nobody_reads(self, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("webqq.testing.wire.Wire.is_acknowledged", lambda wire: False)
        monkeypatch.setattr("webqq.testing.talk.ACK_LOOKS", 2)
        server.on("/", b"x", Reset())
        assert read_until_reset(ask(server)) == b"x"

    def test_close_after_some_bytes(self, server: ScriptedServer) -> None:
        server.on("/", Answer(200, b"0123456789"), Close(after=12))
        assert read_all(ask(server)) == b"HTTP/1.1 200"

    def test_close_is_no_reset_though_bytes_were_left_unread(self, server: ScriptedServer) -> None:
        server.on("/", b"bye", Close(), early=True)
        assert read_all(ask(server, b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n" + bytes(500))) == b"bye"

    def test_half_close_goes_on_reading(self, server: ScriptedServer) -> None:
        server.on("/", b"bye", HalfClose())
        with ask(server) as sock:
            assert [sock.recv(3), sock.recv(9)] == [b"bye", b""]
            sock.sendall(b"POST /more HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            assert server.wait_for_requests(2)[1].path == "/more"

    def test_late_end_after_an_answer(self, server: ScriptedServer) -> None:
        server.on("/", Answer(204), Pause(0.01), Close())
        assert read_all(ask(server)) == b"HTTP/1.1 204 No Content\r\n\r\n"

    def test_request_that_meets_the_late_end_is_not_answered(self, server: ScriptedServer) -> None:
        server.on("/", Answer(204), Freeze(), Close(), repeat=True)
        with ask(server) as sock:
            server.wait_for_frozen()
            sock.sendall(GET)
            server.release()
            with pytest.raises(ConnectionResetError):  # noqa: PT012  # the end itself may be read as well
                while sock.recv(100):
                    pass
                raise ConnectionResetError
        assert len(server.requests) == 1

    def test_unsolicited_bytes_on_an_idle_connection(self, server: ScriptedServer) -> None:
        server.on("/", Answer(204))
        with ask(server) as sock:
            assert sock.recv(100).startswith(b"HTTP/1.1 204")
            server.connections[0].do(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            assert sock.recv(100) == b"HTTP/1.1 408 Request Timeout\r\n\r\n"
            server.connections[0].do(Reset())
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        server.connections[0].do(b"too late")

    def test_end_by_the_client_is_seen(self, server: ScriptedServer) -> None:
        server.on("/", Freeze())
        sock = ask(server)
        server.wait_for_frozen()
        assert "frozen" in repr(server.connections[0])
        sock.close()
        server.wait_for_closed()
        assert server.connections[0].is_closed
        assert "closed received=" in repr(server.connections[0])

    def test_reset_by_the_client_is_told(self, server: ScriptedServer) -> None:
        sock = ask(server, b"GET /")
        server.wait_for_connections(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
        server.wait_for_closed()
        error = server.connections[0].error
        assert error is not None
        assert error.errno == errno.ECONNRESET


class TestOpenings:
    def test_connection_ends_before_anything_is_read(self, server: ScriptedServer) -> None:
        server.on_connection(Reset())
        server.on_connection(Close())
        server.on_connection(b"SSH-2.0\r\n", Close())
        server.on("/", Answer(204), Close())
        with pytest.raises(ConnectionResetError):
            hear_plain(server)
        assert read_all(client_of(server)) == b""
        assert read_all(client_of(server)) == b"SSH-2.0\r\n"
        assert read_all(ask(server)).startswith(b"HTTP/1.1 204")

    def test_every_connection_alike(self, server: ScriptedServer) -> None:
        server.on_connection(Close(), repeat=True)
        assert [read_all(client_of(server)) for _ in range(3)] == [b""] * 3

    def test_another_protocol_comes_first(self, server: ScriptedServer) -> None:
        server.on_connection(Receive(3), b"\x05\x00")
        server.on("/", Answer(204), Close())
        with client_of(server) as sock:
            sock.sendall(b"\x05\x01\x00" + GET)
            assert read_all(sock).startswith(b"\x05\x00HTTP/1.1 204")
        assert server.connections[0].received == b"\x05\x01\x00" + GET

    def test_deaf_connection_lets_writes_pile_up(self) -> None:
        with ScriptedServer(receive_buffer=4096) as server:
            server.on_connection(Freeze(is_deaf=True))
            server.on("/", lambda request: Answer(200, str(len(request.body))), Close())
            with client_of(server) as sock:
                server.wait_for_frozen()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                sock.setblocking(False)
                data = b"POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000)
                sent = _send_until_full(sock, data)
                assert sent < len(data)
                server.release()
                sock.settimeout(GUARD)
                sock.sendall(data[sent:])
                assert read_all(sock).endswith(b"3000000")


def _send_until_full(sock: socket.socket, data: bytes) -> int:
    sent = 0
    try:
        while sent < len(data):
            sent += sock.send(data[sent:])
    except BlockingIOError:
        pass
    return sent


class TestBodies:
    HEAD = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"

    def test_early_answer_does_not_wait_for_the_body(self, server: ScriptedServer) -> None:
        server.on("/", Answer(413), Close(), early=True)
        assert read_all(ask(server, self.HEAD + b"\r\n")).startswith(b"HTTP/1.1 413 ")
        assert server.requests[0].body == b""

    def test_body_after_an_early_answer_is_read(self, server: ScriptedServer) -> None:
        server.on("/", Answer(200), early=True)
        with ask(server, self.HEAD + b"\r\n") as sock:
            assert sock.recv(100).startswith(b"HTTP/1.1 200 OK")
            sock.sendall(b"abc" + GET.replace(b"/ ", b"/next "))
            assert [request.body for request in server.wait_for_requests(2)] == [b"abc", b""]

    def test_continue_is_what_the_script_makes_of_it(self, server: ScriptedServer) -> None:
        server.on("/", b"HTTP/1.1 100 Continue\r\n\r\n", ReadBody(), b"got it", Close(), early=True)
        with ask(server, self.HEAD + b"Expect: 100-continue\r\n\r\n") as sock:
            assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sock.sendall(b"abc")
            assert read_all(sock) == b"got it"
        assert server.requests[0].body == b"abc"

    def test_continue_is_said_where_no_script_says_otherwise(self, server: ScriptedServer) -> None:
        server.on("/", lambda request: request.body, ReadBody(), Close())
        with ask(server, self.HEAD + b"Expect: 100-continue\r\n\r\n") as sock:
            assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            sock.sendall(b"ab")
            sock.sendall(b"c")
            assert read_all(sock) == b"abc"

    def test_client_that_ends_within_the_body(self, server: ScriptedServer) -> None:
        server.on("/", ReadBody(), Answer(), early=True)
        ask(server, self.HEAD + b"\r\na").close()
        server.wait_for_closed()


class TestTLS:
    def test_requests_over_tls(self, certificate: tuple[Path, Path], trusting: ssl.SSLContext) -> None:
        with ScriptedServer(tls=certificate) as server:
            server.on("/", Answer(200, bytes(200_000)).sliced(50_000), repeat=True)
            url = server.url(host="localhost")
            assert url.startswith("https://localhost:")
            assert urlopen(url, context=trusting, timeout=GUARD).read() == bytes(200_000)
            assert server.requests[0].url == url

    @pytest.mark.parametrize("notify", [True, False])
    def test_close_with_and_without_its_notice(
        self, certificate: tuple[Path, Path], trusting: ssl.SSLContext, notify: bool
    ) -> None:
        with ScriptedServer(tls=certificate) as server:
            server.on("/", b"HTTP/1.1 200 OK\r\n\r\nabc", Close(notify=notify))
            with trusting.wrap_socket(
                client_of(server), server_hostname="localhost", suppress_ragged_eofs=False
            ) as sock:
                sock.sendall(GET)
                assert sock.recv(100) == b"HTTP/1.1 200 OK\r\n\r\nabc"
                if notify:
                    assert sock.recv(100) == b""
                else:
                    # Not SSLEOFError alone: early releases of Python 3.11 name it otherwise.
                    with pytest.raises(ssl.SSLError, match=r"(?i)eof"):
                        sock.recv(100)

    def test_half_close_tells_its_end_and_reads_on(
        self, certificate: tuple[Path, Path], trusting: ssl.SSLContext
    ) -> None:
        with ScriptedServer(tls=certificate) as server:
            server.on("/", b"bye", HalfClose())
            with trusting.wrap_socket(client_of(server), server_hostname="localhost") as sock:
                sock.sendall(GET)
                assert [sock.recv(9), sock.recv(9)] == [b"bye", b""]
                sock.unwrap().close()
            server.wait_for_closed()

    @pytest.mark.parametrize("after", [0, 5, 100])
    def test_handshake_is_cut(self, certificate: tuple[Path, Path], trusting: ssl.SSLContext, after: int) -> None:
        with ScriptedServer(tls=certificate) as server:
            server.on_connection(CutHandshake(after))
            with pytest.raises(ConnectionResetError):
                hear(server, trusting)

    def test_handshake_is_cut_behind_all_that_is_ours(
        self, certificate: tuple[Path, Path], trusting: ssl.SSLContext
    ) -> None:
        with ScriptedServer(tls=certificate) as server:
            server.on_connection(CutHandshake(100_000))
            # The client may notice while it writes or while it reads, and Python tells these differently.
            with suppress(OSError):
                assert hear(server, trusting) == b""
            server.wait_for_closed()

    def test_tls_is_refused(self, certificate: tuple[Path, Path], trusting: ssl.SSLContext) -> None:
        with ScriptedServer(tls=certificate) as server:
            server.on_connection(b"HTTP/1.1 400 Bad Request\r\n\r\n", Close())
            with client_of(server) as plain, pytest.raises(ssl.SSLError, match=r"(?i)wrong.version|record"):
                trusting.wrap_socket(plain, server_hostname="localhost")

    def test_client_that_refuses_our_certificate_is_no_failure(self, certificate: tuple[Path, Path]) -> None:
        with ScriptedServer(tls=certificate) as server:
            with client_of(server) as plain, pytest.raises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
            server.wait_for_closed()
            assert isinstance(server.connections[0].error, ssl.SSLError)

    def test_client_that_goes_away_in_the_handshake_is_no_failure(self, certificate: tuple[Path, Path]) -> None:
        with ScriptedServer(tls=certificate) as server:
            client_of(server).close()
            server.wait_for_closed()
            assert server.connections[0].error is None

    def test_connection_may_turn_to_tls_before_anything_else(
        self, certificate: tuple[Path, Path], trusting: ssl.SSLContext
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        with ScriptedServer() as server:
            server.on_connection(StartTLS(context), b"hello")
            assert hear(server, trusting) == b"hello"

    def test_client_that_speaks_no_tls(self, certificate: tuple[Path, Path]) -> None:
        with ScriptedServer(tls=certificate) as server:
            sock = ask(server)
            server.wait_for_closed()
            sock.close()
            assert isinstance(server.connections[0].error, ssl.SSLError)

    @pytest.mark.parametrize("outer", [False, True])
    def test_tunnel(self, certificate: tuple[Path, Path], trusting: ssl.SSLContext, outer: bool) -> None:
        inner = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        inner.load_cert_chain(*certificate)
        with ScriptedServer(tls=certificate if outer else None) as server:
            server.on("localhost:443", b"HTTP/1.1 200 OK\r\n\r\n", StartTLS(inner))
            server.on("/x", Answer(200, bytes(100_000)))
            connection = http.client.HTTPConnection("localhost")
            below = client_of(server)
            if outer:
                below = trusting.wrap_socket(below, server_hostname="localhost")
            below.sendall(b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n")
            assert below.recv(100) == b"HTTP/1.1 200 OK\r\n\r\n"
            with below:
                if outer:
                    assert _fetch_in_memory(below, trusting).endswith(b"\r\n\r\n" + bytes(100_000))
                else:
                    connection.sock = trusting.wrap_socket(below, server_hostname="localhost")
                    connection.request("GET", "/x")
                    assert connection.getresponse().read() == bytes(100_000)
                    connection.close()
            assert [request.url for request in server.requests] == ["localhost:443", "https://localhost/x"]


def _fetch_in_memory(below: socket.socket, context: ssl.SSLContext) -> bytes:
    """GET /x by TLS over ``below``, which is TLS itself."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")

    def step(act: "object") -> bytes:
        while True:
            try:
                return act() or b""  # type: ignore[operator]  # any of the object's methods
            except ssl.SSLWantReadError:
                below.sendall(outgoing.read())
                incoming.write(below.recv(65536))
            finally:
                below.sendall(outgoing.read())

    step(tls.do_handshake)
    step(lambda: tls.write(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n") and b"")
    came = b""
    while b"\r\n\r\n" not in came or len(came.partition(b"\r\n\r\n")[2]) < 100_000:
        came += step(lambda: tls.read(65536))
    return came


class TestFailures:
    def test_script_used_up_fails_the_test(self) -> None:
        def use(server: ScriptedServer) -> None:
            server.on("/", Answer(200))
            with ask(server) as sock:
                sock.recv(100)
                sock.sendall(GET)
                assert read_all(sock).startswith(b"HTTP/1.1 500 ")

        failure = failure_of(use)
        assert isinstance(failure, ScriptError)
        assert str(failure) == "/ was asked for once more than its scripts say"
        assert failure.__notes__ == ["The scripted server failed: answering GET /"]

    def test_function_that_raises_fails_the_test(self) -> None:
        fault = OSError("out of order")

        def fail(request: object) -> bytes:
            raise fault

        def use(server: ScriptedServer) -> None:
            server.on("/", fail)
            assert read_all(ask(server)).endswith(b"out of order\n")

        assert failure_of(use) is fault

    def test_what_is_no_request_fails_the_test(self) -> None:
        failure = failure_of(lambda server: read_all(ask(server, b"hello\r\n\r\n")))
        assert str(failure) == "no request line: 'hello'"

    def test_what_is_no_request_behind_another_protocol_fails_the_test(self) -> None:
        def use(server: ScriptedServer) -> None:
            server.on_connection(Receive(1))
            assert read_all(ask(server, b"xhello\r\n\r\n")) == b""

        assert str(failure_of(use)) == "no request line: 'hello'"

    def test_step_in_the_wrong_place_fails_the_test(self) -> None:
        def use(server: ScriptedServer) -> None:
            server.on_connection(ReadBody())
            server.on_connection(Wrong())  # type: ignore[arg-type]  # that is the fault
            pytest.fail("it should have been refused")

        class Wrong:
            pass

        failure = failure_of(use)
        assert isinstance(failure, TypeError)
        assert "Wrong object" in str(failure)

    def test_failure_of_the_test_itself_comes_first(self) -> None:
        def use(server: ScriptedServer) -> None:
            read_all(ask(server, b"hello\r\n\r\n"))
            raise KeyError("mine")

        failure = failure_of(use)
        assert isinstance(failure, KeyError)
        assert "no request line" in failure.__notes__[0]

    def test_several_failures_are_told_together(self) -> None:
        def use(server: ScriptedServer) -> None:
            read_all(ask(server, b"one\r\n\r\n"))
            read_all(ask(server, b"two\r\n\r\n"))

        failure = failure_of(use)
        assert "one" in str(failure)
        assert "two" in failure.__notes__[-1]

    def test_wait_ends_with_the_failure(self) -> None:
        def use(server: ScriptedServer) -> None:
            with ask(server, b"hello\r\n\r\n"):
                server.wait_for_requests(1)

        assert "hello" in str(failure_of(use))

    def test_wait_has_an_end(self, server: ScriptedServer) -> None:
        with pytest.raises(TimeoutError, match=r"waited 0 s for 1 requests; there is <.* connections=0 requests=0>"):
            server.wait_for_requests(1, timeout=0)

    def test_thread_that_hangs_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("webqq.testing.server.PATIENCE", 0.01)
        event, came = threading.Event(), threading.Event()
        clients = []

        def block(request: object) -> bytes:
            came.set()
            event.wait(GUARD)
            return b""

        def use(server: ScriptedServer) -> None:
            server.on("/", block)
            clients.append(ask(server))
            assert came.wait(GUARD)

        assert "does a function of a script block" in str(failure_of(use))
        event.set()
        read_all(clients[0])

    def test_fault_of_the_server_itself_is_not_lost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fault = LookupError("a fault")

        def fail(connection: object) -> None:
            raise fault

        def use(server: ScriptedServer) -> None:
            monkeypatch.setattr(server, "_settle", fail)
            assert read_all(client_of(server)) == b""

        assert failure_of(use) is fault


class TestLife:
    def test_it_stops_with_connections_open(self) -> None:
        with ScriptedServer() as server:
            server.on("/", Freeze(), repeat=True)
            clients = [ask(server) for _ in range(20)]
            server.wait_for_frozen(20)
        for client in clients:
            assert read_all(client) == b""
        assert threading.active_count() == 1 or not any("scripted" in one.name for one in threading.enumerate())
        with pytest.raises(ConnectionRefusedError):
            client_of(server)
        assert repr(server) == "<ScriptedServer stopped connections=20 requests=20>"

    def test_scripts_never_used_are_listed(self, server: ScriptedServer) -> None:
        server.on("/a", Answer())
        server.on("/b", Answer(), repeat=True)
        assert server.unused == ["/a", "/b"]
        urlopen(server.url("/b"), timeout=GUARD).close()
        assert server.unused == ["/a"]

    def test_release_may_come_before_the_freeze(self, server: ScriptedServer) -> None:
        server.release("x")
        server.on("/", Freeze("x"), b"thawed", Close())
        assert read_all(ask(server)) == b"thawed"
