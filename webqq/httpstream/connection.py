"""One socket and its registration with the loop."""

from typing import TYPE_CHECKING, Any

from tornado.ioloop import IOLoop

if TYPE_CHECKING:
    from collections.abc import Callable

    from webqq.httpstream.origin import Origin
    from webqq.httpstream.response import ResponseParser

__all__ = ["Connection"]


class Connection:
    """A socket that tells one listener of its events, or ``on_idle`` of those that come while nobody listens.

    ``origin`` is None for a socket that the two-method contract made: such a one is never used again. ``uses``
    counts the exchanges it has served to their end.
    """

    __slots__ = ("_interest", "_ioloop", "_on_idle", "fd", "listener", "origin", "parser", "sock", "uses")

    def __init__(
        self, ioloop: IOLoop, sock: Any, origin: "Origin | None", on_idle: "Callable[[Connection], None]"
    ) -> None:
        self._ioloop = ioloop
        self._interest: int | None = None
        self._on_idle = on_idle
        self.sock = sock
        self.fd: int = sock.fileno()
        self.origin = origin
        self.listener: Callable[[int], None] | None = None
        self.parser: ResponseParser | None = None
        self.uses = 0

    def __repr__(self) -> str:
        return f"<Connection fd={self.fd} {self.origin} uses={self.uses}>"

    def watch(self, interest: int) -> None:
        """Hear of ``interest`` (``IOLoop.READ``, ``WRITE`` or both); the loop is told only of a change."""
        if interest == self._interest:
            return
        if self._interest is None:
            self._ioloop.add_handler(self.fd, self._handle_events, interest)
        else:
            self._ioloop.update_handler(self.fd, interest)
        self._interest = interest

    def close(self) -> None:
        """Let go of the socket: first of its registration, as its number may serve another the moment it closes."""
        if self._interest is not None:
            self._interest = None
            self._ioloop.remove_handler(self.fd)
        self.sock.close()

    def _handle_events(self, fd: int, events: int) -> None:
        # A loop may still report what it saw before the handler was removed.
        if self._interest is None:
            return
        if self.listener is None:
            self._on_idle(self)
        else:
            self.listener(events)
