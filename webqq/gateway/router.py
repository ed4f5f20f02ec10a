"""Finds who answers a request: a call by its path whatever the Host, else the page."""

import re
from typing import Any, cast

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application

from webqq.gateway.calls import ANSWERS, Answer
from webqq.gateway.services import Services
from webqq.gateway.serving import ARRIVAL_SECONDS, Busy, CallDelegate, Serving, UploadDelegate
from webqq.protocol.calls import GET_OFFLINE_FILE, Form

__all__ = ["CallRouter"]

_PLACEHOLDER = re.compile(r"\\{\w+\\}")


class CallRouter(Router):
    """Tornado's router for a gateway's port.

    :param pages: answers what is no call.
    """

    def __init__(self, services: Services, busy: Busy, pages: Application) -> None:
        self.serving = Serving(services, busy)
        self._pages = pages
        self._answers = {path: answer for answer in ANSWERS for path in (answer.call.path, *answer.call.aliases)}
        self._patterns = [
            (re.compile(_PLACEHOLDER.sub("[^/]+", re.escape(path))), self._answers.pop(path))
            for path in [path for path in self._answers if "{" in path]
        ]

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """Return what takes the request's body and answers it."""
        if request.path.startswith("//"):
            # The service took two slashes for one; an old library asks for //api/get_single_long_nick2.
            request.path = "/" + request.path.lstrip("/")
        answer = self._answers.get(request.path) or self._answer_by_pattern(request)
        if answer is None:
            cast(HTTP1Connection, request.connection).set_body_timeout(ARRIVAL_SECONDS)
            return self._pages.find_handler(request, **kwargs)
        delegate = UploadDelegate if answer.call.form is Form.MULTIPART else CallDelegate
        return delegate(request, answer, self.serving)

    def _answer_by_pattern(self, request: HTTPServerRequest) -> Answer[Any, Any] | None:
        for pattern, answer in self._patterns:
            # A file left for somebody has a path of its own name; it is told by the key in its query.
            if pattern.fullmatch(request.path) and (answer.call is not GET_OFFLINE_FILE or "rkey=" in request.query):
                return answer
        return None
