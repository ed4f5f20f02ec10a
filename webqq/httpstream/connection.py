"""One socket and its registration with the loop."""

import socket
import ssl
from collections.abc import Callable
from fcntl import ioctl
from termios import FIONREAD
from typing import TYPE_CHECKING, Any
from urllib.request import Request

from tornado.ioloop import IOLoop

if TYPE_CHECKING:
    from webqq.httpstream.parser import ResponseParser
    from webqq.httpstream.route import Route
    from webqq.httpstream.turn import Turn

__all__ = ["RECEIVE_SIZE", "WOULD_BLOCK", "Connection"]

RECEIVE_SIZE = 64 * 1024
"""Bytes asked of the kernel at once: what one TLS record or a usual receive buffer holds."""

WOULD_BLOCK = (BlockingIOError, InterruptedError, ssl.SSLWantWriteError)
"""What a socket raises where it takes nothing now. One that has nothing to read raises ``SSLWantReadError``, too."""

_READ = IOLoop.READ

_NOTHING = bytes(4)


class Connection:
    """A socket that tells one listener of its events, when ``turn`` says so, or ``on_idle``, at once, of those that
    come while nobody listens.

    ``route`` is None for a socket that the two-method contract made: such a one is never used again. ``lane`` names
    the pool it belongs to, ``request`` is what it works for, if it does, and ``uses`` counts the exchanges it has
    served to their end. ``born`` and ``parked`` are the times when it was begun and when it last became idle;
    ``expires`` is when it is to be kept no longer.
    ``interest`` is what is heard of it, None before the first :meth:`watch` and after :meth:`close`.
    """

    __slots__ = (
        "_ahead",
        "_ioloop",
        "_is_real",
        "_on_idle",
        "born",
        "expires",
        "fd",
        "interest",
        "is_tls",
        "lane",
        "listener",
        "parked",
        "parser",
        "request",
        "route",
        "sock",
        "turn",
        "uses",
    )

    def __init__(
        self,
        ioloop: IOLoop,
        sock: Any,
        route: "Route | None",
        on_idle: "Callable[[Connection], None]",
        turn: "Turn",
        lane: str = "",
        born: float = 0.0,
    ) -> None:
        self._ioloop = ioloop
        self.interest: int | None = None
        self._on_idle = on_idle
        self.sock = sock
        self.fd: int = sock.fileno()
        self.route = route
        self.turn = turn
        self.request: Request | None = None
        self._ahead: bytes | OSError | None = None
        self.lane = lane
        self._is_real = isinstance(sock, socket.socket)
        self.listener: Callable[[int], None] | None = None
        self.parser: ResponseParser | None = None
        self.is_tls = False
        self.uses = 0
        self.born = self.parked = born
        self.expires = born

    def __repr__(self) -> str:
        return f"<Connection fd={self.fd} {self.route} uses={self.uses} {'busy' if self.listener else 'idle'}>"

    @property
    def is_open(self) -> bool:
        return self.interest is not None

    @property
    def is_paused(self) -> bool:
        """Whether nothing is heard of it although it is open."""
        return self.interest == 0

    def has_unread(self) -> bool:
        """Whether the operating system holds bytes of it that nobody read. Fakes have none."""
        try:
            return self._is_real and ioctl(self.fd, FIONREAD, _NOTHING) != _NOTHING
        except OSError:
            # Closed behind our back: whoever reads it finds out.
            return True

    def watch(self, interest: int) -> None:
        """Hear of ``interest`` (``IOLoop.READ``, ``WRITE``, both, or 0); the loop is told only of a change."""
        if interest == self.interest:
            return
        if self.interest is None:
            self._ioloop.add_handler(self.fd, self._handle_events, interest)
        else:
            self._ioloop.update_handler(self.fd, interest)
        self.interest = interest

    def wake(self) -> None:
        """Tell the listener in a later turn that there is something to read: what TLS decrypted, no loop tells."""
        self._ioloop.add_callback(self._read_again, _owner(self.listener))

    def _read_again(self, owner: object) -> None:
        # The same exchange, which may listen with another of its methods by now.
        if self.interest is not None and self.interest & IOLoop.READ and _owner(self.listener) is owner:
            self._handle_events(self.fd, IOLoop.READ)

    def close(self) -> None:
        """Let go of the socket: first of its registration, as its number may serve another the moment it closes."""
        if self.interest is not None:
            self.interest = None
            self._ioloop.remove_handler(self.fd)
        self.sock.close()

    def _handle_events(self, fd: int, events: int) -> None:
        # A loop may still report what it saw before the handler was removed.
        if self.interest is None:
            return
        if self.listener is None:
            # At once: it must not serve a request before it was looked at.
            self._on_idle(self)
        else:
            self.turn.take(self, events)

    def read_ahead(self) -> None:
        """Take what has come of an answer, so that :meth:`receive` need not."""
        if self.interest == _READ and self.parser is not None and not self.is_tls and self._ahead is None:
            try:
                self._ahead = self.sock.recv(RECEIVE_SIZE)
            except WOULD_BLOCK:
                pass
            except OSError as error:
                self._ahead = error

    def receive(self, size: int) -> bytes:
        """What was read ahead, else up to ``size`` bytes of what has come; empty at the end. Raises as ``recv``."""
        ahead = self._ahead
        if ahead is None:
            data: bytes = self.sock.recv(size)
            return data
        self._ahead = None
        if isinstance(ahead, OSError):
            raise ahead
        return ahead

    def serve(self, events: int) -> None:
        """Tell the listener; nothing, where the connection is closed or idle by now."""
        listener = self.listener
        if listener is not None and self.interest is not None:
            listener(events)


def _owner(listener: Callable[[int], None] | None) -> object:
    return getattr(listener, "__self__", listener)
