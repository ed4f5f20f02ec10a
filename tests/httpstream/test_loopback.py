"""The engine on real sockets of 127.0.0.1: what no fake can vouch for."""

import asyncio
import random
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import Resolver, bind_sockets
from tornado.web import Application, RequestHandler

from tests.httpstream.certificates import make_certificate
from webqq.httpstream import (
    ConnectError,
    ConnectionLost,
    HTTPSock,
    HTTPStream,
    State,
    StreamedResponse,
    Timeouts,
    TLSError,
)
from webqq.httpstream.connection import RECEIVE_SIZE
from webqq.httpstream.resolve import NameResolver
from webqq.httpstream.response import HIGH_WATER
from webqq.testing import Answer, Close, Reset, ScriptedServer

T = TypeVar("T")

BYTES = {"Content-Type": "application/octet-stream"}

GUARD = 30.0
"""Seconds after which a test that hangs fails; none comes near."""


def run(test: Callable[[], Awaitable[T]]) -> T:
    async def guarded() -> T:
        return await asyncio.wait_for(test(), GUARD)

    return asyncio.run(guarded())


class Echo(RequestHandler):
    def get(self) -> None:
        self.write(f"{self.request.connection.context.address[1]} {self.get_argument('n', '')}")  # type: ignore[union-attr]  # Tornado's connection, and the engine's error

    def post(self) -> None:
        self.set_header("Content-Type", "application/octet-stream")
        self.write(self.request.body)


@asynccontextmanager
async def serving(*handlers: Any, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A Tornado server with ``handlers``; gives its URL."""
    server = HTTPServer(Application([("/", Echo), *handlers]), ssl_options=context, max_body_size=1 << 30)
    (listener,) = bind_sockets(0, "127.0.0.1", socket.AF_INET)
    server.add_socket(listener)
    scheme = "http" if context is None else "https"
    try:
        yield f"{scheme}://localhost:{listener.getsockname()[1]}/"
    finally:
        server.stop()
        await server.close_all_connections()


@asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server of bytes; gives its URL."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await talk(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


def test_requests_one_after_another_share_a_connection() -> None:
    async def test() -> None:
        async with serving() as url, HTTPStream() as stream:
            ports = {(await stream.fetch(Request(url))).read() for _ in range(20)}
            assert len(ports) == 1
            assert stream.connections.pool_of("").open_count == 1

    run(test)


def test_upload_and_download_larger_than_every_buffer() -> None:
    body = bytes(range(256)) * 80_000

    async def test() -> None:
        async with serving() as url, HTTPStream() as stream:
            assert (await stream.post(url, body, headers=BYTES)).read() == body

    run(test)


def test_refused_connection() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/"

        async def test() -> None:
            async with HTTPStream() as stream:
                with pytest.raises(ConnectError) as caught:
                    await stream.fetch(Request(url))
                assert isinstance(caught.value.__cause__, ConnectionRefusedError)

        run(test)


def test_reset_in_the_middle_of_an_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        await writer.drain()
        # Linger of zero seconds: closing sends a reset.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.close()

    async def test() -> None:
        async with raw_server(talk) as url, HTTPStream() as stream:
            with pytest.raises(ConnectionLost):
                await stream.fetch(Request(url))
            assert not stream.fd_map

    run(test)


def test_server_that_closes_kept_connections_is_never_met_with_an_error() -> None:
    served = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        await reader.readuntil(b"\r\n\r\n")
        served += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    async def test() -> None:
        async with raw_server(talk) as url, HTTPStream() as stream:
            for _ in range(50):
                assert (await stream.fetch(Request(url))).read() == b"hi"

    run(test)
    assert served == 50


class SlowResolver(Resolver):
    """Knows every name to be this machine, except one, for which it waits."""

    async def resolve(self, host: str, port: int, family: int = 0) -> list[tuple[int, Any]]:
        if host == "slow.example":
            await asyncio.Event().wait()
        return [(socket.AF_INET, ("127.0.0.1", port))]


def test_tornados_resolver_is_asked_for_every_name() -> None:
    async def test() -> None:
        async with serving() as url, HTTPStream(resolver=SlowResolver()) as stream:
            there = url.replace("localhost", "d.web2.qq.com")
            assert (await stream.fetch(Request(there))).status == 200

    run(test)


def test_none_of_500_exchanges_delays_another() -> None:
    """One is stuck in a handshake, one in the name's lookup on a thread, one gets a byte now and then."""
    lookup_may_end = threading.Event()

    def getaddrinfo(host: str, port: int, *args: Any) -> Any:
        if host == "slow.example":
            lookup_may_end.wait(GUARD)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    class Together(RequestHandler):
        """Answers nobody before all of them have asked."""

        arrived = 0
        all_arrived: asyncio.Event

        async def get(self) -> None:
            Together.arrived += 1
            if Together.arrived == 497:
                self.all_arrived.set()
            await self.all_arrived.wait()
            self.write(self.get_argument("n"))

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200")
        await writer.drain()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def test() -> None:
        Together.all_arrived = asyncio.Event()
        http_sock = HTTPSock()
        http_sock._names = NameResolver(getaddrinfo=getaddrinfo)
        async with (
            serving(("/together", Together)) as url,
            raw_server(drip) as dripping,
            raw_server(silent) as mute,
            HTTPStream(http_sock=http_sock) as stream,
        ):
            stuck = [
                stream.get("http://slow.example/", None, print, print),
                stream.get(mute.replace("http:", "https:"), None, print, lambda error: None),
                stream.get(dripping, None, print, lambda error: None),
            ]
            answers = await asyncio.gather(
                *(stream.fetch(Request(f"{url}together?n={n}")) for n in range(497)),
            )
            assert [int(answer.read()) for answer in answers] == list(range(497))
            assert [exchange.state for exchange in stuck] == [State.RESOLVING, State.TLS, State.READING]
            for exchange in stuck:
                exchange.cancel()
            lookup_may_end.set()
        http_sock.close()

    run(test)


# TLS.


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's TLS context, and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    certificate, key = make_certificate(folder, "localhost")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=certificate)
    client.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return server, client


def test_tls_connection_is_kept_and_carries_large_bodies(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = contexts
    body = bytes(range(256)) * 8_000

    async def test() -> None:
        async with serving(context=server) as url, HTTPStream(ssl_context=client) as stream:
            for _ in range(3):
                assert (await stream.post(url, body, headers=BYTES)).read() == body
            assert stream.connections.pool_of("").open_count == 1

    run(test)


def test_tls_certificate_that_nobody_vouches_for_is_refused(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], expect_log: Any
) -> None:
    server, _ = contexts

    async def test() -> None:
        async with serving(context=server) as url, HTTPStream() as stream:
            with pytest.raises(TLSError, match="CERTIFICATE_VERIFY_FAILED"):
                await stream.fetch(Request(url))
            assert stream.connections.pool_of("").open_count == 0

    run(test)


def test_tls_certificate_of_another_host_is_refused(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = contexts

    async def test() -> None:
        async with serving(context=server) as url, HTTPStream(ssl_context=client) as stream:
            with pytest.raises(TLSError, match="IP address mismatch"):
                await stream.fetch(Request(url.replace("localhost", "127.0.0.1")))

    run(test)


def test_handshake_that_never_ends_is_a_tls_timeout(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def test() -> None:
        timeout = Timeouts(tls=0.1)
        async with raw_server(silent) as url, HTTPStream(ssl_context=contexts[1], timeout=timeout) as stream:
            with pytest.raises(TimeoutError) as caught:
                await stream.fetch(Request(url.replace("http:", "https:")))
            assert caught.value.phase == "TLS"  # type: ignore[attr-defined]  # Tornado's connection, and the engine's error

    run(test)


def test_tls_close_without_notice_is_not_taken_for_the_end(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], expect_log: Any
) -> None:
    """A close-delimited body over TLS may have been cut by anybody on the way."""
    server, client = contexts

    async def test() -> None:
        listener = socket.create_server(("127.0.0.1", 0))

        def cut() -> None:
            plain, _ = listener.accept()
            tls = server.wrap_socket(plain, server_side=True)
            tls.recv(10_000)
            tls.sendall(b"HTTP/1.1 200 OK\r\n\r\nonly half of")
            # Without unwrap: the TCP connection ends, TLS does not.
            socket.socket(fileno=tls.detach()).close()

        thread = threading.Thread(target=cut)
        thread.start()
        async with HTTPStream(ssl_context=client) as stream:
            with pytest.raises(ConnectionLost):
                await stream.fetch(Request(f"https://localhost:{listener.getsockname()[1]}/"))
        thread.join()
        listener.close()

    run(test)


# Streams, uploads and what goes wrong with them, over real sockets.


@pytest.fixture(params=["plain", "TLS"])
def scripted(
    request: pytest.FixtureRequest, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> Iterator[tuple[ScriptedServer, dict[str, Any]]]:
    """A server, and the options of a stream that trusts it."""
    is_tls = request.param == "TLS"
    with ScriptedServer(tls=contexts[0] if is_tls else None) as server:
        yield server, {"ssl_context": contexts[1]} if is_tls else {}


BIG = bytes(range(256)) * 32_768  # 8 MiB: more than any buffer on the way


def test_reader_that_pauses_blocks_the_server(scripted: tuple[ScriptedServer, dict[str, Any]]) -> None:
    server, options = scripted
    server.on("/", Answer(200, BIG))

    async def test() -> None:
        async with HTTPStream(**options) as stream:
            response: Any = await stream.fetch(Request(server.url(host="localhost")), stream=True)
            (connection,) = stream.connections.open
            while not connection.is_paused:  # noqa: ASYNC110  # nobody tells of it
                await asyncio.sleep(0)
            for _ in range(1000):
                await asyncio.sleep(0)
            assert len(await response.read(len(BIG))) < 2 * HIGH_WATER + RECEIVE_SIZE
            pieces = [piece async for piece in response]
            assert pieces[-1] == BIG[-len(pieces[-1]) :]
            stream.audit()

    run(test)


def test_streamed_body_is_whole_in_any_pieces(scripted: tuple[ScriptedServer, dict[str, Any]]) -> None:
    server, options = scripted
    server.on("/", Answer(200, BIG).chunked(100_003))
    server.on("/next", Answer(200, b"next"))

    async def test() -> None:
        async with HTTPStream(**options) as stream:
            response: Any = await stream.fetch(Request(server.url(host="localhost")), stream=True)
            body = bytearray()
            while piece := await response.read(70_001):
                body += piece
            assert body == BIG
            assert (await stream.fetch(Request(server.url("/next", host="localhost")))).read() == b"next"
            stream.audit()
            assert stream.counters.reused == 1

    run(test)


def test_what_tls_has_decrypted_is_not_forgotten_over_a_pause(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    """All is in the TLS layer when the reader goes on: no event of the socket will tell."""

    async def test() -> None:
        with ScriptedServer(tls=contexts[0]) as server:
            server.on("/", Answer(200, BIG[:2_000_000]))
            async with HTTPStream(ssl_context=contexts[1]) as stream:
                taken = 0

                async def take(data: bytes) -> None:
                    nonlocal taken
                    taken += len(data)
                    await asyncio.sleep(0.001)

                await stream.fetch(Request(server.url(host="localhost")), on_data=take)
                assert taken == 2_000_000

    run(test)


def test_streamed_body_that_is_cut(scripted: tuple[ScriptedServer, dict[str, Any]]) -> None:
    server, options = scripted
    server.on("/", Answer(200, bytes(100_000)), Reset(after=50_000))

    async def test() -> None:
        async with HTTPStream(**options) as stream:
            response: Any = await stream.fetch(Request(server.url(host="localhost")), stream=True)
            with pytest.raises(ConnectionLost):
                await response.read()
            assert stream.audit().is_clean

    run(test)


async def pieces_of(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        await asyncio.sleep(0)
        yield body[start : start + size]


@pytest.mark.parametrize("expect", [False, True])
def test_upload_in_pieces(scripted: tuple[ScriptedServer, dict[str, Any]], expect: bool) -> None:
    """Over TLS, tickets come while the first piece is waited for."""
    server, options = scripted
    server.on("/", Answer(200, b"thanks"), repeat=True)

    async def test() -> None:
        async with HTTPStream(expect=expect, **options) as stream:
            for data in (pieces_of(BIG, 300_000), iter([BIG[:1_000_000], b"end"]), BIG):
                request = Request(server.url(host="localhost"), data, BYTES)  # type: ignore[arg-type]  # urllib's stubs know no async ones
                assert (await stream.fetch(request)).read() == b"thanks"
                stream.audit()
            assert len(stream.connections.open) == 1

    run(test)
    assert [len(request.body) for request in server.requests] == [len(BIG), 1_000_003, len(BIG)]
    assert server.requests[0].body == server.requests[2].body == BIG


def test_server_that_has_enough_of_an_upload_says_why(scripted: tuple[ScriptedServer, dict[str, Any]]) -> None:
    """It answers after the head, reads no more and closes: the answer must not be lost to the reset."""
    server, options = scripted
    server.on("/", Answer(413, b"no!"), Close(), early=True)

    async def test() -> None:
        async with HTTPStream(**options) as stream:
            request = Request(server.url(host="localhost"), pieces_of(BIG, 100_000), BYTES)  # type: ignore[arg-type]  # as above
            try:
                response = await stream.fetch(request)
            except ConnectionLost as error:
                # The peer's system may throw away with the reset what we had not read: then nobody can know.
                assert error.phase in ("READING", "WRITING")  # noqa: PT017  # either is right
            else:
                assert (response.status, response.read()) == (413, b"no!")
            assert stream.audit().is_clean

    run(test)


def test_many_that_are_given_up_at_any_moment_leave_nothing(scripted: tuple[ScriptedServer, dict[str, Any]]) -> None:
    """Numbers of sockets are used again at once, by others."""
    server, options = scripted
    server.on("/", Answer(200, bytes(300_000)).sliced(50_000), repeat=True)
    chance = random.Random(7)  # noqa: S311  # nothing secret hangs on it

    async def fetch(stream: HTTPStream, number: int) -> int:
        options: dict[str, Any] = chance.choice([{}, {"stream": True}, {"on_data": lambda data: None}])
        response: Any = await stream.fetch(Request(f"{server.url(host='localhost')}?{number}"), **options)
        if isinstance(response, StreamedResponse):
            async with response:
                await response.read(chance.randrange(1, 300_000))
        return int(response.status)

    async def test() -> None:
        async with HTTPStream(max_per_host=8, **options) as stream:
            tasks = []
            for number in range(150):
                tasks.append(asyncio.ensure_future(fetch(stream, number)))
                for _ in range(chance.randrange(8)):
                    await asyncio.sleep(0)
                if chance.random() < 0.6:
                    chance.choice(tasks).cancel()
                stream.audit()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert {result for result in results if not isinstance(result, asyncio.CancelledError)} == {200}
            assert stream.audit().exchanges == ()

    run(test)


def test_request_that_nobody_waits_for_arrives(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Tickets of TLS 1.3 lie unread when all is sent: to close then would reset the connection under the body."""
    sizes: list[int] = []
    arrived = asyncio.Event()

    class Take(RequestHandler):
        def post(self) -> None:
            sizes.append(len(self.request.body))
            if len(sizes) == 10:
                arrived.set()

    async def test() -> None:
        async with serving(("/take", Take), context=contexts[0]) as url, HTTPStream(ssl_context=contexts[1]) as stream:
            for _ in range(10):
                stream.add_request(Request(f"{url}take", bytes(200_000)))
            await arrived.wait()

    run(test)
    assert sizes == [200_000] * 10


def test_kept_connection_whose_socket_somebody_else_closed_is_passed_over() -> None:
    async def test() -> bytes:
        with ScriptedServer() as server:
            server.on("/", Answer(200, b"ok"), repeat=True)
            async with HTTPStream() as stream:
                await stream.fetch(Request(server.url()))
                (connection,) = stream.connections.open
                stream.ioloop.remove_handler(connection.fd)
                connection.sock.close()
                return (await stream.fetch(Request(server.url()))).read()

    assert run(test) == b"ok"
