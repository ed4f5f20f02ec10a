"""The fixture of tests/conftest.py that lets an unexpected warning fail a test."""

import logging

from tests.conftest import LogWatch


def record(name: str, message: str, level: int = logging.WARNING) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, message, None, None)


def test_nothing_logged_is_no_complaint():
    assert LogWatch().complaints() == []


def test_unexpected_record_is_a_complaint():
    watch = LogWatch()
    watch.handle(record("webqq.client.poll", "gave up"))
    assert watch.complaints() == ["unexpected: WARNING webqq.client.poll: gave up"]


def test_expected_record_is_none():
    watch = LogWatch()
    watch("webqq.client", "gave .p")
    watch.handle(record("webqq.client.poll", "it gave up"))
    assert watch.complaints() == []


def test_expected_record_that_stays_away_is_a_complaint():
    watch = LogWatch()
    watch("webqq.bot", "plugin")
    assert watch.complaints() == ["expected and missing: webqq.bot: plugin"]


def test_expectation_holds_for_its_logger_alone():
    watch = LogWatch()
    watch("webqq.bot", "gave up")
    watch.handle(record("webqq.bottle", "gave up"))
    assert len(watch.complaints()) == 2


def test_fixture_watches_the_package(expect_log: LogWatch):
    expect_log("webqq.house", "seen [0-9]+ times")
    logging.getLogger("webqq.house").info("not a warning")
    logging.getLogger("webqq.house").error("seen %d times", 2)
