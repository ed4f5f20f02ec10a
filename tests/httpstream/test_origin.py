"""Where a request goes."""

from urllib.request import Request

import pytest

from webqq.httpstream import InvalidRequest
from webqq.httpstream.origin import Origin, origin_of


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
        ("http://[::1]x/", "does not close"),
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
