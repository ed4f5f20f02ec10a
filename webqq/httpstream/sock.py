"""The seam between the engine and the operating system's sockets.

:class:`HTTPStream` needs of its ``http_sock`` only the two methods of :class:`SockContract`; whatever has them can
stand in, a mock as well. :class:`HTTPSock` offers single steps beside them (look a name up, connect, start TLS), so
that none of them blocks and connections can be used again; a subclass that replaces one step keeps the rest.
"""

import errno
import socket
import ssl
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol
from urllib.request import Request
from weakref import WeakKeyDictionary

from tornado.ioloop import IOLoop

from webqq.httpstream.connection import RECEIVE_SIZE, WOULD_BLOCK, Connection
from webqq.httpstream.errors import InvalidRequest
from webqq.httpstream.origin import Origin, origin_of
from webqq.httpstream.parser import Limits, ResponseParser
from webqq.httpstream.race import Winners
from webqq.httpstream.resolve import Address, Lookup, NameResolver, Names, TornadoNames, numeric_address
from webqq.httpstream.response import Response
from webqq.httpstream.route import Route
from webqq.httpstream.serialize import serialize_request

if TYPE_CHECKING:
    from tornado.netutil import Resolver

    from webqq.httpstream.tls import SessionCache, TLSOptions

__all__ = ["HTTPSock", "SockContract", "receive", "steps_of"]

WAKE_UP_SIZE = 256 * 1024
"""Bytes taken from one socket in one turn of the loop, so that a fast download does not hold up everybody else."""

_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)

# A peer that fell silent is found within 60 seconds of idleness or of unanswered data, where the system can tell.
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
_TCP_OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in _KEEPALIVE.items()
        if hasattr(socket, name)
    ),
)


class SockContract(Protocol):
    """All that :class:`HTTPStream` needs of an ``http_sock``."""

    def make_http_sock_data(self, request: Request) -> tuple[Any, bytes]:
        """A non-blocking socket that is connecting to where ``request`` goes, and the bytes to write to it.

        A keyword ``proxy`` is given only where a request has one; what cannot serve it need not know it.
        """

    def make_response(self, sock: Any, request: Request) -> Any:
        """The response once it is whole, from what can be read of ``sock`` without waiting; None before that."""


class HTTPSock:
    """Plain and TLS sockets of the operating system.

    - ``ssl_context`` (default: the system's certificate authorities, TLS 1.2 at least, host names checked) is for
      ``https``. One of your own should clear ``ssl.OP_IGNORE_UNEXPECTED_EOF``, or a body that ends with the
      connection can be cut short unnoticed.
    - ``resolver`` (default: a :class:`NameResolver`, ``getaddrinfo`` on threads of its own) is another one of these,
      which this then closes, or any Tornado ``Resolver``.
    - ``limits`` bounds the answers.
    """

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None = None,
        resolver: "Resolver | NameResolver | None" = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._ssl_context = ssl_context
        self._names: Names = _names_of(resolver)
        self.winners = Winners()
        self._parsers: WeakKeyDictionary[Any, ResponseParser] = WeakKeyDictionary()

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """The context for ``https``. Made when first needed: reading the authorities takes milliseconds."""
        if self._ssl_context is None:
            from webqq.httpstream.tls import default_context

            self._ssl_context = default_context()
        return self._ssl_context

    @cached_property
    def sessions(self) -> "SessionCache":
        """What :meth:`keep_session` has kept. As all of TLS, loaded when the first ``https`` needs it."""
        from webqq.httpstream.tls import SessionCache

        return SessionCache()

    def make_http_sock_data(self, request: Request, proxy: object = None) -> tuple[socket.socket, bytes]:
        """A connecting socket for ``request`` and the bytes to write to it.

        By itself it looks a name up in the calling thread, which may block, and tries one address;
        :class:`HTTPStream` uses the single steps instead. A TLS socket makes its handshake within the first calls of
        ``send``. Raises :class:`InvalidRequest`, also for a ``proxy``, whose handshake needs more than two steps, and
        ``OSError`` where the name has no address or no socket can be had.
        """
        if proxy is not None:
            raise InvalidRequest("proxy: a tunnel needs more than the two methods of the contract")
        data = serialize_request(request)
        origin = origin_of(request)
        address = numeric_address(origin.host, origin.port)
        if address is None:
            family, _, _, _, sockaddr = socket.getaddrinfo(origin.host, origin.port, 0, socket.SOCK_STREAM)[0]
            address = Address(family, sockaddr)
        if not origin.is_tls:
            return self.connect(address), data
        plain = self.make_socket(address.family)
        try:
            sock = self.start_tls(plain, origin.host)
        except BaseException:
            plain.close()
            raise
        sock.connect_ex(address.sockaddr)
        return sock, data

    def make_response(self, sock: Any, request: Request) -> Response | None:
        """The answer to ``request`` once all of it was read from ``sock``, None before that.

        Raises :class:`BadResponse`, :class:`ConnectionLost`, and ``OSError`` from the socket.
        """
        parser = self._parsers.get(sock)
        if parser is None:
            parser = self._parsers[sock] = ResponseParser(request.get_method(), self.limits)
        if not _receive_once(sock, parser):
            return None
        del self._parsers[sock]
        assert parser.head is not None
        return Response(parser.head, parser.body(), request.full_url, parser.trailers)

    def lookup(self, ioloop: IOLoop, origin: Origin, done: Callable[[Lookup], None]) -> Lookup | None:
        """The addresses of ``origin`` where they are known; else None, and ``done`` gets them in a later turn."""
        address = numeric_address(origin.host, origin.port)
        if address is not None:
            return [address]
        return self._names.lookup(ioloop, origin.host, origin.port, done)

    def forget(self, origin: Origin) -> None:
        """No address of ``origin`` answered: look its name up anew the next time."""
        self._names.forget(origin.host)

    def make_socket(self, family: int) -> socket.socket:
        """A non-blocking socket; one of TCP neither waits to fill packets nor trusts a silent peer for ever."""
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            if family != getattr(socket, "AF_UNIX", None):
                for option in _TCP_OPTIONS:
                    sock.setsockopt(*option)
        except OSError:
            sock.close()
            raise
        return sock

    def connect(self, address: Address, source_address: tuple[str, int] | None = None) -> socket.socket:
        """A socket that is connecting to ``address``, from ``source_address`` where that is given.

        Raises ``OSError`` where that fails at once.
        """
        sock = self.make_socket(address.family)
        try:
            if source_address is not None:
                sock.bind(source_address)
            error = sock.connect_ex(address.sockaddr)
            if error not in _UNDER_WAY:
                raise OSError(error, f"{errno.errorcode.get(error, error)} connecting to {address.sockaddr}")
        except BaseException:
            sock.close()
            raise
        return sock

    def start_tls(self, sock: Any, host: str, options: "TLSOptions | None" = None, route: Route | None = None) -> Any:
        """``sock`` with TLS over it, checking for ``host``; the handshake is still to be made.

        A session that :meth:`keep_session` has of ``route`` is resumed.
        """
        from webqq.httpstream.tls import wrap

        context = (options and options.context) or self.ssl_context
        name = (options and options.server_name) or host
        return wrap(sock, context, name, None if route is None else self.sessions.get(route, context))

    def keep_session(self, route: Route, sock: Any) -> None:
        """``sock`` has had its first answer: the next connection of ``route`` may resume its TLS session."""
        from webqq.httpstream.tls import free_send_buffer

        self.sessions.put(route, sock)
        # With that answer tickets have come, and now it may lie idle for long.
        free_send_buffer(sock)

    def forget_session(self, route: Route) -> None:
        """A handshake failed: the next one is made anew."""
        self.sessions.discard(route)

    def close(self) -> None:
        """End the resolver's threads. Sockets belong to who got them."""
        self._names.close()


def _names_of(resolver: "Resolver | NameResolver | None") -> Names:
    if resolver is None:
        return NameResolver()
    return resolver if isinstance(resolver, NameResolver) else TornadoNames(resolver)


def receive(connection: Connection, parser: ResponseParser) -> bool:
    """Feed ``parser`` what can be read now, up to a bound; True once the answer is whole.

    Raises ``OSError`` from the socket and what the parser raises.
    """
    if connection.is_tls:
        return _receive_records(connection, parser)
    # Of what has been much already there is probably more: larger pieces are fewer, and cost less.
    size = RECEIVE_SIZE if parser.received < WAKE_UP_SIZE else WAKE_UP_SIZE
    try:
        data = connection.receive(size)
    except WOULD_BLOCK:
        return False
    if not data:
        parser.end()
        return True
    # What is left the loop tells of, after everybody else had a turn.
    is_whole = parser.feed(data)
    if is_whole and len(data) >= RECEIVE_SIZE and connection.has_unread():
        parser.surplus += 1
    return is_whole


def _receive_records(connection: Connection, parser: ResponseParser) -> bool:
    """As :func:`receive`, over TLS: of what was decrypted and not read, no loop tells."""
    sock = connection.sock
    room = WAKE_UP_SIZE
    while True:
        try:
            data = sock.recv(RECEIVE_SIZE)
        except ssl.SSLWantWriteError:
            connection.watch(IOLoop.READ | IOLoop.WRITE)
            return False
        except (ssl.SSLWantReadError, *WOULD_BLOCK):
            if room == WAKE_UP_SIZE:
                _nothing_came(connection)
            return False
        if not data:
            parser.end()
            return True
        if parser.feed(data):
            if connection.has_unread():
                # More has come than stood in one record.
                parser.surplus += 1
            return True
        room -= len(data)
        if room <= 0:
            if sock.pending():
                connection.wake()
            return False


def _nothing_came(connection: Connection) -> None:
    """The loop told of bytes, and none of them is the answer's: over TLS they were tickets, or half of a record."""
    # Where there is something to write, the next write frees what this would.
    if connection.is_tls and connection.interest == IOLoop.READ:
        from webqq.httpstream.tls import free_send_buffer

        free_send_buffer(connection.sock)


def _receive_once(sock: Any, parser: ResponseParser) -> bool:
    try:
        data = sock.recv(RECEIVE_SIZE)
    except (ssl.SSLWantReadError, *WOULD_BLOCK):
        return False
    if not data:
        parser.end()
        return True
    return parser.feed(data)


def steps_of(http_sock: object) -> HTTPSock | None:
    """``http_sock`` where its single steps may be used, None where only its two methods count.

    A mock seems to have every attribute, and a subclass that replaces one of the two methods wants it called: for
    these the contract of the two methods holds, to the letter.
    """
    kind = type(http_sock)
    if not issubclass(kind, HTTPSock):
        return None
    assert isinstance(http_sock, HTTPSock)
    is_replaced = (kind.make_http_sock_data, kind.make_response) != _CONTRACT
    is_replaced_here = not vars(http_sock).keys().isdisjoint(("make_http_sock_data", "make_response"))
    return None if is_replaced or is_replaced_here else http_sock


# As they are defined above, whatever a test may put in their place.
_CONTRACT = (HTTPSock.make_http_sock_data, HTTPSock.make_response)
