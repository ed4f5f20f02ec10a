"""The fixtures, in a pytest of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from webqq import testing

TESTS = """
from urllib.request import Request, urlopen

from webqq.testing import Answer


def test_stream_on_the_network_on_the_loop(fake_ioloop, fake_network, http_stream):
    fake_network.answer("http://h/", b"x", delay=60)
    assert fake_ioloop.run(http_stream.fetch(Request("http://h/"))).read() == b"x"
    assert fake_ioloop.time() == 60


def test_server(scripted_server):
    scripted_server.on("/", Answer(200, b"x"))
    assert urlopen(scripted_server.url(), timeout=20).read() == b"x"


def test_server_whose_script_fails(scripted_server):
    scripted_server.on("/", lambda request: 1 / 0)
    try:
        urlopen(scripted_server.url(), timeout=20)
    except OSError:
        pass
"""

NO_IMPORTS = """
import sys
import webqq.testing.plugin
print(sorted(name for name in sys.modules if name.split(".")[0] == "tornado" or name.startswith("webqq.httpstream")))
"""


def run(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_fixtures_serve_and_clean_up(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    done = run("-W", "error", "-m", "pytest", "-p", "no:cacheprovider", "-p", "webqq.testing.plugin", folder=tmp_path)
    assert "3 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "ERROR at teardown of test_server_whose_script_fails" in done.stdout
    assert "ZeroDivisionError: division by zero" in done.stdout


def test_loading_the_plugin_loads_neither_engine_nor_tornado(tmp_path: Path) -> None:
    done = run("-c", NO_IMPORTS, folder=tmp_path)
    assert done.stdout == "[]\n", done.stderr


def test_package_names_what_it_lacks() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Absent'"):
        testing.Absent  # noqa: B018  # asking is the test


def test_package_has_all_that_it_lists() -> None:
    assert all(getattr(testing, name) is not None for name in testing.__all__)
    assert sorted(testing.__all__) == sorted(testing._HOMES)
