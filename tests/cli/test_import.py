"""``webqq import``."""

from pathlib import Path

import pytest

from tests.cli.process import call_here
from webqq.gateway import Administration
from webqq.protocol.ids import QQNumber

NUMBER = QQNumber(100200300)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An exported community; its data folder lies beside it."""
    Administration(tmp_path / "old").add_account(NUMBER, "bot", "secret")
    (tmp_path / "community.json").write_bytes(Administration(tmp_path / "old").export())
    return tmp_path / "community.json"


def test_community_is_taken_over_with_the_key(file: Path, tmp_path: Path) -> None:
    result = call_here("import", str(file), "--key-of", str(tmp_path / "old"), "--data", str(tmp_path / "new"))
    assert (result.returncode, result.stdout, result.stderr) == (0, "1 accounts and 0 groups\n", "")
    assert list(Administration(tmp_path / "new").community().accounts) == [NUMBER]


def test_accounts_without_the_key_are_named(file: Path, tmp_path: Path) -> None:
    result = call_here("import", str(file), "--data", str(tmp_path / "new"))
    assert (result.returncode, result.stderr) == (0, f"These need a new password: {NUMBER}\n")


def test_community_that_is_there_stays_unless_told(file: Path, tmp_path: Path) -> None:
    arguments = ("import", str(file), "--data", str(tmp_path / "old"))
    result = call_here(*arguments)
    assert (result.returncode, "of 1 accounts already; --replace" in result.stderr) == (1, True)
    assert call_here(*arguments, "--replace").returncode == 0


def test_mistake_is_told_with_file_and_place_and_nothing_is_made(file: Path, tmp_path: Path) -> None:
    file.write_text(file.read_text("utf-8").replace('"nick": "bot"', '"nick": 5'))
    result = call_here("import", str(file), "--data", str(tmp_path / "new"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"webqq: {file}, accounts[0].nick: expected `str`, got `int`\n"
    assert not (tmp_path / "new").exists()


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = call_here("import", str(tmp_path / "missing.json"), "--data", str(tmp_path / "new"))
    assert (result.returncode, "cannot be read: No such file" in result.stderr) == (1, True)
