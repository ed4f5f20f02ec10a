"""TLS: options, sessions, and TLS within TLS, against real handshakes."""

import ctypes
import gc
import select
import socket
import ssl
import struct
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import mock
import pytest
from cryptography.hazmat.primitives import serialization
from tornado.ioloop import IOLoop

from tests.httpstream.certificates import make_certificate
from webqq.httpstream.connection import Connection
from webqq.httpstream.errors import InvalidRequest, TLSError
from webqq.httpstream.parser import Limits, ResponseParser
from webqq.httpstream.sock import HTTPSock
from webqq.httpstream.sock import receive as receive_answer
from webqq.httpstream.tls import (
    SEND_SIZE,
    SessionCache,
    SSLOverTLS,
    TLSOptions,
    TLSSocket,
    default_context,
    free_send_buffer,
    tls_options,
    wrap,
)
from webqq.httpstream.turn import Turn

WAIT = 30
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
WANT = (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError)


@dataclass
class Files:
    """A server's certificate, which is its own authority, and its key."""

    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(*make_certificate(tmp_path_factory.mktemp("tls"), "localhost"))


@pytest.fixture
def client(files: Files) -> ssl.SSLContext:
    context = tls_options(ca_file=files.certificate).context
    assert context is not None
    return context


@pytest.fixture
def server(files: Files) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


@contextmanager
def peer(talk: Callable[[socket.socket], None]) -> Iterator[socket.socket]:
    """A non-blocking socket connected to one that ``talk`` has on a thread, which is joined at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    far.settimeout(WAIT)

    def run() -> None:
        with far:
            talk(far)

    thread = threading.Thread(target=run)
    thread.start()
    sock.setblocking(False)
    try:
        yield sock
    finally:
        sock.close()
        thread.join(WAIT)
        assert not thread.is_alive()


def drive(sock: Any, step: Callable[[], Any]) -> Any:
    """Repeat ``step`` as a loop would: whenever what it wanted has come."""
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            assert select.select([sock], [], [], WAIT)[0]
        except (ssl.SSLWantWriteError, BlockingIOError):
            assert select.select([], [sock], [], WAIT)[1]


def send_all(sock: Any, data: bytes) -> None:
    while data:
        data = data[drive(sock, partial(sock.send, data)) :]


def receive(sock: Any, count: int, size: int = 65536) -> bytes:
    data = b""
    while len(data) < count:
        piece = drive(sock, lambda: sock.recv(size))
        assert piece
        data += piece
    return data


def handshake(
    sock: Any, context: ssl.SSLContext, name: str = "localhost", session: ssl.SSLSession | None = None
) -> TLSSocket:
    over = wrap(sock, context, name, session)
    drive(over, over.do_handshake)
    return over


# Contexts and options.


def test_default_context_checks_names_and_tells_of_a_cut_connection() -> None:
    context = default_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert not context.options & ssl.OP_IGNORE_UNEXPECTED_EOF
    assert default_context() is not context


def test_cut_connection_is_told_also_where_python_hides_it_by_default() -> None:
    hiding = ssl.create_default_context()
    hiding.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    with mock.patch.object(ssl, "create_default_context", return_value=hiding):
        assert not default_context().options & ssl.OP_IGNORE_UNEXPECTED_EOF


def test_options_are_equal_where_context_and_name_are() -> None:
    context = default_context()
    assert {TLSOptions(context, "a"), TLSOptions(context, "a")} == {TLSOptions(context, "a")}
    assert len({TLSOptions(), TLSOptions(context), TLSOptions(context, "a"), TLSOptions(default_context(), "a")}) == 4


def test_each_call_makes_a_context_as_strict_as_the_default(files: Files) -> None:
    options = tls_options(ca_file=files.certificate, server_name="a")
    assert options.context is not None
    assert options.server_name == "a"
    assert options != tls_options(ca_file=files.certificate, server_name="a")
    assert (options.context.verify_mode, options.context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert options.context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert [found["subject"] for found in options.context.get_ca_certs()] == [((("commonName", "localhost"),),)]


def test_checks_are_left_out_only_on_demand_and_the_log_says_so(server: ssl.SSLContext, expect_log: Any) -> None:
    expect_log("webqq.httpstream", "certificates are not checked")
    context = tls_options(verify=False).context
    assert context is not None
    with (
        peer(lambda far: close(server.wrap_socket(far, server_side=True))) as sock,
        closing(handshake(sock, context, "nobody.example")) as over,
    ):
        assert over.getpeercert(True)


def close(far: ssl.SSLSocket) -> None:
    """Take what is left, then go. A client that closes with tickets unread resets the connection."""
    with far, suppress(ConnectionResetError):
        while far.recv(65536):
            pass


def test_client_certificate_is_shown(files: Files, server: ssl.SSLContext) -> None:
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(files.certificate)
    shown = []

    def talk(far: socket.socket) -> None:
        with server.wrap_socket(far, server_side=True) as over:
            shown.append(over.getpeercert(True))
            over.sendall(b"x")

    context = tls_options(ca_file=files.certificate, client_cert=files.certificate, client_key=files.key).context
    assert context is not None
    with peer(talk) as sock, closing(handshake(sock, context)) as over:
        assert receive(over, 1) == b"x"
    assert shown[0] is not None


def test_encrypted_key_needs_its_password_and_asks_nobody(files: Files, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    encrypted = tmp_path / "encrypted.key"
    encrypted.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"hunter2"),
        )
    )
    assert tls_options(client_cert=files.certificate, client_key=encrypted, client_key_password="hunter2").context
    for password in (None, "wrong"):
        with pytest.raises(InvalidRequest, match=r"^client_cert .*localhost\.pem"):
            tls_options(client_cert=files.certificate, client_key=encrypted, client_key_password=password)


def test_openssl_is_never_left_to_ask_for_a_password(files: Files) -> None:
    with mock.patch.object(ssl.SSLContext, "load_cert_chain") as load:
        tls_options(client_cert=files.certificate)
    # None would make it ask on the terminal.
    load.assert_called_once_with(files.certificate, None, "")


def test_file_that_cannot_be_used_is_named(files: Files, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"^ca_file .*nothing"):
        tls_options(ca_file=tmp_path / "nothing")
    with pytest.raises(InvalidRequest, match=r"^ca_file .*localhost\.key"):
        tls_options(ca_file=files.key)
    with pytest.raises(InvalidRequest, match=r"^client_cert .*nothing"):
        tls_options(client_cert=tmp_path / "nothing")
    with pytest.raises(InvalidRequest, match=r"^client_key"):
        tls_options(client_key=files.key)


# One layer.


def test_plain_socket_becomes_an_ssl_socket_that_neither_waits_nor_hides_a_cut(client: ssl.SSLContext) -> None:
    with peer(lambda far: None) as sock, closing(wrap(sock, client, "localhost")) as over:
        assert isinstance(over, ssl.SSLSocket)
        # The stubs do not know them.
        assert (vars(over)["suppress_ragged_eofs"], vars(over)["do_handshake_on_connect"]) == (False, False)
        assert over.server_hostname == "localhost"


@pytest.mark.parametrize(
    ("host", "name", "has_sni"),
    [
        ("localhost.", "localhost", True),
        ("localhost", "localhost", True),
        ("127.0.0.1", "127.0.0.1", False),
        ("::1", "::1", False),
        ("fe80::1%25eth0", "fe80::1", False),
    ],
)
def test_name_goes_without_its_dot_and_an_address_not_at_all(
    client: ssl.SSLContext, server: ssl.SSLContext, host: str, name: str, has_sni: bool
) -> None:
    seen: list[str | None] = []
    # mypy's stubs have no attribute to assign a plain function to.
    server.sni_callback = lambda sock, sni, context: seen.append(sni)

    def talk(far: socket.socket) -> None:
        # An address fails the check: the certificate names none.
        with pytest.raises(ssl.SSLError) if not has_sni else closing(far):
            close(server.wrap_socket(far, server_side=True))

    with peer(talk) as sock, closing(wrap(sock, client, host)) as over:
        assert over.server_hostname == name
        if has_sni:
            drive(over, over.do_handshake)
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
                drive(over, over.do_handshake)
    assert seen == [name if has_sni else None]


@pytest.mark.parametrize("host", ["", ".", "..", "a..b", ".a", "a" * 64, "a\0b"])
@pytest.mark.parametrize("is_within", [False, True])
def test_host_that_no_certificate_names_is_a_tls_error_and_leaves_the_socket(
    client: ssl.SSLContext, host: str, is_within: bool
) -> None:
    with peer(lambda far: None) as sock:
        under = wrap(sock, client, "localhost") if is_within else sock
        with closing(under):
            with pytest.raises(TLSError, match="no certificate can name it"):
                wrap(under, client, host)
            assert under.fileno() >= 0


def test_socket_that_was_reset_is_an_oserror_and_leaves_the_socket(client: ssl.SSLContext) -> None:
    def reset(far: socket.socket) -> None:
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with peer(reset) as sock:
        select.select([sock], [], [], WAIT)
        with pytest.raises(ConnectionResetError):
            wrap(sock, client, "localhost")
        assert sock.fileno() >= 0


# Sessions.


def exchange(client: ssl.SSLContext, server: ssl.SSLContext, cache: SessionCache, key: object, layers: int = 1) -> bool:
    """One connection as the engine makes them; whether it resumed a session."""

    def talk(far: socket.socket) -> None:
        over: Any = server.wrap_socket(far, server_side=True)
        if layers == 2:
            over = Within(over, server)
        assert over.recv(1) == b"?"
        over.sendall(b"!")
        over.close()

    with peer(talk) as sock:
        under = sock if layers == 1 else handshake(sock, client)
        with closing(handshake(under, client, session=cache.get(key, client))) as over:
            send_all(over, b"?")
            assert receive(over, 1) == b"!"
            cache.put(key, over)
            return bool(over.session_reused)


class Within:
    """The server's side of TLS within TLS, blocking."""

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext) -> None:
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._do(self._object.do_handshake)

    def _do(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._outer.recv(65536)
                self._incoming.write(data) if data else self._incoming.write_eof()
            finally:
                self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._outer.sendall(self._outgoing.read())

    def recv(self, size: int) -> bytes:
        data: bytes = self._do(lambda: self._object.read(size))
        return data

    def sendall(self, data: bytes) -> None:
        self._do(lambda: self._object.write(data))

    def close(self) -> None:
        self._outer.close()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("version", VERSIONS)
def test_second_connection_resumes_the_session_of_the_first(
    client: ssl.SSLContext, server: ssl.SSLContext, version: ssl.TLSVersion, layers: int
) -> None:
    client.maximum_version = version
    cache = SessionCache()
    key = (client, "localhost", 443)
    assert [exchange(client, server, cache, key, layers) for _ in range(3)] == [False, True, True]
    assert not exchange(client, server, cache, (client, "other", 443), layers)


@pytest.mark.parametrize("version", VERSIONS)
def test_session_that_the_server_does_not_know_does_no_harm_and_is_replaced(
    client: ssl.SSLContext, server: ssl.SSLContext, files: Files, version: ssl.TLSVersion
) -> None:
    client.maximum_version = version
    cache = SessionCache()
    restarted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    restarted.load_cert_chain(files.certificate, files.key)
    assert [exchange(client, each, cache, "a") for each in (server, restarted, restarted)] == [False, False, True]


def test_server_without_sessions_leaves_nothing(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    server.num_tickets = 0
    cache = SessionCache()
    assert [exchange(client, server, cache, "a") for _ in range(2)] == [False, False]
    assert len(cache) == 0


def test_socket_without_a_handshake_has_no_session(client: ssl.SSLContext) -> None:
    cache = SessionCache()
    with peer(lambda far: None) as sock, closing(wrap(sock, client, "localhost")) as over:
        cache.put("a", over)
    assert len(cache) == 0


def test_session_of_another_context_is_never_used(client: ssl.SSLContext, server: ssl.SSLContext, files: Files) -> None:
    cache = SessionCache()
    other = tls_options(ca_file=files.certificate).context
    assert other is not None
    assert not exchange(client, server, cache, "a")
    assert cache.get("a", other) is None
    session = cache.get("a", client)
    assert session is not None
    with (
        peer(lambda far: close(server.wrap_socket(far, server_side=True))) as sock,
        closing(handshake(sock, other, session=session)) as over,
    ):
        assert not over.session_reused


@pytest.mark.parametrize("is_resumed", [False, True])
def test_cache_keeps_the_latest_and_forgets_on_demand(
    client: ssl.SSLContext, server: ssl.SSLContext, files: Files, is_resumed: bool
) -> None:
    restarted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    restarted.load_cert_chain(files.certificate, files.key)
    cache = SessionCache(2)
    for key in "ab":
        exchange(client, server, cache, key)
    assert exchange(client, server if is_resumed else restarted, cache, "a") is is_resumed
    exchange(client, server, cache, "c")
    assert len(cache) == 2
    assert [cache.get(key, client) is not None for key in "abc"] == [True, False, True]
    cache.discard("a")
    cache.discard("never seen")
    assert [cache.get(key, client) is not None for key in "abc"] == [False, False, True]


# TLS within TLS.

BODY = bytes(range(256)) * 2000


@contextmanager
def tunnel(client: ssl.SSLContext, server: ssl.SSLContext, talk: Callable[[Within], None]) -> Iterator[SSLOverTLS]:
    """The client's side of TLS within TLS after both handshakes; the server's is in the hands of ``talk``."""

    def outer(far: socket.socket) -> None:
        with server.wrap_socket(far, server_side=True) as over:
            talk(Within(over, server))

    with peer(outer) as sock, closing(handshake(handshake(sock, client), client)) as over:
        assert isinstance(over, SSLOverTLS)
        yield over


@pytest.mark.parametrize("version", VERSIONS)
def test_both_layers_carry_data_both_ways(
    client: ssl.SSLContext, server: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    client.maximum_version = version
    server.set_alpn_protocols(["http/1.1"])

    def echo(far: Within) -> None:
        left = len(BODY)
        while left:
            data = far.recv(10_000)
            far.sendall(data)
            left -= len(data)

    with tunnel(client, server, echo) as over:
        received = bytearray()
        sent = 0
        while len(received) < len(BODY):
            if sent < len(BODY):
                with suppress_want():
                    sent += over.send(memoryview(BODY)[sent:])
            with suppress_want():
                received += over.recv(65536)
            select.select([over], [over] if sent < len(BODY) or over.has_unsent else [], [], WAIT)
        assert received == BODY
        assert over.version() == version.name.replace("v1_", "v1.")
        assert over.selected_alpn_protocol() == "http/1.1"
        assert over.getpeercert()["subject"] == ((("commonName", "localhost"),),)
        assert over.cipher()
        assert over.context is client
        assert over.server_hostname == "localhost"
        assert (over.session_reused, over.session is not None) == (False, True)


def suppress_want() -> "suppress":
    return suppress(*WANT)


class Outer:
    """An outer connection in memory, and the server's TLS at its other end.

    It takes and gives ``size`` bytes at a time, of those that it takes ``room`` at most, and where ``is_coy`` only
    every second time that it is asked.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.size = 1 << 20
        self.room = 1 << 30
        self.is_coy = False
        self.has_ended = False
        self.offered: list[bytes] = []
        self._turns = 0
        self._to_server, self.to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = context.wrap_bio(self._to_server, self.to_client, server_side=True)

    def send(self, data: bytes) -> int:
        self.offered.append(data)
        self._wait(not self.room)
        taken = data[: min(self.size, self.room)]
        self.room -= len(taken)
        return self._to_server.write(taken)

    def recv(self, size: int) -> bytes:
        self._wait(not self.to_client.pending and not self.has_ended)
        return self.to_client.read(min(size, self.size))

    def _wait(self, is_blocked: bool) -> None:
        self._turns += 1
        if is_blocked or (self.is_coy and self._turns % 2):
            raise BlockingIOError

    def fileno(self) -> int:
        return 7

    def close(self) -> None:
        self.has_ended = True


def spin(outer: Outer, step: Callable[[], Any]) -> Any:
    """Repeat ``step`` until it has its way; the server does its part of the handshake in between."""
    while True:
        with suppress_want():
            return step()
        with suppress(ssl.SSLWantReadError, ssl.SSLError):
            outer.server.do_handshake()


@pytest.fixture
def outer(server: ssl.SSLContext) -> Outer:
    return Outer(server)


@pytest.fixture
def over(outer: Outer, client: ssl.SSLContext) -> SSLOverTLS:
    """TLS over ``outer`` after the handshake, with the tickets read."""
    over = SSLOverTLS(outer, client, "localhost")
    spin(outer, over.do_handshake)
    outer.server.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        over.recv(1)
    outer.offered.clear()
    return over


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("size", [1, 7, 5000])
def test_any_narrow_outer_connection_will_do(
    client: ssl.SSLContext, outer: Outer, size: int, version: ssl.TLSVersion
) -> None:
    client.maximum_version = version
    outer.size, outer.is_coy = size, True
    body = BODY[: size * 300]
    over = SSLOverTLS(outer, client, "localhost")
    spin(outer, over.do_handshake)
    left = body
    while left:
        left = left[spin(outer, partial(over.send, left)) :]
    assert not over.has_unsent
    assert b"".join(iter(lambda: read_now(outer), b"")) == body
    outer.server.write(body)
    received = b""
    while len(received) < len(body):
        received += spin(outer, lambda: over.recv(65536))
    assert received == body


def read_now(outer: Outer) -> bytes:
    """What the server can read without more from the client."""
    try:
        return outer.server.read(65536)
    except ssl.SSLWantReadError:
        return b""


def test_handshake_is_not_over_before_its_last_byte_is_taken(client: ssl.SSLContext, outer: Outer) -> None:
    over = SSLOverTLS(outer, client, "localhost")
    with pytest.raises(ssl.SSLWantReadError):
        over.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        outer.server.do_handshake()
    outer.room = 10
    for _ in range(3):
        with pytest.raises(ssl.SSLWantWriteError):
            over.do_handshake()
        assert over.has_unsent
    outer.room = 1 << 20
    over.do_handshake()
    assert not over.has_unsent
    outer.server.do_handshake()


def test_what_was_sent_is_reported_once_the_outer_connection_took_all_of_it(over: SSLOverTLS, outer: Outer) -> None:
    for room in (0, 1, 10):
        outer.room = room
        with pytest.raises(ssl.SSLWantWriteError):
            over.send(b"hello")
        assert over.has_unsent
    outer.room = 1 << 20
    assert over.send(b"hello") == 5
    assert read_now(outer) == b"hello"
    assert read_now(outer) == b""


def test_retried_bytes_are_the_same_and_no_fewer(over: SSLOverTLS, outer: Outer) -> None:
    """TLS below refuses a retry with other bytes than those it has encrypted."""
    outer.room = 0
    for _ in range(3):
        with pytest.raises(ssl.SSLWantWriteError):
            over.send(b"hello")
    assert len(set(outer.offered)) == 1
    assert len(outer.offered) == 3


def test_retry_with_less_data_is_an_error_as_with_an_ssl_socket(over: SSLOverTLS, outer: Outer) -> None:
    outer.room = 0
    with pytest.raises(ssl.SSLWantWriteError):
        over.send(b"hello")
    with pytest.raises(ssl.SSLError, match="bad length"):
        over.send(b"hell")


def test_no_more_is_encrypted_at_once_than_the_outer_connection_may_keep_waiting(
    over: SSLOverTLS, outer: Outer
) -> None:
    outer.room = 0
    with pytest.raises(ssl.SSLWantWriteError):
        over.send(BODY)
    assert sum(map(len, outer.offered)) < SEND_SIZE + 1000
    outer.room = 1 << 20
    assert over.send(memoryview(BODY)) == SEND_SIZE


def test_nothing_sends_nothing(over: SSLOverTLS, outer: Outer) -> None:
    assert over.send(b"") == 0
    assert outer.offered == []


# Memory.


class Allocated(ctypes.Structure):
    """``struct mallinfo2`` of glibc."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks")),
        *((name, ctypes.c_size_t) for name in ("uordblks", "fordblks", "keepcost")),
    )


def allocated() -> int:
    """Bytes that this process holds of ``malloc``, OpenSSL's among them."""
    try:
        mallinfo2 = ctypes.CDLL("libc.so.6").mallinfo2
    except (OSError, AttributeError):
        pytest.skip("no mallinfo2 here")
    mallinfo2.restype = Allocated
    found = mallinfo2()
    return int(found.uordblks) + int(found.hblkhd)


@contextmanager
def with_tickets(client: ssl.SSLContext, server: ssl.SSLContext) -> Iterator[tuple[Connection, ssl.SSLSocket]]:
    """A connection that has sent its request and its server's socket, which has sent two tickets; on one thread."""
    client.minimum_version = ssl.TLSVersion.TLSv1_3
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    over = wrap(near, client, "localhost")
    ended = server.wrap_socket(far, server_side=True, do_handshake_on_connect=False)
    with closing(over), closing(ended):
        for step in (over.do_handshake, ended.do_handshake) * 2:
            with suppress(ssl.SSLWantReadError):
                step()
        connection = Connection(mock.Mock(spec=IOLoop), over, None, mock.Mock(), Turn(None, ()))
        connection.is_tls = True
        assert over.send(b"GET") == 3
        assert ended.recv(9) == b"GET"
        yield connection, ended


def test_poll_that_is_held_keeps_no_send_buffer_for_the_tickets_that_came(
    client: ssl.SSLContext, server: ssl.SSLContext
) -> None:
    with with_tickets(client, server) as (connection, far):
        connection.watch(IOLoop.READ)
        parser = ResponseParser("GET", Limits())
        before = allocated()
        assert not receive_answer(connection, parser)
        assert allocated() - before < 8192
        with pytest.raises(ssl.SSLWantReadError):
            far.recv(9)
        far.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert receive_answer(connection, parser)


def test_connection_that_lies_idle_after_its_first_answer_keeps_no_send_buffer(
    client: ssl.SSLContext, server: ssl.SSLContext
) -> None:
    http_sock, route = HTTPSock(), mock.Mock()
    with closing(http_sock), with_tickets(client, server) as (connection, far):
        assert http_sock.sessions.get(route, client) is None
        far.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert receive_answer(connection, ResponseParser("GET", Limits()))
        before = allocated()
        http_sock.keep_session(route, connection.sock)
        assert allocated() - before < 0
        assert http_sock.sessions.get(route, client) is not None


def fill(sock: ssl.SSLSocket, data: bytes) -> None:
    """Send until there is no more room: part of a record waits then."""
    with suppress(ssl.SSLWantWriteError):
        while True:
            sock.send(data)


def test_send_that_is_to_be_made_again_is_left_alone(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    with with_tickets(client, server) as (connection, far):
        zeros = bytes(1 << 20)
        fill(connection.sock, zeros)
        connection.watch(IOLoop.READ | IOLoop.WRITE)
        assert not receive_answer(connection, ResponseParser("GET", Limits()))
        # What is half on its way goes on where it was, and the server can decrypt it.
        sent = 0
        while not sent:
            with suppress(ssl.SSLWantReadError):
                while True:
                    assert not any(far.recv(65536))
            with suppress(ssl.SSLWantWriteError):
                sent = connection.sock.send(zeros)


def test_layer_within_tls_frees_its_send_buffer(over: SSLOverTLS, outer: Outer) -> None:
    before = allocated()
    free_send_buffer(over)
    assert before - allocated() > 8192
    assert outer.offered == []


def test_what_speaks_no_tls_is_sent_nothing() -> None:
    fake = mock.Mock()
    free_send_buffer(fake)
    assert fake.mock_calls == []


def test_answer_is_read_while_the_request_cannot_be_sent(over: SSLOverTLS, outer: Outer) -> None:
    outer.room = 0
    with pytest.raises(ssl.SSLWantWriteError):
        over.send(b"hello")
    outer.server.write(b"too large")
    assert over.recv(100) == b"too large"
    with pytest.raises(ssl.SSLWantWriteError):
        over.recv(100)
    outer.room = 1 << 20
    with pytest.raises(ssl.SSLWantReadError):
        over.recv(100)
    assert read_now(outer) == b"hello"
    assert over.send(b"hello") == 5
    assert read_now(outer) == b""


def test_what_the_outer_connection_wants_is_told(over: SSLOverTLS, outer: Outer) -> None:
    """A renegotiating TLS below may wait to read when it is to send, and to send when it is to read."""
    with mock.patch.object(outer, "recv", side_effect=ssl.SSLWantWriteError), pytest.raises(ssl.SSLWantWriteError):
        over.recv(1)
    with mock.patch.object(outer, "send", side_effect=ssl.SSLWantReadError), pytest.raises(ssl.SSLWantReadError):
        over.send(b"x")
    assert over.send(b"x") == 1


def test_failure_of_the_outer_connection_is_told(over: SSLOverTLS, outer: Outer) -> None:
    with mock.patch.object(outer, "send", side_effect=BrokenPipeError), pytest.raises(BrokenPipeError):
        over.send(b"x")
    with mock.patch.object(outer, "recv", side_effect=ConnectionResetError), pytest.raises(ConnectionResetError):
        over.recv(1)


# Reading, and its end.


def test_all_records_that_came_together_are_read_together(over: SSLOverTLS, outer: Outer) -> None:
    for part in (b"a", b"bc", b"d" * 100):
        outer.server.write(part)
    assert over.recv(65536) == b"abc" + b"d" * 100
    assert over.pending() == 0


def test_pending_tells_what_a_small_read_left(over: SSLOverTLS, outer: Outer) -> None:
    outer.server.write(b"abc")
    outer.server.write(b"def")
    read = b""
    for index in range(6):
        read += over.recv(1)
        assert bool(over.pending()) is (index < 5)
    assert read == b"abcdef"


def test_pending_knows_nothing_of_a_record_that_is_not_whole(over: SSLOverTLS, outer: Outer) -> None:
    outer.server.write(b"a")
    outer.server.write(b"b" * 100)
    record = outer.to_client.read()
    outer.to_client.write(record[:-50])
    assert over.recv(65536) == b"a"
    assert over.pending() == 0
    outer.to_client.write(record[-50:])
    assert over.recv(65536) == b"b" * 100


def test_recv_into_fills_a_buffer(over: SSLOverTLS, outer: Outer) -> None:
    outer.server.write(b"abcdef")
    buffer = bytearray(4)
    assert over.recv_into(buffer, 2) == 2
    assert over.recv_into(memoryview(buffer)[2:]) == 2
    assert over.recv_into(buffer, 100) == 2
    assert buffer == b"efcd"


def test_server_that_closes_its_side_ends_reading(over: SSLOverTLS, outer: Outer) -> None:
    with pytest.raises(ssl.SSLWantReadError):
        outer.server.unwrap()
    assert [over.recv(10), over.recv(10)] == [b"", b""]


def test_close_that_came_with_the_data_is_pending(over: SSLOverTLS, outer: Outer) -> None:
    outer.server.write(b"abc")
    with pytest.raises(ssl.SSLWantReadError):
        outer.server.unwrap()
    assert over.recv(10) == b"abc"
    assert over.pending() > 0
    assert over.recv(10) == b""
    assert over.pending() == 0
    assert over.recv(10) == b""


def test_connection_that_is_cut_is_told_after_its_data(over: SSLOverTLS, outer: Outer) -> None:
    outer.server.write(b"abc")
    outer.close()
    assert over.recv(10) == b"abc"
    for _ in range(2):
        with pytest.raises(ssl.SSLError, match=r"(?i)EOF"):
            over.recv(10)


def test_record_that_was_tampered_with_is_told_after_the_data(over: SSLOverTLS, outer: Outer) -> None:
    outer.server.write(b"abc")
    good = outer.to_client.read()
    outer.server.write(b"def")
    bad = bytearray(outer.to_client.read())
    bad[-1] ^= 1
    outer.to_client.write(good + bad)
    assert over.recv(10) == b"abc"
    assert over.pending() > 0
    with pytest.raises(ssl.SSLError, match=r"(?i)mac"):
        over.recv(10)


def test_end_in_the_handshake_is_told(client: ssl.SSLContext, outer: Outer) -> None:
    outer.close()
    with pytest.raises(ssl.SSLError, match=r"(?i)EOF"):
        SSLOverTLS(outer, client, "localhost").do_handshake()


@pytest.mark.parametrize("room", [1 << 20, 0])
def test_server_hears_why_its_certificate_is_refused(client: ssl.SSLContext, outer: Outer, room: int) -> None:
    over = SSLOverTLS(outer, client, "other.example")
    with pytest.raises(ssl.SSLWantReadError):
        over.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        outer.server.do_handshake()
    outer.room = room
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        over.do_handshake()
    with pytest.raises(ssl.SSLError, match=r"(?i)alert" if room else r"did not complete"):
        outer.server.do_handshake()


def test_number_and_close_are_those_of_the_socket_below(over: SSLOverTLS, outer: Outer) -> None:
    assert over.fileno() == 7
    over.close()
    assert outer.has_ended


def test_socket_that_nobody_holds_is_gone_at_once(client: ssl.SSLContext, outer: Outer) -> None:
    over = SSLOverTLS(outer, client, "localhost")
    known = weakref.ref(over)
    gc.disable()
    try:
        del over
        assert known() is None
    finally:
        gc.enable()
