import sqlite3
from contextlib import closing

from tests.gateway.helpers import BOT, PERSON
from webqq.gateway import schema
from webqq.gateway.differences import Difference
from webqq.gateway.mailbox import Letter
from webqq.gateway.notes import Told
from webqq.gateway.post import read_letters
from webqq.gateway.tidings import note_size, put_down, take_up, write_note
from webqq.protocol.content import Content

FIRST, SECOND = Told(text="first"), Told(text="<二>")


def add_accounts(db: sqlite3.Connection, *numbers: int) -> None:
    sql = "INSERT INTO account (number, argon2, sealed_key, is_member) VALUES (?, '', x'', 1)"
    db.executemany(sql, [(number,) for number in numbers])


def test_who_was_removed_meanwhile_gets_no_letter() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        add_accounts(db, PERSON)
        put_down(db, [Difference(BOT, (BOT, PERSON), FIRST), Difference(BOT, (BOT,), SECOND)])
        assert [account for account, _ in take_up(db, 77)] == [PERSON]
        assert db.execute("SELECT account FROM mail").fetchall() == [(PERSON,)]


def test_what_was_put_down_becomes_letters_once_in_its_order() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        add_accounts(db, BOT, PERSON)
        put_down(db, [Difference(BOT, (BOT, PERSON), FIRST), Difference(PERSON, (BOT,), SECOND)])
        found = take_up(db, 77)
        one, two = (
            Letter(number, sender, None, 0, 77, Content(()), note_size(note), note)
            for number, sender, note in ((1, BOT, FIRST), (2, PERSON, SECOND))
        )
        assert found == [(BOT, one), (PERSON, one), (BOT, two)]
        assert take_up(db, 78) == []
        # A start finds the same.
        assert read_letters(db, {BOT, PERSON}) == found


def test_letter_for_nobody_is_not_kept() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        write_note(db, BOT, (), FIRST, 77)
        assert db.execute("SELECT count(*) FROM letter").fetchone() == (0,)
