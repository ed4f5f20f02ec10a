"""A loop that has nothing to do with asyncio, and no more than the engine asks of an ``IOLoop``."""

import heapq
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from tornado.ioloop import IOLoop

__all__ = ["SelectorLoop"]


class SelectorLoop:
    """Runs callbacks, timeouts and handlers of sockets until :meth:`stop`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._handlers: dict[int, Callable[[int, int], object]] = {}
        self._callbacks: deque[Callable[[], object]] = deque()
        self._timeouts: list[tuple[float, int, list[Callable[[], object]]]] = []
        self._numbers = count()
        self._waked, self._waker = socket.socketpair()
        self._is_running = False
        self.add_handler(self._waked.fileno(), lambda fd, events: self._waked.recv(1), IOLoop.READ)

    def time(self) -> float:
        return time.time()

    def add_handler(self, fd: int, handler: Callable[[int, int], object], events: int) -> None:
        if fd in self._handlers:
            raise ValueError(f"fd {fd} has a handler")
        self._handlers[fd] = handler
        self.update_handler(fd, events)

    def update_handler(self, fd: int, events: int) -> None:
        handler = self._handlers[fd]
        if fd in self._selector.get_map():
            self._selector.unregister(fd)
        if mask := _mask(events):  # a selector takes no empty one
            self._selector.register(fd, mask, handler)

    def remove_handler(self, fd: int) -> None:
        self.update_handler(fd, 0)
        del self._handlers[fd]

    def add_callback(self, callback: Callable[..., object], *args: Any) -> None:
        """From any thread."""
        self._callbacks.append(partial(callback, *args))
        self._waker.send(b"x")

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> object:
        timeout = [partial(callback, *args)]
        heapq.heappush(self._timeouts, (when, next(self._numbers), timeout))
        return timeout

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> object:
        return self.call_at(self.time() + delay, callback, *args)

    def remove_timeout(self, timeout: Any) -> None:
        timeout.clear()

    def start(self) -> None:
        self._is_running = True
        while self._is_running:
            self._turn()

    def stop(self) -> None:
        self._is_running = False

    def close(self) -> None:
        self._selector.close()
        self._waked.close()
        self._waker.close()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is registered but the loop's own."""
        return len(self._handlers) == 1 and not any(timeout for _, _, timeout in self._timeouts)

    def _turn(self) -> None:
        for _ in range(len(self._callbacks)):
            self._callbacks.popleft()()
        due = max(0.0, self._timeouts[0][0] - self.time()) if self._timeouts else None
        for key, events in self._selector.select(0 if self._callbacks else due):
            # A handler may have removed the next one.
            if self._handlers.get(key.fd) is key.data:
                key.data(key.fd, _events(events))
        while self._timeouts and self._timeouts[0][0] <= self.time():
            for callback in heapq.heappop(self._timeouts)[2]:
                callback()


def _mask(events: int) -> int:
    return (selectors.EVENT_READ if events & IOLoop.READ else 0) | (
        selectors.EVENT_WRITE if events & IOLoop.WRITE else 0
    )


def _events(mask: int) -> int:
    return (IOLoop.READ if mask & selectors.EVENT_READ else 0) | (IOLoop.WRITE if mask & selectors.EVENT_WRITE else 0)
