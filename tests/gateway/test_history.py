"""What is kept of what was said, for whom, and how much of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from webqq.gateway import history, schema
from webqq.gateway.history import KEPT, Said, Talk
from webqq.protocol.content import parse_sent
from webqq.protocol.ids import GroupNumber, MessageId, QQNumber

ONE, TWO, THREE = (QQNumber(number) for number in (100200300, 300400500, 500600700))
GROUP = GroupNumber(900100)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.upgrade(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def say(db: sqlite3.Connection, id_: int, sender: QQNumber, *recipients: QQNumber, group: GroupNumber | None = None):
    text = f'["message {id_}",["font",{{"name":"宋体","size":10,"style":[0,0,0],"color":"000000"}}]]'
    said = Said(id_, sender, MessageId(id_ + 7_000_000), 0, 1_700_000_000 + id_, parse_sent(text))
    history.keep(db, history.parties(sender, recipients, group), said, text)


def ids(db: sqlite3.Connection, talk: Talk, before: int = 0, count: int = 50) -> list[int]:
    return [said.id for said in history.read(db, talk, before, count)[0]]


def test_both_friends_have_the_message_on_their_own_side(db: sqlite3.Connection):
    say(db, 1, ONE, TWO)
    say(db, 2, TWO, ONE)
    for account, friend in ((ONE, TWO), (TWO, ONE)):
        found, is_more = history.read(db, Talk(account, "friend", friend), 0, 50)
        assert [(said.id, said.sender, said.content.text) for said in found] == [
            (1, ONE, "message 1"),
            (2, TWO, "message 2"),
        ]
        assert not is_more
    assert ids(db, Talk(ONE, "friend", THREE)) == []


def test_group_message_is_kept_for_its_sender_and_those_who_got_it(db: sqlite3.Connection):
    say(db, 1, ONE, TWO, group=GROUP)
    say(db, 2, ONE, ONE, TWO, THREE, group=GROUP)
    assert ids(db, Talk(ONE, "group", GROUP)) == [1, 2]
    assert ids(db, Talk(TWO, "group", GROUP)) == [1, 2]
    assert ids(db, Talk(THREE, "group", GROUP)) == [2]


def test_discussion_is_kept_for_its_members_until_it_is_gone(db: sqlite3.Connection):
    said = Said(1, ONE, MessageId(7), 0, 1, parse_sent("[]"))
    history.keep(db, history.parties(ONE, (TWO,), None, 5), said, "[]")
    assert ids(db, Talk(ONE, "discussion", 5)) == ids(db, Talk(TWO, "discussion", 5)) == [1]
    assert ids(db, Talk(ONE, "group", 5)) == []
    history.forget_discuss(db, 5)
    assert db.execute("SELECT count(*) FROM said").fetchone() == (0,)


def test_reading_goes_back_a_page_at_a_time(db: sqlite3.Connection):
    for id_ in range(1, 6):
        say(db, id_, ONE, TWO)
    talk = Talk(ONE, "friend", TWO)
    found, is_more = history.read(db, talk, 0, 2)
    assert ([said.id for said in found], is_more) == ([4, 5], True)
    found, is_more = history.read(db, talk, 2, 2)
    assert ([said.id for said in found], is_more) == ([1], False)


def test_newest_message_of_every_conversation(db: sqlite3.Connection):
    say(db, 1, ONE, TWO)
    say(db, 2, THREE, ONE, group=GROUP)
    say(db, 3, TWO, ONE)
    say(db, 4, TWO, THREE)
    assert [(talk.kind, talk.peer, said.id) for talk, said in history.newest(db, ONE)] == [
        ("group", GROUP, 2),
        ("friend", TWO, 3),
    ]


def test_oldest_messages_make_room_and_leave_nothing_behind(db: sqlite3.Connection):
    for id_ in range(1, KEPT + 4):
        say(db, id_, ONE, TWO)
    assert ids(db, Talk(ONE, "friend", TWO), count=KEPT + 9) == list(range(4, KEPT + 4))
    assert db.execute("SELECT min(id), count(*) FROM said").fetchone() == (4, KEPT)


def test_message_stays_as_long_as_somebody_has_it(db: sqlite3.Connection):
    say(db, 1, ONE, TWO, THREE, group=GROUP)
    history.forget_account(db, TWO)
    assert ids(db, Talk(THREE, "group", GROUP)) == [1]
    history.forget_group(db, GROUP)
    assert db.execute("SELECT count(*) FROM said").fetchone() == (0,)


def test_whoever_gets_the_number_of_a_removed_account_finds_nothing(db: sqlite3.Connection):
    say(db, 1, ONE, TWO)
    say(db, 2, ONE, THREE)
    history.forget_account(db, TWO)
    assert ids(db, Talk(ONE, "friend", TWO)) == ids(db, Talk(TWO, "friend", ONE)) == []
    assert ids(db, Talk(ONE, "friend", THREE)) == [2]
    assert db.execute("SELECT id FROM said").fetchall() == [(2,)]


def test_forgotten_talk_is_gone_for_its_account_alone_and_begins_anew(db: sqlite3.Connection):
    say(db, 1, ONE, TWO)
    say(db, 2, ONE, THREE)
    history.forget_talk(db, Talk(ONE, "friend", TWO))
    assert ids(db, Talk(ONE, "friend", TWO)) == []
    assert ids(db, Talk(TWO, "friend", ONE)) == [1]
    assert ids(db, Talk(ONE, "friend", THREE)) == [2]
    history.forget_talk(db, Talk(TWO, "friend", ONE))
    assert db.execute("SELECT id FROM said").fetchall() == [(2,)]
    say(db, 3, TWO, ONE)
    assert ids(db, Talk(ONE, "friend", TWO)) == [3]


def test_group_message_pushes_the_oldest_out_of_each_members_talk(db: sqlite3.Connection, monkeypatch):
    monkeypatch.setattr(history, "KEPT", 2)
    say(db, 1, ONE, TWO, group=GROUP)
    say(db, 2, ONE, TWO, THREE, group=GROUP)
    say(db, 3, ONE, TWO, THREE, group=GROUP)
    for account, expected in ((ONE, [2, 3]), (TWO, [2, 3]), (THREE, [2, 3])):
        assert ids(db, Talk(account, "group", GROUP)) == expected
    assert db.execute("SELECT id FROM said").fetchall() == [(2,), (3,)]
