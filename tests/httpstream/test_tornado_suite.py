"""Tornado's own tests of its HTTP clients, run on ours.

Those of ``tornado.test.httpclient_test`` hold for every client and all of them count. Those of
``tornado.test.simple_httpclient_test`` are for Tornado's other client; what of them is about that client's inside is
left out, by name and with the reason, and stands in the report as skipped.
"""

import logging
import unittest
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.test import httpclient_test, simple_httpclient_test
from tornado.testing import ExpectLog

from webqq.httpstream.asynchttpclient import HTTPStreamClient

# Class and test -> why it says nothing about another client.
LEFT_OUT = {
    (
        "HTTP204NoContentTestCase",
        "test_204_invalid_content_length",
    ): "a 204 has no body whatever its head says (RFC 9112 section 6.3): it is taken as such, and by curl as well",
    ("MaxHeaderSizeTest", "test_large_headers"): "it wants IOStream's own error; here it is HTTPStreamClosedError, and "
    "asynchttpclient/test_client.py has the test",
    ("SimpleHTTPSClientTestCase", "test_no_content_length"): "its server ends TLS without close_notify, where nothing "
    "else tells the body's end: such a body may have been cut short by anybody, and is refused",
}

# Class -> the same tests run under this name, on the same client.
SAME = {"SimpleHTTPClientCommonTestCase": "HTTPClientCommonTestCase"}

# Class -> what it is told of the client: that no log line comes with a refusal, as of curl's.
SETTINGS: dict[str, dict[str, Any]] = {"SimpleHTTPClientMaxBodySizeTestCase": {"refusal_log_format": None}}


class InfoIsOptional(ExpectLog):
    """Whether a client writes a line of INFO of what it also raises is its own affair."""

    def __init__(self, logger: Any, regex: str, required: bool = True, level: int | None = None) -> None:
        super().__init__(logger, regex, required and level != logging.INFO, level)


@pytest.fixture(autouse=True)
def client_under_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever asks Tornado for a client gets ours."""
    saved = AsyncHTTPClient._save_configuration()
    AsyncHTTPClient.configure("webqq.httpstream.asynchttpclient.HTTPStreamClient")
    monkeypatch.setattr(simple_httpclient_test, "SimpleAsyncHTTPClient", HTTPStreamClient)
    monkeypatch.setattr(simple_httpclient_test, "ExpectLog", InfoIsOptional)
    # As tornado.test.runtests does: what the server writes of each request is no surprise.
    monkeypatch.setattr(logging.getLogger("tornado.access"), "level", logging.CRITICAL)
    yield
    AsyncHTTPClient._restore_configuration(saved)


def suite_of(module: ModuleType) -> dict[str, type[unittest.TestCase]]:
    """A subclass of each test class of ``module``, with a test that skips itself for each that is left out."""
    found = {}
    for name, case in vars(module).items():
        is_case = isinstance(case, type) and issubclass(case, unittest.TestCase) and case.__module__ == module.__name__
        if is_case and name not in SAME:
            skipped = {test: skip(reason) for (of, test), reason in LEFT_OUT.items() if of == name}
            found[name] = type(name, (case,), {"__module__": __name__, **SETTINGS.get(name, {}), **skipped})
    return found


def skip(reason: str) -> Any:
    return unittest.skip(reason)(lambda self: None)


COMMON = suite_of(httpclient_test)
SIMPLE = suite_of(simple_httpclient_test)
globals().update(COMMON)
globals().update(SIMPLE)


def test_no_common_test_is_left_out() -> None:
    assert not {name for name, _ in LEFT_OUT} & set(COMMON)


def test_what_is_left_out_is_there() -> None:
    assert [entry for entry in LEFT_OUT if not hasattr(getattr(simple_httpclient_test, entry[0]), entry[1])] == []
    assert set(SAME) | set(SETTINGS) <= set(vars(simple_httpclient_test))
