"""A fake loop and a fake network for each test of the engine; the books of its streams are audited at the end."""

from collections.abc import Iterator
from typing import Any

import pytest

from webqq.httpstream import HTTPStream
from webqq.testing import FakeIOLoop, FakeNetwork


@pytest.fixture
def loop() -> Iterator[FakeIOLoop]:
    with FakeIOLoop() as loop:
        yield loop


class AuditedNetwork(FakeNetwork):
    """A network that knows the streams made on it."""

    def __init__(self, ioloop: FakeIOLoop) -> None:
        super().__init__(ioloop)
        self.streams: list[HTTPStream] = []

    def stream(self, **options: Any) -> HTTPStream:
        stream = super().stream(**options)
        self.streams.append(stream)
        return stream


@pytest.fixture
def network(loop: FakeIOLoop) -> Iterator[FakeNetwork]:
    network = AuditedNetwork(loop)
    yield network
    for stream in network.streams:
        stream.audit()
