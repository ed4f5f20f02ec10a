import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.gateway.helpers import BOT, GROUP, PERSON
from webqq.gateway import requests, schema
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.requests import AGAIN_SECONDS, REQUEST_SECONDS, REQUESTS, RequestKind


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        schema.upgrade(opened)
        yield opened


def test_question_is_answered_once(db: sqlite3.Connection) -> None:
    requests.ask(db, RequestKind.FRIEND, BOT, PERSON, 0)
    assert requests.is_open(db, RequestKind.FRIEND, BOT, PERSON)
    requests.settle(db, RequestKind.FRIEND, BOT, PERSON)
    with pytest.raises(ChangeRefused, match="did not ask"):
        requests.settle(db, RequestKind.FRIEND, BOT, PERSON)


def test_question_is_asked_again_after_a_while_or_once_it_was_answered(db: sqlite3.Connection) -> None:
    requests.ask(db, RequestKind.FRIEND, BOT, PERSON, AGAIN_SECONDS)
    for at in (1, AGAIN_SECONDS, 2 * AGAIN_SECONDS - 1):
        with pytest.raises(ChangeRefused, match="short time ago"):
            requests.ask(db, RequestKind.FRIEND, BOT, PERSON, at)
    requests.ask(db, RequestKind.FRIEND, BOT, PERSON, 2 * AGAIN_SECONDS)
    requests.settle(db, RequestKind.FRIEND, BOT, PERSON)
    requests.ask(db, RequestKind.FRIEND, BOT, PERSON, 2 * AGAIN_SECONDS)


def test_question_of_one_kind_or_direction_is_none_of_the_other(db: sqlite3.Connection) -> None:
    requests.ask(db, RequestKind.GROUP, BOT, GROUP, 0)
    assert not requests.is_open(db, RequestKind.FRIEND, BOT, GROUP)
    requests.ask(db, RequestKind.FRIEND, BOT, PERSON, 0)
    assert not requests.is_open(db, RequestKind.FRIEND, PERSON, BOT)


def test_questions_are_bounded_and_grow_old(db: sqlite3.Connection) -> None:
    for target in range(REQUESTS):
        requests.ask(db, RequestKind.FRIEND, BOT, target, 0)
    with pytest.raises(ChangeRefused, match="waits"):
        requests.ask(db, RequestKind.FRIEND, BOT, REQUESTS, 0)
    requests.ask(db, RequestKind.FRIEND, BOT, REQUESTS, REQUEST_SECONDS + 1)
    assert not requests.is_open(db, RequestKind.FRIEND, BOT, 0)


def test_questions_of_and_to_who_leaves_are_forgotten(db: sqlite3.Connection) -> None:
    requests.ask(db, RequestKind.FRIEND, BOT, PERSON, 0)
    requests.ask(db, RequestKind.FRIEND, PERSON, BOT, 0)
    requests.ask(db, RequestKind.GROUP, BOT, GROUP, 0)
    requests.forget_person(db, BOT)
    assert db.execute("SELECT count(*) FROM request").fetchone() == (0,)
