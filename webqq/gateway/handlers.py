"""HTTP around the calls and the page: a request becomes a context, a reply becomes an answer.

Knows Tornado and nothing of what a call means. Nothing that a request says ends in a status 500 or a traceback: what is
malformed gets the protocol's own code. Addresses of requests hold tokens, so they are never logged. Source: WebQQ
protocol, requests and responses; notes for a compatible server.
"""

import asyncio
import logging
import re
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.routing import PathMatches, Rule
from tornado.web import HTTPError, RequestHandler, StaticFileHandler, stream_request_body

from webqq.gateway.accesslog import Asked
from webqq.gateway.calls import ANSWERS, Answer, Context, Media, Refusal
from webqq.gateway.cookies import Cookie
from webqq.gateway.errors import ChangeRefused, StoreError
from webqq.gateway.media import FILE_BYTES
from webqq.gateway.origins import is_foreign
from webqq.gateway.services import Services
from webqq.protocol.calls import GET_OFFLINE_FILE, Form, Host, LoginPageResult, Reply
from webqq.protocol.calls.replies import OkForm
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import flavour_of_host
from webqq.protocol.jsontext import serialize_json
from webqq.protocol.retcodes import RetCode

__all__ = ["Busy", "UnknownHandler", "routes"]

_log = logging.getLogger(__name__)

_WEB = Path(__file__).with_name("web")

# What the page is made of, and nothing else: no script or style in the text, nothing from elsewhere, in no frame.
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

# The system's table of types may lack or misname some, and a browser is told not to guess.
_PAGE_TYPES = {
    ".css": "text/css; charset=UTF-8",
    ".html": "text/html; charset=UTF-8",
    ".js": "text/javascript; charset=UTF-8",
    ".svg": "image/svg+xml",
}

# The empty pages that logins of old clients end at.
_PROXY_PAGES = ("/proxy.html", "/cfproxy.html", "/loginproxy.html")

# The versions of the login page, of 2012 and of later. There are clients that give up a login without them.
_VERSIONS = {
    "/cgi-bin/ver": "ptuiV(201205211530);",
    "/ptui_ver.js": f'ptuiV("{LoginPageResult(login_sig="").pt_version}");',
}

# A name or an address with or without a port. It goes into addresses and script answers.
_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


_UPLOAD_BYTES = FILE_BYTES + 64 * 1024
"""Largest body of an upload: a file and the fields beside it."""

_UPLOADS = 8
"""Most uploads at a time; each is in memory until it is whole."""

_STRANGERS_UPLOADS = 2
"""How many may be under way for somebody to begin one whose cookies and query prove no login; the body may yet."""

_PLACEHOLDER = re.compile(r"\\{\w+\\}")


class Busy:
    """Counts the calls under way; a gateway that stops lets them end."""

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


class _Handler(RequestHandler):
    """What all answers share."""

    asked = Asked("unknown")
    """For the log; of one's own where there is something to tell."""

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Content-Security-Policy", _CONTENT_POLICY)
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """An error outside the protocol, as JSON that says no more than its status does."""
        self.set_header("Content-Type", Media.JSON.value)
        self.finish(serialize_json({"retcode": status_code, "errmsg": self._reason}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Without the request's address; and a client that went away, or asked for what is not, is no event."""
        if not isinstance(value, StreamClosedError | HTTPError):
            _log.error("%s %s failed", self.request.method, self.request.path, exc_info=(typ, value, tb))


class CallHandler(_Handler):
    """One call of the protocol."""

    SUPPORTED_METHODS = ("GET", "POST")

    def initialize(self, answer: Answer[Any, Any], services: Services, busy: Busy) -> None:
        self._answer = answer
        self._services = services
        self._busy = busy
        self._context: Context | None = None
        self._body = b""
        self.asked = Asked(answer.call.name)

    def prepare(self) -> None:
        """Turn away what no client of the service sends."""
        if not _HOST.fullmatch(self.request.host):
            raise HTTPError(400, reason="the Host header is no host")
        if not self._answer.is_for_anyone and is_foreign(self.request.headers):
            raise HTTPError(403, reason="a page of another site asked")

    def compute_etag(self) -> None:
        """Answers are for once."""

    async def get(self) -> None:
        """All calls are answered by GET and by POST alike; some clients use the other one."""
        with self._busy:
            await self._respond()

    post = get

    def on_connection_close(self) -> None:
        """Stop a poll that waits for a client which is gone."""
        if self._context is not None and self._context.turn is not None:
            self._context.turn.drop()

    async def _respond(self) -> None:
        context = self._context = self._make_context()
        reply = await self._reply(context)
        self.asked.code, self.asked.account = int(reply.retcode), context.account
        self._services.metrics.count_call(self._answer.call.name, str(int(reply.retcode)), self.request.request_time())
        is_failure = self._answer.media in (Media.PICTURE, Media.FILE) and reply.retcode
        media = Media.JSON if is_failure else self._answer.media
        self.set_header("Content-Type", (not is_failure and context.media_type) or media.value)
        if context.filename is not None and not is_failure:
            name = quote(context.filename, safe="", errors="replace")
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        for cookie in context.new_cookies:
            self.add_header("Set-Cookie", _cookie_line(cookie))
        if context.location is not None:
            self.set_status(302)
            self.set_header("Location", context.location)
        if context.services.is_stopping:
            self.set_header("Connection", "close")
        form: Any = OkForm() if is_failure else self._answer.call.reply
        await self._deliver(form.serialize(reply, context.flavour), context)

    def _make_context(self) -> Context:
        request = self.request
        return Context(
            services=self._services,
            flavour=flavour_of_host(request.host),
            host=request.host,
            scheme=request.protocol,
            address=request.remote_ip or "",
            cookie=lambda name: self.get_cookie(name, "") or "",
            local=_local_address(request),
        )

    async def _reply(self, context: Context) -> Reply[Any]:
        answer = self._answer
        try:
            if answer.call.host is Host.STATIC and not self._is_browser():
                raise Refusal(RetCode.NO_BROWSER)
            path = "/" + self.request.path.lstrip("/")
            params = answer.call.parse_params(self.request.query, self._body or self.request.body, path)
            return await answer.handle(context, params)
        except Refusal as refusal:
            return answer.refuse(context, refusal.retcode)
        except MalformedMessage as error:
            _log.debug("refused: %s", error)
            return answer.refuse(context, RetCode.NO_ENVELOPE if error.field == "r" else RetCode.BAD_PARAMETER)
        except ChangeRefused as error:
            _log.debug("refused: %s", error)
            return answer.refuse(context, RetCode.REFUSED)
        except StoreError as error:
            _log.error("%s is answered with a failure: %s", answer.call.name, error)
            return answer.refuse(context, RetCode.TRY_LATER)

    def _is_browser(self) -> bool:
        """Cookies are enough: there are clients that send them and do not say what they are."""
        headers = self.request.headers
        return bool(headers.get("User-Agent") or headers.get("Cookie"))

    async def _deliver(self, body: bytes, context: Context) -> None:
        """Write the answer, and tell a poll's turn whether the kernel took all of it.

        What ``finish`` gives does not tell: when the connection breaks in the middle, Tornado reports success, or never
        reports. The stream itself does: an empty write is done once all before it is, and fails when it never will be.
        It comes before ``finish``, which may close the stream behind a complete answer.
        """
        stream = cast(HTTP1Connection, self.request.connection).stream
        self.set_header("Content-Length", len(body))
        self.write(body)
        try:
            self.flush()
            written = stream.write(b"")
            self.finish()
            await written
        except StreamClosedError:
            if context.turn is not None:
                context.turn.broken()
            return
        if context.turn is not None:
            context.turn.finished()


@stream_request_body
class UploadHandler(CallHandler):
    """A call that brings a file, which may be larger than any other request."""

    def prepare(self) -> None:
        """Make room for the file."""
        self._chunks: list[bytes] = []
        super().prepare()
        if self._services.uploads >= (_UPLOADS if self._is_signed_in() else _STRANGERS_UPLOADS):
            raise HTTPError(503, reason="too many uploads at a time")
        self._services.uploads += 1
        self._is_counted = True
        cast(HTTP1Connection, self.request.connection).set_max_body_size(_UPLOAD_BYTES)

    _is_counted = False

    def _is_signed_in(self) -> bool:
        psessionid = self.get_query_argument("psessionid", "")
        if self._services.sessions.session(psessionid) is not None:
            return True
        try:
            self._make_context().login_of_cookies()
        except Refusal:
            return False
        return True

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece."""
        self._chunks.append(chunk)

    async def get(self) -> None:
        """As any call."""
        self._body, self._chunks = b"".join(self._chunks), []
        await super().get()

    post = get

    def on_finish(self) -> None:
        """The next one has its room."""
        self._let_go()

    def on_connection_close(self) -> None:
        """The client is gone in the middle of it."""
        self._let_go()
        super().on_connection_close()

    def _let_go(self) -> None:
        if self._is_counted:
            self._is_counted = False
            self._services.uploads -= 1


class _OfflineFileMatches(PathMatches):
    """A file left for somebody has a path of its own name; it is told by the key in its query."""

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return super().match(request) if "rkey=" in request.query else None


class PageHandler(_Handler, StaticFileHandler):
    """The chat page's files. A browser asks each time whether they are still the same."""

    asked = Asked("page")

    def set_extra_headers(self, path: str) -> None:
        """Instead of the no-store of calls."""
        self.set_header("Cache-Control", "no-cache")

    def get_content_type(self) -> str:
        """Return the type of a file of the page."""
        return _PAGE_TYPES.get(Path(self.absolute_path or "").suffix, "application/octet-stream")

    def post(self, *args: str) -> None:
        """There is no call of that name."""
        raise HTTPError(404, reason="there is no such call")


class ProxyPageHandler(_Handler):
    """An empty page: clients open it and look at its cookies at most."""

    def get(self) -> None:
        """Nothing to say."""
        self.finish("<!DOCTYPE html><title></title>")


class VersionHandler(_Handler):
    """A script that tells a version."""

    asked = Asked("version")

    def get(self) -> None:
        """Always the same one."""
        self.set_header("Content-Type", Media.SCRIPT.value)
        self.finish(_VERSIONS[self.request.path])


class UnknownHandler(_Handler):
    """Any other path."""

    def prepare(self) -> None:
        """There is none."""
        raise HTTPError(404, reason="there is no such call")


def routes(services: Services, busy: Busy) -> list[Rule]:
    """Return Tornado's rules: calls by their path whatever the Host, then the page."""
    rules = [
        _rule(answer, path, {"answer": answer, "services": services, "busy": busy})
        # The path of a file left for somebody is any path.
        for answer in sorted(ANSWERS, key=lambda answer: answer.call is GET_OFFLINE_FILE)
        for path in (answer.call.path, *answer.call.aliases)
    ]
    rules += [Rule(PathMatches(re.escape(path)), ProxyPageHandler, {}) for path in _PROXY_PAGES]
    rules += [Rule(PathMatches(re.escape(path)), VersionHandler, {}) for path in _VERSIONS]
    page = {"path": str(_WEB), "default_filename": "index.html"}
    pages = (r"/()", r"/((?:[\w-]+/)*[\w-]+\.(?:css|html|js|svg))")
    return [*rules, *(Rule(PathMatches(path), PageHandler, page) for path in pages)]


def _rule(answer: Answer[Any, Any], path: str, arguments: dict[str, Any]) -> Rule:
    matches = _OfflineFileMatches if answer.call is GET_OFFLINE_FILE else PathMatches
    handler = UploadHandler if answer.call.form is Form.MULTIPART else CallHandler
    # The service took two slashes for one; an old library asks for //api/get_single_long_nick2.
    pattern = "/+" + _PLACEHOLDER.sub("[^/]+", re.escape(path[1:]))
    return Rule(matches(pattern), handler, arguments)


def _local_address(request: HTTPServerRequest) -> tuple[str, int]:
    socket = cast(HTTP1Connection, request.connection).stream.socket
    try:
        address, port = socket.getsockname()[:2]
    except (AttributeError, OSError):
        # The client is gone; nobody will read the answer.
        return "127.0.0.1", 0
    return str(address), int(port)


def _cookie_line(cookie: Cookie) -> str:
    # Not by http.cookies, which would put the service's own characters, such as the @ of a skey, in quotes.
    parts = [f"{cookie.name}={cookie.value}", "Path=/", "SameSite=Lax"]
    if cookie.domain is not None:
        parts.append(f"Domain={cookie.domain}")
    if cookie.is_gone:
        # Not Max-Age, which the service did not use: there are jars that take it for a date and fail.
        parts.append("Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    if not cookie.is_script_readable:
        parts.append("HttpOnly")
    # The service ended the last one, too; there are clients that string the lines together as they come.
    return "; ".join(parts) + ";"
