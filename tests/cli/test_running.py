"""A coroutine as a process: signals ask it to stop."""

import asyncio
import gc
import os
import signal

import pytest

from webqq.cli.running import collect_rarely, run_stoppable


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_sets_stop_and_the_result_is_given(number: signal.Signals) -> None:
    async def work(stop: asyncio.Event) -> str:
        os.kill(os.getpid(), number)
        await stop.wait()
        return "ended well"

    assert run_stoppable(work) == "ended well"


def test_second_signal_is_not_caught_any_more() -> None:
    async def work(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await stop.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        run_stoppable(work)


def test_collector_looks_more_rarely() -> None:
    before = gc.get_threshold()
    try:
        collect_rarely()
        assert all(after > each for after, each in zip(gc.get_threshold(), before, strict=True))
    finally:
        gc.set_threshold(*before)
