"""Who has an account, in this process and in others."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from webqq.client import locks
from webqq.client.locks import AccountLocks
from webqq.protocol.ids import QQNumber

ONE, TWO, LARGEST = QQNumber(100200300), QQNumber(100200301), QQNumber(9_999_999_999)
HOLDER = (
    "import pathlib, sys; from webqq.client.locks import AccountLocks\n"
    "locks = AccountLocks(pathlib.Path(sys.argv[1])); locks.take(int(sys.argv[2])); print('held', flush=True)\n"
    "sys.stdin.read()"
)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(params=["one file for all", "a file for each"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Both kinds keep the same contract."""
    if request.param == "a file for each":
        monkeypatch.setattr(locks, "_SET_LOCK", None)
    # What other tests left to be collected must not go in between.
    gc.collect()
    before = descriptors()
    yield tmp_path
    assert descriptors() == before


def is_free(folder: Path, account: QQNumber) -> bool:
    other = AccountLocks(folder)
    try:
        other.take(account)
    except BlockingIOError:
        return False
    other.release(account)
    return True


def test_account_is_had_by_one_at_a_time(folder: Path):
    mine = AccountLocks(folder)
    for account in (ONE, LARGEST):
        mine.take(account)
        assert not is_free(folder, account)
        with pytest.raises(BlockingIOError):
            mine.take(account)
    assert is_free(folder, TWO)
    mine.release(ONE)
    assert is_free(folder, ONE)
    assert not is_free(folder, LARGEST)
    mine.release(LARGEST)
    assert is_free(folder, LARGEST)


def test_other_process_has_it_until_it_ends(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), str(ONE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        assert not is_free(tmp_path, ONE)
        assert is_free(tmp_path, TWO)
        process.kill()
        process.wait()
    assert is_free(tmp_path, ONE)


def test_many_accounts_need_one_descriptor(tmp_path: Path):
    mine, before = AccountLocks(tmp_path), descriptors()
    accounts = [QQNumber(ONE + number) for number in range(50)]
    for account in accounts:
        mine.take(account)
    assert descriptors() == before + 1
    assert [path.name for path in tmp_path.iterdir()] == ["accounts.lock"]
    for account in accounts:
        mine.release(account)
    assert descriptors() == before


def test_folder_that_is_missing_is_told(folder: Path):
    with pytest.raises(FileNotFoundError):
        AccountLocks(folder / "missing").take(ONE)
