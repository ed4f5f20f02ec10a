"""``webqq export``."""

import json
from pathlib import Path

import pytest

from tests.cli.process import call_here
from webqq.gateway import Administration
from webqq.protocol.ids import QQNumber


@pytest.fixture
def data(tmp_path: Path) -> Path:
    Administration(tmp_path / "data").add_account(QQNumber(100200300), "bot", "clear text")
    return tmp_path / "data"


def test_file_is_the_owners_alone_and_holds_no_password(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "community.json"
    result = call_here("export", str(file), "--data", str(data))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "clear text" not in file.read_text("utf-8")
    assert json.loads(file.read_text("utf-8"))["accounts"][0]["number"] == 100200300


def test_dash_is_standard_output(data: Path) -> None:
    assert json.loads(call_here("export", "-", "--data", str(data)).stdout)["format"] == "webqq-community"


def test_file_that_is_there_is_written_over_only_when_told(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "community.json"
    file.write_text("mine")
    result = call_here("export", str(file), "--data", str(data))
    assert (result.returncode, file.read_text()) == (2, "mine")
    assert call_here("export", str(file), "--force", "--data", str(data)).returncode == 0
    assert file.read_text() != "mine"


def test_file_that_cannot_be_written_is_told(data: Path, tmp_path: Path) -> None:
    result = call_here("export", str(tmp_path / "missing" / "x.json"), "--data", str(data))
    assert (result.returncode, "cannot be written: No such file" in result.stderr) == (1, True)
