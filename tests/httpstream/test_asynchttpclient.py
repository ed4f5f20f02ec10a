"""What the client adds to Tornado's, or does otherwise; what both do is in test_tornado_suite.py."""

import asyncio
import gzip
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders, HTTPOutputError
from tornado.iostream import StreamClosedError
from tornado.netutil import Resolver
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError

from tests.httpstream.certificates import make_certificate
from webqq.httpstream.asynchttpclient import PIECE_SIZE, TLS_OPTIONS, HTTPStreamClient
from webqq.testing import Answer, Close, Freeze, ReadBody, Receive, Reset, ScriptedServer, Send

GUARD = 30.0
"""Seconds after which a test that hangs fails; none comes near."""


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    async def guarded() -> Any:
        return await asyncio.wait_for(test(), GUARD)

    return asyncio.run(guarded())


@asynccontextmanager
async def client_of(**arguments: Any) -> AsyncIterator[HTTPStreamClient]:
    client = HTTPStreamClient(force_instance=True, **arguments)
    try:
        yield client
    finally:
        client.close()


def fetch(url: str, arguments: dict[str, Any] | None = None, **request: Any) -> HTTPResponse:
    """The answer that a client made with ``arguments`` gets."""

    async def test() -> HTTPResponse:
        async with client_of(**(arguments or {})) as client:
            return await client.fetch(url, raise_error=False, **request)

    response = run(test)
    assert isinstance(response, HTTPResponse)
    return response


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


# Connections.


def test_connection_is_used_again(server: ScriptedServer) -> None:
    server.on("/", Answer(body=b"x"), repeat=True)

    async def test() -> list[HTTPResponse]:
        async with client_of() as client:
            return [await client.fetch(server.url()) for _ in range(3)]

    fresh, *kept = run(test)
    assert len(server.connections) == 1
    assert [response.time_info["connect"] for response in kept] == [0.0, 0.0]
    assert set(fresh.time_info) == {
        *("queue", "redirect", "namelookup", "connect", "pretransfer", "starttransfer", "total"),
    }


def test_close_ends_what_is_at_work_and_in_line(server: ScriptedServer) -> None:
    server.on("/", Freeze())

    async def test() -> None:
        async with client_of(max_clients=1) as client:
            fetches = [client.fetch(server.url()) for _ in range(2)]
            await asyncio.to_thread(server.wait_for_requests, 1)
        assert (client.active, len(client.queue)) == (set(), 0)
        for fetch in fetches:
            with pytest.raises(HTTPStreamClosedError, match="closed"):
                await fetch
        client.close()
        with pytest.raises(RuntimeError, match="closed"):
            client.fetch(server.url())

    run(test)


def test_options_of_the_stream_are_taken(server: ScriptedServer) -> None:
    server.on("/", Answer(headers={"Set-Cookie": "a=b"}))
    server.on("/", Answer())

    async def test() -> None:
        async with client_of(cookiejar=CookieJar(), max_per_host=1) as client:
            await client.fetch(server.url(host="localhost.local"), proxy_host="127.0.0.1", proxy_port=server.port)
            await client.fetch(server.url(host="localhost.local"), proxy_host="127.0.0.1", proxy_port=server.port)

    run(test)
    assert [request.headers["Cookie"] for request in server.requests] == [None, "a=b"]


def test_unknown_option_is_refused() -> None:
    with pytest.raises(TypeError, match="no_such_option"):
        fetch("http://127.0.0.1:1/", {"no_such_option": 1})


# Names and addresses.


class Refusing(Resolver):
    async def resolve(self, host: str, port: int, family: int = 0) -> Any:
        raise OSError(f"{host} is forbidden")


def test_resolver_is_asked_for_numbers_too() -> None:
    with pytest.raises(OSError, match=r"127\.0\.0\.1 is forbidden"):
        fetch("http://127.0.0.1:1/", {"resolver": Refusing()})


def test_resolver_that_the_application_has_configured_is_used() -> None:
    saved = Resolver._save_configuration()
    Resolver.configure(Refusing)
    try:
        with pytest.raises(OSError, match="forbidden"):
            fetch("http://127.0.0.1:1/")
    finally:
        Resolver._restore_configuration(saved)


def test_mapped_name_goes_where_the_mapping_says(server: ScriptedServer) -> None:
    server.on("/", Answer(), repeat=True)
    mapping = {"a.test": "127.0.0.1", ("b.test", 81): ("127.0.0.1", server.port)}
    fetch(f"http://a.test:{server.port}/", {"hostname_mapping": mapping}).rethrow()
    fetch("http://b.test:81/", {"hostname_mapping": mapping}).rethrow()
    assert [request.headers["Host"] for request in server.requests] == [f"a.test:{server.port}", "b.test:81"]


def test_host_without_ipv4_is_not_found_where_ipv6_is_not_allowed() -> None:
    with pytest.raises(OSError, match="no IPv4"):
        fetch("http://six.test/", {"hostname_mapping": {"six.test": "::1"}}, allow_ipv6=False)


def test_ipv4_is_used_where_ipv6_is_not_allowed(server: ScriptedServer) -> None:
    server.on("/", Answer())
    assert fetch(server.url(), allow_ipv6=False).code == 200


def test_name_without_address_raises_what_the_resolver_said() -> None:
    with pytest.raises(OSError, match="in-vain"):
        fetch(
            "http://in-vain.invalid/", {"resolver": None, "hostname_mapping": {"in-vain.invalid": "in-vain..invalid"}}
        )


# What is sent.


def test_repeated_headers_are_joined(server: ScriptedServer) -> None:
    server.on("/", Answer())
    headers = HTTPHeaders()
    for name, value in (("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")):
        headers.add(name, value)
    fetch(server.url(), headers=headers)
    (request,) = server.requests
    assert (request.headers.get_all("X-A"), request.headers.get_all("Cookie")) == (["1, 2"], ["a=1; b=2"])


@pytest.mark.parametrize(
    ("method", "kind"), [("POST", "application/x-www-form-urlencoded"), ("PUT", None), ("PATCH", None)]
)
@pytest.mark.parametrize("body", [{"body": b"a"}, {"body": b""}, {"body_producer": lambda write: None}])
def test_only_post_has_a_type_by_default(server: ScriptedServer, method: str, kind: str, body: Any) -> None:
    server.on("/", Answer())
    fetch(server.url(), method=method, **body).rethrow()
    assert server.requests[0].headers["Content-Type"] == kind


def test_method_and_source_and_agent_are_the_callers(server: ScriptedServer) -> None:
    server.on("/", Answer(), repeat=True)
    wanted: dict[str, Any] = {"method": "BREW", "body": b"", "network_interface": "127.0.0.1"}
    fetch(server.url(), allow_nonstandard_methods=True, user_agent="a", **wanted).rethrow()
    fetch(server.url(), headers={"User-Agent": b"b"}).rethrow()
    methods = [request.method for request in server.requests]
    assert (methods, [request.headers["User-Agent"] for request in server.requests]) == (["BREW", "GET"], ["a", "b"])


def test_length_of_a_body_is_its_own_whatever_the_caller_says(server: ScriptedServer) -> None:
    server.on("/", Answer())
    fetch(server.url(), method="PUT", body=b"abc", headers={"Content-Length": "9"}).rethrow()
    assert server.requests[0].body == b"abc"


def test_what_a_url_cannot_hold_is_percent_encoded(server: ScriptedServer) -> None:
    server.on("/%C3%A9%20", Answer())
    fetch(server.url("/é ?q=ü%20&r=a b#ß")).rethrow()
    assert server.requests[0].url.endswith("/%C3%A9%20?q=%C3%BC%20&r=a%20b")


@pytest.mark.parametrize(
    ("request_", "error", "text"),
    [
        ({"url": "ftp://a.test/"}, ValueError, "Unsupported url scheme"),
        ({"method": "BREW"}, KeyError, "unknown method"),
        ({"method": "PUT"}, ValueError, "must not be None"),
        ({"body": b""}, ValueError, "must be None"),
        ({"method": "PUT", "body_producer": print, "headers": {"Content-Length": "-1"}}, ValueError, "Content-Length"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, ValueError, "Transfer-Encoding"),
        ({"auth_username": "a", "auth_mode": "ntlm"}, ValueError, "auth_mode"),
        ({"proxy_host": "a", "proxy_port": 1, "proxy_auth_mode": "digest"}, ValueError, "proxy_auth_mode"),
        ({"network_interface": "eth0"}, ValueError, "eth0"),
        ({"ca_certs": "/no/such/file", "url": "https://a.test/"}, OSError, "No such file"),
    ],
)
def test_what_cannot_be_sent_is_told_by_the_future(request_: Any, error: type[Exception], text: str) -> None:
    request = {"url": "http://127.0.0.1:1/", **request_}
    with pytest.raises(error, match=text):
        fetch(**request)


def test_curl_callback_is_not_called_and_the_log_says_so(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.on("/", Answer())
    fetch(server.url(), prepare_curl_callback=print)
    assert "prepare_curl_callback" in caplog.text


# Bodies that are produced.


def test_produced_body_may_say_that_it_is_chunked(server: ScriptedServer) -> None:
    server.on("/", Answer())
    headers = {"Transfer-Encoding": "chunked"}
    fetch(server.url(), method="PUT", body_producer=lambda write: write(b"abc"), headers=headers).rethrow()
    assert (server.requests[0].body, server.requests[0].headers.get_all("Transfer-Encoding")) == (b"abc", ["chunked"])


@pytest.mark.parametrize("written", [b"1234", b"12345678901"])
def test_produced_body_must_have_the_length_it_says(server: ScriptedServer, written: bytes) -> None:
    server.on("/", ReadBody(), Answer(), repeat=True, early=True)
    with pytest.raises(HTTPOutputError):
        fetch(server.url(), method="PUT", body_producer=lambda write: write(written), headers={"Content-Length": "10"})


def test_what_a_producer_raises_is_raised(server: ScriptedServer) -> None:
    server.on("/", ReadBody(), Answer(), early=True)

    async def produce(write: Any) -> None:
        await write(b"1")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        fetch(server.url(), method="PUT", body_producer=produce)


def test_producer_waits_while_the_server_reads_nothing() -> None:
    count, size = 64, 512 * 1024
    written = 0

    async def produce(write: Any) -> None:
        nonlocal written
        for _ in range(count):
            await write(b"x" * size)
            written += 1

    with ScriptedServer(receive_buffer=4096) as server:
        server.on("/", Freeze(is_deaf=True), ReadBody(), Answer(), early=True)

        async def test() -> None:
            async with client_of() as client:
                fetch = client.fetch(server.url(), method="PUT", body_producer=produce)
                await asyncio.to_thread(server.wait_for_frozen)
                assert written < count
                server.release()
                await fetch

        run(test)
        assert (written, len(server.requests[0].body)) == (count, count * size)


def test_producer_is_cancelled_when_the_answer_comes_first(server: ScriptedServer) -> None:
    server.on("/", Freeze(), Answer(413), Close(), early=True)
    ended = asyncio.Event()

    async def produce(write: Any) -> None:
        try:
            await write(b"1")
            server.release()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def test() -> int:
        async with client_of() as client:
            response = await client.fetch(server.url(), method="PUT", body_producer=produce, raise_error=False)
            await ended.wait()
            return int(response.code)

    assert run(test) == 413


def test_writes_after_the_end_fail(server: ScriptedServer) -> None:
    server.on("/", Freeze(), Answer(413), Close(), early=True)
    writes: list[Any] = []

    async def test() -> None:
        def produce(write: Any) -> Any:
            writes.extend([write, write(b"1"), write(b"2")])
            server.release()
            return asyncio.get_running_loop().create_future()

        async with client_of() as client:
            await client.fetch(server.url(), method="PUT", body_producer=produce, raise_error=False)
        with pytest.raises(StreamClosedError):
            await writes[0](b"3")

    run(test)


def test_body_is_produced_again_for_a_redirect(server: ScriptedServer) -> None:
    server.on("/", Answer(307, headers={"Location": "/there"}))
    server.on("/there", Answer(body=b"ok"))
    response = fetch(server.url(), method="PUT", body_producer=lambda write: write(b"1234"))
    assert (response.body, [request.body for request in server.requests]) == (b"ok", [b"1234", b"1234"])


# Credentials, redirects, proxies.

DIGEST = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'}


def test_digest_is_spoken_and_kept_from_other_origins(server: ScriptedServer) -> None:
    with ScriptedServer() as other:
        server.on("/", Answer(401, headers=DIGEST), repeat=False)
        server.on("/", Answer(302, headers={"Location": other.url()}))
        other.on("/", Answer(401, headers=DIGEST))
        response = fetch(server.url(), auth_username="a", auth_password="b", auth_mode="digest")
        assert [(request.headers["Authorization"] or "")[:6] for request in server.requests] == ["", "Digest"]
        assert (response.code, len(other.requests), other.requests[0].headers["Authorization"]) == (401, 1, None)


def test_credentials_in_a_redirect_are_for_the_same_origin_alone(server: ScriptedServer) -> None:
    with ScriptedServer() as other:
        here, there = (url.replace("//", "//me:secret@") for url in (server.url("/there"), other.url()))
        server.on("/", Answer(302, headers={"Location": here}))
        server.on("/there", Answer(302, headers={"Location": there}))
        other.on("/", Answer())
        response = fetch(server.url())
        assert [request.headers["Authorization"] for request in server.requests] == [None, "Basic bWU6c2VjcmV0"]
        assert (other.requests[0].headers["Authorization"], response.effective_url) == (None, other.url())


@pytest.mark.parametrize(
    ("location", "path"),
    [("/\u5317".encode().decode("latin-1"), "/%E5%8C%97"), ("a//b c", "/a//b%20c"), ("\\there", "/there")],
)
def test_location_is_read_as_browsers_do(server: ScriptedServer, location: str, path: str) -> None:
    server.on("/", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % location.encode("latin-1"))
    server.on(path, Answer(200, b"found"))
    assert fetch(server.url()).body == b"found"


def test_redirect_to_another_scheme_is_an_error(server: ScriptedServer) -> None:
    server.on("/", Answer(302, b"not for the callback", headers={"Location": "ftp://a.test/"}), repeat=True)
    lines: list[str] = []
    with pytest.raises(ValueError, match="Unsupported url scheme: ftp"):
        fetch(server.url(), header_callback=lines.append)
    assert lines == []
    assert fetch(server.url(), follow_redirects=False, header_callback=lines.append).code == 302
    assert (lines[0], lines[-1]) == ("HTTP/1.1 302 Found\r\n", "\r\n")


def test_request_timeout_is_for_all_redirects_together(server: ScriptedServer) -> None:
    server.on("/", Answer(302, headers={"Location": "/"}).slow(0.05), repeat=True)
    with pytest.raises(HTTPTimeoutError, match="Timeout during request"):
        fetch(server.url(), max_redirects=100, request_timeout=0.2)


def test_proxy_is_told_the_url_and_the_credentials(server: ScriptedServer) -> None:
    server.on("/x", Answer(body=b"through"))
    proxy: dict[str, Any] = {
        "proxy_host": "127.0.0.1",
        "proxy_port": server.port,
        "proxy_username": "u",
        "proxy_password": "p",
    }
    assert fetch("http://a.test/x", **proxy).body == b"through"
    (request,) = server.requests
    assert (request.url, request.headers["Proxy-Authorization"]) == ("http://a.test/x", "Basic dTpw")


def test_proxy_may_have_a_scheme(server: ScriptedServer) -> None:
    server.on_connection(Receive(3), Send(b"\x05\x00"), Receive(4 + 1 + 6 + 2), Send(b"\x05\x00\x00\x01" + bytes(6)))
    server.on("/", Answer(body=b"through"))
    response = fetch("http://a.test/", proxy_host="socks5h://127.0.0.1", proxy_port=server.port)
    assert response.body == b"through"


def test_proxy_that_refuses_is_an_error_599(server: ScriptedServer) -> None:
    server.on("a.test:443", Answer(403))
    with pytest.raises(HTTPClientError, match="403") as caught:
        fetch("https://a.test/", proxy_host="127.0.0.1", proxy_port=server.port)
    assert caught.value.code == 599


# Answers.


def test_repeated_headers_of_an_answer_are_all_there(server: ScriptedServer) -> None:
    server.on("/", Answer(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], reason="Fine"))
    response = fetch(server.url())
    assert (response.headers.get_list("Set-Cookie"), response.reason) == (["a=1", "b=2"], "Fine")


def test_compressed_body_is_undone_and_the_header_moved(server: ScriptedServer) -> None:
    body = gzip.compress(b"x" * 1000)
    server.on("/", Answer(body=body, headers={"Content-Encoding": "gzip"}).sliced(7), repeat=True)
    response = fetch(server.url())
    assert (response.body, response.headers.get("Content-Encoding")) == (b"x" * 1000, None)
    assert response.headers["X-Consumed-Content-Encoding"] == "gzip"
    assert fetch(server.url(), decompress_response=False).body == body


@pytest.mark.parametrize("awaited", [(False,), (True,), (True, False)])
def test_compressed_body_comes_in_small_pieces(server: ScriptedServer, awaited: tuple[bool, ...]) -> None:
    is_awaited = cycle(awaited)
    size = 20 * PIECE_SIZE + 5
    pieces = []

    def take(piece: bytes) -> Any:
        pieces.append(len(piece))
        return asyncio.sleep(0) if next(is_awaited) else len(piece)

    server.on("/", Answer(body=gzip.compress(bytes(size)), headers={"Content-Encoding": "gzip"}))
    fetch(server.url(), streaming_callback=take).rethrow()
    assert (sum(pieces), max(pieces)) == (size, PIECE_SIZE)


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"abc")[:-1], gzip.compress(b"abc") + b"\0", b"no gzip"],
    ids=["cut", "too long", "another"],
)
def test_body_that_is_not_as_its_coding_says_is_an_error(server: ScriptedServer, body: bytes) -> None:
    server.on("/", Answer(body=body, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(HTTPStreamClosedError, match="invalid gzip"):
        fetch(server.url())


def test_body_beyond_the_limit_is_an_error(server: ScriptedServer) -> None:
    server.on("/bomb", Answer(body=gzip.compress(bytes(100_000)), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(HTTPStreamClosedError, match="decompressed body too large"):
        fetch(server.url("/bomb"), {"max_body_size": 10_000})
    server.on("/", Answer(body=b"12345"), repeat=True)
    assert fetch(server.url(), {"max_body_size": 5}).body == b"12345"
    with pytest.raises(HTTPStreamClosedError, match="longer than 4"):
        fetch(server.url(), {"max_body_size": 4})


def test_head_beyond_the_limit_is_an_error(server: ScriptedServer) -> None:
    server.on("/", Answer(headers={"X-Long": "x" * 1000}), repeat=True)
    assert fetch(server.url(), {"max_header_size": 2000}).code == 200
    with pytest.raises(HTTPStreamClosedError, match="more than 1000"):
        fetch(server.url(), {"max_header_size": 1000})


def test_connection_that_is_cut_is_told_as_tornado_does(server: ScriptedServer) -> None:
    server.on("/closed", Answer(body=b"0123456789"), Close(after=45))
    server.on("/reset", Answer(body=b"0123456789"), Reset(after=45))
    with pytest.raises(HTTPStreamClosedError):
        fetch(server.url("/closed"))
    with pytest.raises(ConnectionResetError):
        fetch(server.url("/reset"))


async def _cancelled() -> None:
    raise asyncio.CancelledError


def _raise(*_: Any) -> None:
    raise LookupError("mine")


@pytest.mark.parametrize(
    "callback",
    [{"streaming_callback": lambda _: _cancelled()}, {"streaming_callback": _raise}, {"header_callback": _raise}],
)
def test_callback_that_fails_is_logged_and_ends_the_fetch(
    server: ScriptedServer, expect_log: Any, callback: dict[str, Any]
) -> None:
    expect_log("tornado.application", "Uncaught exception in a callback")
    server.on("/", Answer(body=b"x"))
    with pytest.raises(HTTPStreamClosedError):
        fetch(server.url(), **callback)


# Timeouts.


class Silent(Resolver):
    async def resolve(self, host: str, port: int, family: int = 0) -> Any:
        await asyncio.Event().wait()


def test_timeout_says_what_took_too_long(server: ScriptedServer) -> None:
    with pytest.raises(HTTPTimeoutError, match=r"Timeout while resolving a\.test"):
        fetch("http://a.test/", {"resolver": Silent()}, connect_timeout=0.1, request_timeout=0)
    server.on_connection(Freeze())
    with pytest.raises(HTTPTimeoutError, match=r"Timeout during TLS handshake with 127\.0\.0\.1:"):
        fetch(f"https://127.0.0.1:{server.port}/", connect_timeout=0.1)
    server.on("/", Freeze())
    with pytest.raises(HTTPTimeoutError, match="Timeout during request"):
        fetch(server.url(), request_timeout=0.1)
    server.on_connection(Freeze())
    with pytest.raises(HTTPTimeoutError, match=r"Timeout while connecting to a\.test:443"):
        fetch("https://a.test/", proxy_host="127.0.0.1", proxy_port=server.port, connect_timeout=0.1)


def test_wait_in_line_has_an_end(server: ScriptedServer) -> None:
    server.on("/", Freeze(), Answer())

    async def test() -> None:
        async with client_of(max_clients=1) as client:
            first, second = client.fetch(server.url()), client.fetch(server.url(), connect_timeout=0.1)
            third = client.fetch(server.url(), connect_timeout=0, request_timeout=0, raise_error=False)
            with pytest.raises(HTTPTimeoutError, match="Timeout in request queue"):
                await second
            server.on("/", Answer(404))
            server.release()
            assert [(await first).code, (await third).code] == [200, 404]

    run(test)


def test_wait_for_a_connection_is_a_wait_in_line(server: ScriptedServer) -> None:
    server.on("/", Freeze())

    async def test() -> None:
        async with client_of(max_per_host=1) as client:
            first = client.fetch(server.url(), raise_error=False)
            await asyncio.to_thread(server.wait_for_requests, 1)
            with pytest.raises(HTTPTimeoutError, match="Timeout in request queue"):
                await client.fetch(server.url(), request_timeout=0.1)
            client.close()
            with pytest.raises(HTTPStreamClosedError):
                await first

    run(test)


# TLS.


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return make_certificate(tmp_path, "localhost")


def test_equal_tls_options_share_a_connection(certificate: tuple[Path, Path]) -> None:
    with ScriptedServer(tls=certificate) as server:
        server.on("/", Answer(), repeat=True)
        url = server.url(host="localhost")

        async def test() -> None:
            async with client_of() as client:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await client.fetch(url)
                before = len(server.connections)
                for _ in range(2):
                    await client.fetch(url, ca_certs=str(certificate[0]))
                assert len(server.connections) == before + 1
                for _ in range(2):
                    await client.fetch(url, validate_cert=False)
                assert len(server.connections) == before + 2

        run(test)


def https(**tls: Any) -> HTTPRequest:
    return HTTPRequest("https://a.test/", **{"validate_cert": True, **tls})


def test_contexts_are_kept_as_long_as_their_files_are_the_same(certificate: tuple[Path, Path]) -> None:
    path, key = map(str, certificate)
    context = ssl.create_default_context()
    requests = [
        https(ca_certs=path),
        https(client_cert=path, client_key=key),
        https(validate_cert=False),
        https(ssl_options={"ca_certs": path, "cert_reqs": ssl.CERT_REQUIRED}),
        https(ssl_options={"cert_reqs": ssl.CERT_NONE}),
        https(ssl_options=context),
    ]

    async def test() -> None:
        async with client_of() as client:
            assert client.tls_for(https()) is None
            options = [client.tls_for(request) for request in requests]
            assert len(set(options)) == len(requests)
            assert [client.tls_for(request) for request in requests] == options
            os.utime(path, ns=(1, 1))
            are_new = [client.tls_for(request) != old for request, old in zip(requests, options, strict=True)]
            assert are_new == [True, True, False, True, False, False]

    run(test)


def test_number_of_kept_contexts_is_bounded(certificate: tuple[Path, Path]) -> None:
    async def test() -> None:
        async with client_of() as client:

            def made_at(time: int) -> Any:
                os.utime(certificate[0], ns=(time, time))
                return client.tls_for(https(ca_certs=str(certificate[0])))

            first, second, *_ = [made_at(time) for time in range(TLS_OPTIONS)]
            assert made_at(0) == first
            made_at(TLS_OPTIONS)
            # The one that was longest unused has gone.
            assert made_at(0) == first
            assert made_at(1) != second

    run(test)
