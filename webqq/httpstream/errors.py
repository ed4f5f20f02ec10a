"""What can go wrong with an exchange.

::

    HTTPStreamError
    +-- InvalidRequest (ValueError)     the caller's mistake; raised at once, nothing was sent
    +-- StreamClosed                    the stream was closed under the exchange
    +-- ReadbackError                   the readback raised, or returned what is no next request
    +-- ResolveError                    the host's name has no address
    +-- ConnectError                    no address of the host took the connection
    |   +-- TLSError                    the handshake or the certificate failed
    +-- ConnectionLost                  the connection ended before the answer was whole
    +-- BadResponse                     the peer broke the rules of HTTP
    |   +-- ResponseTooLarge            it may have kept them, but went over a limit of ours
    +-- Timeout (TimeoutError)
        +-- QueueTimeout                no connection was free in time
        +-- ConnectTimeout              name, connection and handshake took too long
        +-- TotalTimeout                the whole exchange took too long

What the operating system or the ssl module raised is kept as ``__cause__``.
"""

from typing import ClassVar

__all__ = [
    "BadResponse",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "HTTPStreamError",
    "InvalidRequest",
    "QueueTimeout",
    "ReadbackError",
    "ResolveError",
    "ResponseTooLarge",
    "StreamClosed",
    "TLSError",
    "Timeout",
    "TotalTimeout",
]


class HTTPStreamError(Exception):
    """Root of what the engine raises or gives to an errorback.

    ``method`` and ``url`` name the request, ``phase`` the state it was in (``"CONNECTING"``, ...) and ``elapsed``
    the seconds since it was started; each is None where the engine had no such fact. ``is_transient`` tells
    whether the same request may succeed later.
    """

    is_transient: ClassVar[bool] = False

    method: str | None = None
    url: str | None = None
    phase: str | None = None
    elapsed: float | None = None

    def __str__(self) -> str:
        text = super().__str__()
        if self.url is None:
            return text
        where = f" while {self.phase}" if self.phase else ""
        spent = f" after {self.elapsed:.3f} s" if self.elapsed is not None else ""
        return f"{self.method} {self.url}: {text}{where}{spent}"


class InvalidRequest(HTTPStreamError, ValueError):
    """A part of the request cannot be sent as HTTP/1.1; the message names the part."""


class StreamClosed(HTTPStreamError):
    """The stream is closed: it takes no request, and those under way have ended."""


class ReadbackError(HTTPStreamError):
    """A readback raised (see ``__cause__``) or returned something other than its three forms."""


class ResolveError(HTTPStreamError):
    """The name of the host could not be turned into an address."""

    is_transient = True


class ConnectError(HTTPStreamError):
    """None of the host's addresses took the connection; ``__cause__`` tells of the last."""

    is_transient = True


class TLSError(ConnectError):
    """The TLS handshake failed, or the certificate is not to be trusted."""

    is_transient = False


class ConnectionLost(HTTPStreamError):
    """The connection ended before the answer was whole. ``received`` counts the answer's bytes that came."""

    is_transient = True

    def __init__(self, message: str, received: int = 0) -> None:
        super().__init__(message)
        self.received = received


class BadResponse(HTTPStreamError):
    """What came is not an HTTP/1.x response; it is never guessed at (RFC 9112)."""


class ResponseTooLarge(BadResponse):
    """The response went over one of the limits of :class:`~webqq.httpstream.Limits`; the message names it."""


class Timeout(HTTPStreamError, TimeoutError):
    """A deadline passed; the subclass tells which."""

    is_transient = True


class QueueTimeout(Timeout):
    """The connection limits left no connection for the request in time."""


class ConnectTimeout(Timeout):
    """Resolving, connecting and the handshake together took longer than ``connect``."""


class TotalTimeout(Timeout):
    """The whole exchange took longer than ``total``."""
