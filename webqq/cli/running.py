"""A coroutine as a process: run until it ends, or until somebody asks it to stop."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["collect_rarely", "run_stoppable"]

T = TypeVar("T")


def run_stoppable(work: Callable[[asyncio.Event], Awaitable[T]]) -> T:
    """Run ``work(stop)`` to its end. SIGTERM and SIGINT set ``stop``; a second one ends the process at once."""

    async def main() -> T:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def ask_to_stop() -> None:
            stop.set()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ask_to_stop)
        return await work(stop)

    return asyncio.run(main())


def collect_rarely() -> None:
    """Have Python look for objects in circles more rarely in this process.

    A poll that is held looks to it like one more object that lives for ever, so with 10,000 of them it went through all
    that there is several times a minute, and each time nobody was answered for 0.8 s. Nothing here makes such circles
    but exceptions.
    """
    gc.set_threshold(10_000, 20, 100)
