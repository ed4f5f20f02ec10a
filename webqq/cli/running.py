"""A coroutine as a process: run until it ends, or until somebody asks it to stop; and what its errors name."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from webqq.client import Unreachable

__all__ = ["GatewayAway", "naming_gateway", "run_stoppable"]

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


class GatewayAway(Unreachable):
    """The gateway at an address does not answer, or what answers there is no gateway."""


@contextmanager
def naming_gateway(url: str) -> Iterator[None]:
    """Name the gateway in the error, where it does not answer."""
    try:
        yield
    except Unreachable as error:
        raise GatewayAway(f"the gateway {url} does not answer: {error}") from error
