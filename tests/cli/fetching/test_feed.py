"""URLs one after another."""

import asyncio
import os
from pathlib import Path

import pytest

from webqq.cli.fetching.feed import Entry, Feed, count_lines


async def read(feed: Feed) -> list[Entry]:
    entries = []
    while (entry := await feed.next()) is not None:
        entries.append(entry)
    await feed.aclose()
    return entries


def test_arguments_go_before_files_whose_lines_have_numbers(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_bytes(b"# those of a\nhttp://a/\n\xff\nhttp://b/")

    async def work() -> list[Entry]:
        return await read(Feed(["http://c/"], [str(file), str(file)]))

    lines: list[Entry] = [("http://a/", 2), (None, 3), ("http://b/", 4)]
    assert asyncio.run(work()) == [("http://c/", None), *lines, *lines]


def test_lines_of_a_pipe_are_there_before_its_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()

    async def work() -> None:
        feed = Feed([], [f"/dev/fd/{reading}"])
        os.write(writing, b"http://a/\nhttp://b")
        assert await feed.next() == ("http://a/", 1)
        first, second = asyncio.ensure_future(feed.next()), asyncio.ensure_future(feed.next())
        await asyncio.sleep(0)
        os.write(writing, b"/\n")
        os.close(writing)
        assert await first == ("http://b/", 2)
        assert await second is None
        await feed.aclose()

    asyncio.run(work())
    os.close(reading)


def test_no_more_is_read_of_a_file_than_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_bytes(b"http://a/\n" * 100_000)

    async def work() -> None:
        feed = Feed([], [str(file), "nosuch"])
        assert await feed.next() == ("http://a/", 1)
        # The rest, and the file that is not there, are nobody's concern.
        await feed.aclose()

    asyncio.run(work())


def test_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    async def work() -> None:
        await Feed([], [str(tmp_path / "nosuch")]).next()

    with pytest.raises(FileNotFoundError):
        asyncio.run(work())


def test_lines_are_counted_where_that_is_possible(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_bytes(b"http://a/\n\n # x\nhttp://b/")
    os.mkfifo(tmp_path / "pipe")
    assert count_lines([]) == 0
    assert count_lines([str(file), str(file)]) == 4
    assert count_lines([str(file), "-"]) is None
    assert count_lines([str(tmp_path / "pipe")]) is None
    assert count_lines([str(tmp_path / "nosuch")]) is None
