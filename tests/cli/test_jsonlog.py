"""The log as JSON lines."""

import json
import logging
import sys
from typing import Any

from webqq.cli.jsonlog import JSONFormatter


def line(message: str, *arguments: object, exc_info: Any = None, **more: object) -> dict[str, Any]:
    record = logging.LogRecord("webqq.x", logging.WARNING, __file__, 1, message, arguments, exc_info)
    record.created = 1_700_000_000.5
    record.__dict__.update(more)
    text = JSONFormatter().format(record)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_record_is_an_object_on_one_line() -> None:
    assert line("a\n%s", "小明") == {
        "time": "2023-11-14T22:13:20.500+00:00",
        "level": "WARNING",
        "logger": "webqq.x",
        "message": "a\n小明",
    }


def test_fields_stand_beside_the_rest() -> None:
    assert line("x", fields={"call": "poll2", "code": 0})["call"] == "poll2"


def test_exception_is_told_by_type_and_place_and_not_by_its_text() -> None:
    try:
        raise ValueError("what somebody sent")
    except ValueError:
        found = line("failed", exc_info=sys.exc_info())
    assert found["exception"] == "ValueError"
    assert found["trace"][0].startswith(__file__)
    assert "somebody" not in json.dumps(found)
