"""An account's part of a data folder."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.client.service import ACCOUNT, friend_message
from webqq.client.errors import StorageError
from webqq.client.storage import DataFolder, Storage
from webqq.protocol.ids import QQNumber


def closed(storage: Storage) -> None:
    asyncio.run(storage.close())


def threads() -> int:
    return sum(thread.name.startswith("webqq-inbox") for thread in threading.enumerate())


def test_folder_is_made_for_its_owner_alone(tmp_path: Path):
    folder = tmp_path / "a" / "b"
    closed(Storage(DataFolder(folder), ACCOUNT))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_second_process_of_the_account_is_kept_out(tmp_path: Path):
    first = Storage(DataFolder(tmp_path), ACCOUNT)
    with pytest.raises(StorageError, match="another process works as 100200300"):
        Storage(DataFolder(tmp_path), ACCOUNT)
    closed(first)
    closed(Storage(DataFolder(tmp_path), ACCOUNT))


def test_accounts_share_a_folder(tmp_path: Path):
    before = threads()

    async def main() -> None:
        folder = DataFolder(tmp_path)
        first, second = Storage(folder, ACCOUNT), Storage(folder, QQNumber(5))
        await first.inbox.put([friend_message("一")])
        await first.close()
        assert threads() == before + 1
        assert len(await second.inbox.put([friend_message("一")])) == 1
        await second.close()
        assert threads() == before

    asyncio.run(main())


def test_folder_that_cannot_be_made_is_an_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"data folder .* cannot be written: Not a directory"):
        Storage(DataFolder(tmp_path / "file" / "data"), ACCOUNT)
