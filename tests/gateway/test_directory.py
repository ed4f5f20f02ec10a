import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.gateway.helpers import BOT, CHEAP, GROUP, PERSON, opened, small_community
from webqq.gateway.community import Community
from webqq.gateway.directory import Directory
from webqq.gateway.vault import Vault

VAULT = Vault(bytes(32), CHEAP)


def find(folder: Path, community: Community | None = None) -> Directory:
    """What a start finds."""

    async def main() -> Directory:
        async with opened(folder, community) as (_, directory):
            return directory

    return asyncio.run(main())


def without_bot() -> Community:
    full = small_community()
    accounts = {number: replace(account, friends=()) for number, account in full.accounts.items() if number != BOT}
    return Community(accounts, {})


def test_everybody_has_a_row_and_a_secret(tmp_path: Path) -> None:
    directory = find(tmp_path)
    assert set(directory.account_rows) == set(directory.secrets) == set(small_community().accounts)
    assert all(directory.accounts_by_row[row] == number for number, row in directory.account_rows.items())
    assert directory.groups_by_row[directory.group_rows[GROUP]] == GROUP
    assert VAULT.is_of(directory.secrets[BOT], BOT, "bot 密码")


def test_password_in_clear_is_in_no_file(tmp_path: Path) -> None:
    find(tmp_path)
    assert not any("bot 密码".encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_next_start_finds_the_same_and_renews_nothing(tmp_path: Path) -> None:
    first, second = find(tmp_path), find(tmp_path)
    assert second.account_rows == first.account_rows
    assert second.secrets == first.secrets


def test_other_password_is_renewed(tmp_path: Path) -> None:
    first = find(tmp_path)
    community = small_community()
    accounts = {**community.accounts, BOT: replace(community.accounts[BOT], password="other")}
    second = find(tmp_path, Community(accounts, community.groups))
    assert VAULT.is_of(second.secrets[BOT], BOT, "other")
    assert second.secrets[PERSON] == first.secrets[PERSON]


def test_account_that_comes_back_has_its_row(tmp_path: Path) -> None:
    first = find(tmp_path)
    away = find(tmp_path, without_bot())
    assert away.account_rows == first.account_rows
    assert away.group_rows == first.group_rows
    assert find(tmp_path).account_rows == first.account_rows


def test_what_another_file_changed_is_put_down_to_be_told(tmp_path: Path) -> None:
    def tidings() -> int:
        with closing(sqlite3.connect(tmp_path / "gateway.sqlite")) as db:
            return int(db.execute("SELECT count(*) FROM tiding").fetchone()[0])

    find(tmp_path)
    find(tmp_path)
    assert tidings() == 0
    find(tmp_path, without_bot())
    # The friend, and each member of the group that is gone.
    assert tidings() == 3
