"""The jar: what it takes, what it gives and in which order, what it lets go."""

import pickle
from collections.abc import Iterable
from email.message import Message
from http.cookiejar import Cookie, CookieJar
from types import SimpleNamespace
from typing import Any
from urllib.request import Request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.httpstream.http_state import CASES, SENT_TO, SET_BY
from webqq.httpstream import InvalidRequest
from webqq.httpstream.jar import (
    AGE_LIMIT,
    DOMAIN_LIMIT,
    HEADER_LIMIT,
    HTTP_ONLY,
    JAR_LIMIT,
    LINES_LIMIT,
    SENT_LIMIT,
    RFC6265CookieJar,
    has_no_dot,
)

NOW = 1_300_000_000  # in March 2011
HTTP = "http://www.example.org/a/b"
HTTPS = "https://www.example.org/a/b"


class Clock:
    """Seconds since the epoch that pass when told."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


def response(lines: Iterable[str]) -> Any:
    message = Message()
    message._headers = [("Set-Cookie", line) for line in lines]  # type: ignore[attr-defined]  # as the engine does
    return SimpleNamespace(info=lambda: message)


def jar_with(*lines: str, url: str = HTTPS, **options: Any) -> RFC6265CookieJar:
    jar = RFC6265CookieJar(**{"clock": Clock(), **options})
    jar.extract_cookies(response(lines), Request(url))
    return jar


def sent(jar: RFC6265CookieJar, url: str = HTTPS) -> str:
    return jar.header_for(Request(url)) or ""


def wire(text: str) -> str:
    return text.encode().decode("latin-1")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_cases_of_the_working_group(case):
    jar = jar_with(*map(wire, case.received), url=f"{SET_BY}?{case.name}")
    assert sent(jar, f"{case.to or SENT_TO}?{case.name}") == wire(case.sent if case.bis is None else case.bis)


def test_working_group_has_some_220_cases():
    assert len({case.name for case in CASES}) == len(CASES) > 215


# QQ: empty values that expire at once, attributes without a value and in capitals, one name for two domains.

QQ = "https://ssl.ptlogin2.qq.com/login?u=1"
LOGIN = (
    "pt2gguin=o0100200300;EXPIRES=Fri, 02-Jan-2037 00:00:00 GMT;PATH=/;DOMAIN=qq.com;",
    "uin=o0100200300;PATH=/;DOMAIN=qq.com;",
    "skey=@abcdefgh;PATH=/;DOMAIN=qq.com;",
    "superuin=o0100200300;PATH=/;DOMAIN=PTLOGIN2.qq.com;",
    "clientuin=;EXPIRES=Fri, 02-Jan-1970 00:00:00 GMT;PATH=/;DOMAIN=qq.com;",
    "ptisp=os;EXPIRES=;PATH=/;DOMAIN=qq.com;",
    "ptcz=;PATH=/;DOMAIN=qq.com;",
    'g_state={"i_l":0};PATH=/;DOMAIN=qq.com;',
)


def test_all_that_qq_sets_is_taken_and_comes_back_in_its_order():
    jar = jar_with(*LOGIN, url=QQ)
    assert sent(jar, "http://d.web2.qq.com/channel/poll2") == (
        'pt2gguin=o0100200300; uin=o0100200300; skey=@abcdefgh; ptisp=os; ptcz=; g_state={"i_l":0}'
    )
    assert "superuin=o0100200300" in sent(jar, "http://ptlogin2.qq.com/")


def test_p_uin_of_two_domains_is_two_cookies():
    check_sig = "http://ptlogin4.web2.qq.com/check_sig"
    jar = jar_with("p_uin=o01;PATH=/;DOMAIN=web2.qq.com;", "p_uin=o02;PATH=/;DOMAIN=qq.com;", url=check_sig)
    assert sent(jar, "http://d.web2.qq.com/channel/poll2") == "p_uin=o01; p_uin=o02"
    assert sent(jar, "http://w.qq.com/") == "p_uin=o02"
    jar.take_line("p_uin=;EXPIRES=Fri, 02-Jan-1970 00:00:00 GMT;PATH=/;DOMAIN=qq.com;", Request(check_sig))
    assert sent(jar, "http://d.web2.qq.com/channel/poll2") == "p_uin=o01"


# Domains.


@pytest.mark.parametrize(
    ("url", "domain", "kept_as"),
    [
        (HTTP, "example.org", ".example.org"),
        (HTTP, ".Example.ORG", ".example.org"),
        (HTTP, "www.example.org", ".www.example.org"),
        (HTTP, "", "www.example.org"),
        (HTTP, "org", None),
        (HTTP, "a.www.example.org", None),
        (HTTP, "evil.example", None),
        (HTTP, "ex\xe4mple.org", None),
        ("http://localhost/", "localhost", "localhost"),
        ("http://localhost/", "", "localhost"),
        ("http://127.0.0.1/", "127.0.0.1", "127.0.0.1"),
        ("http://127.0.0.1/", "0.0.1", None),
        ("http://127.0.0.1/", "", "127.0.0.1"),
        ("http://[::1]:8080/", "", "::1"),
        ("http://[::1]/", "[::1]", None),
        ("http://B\xfccher.example/", "xn--bcher-kva.example", ".xn--bcher-kva.example"),
    ],
)
def test_domain_is_kept_with_a_dot_and_a_host_alone_without(url, domain, kept_as):
    jar = jar_with(f"a=b; Domain={domain}", url=url)
    assert [cookie.domain for cookie in jar] == ([] if kept_as is None else [kept_as])
    assert bool(sent(jar, url)) is (kept_as is not None)


def test_cookie_of_the_host_alone_goes_to_no_host_below():
    jar = jar_with("a=b", url="http://example.org/")
    assert sent(jar, "http://example.org/") == "a=b"
    assert sent(jar, "http://www.example.org/") == ""
    assert sent(jar, "http://org/") == ""


def test_cookie_goes_to_all_ports_and_both_schemes_of_its_host():
    jar = jar_with("a=b; Path=/", url="http://www.example.org:81/")
    assert sent(jar, "https://WWW.example.org:444/x") == "a=b"


def test_public_suffixes_are_the_caller_s():
    def is_public_suffix(domain: str) -> bool:
        return domain in ("co.uk", "github.io")

    jar = jar_with("a=1; Domain=co.uk", "b=2; Domain=x.co.uk", url="http://x.co.uk/", is_public_suffix=is_public_suffix)
    assert [cookie.name for cookie in jar] == ["b"]
    own = jar_with("a=1; Domain=github.io", url="http://github.io/", is_public_suffix=is_public_suffix)
    assert [cookie.domain for cookie in own] == ["github.io"]
    assert (has_no_dot("com"), has_no_dot("co.uk")) == (True, False)


# Security.


def test_secure_cookie_is_neither_taken_from_nor_given_to_plain_http():
    assert list(jar_with("a=b; Secure", url=HTTP)) == []
    jar = jar_with("a=b; Secure")
    assert (sent(jar, HTTPS), sent(jar, HTTP)) == ("a=b", "")


@pytest.mark.parametrize(
    ("line", "is_refused"),
    [
        ("a=evil; Path=/a", True),
        ("a=evil; Path=/a/b", True),
        ("a=evil; Path=/", False),
        ("a=evil; Path=/ab", False),
        ("a=evil; Path=/a; Domain=example.org", True),
        ("a=evil; Path=/a; Domain=www.example.org", True),
        ("a=; Path=/a; Max-Age=0", True),
        ("A=other; Path=/a", False),
    ],
)
@pytest.mark.parametrize("domain", ["", "; Domain=example.org"])
def test_plain_http_leaves_secure_cookies_alone(line, is_refused, domain):
    jar = jar_with(f"a=good; Path=/a; Secure{domain}")
    taken = jar.take_line(line, Request(HTTP))
    assert (taken is None) is is_refused
    assert sent(jar, "https://www.example.org/a").startswith("a=good")


def test_other_hosts_secure_cookies_hinder_nobody():
    jar = jar_with("a=good; Path=/; Secure", url="https://other.example.org/")
    assert jar.take_line("a=b; Path=/", Request(HTTP)) is not None


def test_https_replaces_a_secure_cookie_by_one_that_is_not():
    jar = jar_with("a=1; Secure", "a=2")
    assert sent(jar, HTTP) == "a=2"


@pytest.mark.parametrize(
    ("line", "is_taken"),
    [
        ("__Secure-a=b; Secure", True),
        ("__Secure-a=b; Secure; Domain=example.org", True),
        ("__Secure-a=b", False),
        ("__secure-a=b", False),
        ("__Host-a=b; Secure; Path=/", True),
        ("__Host-a=b; Path=/", False),
        ("__Host-a=b; Secure", False),
        ("__Host-a=b; Secure; Path=/a", False),
        ("__Host-a=b; Secure; Path=/; Domain=www.example.org", False),
        ("__HOST-a=b; Secure", False),
        ("=__Host-a=b; Secure; Path=/", False),
        ("=__Secure-a=b; Secure", False),
        ("__Secure-a; Secure", False),
        ("__Hosta=b", True),
        ("a=__Host-b", True),
    ],
)
def test_prefix_of_a_name_is_a_promise(line, is_taken):
    assert len(jar_with(line)) == is_taken


def test_prefixed_name_is_not_taken_from_plain_http():
    assert len(jar_with("__Secure-a=b; Secure", "__Host-a=b; Secure; Path=/", url=HTTP)) == 0


def test_http_only_and_same_site_are_kept_and_decide_nothing():
    jar = jar_with("a=b; HttpOnly; SameSite=strict", "c=d")
    first, second = jar
    assert first.has_nonstandard_attr(HTTP_ONLY)
    assert first.get_nonstandard_attr("SameSite") == "Strict"
    assert not second.has_nonstandard_attr(HTTP_ONLY)
    assert not second.has_nonstandard_attr("SameSite")
    assert sent(jar) == "a=b; c=d"


# Paths.


@pytest.mark.parametrize(
    ("url", "path", "kept_as"),
    [
        ("http://x.example/a/b?c=/d/e#/f/g", "", "/a"),
        ("http://x.example/a/b", "; Path", "/a"),
        ("http://x.example/a/b", "; Path=c", "/a"),
        ("http://x.example/a/b", "; Path=/", "/"),
        ("http://x.example/a/b", "; Path=/other", "/other"),
        ("http://x.example", "", "/"),
        ("http://x.example?a=/b/c", "", "/"),
    ],
)
def test_path_is_the_attribute_s_or_the_folder_of_the_request(url, path, kept_as):
    assert [cookie.path for cookie in jar_with(f"a=b{path}", url=url)] == [kept_as]


def test_query_is_no_part_of_the_path():
    jar = jar_with("a=b; Path=/a")
    assert sent(jar, "https://www.example.org/a?x=/y") == "a=b"
    assert sent(jar, "https://www.example.org/?x=/a") == ""


# Time.


def test_max_age_goes_before_expires():
    jar = jar_with(
        "a=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "b=2; Expires=Thu, 01 Jan 2015 00:00:00 GMT; Max-Age=0",
    )
    assert [(cookie.name, cookie.expires) for cookie in jar] == [("a", NOW + 10)]


def test_cookie_is_gone_when_its_time_is_over():
    clock = Clock()
    jar = jar_with("a=1; Max-Age=10", "b=2", clock=clock)
    clock.now += 9
    assert sent(jar) == "a=1; b=2"
    clock.now += 1
    assert sent(jar) == "b=2"


def test_cookie_that_is_over_removes_the_one_it_would_replace_and_no_other():
    jar = jar_with("a=1", "a=2; Path=/a/b", "a=3; Domain=example.org")
    assert jar.take_line("a=; Max-Age=0", Request(HTTPS)) is not None
    assert sorted(cookie.value or "" for cookie in jar) == ["2", "3"]
    jar.take_line("never=; Max-Age=0", Request("https://unknown.example/"))
    assert len(jar) == 2


@pytest.mark.parametrize("age", ["Max-Age=" + "9" * 1000, "Expires=Fri, 31 Dec 9999 23:59:59 GMT"])
def test_no_server_sets_a_cookie_for_ever(age):
    (cookie,) = jar_with(f"a=b; {age}")
    assert cookie.expires == NOW + AGE_LIMIT


def test_cookie_without_time_ends_with_the_session():
    first, second = jar_with("a=b", "c=d; Max-Age=5")
    assert (first.discard, first.expires) == (True, None)
    assert not second.discard


# Order.


def test_longer_paths_go_first_then_older_cookies():
    jar = jar_with("c=1; Path=/", "b=2; Path=/a", "a=3; Path=/; Domain=example.org", "d=4; Path=/a/b", "e=5; Path=/a")
    assert sent(jar) == "d=4; b=2; e=5; c=1; a=3"


def test_replaced_cookie_keeps_its_place():
    jar = jar_with("a=1", "b=2", "a=3")
    assert sent(jar) == "a=3; b=2"


def test_removed_cookie_that_comes_again_goes_last():
    assert sent(jar_with("a=1", "b=2", "a=; Max-Age=0", "a=3")) == "b=2; a=3"


def test_cookies_without_a_name_are_one_cookie():
    assert sent(jar_with("foo", "a=b", "=bar")) == "bar; a=b"


# What programs put in.


def cookie(
    name: str = "a", value: str | None = "b", domain: str = "www.example.org", port: str | None = None
) -> Cookie:
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=port,
        port_specified=port is not None,
        domain=domain,
        domain_specified=True,
        domain_initial_dot=False,
        path="/",
        path_specified=True,
        secure=False,
        expires=None,
        discard=True,
        comment=None,
        comment_url=None,
        rest={},
    )


def test_cookie_of_a_program_is_taken_as_it_is():
    jar = RFC6265CookieJar()
    mine = cookie()
    jar.set_cookie(mine)
    assert list(jar) == [mine]
    assert sent(jar) == "a=b"
    assert sent(jar, "https://below.www.example.org/") == ""


def test_cookie_without_a_domain_goes_nowhere():
    jar = RFC6265CookieJar()
    jar.set_cookie(cookie(domain=""))
    assert sent(jar) == ""


def test_standard_library_s_cookies_without_a_name_are_known():
    jar = RFC6265CookieJar()
    theirs = cookie("foo", None)
    jar.set_cookie(theirs)
    assert sent(jar) == "foo"
    assert (theirs.name, theirs.value) == ("foo", None)


def test_port_of_a_cookie_is_kept_to():
    jar = RFC6265CookieJar()
    jar.set_cookie(cookie(port="80,8080"))
    assert sent(jar, "http://www.example.org/") == "a=b"
    assert sent(jar, "http://www.example.org:8080/") == "a=b"
    assert sent(jar, "http://www.example.org:808/") == ""


def test_cookies_that_got_in_by_the_side_are_given():
    jar = RFC6265CookieJar()
    jar._cookies = {"www.example.org": {"/": {"a": cookie()}}}
    assert sent(jar) == "a=b"
    jar._cookies["www.example.org"]["/"]["foo"] = cookie("foo", None)
    assert sent(jar) == "a=b; foo"


# A jar like any other.


def test_methods_of_the_standard_library_s_jar_work():
    jar = jar_with("a=1", "b=2; Max-Age=50; Path=/", "c=3; Domain=example.org")
    assert isinstance(jar, CookieJar)
    assert len(jar) == 3
    jar.clear("www.example.org", "/a", "a")
    assert sent(jar) == "c=3; b=2"
    jar.clear_session_cookies()
    assert sent(jar) == "b=2"
    jar.clear()
    assert (sent(jar), len(jar)) == ("", 0)


def test_cookies_are_pickled_with_their_order():
    jar = jar_with("b=1", "a=2; Domain=example.org", "c=3")
    loaded = RFC6265CookieJar(clock=Clock())
    for one in pickle.loads(pickle.dumps(jar.cookies_for(Request(HTTPS)))):  # noqa: S301  # its own
        loaded.set_cookie(one)
    assert sent(loaded) == sent(jar) == "b=1; a=2; c=3"


def test_header_is_added_to_a_request_that_has_none():
    jar = jar_with("a=b")
    request = Request(HTTPS)
    jar.add_cookie_header(request)
    assert request.unredirected_hdrs == {"Cookie": "a=b"}
    own = Request(HTTPS, headers={"Cookie": "c=d"})
    jar.add_cookie_header(own)
    other = Request("https://unknown.example/")
    jar.add_cookie_header(other)
    assert own.unredirected_hdrs == other.unredirected_hdrs == {}


def test_made_cookies_are_not_taken():
    jar = RFC6265CookieJar(clock=Clock())
    made = jar.make_cookies(response(["a=b", "c=d; Domain=evil.example", "e=f"]), Request(HTTPS))
    assert [cookie.name for cookie in made] == ["a", "e"]
    assert len(jar) == 0


def test_cookies_for_a_request_are_cookies():
    jar = jar_with("a=b", "c=d; Path=/a/b")
    assert [cookie.name for cookie in jar.cookies_for(Request(HTTPS))] == ["c", "a"]
    assert jar.cookies_for(Request("https://unknown.example/")) == []


def test_url_of_another_scheme_is_refused():
    with pytest.raises(InvalidRequest):
        jar_with("a=b").cookies_for(Request("ftp://www.example.org/"))


def test_no_value_is_shown(caplog):
    caplog.set_level("DEBUG", "webqq.httpstream")
    jar = jar_with("name=secret", "other=secret; Domain=evil.example")
    assert str(jar) == repr(jar) == "<RFC6265CookieJar [name@www.example.org/a]>"
    assert "refused" in caplog.text
    assert "secret" not in caplog.text


def test_empty_for_a_host_is_told_at_once():
    jar = jar_with("a=b; Domain=example.org", "c=d")
    assert [jar.is_empty_for(host) for host in ("www.example.org", "x.example.org", "example.org")] == [False] * 3
    assert [jar.is_empty_for(host) for host in ("org", "other.example", "127.0.0.1")] == [True] * 3
    jar.clear(".example.org", "/a", "a")
    assert jar.is_empty_for("example.org")


# Limits.


def test_lines_above_50_of_one_response_are_not_read():
    jar = jar_with(*(f"a{number}=b" for number in range(LINES_LIMIT + 1)))
    assert len(jar) == LINES_LIMIT
    assert "a49" in {cookie.name for cookie in jar}


def fill(jar: RFC6265CookieJar, count: int, url: str = "https://www.example.org/", line: str = "a{}=b") -> None:
    for number in range(count):
        jar.take_line(line.format(number), Request(url.format(number)))


def test_request_has_150_cookies_at_most_and_loses_the_last():
    jar = RFC6265CookieJar()
    fill(jar, SENT_LIMIT + 10)
    jar.take_line("last=but first; Path=/a", Request(HTTPS))
    pairs = sent(jar).split("; ")
    assert len(pairs) == SENT_LIMIT
    assert (pairs[0], pairs[-1]) == ("last=but first", "a148=b")


def test_header_has_8190_octets_at_most():
    jar = RFC6265CookieJar()
    fill(jar, 9, line="a{}=" + "b" * 900)
    header = sent(jar)
    assert header.count("=") == 9
    assert HEADER_LIMIT - 910 < len(header) <= HEADER_LIMIT
    fill(jar, 3, line="c{}=" + "d" * 4000)
    assert sent(jar) == header


def test_header_may_have_exactly_8190_octets():
    jar = RFC6265CookieJar()
    fill(jar, 2, line="a{}=" + "b" * 4091)
    assert len(sent(jar)) == 8190
    jar.take_line("a1=" + "b" * 4092, Request("https://www.example.org/"))
    assert sent(jar) == "a0=" + "b" * 4091


def test_single_cookie_of_a_program_that_no_header_can_hold_is_left_out():
    jar = RFC6265CookieJar()
    jar.set_cookie(cookie(value="x" * HEADER_LIMIT))
    assert jar.header_for(Request(HTTPS)) is None


def test_domain_has_180_cookies_at_most_and_loses_those_not_used_for_longest():
    jar = RFC6265CookieJar()
    fill(jar, 1, line="used{}=x; Path=/used")
    fill(jar, DOMAIN_LIMIT - 1)
    assert len(jar) == DOMAIN_LIMIT
    sent(jar, "https://www.example.org/used")
    fill(jar, 1, line="new{}=x")
    names = {cookie.name for cookie in jar}
    assert DOMAIN_LIMIT * 0.8 < len(names) <= DOMAIN_LIMIT
    assert {"new0", "a178"} <= names
    assert "a0" not in names
    fill(jar, 5 * DOMAIN_LIMIT, line="more{}=x")
    assert len(jar) <= DOMAIN_LIMIT


def test_used_cookie_outlives_an_idle_one():
    jar = RFC6265CookieJar()
    fill(jar, 1, line="used{}=x; Path=/used")
    fill(jar, DOMAIN_LIMIT - 1, line="a{}=b; Path=/idle")
    sent(jar, "https://www.example.org/used")
    fill(jar, 1, line="new{}=x")
    names = {cookie.name for cookie in jar}
    assert "used0" in names
    assert "a0" not in names


def test_expired_cookies_make_room_first():
    clock = Clock()
    jar = RFC6265CookieJar(clock=clock)
    fill(jar, 30, line="old{}=x; Max-Age=5")
    fill(jar, DOMAIN_LIMIT - 30)
    clock.now += 5
    fill(jar, 1, line="new{}=x")
    assert {cookie.name[0] for cookie in jar} == {"a", "n"}
    assert len(jar) == DOMAIN_LIMIT - 29


def test_plain_http_does_not_push_out_secure_cookies():
    jar = RFC6265CookieJar()
    fill(jar, 20, line="good{}=x; Secure")
    fill(jar, 3 * DOMAIN_LIMIT, url="http://www.example.org/")
    assert sum(cookie.name.startswith("good") for cookie in jar) == 20


def test_jar_has_3000_cookies_at_most():
    jar = RFC6265CookieJar()
    fill(jar, JAR_LIMIT, url="https://h{}.example.org/")
    assert len(jar) == JAR_LIMIT
    fill(jar, 1, url="https://new.example.org/", line="new{}=x")
    assert JAR_LIMIT * 0.8 < len(jar) <= JAR_LIMIT
    assert sent(jar, "https://new.example.org/") == "new0=x"
    assert sent(jar, "https://h0.example.org/") == ""
    # Nothing is left of who was pushed out.
    assert len(jar._cookies) == len(jar)


def test_cleared_cookies_do_not_count():
    jar = RFC6265CookieJar()
    for _ in range(3):
        fill(jar, JAR_LIMIT // 2, url="https://h{}.example.org/")
        jar.clear()
    fill(jar, JAR_LIMIT, url="https://h{}.example.org/")
    assert len(jar) == JAR_LIMIT


@given(st.lists(st.text(st.characters(max_codepoint=0xFF), max_size=40), max_size=6))
def test_noise_raises_nothing(lines):
    jar = jar_with("first=1", *lines, "last=2")
    header = sent(jar)
    assert "last=2" in header or any("last" in line for line in lines)
    assert "\r" not in header
    assert "\n" not in header
