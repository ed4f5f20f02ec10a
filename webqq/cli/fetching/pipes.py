"""Files, pipes and terminals by their numbers, without holding the loop up."""

import asyncio
import os
import select
from collections.abc import AsyncIterator, Callable

__all__ = ["PIECE_SIZE", "read_pieces", "write_all"]

PIECE_SIZE = 64 * 1024
"""Bytes that are read at once."""


async def read_pieces(fd: int) -> AsyncIterator[bytes]:
    """What can be read from ``fd``, in pieces as they come, until its end. Raises ``OSError``."""
    while True:
        await _ready(fd, asyncio.get_running_loop().add_reader, asyncio.get_running_loop().remove_reader)
        piece = os.read(fd, PIECE_SIZE)
        if not piece:
            return
        yield piece


async def write_all(fd: int, data: bytes) -> None:
    """Write ``data`` to ``fd``; who reads there slowly holds up the caller, and nobody else. Raises ``OSError``."""
    view = memoryview(data)
    while view:
        if not _can_write(fd):
            await _ready(fd, asyncio.get_running_loop().add_writer, asyncio.get_running_loop().remove_writer)
        # What says it can be written takes that much without blocking (POSIX, write()), and maybe no more.
        view = view[os.write(fd, view[: select.PIPE_BUF]) :]


def _can_write(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(0))


async def _ready(fd: int, add: Callable[..., None], remove: Callable[[int], bool]) -> None:
    ready = asyncio.get_running_loop().create_future()
    try:
        add(fd, _set, ready)
    except PermissionError:
        # A file on a disk is always ready, and epoll will not watch it.
        return
    try:
        await ready
    finally:
        remove(fd)


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
