import stat
from pathlib import Path

import pytest

from webqq.gateway.community import read_community
from webqq.gateway.errors import StoreError
from webqq.gateway.seed import SEED_BOT, SEED_GROUP, SEED_PERSON, seed_community


def test_first_community_has_a_bot_a_person_and_a_group(tmp_path: Path) -> None:
    assert seed_community(tmp_path / "community.toml")
    community = read_community(tmp_path / "community.toml")
    assert list(community.accounts) == [SEED_BOT, SEED_PERSON]
    assert community.accounts[SEED_BOT].friends == (SEED_PERSON,)
    assert community.groups[SEED_GROUP].members == (SEED_BOT, SEED_PERSON)


def test_passwords_are_random_and_readable_to_the_owner_alone(tmp_path: Path) -> None:
    passwords = set()
    for name in ("a.toml", "b.toml"):
        seed_community(tmp_path / name)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        passwords |= {account.password for account in read_community(tmp_path / name).accounts.values()}
    assert len(passwords) == 4
    assert all(len(password) >= 16 for password in passwords)


def test_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "community.toml"
    seed_community(path)
    before = path.read_bytes()
    assert not seed_community(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_file_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        seed_community(tmp_path / "missing" / "community.toml")
