"""``Request`` in, bytes out; nothing can be injected."""

import enum
import io
from array import array
from typing import Any
from urllib.request import Request

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from webqq.httpstream import InvalidRequest, serialize
from webqq.httpstream.serialize import request_line_target, serialize_head, serialize_request

URL = "http://example.com/path?q=1"


def head_and_body(request: Request, cookie: str | None = None) -> tuple[str, dict[str, str], bytes]:
    head, _, body = serialize_request(request, cookie).partition(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")
    names = [field.split(": ", 1)[0] for field in fields]
    assert len(names) == len({name.lower() for name in names}), "each header once"
    return line, dict(field.split(": ", 1) for field in fields), body


def test_get_has_host_and_defaults() -> None:
    line, fields, body = head_and_body(Request(URL))
    assert (line, body) == ("GET /path?q=1 HTTP/1.1", b"")
    assert fields == {"Host": "example.com", "Accept-Encoding": "identity", "User-Agent": "webqq"}


def test_host_is_the_first_header() -> None:
    assert serialize_request(Request(URL, headers={"A": "b"})).startswith(b"GET /path?q=1 HTTP/1.1\r\nHost: ")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a", "/"),
        ("http://a?x=1", "/?x=1"),
        ("http://a/#fragment", "/"),
        ("http://a/%E4%BD%A0?b=c#d", "/%E4%BD%A0?b=c"),
    ],
)
def test_target_is_path_and_query(url: str, target: str) -> None:
    assert head_and_body(Request(url))[0] == f"GET {target} HTTP/1.1"


def test_host_keeps_its_port_and_may_be_given() -> None:
    assert head_and_body(Request("http://a:8080/"))[1]["Host"] == "a:8080"
    assert head_and_body(Request("http://[::1]:8080/"))[1]["Host"] == "[::1]:8080"
    assert head_and_body(Request("http://127.0.0.1/", headers={"Host": "d.web2.qq.com"}))[1]["Host"] == "d.web2.qq.com"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_body_is_framed_by_its_length(kind: Any) -> None:
    line, fields, body = head_and_body(Request(URL, kind(b"a=b")))
    assert (line.split()[0], body) == ("POST", b"a=b")
    assert (fields["Content-Length"], fields["Content-Type"]) == ("3", "application/x-www-form-urlencoded")


@pytest.mark.parametrize(("method", "length"), [("POST", "0"), ("PUT", "0"), ("PATCH", "0"), ("DELETE", None)])
def test_method_that_wants_a_body_says_that_there_is_none(method: str, length: str | None) -> None:
    assert head_and_body(Request(URL, method=method))[1].get("Content-Length") == length


def test_given_headers_win_over_defaults() -> None:
    request = Request(URL, b"x", {"user-agent": "me", "CONTENT-TYPE": "text/plain", "Content-Length": "1"})
    request.add_unredirected_header("X-Once", "y")
    fields = head_and_body(request)[1]
    assert (fields["User-Agent"], fields["Content-Type"], fields["Content-Length"]) == ("me", "text/plain", "1")
    assert fields["X-Once"] == "y"


def test_header_names_are_spelt_as_usual() -> None:
    fields = head_and_body(Request(URL, headers={"x-forwarded-FOR": "a", "etag": "b"}))[1]
    assert {"X-Forwarded-For", "Etag"} <= fields.keys()


def test_cookie_is_added_unless_the_request_has_its_own() -> None:
    assert head_and_body(Request(URL), "a=b")[1]["Cookie"] == "a=b"
    assert head_and_body(Request(URL, headers={"Cookie": "c=d"}), "a=b")[1]["Cookie"] == "c=d"


def test_same_request_gives_the_same_bytes_again_and_is_not_changed() -> None:
    request = Request(URL, b"x", {"A": "b"})
    before = dict(request.headers), dict(request.unredirected_hdrs)
    assert serialize_request(request, "a=b") == serialize_request(request, "a=b")
    assert (dict(request.headers), dict(request.unredirected_hdrs)) == before


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"method": "GET /\r\nX: y"}, "method"),
        ({"method": "GE T"}, "method"),
        ({"headers": {"X": "a\r\nInjected: b"}}, "header X"),
        ({"headers": {"X": "a\nb"}}, "header X"),
        ({"headers": {"X": "a\rb"}}, "header X"),
        ({"headers": {"X": "a\0b"}}, "header X"),
        ({"headers": {"X": "a\x7fb"}}, "header X"),
        ({"headers": {"X": "你好"}}, "header X"),
        ({"headers": {"X": 5}}, "header X"),
        ({"headers": {"X\r\nY": "a"}}, "header name"),
        ({"headers": {"X Y": "a"}}, "header name"),
        ({"headers": {"X:": "a"}}, "header name"),
        ({"headers": {"": "a"}}, "header name"),
        ({"headers": {"Host": "a\r\nX: y"}}, "host"),
        ({"headers": {"Host": "a b"}}, "host"),
        ({"headers": {"Host": "a/b"}}, "host"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "Transfer-Encoding"),
        ({"headers": {"Content-Length": "7"}}, "Content-Length"),
        ({"data": "text"}, "data"),
        ({"data": [b"x"]}, "data"),
    ],
)
def test_part_that_cannot_be_sent_is_named(options: dict[str, Any], part: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        serialize_request(Request(URL, **options))
    assert part.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    "url", ["http://a/b c", "http://a/b\r\nX: y", "http://a/b\tc", "http://a/你", "http://a/\x7f", "http://a/x\0"]
)
def test_target_that_is_not_percent_encoded_is_named(url: str) -> None:
    with pytest.raises(InvalidRequest, match="target"):
        serialize_request(Request(url))


def test_cookie_cannot_inject() -> None:
    with pytest.raises(InvalidRequest, match="Cookie"):
        serialize_request(Request(URL), "a=b\r\nX: y")


@given(name=st.text(max_size=10), value=st.text(max_size=20), method=st.text(min_size=1, max_size=10))
def test_whatever_is_given_the_head_has_only_the_lines_it_should(name: str, value: str, method: str) -> None:
    try:
        raw = serialize_request(Request(URL, headers={name: value}, method=method))
    except InvalidRequest:
        return
    head = raw.partition(b"\r\n\r\n")[0].decode("latin-1")
    assert head.count("\r") == head.count("\n") == head.count("\r\n")
    assert len(head.split("\r\n")) <= 6


# What else must not be injected, and by what.

CONTROLS = [chr(code) for code in (*range(0x20), 0x7F)]
VALUE_CANNOT_HOLD = [control for control in CONTROLS if control != "\t"]


@pytest.mark.parametrize(
    "bad", [*CONTROLS, " ", "\x85", "\xa0", "\u2028", "中", "\u010d\u010a", "\ud800", "\U0001f600"]
)
def test_character_that_a_part_cannot_hold_is_refused_wherever_it_stands(bad: str) -> None:
    for text in (bad, bad + "b", "a" + bad, "a" + bad + "b"):
        request = Request(URL)
        request.selector = "/" + text
        _refused(request, "target")
        _refused(Request(URL, method=text), "method")
        _refused(_with_header(text, "x"), "header name")
        _refused(_with_header("Host", text), "host")
        if bad.isascii():
            request = Request(URL)
            request.host = text
            _refused(request, "host")


@pytest.mark.parametrize("bad", [*VALUE_CANNOT_HOLD, "\u2028", "中", "\u010d\u010a", "\ud800", "\U0001f600"])
def test_character_that_a_value_cannot_hold_is_refused_and_the_value_not_shown(bad: str) -> None:
    for text in (bad + "secret", "secret" + bad, "secret" + bad + "secret"):
        _refused(_with_header("X-Token", text), "header X-Token")
        _refused(_with_header("User-Agent", text), "header User-Agent")
        _refused(_with_header("Content-Type", text), "header Content-Type")
        _refused(_with_header("Cookie", text), "header Cookie")
        _refused(Request(URL), "header Cookie", cookie=text)


def _with_header(name: str, value: Any) -> Request:
    # Past add_header(), which spells names its own way; users write to the dictionary as well.
    request = Request(URL)
    request.headers[name] = value
    return request


def _refused(request: Request, part: str, cookie: str | None = None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        serialize_request(request, cookie)
    assert str(caught.value).startswith(part)
    assert "secret" not in str(caught.value)


def test_unredirected_headers_are_checked_too() -> None:
    request = Request(URL)
    request.add_unredirected_header("X-A", "b\r\nc: d")
    _refused(request, "header X-A")


@pytest.mark.parametrize("kind", [bytes, bytearray, int, float, list, lambda _: None])
def test_header_of_anything_but_text_is_refused(kind: Any) -> None:
    value = kind(b"5") if kind in (bytes, bytearray) else kind("5")
    _refused(_with_header("X-A", value), "header X-A")
    _refused(_with_header("Host", value), "host")
    _refused(_with_header("Cookie", value), "header Cookie")


def test_name_of_anything_but_text_is_refused() -> None:
    request = Request(URL)
    request.headers[b"X-A"] = "b"  # type: ignore[index]  # what must be refused
    _refused(request, "header name")


def test_values_may_hold_blanks_tabs_and_latin_1() -> None:
    fields = head_and_body(Request(URL, headers={"A": "b  c\td", "B": "\x80\xe9\xff", "C": ""}))[1]
    assert (fields["A"], fields["B"], fields["C"]) == ("b  c\td", "\x80\xe9\xff", "")


@pytest.mark.parametrize(
    "host", ["a b", "a/b", "a@b", "a:b", "a?b", "a#b", "[::1", "::1", "[::1]a", "", "a:80:80", "bücher.example"]
)
def test_given_host_must_be_one(host: str) -> None:
    _refused(_with_header("Host", host), "host")


def test_host_of_the_url_is_sent_in_ascii() -> None:
    assert head_and_body(Request("http://bücher.example:81/"))[1]["Host"] == "xn--bcher-kva.example:81"


def test_credentials_in_the_url_are_not_shown() -> None:
    with pytest.raises(InvalidRequest, match="credentials") as caught:
        serialize_request(Request("http://tom:secret@example.com/"))
    assert "secret" not in str(caught.value)


# How the body is framed.


@pytest.mark.parametrize("given", ["3", " 3 ", 3])
def test_given_length_that_is_right_is_sent_once(given: Any) -> None:
    request = Request(URL, b"abc")
    request.add_unredirected_header("Content-Length", given)
    assert head_and_body(request)[1]["Content-Length"] == "3"


@pytest.mark.parametrize("given", ["2", "4", "03", "+3", "3, 3", "3\r\nX: y", "", "x", 4, None])
def test_given_length_that_is_not_right_is_refused(given: Any) -> None:
    request = Request(URL, b"abc")
    request.headers["Content-length"] = given
    _refused(request, "header Content-Length")


def test_length_0_is_right_where_there_is_no_body() -> None:
    fields = head_and_body(Request(URL, headers={"Content-Length": "0"}))[1]
    assert "Content-Length" not in fields
    _refused(Request(URL, headers={"Content-Length": "1"}), "header Content-Length")


@pytest.mark.parametrize("value", ["chunked", "identity", ""])
@pytest.mark.parametrize("name", ["Transfer-Encoding", "TRANSFER-ENCODING", "transfer-encoding"])
def test_transfer_coding_is_the_engines_own_affair(name: str, value: str) -> None:
    _refused(_with_header(name, value), "header Transfer-Encoding")


def test_empty_body_is_a_body() -> None:
    line, fields, body = head_and_body(Request(URL, b""))
    assert (line.split()[0], fields["Content-Length"], body) == ("POST", "0", b"")
    assert "Content-Type" in fields


def test_body_of_a_get_is_framed() -> None:
    line, fields, body = head_and_body(Request(URL, b"x", method="GET"))
    assert (line.split()[0], fields["Content-Length"], body) == ("GET", "1", b"x")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (memoryview(b"abcdef")[1:4], b"bcd"),
        (memoryview(b"abcdef")[::2], b"ace"),
        (memoryview(array("H", [1, 2])), array("H", [1, 2]).tobytes()),
        (bytearray(), b""),
        (bytes(range(256)), bytes(range(256))),
    ],
)
def test_body_is_every_byte_of_what_was_given(data: Any, expected: bytes) -> None:
    _, fields, body = head_and_body(Request(URL, data))
    assert (body, fields["Content-Length"]) == (expected, str(len(expected)))


def test_later_changes_of_a_bytearray_are_not_seen_in_what_was_serialized() -> None:
    data = bytearray(b"abc")
    raw = serialize_request(Request(URL, data))
    data[:] = b"xyz"
    assert raw.endswith(b"abc")


@pytest.mark.parametrize("data", ["text", [b"x"], iter([b"x"]), {"a": "b"}, 5, io.BytesIO(b"x")])
def test_body_of_anything_but_bytes_is_refused(data: Any) -> None:
    _refused(Request(URL, data), "data must be bytes, not " + type(data).__name__)


# The head by itself.


def head_of(
    request: Request, fields: Any = (), length: int | None = None, **options: Any
) -> tuple[str, dict[str, str]]:
    raw = serialize_head(request, fields, length=length, **options)
    assert raw.endswith(b"\r\n\r\n")
    assert raw.count(b"\r\n\r\n") == 1
    line, *lines = raw[:-4].decode("latin-1").split("\r\n")
    names = [field.partition(": ")[0] for field in lines]
    assert len(names) == len({name.lower() for name in names}), "each header once"
    return line, dict(field.split(": ", 1) for field in lines)


def test_fields_are_sent_where_the_request_has_none_of_the_name() -> None:
    request = Request(URL, headers={"cookie": "own=1", "Accept": "*/*"})
    request.add_unredirected_header("Authorization", "own")
    fields = [("Cookie", "a=b"), ("Authorization", "x"), ("Accept-Encoding", "gzip"), ("accept-encoding", "br")]
    assert head_of(request, fields)[1] == {
        "Host": "example.com",
        "Cookie": "own=1",
        "Accept": "*/*",
        "Authorization": "own",
        "Accept-Encoding": "gzip",
        "User-Agent": "webqq",
    }


def test_user_agent_of_the_fields_wins_over_the_default() -> None:
    assert head_of(Request(URL), [("User-Agent", "x")])[1]["User-Agent"] == "x"


def test_headers_keep_their_order() -> None:
    headers = {"B": "1", "A": "2", "C": "3"}
    names = list(head_of(Request(URL, headers=headers), (("D", "4"),))[1])
    assert names == ["Host", "B", "A", "C", "D", "User-Agent"]


def test_unredirected_header_wins_over_one_of_its_name() -> None:
    request = Request(URL, headers={"X-A": "1"})
    request.add_unredirected_header("X-A", "2")
    assert head_of(request)[1]["X-A"] == "2"


@pytest.mark.parametrize("length", [0, 1, 10**12])
def test_length_of_the_body_is_said(length: int) -> None:
    fields = head_of(Request(URL), length=length, content_type="a/b")[1]
    assert (fields["Content-Length"], fields["Content-Type"]) == (str(length), "a/b")
    assert "Transfer-Encoding" not in fields


def test_body_in_chunks_has_no_length() -> None:
    fields = head_of(Request(URL, method="POST"), is_chunked=True)[1]
    assert fields["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in fields
    assert fields["Content-Type"] == serialize.FORM_TYPE


def test_length_of_a_body_in_chunks_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="header Content-Length"):
        serialize_head(Request(URL, headers={"Content-Length": "3"}), length=None, is_chunked=True)
    with pytest.raises(InvalidRequest, match="header Content-Length"):
        serialize_head(Request(URL), length=3, is_chunked=True)


def test_no_body_has_no_type() -> None:
    assert "Content-Type" not in head_of(Request(URL, method="POST"), content_type="a/b")[1]


def test_empty_type_is_left_unsaid() -> None:
    assert "Content-Type" not in head_of(Request(URL, method="PUT"), length=1, content_type="")[1]


def test_type_of_the_request_wins() -> None:
    assert (
        head_of(Request(URL, headers={"content-type": "c/d"}), length=1, content_type="a/b")[1]["Content-Type"] == "c/d"
    )


@pytest.mark.parametrize("bad", ["a/b\r\nX: y", "a/b\n", "\0"])
def test_type_and_fields_cannot_inject(bad: str) -> None:
    with pytest.raises(InvalidRequest, match="header Content-Type"):
        serialize_head(Request(URL), length=1, content_type=bad)
    with pytest.raises(InvalidRequest, match="header X-A"):
        serialize_head(Request(URL), (("X-A", bad),), length=None)
    with pytest.raises(InvalidRequest, match="header name"):
        serialize_head(Request(URL), ((bad, "x"),), length=None)
    with pytest.raises(InvalidRequest, match="target"):
        serialize_head(Request(URL), length=None, target=bad)
    with pytest.raises(InvalidRequest, match="method"):
        serialize_head(Request(URL), length=None, method=bad)
    with pytest.raises(InvalidRequest, match="Transfer-Encoding"):
        serialize_head(Request(URL), (("transfer-encoding", "chunked"),), length=1)


def test_fields_may_be_any_pairs() -> None:
    assert head_of(Request(URL), [["A", "b"]])[1]["A"] == "b"
    assert head_of(Request(URL), iter([("A", "b")]))[1]["A"] == "b"
    with pytest.raises(InvalidRequest, match=r"header A: its value must be str, not list"):
        serialize_head(Request(URL), [["A", ["b"]]], length=None)  # type: ignore[list-item]  # what must be refused


# What the request line has.


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://h", "/"),
        ("http://h/", "/"),
        ("http://h?x", "/?x"),
        ("http://h#f", "/"),
        ("http://h#a/b", "/"),
        ("http://h/a#b#c", "/a"),
        ("http://h/a?b#c?d", "/a?b"),
        ("http://h//a/../b", "//a/../b"),
        ("http://h/*", "/*"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PURGE"])
def test_target_is_path_and_query_and_never_the_fragment(url: str, target: str, method: str) -> None:
    request = Request(url, method=method)
    assert request_line_target(request) == target
    assert head_of(request)[0] == f"{method} {target} HTTP/1.1"


@pytest.mark.parametrize(
    ("url", "target"), [("http://h", "*"), ("http://h#f", "*"), ("http://h/", "/"), ("http://h?x", "/?x")]
)
def test_options_of_no_path_asks_for_the_server_itself(url: str, target: str) -> None:
    assert head_of(Request(url, method="OPTIONS"))[0] == f"OPTIONS {target} HTTP/1.1"
    assert request_line_target(Request(url), "OPTIONS") == target


def test_selector_that_is_set_must_be_a_target() -> None:
    request = Request(URL)
    for selector, target in (("*", None), ("a", None), ("/a", "/a"), ("?a", "/?a"), ("", "/"), (5, None), ([], None)):
        request.selector = selector  # type: ignore[assignment]  # what must be refused
        if target is None:
            _refused(request, "target")
        else:
            assert request_line_target(request) == target
    request.selector = "*"
    assert request_line_target(request, "OPTIONS") == "*"


def test_target_for_a_proxy_is_the_whole_url() -> None:
    line, fields = head_of(Request(URL), (("Proxy-Authorization", "Basic x"),), target=URL)
    assert line == f"GET {URL} HTTP/1.1"
    assert (fields["Host"], fields["Proxy-Authorization"]) == ("example.com", "Basic x")


def test_host_of_a_request_with_urllibs_own_proxy_is_the_one_asked_for() -> None:
    request = Request(URL)
    request.set_proxy("proxy.example:8080", "http")
    line, fields = head_of(request)
    assert (line, fields["Host"]) == (f"GET {URL} HTTP/1.1", "example.com")


def test_connect_is_the_engines_own() -> None:
    _refused(Request(URL, method="CONNECT"), "method 'CONNECT'")
    assert head_of(Request(URL), method="CONNECT", target="a:443")[0] == "CONNECT a:443 HTTP/1.1"


def test_method_may_be_another_than_the_requests() -> None:
    assert head_of(Request(URL, b"x"), method="GET")[0].startswith("GET ")
    assert "Content-Length" not in head_of(Request(URL, b"x"), method="GET")[1]


@pytest.mark.parametrize("method", [5, None.__class__, [], b"GET"])
def test_method_of_anything_but_text_is_refused(method: Any) -> None:
    request = Request(URL)
    request.method = method
    _refused(request, "method")


# What is remembered.


def test_equal_heads_are_built_once() -> None:
    request = Request(URL, headers={"X-Once": "1"})
    first = serialize_head(request, (("A", "b"),), length=None)
    assert serialize_head(Request(URL, headers={"X-Once": "1"}), (("A", "b"),), length=None) is first


def test_whatever_differs_gives_another_head() -> None:
    def one(name: str = "X-A", value: str = "1", field: str = "b", **options: Any) -> bytes:
        return serialize_head(Request(URL, headers={name: value}), (("A", field),), **{"length": None, **options})

    once = Request(URL, headers={"X-A": "1"})
    once.add_unredirected_header("X-B", "1")
    heads = [
        *(one(), one(name="X-C"), one(value="2"), one(field="c"), one(length=0), one(length=1), one(is_chunked=True)),
        *(one(method="PUT"), one(target="/x"), one(length=1, content_type="a/b")),
        serialize_head(once, (("A", "b"),), length=None),
        serialize_head(Request(URL + "x", headers={"X-A": "1"}), (("A", "b"),), length=None),
        serialize_head(Request("http://b/path?q=1", headers={"X-A": "1"}), (("A", "b"),), length=None),
    ]
    assert len(set(heads)) == len(heads)


def test_value_that_was_sent_does_not_let_its_equals_pass() -> None:
    class Sly(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    request = Request(URL, b"a")
    for value in (1, "1"):
        request.headers["Content-length"] = value  # type: ignore[assignment]  # what urllib takes as well
        assert b"Content-Length: 1\r\n" in serialize_request(request)
        for odd in (True, 1.0, Sly(1)):
            request.headers["Content-length"] = odd  # type: ignore[assignment]  # what must be refused
            _refused(request, "header Content-Length")


def test_text_that_shows_itself_otherwise_is_sent_as_what_was_looked_at() -> None:
    class Sly(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "a\r\nX: y"

        def __format__(self, spec: str) -> str:
            return str(self)

    class Method(enum.StrEnum):
        PURGE = "PURGE"

    request = Request(URL, method=Method.PURGE)
    request.headers = {Sly("X-A"): Sly("b"), "Host": Sly("h")}
    request.selector = Sly("/path")
    assert serialize_head(request, length=None).startswith(b"PURGE /path HTTP/1.1\r\nHost: h\r\nX-A: b\r\n")


def test_long_heads_are_not_remembered() -> None:
    request = Request(URL, headers={"X-A": "x" * 9000})
    first = serialize_head(request, length=None)
    second = serialize_head(request, length=None)
    assert first == second
    assert first is not second


def test_no_more_than_so_many_heads_are_remembered() -> None:
    request = Request(URL)
    kept = serialize_head(request, length=None)
    for number in range(serialize.CACHED_HEADS):
        serialize_head(request, (("Cookie", f"a={number}"),), length=None)
    assert serialize_head(request, length=None) is not kept


# A server's view of it.

tokens = st.text("!#$%&'*+-.^_`|~09AZaz", min_size=1, max_size=8)
targets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=12)
header_values = st.text(
    st.characters(max_codepoint=0xFF, exclude_categories=["Cc"], include_characters="\t"), max_size=12
)


@given(
    tokens,
    targets,
    st.dictionaries(tokens, header_values.map(str.strip), max_size=4),
    st.none() | st.binary(max_size=9),
)
def test_server_reads_what_was_asked(method: str, target: str, headers: dict[str, str], body: bytes | None) -> None:
    h11 = pytest.importorskip("h11")
    reserved = {"host", "content-length", "transfer-encoding", "expect", "upgrade", "connection"}
    headers = {name.lower(): value for name, value in headers.items() if name.lower() not in reserved}
    assume(method != "CONNECT")
    server = h11.Connection(h11.SERVER)
    server.receive_data(serialize_request(Request("http://example.com/" + target, body, headers, method=method)))
    request = server.next_event()
    assert (request.method, request.target) == (method.encode(), b"/" + target.encode())
    received = {name.decode(): value.decode("latin-1") for name, value in request.headers}
    assert received.items() >= headers.items()
    assert received.keys() - headers.keys() <= {
        "host",
        "accept-encoding",
        "user-agent",
        "content-length",
        "content-type",
    }
    data = b""
    while type(event := server.next_event()) is h11.Data:
        data += event.data
    assert type(event) is h11.EndOfMessage
    assert data == (body or b"")
    assert server.trailing_data == (b"", False)


names = st.text(max_size=6) | tokens
anything = st.none() | st.integers() | st.text(max_size=6) | header_values | st.booleans() | st.binary(max_size=3)
lengths = st.none() | st.integers(0, 10**9)


@given(
    tokens.filter(lambda method: method != "CONNECT"),
    targets,
    st.dictionaries(tokens, header_values.map(str.strip), max_size=3),
    st.lists(st.tuples(tokens, header_values.map(str.strip)), max_size=3),
    st.none() | st.binary(max_size=9),
    st.booleans(),
)
def test_server_reads_head_fields_and_either_framing(
    method: str, target: str, headers: dict[str, str], pairs: list[tuple[str, str]], body: bytes | None, chunked: bool
) -> None:
    h11 = pytest.importorskip("h11")
    reserved = {"host", "content-length", "transfer-encoding", "expect", "upgrade", "connection"}
    headers = {name.lower(): value for name, value in headers.items() if name.lower() not in reserved}
    pairs = [pair for pair in pairs if pair[0].lower() not in reserved]
    request = Request("http://example.com/" + target, headers=headers, method=method)
    chunked = chunked and body is not None
    length = None if chunked or body is None else len(body)
    message = serialize_head(request, pairs, length=length, is_chunked=chunked)
    if chunked and body:
        message += b"%x\r\n%b\r\n" % (len(body), body)
    message += b"0\r\n\r\n" if chunked else body or b""
    server = h11.Connection(h11.SERVER)
    server.receive_data(message)
    read = server.next_event()
    assert (read.method, read.target) == (method.encode(), b"/" + target.encode())
    received = {name.decode(): value.decode("latin-1") for name, value in read.headers}
    wanted = {name.lower(): value for name, value in reversed(pairs)} | headers
    assert received.items() >= wanted.items()
    data = b""
    while type(event := server.next_event()) is h11.Data:
        data += event.data
    assert type(event) is h11.EndOfMessage
    assert data == (body or b"")
    assert server.trailing_data == (b"", False)


@given(
    st.dictionaries(names, anything, max_size=3),
    st.lists(st.tuples(names, anything), max_size=2),
    st.none() | st.text(max_size=8),
    st.none() | st.text(max_size=8),
    st.none() | st.text(max_size=8),
    lengths,
)
def test_no_line_comes_from_inside_of_what_is_given(
    headers: dict[str, Any], pairs: Any, target: str | None, method: str | None, kind: str | None, length: int | None
) -> None:
    request = Request(URL)
    request.headers = headers
    try:
        raw = serialize_head(request, pairs, length=length, target=target, method=method, content_type=kind)
    except InvalidRequest:
        return
    lines = raw[:-4].split(b"\r\n")
    assert raw.count(b"\r") == raw.count(b"\n") == len(lines) + 1
    assert len(lines) <= 1 + len(headers) + len(pairs) + len(["Host", "User-Agent", "Content-Type", "Content-Length"])
    assert lines[1].startswith(b"Host: ")
