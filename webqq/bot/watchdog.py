"""Looks from a thread of its own whether the loop goes on, and names whoever holds it.

A loop that is held cannot say so itself: nothing runs on it, no timer and no timeout.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Watchdog"]

logger = logging.getLogger("webqq.bot")

FRAMES = 10
"""Innermost calls that are told of whoever holds the loop; what he called may be deep in a library."""


class Watchdog:
    """Watches one loop.

    :param limit: seconds within which the loop must answer. Who holds it is named after one to two times as many.
    """

    def __init__(self, limit: float) -> None:
        if not limit > 0:
            raise ValueError(f"block_limit must be more than 0 seconds, not {limit!r}")
        self._limit = limit
        self._names: dict[asyncio.Task[object], str] = {}
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to watch the running loop, whose thread is this one."""
        self._stopped = threading.Event()
        arguments = (asyncio.get_running_loop(), threading.get_ident(), self._stopped)
        threading.Thread(target=self._watch, args=arguments, name="webqq-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()

    @contextmanager
    def watching(self, name: str) -> Iterator[None]:
        """Name what the current task does inside."""
        task = asyncio.current_task()
        assert task is not None
        self._names[task] = name
        try:
            yield
        finally:
            del self._names[task]

    def _watch(self, loop: asyncio.AbstractEventLoop, thread: int, stopped: threading.Event) -> None:
        """The thread."""
        while not stopped.wait(self._limit):
            answered = threading.Event()
            try:
                loop.call_soon_threadsafe(answered.set)
            except RuntimeError:
                # It was closed.
                return
            if not answered.wait(self._limit) and not stopped.is_set() and loop.is_running():
                self._report(loop, thread)
                while not answered.wait(self._limit) and not stopped.is_set():
                    # Named once; it may go on for long.
                    continue

    def _report(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        task = asyncio.current_task(loop)
        name = self._names.get(task, "no handler") if task is not None else "no handler"
        stack = traceback.extract_stack(sys._current_frames().get(thread))[-FRAMES:]
        where = "".join(traceback.format_list(stack)).rstrip()
        logger.error(
            "%s holds the loop for more than %g s, and nothing else goes on meanwhile. It is at\n%s",
            name,
            self._limit,
            where,
        )
