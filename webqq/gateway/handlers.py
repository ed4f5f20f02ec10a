"""HTTP for the calls and the page: what came over the wire becomes a context, and a reply goes back.

Source: WebQQ protocol, requests and responses; notes for a compatible server.
"""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, StaticFileHandler

from webqq.gateway.calls import ANSWERS, Answer, Context, Media, Refusal
from webqq.gateway.cookies import Cookie
from webqq.gateway.errors import StoreError
from webqq.gateway.origins import is_foreign
from webqq.gateway.services import Services
from webqq.protocol.calls import Reply
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import flavour_of_host
from webqq.protocol.retcodes import RetCode

__all__ = ["Busy", "routes"]

_log = logging.getLogger(__name__)

_WEB = Path(__file__).with_name("web")

_CONTENT_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


class Busy:
    """The calls under way; a gateway that stops lets them end."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def __enter__(self) -> None:
        self._count += 1
        self._idle.clear()

    def __exit__(self, *error: object) -> None:
        self._count -= 1
        if not self._count:
            self._idle.set()

    async def wait_idle(self) -> None:
        """Return once no call is under way."""
        await self._idle.wait()


class _Base(RequestHandler):
    """What all answers share."""

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Content-Security-Policy", _CONTENT_POLICY)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """An error outside the protocol, as JSON that says no more than its status does."""
        self.set_header("Content-Type", Media.JSON.value)
        self.finish(json.dumps({"retcode": status_code, "errmsg": self._reason}))

    def log_exception(self, *args: Any) -> None:
        """A client that goes away in the middle of a call is no event."""
        if args[0] is not StreamClosedError:
            super().log_exception(*args)


class CallHandler(_Base):
    """One call of the protocol."""

    def initialize(self, answer: Answer[Any, Any], services: Services, busy: Busy) -> None:
        self._answer = answer
        self._busy = busy
        host = self.request.host
        self._context = Context(
            services=services,
            flavour=flavour_of_host(host),
            host=host,
            scheme=self.request.protocol,
            address=self.request.remote_ip or "",
            cookies={name: morsel.value for name, morsel in self.request.cookies.items()},
        )

    async def get(self) -> None:
        with self._busy:
            await self._respond()

    async def post(self) -> None:
        with self._busy:
            await self._respond()

    def on_connection_close(self) -> None:
        if self._context.turn is not None:
            self._context.turn.drop()

    async def _respond(self) -> None:
        context = self._context
        if not self._answer.is_for_anyone and is_foreign(self.request.headers):
            self.send_error(403, reason="another site's page asked")
            return
        reply = await self._reply()
        body = self._answer.call.serialize_reply(reply, context.flavour)
        self.set_header("Content-Type", self._answer.media.value)
        self.set_header("Cache-Control", "no-store")
        for cookie in context.new_cookies:
            self.add_header("Set-Cookie", _cookie_line(cookie))
        if context.location is not None:
            self.set_status(302)
            self.set_header("Location", context.location)
        if context.services.is_stopping:
            self.set_header("Connection", "close")
        await self._deliver(body)

    async def _reply(self) -> Reply[Any]:
        answer, context = self._answer, self._context
        try:
            params = answer.call.parse_params(self.request.query, self.request.body)
            return await answer.handle(context, params)
        except Refusal as refusal:
            return answer.refuse(context, refusal.retcode)
        except MalformedMessage as error:
            _log.debug("refused: %s", error)
            return answer.refuse(context, RetCode.NO_ENVELOPE if error.field == "r" else RetCode.BAD_PARAMETER)
        except StoreError as error:
            _log.error("%s is answered with a failure: %s", answer.call.name, error)
            return answer.refuse(context, RetCode.TRY_LATER)
        except Exception:
            _log.exception("%s failed", answer.call.name)
            return answer.refuse(context, RetCode.TRY_LATER)

    async def _deliver(self, body: bytes) -> None:
        turn = self._context.turn
        try:
            await self.finish(body)
        except StreamClosedError:
            if turn is not None:
                turn.broken()
            return
        if turn is not None:
            turn.finished()
        if self._context.on_delivered is not None:
            self._context.on_delivered()


class PageHandler(_Base, StaticFileHandler):
    """The chat page's files. A browser asks each time whether they are still the same."""

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")


class UnknownHandler(_Base):
    """Any other path."""

    def prepare(self) -> None:
        self.send_error(404, reason=f"there is no {urlsplit(self.request.path).path}"[:100])


def routes(services: Services, busy: Busy) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return Tornado's rules: calls by their path whatever the Host, then the page."""
    rules: list[tuple[str, type[RequestHandler], dict[str, Any]]] = [
        (path, CallHandler, {"answer": answer, "services": services, "busy": busy})
        for answer in ANSWERS
        for path in (answer.call.path, *answer.call.aliases)
    ]
    page = {"path": str(_WEB), "default_filename": "index.html"}
    return [*rules, (r"/((?:js/.*)?[^/]*\.(?:html|css|js|svg))", PageHandler, page), (r"/()", PageHandler, page)]


def _cookie_line(cookie: Cookie) -> str:
    # Not by http.cookies, which would put the service's own characters, such as the @ of a skey, in quotes.
    parts = [f"{cookie.name}={cookie.value}", "Path=/"]
    if cookie.domain is not None:
        parts.append(f"Domain={cookie.domain}")
    if not cookie.is_script_readable:
        parts.append("HttpOnly")
    return "; ".join([*parts, "SameSite=Lax"])
