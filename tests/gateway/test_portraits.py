import sqlite3
from contextlib import closing

import pytest

from tests.gateway.helpers import BOT, PERSON
from webqq.gateway import portraits, schema
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.portraits import PORTRAIT_BYTES, Portrait, Whose

PNG, GIF = b"\x89PNG\r\n\x1a\n...", b"GIF89a..."


def test_picture_is_kept_replaced_and_taken_away() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        for data, media_type in ((PNG, "image/png"), (GIF, "image/gif"), (b"\xff\xd8\xff", "image/jpeg")):
            portraits.put(db, Whose.PERSON, BOT, data)
            assert portraits.read(db, Whose.PERSON, BOT) == Portrait(media_type, data)
        assert portraits.read(db, Whose.GROUP, BOT) is None
        portraits.forget(db, Whose.PERSON, BOT)
        assert portraits.read(db, Whose.PERSON, BOT) is None


def test_another_picture_has_another_version() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        seen = []
        for data in (PNG, GIF, PNG):
            portraits.put(db, Whose.PERSON, BOT, data)
            portraits.put(db, Whose.GROUP, PERSON, data)
            seen.append(portraits.versions(db, [BOT, PERSON]))
        assert [list(each) for each in seen] == [[BOT]] * 3
        assert len({each[BOT] for each in seen}) == 3


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "none of"),
        (b"<svg onload=alert(1)>", "none of"),
        (b"BM...", "none of"),
        (PNG + bytes(PORTRAIT_BYTES), "bytes, more than"),
    ],
)
def test_what_is_too_large_or_no_picture_is_refused(data: bytes, complaint: str) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.upgrade(db)
        with pytest.raises(ChangeRefused, match=complaint):
            portraits.put(db, Whose.PERSON, BOT, data)
        assert portraits.read(db, Whose.PERSON, BOT) is None
