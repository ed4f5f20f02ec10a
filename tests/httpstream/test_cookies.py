"""Cookies of a jar for a request, and from a response."""

import io
from collections.abc import Iterator
from http.client import HTTPMessage, parse_headers
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy, LWPCookieJar, MozillaCookieJar
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream import InvalidRequest, Limits, Response
from webqq.httpstream.cookies import cookie_header, keep_cookies
from webqq.httpstream.jar import RFC6265CookieJar
from webqq.httpstream.response import ResponseParser
from webqq.httpstream.serialize import serialize_request

URL = "http://ssl.ptlogin2.qq.com/login?u=1"


def response(*cookies: str) -> Response:
    return of("".join(f"Set-Cookie: {cookie}\r\n" for cookie in cookies).encode("latin-1"))


def of(lines: bytes) -> Response:
    parser = ResponseParser("GET", Limits())
    assert parser.feed(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n")
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
        standard: Any = StandardResponse(line)
        expected.extract_cookies(standard, Request(URL))
        assert repr(kept(line)) == repr(expected)


class StandardResponse:
    """What a jar needs of a response, with headers that the standard library has parsed."""

    def __init__(self, line: str) -> None:
        self._parsed = parse_headers(io.BytesIO(f"Set-Cookie: {line}\r\n\r\n".encode("latin-1")))

    def info(self) -> HTTPMessage:
        return self._parsed


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


# Lines that are none, or that the jar's own parser stumbles over.


@pytest.mark.parametrize(
    "odd",
    [
        *("", "=", "=value", ";", "; Path=/", "name", "name=", "a b=c", "\xe9=\xff", "a=b=c==", 'a="b; c"', "a=b;;;c"),
        *(
            "odd=1; Max-Age",
            "odd=1; Max-Age=",
            "odd=1; Max-Age=x",
            "odd=1; Max-Age=1e9",
            "odd=1; Max-Age=" + "9" * 5000,
        ),
        *("odd=1; Expires", "odd=1; EXPIRES=", "odd=1; Expires=never", "odd=1; Expires=0", "odd=1; Expires=-1"),
        "odd=1; Expires=Wed, 09 Feb 99999 22:23:32 GMT",
        "odd=1; Expires=Thu, 01-Jan-" + "9" * 5000 + " 00:00:00 GMT",
        "odd=1; Expires=Wed, 99 Foo 2030 99:99:99 +99999",
        *("odd=1; Domain", "odd=1; Domain=", "odd=1; Domain=.", "odd=1; Domain=com", "odd=1; Domain=evil.example"),
        *("odd=1; Path", "odd=1; Path=", "odd=1; Version", "odd=1; Version=x", "odd=1; Version=1", "odd=1; Port"),
        *('odd=1; Port="80,a"', "odd=1; Secure=x; HttpOnly=y", "odd=1; SameSite=None; Priority=High", "odd=1; Comment"),
    ],
)
def test_no_line_makes_the_others_vanish(odd: str) -> None:
    jar = kept("first=1", odd, "last=2")
    assert {"first", "last"} <= {cookie.name for cookie in jar}


def test_later_lines_of_one_cookie_win() -> None:
    jar = kept("a=1", "a=2", "a=3; Path=/login", "b=4", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    assert sorted((cookie.path, cookie.value) for cookie in jar) == [("/", "2"), ("/login", "3")]


def test_one_name_of_two_domains_is_two_cookies() -> None:
    jar = CookieJar()
    here = Request("http://d.web2.qq.com/channel/login2")
    keep_cookies(jar, here, response("p_uin=o01; DOMAIN=web2.qq.com; PATH=/", "p_uin=o02; DOMAIN=qq.com; PATH=/"))
    assert {(cookie.domain, cookie.value) for cookie in jar} == {(".web2.qq.com", "o01"), (".qq.com", "o02")}
    sent = cookie_header(jar, here)
    assert sent is not None
    assert sorted(sent.split("; ")) == ["p_uin=o01", "p_uin=o02"]
    assert cookie_header(jar, Request("http://ptlogin2.qq.com/")) == "p_uin=o02"


@pytest.mark.parametrize("value", ["b=c==", '"quoted"', '{"i_l":0}', "@abcdefgh", "a+/=*~", "x y", "\xe9\xff", ""])
def test_value_goes_back_as_it_came(value: str) -> None:
    jar = kept(f"name={value}; Path=/")
    assert cookie_header(jar, Request(URL)) == f"name={value}"
    assert f"\r\nCookie: name={value}\r\n".encode("latin-1") in serialize_request(
        Request(URL), cookie_header(jar, Request(URL))
    )


def test_jar_that_holds_what_no_header_can_is_refused_by_name() -> None:
    jar = kept("name=value")
    next(iter(jar)).value = "secret\r\nX: y"
    with pytest.raises(InvalidRequest, match="Cookie") as caught:
        serialize_request(Request(URL), cookie_header(jar, Request(URL)))
    assert "secret" not in str(caught.value)


# The rules of the jar hold.


def test_secure_cookie_goes_over_tls_only() -> None:
    jar = kept("a=1; Secure", "b=2")
    assert cookie_header(jar, Request(URL)) == "b=2"
    assert cookie_header(jar, Request(URL.replace("http:", "https:"))) == "a=1; b=2"


def test_cookie_of_a_path_goes_below_it_only() -> None:
    jar = kept("a=1; Path=/login", "b=2; Path=/")
    assert cookie_header(jar, Request(URL)) == "a=1; b=2"
    assert cookie_header(jar, Request("http://ssl.ptlogin2.qq.com/other")) == "b=2"


def test_expired_cookie_is_not_sent() -> None:
    jar = kept("a=1; Max-Age=100", "b=2")
    next(cookie for cookie in jar if cookie.name == "a").expires = 1
    assert cookie_header(jar, Request(URL)) == "b=2"


def test_policy_of_the_jar_decides() -> None:
    jar = CookieJar(DefaultCookiePolicy(blocked_domains=["ssl.ptlogin2.qq.com"]))
    keep_cookies(jar, Request(URL), response("a=1"))
    assert list(jar) == []
    modern = CookieJar(DefaultCookiePolicy(rfc2965=True))
    keep_cookies(modern, Request(URL), of(b'Set-Cookie: a=1\r\nSet-Cookie2: b=2; Version="1"\r\n'))
    assert sorted(cookie.name for cookie in modern) == ["a", "b"]


def test_response_without_cookies_changes_nothing() -> None:
    jar = kept("a=1")
    keep_cookies(jar, Request(URL), response())
    assert [cookie.name for cookie in jar] == ["a"]


def test_neither_request_nor_response_is_written_to() -> None:
    request, answer = Request(URL, b"x", {"X-A": "b"}), response("a=1", "b=2; Max-Age")
    before = dict(vars(request)), answer.headers.items()
    jar = CookieJar()
    keep_cookies(jar, request, answer)
    cookie_header(jar, request)
    assert (dict(vars(request)), answer.headers.items()) == before


@given(st.lists(st.text(st.characters(max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=40), max_size=4))
def test_noise_raises_nothing_and_hides_nothing(lines: list[str]) -> None:
    jar = kept("first=1", *lines, "last=2")
    assert {"first", "last"} <= {cookie.name for cookie in jar} | {line.partition("=")[0].strip() for line in lines}
    sent = cookie_header(jar, Request(URL))
    if sent is not None:
        serialize_request(Request(URL), sent)


@pytest.mark.parametrize("kind", [MozillaCookieJar, LWPCookieJar])
def test_file_of_a_jar_holds_all_kinds_of_cookies(kind: Any, tmp_path: Path) -> None:
    jar = kind(str(tmp_path / "jar"))
    keep_cookies(jar, Request(URL), response(*QQ, "host=1; Path=/login; Secure", "empty="))
    jar.save(ignore_discard=True)
    loaded = kind(str(tmp_path / "jar"))
    loaded.load(ignore_discard=True)
    for url in (URL, "https://ssl.ptlogin2.qq.com/login", "http://d.web2.qq.com/channel/poll2"):
        assert _sorted(cookie_header(loaded, Request(url))) == _sorted(cookie_header(jar, Request(url)))


def _sorted(header: str | None) -> list[str] | None:
    return None if header is None else sorted(header.split("; "))


# A jar of the engine's own kind is asked directly.


def test_own_jar_takes_and_gives_what_the_engine_brings() -> None:
    jar = RFC6265CookieJar()
    keep_cookies(jar, Request(URL), response(*QQ))
    sent = cookie_header(jar, Request("http://d.web2.qq.com/channel/poll2"))
    assert sent == (
        'pt2gguin=o0100200300; uin=o0100200300; skey=@abcdefgh; ptisp=os; RK=eH0+/=x y; odd="quoted; g_state={"i_l":0}'
    )
    assert cookie_header(jar, Request("http://unknown.example/")) is None


def test_own_cookie_header_of_a_request_wins_over_the_own_jar() -> None:
    jar = RFC6265CookieJar()
    keep_cookies(jar, Request(URL), response("a=b"))
    assert cookie_header(jar, Request(URL)) == "a=b"
    assert cookie_header(jar, Request(URL, headers={"Cookie": "c=d"})) is None


def test_own_jar_writes_to_no_request() -> None:
    jar = RFC6265CookieJar()
    request, answer = Request(URL, b"x", {"X-A": "b"}), response("a=1", "b=2; Max-Age")
    before = dict(vars(request))
    keep_cookies(jar, request, answer)
    assert cookie_header(jar, request) == "a=1; b=2"
    assert dict(vars(request)) == before


class StoredElsewhere(CookieJar):
    """A jar that keeps its cookies in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = list(kept("a=b; Path=/"))

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self.kept)

    def add_cookie_header(self, request: Request) -> None:
        request.add_unredirected_header("Cookie", "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.kept))


def test_jar_that_keeps_its_cookies_elsewhere_is_asked() -> None:
    jar = StoredElsewhere()
    assert cookie_header(jar, Request(URL)) == "a=b"
    jar.kept.clear()
    assert cookie_header(jar, Request(URL)) is None


def test_jar_that_was_cleared_one_by_one_gives_nothing() -> None:
    jar = kept("a=b; Path=/")
    jar.clear("ssl.ptlogin2.qq.com", "/", "a")
    assert cookie_header(jar, Request(URL)) is None
