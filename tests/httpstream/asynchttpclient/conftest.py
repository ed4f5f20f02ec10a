"""A server for each test of the client."""

from collections.abc import Iterator

import pytest

from webqq.testing import ScriptedServer


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server
