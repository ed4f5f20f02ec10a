"""The engine's errors as those that a caller of Tornado's own client would get."""

from urllib.request import Request

from tornado.httpclient import HTTPClientError
from tornado.httputil import HTTPOutputError
from tornado.log import app_log
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError

from webqq.httpstream.errors import (
    BodyError,
    ConnectError,
    ConnectionLost,
    HTTPStreamError,
    InvalidRequest,
    ProxyError,
    ReadbackError,
    ResolveError,
    Timeout,
)
from webqq.httpstream.origin import origin_of

__all__ = ["tornados_error"]


def tornados_error(error: HTTPStreamError, leg: Request | None) -> Exception:
    """What Tornado's client raises where the engine has ``error``, which is the cause of what is made here.

    ``leg`` is the request that was under way; None where it could not be made.
    """
    cause = error.__cause__
    if isinstance(error, ReadbackError):
        if isinstance(cause, HTTPStreamError):
            # What stands between the engine and the caller's callbacks has found the answer bad.
            return tornados_error(cause, leg)
        app_log.error("Uncaught exception in a callback of %s", error.url, exc_info=cause)
    if (own := _own_of(error)) is not None:
        return own
    made = _made_of(error, leg)
    made.__cause__ = error
    return made


def _own_of(error: HTTPStreamError) -> Exception | None:
    """What is told as it is: of the caller's request, of his ``body_producer``, of the operating system."""
    cause = error.__cause__
    if isinstance(error, InvalidRequest):
        return error
    if isinstance(error, BodyError) and isinstance(cause, Exception) and not isinstance(cause, HTTPStreamError):
        return cause
    is_network = isinstance(error, ResolveError | ConnectError | ConnectionLost) and not isinstance(error, ProxyError)
    return cause if is_network and isinstance(cause, OSError) else None


def _made_of(error: HTTPStreamError, leg: Request | None) -> Exception:
    if isinstance(error, Timeout):
        return HTTPTimeoutError(_timeout_text(error, leg))
    if isinstance(error, BodyError):
        return HTTPOutputError(str(error))
    if isinstance(error, ReadbackError):
        return HTTPStreamClosedError("Connection closed")
    if isinstance(error, ProxyError):
        return HTTPClientError(599, str(error))
    return HTTPStreamClosedError(str(error))


def _timeout_text(error: Timeout, leg: Request | None) -> str:
    if error.phase == "QUEUED":
        return "Timeout in request queue"
    if leg is None or error.phase not in ("RESOLVING", "CONNECTING", "PROXYING", "TLS"):
        return "Timeout during request"
    origin = origin_of(leg)
    if error.phase == "RESOLVING":
        return f"Timeout while resolving {origin.host}"
    host = str(origin).partition("://")[2]
    if error.phase == "TLS":
        return f"Timeout during TLS handshake with {host}"
    return f"Timeout while connecting to {host}"
