"""What may come after an answer, or after none."""

import re
from http.cookiejar import CookieJar
from urllib.request import Request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.cookies import cookie_header
from webqq.httpstream.errors import RedirectError
from webqq.httpstream.follow import MAX_CHAIN_HEAD, SENSITIVE, Redirects, can_rewind, may_resend, next_request
from webqq.httpstream.origin import host_header, origin_of, proxy_of

URL = "http://example.com/"
SECRETS = {"Authorization": "Basic eDp5", "Cookie": "a=1", "Proxy-Authorization": "Basic eDp5", "X-Api-Key": "k"}


class Rewindable:
    def __init__(self, can_rewind: bool) -> None:
        self.can_rewind = can_rewind

    def __iter__(self) -> "Rewindable":
        return self

    def __next__(self) -> bytes:
        raise StopIteration


def followed(location: str, url: str = "http://example.com/a/b?c", *, allow_downgrade: bool = False) -> Request:
    following = next_request(Request(url), 302, location, allow_downgrade=allow_downgrade)
    assert following is not None
    return following


def target(location: str, url: str = "http://example.com/a/b?c") -> str:
    return followed(location, url).full_url


def after(request: Request, status: int, location: str = "/next") -> Request | None:
    return next_request(request, status, location)


# Once more after a connection that was kept.


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
def test_idempotent_methods_may_go_again(method: str) -> None:
    assert may_resend(Request(URL, method=method), was_written=True)


@pytest.mark.parametrize("method", ["POST", "PATCH", "CONNECT", "get", "LOCK"])
def test_others_may_only_if_nothing_was_written(method: str) -> None:
    assert not may_resend(Request(URL, method=method), was_written=True)
    assert may_resend(Request(URL, method=method), was_written=False)


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "X-Idempotency-Key"])
def test_idempotency_key_vouches_for_the_request(name: str) -> None:
    assert may_resend(Request(URL, b"x", {name: "1"}), was_written=True)


def test_bytes_can_be_sent_twice_and_other_bodies_must_say_so() -> None:
    for data in (None, b"", b"x", bytearray(b"x"), memoryview(b"x"), Rewindable(True)):
        assert can_rewind(Request(URL, data))
    assert not can_rewind(Request(URL, Rewindable(False)))
    assert not can_rewind(Request(URL, iter([b"x"])))


# What is a redirect.


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 306, 309, 401, 503])
def test_other_statuses_redirect_nowhere(status: int) -> None:
    assert after(Request(URL), status) is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", [None, "", " \t"])
def test_redirect_without_location_is_the_callers(status: int, location: str | None) -> None:
    assert next_request(Request(URL), status, location) is None


# Method and body.


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        *((status, method, method) for status in (301, 302, 303, 307, 308) for method in ("GET", "HEAD")),
        *((status, "POST", "GET") for status in (301, 302, 303)),
        *((status, method, method) for status in (301, 302) for method in ("PUT", "DELETE", "PATCH", "post")),
        *((303, method, "GET") for method in ("PUT", "DELETE", "PATCH", "OPTIONS")),
        *((status, method, method) for status in (307, 308) for method in ("POST", "PUT", "PATCH")),
    ],
)
def test_method_changes_as_in_the_fetch_standard(status: int, method: str, expected: str) -> None:
    following = after(Request(URL, b"x", {"Content-Type": "text/plain"}, method=method), status)
    assert following is not None
    assert following.get_method() == expected
    kept = expected == method
    assert following.data == (b"x" if kept else None)
    assert following.has_header("Content-type") is kept


def test_method_that_data_implies_is_kept() -> None:
    following = after(Request(URL, b"x"), 307)
    assert following is not None
    assert following.get_method() == "POST"


def test_headers_of_the_body_stay_with_it() -> None:
    of_body = ("Content-Type", "Content-Length", "Content-Encoding", "content-language", "Expect", "Trailer")
    headers = {"Accept": "*/*", **dict.fromkeys(of_body, "x")}
    following = after(Request(URL, b"x", headers), 303)
    assert following is not None
    assert following.headers == {"Accept": "*/*"}


@pytest.mark.parametrize("status", [307, 308])
def test_body_that_cannot_go_again_hands_the_answer_back(status: int) -> None:
    assert after(Request(URL, iter([b"x"])), status) is None
    assert after(Request(URL, Rewindable(False)), status) is None
    body = Rewindable(True)
    following = after(Request(URL, body), status)
    assert following is not None
    assert following.data is body


def test_body_that_stays_behind_need_not_go_again() -> None:
    following = after(Request(URL, iter([b"x"])), 303)
    assert following is not None
    assert following.data is None


def test_nothing_that_can_change_is_shared() -> None:
    data = bytearray(b"x")
    request = Request(URL, data, {"Accept": "*/*"})
    following = after(request, 307)
    assert following is not None
    following.add_header("Accept", "text/html")
    data[:] = b"y"
    assert request.headers == {"Accept": "*/*"}
    assert following.data == b"x"


# Where to.


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("d", "http://example.com/a/d"),
        ("/d", "http://example.com/d"),
        ("../../d", "http://example.com/d"),
        ("?d", "http://example.com/a/b?d"),
        ("#d", "http://example.com/a/b?c#d"),
        ("//other.example/d", "http://other.example/d"),
        ("http://other.example", "http://other.example"),
        ("HTTPS://Other.Example:8443/D", "https://Other.Example:8443/D"),
        ("http://[::1]:81/", "http://[::1]:81/"),
        # As browsers read it: blanks around, line ends within, backslashes, too many slashes.
        ("  /d\t", "http://example.com/d"),
        ("/d\te", "http://example.com/de"),
        ("\\\\other.example\\d?e\\f", "http://other.example/d?e\\f"),
        ("///other.example/d", "http://other.example/d"),
        ("http:////other.example/d", "http://other.example/d"),
        ("/d//e", "http://example.com/d//e"),
        ("d//e", "http://example.com/a/d//e"),
        ("http://other.example/d/../e/.", "http://other.example/e/"),
        ("?", "http://example.com/a/b"),
    ],
)
def test_location_is_read_as_browsers_do(location: str, expected: str) -> None:
    assert target(location) == expected


@pytest.mark.parametrize(
    ("base", "location", "expected"),
    [
        ("http://example.com", "d", "/d"),
        ("http://example.com?c", "d", "/d"),
        ("http://example.com/a//b", "d", "/a//d"),
        ("http://example.com/a//b/c", "../d", "/a//d"),
        ("http://example.com/a//b", "../../d", "/d"),
        ("http://example.com/a/b", "..", "/"),
        ("http://example.com/a/b", "./..//d/./", "//d/"),
        ("http://example.com/a/b;c", "d;e=1/../f", "/a/f"),
    ],
)
def test_relative_location_is_resolved_with_the_empty_segments_of_paths(
    base: str, location: str, expected: str
) -> None:
    following = next_request(Request(base), 302, location)
    assert following is not None
    assert following.full_url == "http://example.com" + expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/a b", "/a%20b"),
        ("/?q=a b", "/?q=a%20b"),
        ('/"<>`{}?"<>', "/%22%3C%3E%60%7B%7D?%22%3C%3E"),
        ("/100%25?a%20b&c=%", "/100%25?a%20b&c=%"),
        ("/a|b^c[d]?{e}'", "/a|b^c[d]?{e}'"),
        ("/\x01?\x7f", "/%01?%7F"),
        # The bytes of UTF-8, and others, as a header's Latin-1 text.
        ("/\u5317\u4eac?\u4eac".encode().decode("latin-1"), "/%E5%8C%97%E4%BA%AC?%E4%BA%AC"),
        ("/\xff?\xe9", "/%FF?%E9"),
        # Text already.
        ("/\u5317", "/%E5%8C%97"),
    ],
)
def test_what_cannot_be_sent_is_percent_encoded_once(location: str, expected: str) -> None:
    assert target(location) == "http://example.com" + expected


def test_host_beyond_ascii_becomes_idna() -> None:
    location = "http://b\u00fccher.example:81/\u00fc".encode().decode("latin-1")
    assert target(location) == "http://xn--bcher-kva.example:81/%C3%BC"


@pytest.mark.parametrize(
    ("location", "expected"), [("/d", "/d#here"), ("/d#there", "/d#there"), ("/d#", "/d"), ("/d#a b", "/d#a%20b")]
)
def test_fragment_is_inherited(location: str, expected: str) -> None:
    assert target(location, "http://example.com/#here") == "http://example.com" + expected


@pytest.mark.parametrize(
    "location",
    [
        *("ftp://example.com/", "file:///etc/passwd", "mailto:a@b", "javascript:alert(1)", "data:,x", "https:/d"),
        *("https://", "http://:80/", "http://exa mple.com/", "http://a:99999/", "http://a:x/", "http://a%2fb/"),
        *("http://[::1/", "//[", "http://\xff.example/", "http://a..\xe9/"),
        # Whatever host the request had, these name none.
        *("http://", "http:///", "//", "///", "HTTP://?a", "//#a", "http:\\\\"),
        # What IDNA makes of it is no name.
        "http://%25ff\u00b3.example/".encode().decode("latin-1"),
        "http://\u2100.example/".encode().decode("latin-1"),
    ],
)
def test_unusable_location_is_an_error(location: str) -> None:
    with pytest.raises(RedirectError):
        followed(location)


@pytest.mark.parametrize(
    "location", ["http://user:secret@example.com/", "//secret@example.com/", "/\\secret@example.com"]
)
def test_credentials_in_a_location_are_refused_and_not_told(location: str) -> None:
    with pytest.raises(RedirectError, match="credentials") as caught:
        followed(location)
    assert "secret" not in str(caught.value)


def test_giving_up_tls_is_refused_unless_allowed() -> None:
    with pytest.raises(RedirectError, match="from https to http"):
        followed("http://example.com/", "https://example.com/")
    assert followed("http://example.com/", "https://example.com/", allow_downgrade=True).full_url == URL
    assert target("https://example.com/") == "https://example.com/"


@given(st.text(st.characters(max_codepoint=0xFF)) | st.text() | st.text(st.sampled_from("ab:/\\@?#%.[]\x00 \t\xff")))
def test_whatever_is_followed_can_be_sent(rest: str) -> None:
    for location in (rest, "http:" + rest):
        try:
            following = after(Request("http://example.com/a/b?c"), 302, location)
        except RedirectError:
            continue
        if following is not None:
            assert re.fullmatch(r"[\x21-\x7e]*", following.full_url)
            assert host_header(following).isascii()


# What goes along.


@pytest.mark.parametrize(
    "location", ["//other.example/", "https://example.com/", "//example.com:81/", "//a.example.com/"]
)
def test_secrets_stay_with_their_origin(location: str) -> None:
    following = next_request(Request(URL, headers={**SECRETS, "Accept": "*/*"}), 302, location, sensitive=["X-API-KEY"])
    assert following is not None
    assert following.headers == {"Accept": "*/*"}


@pytest.mark.parametrize("location", ["/next", "http://EXAMPLE.com:80/next"])
def test_secrets_go_along_within_their_origin(location: str) -> None:
    following = next_request(Request(URL, headers=SECRETS), 302, location, sensitive=["X-API-KEY"])
    assert following is not None
    assert {name.lower(): value for name, value in following.headers.items()} == {
        name.lower(): value for name, value in SECRETS.items()
    }


def test_secrets_do_not_come_back_on_the_way_home() -> None:
    away = after(Request(URL, headers=SECRETS), 302, "//other.example/")
    assert away is not None
    home = after(away, 302, URL)
    assert home is not None
    assert not SENSITIVE & {name.lower() for name in home.headers}


def test_header_that_is_not_named_goes_along() -> None:
    following = after(Request(URL, headers=SECRETS), 302, "//other.example/")
    assert following is not None
    assert following.headers == {"X-api-key": "k"}


def test_host_and_unredirected_headers_never_go_along() -> None:
    request = Request(URL, headers={"Host": "inner.example"})
    request.add_unredirected_header("Authorization", "Basic eDp5")
    following = after(request, 302)
    assert following is not None
    assert (following.headers, following.unredirected_hdrs) == ({}, {})


def test_referer_under_tls_is_not_told_in_the_clear() -> None:
    for referer, kept in (("https://example.com/", {}), (URL, {"Referer": URL})):
        request = Request("https://example.com/", headers={"Referer": referer})
        following = next_request(request, 302, URL, allow_downgrade=True)
        assert following is not None
        assert following.headers == kept
    request = Request(URL, headers={"Referer": "https://example.com/"})
    following = after(request, 302, "https://example.com/next")
    assert following is not None
    assert following.has_header("Referer")


def test_cookie_policy_sees_a_redirect_as_urllib_has_it() -> None:
    request = Request(URL, origin_req_host="page.example")
    following = after(request, 302, "//other.example/")
    assert following is not None
    assert (following.origin_req_host, following.unverifiable) == ("page.example", True)
    assert cookie_header(CookieJar(), following) is None


@pytest.mark.parametrize("url", [URL, "https://example.com/"])
@pytest.mark.parametrize("location", ["https://other.example/d", "/d"])
def test_proxy_of_the_request_is_kept(url: str, location: str) -> None:
    request = Request(url, headers=SECRETS)
    request.set_proxy("proxy.example:3128", "http")
    following = after(request, 302, location)
    assert following is not None
    assert proxy_of(following) == ("http", "proxy.example:3128")
    plain = after(Request(url, headers=SECRETS), 302, location)
    assert plain is not None
    assert (following.full_url, following.headers) == (plain.full_url, plain.headers)
    assert origin_of(following) == origin_of(plain)


# A chain.


def test_redirects_are_counted_up_to_the_limit() -> None:
    redirects, request = Redirects(3), Request(URL)
    for number in range(3):
        following = redirects.follow(request, 302, f"/{number}")
        assert following is not None
        assert redirects.count == number + 1
        request = following
    with pytest.raises(RedirectError, match=r"^more than 3 redirects$"):
        redirects.follow(request, 302, "/more")
    assert redirects.follow(request, 200, None) is None


def test_page_may_send_the_visitor_to_itself_within_the_limit() -> None:
    redirects, request = Redirects(), Request(URL)
    for _ in range(10):
        assert redirects.follow(request, 302, "/") is not None
    with pytest.raises(RedirectError, match="more than 10 redirects, in a circle"):
        redirects.follow(request, 302, "/")


@pytest.mark.parametrize("limit", [0, -1])
def test_no_limit_hands_each_redirect_back(limit: int) -> None:
    assert Redirects(limit).follow(Request(URL), 302, "ftp://example.com/") is None


def test_heads_of_a_chain_are_bounded_together() -> None:
    redirects = Redirects()
    assert redirects.follow(Request(URL), 302, "/", head_bytes=MAX_CHAIN_HEAD) is not None
    with pytest.raises(RedirectError, match="heads"):
        redirects.follow(Request(URL), 302, "/", head_bytes=1)


def test_chain_remembers_that_it_left_its_origin() -> None:
    redirects = Redirects()
    request: Request | None = Request(URL)
    left = []
    for location in ("/next", "//other.example/", URL, "/next"):
        assert request is not None
        request = redirects.follow(request, 302, location)
        left.append(redirects.has_left)
    assert request is not None
    assert origin_of(request) == origin_of(Request(URL))
    assert left == [False, True, True, True]


def test_chain_has_the_options_of_a_single_redirect() -> None:
    redirects = Redirects(sensitive=["X-Api-Key"], allow_downgrade=True)
    following = redirects.follow(Request("https://example.com/", headers=SECRETS), 302, URL)
    assert following is not None
    assert following.headers == {}
