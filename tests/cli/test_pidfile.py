"""The PID file: a lock counts, a left-over file does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webqq.cli.pidfile import AlreadyRunning, PIDFile
from webqq.protocol.errors import WebQQError


def test_held_file_tells_its_holder_and_goes_at_the_end(tmp_path: Path) -> None:
    file = PIDFile(tmp_path / "run" / "bot.pid")
    assert file.holder() is None
    with file:
        assert file.path.read_text() == f"{os.getpid()}\n"
        assert PIDFile(file.path).holder() == os.getpid()
    assert not file.path.exists()
    assert file.holder() is None


def test_held_file_is_refused_to_another(tmp_path: Path) -> None:
    path = tmp_path / "bot.pid"
    with PIDFile(path), pytest.raises(AlreadyRunning), PIDFile(path):
        pass


@pytest.mark.parametrize("left", ["1\n", "99999999\n", "nonsense", ""])
def test_stale_file_is_no_obstacle(tmp_path: Path, left: str) -> None:
    path = tmp_path / "bot.pid"
    path.write_text(left)
    assert PIDFile(path).holder() is None
    with PIDFile(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_file_of_a_killed_process_is_stale(tmp_path: Path) -> None:
    path = tmp_path / "bot.pid"
    hold = "import sys; from pathlib import Path; from webqq.cli.pidfile import PIDFile\n"
    hold += "with PIDFile(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert PIDFile(path).holder() == process.pid
        process.kill()
    assert path.exists()
    assert PIDFile(path).holder() is None


def test_path_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "bot.pid"
    with pytest.raises(WebQQError, match="cannot be made"), PIDFile(path):
        pass
    with pytest.raises(WebQQError, match="cannot be used"):
        PIDFile(path).holder()
