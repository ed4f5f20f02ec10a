"""Which proxy a request goes through, as the environment says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.environment import ProxyRules
from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.proxy import Proxy

A, B, C = (Proxy("http", name, 80) for name in "abc")


def proxies(environ: dict[str, str]) -> tuple[Proxy | None, Proxy | None]:
    """The proxies for http and for https."""
    rules = ProxyRules.from_environment(environ)
    return rules.proxy_for("http", "example.com", 80), rules.proxy_for("https", "example.com", 443)


def is_exempt(no_proxy: str, host: str, port: int = 80) -> bool:
    return ProxyRules(A, A, no_proxy).proxy_for("http", host, port) is None


# Which variable counts.


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, (None, None)),
        ({"http_proxy": "http://a"}, (A, None)),
        ({"https_proxy": "http://a"}, (None, A)),
        ({"HTTP_PROXY": "a", "HTTPS_PROXY": "b"}, (A, B)),
        ({"all_proxy": "a"}, (A, A)),
        ({"ALL_PROXY": "a", "https_proxy": "b"}, (A, B)),
        ({"http_proxy": "a", "HTTP_PROXY": "b", "https_proxy": "b", "HTTPS_PROXY": "c"}, (A, B)),
        ({"all_proxy": "a", "ALL_PROXY": "b"}, (A, A)),
        ({"http_proxy": "", "HTTP_PROXY": "b", "https_proxy": " ", "HTTPS_PROXY": "c"}, (None, None)),
        ({"http_proxy": "", "all_proxy": "b"}, (B, B)),
        ({"Http_Proxy": "a"}, (None, None)),
        ({"https_proxy": "socks5h://tom:x@b:1"}, (None, Proxy("socks5h", "b", 1, "tom", "x"))),
    ],
)
def test_small_letters_go_first_and_all_proxy_last(
    environ: dict[str, str], expected: tuple[Proxy | None, Proxy | None]
) -> None:
    assert proxies(environ) == expected


def test_header_of_a_cgi_request_is_no_proxy() -> None:
    cgi = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "a"}
    assert proxies(cgi) == (None, None)
    assert proxies({**cgi, "HTTP_PROXY": "no proxy at all"}) == (None, None)
    assert proxies({**cgi, "all_proxy": "b"}) == (B, B)
    assert proxies({**cgi, "http_proxy": "b", "HTTPS_PROXY": "c"}) == (B, C)


def test_other_scheme_has_no_proxy() -> None:
    assert ProxyRules.from_environment({"all_proxy": "a"}).proxy_for("ws", "example.com", 80) is None


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_variable_that_is_no_proxy_is_named_and_not_shown(name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^environment variable {name}: proxy port: ") as caught:
        ProxyRules.from_environment({name: "http://tom:hunter2@a:b"})
    assert "hunter2" not in str(caught.value)


def test_no_proxy_is_read_in_either_spelling() -> None:
    assert proxies({"all_proxy": "a", "no_proxy": "example.com"}) == (None, None)
    assert proxies({"all_proxy": "a", "NO_PROXY": "example.com"}) == (None, None)
    assert proxies({"all_proxy": "a", "NO_PROXY": "example.com", "no_proxy": "other"}) == (A, A)
    assert proxies({"all_proxy": "a", "NO_PROXY": "example.com", "no_proxy": ""}) == (A, A)
    assert proxies({"all_proxy": "a", "no_proxy": "example.com:443"}) == (A, None)


# Whom no_proxy exempts.


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("*", "example.com"),
        ("a.example, *", "::1"),
        ("example.com", "example.com"),
        ("example.com", "www.example.com"),
        ("example.com", "a.b.example.com"),
        ("example.com", "EXAMPLE.com."),
        ("Example.COM.", "example.com"),
        (".example.com", "example.com"),
        (".example.com", "www.example.com"),
        ("*.example.com", "www.example.com"),
        ("com", "example.com"),
        ("localhost", "localhost"),
        (" a.example ,, b.example\tc.example,", "a.example"),
        (" a.example ,, b.example\tc.example,", "b.example"),
        (" a.example ,, b.example\tc.example,", "c.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8::1", "2001:db8:0::1"),
        ("fe80::1", "fe80::1%25eth0"),
        ("fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "::ffff:10.0.0.1"),
        ("10.0.0.0/8", "10.255.0.1"),
        ("10.1.2.3/8", "10.255.0.1"),
        ("10.0.0.0/255.0.0.0", "10.255.0.1"),
        ("10.0.0.0/8", "::ffff:10.0.0.1"),
        ("0.0.0.0/0", "192.0.2.1"),
        ("fd00::/8", "fd12::1"),
        ("[fd00::]/8", "fd12::1"),
        ("[fd00::/8]", "fd12::1"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_named_host_is_exempt(no_proxy: str, host: str) -> None:
    assert is_exempt(no_proxy, host)


@pytest.mark.parametrize(
    ("no_proxy", "host"),
    [
        ("", "example.com"),
        (" , ", "example.com"),
        ("example.com", "badexample.com"),
        ("example.com", "example.com.evil"),
        ("example.com", "com"),
        (".example.com", "badexample.com"),
        ("www.example.com", "example.com"),
        ("*ample.com", "example.com"),
        ("ex*", "example.com"),
        ("**", "example.com"),
        (".", "example.com"),
        ("example.com", ""),
        ("localhost", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "127.0.0.2"),
        ("0.0.1", "127.0.0.1"),
        ("1", "::1"),
        ("10.0.0.0/8", "11.0.0.1"),
        ("10.0.0.0/8", "fd00::1"),
        ("10.0.0.0/8", "10.example"),
        ("fd00::/8", "fe00::1"),
        ("::/0", "10.0.0.1"),
    ],
)
def test_other_host_is_not_exempt(no_proxy: str, host: str) -> None:
    assert not is_exempt(no_proxy, host)


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("example.com:8080", "example.com"),
        (".example.com:8080", "www.example.com"),
        ("10.0.0.1:8080", "10.0.0.1"),
        ("[::1]:8080", "::1"),
    ],
)
def test_entry_with_a_port_exempts_that_port_alone(entry: str, host: str) -> None:
    assert is_exempt(entry, host, 8080)
    assert not is_exempt(entry, host, 80)


@pytest.mark.parametrize(
    "entry",
    [
        *("10.0.0.0/33", "10.0.0.0/8:80", "10.0.0.0/", "/8", "fd00::/129", "[fd00::/8", "/", "a/b"),
        *("[", "]", "[]", "[abc]", "[:]", "[::1", "[::1]:", "[::1]x", "[::1]:x", "1:2", ":", ":80", "a:b", "a:"),
        *("a:123456", "a:80:80", "http://example.com", "ü..", "\ud800", "a" * 70 + "ü", "*.", "..", "%", "::1%"),
    ],
)
def test_entry_that_is_none_is_passed_over(entry: str) -> None:
    assert not is_exempt(entry, "example.com")
    assert not is_exempt(entry, "10.0.0.1")
    assert is_exempt(f"{entry},example.com", "example.com")


@given(st.text(st.sampled_from("*.:/[]%, a1f0ü\ud800"), max_size=20), st.text(max_size=10))
def test_no_entry_and_no_host_does_worse_than_not_matching(no_proxy: str, host: str) -> None:
    assert ProxyRules(A, None, no_proxy).proxy_for("http", host, 80) in (A, None)


@given(st.ip_addresses(), st.integers(0, 128))
def test_block_exempts_the_addresses_in_it(address: object, length: int) -> None:
    length = min(length, 32) if ":" not in str(address) else length
    assert is_exempt(f"{address}/{length}", str(address)) or ":ffff:" in str(address)
    assert is_exempt(str(address), str(address))
