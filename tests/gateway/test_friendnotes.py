import sqlite3
from contextlib import closing

from tests.gateway.helpers import BOT, GROUP, PERSON, THIRD
from webqq.gateway import friendnotes, schema
from webqq.gateway.friendnotes import MARK
from webqq.protocol.ids import GroupNumber


def test_notes_are_the_accounts_own() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        friendnotes.mark_friend(db, BOT, PERSON, "明" * 100)
        friendnotes.move_friend(db, BOT, PERSON, 2)
        friendnotes.move_friend(db, BOT, THIRD, 1)
        assert friendnotes.read_friends(db, BOT) == {PERSON: ("明" * MARK, 2), THIRD: ("", 1)}
        assert friendnotes.read_friends(db, PERSON) == {}
        friendnotes.mark_group(db, BOT, GROUP, "群")
        friendnotes.mask_groups(db, BOT, [(GROUP, 1), (GroupNumber(900200), 2)])
        friendnotes.mask_groups(db, BOT, [(GROUP, 2)])
        assert friendnotes.read_groups(db, BOT) == {GROUP: ("群", 2), GroupNumber(900200): ("", 0)}


def test_notes_by_and_of_who_leaves_are_forgotten() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        friendnotes.mark_friend(db, BOT, PERSON, "a")
        friendnotes.mark_friend(db, PERSON, BOT, "b")
        friendnotes.mark_group(db, BOT, GROUP, "c")
        friendnotes.forget_person(db, BOT)
        assert (friendnotes.read_friends(db, PERSON), friendnotes.read_groups(db, BOT)) == ({}, {})
