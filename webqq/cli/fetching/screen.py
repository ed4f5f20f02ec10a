"""Standard error while a run is under way: lines that stay, and below them the bar where it is a terminal."""

import asyncio
import shutil
from collections.abc import Callable
from time import monotonic
from typing import TextIO

from webqq.cli.fetching.bar import Progress, render

__all__ = ["INTERVAL", "Screen"]

INTERVAL = 0.1
"""Seconds between two pictures of the bar."""

_CLEAR = "\r\x1b[K"


class Screen:
    """``has_bar``: show ``progress`` as a bar. It can be written to as a file, for a log."""

    def __init__(
        self, file: TextIO, progress: Progress, *, has_bar: bool, clock: Callable[[], float] = monotonic
    ) -> None:
        self._file = file
        self.progress = progress
        self.has_bar = has_bar
        self._clock = clock
        self._is_shown = False
        self._blocks = (file.encoding or "").lower().replace("-", "") == "utf8"

    def tell(self, line: str) -> None:
        """A line that stays."""
        self.write(line + "\n")
        self.flush()

    def write(self, text: str) -> int:
        """Text that stays; it should end with a line's end."""
        self._file.write((_CLEAR if self._is_shown else "") + text)
        self._is_shown = False
        return len(text)

    def flush(self) -> None:
        self._file.flush()

    def paint(self) -> None:
        """Show the bar as things stand now."""
        width = shutil.get_terminal_size().columns
        self._file.write(_CLEAR + render(self.progress, self._clock(), width, blocks=self._blocks))
        self._file.flush()
        self._is_shown = True

    def clear(self) -> None:
        """Take the bar away."""
        self.write("")
        self.flush()

    async def keep_painting(self) -> None:
        """Until it is cancelled; does nothing where there is to be no bar."""
        if not self.has_bar:
            return
        try:
            while True:
                self.paint()
                await asyncio.sleep(INTERVAL)
        finally:
            # With what the terminal itself may have put there, such as ^C.
            self._is_shown = True
            self.clear()
