"""What an answer to a request for the rest of a body means."""

from email.message import Message

import pytest

from webqq.cli.fetching.ranges import (
    ContentRange,
    Meaning,
    Partial,
    http_date,
    judge,
    parse_content_range,
    validator_of,
)

CHANGED = "Sun, 01 Nov 2026 10:00:00 GMT"


def message(**fields: str) -> Message:
    headers = Message()
    for name, value in fields.items():
        headers[name.replace("_", "-")] = value
    return headers


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        ("bytes 5-9/10", ContentRange(5, 9, 10)),
        (" bytes 0-0/* ", ContentRange(0, 0, None)),
        ("bytes */10", ContentRange(None, None, 10)),
        ("bytes */*", None),
        ("bytes 9-5/10", None),
        ("bytes 5-10/10", None),
        ("lines 5-9/10", None),
        ("bytes 5-9", None),
        ("bytes -5-9/10", None),
        (None, None),
    ],
)
def test_content_range(value: str | None, parsed: ContentRange | None) -> None:
    assert parse_content_range(value) == parsed


@pytest.mark.parametrize(
    ("fields", "validator"),
    [
        ({"ETag": '"a"'}, '"a"'),
        ({"ETag": '"a"', "Last_Modified": CHANGED}, '"a"'),
        ({"ETag": 'W/"a"'}, None),
        ({"ETag": "a"}, None),
        ({"ETag": 'W/"a"', "Last_Modified": CHANGED, "Date": "Sun, 01 Nov 2026 11:00:00 GMT"}, None),
        ({"Last_Modified": CHANGED, "Date": "Sun, 01 Nov 2026 10:00:01 GMT"}, CHANGED),
        ({"Last_Modified": CHANGED, "Date": CHANGED}, None),
        ({"Last_Modified": CHANGED}, None),
        ({"Last_Modified": "junk", "Date": CHANGED}, None),
        ({}, None),
    ],
)
def test_only_what_tells_versions_apart_is_a_validator(fields: dict[str, str], validator: str | None) -> None:
    assert validator_of(message(**fields)) == validator


@pytest.mark.parametrize("value", [None, "", "junk", "Sun, 99 Nov 99999999999999 10:00:00 GMT"])
def test_junk_is_no_date(value: str | None) -> None:
    assert http_date(value) is None


def test_date() -> None:
    assert http_date(CHANGED) == 1793527200


def test_rest_is_asked_for_with_the_version_it_belongs_to() -> None:
    assert Partial(5, '"a"').headers == {"Range": "bytes=5-", "If-Range": '"a"'}


PART = Partial(5, '"a"', 10)


@pytest.mark.parametrize(
    ("status", "fields", "partial", "meaning"),
    [
        (200, {}, None, Meaning.ANEW),
        (200, {}, PART, Meaning.ANEW),
        (304, {}, None, Meaning.UNCHANGED),
        (404, {}, None, Meaning.REFUSED),
        (404, {}, PART, Meaning.REFUSED),
        (301, {}, None, Meaning.REFUSED),
        (206, {"Content_Range": "bytes 5-9/10"}, None, Meaning.REFUSED),
        (206, {"Content_Range": "bytes 5-9/10"}, PART, Meaning.APPEND),
        (206, {"Content_Range": "bytes 5-9/*"}, PART, Meaning.APPEND),
        (206, {"Content_Range": "bytes 5-9/10", "ETag": '"a"'}, PART, Meaning.APPEND),
        (206, {"Content_Range": "bytes 5-9/10", "ETag": '"b"'}, PART, Meaning.AGAIN),
        (206, {"Content_Range": "bytes 5-9/10", "ETag": '"b"'}, Partial(5, CHANGED, 10), Meaning.APPEND),
        (206, {"Content_Range": "bytes 0-9/10"}, PART, Meaning.AGAIN),
        (206, {"Content_Range": "bytes 5-10/11"}, PART, Meaning.AGAIN),
        (206, {"Content_Type": "multipart/byteranges; boundary=x"}, PART, Meaning.AGAIN),
        (416, {"Content_Range": "bytes */5"}, PART, Meaning.WHOLE),
        (416, {"Content_Range": "bytes */10"}, PART, Meaning.AGAIN),
        (416, {}, Partial(10, '"a"', 10), Meaning.WHOLE),
        (416, {}, PART, Meaning.AGAIN),
        (416, {}, None, Meaning.REFUSED),
    ],
)
def test_meaning(status: int, fields: dict[str, str], partial: Partial | None, meaning: Meaning) -> None:
    assert judge(status, message(**fields), partial) is meaning
