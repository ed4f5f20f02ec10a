"""The engine on uvloop: what holds on asyncio's own loop holds here."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.httpstream import test_loopback
from tests.httpstream.test_loopback import contexts  # noqa: F401  # a fixture

uvloop = pytest.importorskip("uvloop")


@pytest.fixture
def on_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    """``asyncio.run`` runs uvloop."""

    def run(main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            assert isinstance(runner.get_loop(), uvloop.Loop)
            return runner.run(main)

    monkeypatch.setattr(asyncio, "run", run)


@pytest.mark.parametrize(
    "test",
    [
        test_loopback.test_requests_one_after_another_share_a_connection,
        test_loopback.test_upload_and_download_larger_than_every_buffer,
        test_loopback.test_refused_connection,
        test_loopback.test_reset_in_the_middle_of_an_answer,
        test_loopback.test_server_that_closes_kept_connections_is_never_met_with_an_error,
        test_loopback.test_tornados_resolver_is_asked_for_every_name,
        test_loopback.test_none_of_500_exchanges_delays_another,
    ],
)
def test_plain(on_uvloop: None, test: Any) -> None:
    test()


@pytest.mark.parametrize(
    "test",
    [
        test_loopback.test_tls_connection_is_kept_and_carries_large_bodies,
        test_loopback.test_tls_certificate_of_another_host_is_refused,
        test_loopback.test_handshake_that_never_ends_is_a_tls_timeout,
    ],
)
def test_over_tls(on_uvloop: None, test: Any, contexts: Any) -> None:  # noqa: F811  # the fixture
    test(contexts)
