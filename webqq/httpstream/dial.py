"""From a route to a connection that is ready for a request: name, address, proxy, TLS."""

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.request import Request

from tornado.ioloop import IOLoop

from webqq.httpstream.connection import WOULD_BLOCK, Connection
from webqq.httpstream.errors import ConnectError, HTTPStreamError, ProxyError, ResolveError, TLSError
from webqq.httpstream.guard import guarded
from webqq.httpstream.origin import Origin
from webqq.httpstream.race import Action, Address, Begin, Lost, Race, Won, order_addresses
from webqq.httpstream.resolve import Lookup
from webqq.httpstream.route import Route
from webqq.httpstream.sock import HTTPSock
from webqq.httpstream.state import State

if TYPE_CHECKING:
    from webqq.httpstream.proxy import Handshake
    from webqq.httpstream.stream import HTTPStream
    from webqq.httpstream.tls import TLSOptions

__all__ = ["Dial", "Dialler"]

# What Python 3.11 calls the end of the connection in its first releases, in place of SSLEOFError.
_EARLY_EOF = "UNEXPECTED_EOF_WHILE_READING"

HANDSHAKE_SIZE = 4096
"""Bytes of a proxy's answer that are read at once."""


class Dialler(Protocol):
    """For whom a connection is made. What raises in the course of it goes to ``fail``."""

    def enter(self, state: State, why: object) -> None:
        """The dial has got to ``state``."""

    def dialled(self, connection: Connection) -> None:
        """``connection`` is ready, and belongs to the dialler from now on."""

    def fail(self, error: HTTPStreamError) -> None:
        """There is no connection; the dial holds nothing any more once it was abandoned."""


class Dial:
    """One new connection on its way. It holds every socket that was begun for it until one of them is ready.

    ``fds`` of those are in the stream's maps, as the request's own socket will be.
    """

    __slots__ = (
        "_attempts",
        "_connection",
        "_connections",
        "_first",
        "_handshake",
        "_lane",
        "_layers",
        "_owner",
        "_race",
        "_request",
        "_route",
        "_steps",
        "_stream",
        "_target",
        "_timer",
        "_unsent",
    )

    def __init__(self, stream: "HTTPStream", route: Route, lane: str, request: Request, owner: Dialler) -> None:
        assert stream.steps is not None
        self._stream = stream
        self._connections = stream.connections
        self._request = request
        self._steps: HTTPSock = stream.steps
        self._route = route
        self._lane = lane
        self._owner: Dialler | None = owner
        self._race: Race | None = None
        self._first: Address | None = None
        self._timer: object = None
        self._attempts: dict[int, Connection] = {}
        self._connection: Connection | None = None
        self._handshake: Handshake | None = None
        self._unsent = b""
        self._target: Address | None = None
        self._layers: Iterator[Callable[[], None]] = iter(())

    @property
    def connections(self) -> list[Connection]:
        """The sockets that are open for it."""
        return [*self._attempts.values(), *([] if self._connection is None else [self._connection])]

    @property
    def attempts(self) -> str:
        """What has become of each address so far."""
        return "" if self._race is None else self._race.reasons("no answer")

    def start(self) -> None:
        """Begin. Raises :class:`HTTPStreamError` for what fails at once."""
        peer = self._route.peer
        if isinstance(peer, str):
            self._connect([Address(socket.AF_UNIX, peer)])
        elif self._route.proxy is not None and self._route.proxy.resolves_locally:
            self._resolve(self._route.origin, self._take_target)
        else:
            self._resolve(peer, self._connect)

    def abandon(self) -> None:
        """Close all that was begun; nothing of it is heard any more."""
        self._owner = None
        self._stop_timer()
        self._race = None
        for connection in self.connections:
            self._connections.let_go(connection)
        self._attempts.clear()
        self._connection = None

    def _enter(self, state: State, why: object) -> None:
        if self._owner is not None:
            self._owner.enter(state, why)

    def _guard(self, step: Callable[..., None], *args: object) -> None:
        """Run ``step`` for an event: nothing that it raises may reach the loop."""
        if self._owner is not None:
            guarded(self._fail, step, *args, kind=ConnectError)

    def _fail(self, error: HTTPStreamError) -> None:
        if self._owner is not None:
            self._owner.fail(error)

    # Names.

    def _resolve(self, origin: Origin, then: Callable[[list[Address]], None]) -> None:
        self._enter(State.RESOLVING, origin.host)
        try:
            answer = self._steps.lookup(self._stream.ioloop, origin, partial(self._on_addresses, then))
        except Exception as error:
            raise ResolveError(f"the lookup failed: {error!r}") from error
        if answer is not None:
            self._take_answer(then, answer)

    def _on_addresses(self, then: Callable[[list[Address]], None], answer: Lookup) -> None:
        self._guard(self._take_answer, then, answer)

    def _take_answer(self, then: Callable[[list[Address]], None], answer: Lookup) -> None:
        if isinstance(answer, OSError):
            raise ResolveError(f"no address for the host: {answer}") from answer
        if not answer:
            raise ResolveError("no address for the host")
        then(answer)

    def _take_target(self, addresses: list[Address]) -> None:
        """A SOCKS proxy wants the address of the origin from us."""
        self._target = addresses[0]
        if self._route.proxy is not None and self._route.proxy.scheme == "socks4":
            self._target = next((address for address in addresses if address.family == socket.AF_INET), None)
            if self._target is None:
                raise ResolveError("no IPv4 address for the host, and SOCKS4 knows no other")
        assert isinstance(self._route.peer, Origin)
        self._resolve(self._route.peer, self._connect)

    # Addresses: Happy Eyeballs.

    def _connect(self, addresses: list[Address]) -> None:
        winner = self._steps.winners.recall(self._route.peer) if len(addresses) > 1 else None
        self._first = addresses[0]
        self._race = Race(order_addresses(addresses, winner))
        self._do(self._race.start(self._stream.clock.now()))

    def _do(self, action: Action | None) -> None:
        while isinstance(action, Begin):
            action = self._begin(action)
        if isinstance(action, Won):
            self._won(action)
        elif isinstance(action, Lost):
            self._steps.winners.forget(self._route.peer)
            if isinstance(self._route.peer, Origin):
                self._steps.forget(self._route.peer)
            raise ConnectError(f"no connection: {action.reasons}") from action.cause
        elif self._race is not None and self._race.next_due is not None and self._timer is None:
            self._timer = self._stream.clock.call_at(self._race.next_due, self._on_timer)

    def _begin(self, action: Begin) -> Action | None:
        assert self._race is not None
        self._stop_timer()
        self._enter(State.CONNECTING, action.address)
        if self._owner is None:
            return None
        try:
            sock = self._steps.connect(action.address, self._route.source_address)
        except (OSError, TypeError, ValueError, OverflowError) as error:
            # All but the first: what the resolver gave is no address.
            return self._race.failed(action.attempt, error, self._stream.clock.now())
        connection = self._connections.hold(sock, self._route, self._lane, self._request)
        self._attempts[action.attempt] = connection
        connection.listener = partial(self._on_attempt, action.attempt)
        connection.watch(IOLoop.WRITE)
        return None

    def _on_timer(self) -> None:
        self._timer = None
        self._guard(self._tick)

    def _tick(self) -> None:
        assert self._race is not None
        self._do(self._race.tick(self._stream.clock.now()))

    def _on_attempt(self, attempt: int, events: int) -> None:
        self._guard(self._attempted, attempt)

    def _attempted(self, attempt: int) -> None:
        assert self._race is not None
        sock = self._attempts[attempt].sock
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == errno.EINPROGRESS:
            return
        if not code:
            self._do(self._race.connected(attempt))
            return
        self._connections.let_go(self._attempts.pop(attempt))
        self._do(self._race.failed(attempt, OSError(code, os.strerror(code)), self._stream.clock.now()))

    def _won(self, action: Won) -> None:
        self._stop_timer()
        self._race = None
        if action.address == self._first:
            # As the name server wants it: it may have another order the next time.
            self._steps.winners.forget(self._route.peer)
        else:
            self._steps.winners.remember(self._route.peer, action.address)
        self._connection = self._attempts.pop(action.attempt)
        for connection in self._attempts.values():
            self._connections.let_go(connection)
        self._attempts.clear()
        self._layers = self._plan()
        self._next_layer()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._stream.clock.cancel(self._timer)
            self._timer = None

    # Layers over the connection: TLS to the proxy, the tunnel, TLS to the origin.

    def _plan(self) -> Iterator[Callable[[], None]]:
        route = self._route
        proxy = route.proxy
        if proxy is not None and proxy.scheme == "https":
            yield partial(self._start_tls, proxy.host, route.proxy_tls, None)
        if proxy is not None and not route.is_forwarded:
            yield self._start_tunnel
        if route.origin.is_tls:
            yield partial(self._start_tls, route.origin.host, route.tls, route)

    def _next_layer(self) -> None:
        layer = next(self._layers, None)
        if layer is not None:
            layer()
            return
        connection, self._connection = self._connection, None
        assert connection is not None
        if self._owner is not None:
            self._owner.dialled(connection)

    def _layered(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _start_tls(self, host: str, options: "TLSOptions | None", route: Route | None) -> None:
        connection = self._layered()
        self._enter(State.TLS, host)
        if self._owner is None:
            return
        try:
            sock = self._steps.start_tls(connection.sock, host, options, route)
        except TLSError:
            raise
        except OSError as error:
            raise ConnectError(f"the connection failed before TLS: {error}") from error
        except ValueError as error:
            raise TLSError(f"TLS cannot start: {error}") from error
        connection.sock = sock
        connection.is_tls = True
        connection.listener = partial(self._guard_event, self._shake_hands)
        self._shake_hands()

    def _guard_event(self, step: Callable[[], None], events: int) -> None:
        self._guard(step)

    def _shake_hands(self) -> None:
        connection = self._layered()
        try:
            connection.sock.do_handshake()
        except ssl.SSLWantReadError:
            connection.watch(IOLoop.READ)
        except ssl.SSLWantWriteError:
            connection.watch(IOLoop.WRITE)
        except ssl.SSLError as error:
            self._steps.forget_session(self._route)
            if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or (
                getattr(error, "reason", None) == _EARLY_EOF
            ):
                raise ConnectError(f"the connection ended in the TLS handshake: {error}") from error
            raise TLSError(f"the TLS handshake failed: {error}") from error
        except OSError as error:
            # Some servers reset where a ticket is not to their liking.
            self._steps.forget_session(self._route)
            raise ConnectError(f"the connection failed in the TLS handshake: {error}") from error
        else:
            self._next_layer()

    def _start_tunnel(self) -> None:
        # Loaded here: most routes have no proxy.
        from webqq.httpstream.proxy import handshake_for

        proxy, origin = self._route.proxy, self._route.origin
        assert proxy is not None
        self._enter(State.PROXYING, proxy)
        if self._owner is None:
            return
        target = None if self._target is None else str(self._target.sockaddr[0])
        self._handshake = handshake_for(proxy, origin.host, origin.port, target)
        self._layered().listener = partial(self._guard_event, self._tunnel)
        self._tunnel()

    def _tunnel(self) -> None:
        connection, handshake = self._layered(), self._handshake
        assert handshake is not None
        try:
            if self._send_handshake(connection, handshake) and self._receive_handshake(connection, handshake):
                self._handshake = None
                self._next_layer()
        except OSError as error:
            raise ProxyError(f"the connection to the proxy failed: {error}") from error

    def _send_handshake(self, connection: Connection, handshake: "Handshake") -> bool:
        """Whether all of what the proxy must know by now is sent."""
        self._unsent += handshake.take_outgoing()
        while self._unsent:
            try:
                self._unsent = self._unsent[connection.sock.send(self._unsent) :]
            except ssl.SSLWantReadError:
                connection.watch(IOLoop.READ)
                return False
            except WOULD_BLOCK:
                connection.watch(IOLoop.WRITE)
                return False
        connection.watch(IOLoop.READ)
        return True

    def _receive_handshake(self, connection: Connection, handshake: "Handshake") -> bool:
        """Whether the tunnel stands."""
        while True:
            try:
                data = connection.sock.recv(HANDSHAKE_SIZE)
            except ssl.SSLWantWriteError:
                connection.watch(IOLoop.WRITE)
                return False
            except (ssl.SSLWantReadError, *WOULD_BLOCK):
                return False
            if not data:
                raise ProxyError("the proxy closed the connection in its handshake")
            if handshake.feed(data):
                return True
            if not self._send_handshake(connection, handshake):
                return False
