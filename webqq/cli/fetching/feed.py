"""The URLs of a run, one after the other, read no further ahead than they are asked for."""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from stat import S_ISREG

from webqq.cli.fetching.pipes import read_pieces
from webqq.cli.fetching.targets import Line, LineSplitter

__all__ = ["Entry", "Feed", "count_lines"]

Entry = tuple[str | None, int | None]
"""A URL and the number of its line, None where it was an argument. Without a URL the line cannot be read."""


class Feed:
    """``urls``, then the lines of each of ``files``, ``-`` for standard input. Many tasks may ask at once."""

    def __init__(self, urls: Sequence[str], files: Sequence[str]) -> None:
        self._entries = _entries(urls, files)
        self._lock = asyncio.Lock()

    async def next(self) -> Entry | None:
        """The next one; None: there are no more. Raises ``OSError`` where a file cannot be read."""
        async with self._lock:
            return await anext(self._entries, None)

    async def aclose(self) -> None:
        """Close the file that is open."""
        async with self._lock, aclosing(self._entries):
            pass


async def _entries(urls: Sequence[str], files: Sequence[str]) -> AsyncGenerator[Entry, None]:
    for url in urls:
        yield url, None
    for file in files:
        async with aclosing(_lines(file)) as lines:
            async for line in lines:
                yield line.text, line.number


async def _lines(file: str) -> AsyncGenerator[Line, None]:
    fd = 0 if file == "-" else os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    splitter = LineSplitter()
    try:
        async for piece in read_pieces(fd):
            for line in splitter.feed(piece):
                yield line
        for line in splitter.end():
            yield line
    finally:
        if fd:
            os.close(fd)


def count_lines(files: Iterable[str]) -> int | None:
    """How many URLs stand in ``files``; None where one can be read but once, or not at all."""
    count = 0
    for file in files:
        try:
            if file == "-" or not S_ISREG(os.stat(file).st_mode):
                return None
            with open(file, "rb") as lines:
                count += sum(1 for line in lines if (text := line.strip()) and not text.startswith(b"#"))
        except OSError:
            return None
    return count
