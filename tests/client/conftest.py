"""A scripted service for each test of the client, and one gateway for those that want a real one."""

from collections.abc import Iterator

import pytest

from tests.client.service import Service, running_service
from tests.client.town import Town, running_town


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town")) as running:
        yield running
