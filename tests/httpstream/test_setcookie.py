"""One ``Set-Cookie`` line, dates, domains and paths, each by the steps of its algorithm."""

from calendar import timegm

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.httpstream.http_state import DATES
from webqq.httpstream.setcookie import (
    ATTRIBUTE_LIMIT,
    PAIR_LIMIT,
    SetCookie,
    default_path,
    is_address,
    is_domain_match,
    is_path_match,
    parse_date,
    parse_set_cookie,
)


def said(line: str) -> SetCookie:
    found = parse_set_cookie(line)
    assert found is not None
    return found


# RFC 6265bis 5.6: the pair.


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("a=b", "a", "b"),
        ("a=", "a", ""),
        ("a=b=c==", "a", "b=c=="),
        (" \ta\t =\t b \t", "a", "b"),
        ("a b=c d", "a b", "c d"),
        ("a=b;c=d", "a", "b"),
        ("a=b;", "a", "b"),
        ('a="b; c"', "a", '"b'),
        ("a=b,c=d", "a", "b,c=d"),
        ("a=b\tc", "a", "b\tc"),
        ('g_state={"i_l":0}', "g_state", '{"i_l":0}'),
        ("\xe9=\xff", "\xe9", "\xff"),
        ("a", "", "a"),
        ("=a", "", "a"),
        ("a; b=c", "", "a"),
        ("\xa0a=b\xa0", "\xa0a", "b\xa0"),
    ],
)
def test_pair_is_what_stands_before_the_first_semicolon(line, name, value):
    assert (said(line).name, said(line).value) == (name, value)


@pytest.mark.parametrize("line", ["", "=", " \t", " = ", ";", "; Path=/", "=; Path=/"])
def test_line_without_name_and_value_is_none(line):
    assert parse_set_cookie(line) is None


@pytest.mark.parametrize("control", [chr(code) for code in (*range(0x20), 0x7F) if code != 0x09])
@pytest.mark.parametrize("line", ["a{}=b", "a=b{}c", "a=b; Path=/{}", "{}a=b", "a=b; X{}"])
def test_line_with_a_control_is_none(line, control):
    assert parse_set_cookie(line.format(control)) is None


def test_pair_may_have_4096_octets_and_no_more():
    assert len(said("a" * 96 + "=" + "b" * (PAIR_LIMIT - 96)).value) == 4000
    assert parse_set_cookie("a" * 96 + "=" + "b" * (PAIR_LIMIT - 95)) is None
    assert parse_set_cookie("a" * (PAIR_LIMIT + 1)) is None


# The attributes.


def test_line_without_attributes_has_none():
    assert said("a=b") == SetCookie("a", "b")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("Domain=qq.com", {"domain": "qq.com"}),
        ("DOMAIN=PTLOGIN2.qq.com", {"domain": "ptlogin2.qq.com"}),
        ("Domain=.qq.com", {"domain": "qq.com"}),
        ("Domain=..qq.com", {"domain": ".qq.com"}),
        *((f"Domain{rest}", {}) for rest in ("", "=", "= ", "=.")),
        ("Domain=a.com; Domain=", {"domain": "a.com"}),
        ("Domain=a.com; Domain=.", {}),
        ("Path=/a", {"path": "/a"}),
        ("pATH = /a ", {"path": "/a"}),
        *((f"Path{rest}", {"path": ""}) for rest in ("", "=", "=a", '="/a"')),
        ("Path=/a; Path=/b", {"path": "/b"}),
        ("Expires=Fri, 02-Jan-1970 00:00:00 GMT", {"expires": 86400}),
        ("EXPIRES=", {}),
        ("Expires", {}),
        ("Expires=never", {}),
        ("Expires=Fri, 02-Jan-1970 00:00:00 GMT; Expires=never", {"expires": 86400}),
        ("Max-Age=10", {"max_age": 10}),
        ("max-age=-1", {"max_age": -1}),
        ("Max-Age=007", {"max_age": 7}),
        ("Max-Age=" + "9" * 1000, {"max_age": int("9" * 1000)}),
        *(
            (f"Max-Age{rest}", {})
            for rest in ("", "=", "=x", "=1x", "=+1", "=1e9", "=1.5", "=-", "=1_0", "=--1", "=\xb2")
        ),
        ("Max-Age=10; Max-Age=x", {"max_age": 10}),
        ("Secure", {"secure": True}),
        ("secure=no", {"secure": True}),
        ("Secure x", {}),
        ("HttpOnly", {"http_only": True}),
        ("HTTPONLY=x", {"http_only": True}),
        ("SameSite=Lax", {"same_site": "Lax"}),
        ("samesite=STRICT", {"same_site": "Strict"}),
        ("SameSite=none", {"same_site": "None"}),
        ("SameSite=sometimes", {}),
        ("SameSite=Lax; SameSite=x", {}),
        ("Version=1; Comment=x; Priority=High; Partitioned; ; =; =x; ===", {}),
    ],
)
def test_attribute_is_read_or_ignored(attributes, expected):
    assert said(f"a=b; {attributes}") == SetCookie("a", "b", **expected)
    assert said(f"a=b;{attributes};") == SetCookie("a", "b", **expected)


def test_attribute_above_1024_octets_counts_as_not_sent():
    assert said("a=b; Path=/" + "c" * (ATTRIBUTE_LIMIT - 1)).path == "/" + "c" * (ATTRIBUTE_LIMIT - 1)
    assert said("a=b; Path=/" + "c" * ATTRIBUTE_LIMIT).path is None
    assert said("a=b; Path=/d; Path=/" + "c" * ATTRIBUTE_LIMIT).path == "/d"
    assert said("a=b; Max-Age=" + "9" * 5000).max_age is None


@given(st.text(st.characters(max_codepoint=0xFF), max_size=60))
def test_no_line_raises(line):
    found = parse_set_cookie(line)
    assert found is None or (found.name or found.value)


# RFC 6265 5.1.1: dates.


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_dates_of_the_working_group(text, expected):
    assert parse_date(text) == (None if expected is None else timegm(expected))


WINTER = timegm((2031, 2, 3, 4, 5, 6))


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 03 Feb 2031 04:05:06 GMT",
        "Mon, 03-Feb-2031 04:05:06 GMT",
        "Mon, 3-feb-31 4:5:6",
        "3 FEBRUARY 2031 04:05:06",
        "04:05:06 3 2031 Feb",
        "2031 Feb 3 04:05:06",  # four digits are no day
        "Feb 3 31 04:05:06",
        "3 31 Feb 04:05:06",
        "03/Feb\\2031 (04:05:06)",
        "03Feb Feb 2031 04:05:06",  # the day ends where the digits do
        "Feb 03 2031x 04:05:06x",
        "03 Feb 2031 04:05:06 23:59:59",  # the first of each kind counts
        "03 Feb 2031 04:05:06 04 Mar 2032",
        "03 Feb 2031 04:05:06 +0800",  # zones are not looked at
        "03 Feb 2031 04:05:06 PST",
        "x:y:z ::00 03 Feb 2031 04:05:06",
        "03\tFeb;2031<04:05:06>",
        "03 Feb 2031 04:05:06\xff",
    ],
)
def test_date_is_found_in_any_order_and_spelling(text):
    assert parse_date(text) == WINTER


@pytest.mark.parametrize(
    "text",
    [
        *("", "never", "0", "-1", "03 Feb 2031", "Feb 2031 04:05:06", "03 2031 04:05:06", "03 Feb 04:05:06"),
        *("00 Feb 2031 04:05:06", "32 Jan 2031 04:05:06", "29 Feb 2031 04:05:06", "31 Apr 2031 04:05:06"),
        *("03 Feb 2031 24:05:06", "03 Feb 2031 04:60:06", "03 Feb 2031 04:05:60", "03 Feb 1600 04:05:06"),
        *("003 Feb 2031 04:05:06", "03 Feb 20310 04:05:06", "03 Feb 2 04:05:06", "03 Feb 2031 004:05:06"),
        *("03 Feb 2031 04:05:006", "03 Feb 2031 04:05", "03 Fe 2031 04:05:06", "03 Fbe 2031 04:05:06"),
        "03 Feb 2031 99:05:06 04:05:06",  # the first time counts, and is none
        "03 Feb " + "9" * 5000 + " 04:05:06",
        "\u0663 Feb 2031 04:05:06",
    ],
)
def test_what_is_no_date_gives_none(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(("short", "full"), [("70", 1970), ("99", 1999), ("00", 2000), ("69", 2069), ("100", None)])
def test_years_of_two_digits_are_those_around_now(short, full):
    expected = None if full is None else timegm((full, 1, 1, 0, 0, 0))
    assert parse_date(f"1 Jan {short} 00:00:00") == expected


def test_leap_days_and_the_calendar_s_first_year():
    assert parse_date("29 Feb 2028 00:00:00") == timegm((2028, 2, 29, 0, 0, 0))
    assert parse_date("1 Jan 1601 00:00:00") == -11644473600


@pytest.mark.parametrize("month", ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
def test_months_in_their_order(month):
    number = "JanFebMarAprMayJunJulAugSepOctNovDec".index(month) // 3 + 1
    assert parse_date(f"1 {month} 2031 0:0:0") == timegm((2031, number, 1, 0, 0, 0))


# RFC 6265 5.1.3: domains.


@pytest.mark.parametrize(
    ("host", "domain", "expected"),
    [
        ("qq.com", "qq.com", True),
        ("w.qq.com", "qq.com", True),
        ("d.web2.qq.com", "qq.com", True),
        ("notqq.com", "qq.com", False),
        ("qq.com", "w.qq.com", False),
        ("qq.com.evil.example", "qq.com", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "0.0.1", False),
        ("127.0.0.1", "1", False),
        ("::1", "::1", True),
        ("a::1", "", False),
        ("1.2.3.example", "example", True),
        ("localhost", "localhost", True),
    ],
)
def test_domain_matches_itself_and_names_below(host, domain, expected):
    assert is_domain_match(host, domain) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *(
            (host, True)
            for host in ("127.0.0.1", "1", "0x7f.1", "1.2.3.4.", "::1", "2001:db8::1", "a.0X1", "fe80::1%25lo")
        ),
        *(
            (host, False)
            for host in ("qq.com", "localhost", "1.example", "4chan.org", "x0x1", "a.1b", "1.2.3.4.example")
        ),
    ],
)
def test_address_is_what_ends_in_a_number(host, expected):
    assert is_address(host) is expected


# RFC 6265 5.1.4: paths.


@pytest.mark.parametrize(
    ("path", "expected"),
    [("", "/"), ("/", "/"), ("/a", "/"), ("/a/", "/a"), ("/a/b", "/a"), ("/a/b/c", "/a/b"), ("a/b", "/"), ("//", "/")],
)
def test_default_path_is_the_folder(path, expected):
    assert default_path(path) == expected


@pytest.mark.parametrize(
    ("path", "cookie_path", "expected"),
    [
        ("/", "/", True),
        ("/a", "/", True),
        ("/a", "/a", True),
        ("/a/", "/a", True),
        ("/a/b", "/a", True),
        ("/a/b", "/a/", True),
        ("/ab", "/a", False),
        ("/a", "/a/", False),
        ("/A", "/a", False),
        ("/", "/a", False),
        ("/%61", "/a", False),
        ("/a//b", "/a/", True),
    ],
)
def test_path_matches_itself_and_what_is_below(path, cookie_path, expected):
    assert is_path_match(path, cookie_path) is expected
