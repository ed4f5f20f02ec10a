"""Fixtures for pytest, which finds them by itself where this package is installed.

pytest loads this module at each start, in every project: what it needs is imported by the fixtures.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from webqq.httpstream import HTTPStream
    from webqq.testing import FakeIOLoop, FakeNetwork, ScriptedServer

__all__ = ["fake_ioloop", "fake_network", "http_stream", "scripted_server"]


@pytest.fixture
def fake_ioloop() -> "Iterator[FakeIOLoop]":
    """A FakeIOLoop, closed after the test."""
    from webqq.testing import FakeIOLoop

    with FakeIOLoop() as loop:
        yield loop


@pytest.fixture
def fake_network(fake_ioloop: "FakeIOLoop") -> "FakeNetwork":
    """A FakeNetwork on ``fake_ioloop``."""
    from webqq.testing import FakeNetwork

    return FakeNetwork(fake_ioloop)


@pytest.fixture
def http_stream(fake_network: "FakeNetwork") -> "Iterator[HTTPStream]":
    """An HTTPStream on ``fake_network``; after the test its books are audited and it is closed."""
    stream = fake_network.stream()
    yield stream
    try:
        stream.audit()
    finally:
        stream.close()


@pytest.fixture
def scripted_server() -> "Iterator[ScriptedServer]":
    """A ScriptedServer without TLS, stopped after the test, which fails if a script of it did."""
    from webqq.testing import ScriptedServer

    with ScriptedServer() as server:
        yield server
