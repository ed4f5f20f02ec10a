"""``webqq send``: one message from a script."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import call, first_line, gateway, passwords, running, stop


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with gateway(data) as url:
        yield url


def send(url: str, account: int, target: str, password: str, *words: str) -> subprocess.CompletedProcess[str]:
    arguments = ("send", "--gateway", url, "--account", str(account), "--to", target, *words)
    return call(*arguments, environment={"WEBQQ_PASSWORD": password})


def test_message_is_kept_for_whom_is_away(url: str, data: Path) -> None:
    bot, person = passwords(data)
    assert send(url, 300400500, "100200300", person, "first").returncode == 0
    late = send(url, 100200300, "小明", bot, "--wait", "0.2", "what did you say?")
    assert (late.returncode, late.stdout) == (1, "")
    assert late.stderr == "from 小明: first\nwebqq: no answer from 小明 within 0.2 s\n"


def test_what_was_written_before_is_no_answer(tmp_path: Path) -> None:
    with running("run", "--listen", "127.0.0.1:0", "--data", str(tmp_path)) as process:
        url = first_line(process)
        first_line(process)
        person = passwords(tmp_path / "gateway")[1]
        assert send(url, 300400500, "机器人", person, "earlier").returncode == 0
        now = send(url, 300400500, "机器人", person, "--wait", "30", "now")
        assert (now.returncode, now.stdout, now.stderr) == (0, "now\n", "from 机器人: earlier\n")
        assert stop(process)[0] == 0


def test_no_answer_in_time_is_code_1(url: str, data: Path) -> None:
    result = call(
        *("send", "--gateway", url, "--account", "300400500", "--to", "900100", "--wait", "0.2", "anybody?"),
        environment={"WEBQQ_PASSWORD": passwords(data)[1]},
    )
    assert (result.returncode, result.stdout) == (1, "")
    *others, last = result.stderr.splitlines()
    assert last == "webqq: no answer from 900100 within 0.2 s"
    assert others in ([], ["from 机器人: what did you say?"]), "what another said meanwhile is not lost"


@pytest.mark.parametrize(
    ("account", "target", "password", "told"),
    [
        ("300400500", "100200300", "wrong", "password is wrong"),
        ("999999999", "100200300", "wrong", "password is wrong"),
        ("300400500", "nobody", None, "nobody"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    url: str, data: Path, account: str, target: str, password: str | None, told: str
) -> None:
    environment = {"WEBQQ_PASSWORD": password or passwords(data)[1]}
    result = call("send", "--gateway", url, "--account", account, "--to", target, "x", environment=environment)
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert told in result.stderr


def test_gateway_that_is_not_there_is_one_line() -> None:
    result = call(
        *("send", "--gateway", "http://127.0.0.1:1", "--account", "300400500", "--to", "100200300", "x"),
        environment={"WEBQQ_PASSWORD": "secret"},
    )
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert "the gateway http://127.0.0.1:1 does not answer: " in result.stderr
    assert "secret" not in result.stderr


def test_wrong_call_is_code_2() -> None:
    for arguments in (("send",), ("send", "--gateway", "ftp://x", "--account", "1", "--to", "2", "x"), ("nosuch",)):
        result = call(*arguments)
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
