"""What the options say."""

from pathlib import Path

import pytest

from webqq.cli.fetching.words import parse_data, parse_form, parse_headers, parse_rate
from webqq.httpstream import File, RateLimit


def test_headers() -> None:
    assert parse_headers(["A: 1", "b:2 ", "a:3", "Cookie: x=1", "cookie: y=2", "C:"]) == {
        "A": "1, 3",
        "b": "2",
        "Cookie": "x=1; y=2",
        "C": "",
    }


@pytest.mark.parametrize("text", ["A", ": x", "a b: c", "A: x\r\nB: y", "A: 你"])
def test_what_is_no_header_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Name: value"):
        parse_headers([text])


def test_value_of_a_header_stands_in_no_error() -> None:
    with pytest.raises(ValueError, match="Name: value") as caught:
        parse_headers(["Authorization: secret\n"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "limit"),
    [("5", RateLimit(5)), ("2.5/s", RateLimit(2.5)), ("30/m", RateLimit(30, 60)), ("9/h", RateLimit(9, 3600))],
)
def test_rate(text: str, limit: RateLimit) -> None:
    assert parse_rate(text) == limit


@pytest.mark.parametrize("text", ["", "x", "5/d", "-1", "0", "5 /s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|more than 0"):
        parse_rate(text)


def test_data(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"12345")
    assert parse_data(["a=1", "b=你"], None) == "a=1&b=你".encode()
    assert parse_data(["@-"], "standard input") == "standard input"
    file = parse_data([f"@{tmp_path / 'body'}"], None)
    assert isinstance(file, File)
    assert file.length == 5


@pytest.mark.parametrize("texts", [["@nosuch"], ["a", "@b"]])
def test_what_is_no_body_is_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="file"):
        parse_data(texts, None)


def test_form(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"12345")
    raw = b"".join(parse_form(["a=1=2", f"f=@{tmp_path / 'body'}"]).pieces())
    assert b'name="a"\r\n\r\n1=2\r\n' in raw
    assert b'filename="body"' in raw
    with pytest.raises(ValueError, match="NAME=VALUE"):
        parse_form(["a"])
