"""A socket-multiplexing HTTP engine on Tornado's IOLoop.

:class:`HTTPStream` turns ``urllib.request.Request`` objects into non-blocking sockets of the loop, their answers into
``http.client.HTTPResponse`` objects, and what a readback returns for one into the next request. It knows nothing of
WebQQ and needs nothing but Tornado and the standard library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webqq.httpstream.audit import Audit, AuditError
    from webqq.httpstream.auth import Auth, Basic, Bearer, FixedHeader, OnlyFor
    from webqq.httpstream.body import JSON, File, Form
    from webqq.httpstream.cookiefile import load_cookies, save_cookies
    from webqq.httpstream.digest import Digest
    from webqq.httpstream.environment import ProxyRules
    from webqq.httpstream.errors import (
        BadResponse,
        BetweenBytesTimeout,
        BodyError,
        ConnectError,
        ConnectionLost,
        ConnectTimeout,
        DecodingError,
        FirstByteTimeout,
        HTTPStreamError,
        InvalidRequest,
        ProxyError,
        ProxyTimeout,
        QueueTimeout,
        ReadbackError,
        RedirectError,
        ResolveError,
        ResolveTimeout,
        ResponseTooLarge,
        StreamClosed,
        Timeout,
        TLSError,
        TLSTimeout,
        TotalTimeout,
        WriteTimeout,
    )
    from webqq.httpstream.events import EventSource, NotAnEventStream, SourceState
    from webqq.httpstream.exchange import Exchange
    from webqq.httpstream.hooks import Counters, Event
    from webqq.httpstream.jar import RFC6265CookieJar
    from webqq.httpstream.netrc_file import Netrc
    from webqq.httpstream.options import RequestOptions
    from webqq.httpstream.parser import Limits
    from webqq.httpstream.proxy import Proxy
    from webqq.httpstream.rate import RateLimit
    from webqq.httpstream.resolve import NameResolver
    from webqq.httpstream.response import Response, StreamedResponse
    from webqq.httpstream.retry import Backoff, Retry
    from webqq.httpstream.sock import HTTPSock
    from webqq.httpstream.sse import ServerSentEvent
    from webqq.httpstream.state import State
    from webqq.httpstream.stream import HTTPStream
    from webqq.httpstream.supervise import Supervisor, SupervisorState, Unsuccessful
    from webqq.httpstream.timeouts import Timeouts
    from webqq.httpstream.timings import Timings
    from webqq.httpstream.tls import TLSOptions, tls_options

__all__ = [
    "JSON",
    "Audit",
    "AuditError",
    "Auth",
    "Backoff",
    "BadResponse",
    "Basic",
    "Bearer",
    "BetweenBytesTimeout",
    "BodyError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "Counters",
    "DecodingError",
    "Digest",
    "Event",
    "EventSource",
    "Exchange",
    "File",
    "FirstByteTimeout",
    "FixedHeader",
    "Form",
    "HTTPSock",
    "HTTPStream",
    "HTTPStreamError",
    "InvalidRequest",
    "Limits",
    "NameResolver",
    "Netrc",
    "NotAnEventStream",
    "OnlyFor",
    "Proxy",
    "ProxyError",
    "ProxyRules",
    "ProxyTimeout",
    "QueueTimeout",
    "RFC6265CookieJar",
    "RateLimit",
    "ReadbackError",
    "RedirectError",
    "RequestOptions",
    "ResolveError",
    "ResolveTimeout",
    "Response",
    "ResponseTooLarge",
    "Retry",
    "ServerSentEvent",
    "SourceState",
    "State",
    "StreamClosed",
    "StreamedResponse",
    "Supervisor",
    "SupervisorState",
    "TLSError",
    "TLSOptions",
    "TLSTimeout",
    "Timeout",
    "Timeouts",
    "Timings",
    "TotalTimeout",
    "Unsuccessful",
    "WriteTimeout",
    "load_cookies",
    "save_cookies",
    "tls_options",
]

# Loaded when first asked for: who needs the stream alone does not pay for event sources, forms and cookie files.
_HOMES = {
    "audit": "Audit AuditError",
    "auth": "Auth Basic Bearer FixedHeader OnlyFor",
    "body": "JSON File Form",
    "cookiefile": "load_cookies save_cookies",
    "digest": "Digest",
    "environment": "ProxyRules",
    "errors": (
        "BadResponse BetweenBytesTimeout BodyError ConnectError ConnectionLost ConnectTimeout DecodingError "
        "FirstByteTimeout HTTPStreamError InvalidRequest ProxyError ProxyTimeout QueueTimeout ReadbackError "
        "RedirectError ResolveError ResolveTimeout ResponseTooLarge StreamClosed Timeout TLSError TLSTimeout "
        "TotalTimeout WriteTimeout"
    ),
    "events": "EventSource NotAnEventStream SourceState",
    "exchange": "Exchange",
    "hooks": "Counters Event",
    "jar": "RFC6265CookieJar",
    "netrc_file": "Netrc",
    "options": "RequestOptions",
    "parser": "Limits",
    "proxy": "Proxy",
    "rate": "RateLimit",
    "resolve": "NameResolver",
    "response": "Response StreamedResponse",
    "retry": "Backoff Retry",
    "sock": "HTTPSock",
    "sse": "ServerSentEvent",
    "state": "State",
    "stream": "HTTPStream",
    "supervise": "Supervisor SupervisorState Unsuccessful",
    "timeouts": "Timeouts",
    "timings": "Timings",
    "tls": "TLSOptions tls_options",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
