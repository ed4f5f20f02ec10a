"""One call of ``fetch``: its wait in line, its request and those of the redirects that it follows, its end."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.request import Request

from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.simple_httpclient import HTTPTimeoutError

from webqq.httpstream.asynchttpclient.answer import Answer
from webqq.httpstream.asynchttpclient.credentials import authenticate
from webqq.httpstream.asynchttpclient.errors import tornados_error
from webqq.httpstream.asynchttpclient.options import options_of
from webqq.httpstream.asynchttpclient.request import first_leg, next_leg
from webqq.httpstream.asynchttpclient.times import FetchTimes
from webqq.httpstream.errors import HTTPStreamError
from webqq.httpstream.origin import origin_of
from webqq.httpstream.response import Response

if TYPE_CHECKING:
    from webqq.httpstream.asynchttpclient.client import HTTPStreamClient
    from webqq.httpstream.digest import Digest
    from webqq.httpstream.options import RequestOptions

__all__ = ["Fetch"]


class Fetch:
    """The fetch of ``request`` by ``client``; ``callback`` gets its response, of status 599 where it fails."""

    def __init__(
        self, client: "HTTPStreamClient", request: HTTPRequest, callback: Callable[[HTTPResponse], None]
    ) -> None:
        self._client = client
        self._request = request
        self._callback: Callable[[HTTPResponse], None] | None = callback
        self._times = FetchTimes(client.io_loop.time())
        self._wall_time: float | None = None
        self._timer: object = None
        self._leg: Request | None = None
        self._digest: Digest | None = None
        self._redirects_left = int(request.max_redirects or 0) if request.follow_redirects else 0
        self._has_moved = False

    # In line.

    @property
    def is_started(self) -> bool:
        return self._wall_time is not None

    def wait_in_line(self) -> None:
        """There is no room now: fail unless it comes in time."""
        limits = [limit for limit in (self._request.connect_timeout, self._request.request_timeout) if limit]
        if limits:
            self._timer = self._client.io_loop.call_later(min(limits), self._waited_too_long)

    def _waited_too_long(self) -> None:
        self._timer = None
        self.end_with(HTTPTimeoutError("Timeout in request queue"))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._client.io_loop.remove_timeout(self._timer)
            self._timer = None

    # On its way.

    def start(self) -> None:
        """Send the request. What is wrong with it is told in a later turn."""
        self._stop_timer()
        self._wall_time = time.time()
        self._times.started = self._client.io_loop.time()
        try:
            leg, userinfo = first_leg(self._request)
            self._digest = authenticate(leg, self._request, userinfo)
            self._send(leg)
        except Exception as error:
            self._client.io_loop.add_callback(self.end_with, error)

    def _send(self, leg: Request) -> None:
        self._leg = leg
        self._times.leg = self._client.io_loop.time()
        answer = Answer(self._request, self._client.max_body_size, follow=self._redirects_left > 0)
        stream = self._client.stream_for(self._request)
        stream.add_request(leg, partial(self._answered, leg, answer), self.end_with, **self._options(leg, answer))

    def _options(self, leg: Request, answer: Answer) -> "RequestOptions":
        options = options_of(self._request, self._times.leg - self._times.asked)
        options["max_body"] = self._client.max_body_size
        options["on_head"] = answer.on_head
        options["on_data"] = answer.on_data
        if leg.type == "https" and (tls := self._client.contexts.options_for(self._request)) is not None:
            options["tls"] = tls
        if self._digest is not None:
            options["auth"] = self._digest
        return options

    def _answered(self, leg: Request, answer: Answer, response: Response) -> None:
        try:
            if answer.leads_on:
                self._redirects_left -= 1
                self._has_moved = True
                self._send(self._following(leg, response))
                return
            answer.end()
        except Exception as error:
            self.end_with(error)
            return
        self._succeed(leg, answer, response)

    def _following(self, leg: Request, response: Response) -> Request:
        following, userinfo = next_leg(leg, response)
        if origin_of(following) != origin_of(leg):
            # Credentials are for whom they were given for; those of a Location that leads elsewhere are for nobody.
            self._digest = None
        elif userinfo is not None:
            self._digest = authenticate(following, self._request, userinfo)
        return following

    # The end.

    def _succeed(self, leg: Request, answer: Answer, response: Response) -> None:
        now = self._client.io_loop.time()
        assert response.timings is not None
        self._end(
            HTTPResponse(
                self._request,
                response.status,
                reason=response.reason,
                headers=answer.headers,
                buffer=answer.buffer,
                effective_url=leg.full_url if self._has_moved else None,
                request_time=self._times.request_time(now),
                time_info=self._times.time_info(response.timings, now),
                start_time=self._wall_time,
            )
        )

    def end_with(self, error: BaseException) -> None:
        """There is no answer."""
        if isinstance(error, HTTPStreamError):
            error = tornados_error(error, self._leg)
        request_time = self._times.request_time(self._client.io_loop.time())
        self._end(HTTPResponse(self._request, 599, error=error, request_time=request_time, start_time=self._wall_time))

    def _end(self, response: HTTPResponse) -> None:
        self._stop_timer()
        callback, self._callback = self._callback, None
        self._client.leave(self)
        if callback is not None:
            callback(response)
