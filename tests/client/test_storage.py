"""An account's part of a data folder."""

from pathlib import Path

import pytest

from tests.client.service import ACCOUNT
from webqq.client.errors import StorageError
from webqq.client.storage import Storage
from webqq.protocol.ids import QQNumber


def test_folder_is_made_for_its_owner_alone(tmp_path: Path):
    folder = tmp_path / "a" / "b"
    Storage(folder, ACCOUNT).close()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_second_process_of_the_account_is_kept_out(tmp_path: Path):
    first = Storage(tmp_path, ACCOUNT)
    with pytest.raises(StorageError, match="another process works as 100200300"):
        Storage(tmp_path, ACCOUNT)
    first.close()
    Storage(tmp_path, ACCOUNT).close()


def test_accounts_share_a_folder(tmp_path: Path):
    first, second = Storage(tmp_path, ACCOUNT), Storage(tmp_path, QQNumber(5))
    first.close()
    second.close()


def test_folder_that_cannot_be_made_is_an_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"data folder .* cannot be written: Not a directory"):
        Storage(tmp_path / "file" / "data", ACCOUNT)
