"""Whoever holds the loop is named, and nobody else."""

import asyncio
import logging
import re
import threading
from collections.abc import Iterator

import pytest

from tests.bot.running import Running
from tests.client.service import Service, friend_message
from webqq.bot import Bot, Message
from webqq.bot.watchdog import Watchdog

GUARD = 30.0


class Alarm(logging.Handler):
    """Lets go of whoever waits for it, once something with ``word`` in it is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.rang = threading.Event()
        self.word = self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        # A machine that has other things to do holds the loop, too.
        if self.word in record.getMessage():
            self.said = record.getMessage()
            self.rang.set()

    def hold(self) -> None:
        """Hold this thread until the alarm rings."""
        assert self.rang.wait(GUARD), "nobody noticed"


@pytest.fixture
def alarm() -> Iterator[Alarm]:
    alarm = Alarm()
    logging.getLogger("webqq.bot").addHandler(alarm)
    yield alarm
    logging.getLogger("webqq.bot").removeHandler(alarm)


def watchdogs() -> set[threading.Thread]:
    """The threads of this kind; those of tests before may be among them, about to end."""
    return {thread for thread in threading.enumerate() if thread.name == "webqq-watchdog"}


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_handler_that_holds_the_loop_is_named_with_its_line(
    service: Service, alarm: Alarm, caplog: pytest.LogCaptureFixture, is_coroutine: bool
):
    alarm.word = "plugin tests.bot.test_watchdog, slow"

    def slow(message: Message) -> None:
        alarm.hold()

    async def slowly(message: Message) -> None:
        await asyncio.sleep(0)
        alarm.hold()

    running = Running(service, lambda bot: bot.on_message(slowly if is_coroutine else slow), block_limit=0.05).start()
    service.answer_poll([friend_message("一")])
    service.loop.settle()
    assert alarm.rang.is_set()
    running.end()
    name = r"plugin tests.bot.test_watchdog, slow(ly)?"
    assert re.search(rf"^{name} holds the loop for more than 0.05 s, ", alarm.said)
    assert re.search(r'test_watchdog.py", line \d+, in slow', alarm.said)


def test_what_is_no_handler_is_told_as_that(alarm: Alarm, expect_log):
    expect_log("webqq.bot", "no handler holds the loop")

    async def main() -> None:
        watchdog = Watchdog(0.05)
        watchdog.start()
        alarm.hold()
        watchdog.stop()

    asyncio.run(main())


def test_thread_ends_with_the_bot_and_there_is_none_without_a_limit(service: Service, caplog: pytest.LogCaptureFixture):
    before = watchdogs()
    without = Running(service, block_limit=None).start()
    assert watchdogs() <= before
    without.end()
    seen: set[threading.Thread] = set()

    def note(message: Message) -> None:
        seen.update(watchdogs() - before)

    running = Running(service, lambda bot: bot.on_message(note), block_limit=0.01).start()
    service.answer_poll([friend_message("一")])
    service.loop.settle()
    running.end()
    [thread] = seen
    thread.join(GUARD)
    assert not thread.is_alive()


@pytest.mark.parametrize("limit", [0, -1.0])
def test_limit_that_makes_no_sense_is_refused(service: Service, limit: float):
    with pytest.raises(ValueError, match="block_limit must be more than 0 seconds"):
        Bot(service.client(), block_limit=limit)
