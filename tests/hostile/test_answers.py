"""Every hostile answer, over real sockets and through the whole engine: the right result, and nothing left of it.

Each on a fresh connection, on one that was used before, and read as a stream. None may hang, none may be taken for
the answer to another request, and whatever it was, the stream serves on.
"""

import asyncio
import ssl
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest

from tests.hostile.case import Case
from tests.hostile.codings import BOMBS, CODINGS
from tests.hostile.framing import BEYOND, CHUNKS, CODINGS_OF_TRANSFER, LENGTHS
from tests.hostile.heads import HEADERS, INTERIM, STATUS_LINES
from tests.hostile.pace import SLOW, TLS, UPLOADS
from tests.hostile.ways import CREDENTIALS, REDIRECTS, RETRIES
from tests.httpstream.certificates import make_certificate
from webqq.httpstream import HTTPStream, HTTPStreamError, StreamedResponse, TotalTimeout
from webqq.httpstream.hooks import Event
from webqq.httpstream.jar import RFC6265CookieJar
from webqq.testing import Answer, ScriptedServer
from webqq.testing.received import ReceivedRequest

CASES = [
    *(STATUS_LINES + HEADERS + INTERIM + LENGTHS + BEYOND + CODINGS_OF_TRANSFER + CHUNKS + BOMBS + CODINGS),
    *(REDIRECTS + CREDENTIALS + RETRIES + SLOW + UPLOADS + TLS),
]


def parameters(cases: Iterable[Case]) -> list[Any]:
    return [
        pytest.param(
            case, id=case.name, marks=[pytest.mark.xfail(reason=case.fault, strict=True)] if case.fault else []
        )
        for case in cases
    ]


TOTAL = 20.0
"""Seconds after which an exchange that hangs ends, with an error that no case expects."""


def its_path(request: ReceivedRequest) -> Answer:
    return Answer(200, request.path)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"), "localhost")


@pytest.fixture(scope="module")
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


class Talk:
    """One case: a server that plays it, and a stream that meets it."""

    def __init__(self, case: Case, certificate: tuple[Path, Path], trusting: ssl.SSLContext) -> None:
        self.case = case
        self.server = ScriptedServer(tls=certificate if case.tls else None)
        self._trusting = trusting

    def run(self, *, is_kept: bool = False, is_streamed: bool = False) -> None:
        with self.server as server:
            server.on("/case", *(self.case.steps or [its_path]), repeat=True, early=self.case.early)
            for path in ("/before", "/after"):
                server.on(path, its_path, repeat=True)
            for path, steps in self.case.also.items():
                server.on(path, *steps, repeat=True)
            if self.case.opening:
                server.on_connection(*self.case.opening)
            asyncio.run(self._talk(is_kept=is_kept, is_streamed=is_streamed))

    async def _talk(self, *, is_kept: bool, is_streamed: bool) -> None:
        stream = HTTPStream(
            ssl_context=self._trusting, limits=self.case.limits, cookiejar=RFC6265CookieJar(), timeout=TOTAL
        )
        async with stream:
            if is_kept:
                await self._ask_as_usual(stream, "/before")
            await self._ask(stream, is_streamed=is_streamed)
            assert not stream.audit().exchanges
            if self.case.keeps is not None:
                assert len(stream.audit().idle) == self.case.keeps
            # What a neighbour asks, and who comes after.
            await asyncio.gather(*(self._ask_as_usual(stream, "/after") for _ in range(2)))
            await self._ask_as_usual(stream, "/after")
            assert not stream.audit().exchanges
        assert stream.audit().is_clean
        assert sum(request.path == "/case" for request in self.server.requests) <= self.case.most_requests

    async def _ask_as_usual(self, stream: HTTPStream, path: str) -> None:
        assert (await stream.fetch(Request(self._url(path)))).read() == path.encode()

    async def _ask(self, stream: HTTPStream, *, is_streamed: bool) -> None:
        case = self.case
        if case.error is None:
            assert await self._fetch(stream, is_streamed=is_streamed) == (case.status, case.body)
            return
        with pytest.raises(HTTPStreamError, match=case.match or None) as caught:
            await self._fetch(stream, is_streamed=is_streamed)
        assert type(caught.value) is case.error, repr(caught.value)

    async def _fetch(self, stream: HTTPStream, *, is_streamed: bool) -> tuple[int, bytes]:
        case = self.case
        data: Any = None if case.data is None else case.data()
        request = Request(self._url("/case"), data, {"Content-Type": "text/plain"}, method=case.method)
        response = await stream.fetch(request, stream=is_streamed, **case.fetch)
        if not is_streamed:
            return response.status, response.read()
        assert isinstance(response, StreamedResponse)
        return response.status, await response.read()

    def _url(self, path: str) -> str:
        return self.server.url(path, "localhost" if self.case.tls else "127.0.0.1")


@pytest.mark.parametrize("case", parameters(CASES))
def test_on_a_fresh_connection(case: Case, certificate: tuple[Path, Path], trusting: ssl.SSLContext) -> None:
    Talk(case, certificate, trusting).run()


@pytest.mark.parametrize("case", parameters(case for case in CASES if not case.opening))
def test_on_a_kept_connection(case: Case, certificate: tuple[Path, Path], trusting: ssl.SSLContext) -> None:
    Talk(case, certificate, trusting).run(is_kept=True)


@pytest.mark.parametrize("case", parameters(CASES))
def test_read_as_a_stream(case: Case, certificate: tuple[Path, Path], trusting: ssl.SSLContext) -> None:
    Talk(case, certificate, trusting).run(is_streamed=True)


def test_redirect_that_comes_when_time_is_over_is_no_answer() -> None:
    """The loop had something else to do, so that the answer and the deadline are found together."""

    def hold_up(event: Event, *args: object) -> None:
        if event is Event.FIRST_BYTE:
            time.sleep(0.1)

    async def talk(url: str) -> None:
        async with HTTPStream(timeout=0.05, hooks=[hold_up]) as stream:
            with pytest.raises(TotalTimeout):
                await stream.fetch(Request(url))
            assert stream.audit().is_clean

    with ScriptedServer() as server:
        server.on("/case", Answer(302, headers={"Location": "/case"}), repeat=True)
        asyncio.run(talk(server.url("/case")))


def test_no_two_cases_have_one_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
