"""All hosts of the service at one address."""

import asyncio
import socket
from pathlib import Path

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from webqq.client.calling import request_of
from webqq.client.gateway_address import GatewayResolver, gateway_stream, parse_gateway_address
from webqq.protocol.calls import GET_MSG_TIP, MsgTipParams
from webqq.protocol.flavour import Flavour


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8888", ("http", "127.0.0.1", 8888)),
        ("http://127.0.0.1:8888/", ("http", "127.0.0.1", 8888)),
        ("http://gateway.example", ("http", "gateway.example", 80)),
        ("http://[::1]:9", ("http", "::1", 9)),
        ("https://gateway.example", ("https", "gateway.example", 443)),
    ],
)
def test_address_of_a_gateway(url: str, address: tuple[str, str, int]):
    assert parse_gateway_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        *("", "127.0.0.1:8888", "http://", "http://:80", "http://a:0", "http://a:99999"),
        *("http://a:b", "http://[::1", "http://a/path", "http://a?q", "http://a#f", "http://me@a", "ftp://a"),
    ],
)
def test_what_is_no_gateway_is_refused(url: str):
    with pytest.raises(ValueError, match="expected the gateway's address as http://HOST:PORT or https://"):
        parse_gateway_address(url)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8888", (socket.AF_INET, ("127.0.0.1", 8888))),
        ("http://[::1]:8888", (socket.AF_INET6, ("::1", 8888, 0, 0))),
    ],
)
def test_every_name_has_the_gateways_address(url: str, address: object):
    async def main() -> object:
        return await GatewayResolver(url).resolve("d.web2.qq.com", 80)

    assert asyncio.run(main()) == [address]


def test_gateway_that_has_a_name_is_looked_up():
    async def main() -> list[tuple[int, tuple[str, int]]]:
        return await GatewayResolver("http://localhost:8888").resolve("d.web2.qq.com", 80, socket.AF_INET)

    assert (socket.AF_INET, ("127.0.0.1", 8888)) in asyncio.run(main())


@pytest.mark.parametrize(
    ("url", "netloc"), [("http://127.0.0.1:8888", "127.0.0.1:8888"), ("https://[::1]", "[::1]:443")]
)
def test_address_stands_in_a_url(url: str, netloc: str):
    assert parse_gateway_address(url).netloc == netloc


def test_authority_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(ValueError, match=r"ca_file '.*missing.pem': .*No such file"):
        gateway_stream("https://127.0.0.1", ca_file=tmp_path / "missing.pem")


def test_authority_for_http_is_a_mistake(tmp_path: Path):
    with pytest.raises(ValueError, match="is for https"):
        gateway_stream("http://127.0.0.1", ca_file=tmp_path / "ca.pem")


def test_requests_keep_their_hosts():
    class Echo(RequestHandler):
        def get(self) -> None:
            self.write(f"{self.request.host} {self.request.path}")

    async def main() -> bytes:
        server = HTTPServer(Application([(".*", Echo)]))
        sockets = bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        async with gateway_stream(f"http://127.0.0.1:{sockets[0].getsockname()[1]}") as stream:
            request = request_of(GET_MSG_TIP.request(MsgTipParams(), Flavour.WEBQQ_2013))
            body = (await stream.fetch(request)).read()
        server.stop()
        await server.close_all_connections()
        return body

    assert asyncio.run(main()) == b"web.qq.com /web2/get_msg_tip"
