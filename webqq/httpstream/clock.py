"""The time by which deadlines pass, and the timer that wakes the stream."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

from tornado.ioloop import IOLoop

__all__ = ["Clock", "clock_of"]


class Clock(Protocol):
    """Seconds from any fixed point, and one-shot timers on the same scale."""

    def now(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], None]) -> Any: ...

    def cancel(self, handle: Any) -> None: ...

    call_soon: Callable[[Callable[[], None]], Any] | None
    """Calls in the next turn of the loop; None where there may be no such thing."""


class _AsyncioClock:
    """The clock of an asyncio loop: unlike ``IOLoop.time`` it does not jump when somebody sets the date."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # The wrapper around the same call costs as much as the call itself.
        own = type(loop).time is asyncio.BaseEventLoop.time
        self.now: Callable[[], float] = time.monotonic if own else loop.time
        self.call_at = loop.call_at
        self.call_soon: Callable[[Callable[[], None]], object] | None = loop.call_soon

    def cancel(self, handle: asyncio.TimerHandle) -> None:
        handle.cancel()


class _IOLoopClock:
    """The clock of any other IOLoop. One that is a mock may have no time: then it is 0, and nothing falls due."""

    # A mock takes callbacks and calls none of them.
    call_soon: Callable[[Callable[[], None]], object] | None = None

    def __init__(self, ioloop: IOLoop) -> None:
        self._ioloop = ioloop

    def now(self) -> float:
        try:
            return float(self._ioloop.time())
        except TypeError:
            return 0.0

    def call_at(self, when: float, callback: Callable[[], None]) -> object:
        call_at = getattr(self._ioloop, "call_at", None)
        return self._ioloop.call_later(when - self.now(), callback) if call_at is None else call_at(when, callback)

    def cancel(self, handle: object) -> None:
        self._ioloop.remove_timeout(handle)


def clock_of(ioloop: IOLoop) -> Clock:
    """The best clock that ``ioloop`` has."""
    loop = getattr(ioloop, "asyncio_loop", None)
    return _AsyncioClock(loop) if isinstance(loop, asyncio.AbstractEventLoop) else _IOLoopClock(ioloop)
