from pathlib import Path

import pytest

from webqq.gateway import errors
from webqq.protocol.errors import WebQQError


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "GatewayError"])
def test_each_error_is_one_of_the_gateway(name: str) -> None:
    assert issubclass(getattr(errors, name), errors.GatewayError)


def test_gateway_errors_are_of_the_project() -> None:
    assert issubclass(errors.GatewayError, WebQQError)


def test_community_error_tells_file_place_and_fault() -> None:
    error = errors.CommunityError(Path("c.toml"), "[[account]] 2, nick", "is missing")
    assert str(error) == "c.toml, [[account]] 2, nick: is missing"
    assert str(errors.CommunityError(Path("c.toml"), "", "is no TOML")) == "c.toml: is no TOML"
