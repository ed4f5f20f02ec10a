"""A client of ours for one test, and the answer that it gets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from tornado.httpclient import HTTPResponse
from tornado.netutil import Resolver

from webqq.httpstream.asynchttpclient import HTTPStreamClient

GUARD = 30.0
"""Seconds after which a test that hangs fails; none comes near."""


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    async def guarded() -> Any:
        return await asyncio.wait_for(test(), GUARD)

    return asyncio.run(guarded())


@asynccontextmanager
async def client_of(**arguments: Any) -> AsyncIterator[HTTPStreamClient]:
    client = HTTPStreamClient(force_instance=True, **arguments)
    try:
        yield client
    finally:
        client.close()


def fetch(url: str, arguments: dict[str, Any] | None = None, **request: Any) -> HTTPResponse:
    """The answer that a client made with ``arguments`` gets."""

    async def test() -> HTTPResponse:
        async with client_of(**(arguments or {})) as client:
            return await client.fetch(url, raise_error=False, **request)

    response = run(test)
    assert isinstance(response, HTTPResponse)
    return response


class Refusing(Resolver):
    async def resolve(self, host: str, port: int, family: int = 0) -> Any:
        raise OSError(f"{host} is forbidden")
