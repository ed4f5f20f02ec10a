import sqlite3
from contextlib import closing

from tests.gateway.helpers import BOT, PERSON
from webqq.gateway import levels, schema


def test_day_counts_once() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        db.execute("INSERT INTO account (number, argon2, sealed_key) VALUES (?, '', x'')", (BOT,))
        for at in (5 * 86400, 5 * 86400 + 80000, 6 * 86400, 4 * 86400):
            levels.note_day(db, BOT, at)
        assert levels.read_days(db, BOT) == 2
        assert levels.read_days(db, PERSON) == 0


def test_level_is_reached_on_its_day() -> None:
    for level in range(1, 60):
        days = levels.days_of(level)
        assert (levels.level_of(days - 1), levels.level_of(days)) == (level - 1, level)
