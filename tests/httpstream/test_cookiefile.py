"""Cookies on disk: what is written, what is read back, and by whom."""

import os
import shutil
import stat
import subprocess
import time
from http.cookiejar import CookieJar, MozillaCookieJar
from pathlib import Path
from urllib.request import Request

import pytest

from webqq.httpstream.cookiefile import load_cookies, save_cookies
from webqq.httpstream.cookies import cookie_header
from webqq.httpstream.jar import HTTP_ONLY, RFC6265CookieJar

URL = "https://www.example.org/a/b"
LATER = 4_102_444_800
"""In the year 2100. It stands in tests' names, which must be the same in each process of a run."""

LINES = (
    "host=1; Max-Age=90000; Path=/",
    "domain=2; Max-Age=90000; Domain=example.org; Path=/",
    "secret=3; Max-Age=90000; Secure; HttpOnly; Path=/a",
    "session=4; Path=/",
    "empty=; Max-Age=90000; Path=/",
    'odd="5 , 6=7"; Max-Age=90000; Path=/',
)


@pytest.fixture
def jar() -> RFC6265CookieJar:
    jar = RFC6265CookieJar()
    for line in LINES:
        assert jar.take_line(line, Request(URL)) is not None
    return jar


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cookies.txt"


def facts(jar: CookieJar) -> list[tuple[object, ...]]:
    return [
        (c.domain, c.domain_specified, c.path, c.secure, c.expires, c.discard, c.name, c.value, c._rest)  # type: ignore[attr-defined]  # the only way to all of them
        for c in jar
    ]


def data_lines(path: Path) -> list[str]:
    return [line for line in path.read_text("latin-1").splitlines() if "\t" in line]


def written(path: Path, *lines: str, head: str = "# Netscape HTTP Cookie File\n") -> Path:
    path.write_bytes((head + "".join(line + "\n" for line in lines)).encode("latin-1"))
    return path


def test_what_is_saved_is_loaded(jar, path):
    save_cookies(jar, path)
    loaded = RFC6265CookieJar()
    assert load_cookies(loaded, path) == len(LINES)
    assert facts(loaded) == facts(jar)
    assert loaded.header_for(Request(URL)) == jar.header_for(Request(URL))


def test_host_alone_stays_a_host_alone(jar, path):
    save_cookies(jar, path)
    loaded = RFC6265CookieJar()
    load_cookies(loaded, str(path))
    assert loaded.header_for(Request("http://below.www.example.org/")) == "domain=2"


def test_order_of_the_cookies_outlives_the_file(path):
    jar = RFC6265CookieJar()
    for line in ("c=1; Domain=example.org", "b=2", "a=3; Domain=example.org"):
        jar.take_line(line, Request(URL))
    save_cookies(jar, path)
    loaded = RFC6265CookieJar()
    load_cookies(loaded, path)
    assert loaded.header_for(Request(URL)) == "c=1; b=2; a=3"


def test_lines_are_those_of_the_format(jar, path):
    save_cookies(jar, path)
    assert path.read_text().startswith("# Netscape HTTP Cookie File\n")
    lines = [line.split("\t") for line in data_lines(path)]
    expires = lines[0][4]
    assert lines[:4] == [
        ["www.example.org", "FALSE", "/", "FALSE", expires, "host", "1"],
        [".example.org", "TRUE", "/", "FALSE", expires, "domain", "2"],
        ["#HttpOnly_www.example.org", "FALSE", "/a", "TRUE", expires, "secret", "3"],
        ["www.example.org", "FALSE", "/", "FALSE", "0", "session", "4"],
    ]


def test_session_cookies_are_left_out_where_they_are_not_wanted(jar, path):
    save_cookies(jar, path, session=False)
    loaded = RFC6265CookieJar()
    assert load_cookies(loaded, path) == len(LINES) - 1
    assert "session" not in {cookie.name for cookie in loaded}


def test_expired_cookies_are_neither_saved_nor_loaded(jar, path):
    save_cookies(jar, path, clock=lambda: time.time() + 100_000)
    assert [line.split("\t")[5] for line in data_lines(path)] == ["session"]
    save_cookies(jar, path)
    loaded = RFC6265CookieJar()
    assert load_cookies(loaded, path, clock=lambda: time.time() + 100_000) == 1
    assert [cookie.name for cookie in loaded] == ["session"]


# Other kinds of jars and other programs.


def test_any_jar_is_saved_and_loaded(jar, path):
    plain = CookieJar()
    for cookie in jar:
        plain.set_cookie(cookie)
    save_cookies(plain, path)
    loaded = CookieJar()
    load_cookies(loaded, path)
    assert facts(loaded) == facts(plain)
    assert cookie_header(loaded, Request("http://other.example.org/")) == "domain=2"


def test_mozilla_cookie_jar_reads_what_is_saved(jar, path):
    save_cookies(jar, path)
    mozilla = MozillaCookieJar(str(path))
    mozilla.load()
    assert facts(mozilla) == [fact for fact in facts(jar) if fact[6] != "session"]


def test_what_mozilla_cookie_jar_saves_is_read(jar, path):
    mozilla = MozillaCookieJar(str(path))
    for cookie in jar:
        mozilla.set_cookie(cookie)
    mozilla.save(ignore_discard=True)
    loaded = RFC6265CookieJar()
    assert load_cookies(loaded, path) == len(LINES)
    assert sorted(map(str, facts(loaded))) == sorted(map(str, facts(jar)))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_reads_what_is_saved_and_is_read_itself(jar, path, tmp_path):
    save_cookies(jar, path)
    other = tmp_path / "curl.txt"
    subprocess.run(["curl", "-s", "-b", path, "-c", other, "file:///dev/null"], check=True)
    assert sorted(data_lines(other)) == sorted(data_lines(path))
    loaded = RFC6265CookieJar()
    assert load_cookies(loaded, other) == len(LINES)
    assert sorted(map(str, facts(loaded))) == sorted(map(str, facts(jar)))


def test_cookie_without_a_name_goes_both_ways(path):
    jar = RFC6265CookieJar()
    jar.take_line("foo; Max-Age=500", Request(URL))
    save_cookies(jar, path)
    loaded, mozilla = RFC6265CookieJar(), MozillaCookieJar(str(path))
    load_cookies(loaded, path)
    mozilla.load()
    assert loaded.header_for(Request(URL)) == cookie_header(mozilla, Request(URL)) == "foo"
    save_cookies(mozilla, path)
    again = CookieJar()
    load_cookies(again, path)
    assert cookie_header(again, Request(URL)) == "foo"


@pytest.mark.parametrize("spelling", ["HttpOnly", "httponly", HTTP_ONLY])
def test_http_only_is_seen_in_the_usual_spellings(jar, path, spelling):
    cookie = next(iter(jar))
    cookie.set_nonstandard_attr(spelling, "")
    save_cookies(jar, path)
    assert data_lines(path)[0].startswith("#HttpOnly_www.example.org\t")


# Octets.


def test_octets_go_to_the_file_as_they_came_over_the_wire(path):
    jar = RFC6265CookieJar()
    jar.take_line("a=" + "春".encode().decode("latin-1"), Request(URL))
    save_cookies(jar, path)
    assert "春".encode() in path.read_bytes()
    loaded = RFC6265CookieJar()
    load_cookies(loaded, path)
    assert facts(loaded) == facts(jar)
    # As a jar has it that reads such a file as UTF-8.
    next(iter(jar)).value = "春"
    save_cookies(jar, path)
    again = RFC6265CookieJar()
    load_cookies(again, path)
    assert facts(again) == facts(loaded)


def test_cookie_that_a_line_cannot_hold_is_left_out_with_a_warning(jar, path, caplog):
    jar.take_line("tab=sec\tret; Path=/", Request(URL))
    save_cookies(jar, path)
    assert len(data_lines(path)) == len(LINES)
    (record,) = caplog.records
    assert "'tab' of www.example.org" in record.getMessage()
    assert "ret" not in record.getMessage()


# The file.


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_file_is_its_owner_s_alone(jar, path):
    save_cookies(jar, path)
    assert mode_of(path) == 0o600


def test_file_with_wider_rights_is_closed(jar, path):
    path.write_text("was here before")
    path.chmod(0o644)
    save_cookies(jar, path)
    assert mode_of(path) == 0o600
    assert "before" not in path.read_text()


def test_file_that_cannot_be_replaced_stays_and_no_draft_is_left(jar, path, monkeypatch):
    path.write_text("old")

    def refuse(source: object, target: object) -> None:
        assert Path(str(source)).parent == path.parent
        assert mode_of(Path(str(source))) == 0o600
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        save_cookies(jar, path)
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_link_keeps_pointing_to_the_file(jar, path, tmp_path):
    (tmp_path / "link").symlink_to(path)
    save_cookies(jar, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert len(data_lines(path)) == len(LINES)


def test_folder_must_exist(jar, tmp_path):
    with pytest.raises(FileNotFoundError):
        save_cookies(jar, tmp_path / "none" / "cookies.txt")


def test_file_must_exist(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_cookies(RFC6265CookieJar(), tmp_path / "none")


# Lines of others.


def loaded_from(path: Path, *lines: str, head: str = "# Netscape HTTP Cookie File\n") -> list[tuple[object, ...]]:
    jar = CookieJar()
    load_cookies(jar, written(path, *lines, head=head))
    return [(c.domain, c.path, c.secure, c.expires, c.name, c.value) for c in jar]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"w.qq.com\tFALSE\t/\tFALSE\t{LATER}\ta\tb", ("w.qq.com", "/", False, LATER, "a", "b")),
        (f"w.qq.com\tFALSE\t/\tFALSE\t{LATER}\ta\tb\r", ("w.qq.com", "/", False, LATER, "a", "b")),
        (f"W.qq.COM\tfalse\t/A\ttrue\t{LATER}\ta\tb", ("w.qq.com", "/A", True, LATER, "a", "b")),
        (f".qq.com\tTRUE\t/\tFALSE\t{LATER}\ta\tb", (".qq.com", "/", False, LATER, "a", "b")),
        (f"qq.com\tTRUE\t/\tFALSE\t{LATER}\ta\tb", (".qq.com", "/", False, LATER, "a", "b")),
        (f".qq.com\tFALSE\t/\tFALSE\t{LATER}\ta\tb", ("qq.com", "/", False, LATER, "a", "b")),
        ("qq.com\tFALSE\t/\tFALSE\t0\ta\tb", ("qq.com", "/", False, None, "a", "b")),
        ("qq.com\tFALSE\t/\tFALSE\t\ta\tb", ("qq.com", "/", False, None, "a", "b")),
        (f"qq.com\tFALSE\t/\tFALSE\t{LATER}.5\ta\tb", ("qq.com", "/", False, LATER, "a", "b")),
        ("qq.com\tFALSE\t/\tFALSE\t0\ta\t", ("qq.com", "/", False, None, "a", "")),
        ("qq.com\tFALSE\t/\tFALSE\t0\ta", ("qq.com", "/", False, None, "a", "")),
        ("qq.com\tFALSE\t/\tFALSE\t0\ta\t #b ", ("qq.com", "/", False, None, "a", " #b ")),
        ("#HttpOnly_qq.com\tFALSE\t/\tFALSE\t0\ta\tb", ("qq.com", "/", False, None, "a", "b")),
    ],
)
def test_line_is_read_as_its_writer_meant_it(path, line, expected):
    assert loaded_from(path, line) == [expected]
    assert loaded_from(path, line, head="") == [expected]


@pytest.mark.parametrize(
    "line", ["", " \t ", "# a comment", "#", "# a\tb\tc\td\te\tf\tg", "#qq.com\tFALSE\t/\tFALSE\t0\ta\tb"]
)
def test_comments_and_empty_lines_are_passed_over(path, line):
    assert loaded_from(path, line) == []


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "secret\tFALSE",
        "qq.com\tFALSE\t/\tFALSE\t0\ta\tsecret\tmore",
        "qq.com\tFALSE\t/\tFALSE\t0",
        "qq.com\tFALSE\t/\tFALSE\t0\t\t",
        "qq.com\tMAYBE\t/\tFALSE\t0\ta\tsecret",
        "qq.com\tFALSE\t/\t\t0\ta\tsecret",
        "qq.com\tFALSE\tpath\tFALSE\t0\ta\tsecret",
        "qq.com\tFALSE\t/\tFALSE\tnever\ta\tsecret",
        "qq.com\tFALSE\t/\tFALSE\t1e9\ta\tsecret",
        "qq.com\tFALSE\t/\tFALSE\t" + "9" * 30 + "\ta\tsecret",
        "\tFALSE\t/\tFALSE\t0\ta\tsecret",
        ".\tTRUE\t/\tFALSE\t0\ta\tsecret",
        "qq.com\tFALSE\t/\tFALSE\t0\ta\tsec\rret",
        "qq.com\tFALSE\t/\tFALSE\t0\ta\tsec\x00ret",
        "#HttpOnly_",
    ],
)
def test_line_that_is_no_cookie_is_named_and_passed_over(path, caplog, line):
    good = "qq.com\tFALSE\t/\tFALSE\t0\ta\tb"
    assert len(loaded_from(path, line, good)) == 1
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == f"line 2 of {path} is no cookie"
