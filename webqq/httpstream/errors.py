"""What can go wrong with an exchange.

::

    HTTPStreamError
    +-- InvalidRequest (ValueError)     the caller's mistake; raised at once, nothing was sent
    +-- StreamClosed                    the stream was closed under the exchange
    +-- ReadbackError                   the readback raised, or returned what is no next request
    +-- BodyError                       the body of the request could not be read, or is not as long as it said
    +-- ResolveError                    the host's name has no address
    +-- ConnectError                    no address of the host took the connection
    |   +-- TLSError                    the handshake or the certificate failed
    |   +-- ProxyError                  the proxy refused, or broke the rules of its protocol
    +-- ConnectionLost                  the connection ended before the answer was whole
    +-- BadResponse                     the peer broke the rules of HTTP
    |   +-- ResponseTooLarge            it may have kept them, but went over a limit of ours
    |   +-- DecodingError               the body is not in the content coding that its headers name
    |   +-- RedirectError               a redirect leads nowhere, in a circle, too far, or where it must not
    +-- Timeout (TimeoutError)
        +-- QueueTimeout                no connection was free in time
        +-- ResolveTimeout              the name's lookup took too long
        +-- ConnectTimeout              no address took the connection in time
        +-- ProxyTimeout                the proxy's handshake took too long
        +-- TLSTimeout                  the TLS handshake took too long
        +-- WriteTimeout                the peer took no byte of the request for too long
        +-- FirstByteTimeout            the answer did not begin in time
        +-- BetweenBytesTimeout         the answer began and then stood still
        +-- TotalTimeout                the whole exchange took too long

What the operating system or the ssl module raised is kept as ``__cause__``.
"""

__all__ = [
    "BadResponse",
    "BetweenBytesTimeout",
    "BodyError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "DecodingError",
    "FirstByteTimeout",
    "HTTPStreamError",
    "InvalidRequest",
    "ProxyError",
    "ProxyTimeout",
    "QueueTimeout",
    "ReadbackError",
    "RedirectError",
    "ResolveError",
    "ResolveTimeout",
    "ResponseTooLarge",
    "StreamClosed",
    "TLSError",
    "TLSTimeout",
    "Timeout",
    "TotalTimeout",
    "WriteTimeout",
]


class HTTPStreamError(Exception):
    """Root of what the engine raises or gives to an errorback.

    ``method`` and ``url`` name the request, ``phase`` the state it was in (``"CONNECTING"``, ...) and ``elapsed``
    the seconds since it was started; each is None where the engine had no such fact. ``is_transient`` tells
    whether the same request may succeed later.
    """

    is_transient: bool = False

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


class BodyError(HTTPStreamError):
    """What the request's body comes from raised (see ``__cause__``), or gave another number of bytes than it said."""


class ResolveError(HTTPStreamError):
    """The name of the host could not be turned into an address."""

    is_transient = True


class ConnectError(HTTPStreamError):
    """None of the host's addresses took the connection; ``__cause__`` tells of the last."""

    is_transient = True


class TLSError(ConnectError):
    """The TLS handshake failed, or the certificate is not to be trusted."""

    is_transient = False


class ProxyError(ConnectError):
    """The proxy does not let the connection through; ``status`` is what it answered to CONNECT, if it did.

    Transient where the proxy only failed to reach the host (502, 503, 504).
    """

    is_transient = False

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        if status in (502, 503, 504):
            self.is_transient = True


class ConnectionLost(HTTPStreamError):
    """The connection ended before the answer was whole.

    ``received`` counts the answer's bytes that came, ``partial`` is what they hold of its body.
    """

    is_transient = True

    def __init__(self, message: str, received: int = 0, partial: bytes = b"") -> None:
        super().__init__(message)
        self.received = received
        self.partial = partial


class BadResponse(HTTPStreamError):
    """What came is not an HTTP/1.x response; it is never guessed at (RFC 9112)."""


class ResponseTooLarge(BadResponse):
    """The response went over one of the limits of :class:`~webqq.httpstream.Limits`; the message names it."""


class DecodingError(BadResponse):
    """The body cannot be decoded as its ``Content-Encoding`` says, or ends before its coding does."""


class RedirectError(BadResponse):
    """A redirect that is not followed: too many, a circle, no usable target, or one that gives up TLS."""


class Timeout(HTTPStreamError, TimeoutError):
    """A deadline passed; the subclass tells which."""

    is_transient = True


class QueueTimeout(Timeout):
    """The connection limits left no connection for the request in time."""


class ResolveTimeout(Timeout):
    """The lookup of the host's name took longer than ``resolve``."""


class ConnectTimeout(Timeout):
    """No address took the connection within ``connect``."""


class ProxyTimeout(Timeout):
    """The proxy's handshake took longer than ``proxy``."""


class TLSTimeout(Timeout):
    """The TLS handshake took longer than ``tls``."""


class WriteTimeout(Timeout):
    """The peer took no byte of the request for longer than ``write``."""


class FirstByteTimeout(Timeout):
    """No byte of the answer came within ``first_byte`` of the request's end."""


class BetweenBytesTimeout(Timeout):
    """The answer began, then no byte came for longer than ``between_bytes``."""


class TotalTimeout(Timeout):
    """The whole exchange took longer than ``total``."""
