"""Bodies, their content type and their length."""

from typing import Any

import pytest

from tests.httpstream.asynchttpclient.fetching import fetch
from webqq.testing import Answer, ScriptedServer


@pytest.mark.parametrize(
    ("method", "kind"), [("POST", "application/x-www-form-urlencoded"), ("PUT", None), ("PATCH", None)]
)
@pytest.mark.parametrize("body", [{"body": b"a"}, {"body": b""}, {"body_producer": lambda write: None}])
def test_only_post_has_a_type_by_default(server: ScriptedServer, method: str, kind: str, body: Any) -> None:
    server.on("/", Answer())
    fetch(server.url(), method=method, **body).rethrow()
    assert server.requests[0].headers["Content-Type"] == kind


def test_length_of_a_body_is_its_own_whatever_the_caller_says(server: ScriptedServer) -> None:
    server.on("/", Answer())
    fetch(server.url(), method="PUT", body=b"abc", headers={"Content-Length": "9"}).rethrow()
    assert server.requests[0].body == b"abc"
