"""URLs from arguments and from the lines of files."""

import pytest

from webqq.cli.fetching.targets import LONGEST_LINE, BadTarget, Line, LineSplitter, Target, parse_target
from webqq.testing import cut_everywhere


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTP://Example.com/a%20b?c=%2f#d", "http://Example.com/a%20b?c=%2f"),
        ("https://example.com/你 好?词=语", "https://example.com/%E4%BD%A0%20%E5%A5%BD?%E8%AF%8D=%E8%AF%AD"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://example.com?x", "http://example.com/?x"),
    ],
)
def test_url_is_encoded_as_it_is_sent(text: str, url: str) -> None:
    assert parse_target(text) == Target(url)


@pytest.mark.parametrize(
    ("userinfo", "credentials"), [("me:a%3Ab", ("me", "a:b")), ("me", ("me", "")), (":x", ("", "x"))]
)
def test_credentials_are_taken_out_of_the_url(userinfo: str, credentials: tuple[str, str]) -> None:
    assert parse_target(f"http://{userinfo}@example.com/") == Target("http://example.com/", credentials)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("example.com", "http://"),
        ("ftp://example.com/", "http://"),
        ("http:/example.com/", "http://"),
        ("http:///x", "host"),
        ("http://example.com:99999/", "port"),
        ("http://[::1/", "no URL"),
        ("http://a\tb/", "control"),
    ],
)
def test_what_is_no_url_is_refused_with_the_reason(text: str, told: str) -> None:
    with pytest.raises(BadTarget, match=told):
        parse_target(text)


def test_no_password_stands_in_an_error() -> None:
    with pytest.raises(BadTarget) as caught:
        parse_target("http://me:secret@example.com:x/")
    assert "secret" not in str(caught.value)


def lines_of(pieces: list[bytes]) -> list[Line]:
    splitter = LineSplitter()
    return [line for piece in pieces for line in splitter.feed(piece)] + list(splitter.end())


def test_lines_are_the_same_however_they_come() -> None:
    raw = b"\xef\xbb\xbfhttp://a/\r\n\n# a comment\n  http://b/  \n\xff\nhttp://c/"
    expected = [Line(1, "http://a/"), Line(4, "http://b/"), Line(5, None), Line(6, "http://c/")]
    for pieces in cut_everywhere(raw):
        assert lines_of(list(pieces)) == expected


def test_line_without_an_end_counts_only_where_there_is_one() -> None:
    assert lines_of([b"http://a/\n"]) == [Line(1, "http://a/")]
    assert lines_of([]) == []


def test_line_that_is_too_long_is_named_and_not_kept() -> None:
    long = b"x" * (LONGEST_LINE + 1)
    for pieces in ([long + b"\nhttp://a/"], [long, b"x", b"\nhttp://a/"]):
        assert lines_of(pieces) == [Line(1, None), Line(2, "http://a/")]
    assert lines_of([long]) == [Line(1, None)]
