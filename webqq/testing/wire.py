"""The bytes of one connection of a scripted server: a non-blocking socket, and TLS on it as often as asked."""

import socket
import ssl
import struct
import sys
from contextlib import suppress
from fcntl import ioctl
from termios import TIOCOUTQ

__all__ = ["TLSLayer", "Wire"]

READ_SIZE = 64 * 1024


class TLSLayer:
    """The server's side of one TLS connection, between bytes and bytes; after each call take :meth:`outgoing`."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._from_client, self._to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._from_client, self._to_client, server_side=True)
        self.is_open = False
        """Whether the handshake is done."""
        self.has_ended = False
        """Whether the client's ``close_notify`` came."""

    def receive(self, data: bytes) -> bytes:
        """What the client's bytes say. Raises ``ssl.SSLError`` where they are no TLS, or the client refuses ours."""
        self._from_client.write(data)
        plain = bytearray()
        try:
            if not self.is_open:
                self._tls.do_handshake()
                self.is_open = True
            while piece := self._tls.read(READ_SIZE):
                plain += piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.has_ended = True
        return bytes(plain)

    def send(self, plain: bytes) -> None:
        """Encrypt ``plain``."""
        if plain:
            self._tls.write(plain)

    def close_notify(self) -> None:
        """Say that no more will be sent (RFC 8446 section 6.1)."""
        # Raised where the client's own is not there yet, or the handshake never ended; ours is written if it can be.
        with suppress(ssl.SSLError):
            self._tls.unwrap()

    def outgoing(self) -> bytes:
        """The bytes for the client since the last call."""
        return self._to_client.read()


class Wire:
    """Takes what the script writes, and gives what the client says. No call waits; all may raise ``OSError``."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.has_ended = False
        """Whether the client has ended its side."""
        self.is_held = False
        """Whether what is written stays here for now."""
        self.outgoing = bytearray()
        """What the system has not taken yet."""
        self._layers: list[TLSLayer] = []
        self._is_shut = False

    @property
    def is_tls(self) -> bool:
        return bool(self._layers)

    @property
    def wants_write(self) -> bool:
        return bool(self.outgoing) and not self.is_held

    def read(self) -> bytes:
        """What has come, TLS taken off: perhaps nothing yet."""
        try:
            data = self.sock.recv(READ_SIZE)
        except BlockingIOError:
            return b""
        if not data:
            self.has_ended = True
        return self._decrypt(data, 0) if data else b""

    def start_tls(self, context: ssl.SSLContext, come: bytes) -> tuple[TLSLayer, bytes]:
        """Speak TLS from now on; ``come`` is what of it has come already. Gives what that says, too."""
        layer = TLSLayer(context)
        self._layers.append(layer)
        return layer, self._decrypt(come, len(self._layers) - 1) if come else b""

    def write(self, data: bytes) -> None:
        """Send ``data`` as soon as the system takes it."""
        if self._layers:
            self._layers[-1].send(data)
            self._pass_down(len(self._layers) - 1)
        else:
            self.outgoing += data

    def flush(self) -> bool:
        """Give the system what it takes; True once it has all."""
        while self.wants_write:
            try:
                taken = self.sock.send(self.outgoing)
            except BlockingIOError:
                break
            del self.outgoing[:taken]
        return not self.outgoing

    def close_notify(self) -> None:
        """End TLS's side of the stream, where there is TLS and its end was not sent yet."""
        if self._layers and not self._is_shut:
            self._is_shut = True
            self._layers[-1].close_notify()
            self._pass_down(len(self._layers) - 1)

    def shut(self) -> None:
        """Send the end of our side."""
        self._is_shut = True
        self.sock.shutdown(socket.SHUT_WR)

    def drop_unread(self) -> None:
        """Forget what came: a socket closed with unread bytes sends a reset, which may overtake what was sent."""
        with suppress(OSError):
            while self.sock.recv(READ_SIZE):
                pass

    def make_reset(self) -> None:
        """Closing the socket will send a reset."""
        # Linger, for 0 seconds.
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def is_acknowledged(self) -> bool:
        """Whether no byte sent could be lost to a reset; True as well where the system does not tell."""
        if sys.platform != "linux":
            return True
        return ioctl(self.sock.fileno(), TIOCOUTQ, bytes(4)) == bytes(4)

    def _decrypt(self, data: bytes, lowest: int) -> bytes:
        for depth, layer in enumerate(self._layers[lowest:], lowest):
            try:
                data = layer.receive(data)
            finally:
                self._pass_down(depth)  # the handshake, or the alert that tells why not
            self.has_ended = self.has_ended or layer.has_ended
        return data

    def _pass_down(self, depth: int) -> None:
        data = self._layers[depth].outgoing()
        for below in reversed(self._layers[:depth]):
            below.send(data)
            data = below.outgoing()
        self.outgoing += data
