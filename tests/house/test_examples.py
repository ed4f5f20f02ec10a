"""The programs that readers will copy do run: README.rst's example and each file of ``examples/``.

A file there either ends by itself with code 0, or serves until it is stopped: then it prints its address
(``http://127.0.0.1:PORT...``) on a line of its own, answers a GET there, and ends with code 0 on SIGTERM. A file named
``test_*.py`` is run by pytest. None needs an argument, an outside network or a file it does not make.
"""

import re
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from tests.house.tree import ROOT

TIMEOUT = 60
ADDRESS = re.compile(r"^.*?(http://127\.0\.0\.1:\d+\S*)\s*$")
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("[!_]*.py"))


def readme_example() -> str:
    text = (ROOT / "README.rst").read_text("utf-8")
    block = text.partition(".. code-block:: python\n")[2]
    lines = re.match(r"(?:    .*\n|\n)+", block)
    assert lines, "README.rst has an example"
    return re.sub(r"(?m)^    ", "", lines.group())


def test_readme_example_runs_as_it_stands(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", readme_example()],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3
    assert all(re.fullmatch(r"200 text/html; charset=\S+ \d+ bytes", line) for line in done.stdout.splitlines())
    # The example's server notes each request there; nothing else does.
    assert all(' "GET / HTTP/1.1" 200 ' in line for line in done.stderr.splitlines()), done.stderr


def test_readme_example_is_short():
    assert len([line for line in readme_example().splitlines() if line.strip()]) <= 15


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("test_")])
def test_example_of_a_test_passes(name: str, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "examples" / name)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.startswith("test_")])
def test_example_runs(name: str, tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-u", str(ROOT / "examples" / name)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        guard = threading.Timer(TIMEOUT, program.kill)
        guard.start()
        try:
            output = _follow(program)
        finally:
            guard.cancel()
            program.kill()
    assert program.returncode == 0, output
    assert output.strip(), "an example shows something"


def _follow(program: "subprocess.Popen[str]") -> str:
    """All that the program prints until it ends; visits the address that it prints and asks it to end."""
    assert program.stdout
    printed = []
    for line in program.stdout:
        printed.append(line)
        address = ADDRESS.match(line)
        if address:
            urllib.request.urlopen(address.group(1), timeout=TIMEOUT).close()
            program.terminate()
            break
    printed += program.stdout
    program.wait()
    return "".join(printed)
