"""What may come after an exchange that failed."""

from urllib.request import Request

import pytest

from webqq.httpstream.follow import may_resend

URL = "http://example.com/"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
def test_idempotent_methods_may_go_again(method: str) -> None:
    assert may_resend(Request(URL, method=method), was_written=True)


@pytest.mark.parametrize("method", ["POST", "PATCH", "CONNECT", "get", "LOCK"])
def test_others_may_only_if_nothing_was_written(method: str) -> None:
    assert not may_resend(Request(URL, method=method), was_written=True)
    assert may_resend(Request(URL, method=method), was_written=False)


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key"])
def test_idempotency_key_vouches_for_the_request(name: str) -> None:
    assert may_resend(Request(URL, b"x", {name: "1"}), was_written=True)
