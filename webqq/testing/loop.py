"""A Tornado ``IOLoop`` with a virtual clock and virtual sockets.

It is a real IOLoop on a real asyncio loop: futures, coroutines, ``asyncio.sleep`` and ``call_later`` all work. Only
the waiting is not real. Where the loop would sleep until its next timer, the clock jumps there instead.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Mapping
from math import inf
from types import TracebackType
from typing import Any, Protocol, TypeVar

from tornado.platform.asyncio import BaseAsyncIOLoop

__all__ = ["FakeIOLoop", "Pollable", "Stuck"]

T = TypeVar("T")

THREAD_WAIT = 5.0
"""Real seconds to wait for another thread when nothing else can wake the loop, before that counts as stuck."""


class Stuck(RuntimeError):
    """The loop waits for something that cannot happen any more: no timer, no socket, no thread will wake it."""


class Pollable(Protocol):
    """A virtual socket: the loop asks it instead of the operating system."""

    @property
    def is_readable(self) -> bool: ...

    @property
    def is_writable(self) -> bool: ...


class _VirtualSelector(selectors.BaseSelector):
    """Answers for virtual sockets itself, and asks a real selector for the rest (asyncio's own wake-up pipe)."""

    def __init__(self, loop: "_VirtualLoop") -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if fileobj not in self._loop.sockets:
            return self._real.register(fileobj, events, data)
        if fileobj in self._keys:
            raise KeyError(f"{fileobj!r} is already registered")
        key = self._keys[fileobj] = selectors.SelectorKey(fileobj, fileobj, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj, None) or self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if fileobj not in self._keys:
            return self._real.modify(fileobj, events, data)
        key = self._keys[fileobj] = selectors.SelectorKey(fileobj, fileobj, events, data)
        return key

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._ready() + self._real.select(0)
        if not ready and timeout != 0 and not self._loop.skip(timeout):
            ready = self._real.select(THREAD_WAIT) or self._ready()
            if not ready:
                raise Stuck("the loop waits for ever: no timer is set and no socket has anything to say")
        return ready

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {**self._real.get_map(), **self._keys}

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.get(fileobj) or self._real.get_key(fileobj)

    def close(self) -> None:
        self._real.close()
        self._keys.clear()

    def _ready(self) -> list[tuple[selectors.SelectorKey, int]]:
        ready = []
        for fd, key in self._keys.items():
            sock = self._loop.sockets[fd]
            events = (selectors.EVENT_READ if sock.is_readable else 0) | (
                selectors.EVENT_WRITE if sock.is_writable else 0
            )
            if events & key.events:
                ready.append((key, events & key.events))
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time is a number."""

    def __init__(self) -> None:
        self.sockets: dict[int, Pollable] = {}
        self._now = 0.0
        self._until: float | None = None
        super().__init__(_VirtualSelector(self))

    def time(self) -> float:
        return self._now

    def skip(self, timeout: float | None) -> bool:
        """Jump over ``timeout`` idle seconds, or to the end of :meth:`run_until`; False where there is no end."""
        due = inf if timeout is None else self._now + timeout
        if self._until is not None and due > self._until:
            self._now = self._until
            self.stop()
            return True
        if due == inf:
            return False
        self._now = due
        return True

    def run_until(self, when: float) -> None:
        self._until = when
        try:
            self.run_forever()
        finally:
            self._until = None


class FakeIOLoop(BaseAsyncIOLoop):
    """An IOLoop for tests. Its clock begins at 0 and shows seconds.

    :meth:`run` runs a coroutine to its end, however much virtual time that takes; :meth:`advance` lets a given
    time pass; :meth:`settle` does all that can be done without any. Close it, or use it in a ``with`` statement.
    """

    def initialize(self, **kwargs: Any) -> None:  # type: ignore[override]  # it brings its own asyncio loop
        self._virtual = _VirtualLoop()
        super().initialize(self._virtual, make_current=False, **kwargs)

    def time(self) -> float:
        return self._virtual.time()

    def add_socket(self, fd: int, sock: Pollable) -> None:
        """Ask ``sock`` when the handler of ``fd`` wants to know what is ready."""
        self._virtual.sockets[fd] = sock

    def run(self, awaitable: Awaitable[T]) -> T:
        """The result of ``awaitable``. Raises :class:`Stuck` where it waits for what cannot happen."""

        async def wait() -> T:
            return await awaitable

        return self._virtual.run_until_complete(wait())

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass and run all that falls due meanwhile, in order."""
        self._virtual.run_until(self._virtual.time() + seconds)

    def settle(self) -> None:
        """Run all that is ready, without letting time pass."""
        self.advance(0)

    def close(self, all_fds: bool = False) -> None:
        virtual = self._virtual
        for task in asyncio.all_tasks(virtual):
            task.cancel()
        if not virtual.is_closed():
            self.settle()
            virtual.run_until_complete(virtual.shutdown_asyncgens())
        super().close(all_fds)

    def __enter__(self) -> "FakeIOLoop":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
