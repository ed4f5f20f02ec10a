"""The bot as a daemon, at a real gateway."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import COMMAND, DAEMON, GUARD, call, gateway, passwords


class Daemon:
    """One daemon with its files in ``folder``."""

    def __init__(self, folder: Path, url: str, password: str) -> None:
        self.folder = folder
        self.config = folder / "webqqd.toml"
        self.pid_file = folder / "bot.pid"
        self.config.write_text(
            f'gateway = "{url}"\naccount = 100200300\npassword = "{password}"\n'
            'data = "data"\npid_file = "bot.pid"\nlog_file = "bot.log"\n',
            encoding="utf-8",
        )
        self.config.chmod(0o600)

    def __call__(self, action: str) -> subprocess.CompletedProcess[str]:
        return call(action, "--config", str(self.config), program=DAEMON)

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with gateway(data) as url:
        yield url


@pytest.fixture
def daemon(tmp_path: Path, url: str, data: Path) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path, url, passwords(data)[0])
    yield daemon
    daemon("stop")


def ask(url: str, data: Path, text: str) -> subprocess.CompletedProcess[str]:
    return call(
        *("send", "--gateway", url, "--account", "300400500", "--to", "机器人", "--wait", "30", text),
        environment={"WEBQQ_PASSWORD": passwords(data)[1]},
    )


def test_start_status_answer_stop(daemon: Daemon, url: str, data: Path) -> None:
    assert daemon("status").returncode == 3
    started = daemon("start")
    assert (started.returncode, started.stdout) == (0, f"100200300 is online, PID {daemon.pid}\n")
    status = daemon("status")
    assert (status.returncode, status.stdout) == (0, f"running, PID {daemon.pid}\n")
    assert ask(url, data, "在吗").stdout == "在吗\n"
    stopped = daemon("stop")
    assert (stopped.returncode, stopped.stdout) == (0, "stopped\n")
    assert daemon("status").returncode == 3
    assert not daemon.pid_file.exists()
    assert "stopped" in (daemon.folder / "bot.log").read_text(encoding="utf-8")


def test_started_twice_it_refuses(daemon: Daemon) -> None:
    assert daemon("start").returncode == 0
    again = daemon("start")
    assert (again.returncode, again.stderr) == (1, f"webqqd: already running, PID {daemon.pid}\n")
    assert daemon("status").returncode == 0


def test_left_over_pid_file_is_no_obstacle(daemon: Daemon, url: str, data: Path) -> None:
    assert daemon("start").returncode == 0
    killed = daemon.pid
    os.kill(killed, signal.SIGKILL)
    assert daemon.pid_file.exists()
    # Somebody else's process may have the number by now.
    daemon.pid_file.write_text(f"{os.getpid()}\n")
    assert daemon("start").returncode == 0
    assert daemon.pid not in (killed, os.getpid())
    assert ask(url, data, "again").stdout == "again\n"


def test_restart_takes_another_process(daemon: Daemon) -> None:
    assert daemon("restart").returncode == 0
    first = daemon.pid
    assert daemon("restart").returncode == 0
    assert daemon.pid != first


def test_it_answers_after_its_terminal_is_gone(daemon: Daemon, url: str, data: Path) -> None:
    ours, terminal = pty.openpty()
    with subprocess.Popen(
        [*DAEMON, "start", "--config", str(daemon.config)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        assert process.wait(GUARD) == 0
    os.close(terminal)
    os.close(ours)
    assert ask(url, data, "still there?").stdout == "still there?\n"


def test_start_tells_why_it_is_not_online(daemon: Daemon) -> None:
    text = daemon.config.read_text(encoding="utf-8")
    daemon.config.write_text(text.replace('password = "', 'password = "not '), encoding="utf-8")
    result = daemon("start")
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert "password is wrong" in result.stderr
    assert daemon("status").returncode == 3


def test_it_can_be_stopped_when_its_password_is_gone(daemon: Daemon) -> None:
    assert daemon("start").returncode == 0
    lines = daemon.config.read_text(encoding="utf-8").splitlines()
    daemon.config.write_text("\n".join(line for line in lines if not line.startswith("password")), encoding="utf-8")
    assert daemon("status").returncode == 0
    assert daemon("stop").stdout == "stopped\n"
    assert daemon("start").returncode == 1


def test_mistake_in_the_configuration_is_one_line(daemon: Daemon) -> None:
    with daemon.config.open("a", encoding="utf-8") as file:
        file.write("plugin = 1\n")
    for action in ("start", "stop", "status", "restart", "foreground"):
        result = daemon(action)
        assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
        assert f"{daemon.config}, plugin: unknown key" in result.stderr


def test_log_that_cannot_be_written_is_one_line(daemon: Daemon) -> None:
    text = daemon.config.read_text(encoding="utf-8")
    daemon.config.write_text(text.replace('"bot.log"', '"webqqd.toml/bot.log"'), encoding="utf-8")
    result = daemon("start")
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert "the log file" in result.stderr


def test_stop_of_what_does_not_run_is_no_error(daemon: Daemon) -> None:
    result = daemon("stop")
    assert (result.returncode, result.stdout) == (0, "not running\n")


def test_foreground_runs_until_it_is_told_to_stop(daemon: Daemon) -> None:
    with subprocess.Popen(
        [*DAEMON, "foreground", "--config", str(daemon.config)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "100200300 is online\n"
        assert daemon("status").stdout == f"running, PID {process.pid}\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(GUARD) == 0


def test_wrong_call_is_code_2() -> None:
    for arguments in ((), ("dance",), ("--config",)):
        result = call(*arguments, program=DAEMON)
        assert result.returncode == 2


def test_programs_are_of_this_interpreter() -> None:
    assert COMMAND[0] == DAEMON[0] == sys.executable
