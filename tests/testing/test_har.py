"""The file of a recording, and what may not stand in it."""

import json
from pathlib import Path

import pytest

from webqq.testing.har import CREDENTIALS, Exchange, Redaction, read_har, write_har

EXCHANGE = Exchange(
    "POST",
    "http://h/a?b=1",
    (("Content-Type", "text/plain"), ("A", "1"), ("A", "2")),
    b"body",
    200,
    "OK",
    (("Content-Type", "image/png"),),
    b"\xff\x00",
)


def test_reading_undoes_writing(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    exchanges = [EXCHANGE, Exchange("GET", "http://h/", (), b"", 204, "No Content", (), b"")]
    write_har(path, exchanges)
    assert read_har(path) == exchanges
    assert list(tmp_path.iterdir()) == [path]


def test_form_is_that_of_har(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    write_har(path, [EXCHANGE])
    log = json.loads(path.read_text("utf-8"))["log"]
    assert (log["version"], log["_webqq"], log["creator"]["name"]) == ("1.2", 1, "webqq")
    (entry,) = log["entries"]
    assert entry["request"]["postData"] == {"mimeType": "text/plain", "text": "body"}
    assert entry["response"]["content"] == {"size": 2, "mimeType": "image/png", "text": "/wA=", "encoding": "base64"}


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.har"
    path.write_text("old")

    def fail(*arguments: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr("webqq.testing.har.os.replace", fail)
    with pytest.raises(OSError, match="no space"):
        write_har(path, [EXCHANGE])
    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]


def test_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_text('{"log": {"_webqq": 2, "entries": []}}')
    with pytest.raises(ValueError, match="has form 2; this reads form 1"):
        read_har(path)


def test_archive_of_another_program_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    write_har(path, [EXCHANGE])
    path.write_text(path.read_text().replace('"_webqq": 1,', ""))
    assert read_har(path) == [EXCHANGE]


@pytest.mark.parametrize(
    ("name", "value", "redacted"),
    [
        ("authorization", "Basic abc=", "Basic REDACTED"),
        ("Authorization", "abc", "REDACTED"),
        ("Proxy-Authorization", "Digest username=x", "Digest REDACTED"),
        ("Cookie", "a=1; b=2", "a=REDACTED; b=REDACTED"),
        ("Set-Cookie", "a=1; Path=/; Secure", "a=REDACTED; Path=/; Secure"),
        ("Set-Cookie", "a=; Max-Age=0", "a=; Max-Age=0"),
        ("X", "has hunter2 in it", "has REDACTED in it"),
    ],
)
def test_credentials_in_fields(name: str, value: str, redacted: str) -> None:
    assert Redaction(CREDENTIALS, ["hunter2"]).fields([(name, value)]) == ((name, redacted),)


def test_secrets_wherever_they_stand() -> None:
    redaction = Redaction((), ["p w", "p wd", ""])
    assert redaction.text("http://h/?a=p%20wd&b=p wd&c=p w") == "http://h/?a=REDACTED&b=REDACTED&c=REDACTED"
    assert redaction.body(b"p wd\xff") == b"REDACTED\xff"
    assert redaction.exchange(EXCHANGE) == EXCHANGE
