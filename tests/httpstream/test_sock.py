"""HTTPSock by itself: its two methods, and which of its faces the stream may use."""

import gc
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
from webqq.httpstream.resolve import Address, NameResolver
from webqq.httpstream.sock import steps_of
from webqq.testing import EOF, WOULD_BLOCK, FakeSocket

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


# make_response on sockets of the test's own making.


@pytest.mark.parametrize(
    "nothing", [WOULD_BLOCK, InterruptedError(), ssl.SSLWantReadError(), ssl.SSLWantWriteError(), BlockingIOError()]
)
def test_response_is_none_while_bytes_are_missing(http_sock: HTTPSock, nothing: Any) -> None:
    request, sock = Request("http://a/"), FakeSocket(5, [nothing, ANSWER[:10], nothing, ANSWER[10:]])
    for _ in range(3):
        assert http_sock.make_response(sock, request) is None
    response = http_sock.make_response(sock, request)
    assert response is not None
    assert response.read() == b"hello"


def test_answers_of_two_sockets_do_not_mix(http_sock: HTTPSock) -> None:
    request, one, two = Request("http://a/"), FakeSocket(5), FakeSocket(6)
    for at in range(len(ANSWER) - 1):
        one.deliver(ANSWER[at : at + 1])
        two.deliver(ANSWER.replace(b"hello", b"world")[at : at + 1])
        assert http_sock.make_response(one, request) is None
        assert http_sock.make_response(two, request) is None
    one.deliver(b"o")
    two.deliver(b"d")
    first, second = http_sock.make_response(one, request), http_sock.make_response(two, request)
    assert first is not None
    assert second is not None
    assert (first.read(), second.read()) == (b"hello", b"world")


def test_one_socket_may_bring_several_answers(http_sock: HTTPSock) -> None:
    sock = FakeSocket(5, [ANSWER, ANSWER.replace(b"200 OK", b"404 No")])
    for status in (200, 404):
        response = http_sock.make_response(sock, Request("http://a/"))
        assert response is not None
        assert (response.status, response.read()) == (status, b"hello")


def test_method_of_the_request_decides_on_the_body(http_sock: HTTPSock) -> None:
    sock = FakeSocket(5, [b"HTTP/1.1 100 Continue\r\n\r\n", ANSWER[:-5]])
    request = Request("http://a/b#c", method="HEAD")
    assert http_sock.make_response(sock, request) is None
    response = http_sock.make_response(sock, request)
    assert response is not None
    assert (response.read(), response.url) == (b"", request.full_url)


def test_end_of_the_connection_ends_a_body_without_length(http_sock: HTTPSock) -> None:
    sock = FakeSocket(5, [b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo", EOF])
    for _ in range(2):
        assert http_sock.make_response(sock, Request("http://a/")) is None
    response = http_sock.make_response(sock, Request("http://a/"))
    assert response is not None
    assert response.read() == b"hello"


@pytest.mark.parametrize(
    "error", [ConnectionResetError(104, "reset"), ssl.SSLEOFError(8, "cut"), OSError(110, "timed out")]
)
def test_failure_of_the_socket_is_raised_as_it_is(http_sock: HTTPSock, error: OSError) -> None:
    sock = FakeSocket(5, [b"HTTP/1.1 200 OK\r\n\r\nhalf of", error])
    assert http_sock.make_response(sock, Request("http://a/")) is None
    with pytest.raises(type(error)) as caught:
        http_sock.make_response(sock, Request("http://a/"))
    assert caught.value is error


def test_nothing_is_kept_of_sockets_that_are_gone(http_sock: HTTPSock) -> None:
    for answer in (ANSWER, ANSWER[:-1]):
        http_sock.make_response(FakeSocket(5, [answer]), Request("http://a/"))
    gc.collect()
    assert len(http_sock._parsers) == 0


# make_http_sock_data.


def test_credentials_are_refused_and_not_shown(http_sock: HTTPSock) -> None:
    with pytest.raises(InvalidRequest) as caught:
        http_sock.make_http_sock_data(Request("http://tom:secret@127.0.0.1/"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://127.0.0.1/a b", "http:///"])
def test_url_that_leads_nowhere_is_refused(http_sock: HTTPSock, url: str) -> None:
    with pytest.raises(InvalidRequest):
        http_sock.make_http_sock_data(Request(url))


def test_request_is_not_written_to(http_sock: HTTPSock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        request = Request(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"x", {"A": "b"})
        before = dict(request.headers), dict(request.unredirected_hdrs)
        sock, data = http_sock.make_http_sock_data(request)
        sock.close()
        assert (dict(request.headers), dict(request.unredirected_hdrs)) == before
        assert data.endswith(b"\r\n\r\nx")


def test_tls_socket_names_the_host_it_wants_to_speak_to(http_sock: HTTPSock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock, _ = http_sock.make_http_sock_data(Request(f"https://localhost:{listener.getsockname()[1]}/"))
        with sock:
            assert isinstance(sock, ssl.SSLSocket)
            assert (sock.server_hostname, sock.getblocking()) == ("localhost", False)


@pytest.mark.parametrize("trusted", [True, False])
def test_tls_certificate_is_checked_by_the_two_methods_too(tmp_path: Path, trusted: bool) -> None:
    """Once nobody vouches for it, once it is another host's."""
    certificate, key = make_certificate(tmp_path, "other.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    refused: list[ssl.SSLError | OSError] = []

    def answer(connection: socket.socket) -> None:
        raise AssertionError("the request was sent")

    def talk() -> None:
        connection, _ = listener.accept()
        with listener, connection:
            try:
                answer(server.wrap_socket(connection, server_side=True))
            except OSError as error:
                refused.append(error)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=talk)
    thread.start()
    context = ssl.create_default_context(cafile=certificate) if trusted else None
    with closing(HTTPSock(ssl_context=context)) as http_sock, pytest.raises(ssl.SSLCertVerificationError):
        exchange(http_sock, Request(f"https://localhost:{listener.getsockname()[1]}/"))
    thread.join()
    assert refused


def test_tls_end_without_notice_is_not_the_end_of_a_body(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "localhost")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)

    def cut(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nonly half of")
        socket.socket(fileno=connection.detach()).close()

    port, thread = serve(cut, server)
    context = ssl.create_default_context(cafile=certificate)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with closing(HTTPSock(ssl_context=context)) as http_sock, pytest.raises(ssl.SSLError, match=r"(?i)eof"):
        exchange(http_sock, Request(f"https://localhost:{port}/"))
    thread.join()


# More stand-ins and subclasses.


class Mixin:
    def make_response(self, sock: Any, request: Request) -> Any:
        return None


class MixedBefore(Mixin, HTTPSock):
    pass


class MixedAfter(HTTPSock, Mixin):
    pass


class Counting(HTTPSock):
    made = 0

    def make_socket(self, family: int) -> socket.socket:
        self.made += 1
        return super().make_socket(family)


@pytest.mark.parametrize(("kind", "steps"), [(MixedBefore, False), (MixedAfter, True), (Counting, True)])
def test_method_that_a_call_would_reach_counts(kind: type[HTTPSock], steps: bool) -> None:
    with closing(kind()) as http_sock:
        assert steps_of(http_sock) is (http_sock if steps else None)


@pytest.mark.parametrize("name", ["make_http_sock_data", "make_response"])
def test_either_method_may_be_replaced_on_the_instance(http_sock: HTTPSock, name: str) -> None:
    with mock.patch.object(http_sock, name):
        assert steps_of(http_sock) is None
    assert steps_of(http_sock) is http_sock


def test_other_attributes_of_the_instance_do_not_count(http_sock: HTTPSock) -> None:
    with mock.patch.object(http_sock, "connect"):
        assert steps_of(http_sock) is http_sock


@pytest.mark.parametrize(
    "stand_in", [mock.create_autospec(HTTPSock, instance=True), mock.Mock(wraps=HTTPSock()), HTTPSock, None]
)
def test_more_stand_ins_have_the_two_methods_only(stand_in: object) -> None:
    assert steps_of(stand_in) is None


def test_step_of_a_subclass_serves_the_two_methods_as_well() -> None:
    with closing(Counting()) as http_sock, socket.create_server(("127.0.0.1", 0)) as listener:
        http_sock.make_http_sock_data(Request(f"http://127.0.0.1:{listener.getsockname()[1]}/"))[0].close()
        assert http_sock.made == 1


def test_method_patched_on_the_class_counts_too(http_sock: HTTPSock) -> None:
    with mock.patch.object(HTTPSock, "make_response"):
        assert steps_of(http_sock) is None
    assert steps_of(http_sock) is http_sock


def test_socket_that_refuses_its_options_is_closed(http_sock: HTTPSock) -> None:
    # A leaked one would warn, and a warning fails the test.
    with (
        mock.patch("webqq.httpstream.sock._TCP_OPTIONS", [(socket.SOL_SOCKET, -1, 1)]),
        pytest.raises(OSError, match="not available"),
    ):
        http_sock.make_socket(socket.AF_INET)


def test_resolver_of_ones_own_is_used_and_closed_with_it() -> None:
    names = NameResolver(ttl=1)
    with mock.patch.object(names, "lookup", return_value=[]) as lookup, mock.patch.object(names, "close") as close:
        http_sock = HTTPSock(resolver=names)
        http_sock.lookup(mock.Mock(), Origin("http", "example.com", 80), mock.Mock())
        http_sock.close()
    lookup.assert_called_once()
    close.assert_called_once()
