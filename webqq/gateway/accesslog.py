"""One line in the log for each request: what was called, how it was answered, and for whom.

Never the address of a request or its fields, which hold tokens, password digests and messages: a call is told by its
name. What a line holds stands in its record's ``fields``, for a log that is read by programs.
"""

import logging

from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

__all__ = ["Asked", "log_answer", "log_request"]

_log = logging.getLogger(__name__)


class Asked:
    """What a handler knows of its request, for the line about it.

    :param subject: name of the call, ``page``, or ``unknown``.
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.code: int | None = None
        """Return code of the call's answer."""
        self.account: int | None = None
        """Whose session it was, or who tried to sign in."""
        self.reason = ""
        """Why it was refused, where that is known in words."""


def log_request(handler: RequestHandler) -> None:
    """Log a request that a handler of Tornado's answered."""
    asked = getattr(handler, "asked", None) or Asked("unknown")
    log_answer(handler.request, handler.get_status(), asked)


def log_answer(request: HTTPServerRequest, status: int, asked: Asked) -> None:
    """Log a request that was answered with an HTTP status."""
    if not _log.isEnabledFor(logging.INFO):
        return
    seconds = round(request.request_time(), 6)
    _log.info(
        "%s %s -> %d %s in %.3f s",
        request.remote_ip,
        asked.subject,
        status,
        "-" if asked.code is None else asked.code,
        seconds,
        extra={
            "fields": {
                "address": request.remote_ip,
                "scheme": request.protocol,
                "call": asked.subject,
                "status": int(status),
                "code": asked.code,
                "account": asked.account,
                "seconds": seconds,
                **({"reason": asked.reason} if asked.reason else {}),
            }
        },
    )
