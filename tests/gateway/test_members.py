import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.gateway.helpers import BOT, GROUP, PERSON, THIRD
from webqq.gateway import members, schema
from webqq.gateway.members import MemberDetails

DAY = 86400


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        schema.upgrade(opened)
        opened.execute("INSERT INTO grp (number, is_open, owner) VALUES (?, 1, ?)", (GROUP, PERSON))
        yield opened


def test_what_is_noted_is_read_and_forgotten(db: sqlite3.Connection) -> None:
    members.set_admin(db, GROUP, BOT, is_admin=True)
    members.set_card(db, GROUP, BOT, card="机器", gender=2)
    members.note_joined(db, GROUP, BOT, 5)
    members.note_spoken(db, GROUP, BOT, 6)
    assert members.read(db, GROUP) == {BOT: MemberDetails(True, "机器", gender=2, joined=5, spoke=6)}
    assert members.read_admins(db, GROUP) == {BOT}
    members.forget(db, GROUP, BOT)
    assert members.read(db, GROUP) == {}


def test_card_has_known_fields_only(db: sqlite3.Connection) -> None:
    with pytest.raises(ValueError, match="no field"):
        members.set_card(db, GROUP, BOT, is_admin=1)


def test_silence_ends_in_time(db: sqlite3.Connection) -> None:
    members.silence(db, GROUP, [(BOT, 100)])
    assert members.is_silenced(db, GROUP, BOT, 99)
    assert not members.is_silenced(db, GROUP, BOT, 100)
    assert not members.is_silenced(db, GROUP, THIRD, 99)


def test_silence_of_the_whole_group_spares_who_has_rights(db: sqlite3.Connection) -> None:
    members.set_admin(db, GROUP, BOT, is_admin=True)
    members.set_silent(db, GROUP, is_silent=True)
    assert [members.is_silenced(db, GROUP, each, 1) for each in (PERSON, BOT, THIRD)] == [False, False, True]
    members.set_silent(db, GROUP, is_silent=False)
    assert not members.is_silenced(db, GROUP, THIRD, 1)


def test_sign_in_counts_days_in_a_row_and_once_a_day(db: sqlite3.Connection) -> None:
    first = members.sign(db, GROUP, BOT, 10 * DAY + 5)
    assert (first.run, first.total, first.rank, first.today, first.is_new) == (1, 1, 1, 1, True)
    second = members.sign(db, GROUP, THIRD, 10 * DAY + 9)
    assert (second.rank, second.today) == (2, 2)
    again = members.sign(db, GROUP, BOT, 10 * DAY + 50)
    assert (again.run, again.total, again.rank, again.at, again.is_new) == (1, 1, 1, 10 * DAY + 5, False)
    assert members.sign(db, GROUP, BOT, 11 * DAY).run == 2
    later = members.sign(db, GROUP, BOT, 13 * DAY)
    assert (later.run, later.total) == (1, 3)


def test_ban_and_all_else_goes_with_the_group(db: sqlite3.Connection) -> None:
    members.ban(db, GROUP, BOT)
    assert members.is_banned(db, GROUP, BOT)
    members.set_silent(db, GROUP, is_silent=True)
    members.forget_group(db, GROUP)
    assert not members.is_banned(db, GROUP, BOT)
    assert not members.is_silenced(db, GROUP, BOT, 0)
