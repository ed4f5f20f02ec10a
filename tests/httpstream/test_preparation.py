"""From a request and its options to where it goes and what is sent."""

from typing import Any
from urllib.request import Request

import mock
import pytest

from webqq.httpstream import InvalidRequest, Limits, RFC6265CookieJar
from webqq.httpstream.cookies import keep_cookies
from webqq.httpstream.options import Options
from webqq.httpstream.parser import Head, ResponseParser
from webqq.httpstream.preparation import CACHED_REQUESTS, Preparation
from webqq.httpstream.response import Response
from webqq.testing import FakeIOLoop, FakeNetwork

URL = "http://example.com/"
PROXY = "http://proxy.example:3128/"


def head_of(line: bytes) -> Head:
    parser = ResponseParser("GET", Limits())
    parser.feed(b"HTTP/1.1 204 No Content\r\n" + line + b"\r\n\r\n")
    assert parser.head is not None
    return parser.head


@pytest.mark.parametrize(
    ("url", "method", "line"),
    [
        ("http://b\xfccher.example/x", "GET", b"GET http://xn--bcher-kva.example/x HTTP/1.1"),
        ("http://[fe80::1%25eth0]:81/x", "GET", b"GET http://[fe80::1]:81/x HTTP/1.1"),
        ("http://example.com/a#b#c", "GET", b"GET http://example.com/a HTTP/1.1"),
        ("http://example.com?a=b", "GET", b"GET http://example.com/?a=b HTTP/1.1"),
        ("http://example.com", "GET", b"GET http://example.com/ HTTP/1.1"),
        ("http://example.com", "OPTIONS", b"OPTIONS http://example.com HTTP/1.1"),
        ("http://example.com/x", "OPTIONS", b"OPTIONS http://example.com/x HTTP/1.1"),
    ],
)
def test_proxy_is_told_the_url_as_an_origin_would_read_it(
    loop: FakeIOLoop, network: FakeNetwork, url: str, method: str, line: bytes
) -> None:
    network.prepare_socket(PROXY)
    stream = network.stream(proxy=PROXY)
    stream.add_request(Request(url, method=method), mock.Mock())
    loop.settle()
    assert bytes(network.sockets[0].sent).split(b"\r\n")[0] == line
    stream.close()


def test_connect_is_no_method_for_a_proxy_either(network: FakeNetwork) -> None:
    with pytest.raises(InvalidRequest, match="CONNECT"):
        network.stream(proxy=PROXY).add_request(Request(URL, method="CONNECT"), mock.Mock())


@pytest.mark.parametrize("name", ["Proxy-Authorization", "proxy-authorization"])
@pytest.mark.parametrize("way", [{}, {"proxy": "socks5h://proxy.example"}])
def test_credentials_for_a_proxy_are_refused_where_the_origin_would_read_them(
    network: FakeNetwork, name: str, way: dict[str, Any]
) -> None:
    request = Request(URL)
    request.headers[name] = "Basic hunter2"
    with pytest.raises(InvalidRequest, match="Proxy-Authorization") as caught:
        network.stream().add_request(request, **way)
    assert "hunter2" not in str(caught.value)


def test_credentials_for_the_proxy_that_a_request_names_stay_out_of_the_tunnel(
    loop: FakeIOLoop, network: FakeNetwork
) -> None:
    request = Request("https://example.com/", headers={"Proxy-Authorization": "Basic bWU6cHc="})
    request.set_proxy("proxy.example:3128", "http")
    network.prepare_socket("http://proxy.example:3128")
    stream = network.stream()
    stream.add_request(request, mock.Mock(), mock.Mock())
    loop.settle()
    sock = network.sockets[0]
    connect = bytes(sock.sent)
    sock.deliver(b"HTTP/1.1 200 OK\r\n\r\n")
    loop.settle()
    within = bytes(sock.sent).removeprefix(connect)
    stream.close()
    assert b"Proxy-Authorization: Basic bWU6cHc=" in connect
    assert within.startswith(b"GET / ")
    assert b"bWU6cHc=" not in within


def test_requests_that_look_alike_are_worked_out_once() -> None:
    options = Options()
    prepare = Preparation(options)
    assert prepare(Request(URL), options, None) is prepare(Request(URL), options, None)
    assert prepare(Request(URL + "other"), options, None)[1].startswith(b"GET /other ")


@pytest.mark.parametrize(
    "request_",
    [
        Request(URL, headers={"X-Id": "1"}),
        Request(URL, b"data"),
        Request(URL, method="DELETE"),
    ],
)
def test_what_a_request_says_is_never_that_of_one_before(request_: Request) -> None:
    options = Options()
    prepare = Preparation(options)
    usual = prepare(Request(URL), options, None)
    assert prepare(request_, options, None)[1] != usual[1]
    assert prepare(Request(URL), options, None)[1] == usual[1]


def test_cookies_are_looked_up_for_each_request() -> None:
    jar = RFC6265CookieJar()
    options = Options(cookiejar=jar)
    prepare = Preparation(options)
    assert b"Cookie:" not in prepare(Request(URL), options, None)[1]
    answer = Response(head_of(b"Set-Cookie: a=1"), b"", URL)
    keep_cookies(jar, Request(URL), answer)
    assert b"Cookie: a=1" in prepare(Request(URL), options, None)[1]


def test_no_more_than_so_many_requests_are_remembered() -> None:
    options = Options()
    prepare = Preparation(options)
    for number in range(2 * CACHED_REQUESTS):
        assert prepare(Request(f"{URL}{number}"), options, None)[1].startswith(b"GET /%d " % number)
        assert len(prepare._known) <= CACHED_REQUESTS


def test_other_options_are_heeded_for_the_same_url() -> None:
    options = Options()
    prepare = Preparation(options)
    plain = options.updated({"decompress": False})
    assert b"Accept-Encoding: identity" in prepare(Request(URL), plain, None)[1]
    assert b"Accept-Encoding: identity" not in prepare(Request(URL), options, None)[1]
