"""The engine's errors as Tornado's."""

import asyncio
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.netutil import Resolver
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError

from tests.httpstream.asynchttpclient.fetching import fetch
from webqq.testing import Answer, Close, Freeze, Reset, ScriptedServer


def test_connection_that_is_cut_is_told_as_tornado_does(server: ScriptedServer) -> None:
    server.on("/closed", Answer(body=b"0123456789"), Close(after=45))
    server.on("/reset", Answer(body=b"0123456789"), Reset(after=45))
    with pytest.raises(HTTPStreamClosedError):
        fetch(server.url("/closed"))
    with pytest.raises(ConnectionResetError):
        fetch(server.url("/reset"))


def test_proxy_that_refuses_is_an_error_599(server: ScriptedServer) -> None:
    server.on("a.test:443", Answer(403))
    with pytest.raises(HTTPClientError, match="403") as caught:
        fetch("https://a.test/", proxy_host="127.0.0.1", proxy_port=server.port)
    assert caught.value.code == 599


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
