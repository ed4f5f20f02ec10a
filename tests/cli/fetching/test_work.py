"""A whole run, against a server of this machine."""

import asyncio
import io
import json
import os
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from webqq.cli.fetching.bar import Progress
from webqq.cli.fetching.job import Job
from webqq.cli.fetching.screen import Screen
from webqq.cli.fetching.work import fetch_all
from webqq.testing import Answer, Freeze, ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def run(job: Job) -> tuple[int, list[str]]:
    """The exit code, and the lines on standard error."""
    file = io.StringIO()
    code = asyncio.run(fetch_all(job, Screen(file, Progress(0.0), has_bar=False)))
    return code, file.getvalue().splitlines()


def test_all_that_was_answered_is_code_0(server: ScriptedServer) -> None:
    server.on("/", Answer(200, b"x" * 10), repeat=True)
    code, lines = run(Job(tuple(server.url(f"/?{number}") for number in range(100)), concurrency=5))
    assert code == 0
    assert lines[0].startswith("requests     100 in ")
    assert lines[1:3] == ["status       200: 100", lines[2]]
    assert "opened: 5   reused: 95" in lines[-1]
    assert len(server.connections) == 5


def test_no_more_at_once_than_was_asked_for(server: ScriptedServer) -> None:
    server.on("/", Freeze("gate"), Answer(200, b"x"), repeat=True)
    urls = tuple(server.url() for _ in range(7))

    def release() -> None:
        server.wait_for_frozen(3)
        server.release("gate")

    helper = threading.Thread(target=release)
    helper.start()
    code, _ = run(Job(urls, concurrency=3))
    helper.join()
    assert (code, len(server.connections)) == (0, 3)


def test_what_fails_is_told_and_does_not_stop_the_others(server: ScriptedServer, tmp_path: Path) -> None:
    server.on("/", Answer(200, b"x"), repeat=True)
    server.on("/gone", Answer(410))
    file = tmp_path / "urls"
    file.write_text(f"nonsense\n{server.url('/gone')}\n\n{server.url()}\nhttp://me:secret@[::1/\n")
    code, lines = run(Job(files=(str(file),)))
    assert code == 1
    complaints = sorted(line for line in lines if line.startswith("webqq: "))
    assert complaints[0] == "webqq: line 1: nonsense: a URL begins with http:// or https://"
    assert complaints[1] == f"webqq: line 2: {server.url('/gone')}: 410 Gone"
    assert complaints[2].startswith("webqq: line 5: http://***@")
    assert len(complaints) == 3


def test_json_has_a_line_for_each_and_the_summary_apart(
    server: ScriptedServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server.on("/", Answer(200, b"12345"), repeat=True)
    summary = tmp_path / "summary.json"
    code, lines = run(Job((server.url(), server.url("/nosuch"), "x"), json=True, summary=summary))
    results: list[dict[str, Any]] = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    by_url = {result["url"]: result for result in results}
    assert code == 1
    assert (by_url[server.url()]["status"], by_url[server.url()]["bytes"]) == (200, 5)
    assert by_url[server.url("/nosuch")]["outcome"] == "refused"
    assert by_url["x"]["error"] == "BadTarget"
    assert len(lines) == 1
    assert json.loads(lines[0]) == json.loads(summary.read_text())
    assert json.loads(lines[0])["requests"] == 3


def test_body_of_a_single_url_is_printed_without_a_summary(
    server: ScriptedServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.on("/", Answer(404, "not here\n"))
    code, lines = run(Job((server.url(),)))
    assert (code, lines) == (1, [f"webqq: {server.url()}: 404 Not Found"])
    assert capfd.readouterr().out == "not here\n"


def test_quiet_run_says_what_failed_and_nothing_else(server: ScriptedServer) -> None:
    server.on("/", Answer(200), Answer(200))
    assert run(Job((server.url(), "x"), quiet=True)) == (1, ["webqq: x: a URL begins with http:// or https://"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_a_run_with_its_summary(
    server: ScriptedServer, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: "a"\r\n\r\n'
    server.on("/file", head + b"x" * 40, Freeze())

    part, is_over = tmp_path / "file.part", threading.Event()

    def interrupt() -> None:
        server.wait_for_frozen(1)
        while not is_over.is_set() and not (part.exists() and part.stat().st_size == 40):
            os.sched_yield()
        os.kill(os.getpid(), number)

    helper = threading.Thread(target=interrupt)
    helper.start()
    try:
        ended, lines = run(Job((server.url("/file"),), folder=tmp_path))
    finally:
        is_over.set()
        helper.join()
    assert ended == code
    assert lines[0].endswith("1 interrupted")
    assert lines[-1] == "interrupted: the same command goes on from here"
    assert part.read_bytes() == b"x" * 40
    assert json.loads((tmp_path / "file.part.json").read_text())["total"] == 100


def test_list_that_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(Job(files=(str(tmp_path / "nosuch"),)))


def test_process_may_open_as_many_files_as_there_are_workers(server: ScriptedServer) -> None:
    server.on("/", Answer(200))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        run(Job((server.url(),), concurrency=400, json=False, quiet=True))
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(864, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
