"""Proxies that the environment names, from its variables to what arrives at the origin."""

import os
import ssl
from urllib.request import Request

import pytest

from tests.peers.process import Peer, run
from webqq.httpstream import HTTPStream, InvalidRequest
from webqq.testing import ScriptedServer


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without any proxy, whatever this machine has."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_http_proxy_forwards_and_https_proxy_tunnels(
    environment: pytest.MonkeyPatch,
    squid: Peer,
    microsocks: Peer,
    origin: ScriptedServer,
    tls_origin: ScriptedServer,
    trusting: ssl.SSLContext,
) -> None:
    environment.setenv("http_proxy", f"http://user:secret%3A%2F@127.0.0.1:{squid.port('closed')}")
    environment.setenv("HTTPS_PROXY", f"socks5h://127.0.0.1:{microsocks.port()}")

    async def test() -> None:
        async with HTTPStream(proxy="environment", ssl_context=trusting) as stream:
            assert (await stream.fetch(Request(origin.url()))).status == 200
            assert (await stream.fetch(Request(tls_origin.url("/", "localhost")))).status == 200
        assert ["Via" in request.headers for request in origin.requests] == [True]

    run(test)


@pytest.mark.parametrize(
    ("no_proxy", "is_straight"),
    [
        ("", False),
        ("*", True),
        ("localhost", False),
        ("127.0.0.1", True),
        ("127.0.0.0/8", True),
        ("127.0.0.1:1", False),
        ("example.com, 10.0.0.0/8 127.0.0.1", True),
    ],
)
def test_no_proxy(
    environment: pytest.MonkeyPatch, squid: Peer, origin: ScriptedServer, no_proxy: str, is_straight: bool
) -> None:
    environment.setenv("all_proxy", f"127.0.0.1:{squid.port('open')}")
    environment.setenv("no_proxy", no_proxy)

    async def test() -> None:
        async with HTTPStream(proxy="environment") as stream:
            assert (await stream.fetch(Request(origin.url()))).status == 200
        assert ["Via" not in request.headers for request in origin.requests] == [is_straight]

    run(test)


def test_redirect_may_lead_past_the_proxy(
    environment: pytest.MonkeyPatch, squid: Peer, origin: ScriptedServer, httpbin: Peer
) -> None:
    environment.setenv("http_proxy", f"http://127.0.0.1:{squid.port('open')}")
    environment.setenv("no_proxy", f"127.0.0.1:{origin.port}")

    async def test() -> None:
        url = f"http://127.0.0.1:{httpbin.port()}/redirect-to?url={origin.url()}"
        async with HTTPStream(proxy="environment") as stream:
            assert (await stream.fetch(Request(url))).read() == b"GET "
        assert "Via" not in origin.requests[0].headers

    run(test)


def test_variable_that_names_no_proxy(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("https_proxy", "gopher://localhost")
    with pytest.raises(InvalidRequest, match="environment variable https_proxy"):
        HTTPStream(proxy="environment")


def test_environment_is_read_only_where_that_is_asked_for(
    environment: pytest.MonkeyPatch, origin: ScriptedServer
) -> None:
    environment.setenv("http_proxy", "http://127.0.0.1:1")

    async def test() -> None:
        async with HTTPStream() as stream:
            assert (await stream.fetch(Request(origin.url()))).status == 200

    run(test)
