import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.gateway.helpers import BOT, LONER, PERSON, THIRD
from webqq.gateway import discusses, schema
from webqq.gateway.discusses import DISCUSS_MEMBERS, DISCUSS_NAME, DISCUSSES_PER_ACCOUNT
from webqq.gateway.errors import ChangeRefused
from webqq.protocol.ids import QQNumber


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        schema.upgrade(opened)
        opened.execute("PRAGMA foreign_keys = ON")
        yield opened


def test_discussion_is_seen_by_its_members_alone(db: sqlite3.Connection) -> None:
    row = discusses.create(db, BOT, "爬山", [PERSON, THIRD, BOT])
    found = discusses.read(db, row, PERSON)
    assert found is not None
    assert (found.name, found.owner, found.version, found.members) == ("爬山", BOT, 1, (BOT, PERSON, THIRD))
    assert discusses.read(db, row, LONER) is None
    assert discusses.read(db, row + 1, BOT) is None
    assert discusses.read_all(db, THIRD) == [(row, "爬山")]
    assert discusses.are_mates(db, BOT, THIRD)
    assert not discusses.are_mates(db, BOT, LONER)


def test_version_rises_with_each_change_of_the_members(db: sqlite3.Connection) -> None:
    row = discusses.create(db, BOT, "", [PERSON])
    discusses.add_members(db, row, [THIRD])
    discusses.leave(db, row, PERSON)
    discusses.rename(db, row, "新" * 100)
    found = discusses.read(db, row, BOT)
    assert found is not None
    assert (found.version, found.members, found.name) == (3, (BOT, THIRD), "新" * DISCUSS_NAME)


def test_discussion_goes_to_the_oldest_member_and_with_the_last(db: sqlite3.Connection) -> None:
    row = discusses.create(db, BOT, "", [PERSON])
    discusses.leave(db, row, BOT)
    found = discusses.read(db, row, PERSON)
    assert found is not None
    assert found.owner == PERSON
    discusses.leave(db, row, PERSON)
    assert db.execute("SELECT count(*) FROM discuss").fetchone() == (0,)
    assert discusses.create(db, BOT, "", [PERSON]) != row


def test_numbers_of_messages_rise(db: sqlite3.Connection) -> None:
    row = discusses.create(db, BOT, "", [PERSON])
    assert [discusses.next_discuss_seq(db, row) for _ in range(2)] == [1, 2]


def test_members_and_discussions_are_bounded(db: sqlite3.Connection) -> None:
    with pytest.raises(ChangeRefused, match="members"):
        discusses.create(db, BOT, "", [QQNumber(10_000 + each) for each in range(DISCUSS_MEMBERS)])
    db.execute("DELETE FROM discuss")
    for _ in range(DISCUSSES_PER_ACCOUNT):
        discusses.create(db, BOT, "", [PERSON])
    with pytest.raises(ChangeRefused, match="owns"):
        discusses.create(db, BOT, "", [PERSON])
