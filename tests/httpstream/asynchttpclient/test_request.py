"""What is sent, and what is refused before it is."""

from typing import Any

import pytest
from tornado.httputil import HTTPHeaders

from tests.httpstream.asynchttpclient.fetching import fetch
from webqq.testing import Answer, ScriptedServer


def test_repeated_headers_are_joined(server: ScriptedServer) -> None:
    server.on("/", Answer())
    headers = HTTPHeaders()
    for name, value in (("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")):
        headers.add(name, value)
    fetch(server.url(), headers=headers)
    (request,) = server.requests
    assert (request.headers.get_all("X-A"), request.headers.get_all("Cookie")) == (["1, 2"], ["a=1; b=2"])


def test_method_and_source_and_agent_are_the_callers(server: ScriptedServer) -> None:
    server.on("/", Answer(), repeat=True)
    wanted: dict[str, Any] = {"method": "BREW", "body": b"", "network_interface": "127.0.0.1"}
    fetch(server.url(), allow_nonstandard_methods=True, user_agent="a", **wanted).rethrow()
    fetch(server.url(), headers={"User-Agent": b"b"}).rethrow()
    methods = [request.method for request in server.requests]
    assert (methods, [request.headers["User-Agent"] for request in server.requests]) == (["BREW", "GET"], ["a", "b"])


def test_what_a_url_cannot_hold_is_percent_encoded(server: ScriptedServer) -> None:
    server.on("/%C3%A9%20", Answer())
    fetch(server.url("/é ?q=ü%20&r=a b#ß")).rethrow()
    assert server.requests[0].url.endswith("/%C3%A9%20?q=%C3%BC%20&r=a%20b")


@pytest.mark.parametrize(
    ("request_", "error", "text"),
    [
        ({"url": "ftp://a.test/"}, ValueError, "Unsupported url scheme"),
        ({"method": "BREW"}, KeyError, "unknown method"),
        ({"method": "PUT"}, ValueError, "must not be None"),
        ({"body": b""}, ValueError, "must be None"),
        ({"method": "PUT", "body_producer": print, "headers": {"Content-Length": "-1"}}, ValueError, "Content-Length"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, ValueError, "Transfer-Encoding"),
        ({"auth_username": "a", "auth_mode": "ntlm"}, ValueError, "auth_mode"),
        ({"proxy_host": "a", "proxy_port": 1, "proxy_auth_mode": "digest"}, ValueError, "proxy_auth_mode"),
        ({"network_interface": "eth0"}, ValueError, "eth0"),
        ({"ca_certs": "/no/such/file", "url": "https://a.test/"}, OSError, "No such file"),
    ],
)
def test_what_cannot_be_sent_is_told_by_the_future(request_: Any, error: type[Exception], text: str) -> None:
    request = {"url": "http://127.0.0.1:1/", **request_}
    with pytest.raises(error, match=text):
        fetch(**request)


def test_curl_callback_is_not_called_and_the_log_says_so(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.on("/", Answer())
    fetch(server.url(), prepare_curl_callback=print)
    assert "prepare_curl_callback" in caplog.text


@pytest.mark.parametrize(
    ("location", "path"),
    [("/\u5317".encode().decode("latin-1"), "/%E5%8C%97"), ("a//b c", "/a//b%20c"), ("\\there", "/there")],
)
def test_location_is_read_as_browsers_do(server: ScriptedServer, location: str, path: str) -> None:
    server.on("/", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % location.encode("latin-1"))
    server.on(path, Answer(200, b"found"))
    assert fetch(server.url()).body == b"found"
