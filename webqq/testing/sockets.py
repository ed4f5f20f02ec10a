"""A socket that does what a script says."""

import errno
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, Final, TypeAlias

__all__ = ["EOF", "WOULD_BLOCK", "FakeSocket", "Incoming"]


class _Mark(Enum):
    EOF = "EOF"
    WOULD_BLOCK = "WOULD_BLOCK"

    def __repr__(self) -> str:
        return self.name


EOF: Final = _Mark.EOF
"""Scripted for :meth:`FakeSocket.recv`: the peer has closed its side."""
WOULD_BLOCK: Final = _Mark.WOULD_BLOCK
"""Scripted for :meth:`FakeSocket.recv`: a wake-up for nothing; the call raises ``BlockingIOError``."""

Incoming: TypeAlias = bytes | BaseException | _Mark


class FakeSocket:
    """A non-blocking socket without a network.

    ``incoming`` scripts what ``recv`` gives, one item a call: bytes, :data:`EOF`, :data:`WOULD_BLOCK` or an exception
    to raise; :meth:`deliver` adds to it. ``accepts`` scripts how many bytes each ``send`` takes (0: none, it raises
    ``BlockingIOError`` until more is scripted; an exception is raised); when it is used up, ``send`` takes all.
    ``connect_error`` is the ``errno`` that the connection ends with, 0 for success; ``is_connecting`` keeps it
    pending until :meth:`finish_connect`. ``handshake`` scripts exceptions for ``do_handshake``, one a call.

    All that was sent is in ``sent``, what ``setsockopt`` set in ``options``; ``on_send(sock)`` is called after each
    ``send`` that took something.
    """

    def __init__(
        self,
        fd: int,
        incoming: Iterable[Incoming] = (),
        *,
        accepts: Iterable[int | BaseException] = (),
        connect_error: int = 0,
        is_connecting: bool = False,
        handshake: Iterable[ssl.SSLError] = (),
        on_send: Callable[["FakeSocket"], object] | None = None,
    ) -> None:
        self.incoming: deque[Incoming] = deque(incoming)
        self.accepts: deque[int | BaseException] = deque(accepts)
        self.sent = bytearray()
        self.is_connecting = is_connecting
        self.is_closed = False
        self.is_shut_down = False
        self.peername = ("192.0.2.1", 80)  # RFC 5737: for documentation, nobody's
        self.options: dict[tuple[int, int], object] = {}
        self.session: object = None
        self.on_send = on_send
        self.handshake: deque[ssl.SSLError] = deque(handshake)
        self._fd = fd
        self._connect_error = connect_error

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "connecting" if self.is_connecting else "open"
        return f"<FakeSocket {self._fd} {state} sent={len(self.sent)} incoming={len(self.incoming)}>"

    # The test's side.

    def deliver(self, *items: Incoming) -> None:
        """Add to what ``recv`` will give."""
        self.incoming.extend(items)

    def finish_connect(self, error: int = 0) -> None:
        """The pending connection succeeds, or ends with the errno ``error``."""
        self.is_connecting = False
        self._connect_error = error

    @property
    def is_readable(self) -> bool:
        """Whether ``recv`` would not wait."""
        return bool(self.incoming) and not self.is_connecting

    @property
    def is_writable(self) -> bool:
        """Whether ``send`` would take something, or fail."""
        return not self.is_connecting and (not self.accepts or self.accepts[0] != 0)

    # The engine's side: as ``socket.socket`` has it.

    def fileno(self) -> int:
        return -1 if self.is_closed else self._fd

    def send(self, data: Any) -> int:
        self._check_usable()
        self._raise_connect_error()
        if self.is_shut_down:
            raise BrokenPipeError(errno.EPIPE, "this side was shut down")
        limit = self.accepts[0] if self.accepts else len(data)
        if isinstance(limit, BaseException):
            self.accepts.popleft()
            raise limit
        if self.is_connecting or limit == 0:
            raise BlockingIOError(errno.EAGAIN, "scripted: the socket takes nothing now")
        if self.accepts:
            self.accepts.popleft()
        taken = bytes(data[:limit])
        self.sent += taken
        if self.on_send is not None:
            self.on_send(self)
        return len(taken)

    def recv(self, size: int) -> bytes:
        self._check_usable()
        self._raise_connect_error()
        if not self.incoming or self.is_connecting:
            raise BlockingIOError(errno.EAGAIN, "scripted: nothing to read now")
        item = self.incoming[0]
        if item is EOF:
            return b""
        self.incoming.popleft()
        if isinstance(item, BaseException):
            raise item
        if not isinstance(item, bytes):
            raise BlockingIOError(errno.EAGAIN, "scripted: a wake-up for nothing")
        if len(item) > size:
            self.incoming.appendleft(item[size:])
        return item[:size]

    def recv_into(self, buffer: Any, nbytes: int = 0) -> int:
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view))
        view[: len(data)] = data
        return len(data)

    def sendmsg(self, buffers: Iterable[Any]) -> int:
        return self.send(b"".join(bytes(buffer) for buffer in buffers))

    def shutdown(self, how: int) -> None:
        """``send`` fails from now on, where the writing side was ended; ``is_shut_down`` tells it to the test."""
        self._check_usable()
        self.is_shut_down = self.is_shut_down or how in (socket.SHUT_WR, socket.SHUT_RDWR)

    def getpeername(self) -> tuple[str, int]:
        self._check_usable()
        if self.is_connecting:
            raise OSError(errno.ENOTCONN, "scripted: not connected yet")
        return self.peername

    def setsockopt(self, level: int, option: int, value: object) -> None:
        self._check_usable()
        self.options[level, option] = value

    # As ssl.SSLSocket has it: a connection without TLS, which is what there is.

    def version(self) -> str | None:
        return None

    def selected_alpn_protocol(self) -> str | None:
        return None

    def getsockopt(self, level: int, option: int) -> int:
        if (level, option) != (socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(errno.ENOPROTOOPT, "a FakeSocket knows SO_ERROR only")
        error, self._connect_error = self._connect_error, 0
        return error

    def setblocking(self, flag: bool) -> None:
        if flag:
            raise AssertionError("the engine's sockets are never switched to blocking mode")

    def do_handshake(self) -> None:
        self._check_usable()
        if self.handshake:
            raise self.handshake.popleft()

    def pending(self) -> int:
        return 0

    def close(self) -> None:
        self.is_closed = True

    def _check_usable(self) -> None:
        if self.is_closed:
            raise OSError(errno.EBADF, "the socket was closed")

    def _raise_connect_error(self) -> None:
        if self._connect_error:
            error, self._connect_error = self._connect_error, 0
            raise OSError(error, "scripted: the connection failed")
