"""Lines that stay, and a bar below them."""

import asyncio
import io
import logging

import pytest

from webqq.cli.fetching.bar import Progress
from webqq.cli.fetching.screen import Screen


class Terminal(io.StringIO):
    encoding = "utf-8"


def screen(*, has_bar: bool) -> tuple[Screen, Terminal]:
    terminal = Terminal()
    return Screen(terminal, Progress(0.0, total=2, done=1), has_bar=has_bar, clock=lambda: 1.0), terminal


def test_line_takes_the_place_of_the_bar() -> None:
    shown, terminal = screen(has_bar=True)
    shown.tell("first")
    shown.paint()
    shown.tell("second")
    shown.tell("third")
    first, bar = terminal.getvalue().split("\r\x1b[K")[:2]
    assert first == "first\n"
    assert "1/2" in bar
    assert terminal.getvalue().endswith("\r\x1b[Ksecond\nthird\n")


def test_log_can_be_written_to_it() -> None:
    shown, terminal = screen(has_bar=True)
    shown.paint()
    logging.StreamHandler(shown).handle(logging.makeLogRecord({"msg": "told"}))
    assert terminal.getvalue().endswith("\r\x1b[Ktold\n")


def test_bar_is_painted_until_it_is_cancelled_and_then_taken_away() -> None:
    shown, terminal = screen(has_bar=True)

    async def paint() -> None:
        task = asyncio.ensure_future(shown.keep_painting())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(paint())
    assert "1/2" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_without_a_bar_nothing_is_painted() -> None:
    shown, terminal = screen(has_bar=False)
    asyncio.run(shown.keep_painting())
    assert terminal.getvalue() == ""
