import sqlite3
from contextlib import closing

from webqq.gateway import recents, schema
from webqq.gateway.recents import RECENTS, RecentKind


def test_latest_contact_comes_first_and_each_once() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        for at, (kind, target) in enumerate([(RecentKind.FRIEND, 5), (RecentKind.GROUP, 5), (RecentKind.FRIEND, 5)]):
            recents.note(db, 1, kind, target, at)
        recents.note(db, 2, RecentKind.DISCUSS, 9, 99)
        assert recents.read(db, 1) == [(RecentKind.FRIEND, 5), (RecentKind.GROUP, 5)]


def test_old_contacts_are_not_told() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        for target in range(RECENTS + 5):
            recents.note(db, 1, RecentKind.FRIEND, target, target)
        assert [target for _, target in recents.read(db, 1)] == list(range(RECENTS + 4, 4, -1))
