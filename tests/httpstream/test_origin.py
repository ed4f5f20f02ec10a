"""Where a request goes."""

from urllib.request import Request

import pytest

from webqq.httpstream import InvalidRequest
from webqq.httpstream.origin import Origin, host_header, origin_of, proxy_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://example.com/x?y", Origin("http", "example.com", 80)),
        ("https://example.com", Origin("https", "example.com", 443)),
        ("HTTP://EXAMPLE.com:8080/", Origin("http", "example.com", 8080)),
        ("http://example.com:/", Origin("http", "example.com", 80)),
        ("http://127.0.0.1:1/", Origin("http", "127.0.0.1", 1)),
        ("http://[::1]/", Origin("http", "::1", 80)),
        ("https://[2001:DB8::1]:8443/", Origin("https", "2001:db8::1", 8443)),
        ("http://münchen.example/", Origin("http", "xn--mnchen-3ya.example", 80)),
    ],
)
def test_scheme_host_and_port_are_read(url: str, origin: Origin) -> None:
    assert origin_of(Request(url)) == origin
    assert origin.is_tls == url.startswith("https")


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("ftp://example.com/", "scheme 'ftp'"),
        ("file:///etc/passwd", "scheme 'file'"),
        ("http:///path", "names no host"),
        ("http://:80/", "name is missing"),
        ("http://a:b/", "not a number"),
        ("http://a:-1/", "not a number"),
        ("http://a:0/", "1 to 65535"),
        ("http://a:65536/", "1 to 65535"),
        ("http://a:８０/", "not a number"),
        ("http://a..münchen/", "host"),
    ],
)
def test_what_cannot_be_connected_to_is_named(url: str, named: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        origin_of(Request(url))
    assert named in str(caught.value)


def test_credentials_in_the_url_are_refused_and_not_shown() -> None:
    with pytest.raises(InvalidRequest) as caught:
        origin_of(Request("http://user:secret@example.com/"))
    assert "secret" not in str(caught.value)


# Spellings, and hosts that are none.


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://example.com:00080/", Origin("http", "example.com", 80)),
        ("http://[2001:DB8::1]:65535/", Origin("http", "2001:db8::1", 65535)),
        ("http://[::ffff:127.0.0.1]/", Origin("http", "::ffff:127.0.0.1", 80)),
        ("http://a_b-c.~example/", Origin("http", "a_b-c.~example", 80)),
        ("http://example.com./", Origin("http", "example.com.", 80)),
        ("http://Bücher.Example:81/", Origin("http", "xn--bcher-kva.example", 81)),
        ("http://中文.example/", Origin("http", "xn--fiq228c.example", 80)),
        ("http://example。com/", Origin("http", "example.com", 80)),
    ],
)
def test_host_is_ascii_in_lower_case(url: str, origin: Origin) -> None:
    assert origin_of(Request(url)) == origin


def test_spellings_of_one_origin_are_equal() -> None:
    urls = ("http://example.com", "HTTP://Example.COM:80/a", "http://example.com:080?b", "http://example.com:/")
    assert len({origin_of(Request(url)) for url in urls}) == 1


def test_origins_that_differ_in_anything_are_not_equal() -> None:
    urls = ("http://a/", "https://a/", "http://a:443/", "https://a:80/", "http://b/", "http://a./")
    assert len({origin_of(Request(url)) for url in urls}) == len(urls)


def to(host: str) -> Request:
    """A request to ``host``, also where a newer urllib refuses such a URL itself."""
    request = Request("http://example.com/")
    request.host = host
    return request


@pytest.mark.parametrize("port", ["123456", "9" * 5000, "+80", "8_0", " 80", "80 ", "80:80"])
def test_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(InvalidRequest, match="the port "):
        origin_of(to(f"a:{port}"))


@pytest.mark.parametrize(
    "host", ["[::1", "[::1]a", "[::1]]:80", "[]", "[abc]", "[1.2.3.4]", "[v1.a]", "[::1%25]", "[:::1]", "[[::1]]"]
)
def test_brackets_hold_an_ipv6_address_or_are_refused(host: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^host "):
        origin_of(to(host))


def test_zone_of_an_address_belongs_to_the_origin() -> None:
    assert origin_of(to("[FE80::1%25eth0]:8080")) == Origin("http", "fe80::1%25eth0", 8080)


@pytest.mark.parametrize(
    "host",
    [
        *("a b", "a\r\nX: y", "a\0b", "127.0.0.1\0.evil", "a\x7f", "a\tb", "a<b", "a\\b", 'a"b', "a|b", "a[b", "a]b"),
        *("a^b", "a`b", "a/b", "a?b", "a#b"),
    ],
)
def test_host_with_other_characters_is_refused_before_anybody_looks_it_up(host: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^host "):
        origin_of(to(host))


@pytest.mark.parametrize("host", ["a\u2100b.example", "a\uff0fb", "a\uff03b", "a\uff20b", "a\uff1a80"])
def test_host_that_turns_into_something_else_is_refused(host: str) -> None:
    """IDNA would make ``/``, ``#``, ``@`` and ``:`` of these: another host than the one that was looked at."""
    with pytest.raises(InvalidRequest, match=r"^host "):
        origin_of(to(host))


@pytest.mark.parametrize("host", ["ü..example", "\xad", "ü" * 64 + ".example", "\u2028", "\ud800"])
def test_host_that_idna_cannot_encode_is_refused(host: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^host "):
        origin_of(to(host))


@pytest.mark.parametrize("host", ["tom:secret@example.com", "secret@example.com:8080", "good.com\\@secret"])
def test_credentials_are_never_shown(host: str) -> None:
    for ask in (origin_of, host_header):
        with pytest.raises(InvalidRequest, match="credentials") as caught:
            ask(to(host))
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_origin_is_that_of_the_url_whatever_proxy_was_set(scheme: str) -> None:
    request = Request(f"{scheme}://example.com/x")
    direct = origin_of(request)
    assert proxy_of(request) is None
    request.set_proxy("proxy.example:8080", "http")
    assert (origin_of(request), host_header(request)) == (direct, "example.com")
    assert proxy_of(request) == ("http", "proxy.example:8080")


# What the Host header says.


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.com", "example.com"),
        ("Example.COM:80", "Example.COM:80"),
        ("example.com:", "example.com:"),
        ("[::1]:8080", "[::1]:8080"),
        ("[fe80::1%25eth0]:8080", "[fe80::1]:8080"),
        ("[fe80::1%25eth0]", "[fe80::1]"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("bücher.example:81", "xn--bcher-kva.example:81"),
    ],
)
def test_host_header_is_the_urls_own_spelling_in_ascii_without_a_zone(host: str, expected: str) -> None:
    assert host_header(to(host)) == expected
