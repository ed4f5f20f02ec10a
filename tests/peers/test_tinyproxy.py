"""tinyproxy, in the clear and behind stunnel: a proxy that is itself spoken to over TLS, and TLS within that TLS."""

import ssl
from urllib.request import Request

import pytest

from tests.peers.process import Peer, run
from webqq.httpstream import HTTPStream, ProxyError, Timeouts, TLSError, TLSTimeout
from webqq.testing import ScriptedServer

LARGE = bytes(range(256)) * 8_000


def clear(tinyproxy: Peer) -> str:
    return f"http://user:secret@127.0.0.1:{tinyproxy.port()}"


def secure(stunnel: Peer) -> str:
    return f"https://user:secret@localhost:{stunnel.port()}"


def test_in_the_clear(
    tinyproxy: Peer, origin: ScriptedServer, tls_origin: ScriptedServer, trusting: ssl.SSLContext
) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=clear(tinyproxy), ssl_context=trusting) as stream:
            for url in (origin.url(), tls_origin.url("/", "localhost")) * 3:
                assert (await stream.fetch(Request(url, LARGE, method="PUT"))).read() == b"PUT " + LARGE
            assert not stream.audit().exchanges

    run(test)


def test_proxy_over_tls_forwards(
    tinyproxy: Peer, stunnel: Peer, origin: ScriptedServer, trusting: ssl.SSLContext
) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=secure(stunnel), ssl_context=trusting) as stream:
            for _ in range(3):
                # tinyproxy ends each connection and does not say so: what may go out twice gets through.
                request = Request(origin.url(), LARGE, method="PUT")
                assert (await stream.fetch(request)).read() == b"PUT " + LARGE
        assert not any("Proxy-Authorization" in request.headers for request in origin.requests)

    run(test)


def test_tls_within_tls(tinyproxy: Peer, stunnel: Peer, tls_origin: ScriptedServer, trusting: ssl.SSLContext) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=secure(stunnel), ssl_context=trusting) as stream:
            for _ in range(5):
                response = await stream.fetch(Request(tls_origin.url("/", "localhost"), LARGE))
                assert response.read() == b"POST " + LARGE
            assert stream.counters.opened == 1
        assert not any("Proxy-Authorization" in request.headers for request in tls_origin.requests)

    run(test)


def test_large_file_within_two_layers(tinyproxy: Peer, stunnel: Peer, nginx: Peer, trusting: ssl.SSLContext) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=secure(stunnel), ssl_context=trusting) as stream:
            url = f"https://localhost:{nginx.port('tls')}/files/large.bin"
            response = await stream.fetch(Request(url), on_data=lambda data: sizes.append(len(data)))
            assert response.status == 200

    sizes: list[int] = []
    run(test)
    assert sum(sizes) == (nginx.folder / "files" / "large.bin").stat().st_size


def test_certificate_of_the_proxy_is_checked(tinyproxy: Peer, stunnel: Peer, origin: ScriptedServer) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=secure(stunnel)) as stream:
            with pytest.raises(TLSError, match="CERTIFICATE_VERIFY_FAILED"):
                await stream.fetch(Request(origin.url()))
            assert stream.audit().is_clean
        assert not origin.requests

    run(test)


@pytest.mark.parametrize("credentials", ["", "user:wrong@"])
def test_wrong_credentials(
    tinyproxy: Peer, stunnel: Peer, tls_origin: ScriptedServer, trusting: ssl.SSLContext, credentials: str
) -> None:
    async def test() -> None:
        proxy = f"https://{credentials}localhost:{stunnel.port()}"
        async with HTTPStream(proxy=proxy, ssl_context=trusting) as stream:
            with pytest.raises(ProxyError) as caught:
                await stream.fetch(Request(tls_origin.url("/", "localhost")))
            assert caught.value.status in (401, 407)
            assert stream.audit().is_clean

    run(test)


def test_https_to_a_proxy_that_speaks_none(tinyproxy: Peer, origin: ScriptedServer, trusting: ssl.SSLContext) -> None:
    async def test() -> None:
        proxy, timeout = f"https://localhost:{tinyproxy.port()}", Timeouts(tls=0.1)
        async with HTTPStream(proxy=proxy, ssl_context=trusting, timeout=timeout) as stream:
            with pytest.raises(TLSTimeout):  # it waits for the end of the request's head
                await stream.fetch(Request(origin.url()))
            assert stream.audit().is_clean

    run(test)
