"""User names and passwords from a netrc file."""

from pathlib import Path

import pytest

from webqq.httpstream.auth import basic
from webqq.httpstream.digest import Digest
from webqq.httpstream.netrc_file import Netrc
from webqq.httpstream.origin import Origin

FILE = """\
machine example.com login mufasa password "circle of life"
machine empty.example
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / ".netrc"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


def header(netrc: Netrc, host: str) -> str | None:
    return netrc.for_origin(Origin("https", host, 443)).header_for("GET", "/", str)


def test_host_that_is_named_gets_its_credentials(tmp_path: Path) -> None:
    netrc = Netrc(written(tmp_path, FILE))
    assert header(netrc, "example.com") == header(netrc, "example.com") == basic("mufasa", "circle of life")


@pytest.mark.parametrize("host", ["other.example", "www.example.com", "empty.example"])
def test_others_get_none(tmp_path: Path, host: str) -> None:
    assert header(Netrc(written(tmp_path, FILE)), host) is None


def test_default_is_for_all_others(tmp_path: Path) -> None:
    netrc = Netrc(written(tmp_path, FILE + "default login any password one\n"))
    assert header(netrc, "other.example") == basic("any", "one")


def test_kind_is_kept_for_what_it_learns(tmp_path: Path) -> None:
    made: list[Digest] = []

    def kind(username: str, password: str) -> Digest:
        made.append(Digest(username, password))
        return made[-1]

    netrc = Netrc(written(tmp_path, FILE), kind)
    assert header(netrc, "example.com") is None
    assert header(netrc, "example.com") is None
    assert len(made) == 1


def test_file_of_the_home_directory_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        Netrc()
    written(tmp_path, FILE)
    assert header(Netrc(), "example.com") == basic("mufasa", "circle of life")


def test_file_of_the_home_directory_must_be_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    written(tmp_path, FILE).chmod(0o644)
    with pytest.raises(ValueError, match="permissions"):
        Netrc()


def test_file_that_breaks_the_rules_is_refused_without_telling_its_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.netrc, line 1: not as a netrc file should be") as caught:
        Netrc(written(tmp_path, "machine example.com login a pasword secret"))
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
