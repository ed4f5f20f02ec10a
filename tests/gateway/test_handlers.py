import asyncio
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.gateway.helpers import ask, running
from tests.gateway.wire import Line
from webqq.gateway.hosts import SERVICE_HOSTS
from webqq.gateway.pagefiles import WEB, PageFiles


def test_start_page_comes_with_a_strict_policy(tmp_path: Path) -> None:
    answer = ask(tmp_path, "GET", "/")
    assert answer.body == PageFiles(WEB).index
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_every_file_of_the_page_is_served_with_its_type(tmp_path: Path) -> None:
    kind = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

    async def main() -> None:
        async with running(tmp_path) as gateway:
            line = await Line.open(gateway.url)
            for file in WEB.rglob("*.*"):
                if file.suffix == ".html":
                    continue
                await line.send("GET", f"/{file.relative_to(WEB).as_posix()}", {"Host": "a"})
                answer = await line.receive()
                assert (answer.status, answer.body) == (HTTPStatus.OK, file.read_bytes())
                assert answer.headers["Content-Type"].partition(";")[0] == kind[file.suffix]
            line.close()

    asyncio.run(main())


def test_files_of_the_present_version_are_kept_by_browsers_and_of_no_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path) as gateway:
            line = await Line.open(gateway.url)
            for version, kept in ((PageFiles(WEB).version, True), ("0" * 16, False)):
                await line.send("GET", f"/{version}/js/app.js", {"Host": "a"})
                answer = await line.receive()
                assert (answer.status, answer.body) == (HTTPStatus.OK, (WEB / "js" / "app.js").read_bytes())
                assert ("immutable" in answer.headers["Cache-Control"]) == kept
            line.close()

    asyncio.run(main())


def test_file_that_is_still_the_same_is_not_sent_again(tmp_path: Path) -> None:
    etag = ask(tmp_path, "GET", "/")
    again = ask(tmp_path, "GET", "/", If_None_Match=etag.headers["Etag"])
    assert (again.status, again.body) == (HTTPStatus.NOT_MODIFIED, b"")


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("wspeed.qq.com", "/w.cgi?appid=1000164&releaseversion=SMARTQQ"),
        ("pinghot.qq.com", "/pingd?dm=w.qq.com.hot&hottag=smartqq.im.polltimeout"),
        ("cgi.connect.qq.com", "/report/report?nValue=11202"),
        ("ui.ptlogin2.qq.com", "/cgi-bin/report?id=358342"),
    ],
)
def test_reports_of_clients_that_do_as_the_page_did_are_taken(tmp_path: Path, host: str, path: str) -> None:
    answer = ask(tmp_path, "GET", path, host=host)
    assert (answer.status, answer.body) == (200, b"")
    assert host in SERVICE_HOSTS


@pytest.mark.parametrize(
    "path",
    ["/proxy.html?v=20110331002", "/cfproxy.html", "/loginproxy.html?login2qq=1", "/web2_cookie_proxy.html"],
)
def test_pages_that_logins_end_at_are_there_and_empty(tmp_path: Path, path: str) -> None:
    answer = ask(tmp_path, "GET", path, host="web2.qq.com")
    assert answer.status == HTTPStatus.OK
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "script"),
    [("/cgi-bin/ver", b"ptuiV(201205211530);"), ("/ptui_ver.js?v=0.5&ptui_identifier=0", b'ptuiV("10040");')],
)
def test_login_page_has_a_version(tmp_path: Path, path: str, script: bytes) -> None:
    answer = ask(tmp_path, "GET", path, host="ui.ptlogin2.qq.com")
    assert (answer.status, answer.body) == (HTTPStatus.OK, script)
    assert answer.headers["Content-Type"] == "text/javascript; charset=UTF-8"
