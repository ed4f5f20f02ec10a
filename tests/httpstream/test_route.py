"""The way to an origin: what makes two connections unlike."""

import ssl
from typing import Any
from urllib.request import Request

import pytest

from webqq.httpstream import InvalidRequest
from webqq.httpstream.environment import ProxyRules
from webqq.httpstream.origin import Origin
from webqq.httpstream.proxy import Proxy
from webqq.httpstream.route import Route, route_of, without_proxy
from webqq.httpstream.tls import TLSOptions

URL = "https://example.com/a"
PROXY = Proxy.parse("http://user:secret@proxy.example:3128")


@pytest.mark.parametrize(
    "way",
    [
        {"proxy": PROXY},
        {"tls": TLSOptions(server_name="other.example")},
        {"proxy_tls": TLSOptions(server_name="other.example")},
        {"unix_socket": "/run/x"},
        {"source_address": ("127.0.0.1", 0)},
    ],
    ids=lambda way: next(iter(way)),
)
def test_each_part_of_the_way_makes_another_route(way: dict[str, Any]) -> None:
    request = Request(URL)
    assert route_of(request, **way) == route_of(Request(URL), **way)
    assert hash(route_of(request, **way)) == hash(route_of(Request(URL), **way))
    assert route_of(request, **way) != route_of(request)


@pytest.mark.parametrize("url", ["http://example.com/a", "https://example.com:444/a", "https://www.example.com/a"])
def test_scheme_host_and_port_make_another_route(url: str) -> None:
    assert route_of(Request(url)) != route_of(Request(URL))


def test_path_and_spelling_of_the_host_make_no_other_route() -> None:
    assert route_of(Request("https://EXAMPLE.com:443/b?c")) == route_of(Request(URL))


@pytest.mark.parametrize(
    "proxy",
    ["http://proxy.example:3128", "http://other:secret@proxy.example:3128", "https://user:secret@proxy.example"],
)
def test_credentials_and_scheme_of_the_proxy_count(proxy: str) -> None:
    assert route_of(Request(URL), Proxy.parse(proxy)) != route_of(Request(URL), PROXY)


def test_contexts_are_equal_to_themselves_alone() -> None:
    first, second = (TLSOptions(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) for _ in range(2))
    assert route_of(Request(URL), tls=first) == route_of(Request(URL), tls=first)
    assert route_of(Request(URL), tls=first) != route_of(Request(URL), tls=second)


def test_route_is_no_other_thing() -> None:
    assert route_of(Request(URL)) != Origin("https", "example.com", 443)


def test_peer_is_the_origin_the_proxy_or_the_unix_socket() -> None:
    assert route_of(Request(URL)).peer == Origin("https", "example.com", 443)
    assert route_of(Request(URL), PROXY).peer == Origin("http", "proxy.example", 3128)
    assert route_of(Request(URL), Proxy.parse("https://proxy.example")).peer == Origin("https", "proxy.example", 443)
    assert route_of(Request(URL), unix_socket="/run/x").peer == "/run/x"


@pytest.mark.parametrize(
    ("url", "proxy", "is_forwarded"),
    [
        ("http://a/", "http://p", True),
        ("http://a/", "https://p", True),
        ("https://a/", "http://p", False),
        ("http://a/", "socks5://p", False),
    ],
)
def test_only_plain_http_is_forwarded_by_an_http_proxy(url: str, proxy: str, is_forwarded: bool) -> None:
    assert route_of(Request(url), Proxy.parse(proxy)).is_forwarded == is_forwarded


def test_route_without_a_proxy_is_not_forwarded() -> None:
    assert not route_of(Request(URL)).is_forwarded


def test_rules_of_the_environment_choose_the_proxy() -> None:
    rules = ProxyRules.from_environment({"https_proxy": "http://p:1", "no_proxy": "direct.example"})
    assert route_of(Request(URL), rules).proxy == Proxy.parse("http://p:1")
    assert route_of(Request("https://direct.example/"), rules).proxy is None
    assert route_of(Request("http://example.com/"), rules) == route_of(Request("http://example.com/"))


def test_rules_of_the_environment_do_not_count_for_a_unix_socket() -> None:
    rules = ProxyRules.from_environment({"https_proxy": "http://p:1"})
    assert route_of(Request(URL), rules, unix_socket="/run/x") == route_of(Request(URL), unix_socket="/run/x")


def test_url_that_is_neither_http_nor_https_has_no_route() -> None:
    with pytest.raises(InvalidRequest):
        route_of(Request("ftp://example.com/"))


def test_request_without_a_proxy_stays_itself() -> None:
    request = Request(URL)
    assert without_proxy(request) == (request, None)


@pytest.mark.parametrize("url", [URL, "http://example.com/a?b"])
def test_proxy_that_was_set_is_taken_off_a_copy(url: str) -> None:
    request = Request(url, headers={"X-Y": "z"})
    request.set_proxy("proxy.example:3128", "http")
    told = request.host, request.selector
    direct, proxy = without_proxy(request)
    assert proxy == Proxy.parse("http://proxy.example:3128")
    assert (direct.full_url, direct.host, direct.type) == (url, "example.com", url.partition(":")[0])
    assert direct.selector in url
    assert not direct.selector.startswith("http")
    assert direct.headers == {"X-y": "z"}
    assert (request.host, request.selector) == told, "the caller's own is not written to"


def test_text_of_a_route_tells_the_way_and_no_secret() -> None:
    assert str(route_of(Request(URL))) == "https://example.com:443"
    assert str(route_of(Request(URL), unix_socket="/run/x")) == "https://example.com:443 at /run/x"
    through = repr(route_of(Request(URL), PROXY))
    assert through.startswith("<Route https://example.com:443 through http://")
    assert "secret" not in through


def test_route_can_be_made_of_its_parts() -> None:
    assert Route(Origin("https", "example.com", 443)) == route_of(Request(URL))


@pytest.mark.parametrize("url", [URL, "http://example.com/"])
def test_credentials_in_a_header_become_those_of_the_proxy_that_was_set(url: str) -> None:
    request = Request(url, headers={"Proxy-Authorization": "Basic dXNlcjpzZWNyZXQ="})
    request.set_proxy("proxy.example:3128", "http")
    direct, proxy = without_proxy(request)
    assert proxy == PROXY
    assert not direct.has_header("Proxy-authorization")
    assert request.has_header("Proxy-authorization"), "the caller's own is not written to"


@pytest.mark.parametrize(
    ("host", "header"), [("proxy.example", "Bearer abc"), ("me:pw@proxy.example", "Basic dXNlcjpzZWNyZXQ=")]
)
def test_header_that_is_no_password_or_one_too_many_stays(host: str, header: str) -> None:
    request = Request("http://example.com/", headers={"Proxy-Authorization": header})
    request.set_proxy(host, "http")
    direct, proxy = without_proxy(request)
    assert proxy == Proxy.parse(f"http://{host}")
    assert direct.get_header("Proxy-authorization") == header
