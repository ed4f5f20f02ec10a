"""What every test shares: a warning in the log that nobody expected fails the test that caused it.

A test that provokes a warning says so beforehand and thereby also demands it::

    def test_plugin_that_raises_is_logged(expect_log):
        expect_log("webqq.bot", "plugin .* raised")

or takes pytest's ``caplog`` and looks at the records itself.
"""

import logging
import re
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A machine that has other things to do makes no example wrong.
settings.register_profile("tests", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("tests")

# asyncio and tornado.application report what our callbacks and tasks raised when nobody else took it.
WATCHED = ("webqq", "tornado.application", "asyncio")


class LogWatch(logging.Handler):
    """Takes the records of WARNING and above of the watched loggers while a test runs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._records: list[logging.LogRecord] = []
        self._expected: list[tuple[str, re.Pattern[str]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)

    def __call__(self, logger: str, pattern: str) -> None:
        """Expects one or more records of ``logger`` or one below it whose message matches ``pattern`` somewhere."""
        self._expected.append((logger, re.compile(pattern)))

    def complaints(self) -> list[str]:
        """What was logged and not expected, then what was expected and not logged."""
        seen = set()
        found = []
        for record in self._records:
            matches = {expected for expected in self._expected if _matches(record, *expected)}
            seen |= matches
            if not matches:
                found.append(f"unexpected: {record.levelname} {record.name}: {record.getMessage()}")
        missing = [expected for expected in self._expected if expected not in seen]
        return found + [f"expected and missing: {name}: {pattern.pattern}" for name, pattern in missing]


def _matches(record: logging.LogRecord, logger: str, pattern: re.Pattern[str]) -> bool:
    of_logger = record.name == logger or record.name.startswith(logger + ".")
    return of_logger and pattern.search(record.getMessage()) is not None


@pytest.fixture(autouse=True)
def expect_log(request: pytest.FixtureRequest) -> Iterator[LogWatch]:
    """Call it with a logger's name and a pattern; see the module's text."""
    watch = LogWatch()
    for name in WATCHED:
        logging.getLogger(name).addHandler(watch)
    yield watch
    for name in WATCHED:
        logging.getLogger(name).removeHandler(watch)
    if "caplog" in request.fixturenames:
        return
    complaints = watch.complaints()
    if complaints:
        pytest.fail("the log is not as the test expects\n" + "\n".join(complaints), pytrace=False)
