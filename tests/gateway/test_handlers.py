from http import HTTPStatus
from pathlib import Path

import pytest

from tests.gateway.helpers import ask
from webqq.gateway import handlers

WEB = Path(handlers.__file__).with_name("web")


def test_start_page_comes_with_a_strict_policy(tmp_path: Path) -> None:
    answer = ask(tmp_path, "GET", "/")
    assert answer.body == (WEB / "index.html").read_bytes()
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", sorted(path.relative_to(WEB).as_posix() for path in WEB.rglob("*.*")))
def test_every_file_of_the_page_is_served_with_its_type(tmp_path: Path, path: str) -> None:
    answer = ask(tmp_path, "GET", f"/{path}")
    assert answer.status == HTTPStatus.OK
    assert answer.body == (WEB / path).read_bytes()
    kind = {"js": "text/javascript", "css": "text/css", "html": "text/html", "svg": "image/svg+xml"}
    assert answer.headers["Content-Type"].partition(";")[0] == kind[path.rpartition(".")[2]]


def test_file_that_is_still_the_same_is_not_sent_again(tmp_path: Path) -> None:
    etag = ask(tmp_path, "GET", "/")
    again = ask(tmp_path, "GET", "/", If_None_Match=etag.headers["Etag"])
    assert (again.status, again.body) == (HTTPStatus.NOT_MODIFIED, b"")


@pytest.mark.parametrize("path", ["/proxy.html?v=20110331002", "/cfproxy.html", "/loginproxy.html?login2qq=1"])
def test_pages_that_logins_end_at_are_there_and_empty(tmp_path: Path, path: str) -> None:
    answer = ask(tmp_path, "GET", path, host="web2.qq.com")
    assert answer.status == HTTPStatus.OK
    assert answer.headers["Content-Type"].startswith("text/html")
