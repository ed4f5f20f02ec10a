"""What Python can do at all: ``epoll``, one ``send`` and one ``recv`` a request, and nothing understood of the answer.

It takes an answer for whole when one ``recv`` brought it, so it does small ones over plain TCP alone.
"""

import socket
from collections.abc import Callable
from select import EPOLLIN, epoll
from time import monotonic
from urllib.parse import urlsplit

from benchmarks.clients.harness import Client, main


class Limit(Client):
    def __init__(self) -> None:
        self.epoll = epoll()
        self.idle: dict[str, list[socket.socket]] = {}
        self.polling: dict[int, tuple[socket.socket, bytes, Callable[[bytes], None]]] = {}

    def connect(self, url: str) -> tuple[socket.socket, bytes]:
        parts = urlsplit(url)
        if parts.scheme != "http":
            raise NotImplementedError("this client has no TLS")
        idle = self.idle.setdefault(parts.netloc, [])
        sock = idle.pop() if idle else socket.create_connection((parts.hostname, parts.port))
        return sock, f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    def requests(self, url: str, count: int, concurrency: int) -> None:
        with epoll() as poller:
            sockets = {}
            for _ in range(min(count, concurrency)):
                sock, request = self.connect(url)
                sockets[sock.fileno()] = sock
                poller.register(sock, EPOLLIN)
                sock.send(request)
            to_start, to_end = count - len(sockets), count
            while to_end:
                for fd, _ in poller.poll():
                    if not sockets[fd].recv(65536):
                        raise ConnectionError("closed")
                    to_end -= 1
                    if to_start:
                        to_start -= 1
                        sockets[fd].send(request)
        self.idle[urlsplit(url).netloc] += sockets.values()

    def poll(self, url: str, count: int, on_answer: Callable[[bytes], None]) -> None:
        for _ in range(count):
            sock, request = self.connect(url)
            self.polling[sock.fileno()] = sock, request, on_answer
            self.epoll.register(sock, EPOLLIN)
            sock.send(request)

    def run(self, seconds: float) -> None:
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            for fd, _ in self.epoll.poll(left):
                sock, request, on_answer = self.polling[fd]
                on_answer(sock.recv(65536).rpartition(b"\r\n")[2])
                sock.send(request)


if __name__ == "__main__":
    main({"": Limit})
