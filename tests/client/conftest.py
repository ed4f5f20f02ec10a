"""A scripted service for each test of the client."""

from collections.abc import Iterator

import pytest

from tests.client.service import Service, running_service


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running
