"""The wait in line, redirects, and their time."""

import asyncio

import pytest
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError

from tests.httpstream.asynchttpclient.fetching import client_of, fetch, run
from webqq.testing import Answer, Freeze, ScriptedServer


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
