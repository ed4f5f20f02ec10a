"""HTTPSock by itself: its two methods, and which of its faces the stream may use."""

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import Request

import mock
import pytest

from tests.httpstream.certificates import make_certificate
from webqq.httpstream import BadResponse, ConnectionLost, HTTPSock, InvalidRequest, Limits, ResponseTooLarge
from webqq.httpstream.origin import Origin
from webqq.httpstream.resolve import Address
from webqq.httpstream.sock import steps_of

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@pytest.fixture
def http_sock() -> Iterator[HTTPSock]:
    with closing(HTTPSock()) as http_sock:
        yield http_sock


def serve(
    answer: Callable[[socket.socket], None], context: ssl.SSLContext | None = None
) -> tuple[int, threading.Thread]:
    """A server for one connection on a thread."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with listener:
            connection, _ = listener.accept()
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            answer(connection)

    thread = threading.Thread(target=talk)
    thread.start()
    return listener.getsockname()[1], thread


def exchange(http_sock: HTTPSock, request: Request) -> Any:
    """Do by hand what a loop would: write when the socket can be written, read when it can be read."""
    sock, data = http_sock.make_http_sock_data(request)
    with sock:
        assert sock.getblocking() is False
        reading, writing = [], [sock]
        while True:
            select.select(reading, writing, [], 30)
            try:
                if data:
                    data = data[sock.send(data) :]
                elif (response := http_sock.make_response(sock, request)) is not None:
                    return response
                reading, writing = ([], [sock]) if data else ([sock], [])
            except ssl.SSLWantReadError:
                reading, writing = [sock], []
            except BlockingIOError:
                pass


def test_the_two_methods_make_an_exchange(http_sock: HTTPSock) -> None:
    def answer(connection: socket.socket) -> None:
        assert connection.recv(10_000).startswith(b"GET /x HTTP/1.1\r\nHost: localhost:")
        for index in range(len(ANSWER)):
            connection.sendall(ANSWER[index : index + 1])

    port, thread = serve(answer)
    request = Request(f"http://localhost:{port}/x")
    response = exchange(http_sock, request)
    assert (response.status, response.read(), response.geturl()) == (200, b"hello", request.full_url)
    thread.join()


def test_the_two_methods_make_an_exchange_over_tls(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "localhost")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    body = bytes(range(256)) * 1000

    def answer(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    port, thread = serve(answer, server)
    with closing(HTTPSock(ssl_context=ssl.create_default_context(cafile=certificate))) as http_sock:
        assert exchange(http_sock, Request(f"https://localhost:{port}/")).read() == body
    thread.join()


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"", ConnectionLost), (ANSWER[:-1], ConnectionLost), (b"nonsense", BadResponse)]
)
def test_answer_that_is_none_raises(http_sock: HTTPSock, answer: bytes, kind: type[Exception]) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(answer)

    port, thread = serve(talk)
    with pytest.raises(kind):
        exchange(http_sock, Request(f"http://127.0.0.1:{port}/"))
    thread.join()


def test_limits_are_kept() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(ANSWER)

    port, thread = serve(talk)
    with closing(HTTPSock(limits=Limits(body=4))) as http_sock, pytest.raises(ResponseTooLarge):
        exchange(http_sock, Request(f"http://127.0.0.1:{port}/"))
    thread.join()


def test_request_that_http_cannot_carry_opens_no_socket(http_sock: HTTPSock) -> None:
    with (
        mock.patch("webqq.httpstream.sock.socket.socket", side_effect=AssertionError),
        pytest.raises(InvalidRequest),
    ):
        http_sock.make_http_sock_data(Request("http://127.0.0.1/", headers={"X": "a\r\nb"}))


def test_name_without_an_address_is_an_oserror(http_sock: HTTPSock) -> None:
    with (
        mock.patch("webqq.httpstream.sock.socket.getaddrinfo", side_effect=socket.gaierror(-2, "not known")),
        pytest.raises(OSError, match="not known"),
    ):
        http_sock.make_http_sock_data(Request("http://nosuch.example/"))


def test_socket_does_not_block_nor_wait_nor_trust_a_silent_peer(http_sock: HTTPSock) -> None:
    with http_sock.make_socket(socket.AF_INET) as sock:
        assert sock.getblocking() is False
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


def test_connection_that_fails_at_once_is_an_oserror_and_leaves_no_socket(http_sock: HTTPSock) -> None:
    with pytest.raises(OSError, match="connecting to"):
        http_sock.connect(Address(socket.AF_INET, ("255.255.255.255", 80)))


def test_address_that_is_spelt_out_is_known_at_once(http_sock: HTTPSock) -> None:
    done = mock.Mock()
    answer = http_sock.lookup(mock.Mock(), Origin("http", "127.0.0.1", 80), done)
    assert answer == [Address(socket.AF_INET, ("127.0.0.1", 80))]
    done.assert_not_called()


def test_default_context_checks_certificates_and_speaks_tls_1_2_at_least(http_sock: HTTPSock) -> None:
    context = http_sock.ssl_context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert http_sock.ssl_context is context


# Which face the stream may use.


class OneStep(HTTPSock):
    def connect(self, address: Address) -> socket.socket:
        return super().connect(address)


class OwnData(HTTPSock):
    def make_http_sock_data(self, request: Request) -> tuple[socket.socket, bytes]:
        return super().make_http_sock_data(request)


class OwnResponse(OneStep):
    def make_response(self, sock: Any, request: Request) -> Any:
        return super().make_response(sock, request)


class Below(OwnData):
    pass


@pytest.mark.parametrize(
    ("kind", "steps"), [(HTTPSock, True), (OneStep, True), (OwnData, False), (OwnResponse, False), (Below, False)]
)
def test_single_steps_are_used_unless_a_method_of_the_contract_is_replaced(kind: type[HTTPSock], steps: bool) -> None:
    with closing(kind()) as http_sock:
        assert steps_of(http_sock) is (http_sock if steps else None)


def test_method_replaced_on_the_instance_counts_too(http_sock: HTTPSock) -> None:
    http_sock.make_response = mock.Mock()  # type: ignore[method-assign]  # the point of the test
    assert steps_of(http_sock) is None


@pytest.mark.parametrize("stand_in", [mock.Mock(), mock.MagicMock(), mock.Mock(spec=HTTPSock), object()])
def test_stand_in_has_the_two_methods_only(stand_in: object) -> None:
    assert steps_of(stand_in) is None
