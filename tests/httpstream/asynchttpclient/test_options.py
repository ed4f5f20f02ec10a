"""Proxies and timeouts of a request."""

from typing import Any

from tornado.httpclient import HTTPRequest

from tests.httpstream.asynchttpclient.fetching import fetch
from webqq.httpstream.asynchttpclient.options import LEAST_TIMEOUT, options_of
from webqq.httpstream.proxy import Proxy
from webqq.httpstream.timeouts import Timeouts
from webqq.testing import Answer, Receive, ScriptedServer, Send


def request_of(**said: Any) -> HTTPRequest:
    return HTTPRequest("http://a.test/", **said)


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


def timeouts_of(spent: float, **said: float) -> Timeouts:
    timeouts = options_of(request_of(**said), spent)["timeout"]
    assert isinstance(timeouts, Timeouts)
    return timeouts


def test_connect_timeout_bounds_each_step_and_request_timeout_all_of_them() -> None:
    timeouts = timeouts_of(0.0, connect_timeout=3, request_timeout=7)
    assert (timeouts.resolve, timeouts.connect, timeouts.proxy, timeouts.tls) == (3, 3, 3, 3)
    assert (timeouts.write, timeouts.between_bytes, timeouts.total) == (None, None, 7)


def test_timeout_of_nothing_is_none() -> None:
    assert timeouts_of(0.0, connect_timeout=0, request_timeout=7).connect == 7
    none = timeouts_of(0.0, connect_timeout=0, request_timeout=0)
    assert (none.connect, none.total) == (None, None)


def test_what_is_spent_is_no_more_to_wait_for() -> None:
    assert timeouts_of(5.0, connect_timeout=3, request_timeout=7).total == 2
    assert timeouts_of(9.0, connect_timeout=3, request_timeout=7).total == LEAST_TIMEOUT


def test_address_of_a_proxy_may_stand_in_brackets() -> None:
    for host in ("[::1]", "::1", "http://[::1]"):
        assert options_of(request_of(proxy_host=host, proxy_port=8080), 0.0)["proxy"] == Proxy("http", "::1", 8080)
