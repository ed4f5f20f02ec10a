"""Contexts made from what a request says, and shared."""

import os
import ssl
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPRequest

from tests.httpstream.asynchttpclient.fetching import client_of, run
from tests.httpstream.certificates import make_certificate
from webqq.httpstream.asynchttpclient.tls import KEPT_CONTEXTS, TLSContexts
from webqq.testing import Answer, ScriptedServer


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    return make_certificate(tmp_path, "localhost")


def test_equal_tls_options_share_a_connection(certificate: tuple[Path, Path]) -> None:
    with ScriptedServer(tls=certificate) as server:
        server.on("/", Answer(), repeat=True)
        url = server.url(host="localhost")

        async def test() -> None:
            async with client_of() as client:
                with pytest.raises(ssl.SSLCertVerificationError):
                    await client.fetch(url)
                before = len(server.connections)
                for _ in range(2):
                    await client.fetch(url, ca_certs=str(certificate[0]))
                assert len(server.connections) == before + 1
                for _ in range(2):
                    await client.fetch(url, validate_cert=False)
                assert len(server.connections) == before + 2

        run(test)


def https(**tls: Any) -> HTTPRequest:
    return HTTPRequest("https://a.test/", **{"validate_cert": True, **tls})


def test_contexts_are_kept_as_long_as_their_files_are_the_same(certificate: tuple[Path, Path]) -> None:
    path, key = map(str, certificate)
    requests = [
        https(ca_certs=path),
        https(client_cert=path, client_key=key),
        https(validate_cert=False),
        https(ssl_options={"ca_certs": path, "cert_reqs": ssl.CERT_REQUIRED}),
        https(ssl_options={"cert_reqs": ssl.CERT_NONE}),
        https(ssl_options=ssl.create_default_context()),
    ]
    contexts = TLSContexts()
    options = [contexts.options_for(request) for request in requests]
    assert len(set(options)) == len(requests)
    assert [contexts.options_for(request) for request in requests] == options
    os.utime(path, ns=(1, 1))
    are_new = [contexts.options_for(request) != old for request, old in zip(requests, options, strict=True)]
    assert are_new == [True, True, False, True, False, False]


def test_request_that_says_nothing_of_tls_gets_what_the_stream_does() -> None:
    assert TLSContexts().options_for(https()) is None


def test_number_of_kept_contexts_is_bounded(certificate: tuple[Path, Path]) -> None:
    contexts = TLSContexts()

    def made_at(time: int) -> Any:
        os.utime(certificate[0], ns=(time, time))
        return contexts.options_for(https(ca_certs=str(certificate[0])))

    first, second, *_ = [made_at(time) for time in range(KEPT_CONTEXTS)]
    assert made_at(0) == first
    made_at(KEPT_CONTEXTS)
    # The one that was longest unused has gone.
    assert made_at(0) == first
    assert made_at(1) != second
