"""Cookies of a jar for a request, and from a response."""

import io
from http.client import HTTPMessage, HTTPResponse, parse_headers
from http.cookiejar import CookieJar, LWPCookieJar, MozillaCookieJar
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest

from webqq.httpstream import Limits, Response
from webqq.httpstream.cookies import cookie_header, keep_cookies
from webqq.httpstream.response import ResponseParser

URL = "http://ssl.ptlogin2.qq.com/login?u=1"


def response(*cookies: str) -> Response:
    lines = "".join(f"Set-Cookie: {cookie}\r\n" for cookie in cookies)
    parser = ResponseParser("GET", Limits())
    assert parser.feed(f"HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n".encode("latin-1"))
    assert parser.head is not None
    return Response(parser.head, b"", URL)


def kept(*cookies: str) -> CookieJar:
    jar = CookieJar()
    keep_cookies(jar, Request(URL), response(*cookies))
    return jar


# What QQ's servers sent: empty values that expire at once, an attribute without a value, one name for two domains.
QQ = (
    "pt2gguin=o0100200300;EXPIRES=Fri, 02-Jan-2037 00:00:00 GMT;PATH=/;DOMAIN=qq.com;",
    "uin=o0100200300;PATH=/;DOMAIN=qq.com;",
    "skey=@abcdefgh;PATH=/;DOMAIN=qq.com;",
    "superuin=o0100200300;PATH=/;DOMAIN=ptlogin2.qq.com;",
    "clientuin=;EXPIRES=Fri, 02-Jan-1970 00:00:00 GMT;PATH=/;DOMAIN=qq.com;",
    "ptisp=os;EXPIRES=;PATH=/;DOMAIN=qq.com;",
    "p_uin=o0100200300;PATH=/;DOMAIN=web2.qq.com;",
    "p_uin=;EXPIRES=Fri, 02-Jan-1970 00:00:00 GMT;PATH=/;DOMAIN=qq.com;",
    "RK=eH0+/=x y;EXPIRES=Fri, 02-Jan-2037 00:00:00 GMT;PATH=/;DOMAIN=qq.com;",
    'odd="quoted; value";PATH=/;DOMAIN=qq.com;',
    'g_state={"i_l":0};PATH=/;DOMAIN=qq.com;',
)


def test_odd_lines_do_not_make_the_others_vanish() -> None:
    names = {cookie.name for cookie in kept(*QQ)}
    assert {"pt2gguin", "uin", "skey", "superuin", "ptisp", "RK"} <= names
    assert "clientuin" not in names


def test_each_line_is_taken_or_refused_as_the_standard_library_does() -> None:
    for line in QQ:
        expected = CookieJar()
        expected.extract_cookies(StandardResponse(line), Request(URL))
        assert repr(kept(line)) == repr(expected)


class StandardResponse(HTTPResponse):
    """A response whose headers the standard library has parsed."""

    def __init__(self, line: str) -> None:
        self._parsed = parse_headers(io.BytesIO(f"Set-Cookie: {line}\r\n\r\n".encode("latin-1")))

    def info(self) -> HTTPMessage:
        return self._parsed

    def isclosed(self) -> bool:
        return True


def test_cookies_of_the_parent_domain_go_to_all_its_hosts_and_no_other() -> None:
    jar = kept("skey=@abcdefgh;PATH=/;DOMAIN=qq.com;")
    assert cookie_header(jar, Request("http://d.web2.qq.com/channel/poll2")) == "skey=@abcdefgh"
    assert cookie_header(jar, Request("http://notqq.com/")) is None


def test_cookie_of_the_host_alone_stays_with_it() -> None:
    jar = kept("verifysession=h0; PATH=/")
    assert cookie_header(jar, Request(URL)) == "verifysession=h0"
    assert cookie_header(jar, Request("http://d.web2.qq.com/")) is None


def test_request_is_never_written_to() -> None:
    jar = kept("skey=@abcdefgh;PATH=/;DOMAIN=qq.com;")
    request = Request(URL)
    cookie_header(jar, request)
    assert not request.has_header("Cookie")
    assert not request.unredirected_hdrs


def test_own_cookie_header_of_a_request_wins() -> None:
    assert cookie_header(kept("a=b;PATH=/;DOMAIN=qq.com;"), Request(URL, headers={"Cookie": "c=d"})) is None


def test_empty_jar_gives_nothing() -> None:
    assert cookie_header(CookieJar(), Request(URL)) is None


@pytest.mark.parametrize("kind", [MozillaCookieJar, LWPCookieJar])
def test_jars_that_save_to_files_work(kind: Any, tmp_path: Path) -> None:
    jar = kind(str(tmp_path / "jar"))
    keep_cookies(jar, Request(URL), response("a=b;PATH=/;DOMAIN=qq.com;EXPIRES=Fri, 02-Jan-2037 00:00:00 GMT"))
    jar.save()
    loaded = kind(str(tmp_path / "jar"))
    loaded.load()
    assert cookie_header(loaded, Request(URL)) == "a=b"
