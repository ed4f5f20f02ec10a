"""Dante: SOCKS4 and SOCKS5 as their reference speaks them."""

import ssl
from urllib.request import Request

import pytest

from tests.peers.process import Peer, run
from webqq.httpstream import HTTPStream, ProxyError
from webqq.testing import ScriptedServer

SCHEMES = ["socks4", "socks4a", "socks5", "socks5h"]
# Dante 1.4 takes the address that announces a name for the one to connect to, from every client: no names by SOCKS4a.
NAMED = [scheme for scheme in SCHEMES if scheme != "socks4a"]


@pytest.mark.parametrize(
    ("scheme", "host"), [*((scheme, "127.0.0.1") for scheme in SCHEMES), *((scheme, "localhost") for scheme in NAMED)]
)
def test_every_kind_of_socks(dante: Peer, origin: ScriptedServer, scheme: str, host: str) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=f"{scheme}://127.0.0.1:{dante.port()}") as stream:
            for _ in range(3):
                assert (await stream.fetch(Request(origin.url("/", host), b"data"))).read() == b"POST data"
            assert stream.counters.opened == 1

    run(test)


@pytest.mark.parametrize("scheme", NAMED)
def test_tls_through_it(dante: Peer, tls_origin: ScriptedServer, trusting: ssl.SSLContext, scheme: str) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=f"{scheme}://127.0.0.1:{dante.port()}", ssl_context=trusting) as stream:
            assert (await stream.fetch(Request(tls_origin.url("/", "localhost")))).read() == b"GET "

    run(test)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("host", ["127.0.0.1:1", "127.0.0.99"])
def test_what_it_refuses_and_what_nobody_serves(dante: Peer, scheme: str, host: str) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=f"{scheme}://127.0.0.1:{dante.port()}") as stream:
            with pytest.raises(ProxyError):
                await stream.fetch(Request(f"http://{host}/"))
            assert stream.audit().is_clean

    run(test)
