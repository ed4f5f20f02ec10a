"""Bare libcurl: its multi interface with a select loop of our own and no event loop around it."""

import os
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from select import EPOLLIN, EPOLLOUT, epoll
from time import monotonic
from typing import Any

import pycurl

from benchmarks.clients.harness import Client, main

WRITE_PIECE = 262144


class Pycurl(Client):
    """libcurl's sockets on an ``epoll`` of ours, as its documentation advises for many of them."""

    def __init__(self) -> None:
        self.epoll = epoll()
        self.registered: set[int] = set()
        self.timeout = -1
        self.on_done: dict[Any, Callable[[Any], bool]] = {}
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self.multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timeout)
        # Its cache of connections: one smaller than the number in use closes them after each request.
        self.multi.setopt(pycurl.M_MAXCONNECTS, 10_000)

    def handle(self, url: str) -> Any:
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.NOSIGNAL, 1)
        authority = os.environ.get("SSL_CERT_FILE")
        if authority:
            handle.setopt(pycurl.CAINFO, authority)
        return handle

    def _watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            if fd in self.registered:
                self.registered.discard(fd)
                # libcurl may have closed it already, and the kernel forgotten it.
                with suppress(OSError):
                    self.epoll.unregister(fd)
            return
        events = (EPOLLIN if what & pycurl.POLL_IN else 0) | (EPOLLOUT if what & pycurl.POLL_OUT else 0)
        if fd in self.registered:
            self.epoll.modify(fd, events)
        else:
            self.registered.add(fd)
            self.epoll.register(fd, events)

    def _set_timeout(self, timeout_ms: int) -> None:
        self.timeout = timeout_ms

    def begin(self, handle: Any, on_done: Callable[[Any], bool]) -> None:
        """``on_done(handle)`` tells whether the handle goes again."""
        self.on_done[handle] = on_done
        self.multi.add_handle(handle)

    def turn(self, longest: float) -> None:
        """One wait, and what came of it."""
        wait = longest if self.timeout < 0 else min(longest, self.timeout / 1000)
        events = self.epoll.poll(wait)
        action = self.multi.socket_action
        if not events:
            action(pycurl.SOCKET_TIMEOUT, 0)
        for fd, event in events:
            mask = pycurl.CSELECT_IN if event & ~EPOLLOUT else 0
            action(fd, mask | (pycurl.CSELECT_OUT if event & ~EPOLLIN else 0))
        self._reap()

    def _reap(self) -> None:
        left = 1
        while left:
            left, done, failed = self.multi.info_read()
            for _, code, message in failed:
                raise RuntimeError(f"libcurl: {code} {message}")
            for handle in done:
                self.multi.remove_handle(handle)
                if self.on_done[handle](handle):
                    self.multi.add_handle(handle)

    def requests(self, url: str, count: int, concurrency: int) -> None:
        to_start, to_end = count - min(count, concurrency), count

        def done(handle: Any) -> bool:
            nonlocal to_start, to_end
            to_end -= 1
            handle.buffer.getvalue()
            if not to_start:
                return False
            to_start -= 1
            handle.buffer = BytesIO()
            handle.setopt(pycurl.WRITEDATA, handle.buffer)
            return True

        for _ in range(min(count, concurrency)):
            handle = self.handle(url)
            handle.buffer = BytesIO()
            handle.setopt(pycurl.WRITEDATA, handle.buffer)
            self.begin(handle, done)
        while to_end:
            self.turn(1.0)

    def download(self, url: str, path: Path) -> None:
        under_way = True

        def done(_: Any) -> bool:
            nonlocal under_way
            under_way = False
            return False

        with path.open("wb") as file:
            handle = self.handle(url)
            handle.setopt(pycurl.BUFFERSIZE, WRITE_PIECE)
            handle.setopt(pycurl.WRITEFUNCTION, file.write)
            self.begin(handle, done)
            while under_way:
                self.turn(1.0)

    def poll(self, url: str, count: int, on_answer: Callable[[bytes], None]) -> None:
        def done(handle: Any) -> bool:
            on_answer(handle.buffer.getvalue())
            handle.buffer = BytesIO()
            handle.setopt(pycurl.WRITEDATA, handle.buffer)
            return True

        for _ in range(count):
            handle = self.handle(url)
            handle.buffer = BytesIO()
            handle.setopt(pycurl.WRITEDATA, handle.buffer)
            self.begin(handle, done)

    def run(self, seconds: float) -> None:
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            self.turn(left)


if __name__ == "__main__":
    main({"": Pycurl})
