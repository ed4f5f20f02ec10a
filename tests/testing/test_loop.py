"""The IOLoop with a virtual clock."""

import asyncio
import threading
from typing import Any

import mock
import pytest
from tornado.ioloop import IOLoop

from webqq.testing import EOF, WOULD_BLOCK, FakeIOLoop, FakeSocket, Stuck


@pytest.fixture
def loop() -> Any:
    with FakeIOLoop() as loop:
        yield loop


def test_clock_begins_at_zero_and_moves_only_when_told(loop: FakeIOLoop) -> None:
    assert loop.time() == 0
    loop.settle()
    assert loop.time() == 0
    loop.advance(2.5)
    assert loop.time() == 2.5


def test_timers_run_in_order_at_their_own_time(loop: FakeIOLoop) -> None:
    ran: list[tuple[str, float]] = []
    for name, delay in (("c", 30), ("a", 10), ("b", 20)):
        loop.call_later(delay, lambda name=name: ran.append((name, loop.time())))
    loop.advance(20)
    assert ran == [("a", 10), ("b", 20)]
    loop.advance(9)
    assert len(ran) == 2
    loop.advance(1)
    assert ran[-1] == ("c", 30)


def test_timer_set_by_a_timer_runs_within_the_same_advance(loop: FakeIOLoop) -> None:
    ran: list[float] = []

    def tick() -> None:
        ran.append(loop.time())
        loop.call_later(60, tick)

    tick()
    loop.advance(180)
    assert ran == [0, 60, 120, 180]


def test_removed_timer_does_not_run(loop: FakeIOLoop) -> None:
    callback = mock.Mock()
    loop.remove_timeout(loop.call_later(1, callback))
    loop.advance(10)
    callback.assert_not_called()


def test_run_jumps_over_what_a_coroutine_sleeps(loop: FakeIOLoop) -> None:
    async def work() -> str:
        await asyncio.sleep(3600)
        return "done"

    assert loop.run(work()) == "done"
    assert loop.time() == 3600


def test_run_raises_what_the_coroutine_raises(loop: FakeIOLoop) -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        loop.run(fail())


def test_it_is_the_current_ioloop_for_what_runs_on_it(loop: FakeIOLoop) -> None:
    async def current() -> IOLoop:
        return IOLoop.current()

    assert loop.run(current()) is loop


def test_waiting_for_nothing_is_stuck(loop: FakeIOLoop) -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with mock.patch("webqq.testing.loop.THREAD_WAIT", 0), pytest.raises(Stuck, match="waits for ever"):
        loop.run(wait())


def test_other_threads_may_wake_the_loop(loop: FakeIOLoop) -> None:
    async def wait() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        thread = threading.Thread(target=loop.add_callback, args=(future.set_result, "from a thread"))
        thread.start()
        result = await future
        thread.join()
        return result

    assert loop.run(wait()) == "from a thread"


def test_handlers_of_virtual_sockets_hear_of_what_is_ready(loop: FakeIOLoop) -> None:
    sock = FakeSocket(5, is_connecting=True)
    loop.add_socket(5, sock)
    heard: list[int] = []
    loop.add_handler(5, lambda fd, events: (heard.append(events), loop.update_handler(5, IOLoop.READ)), IOLoop.WRITE)
    loop.settle()
    assert heard == []
    sock.finish_connect()
    loop.settle()
    assert heard == [IOLoop.WRITE]
    sock.deliver(b"x")
    loop.add_callback(loop.add_callback, loop.remove_handler, 5)
    loop.settle()
    assert IOLoop.READ in heard
    count = len(heard)
    sock.deliver(EOF)
    loop.settle()
    assert len(heard) == count, "the handler was removed"


def test_handler_twice_for_one_socket_is_an_error(loop: FakeIOLoop) -> None:
    loop.add_socket(5, FakeSocket(5))
    loop.add_handler(5, mock.Mock(), IOLoop.READ)
    with pytest.raises(ValueError, match="added twice"):
        loop.add_handler(5, mock.Mock(), IOLoop.READ)


def test_two_loops_in_turn_do_not_disturb_each_other() -> None:
    with FakeIOLoop() as first:
        first.advance(5)
    with FakeIOLoop() as second:
        assert second.time() == 0


def test_close_cancels_what_still_runs() -> None:
    ended = mock.Mock()

    async def work() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended()

    with FakeIOLoop() as loop:
        loop.spawn_callback(work)
        loop.settle()
    ended.assert_called_once_with()


def test_would_block_is_a_wakeup_for_nothing(loop: FakeIOLoop) -> None:
    sock = FakeSocket(5, [WOULD_BLOCK])
    assert sock.is_readable
    with pytest.raises(BlockingIOError):
        sock.recv(10)
    assert not sock.is_readable
