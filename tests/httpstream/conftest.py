"""A fake loop and a fake network for each test of the engine."""

from collections.abc import Iterator

import pytest

from webqq.testing import FakeIOLoop, FakeNetwork


@pytest.fixture
def loop() -> Iterator[FakeIOLoop]:
    with FakeIOLoop() as loop:
        yield loop


@pytest.fixture
def network(loop: FakeIOLoop) -> FakeNetwork:
    return FakeNetwork(loop)
