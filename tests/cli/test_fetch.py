"""``webqq fetch`` as its users start it."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import COMMAND, GUARD
from tests.httpstream.certificates import make_certificate
from webqq.testing import Answer, Freeze, ReceivedRequest, Reset, ScriptedServer
from webqq.testing.steps import Step

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in PROXIES}
    return {**kept, **more}


def fetch(
    *arguments: object, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, "fetch", *map(str, arguments)],
        input=stdin,
        env=environment() if env is None else env,
        capture_output=True,
        timeout=GUARD,
        check=False,
    )


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


BODY = bytes(range(256)) * 400


def ranged(request: ReceivedRequest) -> Step:
    """What a server that knows ranges answers."""
    asked = request.headers.get("Range")
    fields = {"ETag": '"v1"'}
    if asked is None or request.headers.get("If-Range") != '"v1"':
        return Answer(200, BODY, fields)
    start = int(asked.removeprefix("bytes=").rstrip("-"))
    fields["Content-Range"] = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    return Answer(206, BODY[start:], fields)


def test_help_tells_all() -> None:
    result = fetch("--help")
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.startswith(b"Usage: webqq fetch ")


def test_body_goes_to_standard_output_byte_by_byte(server: ScriptedServer) -> None:
    server.on("/", Answer(200, BODY))
    result = fetch(server.url())
    assert (result.returncode, result.stdout, result.stderr) == (0, BODY, b"")
    assert server.requests[0].headers["User-Agent"].startswith("webqq/")


def test_lines_of_standard_input_are_fetched(server: ScriptedServer) -> None:
    server.on("/", Answer(200, b"x"), repeat=True)
    lines = f"# what to fetch\n{server.url('/?a')}\n\nnonsense\n{server.url('/?b')}\n"
    result = fetch("-i", "-", "--json", stdin=lines.encode())
    results: list[dict[str, Any]] = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 1
    assert {(one["line"], one["outcome"]) for one in results} == {(2, "answered"), (4, "failed"), (5, "answered")}
    assert json.loads(result.stderr)["requests"] == 3


def test_what_the_options_say_is_sent(server: ScriptedServer) -> None:
    server.on("/", Answer(200))
    result = fetch(
        *("-X", "put", "-H", "X-One: 1", "-H", "X-Two: 2", "-A", "me", "-u", "a:b", "-d", "x=1", "-d", "y=2"),
        *("--no-compressed", server.url()),
    )
    assert (result.returncode, result.stderr) == (0, b"")
    (request,) = server.requests
    assert (request.method, request.body) == ("put", b"x=1&y=2")
    names = ("X-One", "X-Two", "User-Agent", "Authorization", "Accept-Encoding", "Content-Type")
    form = "application/x-www-form-urlencoded"
    assert [request.headers[name] for name in names] == ["1", "2", "me", "Basic YTpi", "identity", form]


@pytest.mark.parametrize("word", ["file", "-"])
def test_body_from_a_file_is_streamed(server: ScriptedServer, tmp_path: Path, word: str) -> None:
    server.on("/", Answer(200))
    (tmp_path / "file").write_bytes(BODY)
    path = word if word == "-" else tmp_path / word
    assert fetch("-d", f"@{path}", server.url(), stdin=BODY).returncode == 0
    (request,) = server.requests
    assert (request.method, request.body) == ("POST", BODY)


def test_head_is_printed(server: ScriptedServer) -> None:
    server.on("/", Answer(200, b"body", {"A": "1"}))
    result = fetch("-I", server.url())
    assert (server.requests[0].method, result.stdout) == ("HEAD", b"HTTP/1.1 200 OK\nA: 1\nContent-Length: 4\n\n")


def test_redirects_are_followed_as_far_as_allowed(server: ScriptedServer) -> None:
    server.on("/", Answer(302, headers={"Location": "/there"}), repeat=True)
    server.on("/there", Answer(200, b"there"))
    assert fetch(server.url()).stdout == b"there"
    result = fetch("--max-redirs", "0", "--json", server.url())
    assert (result.returncode, json.loads(result.stdout)["status"]) == (0, 302)


def test_download_cut_in_the_middle_goes_on_with_the_next_call(server: ScriptedServer, tmp_path: Path) -> None:
    server.on("/file.bin", ranged, Reset(after=50_000))
    server.on("/file.bin", ranged)
    first = fetch("-o", tmp_path, server.url("/file.bin"))
    assert first.returncode == 1
    assert (tmp_path / "file.bin.part").stat().st_size > 0
    second = fetch("-o", tmp_path, server.url("/file.bin"))
    assert (second.returncode, [path.name for path in tmp_path.iterdir()]) == (0, ["file.bin"])
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert b"resumed: 1" in second.stderr
    assert "Range" in server.requests[1].headers
    third = fetch("-o", tmp_path, server.url("/file.bin"))
    assert (third.returncode, len(server.requests)) == (0, 2)


def test_download_cut_again_and_again_is_whole_with_retries(server: ScriptedServer, tmp_path: Path) -> None:
    server.on("/file.bin", ranged, Reset(after=50_000))
    server.on("/file.bin", ranged, Reset(after=20_000))
    server.on("/file.bin", ranged)
    result = fetch("-o", tmp_path, "--retries", "2", server.url("/file.bin"))
    assert (result.returncode, (tmp_path / "file.bin").read_bytes()) == (0, BODY)
    assert b"retries: 2" in result.stderr


def test_no_continue_starts_anew(server: ScriptedServer, tmp_path: Path) -> None:
    server.on("/file.bin", ranged, Reset(after=50_000))
    server.on("/file.bin", ranged)
    fetch("-o", tmp_path, server.url("/file.bin"))
    assert fetch("-o", tmp_path, "--no-continue", server.url("/file.bin")).returncode == 0
    assert "Range" not in server.requests[1].headers
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_names_stay_in_the_folder(server: ScriptedServer, tmp_path: Path) -> None:
    paths = ("/a/x", "/b/x", "/..%2f..%2fescaped", "/")
    for path in paths:
        server.on(path, Answer(200, path))
    assert fetch("-o", tmp_path / "new", *(server.url(path) for path in paths), "--quiet").returncode == 0
    files = {path.name: path.read_text() for path in (tmp_path / "new").iterdir()}
    assert sorted(files.values()) == sorted(paths)
    assert files["x"] == "/a/x"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_ctrl_c_leaves_what_can_be_continued(server: ScriptedServer, tmp_path: Path) -> None:
    head = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "v1"\r\n\r\n' % len(BODY)
    server.on("/file.bin", head + BODY[:1000], Freeze())
    server.on("/file.bin", ranged)
    arguments = (*COMMAND, "fetch", "-o", str(tmp_path), server.url("/file.bin"))
    with subprocess.Popen(arguments, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        server.wait_for_frozen(1)
        part = tmp_path / "file.bin.part"
        while process.poll() is None and not (part.exists() and part.stat().st_size):
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=GUARD)
    assert (process.returncode, part.read_bytes()) == (130, BODY[:1000])
    assert "1 interrupted" in err
    assert "Traceback" not in err
    assert fetch("-o", tmp_path, server.url("/file.bin")).returncode == 0
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_reader_that_has_enough_is_no_traceback(server: ScriptedServer) -> None:
    server.on("/", Answer(200, BODY * 20))
    with subprocess.Popen(
        [*COMMAND, "fetch", server.url()], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(GUARD) == 1


def test_proxy_of_the_environment_is_used_unless_told_otherwise(server: ScriptedServer) -> None:
    server.on("/", Answer(200, b"x"), repeat=True)
    with ScriptedServer() as proxy:
        proxy.on("/", Answer(200, b"by proxy"), repeat=True)
        env = environment(http_proxy=proxy.url())
        assert fetch(server.url(), env=env).stdout == b"by proxy"
        assert fetch(server.url(), "--no-proxy", env=env).stdout == b"x"
        assert fetch(server.url(), "--proxy", proxy.url()).stdout == b"by proxy"


def test_cookies_are_kept_from_call_to_call(server: ScriptedServer, tmp_path: Path) -> None:
    server.on("/", Answer(200, b"", {"Set-Cookie": "a=1"}), repeat=True)
    jar = tmp_path / "cookies.txt"
    for _ in range(2):
        assert fetch("-b", jar, server.url()).returncode == 0
    assert [request.headers.get("Cookie") for request in server.requests] == [None, "a=1"]
    assert jar.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name a URL"),
        (("-i", "nosuch"), "nosuch"),
        (("http://a/", "-d", "x", "-F", "a=b"), "two bodies"),
        (("http://a/", "-F", "a"), "NAME=VALUE"),
        (("http://a/", "-d", "@nosuch"), "nosuch"),
        (("http://a/", "-I", "-d", "x"), "no body"),
        (("http://a/", "-I", "-o", "x"), "nothing to save"),
        (("http://a/", "--update"), "-o"),
        (("http://a/", "--proxy", "gopher://x"), "scheme"),
        (("http://a/", "--proxy", "http://x", "--no-proxy"), "contradict"),
        (("http://a/", "--digest"), "-u"),
        (("http://a/", "-u", "a:b", "--netrc"), "two sources"),
        (("http://a/", "-u", "a:\x01"), "control"),
        (("http://a/", "--key", __file__), "--cert"),
        (("http://a/", "--cacert", __file__), "ca_file"),
        (("http://a/", "-H", "x"), "Name: value"),
        (("http://a/", "--rate", "x"), "N/s"),
        (("http://a/", "-c", "0"), "-c"),
        (("-i", "-", "-d", "@-"), "standard input"),
        (("http://a/", "http://b/", "-d", "@-"), "one URL"),
    ],
)
def test_wrong_call_is_one_line_and_code_2(arguments: tuple[str, ...], told: str) -> None:
    result = fetch(*arguments)
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (2, b"", 1)
    assert told in result.stderr.decode()


def test_wrong_proxy_in_the_environment_is_named() -> None:
    result = fetch("http://a/", env=environment(http_proxy="http://me:secret@x:y"))
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert b"http_proxy" in result.stderr
    assert b"secret" not in result.stderr


def test_folder_that_cannot_be_made_is_code_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = fetch("-o", tmp_path / "file" / "folder", "http://127.0.0.1:1/")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)


def test_certificates_are_checked_unless_told_otherwise(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "localhost")
    with ScriptedServer(tls=(certificate, key)) as server:
        server.on("/", Answer(200, b"secret"), repeat=True)
        url = server.url(host="localhost")
        refused = fetch(url, "--json", "--quiet")
        assert (refused.returncode, json.loads(refused.stdout)["error"]) == (1, "TLSError")
        trusted = fetch("--cacert", certificate, url)
        assert (trusted.stdout, trusted.stderr) == (b"secret", b"")
        unchecked = fetch("-k", url)
        assert unchecked.stdout == b"secret"
        assert b"certificates are not checked" in unchecked.stderr


def test_credentials_for_the_digest_scheme_wait_to_be_asked(server: ScriptedServer) -> None:
    server.on("/", Answer(401, b"no", {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}))
    server.on("/", Answer(200, b"yes"))
    assert fetch("--digest", "-u", "me:secret", server.url()).stdout == b"yes"
    first, second = (request.headers.get("Authorization", "") for request in server.requests)
    assert first == ""
    assert second.startswith('Digest username="me"')


def test_password_that_nobody_can_be_asked_for_is_no_traceback() -> None:
    result = fetch("-u", "me", "http://127.0.0.1:1/")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == b"webqq: cancelled"


def test_netrc_is_read_where_it_is_asked_for(server: ScriptedServer, tmp_path: Path) -> None:
    server.on("/", Answer(200), repeat=True)
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    home = environment(HOME=str(tmp_path))
    assert fetch("--netrc", server.url(), env=home).returncode == 0
    assert fetch(server.url(), env=home).returncode == 0
    assert [request.headers.get("Authorization") for request in server.requests] == ["Basic bWU6c2VjcmV0", None]
