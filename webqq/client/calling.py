"""The protocol's calls over the engine: a row and its parameters in, a typed reply out.

Knows neither sessions nor what a retcode means.
"""

import asyncio
from http.cookiejar import CookieJar
from typing import TypeVar
from urllib.request import Request

from msgspec import Struct

from webqq.client.errors import CallFailed, Unreachable
from webqq.httpstream import HTTPStream, HTTPStreamError, RequestOptions, Response
from webqq.protocol.calls import Call, Reply, WireRequest
from webqq.protocol.flavour import Flavour
from webqq.protocol.retcodes import IDLE_HTTP_STATUSES, RetCode

__all__ = ["CALL_TIMEOUT", "BadStatus", "Caller", "describe", "read_reply", "request_of"]

P = TypeVar("P", bound=Struct)
R = TypeVar("R")

CALL_TIMEOUT = 30.0
"""Seconds for a call that is not held by the server; details of a large group took the real service 15."""

STATUS_ATTEMPTS = 3
"""How often a call is made that a front end answers instead of the service, as those of 2016 did at random."""

STATUS_PAUSE = 1.0
"""Seconds between two of these attempts."""


class BadStatus(Unreachable):
    """The answer's HTTP status is not 200, so that something in front of the service gave it."""

    def __init__(self, call: str, status: int) -> None:
        super().__init__(f"{call}: expected HTTP status 200, got {status}")
        self.status = status


def request_of(wire: WireRequest) -> Request:
    """Return the request as the engine takes it."""
    return Request(wire.url, wire.body, dict(wire.headers), method=wire.method)


def read_reply(call: Call[P, R], response: Response) -> Reply[R]:
    """Return what an answer to ``call`` says.

    :raises BadStatus: its status is not 200. :raises MalformedMessage: its body is not formed as it should be.
    """
    if response.status != 200:
        raise BadStatus(call.name, response.status)
    return call.parse_reply(response.read())


_HARMLESS = frozenset(
    {"check", "login_page", "login2", "pt4_auth", "ptqrlogin", "ptqrshow", "search_group_members", "change_status2"}
)


def _may_repeat(call: Call[P, R]) -> bool:
    """Whether nothing is done twice when a call is made twice: it only asks, or says how things shall be."""
    return call.name.startswith("get") or call.name in _HARMLESS


class Caller:
    """Makes calls in one flavour.

    :param scheme: of the requests.
    :param jar: the cookies of the account; None: those of the stream.

    :raises ValueError: there is no jar: a session lives in its cookies.
    """

    def __init__(
        self,
        stream: HTTPStream,
        flavour: Flavour = Flavour.WEBQQ_2013,
        scheme: str = "http",
        jar: CookieJar | None = None,
    ) -> None:
        found = stream.cookiejar if jar is None else jar
        if found is None:
            raise ValueError("the stream needs a cookiejar, or the client one: a session lives in its cookies")
        self.stream = stream
        self.flavour = flavour
        self.scheme = scheme
        self.jar = found
        self._options: RequestOptions = {} if jar is None else {"cookiejar": jar}

    def request(self, call: Call[P, R], params: P, host: str | None = None) -> Request:
        """Return the request of a call, for use in a chain; ``host`` as :meth:`Call.request` has it.

        :raises ValueError: ``host`` is none.
        """
        return request_of(call.request(params, self.flavour, scheme=self.scheme, host=host))

    def options(self, timeout: float) -> RequestOptions:
        """Return what a request of this account goes out with: ``timeout`` seconds, and its own cookies."""
        # Where a call redirects to is for the caller to judge: the protocol sets cookies on the way.
        return {"timeout": timeout, "redirects": 0, **self._options}

    async def call(self, call: Call[P, R], params: P) -> Reply[R]:
        """Make a call and return its reply, whatever retcode it has.

        :raises Unreachable: no answer came, or one that is not the service's.
        :raises MalformedMessage: the answer is not formed as one of this call.
        """
        request = self.request(call, params)
        for _ in range(STATUS_ATTEMPTS - 1 if _may_repeat(call) else 0):
            response = await self.fetch(call.name, request)
            if response.status not in IDLE_HTTP_STATUSES:
                return read_reply(call, response)
            await asyncio.sleep(STATUS_PAUSE)
        return read_reply(call, await self.fetch(call.name, request))

    async def ask(self, call: Call[P, R], params: P) -> R:
        """Make a call and return its result.

        :raises CallFailed: the retcode is not 0, or there is no result. Else as :meth:`call`.
        """
        reply = await self.call(call, params)
        if reply.retcode != RetCode.OK or reply.result is None:
            raise CallFailed(call.name, reply.retcode)
        return reply.result

    async def fetch(self, name: str, request: Request) -> Response:
        """Return the response to a request; ``name`` stands in the error."""
        try:
            return await self.stream.fetch(request, **self.options(CALL_TIMEOUT))
        except HTTPStreamError as error:
            raise Unreachable(f"{name}: {describe(error)}") from error


def describe(error: HTTPStreamError) -> str:
    """Return what happened, without the URL that ``str`` gives: it may hold tokens."""
    return str(error.args[0]) if error.args else type(error).__name__
