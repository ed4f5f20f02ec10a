"""microsocks: SOCKS5, with and without credentials, with names looked up on either side."""

import asyncio
import ssl
from urllib.request import Request

import pytest

from tests.peers.process import Peer, run
from webqq.httpstream import HTTPStream, ProxyError
from webqq.testing import ScriptedServer


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_without_credentials(microsocks: Peer, origin: ScriptedServer, scheme: str, host: str) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=f"{scheme}://127.0.0.1:{microsocks.port()}") as stream:
            for _ in range(3):
                assert (await stream.fetch(Request(origin.url("/", host), b"data"))).read() == b"POST data"
            assert stream.counters.opened == 1

    run(test)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_with_credentials(
    closed_microsocks: Peer, tls_origin: ScriptedServer, trusting: ssl.SSLContext, scheme: str
) -> None:
    async def test() -> None:
        proxy = f"{scheme}://user:secret@localhost:{closed_microsocks.port()}"
        async with HTTPStream(proxy=proxy, ssl_context=trusting) as stream:
            url = tls_origin.url("/", "localhost")
            answers = await asyncio.gather(*(stream.fetch(Request(url, b"%d" % n)) for n in range(20)))
            assert [answer.read() for answer in answers] == [b"POST %d" % n for n in range(20)]

    run(test)


@pytest.mark.parametrize("credentials", ["", "user:wrong@", "user@", f"{'u' * 255}:{'p' * 255}@"])
def test_wrong_credentials(closed_microsocks: Peer, origin: ScriptedServer, credentials: str) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=f"socks5h://{credentials}127.0.0.1:{closed_microsocks.port()}") as stream:
            with pytest.raises(ProxyError) as caught:
                await stream.fetch(Request(origin.url()))
            assert not caught.value.is_transient
            assert stream.audit().is_clean
        assert not origin.requests

    run(test)


def test_origin_that_cannot_be_reached(microsocks: Peer) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=f"socks5://127.0.0.1:{microsocks.port()}") as stream:
            with pytest.raises(ProxyError, match="refused"):
                await stream.fetch(Request("http://127.0.0.1:1/"))
            with pytest.raises(ProxyError):
                await stream.fetch(
                    Request("http://no.such.host.invalid/"), proxy=f"socks5h://127.0.0.1:{microsocks.port()}"
                )
            assert stream.audit().is_clean

    run(test)


def test_http_to_a_socks_proxy(microsocks: Peer, tls_origin: ScriptedServer) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=f"http://127.0.0.1:{microsocks.port()}") as stream:
            with pytest.raises(ProxyError):
                await stream.fetch(Request(tls_origin.url("/", "localhost")))

    run(test)
