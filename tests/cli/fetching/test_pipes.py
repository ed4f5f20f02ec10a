"""Reading and writing by number, on a loop."""

import asyncio
import os
from pathlib import Path

import pytest

from webqq.cli.fetching.pipes import read_pieces, write_all


async def read(fd: int) -> bytes:
    return b"".join([piece async for piece in read_pieces(fd)])


def test_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    fd = os.open(path, os.O_RDONLY)
    try:
        assert asyncio.run(read(fd)) == b"x" * 200_000
    finally:
        os.close(fd)


def test_reader_that_is_slow_holds_up_the_writer_alone() -> None:
    reading, writing = os.pipe()

    async def both() -> bytes:
        # More than a pipe holds: it ends only because both go on at once.
        task = asyncio.ensure_future(read(reading))
        await write_all(writing, bytes(300_000))
        os.close(writing)
        return await task

    assert asyncio.run(both()) == bytes(300_000)
    os.close(reading)


def test_waiting_for_a_pipe_can_be_cancelled() -> None:
    reading, writing = os.pipe()

    async def wait() -> None:
        for work in (read(reading), write_all(writing, bytes(300_000))):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(work, 0.01)

    asyncio.run(wait())
    os.close(reading)
    os.close(writing)


def test_nobody_who_reads_is_an_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        asyncio.run(write_all(writing, b"x"))
    os.close(writing)


def test_writing_to_a_file(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    asyncio.run(write_all(fd, bytes(10_000)))
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == bytes(10_000)
