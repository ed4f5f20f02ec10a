"""The time by which deadlines pass."""

import asyncio
from typing import Any

import mock
from tornado.ioloop import IOLoop

from webqq.httpstream.clock import clock_of
from webqq.testing import FakeIOLoop


def test_clock_of_an_asyncio_loop_does_not_follow_the_date() -> None:
    async def times() -> tuple[float, float, float]:
        ioloop = IOLoop.current()
        with mock.patch.object(ioloop, "time", return_value=1e12):
            return asyncio.get_running_loop().time(), clock_of(ioloop).now(), asyncio.get_running_loop().time()

    before, now, after = asyncio.run(times())
    assert before <= now <= after


def test_timers_run_on_the_same_scale_and_can_be_cancelled() -> None:
    with FakeIOLoop() as loop:
        clock = clock_of(loop)
        loop.advance(5)
        kept, cancelled = mock.Mock(), mock.Mock()
        clock.call_at(clock.now() + 10, kept)
        clock.cancel(clock.call_at(clock.now() + 10, cancelled))
        loop.advance(9)
        kept.assert_not_called()
        loop.advance(1)
        kept.assert_called_once_with()
        cancelled.assert_not_called()


def test_any_other_loop_is_asked_itself() -> None:
    ioloop = mock.Mock()
    ioloop.time.return_value = 7
    clock, callback = clock_of(ioloop), mock.Mock()
    assert clock.now() == 7.0
    handle: Any = clock.call_at(9.0, callback)
    ioloop.call_at.assert_called_once_with(9.0, callback)
    clock.cancel(handle)
    ioloop.remove_timeout.assert_called_once_with(handle)


def test_mock_without_a_time_stands_still() -> None:
    assert clock_of(mock.Mock()).now() == 0.0


def test_loop_without_call_at_is_asked_by_call_later() -> None:
    ioloop = mock.Mock(spec=["time", "call_later"])
    ioloop.time.return_value = 100
    callback = mock.Mock()
    clock_of(ioloop).call_at(130, callback)
    ioloop.call_later.assert_called_once_with(30, callback)
