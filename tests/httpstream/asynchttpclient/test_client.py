"""What the client adds to Tornado's, or does otherwise; what both do is in test_tornado_suite.py."""

import asyncio
from http.cookiejar import CookieJar

import pytest
from tornado.httpclient import HTTPResponse
from tornado.netutil import Resolver
from tornado.simple_httpclient import HTTPStreamClosedError

from tests.httpstream.asynchttpclient.fetching import Refusing, client_of, fetch, run
from webqq.testing import Answer, Freeze, ScriptedServer


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
        for under_way in fetches:
            with pytest.raises(HTTPStreamClosedError, match="closed"):
                await under_way
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


def test_resolver_that_the_application_has_configured_is_used() -> None:
    saved = Resolver._save_configuration()
    Resolver.configure(Refusing)
    try:
        with pytest.raises(OSError, match="forbidden"):
            fetch("http://127.0.0.1:1/")
    finally:
        Resolver._restore_configuration(saved)


def test_head_beyond_the_limit_is_an_error(server: ScriptedServer) -> None:
    server.on("/", Answer(headers={"X-Long": "x" * 1000}), repeat=True)
    assert fetch(server.url(), {"max_header_size": 2000}).code == 200
    with pytest.raises(HTTPStreamClosedError, match="more than 1000"):
        fetch(server.url(), {"max_header_size": 1000})
