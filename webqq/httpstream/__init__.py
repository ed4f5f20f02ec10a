"""A socket-multiplexing HTTP engine on Tornado's IOLoop.

:class:`HTTPStream` turns ``urllib.request.Request`` objects into non-blocking sockets of the loop, their answers into
``http.client.HTTPResponse`` objects, and what a readback returns for one into the next request. It knows nothing of
WebQQ and needs nothing but Tornado and the standard library.
"""

from webqq.httpstream.errors import (
    BadResponse,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    HTTPStreamError,
    InvalidRequest,
    QueueTimeout,
    ReadbackError,
    ResolveError,
    ResponseTooLarge,
    StreamClosed,
    Timeout,
    TLSError,
    TotalTimeout,
)
from webqq.httpstream.exchange import Exchange, State
from webqq.httpstream.response import Limits, Response
from webqq.httpstream.sock import HTTPSock
from webqq.httpstream.stream import HTTPStream
from webqq.httpstream.timeouts import Timeouts

__all__ = [
    "BadResponse",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "Exchange",
    "HTTPSock",
    "HTTPStream",
    "HTTPStreamError",
    "InvalidRequest",
    "Limits",
    "QueueTimeout",
    "ReadbackError",
    "ResolveError",
    "Response",
    "ResponseTooLarge",
    "State",
    "StreamClosed",
    "TLSError",
    "Timeout",
    "Timeouts",
    "TotalTimeout",
]
