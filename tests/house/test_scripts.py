"""scripts/run and scripts/test on machines that lack something: one line on standard error, exit code 1."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

TOOLS = [
    *(
        "bash",
        "basename",
        "cat",
        "cp",
        "cut",
        "dirname",
        "env",
        "flock",
        "getent",
        "grep",
        "id",
        "mkdir",
        "paste",
        "sed",
    ),
    *("sha256sum", "sort", "tail"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the scripts read, under a name with a blank."""
    copy = tmp_path / "a tree"
    shutil.copytree(ROOT / "scripts", copy / "scripts")
    for name in ("requirements.txt", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH that has the tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return folder


def add_tool(tools: Path, name: str, script: str) -> None:
    tool = tools / name
    tool.unlink(missing_ok=True)
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


def add_python(tools: Path, *, lacks: str = "") -> None:
    """A Python 3.11 that answers the scripts' questions, makes itself a virtual environment, and prints the rest."""
    questions = f'*import_module*) {lacks} ;; *-venv*) echo python3.11-venv ;; *version_info*) echo "$0" ;;'
    venv = 'venv) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;'
    add_tool(tools, "python3", f'case "$2" in {questions} {venv} pip) ;; *) echo "$@" ;; esac')


def run(tree: Path, tools: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs a script with nothing in its environment but PATH, no pyenv, and the file system's root as folder."""
    return subprocess.run(
        [str(tree / "scripts" / command[0]), *command[1:]],
        cwd="/",
        env={"PATH": str(tools), "PYENV_ROOT": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert words in line


@pytest.mark.parametrize("script", ["run", "test"])
def test_no_python_is_one_line(tree: Path, tools: Path, script: str):
    assert_one_line(run(tree, tools, script), f"scripts/{script}: needs Python 3.11 or later, and found none")


def test_python_too_old_is_one_line(tree: Path, tools: Path):
    add_tool(tools, "python3", "exit 1")  # as an old one, or a pyenv shim of no version, answers the question
    assert_one_line(run(tree, tools, "run"), "needs Python 3.11 or later")
    assert not (tree / ".venv").exists()


def test_wanted_python_that_is_missing_is_one_line(tree: Path, tools: Path):
    assert_one_line(run(tree, tools, "test", "--python", "3.12"), "needs Python 3.12")


def test_version_option_without_a_version_is_one_line(tree: Path, tools: Path):
    assert_one_line(run(tree, tools, "test", "--python"), "--python needs a version")


def test_no_python_at_all_is_a_failure_of_all_pythons(tree: Path, tools: Path):
    done = run(tree, tools, "test", "--all-pythons")
    assert_one_line(done, "passed on: none; failed on: none; not on this machine: 3.11 3.12 3.13")


def test_python_without_venv_says_what_to_install(tree: Path, tools: Path):
    add_python(tools, lacks="echo ensurepip")
    done = run(tree, tools, "run")
    assert_one_line(done, "lacks the modules for virtual environments (ensurepip): apt install python3.11-venv")


def test_python_without_venv_gets_it_from_apt_where_we_may(tree: Path, tools: Path, tmp_path: Path):
    add_tool(tools, "id", "echo 0")
    add_tool(tools, "apt-get", f'echo "$@" >>"{tmp_path}/apt"')
    add_python(tools, lacks=f'[ -e "{tmp_path}/apt" ] || echo ensurepip')
    assert run(tree, tools, "test").returncode == 0
    updates, installs = (tmp_path / "apt").read_text().splitlines()[:2]
    assert updates.endswith(" update")
    assert installs.endswith(" install -y --no-install-recommends python3.11-venv")


def test_browser_is_installed_where_we_may(tree: Path, tools: Path, tmp_path: Path):
    add_tool(tools, "id", "echo 0")
    add_tool(tools, "apt-get", f'echo "$@" >>"{tmp_path}/apt"')
    add_python(tools)
    assert run(tree, tools, "test").returncode == 0
    assert " install -y --no-install-recommends chromium chromium-driver\n" in (tmp_path / "apt").read_text()


def test_run_of_everything_is_in_parallel(tree: Path, tools: Path):
    add_python(tools)
    done = run(tree, tools, "test")
    assert (done.returncode, done.stdout.split()[:4]) == (0, ["-m", "pytest", "-n", "auto"])


def test_tests_that_are_named_run_in_one_process(tree: Path, tools: Path):
    """There -s and --pdb reach the terminal, and no worker must collect first."""
    add_python(tools)
    done = run(tree, tools, "test", "--pdb", "-x", "tests/protocol")
    assert (done.returncode, done.stdout) == (0, "-m pytest --pdb -x tests/protocol\n")


def test_browser_that_cannot_be_had_is_no_error(tree: Path, tools: Path):
    add_python(tools)
    done = run(tree, tools, "test", "-k", "a name")
    assert (done.returncode, done.stdout) == (0, "-m pytest -k a name\n")
    assert "the chat page's test will be skipped" in done.stderr


def test_python_built_without_sqlite_is_one_line(tree: Path, tools: Path):
    add_python(tools, lacks="echo sqlite3")
    assert_one_line(run(tree, tools, "run"), "python3 was built without sqlite3")


def test_folder_that_cannot_be_written_is_one_line(tree: Path, tools: Path):
    add_python(tools)
    (tree / ".venv").write_text("in the way")
    assert_one_line(run(tree, tools, "run"), f"cannot write to {tree}/.venv")


def test_installation_that_is_current_is_left_alone(tree: Path, tools: Path):
    """The second start neither writes nor asks for Python: it runs what is there."""
    venv = tree / ".venv"
    (venv / "bin").mkdir(parents=True)
    add_tool(venv / "bin", "python", "echo $0")
    add_tool(venv / "bin", "webqq", 'echo "$@"')
    lib = f'cd /; source "{tree}/scripts/lib.sh"; fingerprint'
    stamp = subprocess.run(["bash", "-c", lib], env={"PATH": os.defpath}, capture_output=True, check=True).stdout
    (venv / "installed-run").write_bytes(stamp)
    done = run(tree, tools, "run", "--listen", "127.0.0.1:0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "run --listen 127.0.0.1:0\n", "")
