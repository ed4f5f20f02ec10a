"""The server that holds polls, and does nginx's part where there is none: one thread, ``epoll``, plain sockets.

``python -m benchmarks.server --cert FILE --key FILE`` prints its ports as a line of JSON and runs until its standard
input ends. Paths, with and without TLS: ``/poll`` is answered when the control line says so, with the time in its body;
``/small`` and ``/fresh`` with 15 bytes, the second with ``Connection: close``; ``/body/N`` with N bytes.

The control line is a connection to a port of its own: ``held``, ``wake COUNT INTERVAL`` and ``reset``, each answered
with a number.
"""

import argparse
import json
import os
import random
import resource
import select
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable
from select import EPOLLIN, EPOLLOUT

__all__ = ["Server", "head"]

BACKLOG = 4096
PIECE = 262144
LONGEST_HEAD = 65536
SMALL = b'{"retcode": 0}\r\n'
ZEROS = bytes(PIECE)
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def head(length: int, more: str = "Connection: keep-alive") -> bytes:
    """A head of five fields, as nginx has them."""
    return (
        "HTTP/1.1 200 OK\r\nServer: bench/1.0\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n\r\n"
    ).encode()


class Connection:
    """One client: its socket, what it has sent of a request, and what is to be sent to it."""

    __slots__ = ("closes", "inbox", "is_shaking", "outbox", "sock", "zeros")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.is_shaking = isinstance(sock, ssl.SSLSocket)
        self.inbox = b""
        self.outbox = b""
        self.zeros = 0
        self.closes = False


class Server:
    """``handlers`` maps a path's first part to a method; see the module's text for what they do."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self.tls = tls
        self.epoll = select.epoll()
        self.connections: dict[int, Connection] = {}
        self.callbacks: dict[int, Callable[[], None]] = {}
        self.held: dict[int, Connection] = {}
        self.wakes, self.interval, self.next_wake = 0, 0.0, 0.0
        self.chance = random.Random(1)  # noqa: S311  # nothing secret hangs on it
        self.order: list[int] = []
        self.is_running = True

    # Sockets.

    def listen(self, on_connection: Callable[[socket.socket], None]) -> int:
        """The port of a new listening socket."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(BACKLOG)
        listener.setblocking(False)
        self.watch(listener, lambda: self._accept(listener, on_connection))
        port: int = listener.getsockname()[1]
        return port

    def watch(self, what: socket.socket | int, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever there is something to read."""
        fd = what if isinstance(what, int) else what.fileno()
        self.callbacks[fd] = callback
        self.epoll.register(fd, EPOLLIN)

    def _accept(self, listener: socket.socket, on_connection: Callable[[socket.socket], None]) -> None:
        for _ in range(256):
            try:
                sock = listener.accept()[0]
            except OSError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            on_connection(sock)

    def serve(self, sock: socket.socket) -> None:
        self.connections[sock.fileno()] = Connection(sock)
        self.epoll.register(sock.fileno(), EPOLLIN)

    def serve_tls(self, sock: socket.socket) -> None:
        assert self.tls is not None
        self.serve(self.tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False))

    def drop(self, connection: Connection) -> None:
        fd = connection.sock.fileno()
        self.epoll.unregister(fd)
        del self.connections[fd]
        self.held.pop(fd, None)
        connection.sock.close()

    # The loop.

    def run(self) -> None:
        while self.is_running:
            for fd, _ in self.epoll.poll(self._patience()):
                callback = self.callbacks.get(fd)
                if callback is not None:
                    callback()
                elif fd in self.connections:
                    self._on_event(self.connections[fd])
            self._wake_due()

    def _patience(self) -> float:
        return max(0.0, self.next_wake - time.monotonic()) if self.wakes else 60.0

    def _on_event(self, connection: Connection) -> None:
        try:
            if connection.is_shaking:
                connection.sock.do_handshake()  # type: ignore[attr-defined]  # only an SSLSocket is shaking
                connection.is_shaking = False
            if connection.outbox or connection.zeros:
                self._flush(connection)
            else:
                self._receive(connection)
        except WOULD_BLOCK:
            return
        except OSError:
            self.drop(connection)

    def _receive(self, connection: Connection) -> None:
        data = connection.sock.recv(16384)
        if not data:
            raise ConnectionResetError
        if isinstance(connection.sock, ssl.SSLSocket):
            # What is decrypted already wakes nobody.
            while pending := connection.sock.pending():
                data += connection.sock.recv(pending)
        connection.inbox += data
        if connection.inbox.endswith(b"\r\n\r\n"):
            path = connection.inbox.split(b" ", 2)[1].decode()
            connection.inbox = b""
            self._answer(connection, path)
        elif len(connection.inbox) > LONGEST_HEAD:
            raise ConnectionResetError

    def _answer(self, connection: Connection, path: str) -> None:
        if path == "/poll":
            self.held[connection.sock.fileno()] = connection
            return
        if path.startswith("/body/"):
            connection.zeros = int(path.rpartition("/")[2])
            connection.outbox = head(connection.zeros)
        elif path == "/fresh":
            connection.outbox = head(len(SMALL), "Connection: close") + SMALL
            connection.closes = True
        else:
            connection.outbox = head(len(SMALL)) + SMALL
        self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        try:
            while connection.outbox or connection.zeros:
                if not connection.outbox:
                    connection.outbox = ZEROS[: connection.zeros]
                    connection.zeros -= len(connection.outbox)
                connection.outbox = connection.outbox[connection.sock.send(connection.outbox) :]
        except WOULD_BLOCK:
            self.epoll.modify(connection.sock.fileno(), EPOLLOUT)
            raise
        if connection.closes:
            self.drop(connection)
        else:
            self.epoll.modify(connection.sock.fileno(), EPOLLIN)

    # The control line.

    def control(self, sock: socket.socket) -> None:
        self.watch(sock, lambda: self._command(sock))

    def _command(self, sock: socket.socket) -> None:
        words = sock.recv(4096).split()
        if not words:
            self.epoll.unregister(sock.fileno())
            del self.callbacks[sock.fileno()]
            sock.close()
            return
        if words[0] == b"wake":
            self.wakes, self.interval = int(words[1]), float(words[2])
            self.next_wake = time.monotonic() + self.interval
        elif words[0] == b"reset":
            self._reset()
        sock.send(b"%d\n" % len(self.held))

    def _wake_due(self) -> None:
        if not self.wakes or time.monotonic() < self.next_wake or not self.held:
            return
        self.wakes -= 1
        self.next_wake += self.interval
        connection = self._pick()
        del self.held[connection.sock.fileno()]
        # As short as it is, the kernel takes it whole.
        body = b"%d" % time.monotonic_ns()
        connection.sock.send(head(len(body)) + body)

    def _pick(self) -> Connection:
        """Any poll that is held: not always the same, nor the one most lately used."""
        while True:
            if not self.order:
                self.order = list(self.held)
                self.chance.shuffle(self.order)
            connection = self.held.get(self.order.pop())
            if connection is not None:
                return connection

    def _reset(self) -> None:
        self.wakes = 0
        for connection in list(self.held.values()):
            # RST instead of FIN.
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.drop(connection)

    def stop(self) -> None:
        self.is_running = False


def main() -> None:
    parser = argparse.ArgumentParser(description="Hold polls for the benchmarks.")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options.cert, options.key)
    server = Server(tls)
    ports = {
        "plain": server.listen(server.serve),
        "tls": server.listen(server.serve_tls),
        "control": server.listen(server.control),
    }
    # The starter closes it when it ends, however it ends.
    server.watch(sys.stdin.fileno(), lambda: None if os.read(0, 4096) else server.stop())
    print(json.dumps(ports), flush=True)
    server.run()


if __name__ == "__main__":
    main()
