"""One call over HTTP: a request becomes a context, a reply becomes an answer.

Stands where Tornado's own ``RequestHandler`` would, between its HTTP server and the calls, since all that those need of
HTTP is here: a body, a few headers, and whether an answer reached the kernel. Nothing that a request says ends in a
status 500 or a traceback: what is malformed gets the protocol's own code. Addresses of requests hold tokens, so they
are never logged. Source: WebQQ protocol, requests and responses; notes for a compatible server.
"""

import asyncio
import logging
import re
import time
from collections.abc import Coroutine
from functools import partial
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
    format_timestamp,
)
from tornado.iostream import SSLIOStream, StreamClosedError

from webqq.gateway.accesslog import Asked, log_answer
from webqq.gateway.calls import Answer, Context, Media, Refusal
from webqq.gateway.cookies import Cookie, sent_cookie
from webqq.gateway.errors import ChangeRefused, StoreError
from webqq.gateway.media import FILE_BYTES
from webqq.gateway.origins import is_foreign
from webqq.gateway.services import Services
from webqq.gateway.troubles import Trouble, note_trouble
from webqq.protocol.calls import Host, Reply
from webqq.protocol.calls.replies import OkForm
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import flavour_of_host
from webqq.protocol.jsontext import serialize_json
from webqq.protocol.retcodes import RetCode

__all__ = ["ARRIVAL_SECONDS", "Busy", "CallDelegate", "Serving", "UploadDelegate"]

_log = logging.getLogger(__name__)

# A name or an address with or without a port. It goes into addresses and script answers.
_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")

ARRIVAL_SECONDS = 300.0
"""How long the body of a request may take to come, from the end of its head."""

_UPLOAD_BYTES = FILE_BYTES + 64 * 1024
"""Largest body of an upload: a file and the fields beside it."""

WRITE_SECONDS = 60.0
"""How long a client may take to take its answer in, and as long again as it needs at :data:`SLOWEST` for a file."""

SLOWEST = 16 * 1024
"""Bytes a second; a telephone line had a third of it."""

SLOW_SECONDS = 5.0
"""A client that takes longer is told of in the log."""

_UPLOADS = 8
"""Most uploads at a time; each is in memory until it is whole."""

_STRANGERS_UPLOADS = 2
"""How many may be under way for somebody to begin one whose cookies and query prove no login; the body may yet."""

# A browser that opens an answer as a page shall take nothing in it for a script, and put it into no frame.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Busy:
    """The calls under way; a gateway that stops lets them end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, call: Coroutine[Any, Any, None]) -> None:
        """Have a call answered."""
        task = asyncio.get_running_loop().create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait_idle(self) -> None:
        """Return once no call is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)


class Serving:
    """What all calls share: the services, who counts them, and the time of day in words."""

    def __init__(self, services: Services, busy: Busy) -> None:
        self.services = services
        self.busy = busy
        self.arriving: dict[HTTP1Connection, float] = {}
        """Connections with a request whose head is there and whose body is not, and since when, by the loop's time."""
        self._second = 0
        self._date = ""

    def hang_up_on_slow(self) -> None:
        """End the connections whose request takes too long to come.

        In place of Tornado's own timeout of each body, which takes more time than all else that a small body needs.
        """
        before = asyncio.get_running_loop().time() - ARRIVAL_SECONDS
        for connection in [connection for connection, since in self.arriving.items() if since < before]:
            connection.close()

    def date(self) -> str:
        """Return the value of a Date header."""
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, format_timestamp(second)
        return self._date


class _Refused(Exception):
    """A request that no client of the service sends is answered with an HTTP status instead of a return code."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class CallDelegate(HTTPMessageDelegate):
    """One request for a call, from its head to the last byte of its answer."""

    def __init__(self, request: HTTPServerRequest, answer: Answer[Any, Any], serving: Serving) -> None:
        self._request = request
        self._connection = cast(HTTP1Connection, request.connection)
        self._answer = answer
        self._serving = serving
        self._services = serving.services
        self._chunks: list[bytes] = []
        self._context: Context | None = None
        self._asked = Asked(answer.call.name)
        self._is_answered = False
        self._has_left = False

    # From the connection.

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        """Nothing is decided before the body is there."""
        self._serving.arriving[self._connection] = asyncio.get_running_loop().time()

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body."""
        self._chunks.append(chunk)

    def finish(self) -> None:
        """The request is whole."""
        self._serving.arriving.pop(self._connection, None)
        self._connection.set_close_callback(self.on_connection_close)
        self._serving.busy.begin(self._serve())

    def on_connection_close(self) -> None:
        """Stop a poll that waits for a client which is gone."""
        self._serving.arriving.pop(self._connection, None)
        if self._context is not None and self._context.turn is not None and self._context.turn.drop():
            self._has_left = True
            self._note(Trouble.POLL_LEFT)

    # The answer.

    async def _serve(self) -> None:
        try:
            self._see_that_it_is_proper()
            await self._respond()
        except _Refused as refused:
            self._refuse(refused.status, str(refused))
        except Exception:
            _log.exception("%s %s failed", self._request.method, self._request.path)
            if not self._is_answered:
                self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.INTERNAL_SERVER_ERROR.phrase)

    def _see_that_it_is_proper(self) -> None:
        """Turn away what no client of the service sends."""
        if self._request.method not in ("GET", "POST"):
            raise _Refused(HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.METHOD_NOT_ALLOWED.phrase)
        if not _HOST.fullmatch(self._request.host):
            raise _Refused(HTTPStatus.BAD_REQUEST, "the Host header is no host")
        if not self._answer.is_for_anyone and is_foreign(self._request.headers):
            raise _Refused(HTTPStatus.FORBIDDEN, "a page of another site asked")

    async def _respond(self) -> None:
        """All calls are answered by GET and by POST alike; some clients use the other one."""
        context = self._context = self._make_context()
        reply = await self._reply(context)
        code = int(reply.retcode)
        self._asked.code, self._asked.account = code, context.account
        self._services.metrics.count_call(self._answer.call.name, str(code), self._request.request_time())
        media = self._answer.media
        is_failure = code and media in (Media.PICTURE, Media.FILE)
        headers = self._headers(Media.JSON.value if is_failure else context.media_type or media.value)
        if context.filename is not None and not is_failure:
            name = quote(context.filename, safe="", errors="replace")
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        for cookie in context.new_cookies:
            headers.add("Set-Cookie", _cookie_line(cookie))
        if context.location is not None:
            headers["Location"] = context.location
        form: Any = OkForm() if is_failure else self._answer.call.reply
        status = HTTPStatus.OK if context.location is None else HTTPStatus.FOUND
        await self._deliver(status, headers, form.serialize(reply, context.flavour))

    def _make_context(self) -> Context:
        request = self._request
        return Context(
            services=self._services,
            flavour=flavour_of_host(request.host),
            host=request.host,
            scheme=request.protocol,
            address=request.remote_ip or "",
            cookie=partial(sent_cookie, request.headers.get_list("Cookie")),
            local=self._local_address(),
            is_tls=isinstance(self._connection.stream, SSLIOStream),
        )

    def _local_address(self) -> tuple[str, int]:
        try:
            address, port = self._connection.stream.socket.getsockname()[:2]
        except (AttributeError, OSError):
            # The client is gone; nobody will read the answer.
            return "127.0.0.1", 0
        return str(address), int(port)

    async def _reply(self, context: Context) -> Reply[Any]:
        answer = self._answer
        body, self._chunks = b"".join(self._chunks), []
        try:
            if answer.call.host is Host.STATIC and not self._is_browser():
                raise Refusal(RetCode.NO_BROWSER)
            params = answer.call.parse_params(self._request.query, body, self._request.path)
            return await answer.handle(context, params)
        except Refusal as refusal:
            return answer.refuse(context, refusal.retcode)
        except MalformedMessage as error:
            self._asked.reason = str(error)
            return answer.refuse(context, RetCode.NO_ENVELOPE if error.field == "r" else RetCode.BAD_PARAMETER)
        except ChangeRefused as error:
            self._asked.reason = str(error)
            return answer.refuse(context, RetCode.REFUSED)
        except StoreError as error:
            _log.error("%s is answered with a failure: %s", answer.call.name, error)
            return answer.refuse(context, RetCode.TRY_LATER)

    def _is_browser(self) -> bool:
        """Cookies are enough: there are clients that send them and do not say what they are."""
        headers = self._request.headers
        return "User-Agent" in headers or "Cookie" in headers

    def _headers(self, media_type: str) -> HTTPHeaders:
        headers = HTTPHeaders(_HEADERS)
        headers["Content-Type"] = media_type
        headers["Date"] = self._serving.date()
        if self._services.is_stopping:
            headers["Connection"] = "close"
        return headers

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """An error outside the protocol, as JSON that says no more than its status and reason do."""
        if status is not HTTPStatus.INTERNAL_SERVER_ERROR:
            self._note(Trouble.REQUEST_REFUSED, status=status.value, reason=reason)
        body = serialize_json({"retcode": status.value, "errmsg": reason})
        self._write(status, self._headers(Media.JSON.value), body)
        self._end(status)

    async def _deliver(self, status: HTTPStatus, headers: HTTPHeaders, body: bytes) -> None:
        """Write the answer, and tell a poll's turn whether the kernel took all of it.

        What Tornado's ``finish`` gives does not tell: when the connection breaks in the middle, it reports success, or
        never reports. The stream itself does: an empty write is done once all before it is, and fails when it never
        will be. It comes before the end, which may close the stream behind a complete answer. A client that takes
        nothing in is cut off, or it could have the gateway keep as many answers as it likes.
        """
        turn = self._context.turn if self._context is not None else None
        stream = self._connection.stream
        self._write(status, headers, body)
        try:
            written = stream.write(b"") if stream.writing() or stream.closed() else None
            self._end(status)
            if written is not None:
                await self._wait_written(written, WRITE_SECONDS + len(body) / SLOWEST)
        except (StreamClosedError, TimeoutError) as error:
            stream.close()
            if not self._has_left:
                is_stalled = isinstance(error, TimeoutError)
                self._note(Trouble.CLIENT_STALLED if is_stalled else Trouble.ANSWER_BROKEN, bytes=len(body))
            if turn is not None:
                turn.broken()
            return
        if turn is not None:
            turn.finished()

    async def _wait_written(self, written: "asyncio.Future[None]", seconds: float) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        # Not cancelled when it takes too long, which Tornado would not bear.
        done, _ = await asyncio.wait([written], timeout=seconds)
        if not done:
            raise TimeoutError
        await written
        if (taken := loop.time() - begun) > SLOW_SECONDS:
            self._note(Trouble.CLIENT_SLOW, seconds=round(taken, 3))

    def _write(self, status: HTTPStatus, headers: HTTPHeaders, body: bytes) -> None:
        headers["Content-Length"] = str(len(body))
        if self._request.method == "HEAD":
            body = b""
        self._connection.write_headers(ResponseStartLine("HTTP/1.1", status, status.phrase), headers, body)
        self._is_answered = True

    def _end(self, status: HTTPStatus) -> None:
        self._connection.finish()
        log_answer(self._request, status, self._asked)

    def _note(self, trouble: Trouble, **more: float | str) -> None:
        account = self._context.account if self._context is not None else None
        call, address = self._answer.call.name, self._request.remote_ip or ""
        note_trouble(self._services.metrics, trouble, call=call, account=account, address=address, **more)


class UploadDelegate(CallDelegate):
    """A call that brings a file, which may be larger than any other request."""

    _is_counted = False

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        """Make room for the file, or turn it away before it comes; Tornado tells no more of what is answered."""
        try:
            self._see_that_it_is_proper()
            if self._services.uploads >= (_UPLOADS if self._is_signed_in() else _STRANGERS_UPLOADS):
                raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, "too many uploads at a time")
        except _Refused as refused:
            self._refuse(refused.status, str(refused))
            return
        super().headers_received(start_line, headers)
        self._services.uploads += 1
        self._is_counted = True
        self._connection.set_max_body_size(_UPLOAD_BYTES)

    def _is_signed_in(self) -> bool:
        [psessionid] = self._request.query_arguments.get("psessionid", [b""])[-1:]
        if self._services.sessions.session(psessionid.decode("utf-8", "replace")) is not None:
            return True
        try:
            self._make_context().login_of_cookies()
        except Refusal:
            return False
        return True

    async def _serve(self) -> None:
        try:
            await super()._serve()
        finally:
            self._let_go()

    def on_connection_close(self) -> None:
        """The client is gone in the middle of it."""
        self._let_go()
        super().on_connection_close()

    def _let_go(self) -> None:
        """The next one has its room."""
        if self._is_counted:
            self._is_counted = False
            self._services.uploads -= 1


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
    # The service's lines end so, and some clients join them and look for what stands between two semicolons.
    return "; ".join(parts) + ";"
