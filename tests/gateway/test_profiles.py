import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.gateway.helpers import BOT
from webqq.gateway import profiles, schema
from webqq.gateway.errors import ChangeRefused, StoreError
from webqq.gateway.profiles import PROFILE_TEXT, Details, constellation_of
from webqq.protocol.calls import Birthday

FULL = Details(
    birthday=(1989, 1, 30),
    gender="female",
    face=555,
    blood=3,
    shengxiao=5,
    country="中国",
    province="山东",
    city="青岛",
    college="x",
    occupation="y",
    personal="<z>",
    homepage="h",
    phone="1",
    mobile="2",
    email="3",
)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.upgrade(connection)
        yield connection


def test_profile_is_kept_replaced_and_forgotten(db: sqlite3.Connection) -> None:
    assert profiles.read(db, BOT) == Details()
    for details in (FULL, Details(city="x")):
        profiles.write(db, BOT, details)
        assert profiles.read(db, BOT) == details
    profiles.forget(db, BOT)
    assert profiles.read(db, BOT) == Details()


def test_damaged_profile_is_told_as_a_fault_of_the_data_file(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO profile VALUES (?, '{')", (BOT,))
    with pytest.raises(StoreError, match=str(BOT)):
        profiles.read(db, BOT)


@pytest.mark.parametrize(
    ("details", "complaint"),
    [
        (Details(birthday=(1989, 2, 30)), "birthday"),
        (Details(gender="x"), "gender"),
        (Details(face=-1), "face"),
        (Details(blood=6), "blood"),
        (Details(shengxiao=13), "shengxiao"),
        (Details(city="x" * (PROFILE_TEXT + 1)), "city"),
    ],
)
def test_field_without_sense_is_refused_by_its_name(db: sqlite3.Connection, details: Details, complaint: str) -> None:
    with pytest.raises(ChangeRefused, match=complaint):
        profiles.write(db, BOT, details)
    assert profiles.read(db, BOT) == Details()


def test_friends_are_told_all_and_others_not_how_to_reach_somebody() -> None:
    told = FULL.fields(of_friend=True)
    assert (told["birthday"], told["constel"]) == (Birthday(year=1989, month=1, day=30), 1)
    assert set(told) - set(FULL.fields(of_friend=False)) == {"phone", "mobile", "email"}


def test_what_is_told_to_people_leaves_out_what_is_empty() -> None:
    assert Details(birthday=(1989, 1, 30), face=3).told() == [("birthday", "1989-01-30"), ("face", "3")]


@pytest.mark.parametrize(
    ("month", "day", "number"), [(0, 0, 0), (1, 19, 12), (1, 20, 1), (2, 19, 2), (12, 21, 11), (12, 22, 12)]
)
def test_constellations_begin_on_their_days(month: int, day: int, number: int) -> None:
    assert constellation_of(month, day) == number
