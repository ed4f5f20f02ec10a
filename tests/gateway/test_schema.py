import sqlite3
from contextlib import closing

import pytest

from webqq.gateway import schema
from webqq.gateway.errors import NewerSchema


def tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_new_file_gets_all_tables_and_the_version() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        assert tables(db) >= {"account", "grp", "login", "session", "letter", "mail", "sent"}
        assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_upgrade_of_an_up_to_date_file_changes_nothing() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        schema.upgrade(db)
        assert db.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_newer_file_is_refused() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
        with pytest.raises(NewerSchema, match="newer webqq"):
            schema.upgrade(db)
        assert tables(db) == set()


def test_letter_numbers_are_never_used_twice() -> None:
    letter = "INSERT INTO letter (sender, seq, at, content) VALUES (1, 0, 0, '')"
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        first = db.execute(letter).lastrowid
        db.execute("DELETE FROM letter")
        assert db.execute(letter).lastrowid != first
