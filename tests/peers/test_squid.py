"""squid: requests that a proxy forwards, tunnels, and credentials for it."""

import asyncio
import ssl
from typing import Any
from urllib.request import Request

import pytest

from tests.peers.process import Peer, run
from webqq.httpstream import HTTPStream, ProxyError
from webqq.httpstream.digest import Digest
from webqq.testing import ScriptedServer

CREDENTIALS = "user:secret%3A%2F@"


def proxy(squid: Peer, port: str = "open", credentials: str = "") -> str:
    return f"http://{credentials}127.0.0.1:{squid.port(port)}"


@pytest.mark.parametrize(("port", "credentials"), [("open", ""), ("closed", CREDENTIALS)])
def test_forwarded_requests(squid: Peer, origin: ScriptedServer, port: str, credentials: str) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=proxy(squid, port, credentials)) as stream:
            for number in range(10):
                data = b"%d" % number
                assert (await stream.fetch(Request(origin.url(), data))).read() == b"POST " + data
            assert stream.counters.opened == 1
        assert all("Via" in request.headers for request in origin.requests)
        assert not any("Proxy-Authorization" in request.headers for request in origin.requests)

    run(test)


@pytest.mark.parametrize(("port", "credentials"), [("open", ""), ("closed", CREDENTIALS)])
def test_tunnels(
    squid: Peer, tls_origin: ScriptedServer, trusting: ssl.SSLContext, port: str, credentials: str
) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=proxy(squid, port, credentials), ssl_context=trusting) as stream:
            for number in range(10):
                data = b"%d" % number
                assert (await stream.fetch(Request(tls_origin.url("/", "localhost"), data))).read() == b"POST " + data
            assert stream.counters.opened == 1
        assert not any({"Via", "Proxy-Authorization"} & set(request.headers) for request in tls_origin.requests)

    run(test)


@pytest.mark.parametrize("credentials", ["", "user:wrong@"])
def test_forwarded_request_without_the_right_credentials_gets_the_proxys_answer(
    squid: Peer, origin: ScriptedServer, credentials: str
) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=proxy(squid, "closed", credentials)) as stream:
            response = await stream.fetch(Request(origin.url()))
            assert (response.status, response.headers["Proxy-Authenticate"]) == (407, 'Basic realm="peers"')
        assert not origin.requests

    run(test)


@pytest.mark.parametrize(
    ("credentials", "match"), [("", "wants credentials"), ("user:wrong@", "refuses the credentials")]
)
def test_tunnel_without_the_right_credentials_is_an_error_that_says_so(
    squid: Peer, tls_origin: ScriptedServer, credentials: str, match: str
) -> None:
    async def test() -> None:
        async with HTTPStream(proxy=proxy(squid, "closed", credentials)) as stream:
            with pytest.raises(ProxyError, match=match) as caught:
                await stream.fetch(Request(tls_origin.url("/", "localhost")))
            assert caught.value.status == 407
            assert "wrong" not in str(caught.value)
            assert stream.audit().is_clean

    run(test)


def test_origin_that_cannot_be_reached(squid: Peer) -> None:
    closed = f"127.0.0.1:{squid.port('nobody')}" if "nobody" in squid.ports else "127.0.0.1:1"

    async def test() -> None:
        async with HTTPStream(proxy=proxy(squid)) as stream:
            assert (await stream.fetch(Request(f"http://{closed}/"))).status == 503
            with pytest.raises(ProxyError) as caught:
                await stream.fetch(Request(f"https://{closed}/"))
            assert caught.value.status == 503
            assert caught.value.is_transient

    run(test)


def test_digest_of_the_origin_through_the_proxy(squid: Peer, httpbin: Peer) -> None:
    async def test() -> None:
        url = f"http://127.0.0.1:{httpbin.port()}/digest-auth/auth/user/secret/SHA-256"
        async with HTTPStream(proxy=proxy(squid, "closed", CREDENTIALS), auth=Digest("user", "secret")) as stream:
            assert (await stream.fetch(Request(url))).json()["authenticated"]

    run(test)


def test_redirects_and_codings_through_the_proxy(squid: Peer, httpbin: Peer) -> None:
    async def test() -> None:
        base = f"http://127.0.0.1:{httpbin.port()}"
        async with HTTPStream(proxy=proxy(squid)) as stream:
            assert (await stream.fetch(Request(base + "/absolute-redirect/3"))).url == base + "/get"
            assert (await stream.fetch(Request(base + "/gzip"))).json()["gzipped"]

    run(test)


def test_many_origins_at_once(
    squid: Peer, origin: ScriptedServer, tls_origin: ScriptedServer, nginx: Peer, trusting: ssl.SSLContext
) -> None:
    urls = [origin.url(), tls_origin.url("/", "localhost"), f"http://127.0.0.1:{nginx.port('dying')}/"]

    async def test() -> None:
        async with HTTPStream(
            proxy=proxy(squid, "closed", CREDENTIALS), ssl_context=trusting, max_per_host=5
        ) as stream:
            answers: list[Any] = await asyncio.gather(*(stream.fetch(Request(url)) for url in urls * 30))
            assert {answer.status for answer in answers} == {200}
            assert not stream.audit().exchanges

    run(test)
