"""A whole run: workers over a feed, until it is empty or somebody interrupts them; then the sum of it."""

import asyncio
import json
import resource
import signal
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from webqq.cli.fetching.feed import Feed
from webqq.cli.fetching.job import Job
from webqq.cli.fetching.loader import Loader
from webqq.cli.fetching.pipes import write_all
from webqq.cli.fetching.results import Result
from webqq.cli.fetching.screen import Screen
from webqq.cli.fetching.summary import Summary
from webqq.cli.fetching.targets import BadTarget, parse_target
from webqq.httpstream import HTTPStream
from webqq.httpstream.wirelog import redact_url

__all__ = ["fetch_all"]

STDOUT = 1
SPARE_FILES = 64
"""Files that a process has open beside two for each worker: its socket and what it writes to."""


async def fetch_all(job: Job, screen: Screen) -> int:
    """Do ``job`` and return the exit code: 0, 1 where a URL failed, 128 and its number where a signal ended it.

    Raises ``OSError`` where a list of URLs cannot be read, or nobody takes what goes to standard output.
    """
    _allow_files(2 * job.concurrency + SPARE_FILES)
    return await _Run(job, screen).run()


class _Run:
    def __init__(self, job: Job, screen: Screen) -> None:
        self._job = job
        self._screen = screen
        self._summary = Summary()
        self._feed = Feed(job.urls, job.files)
        # Lines of different workers must not mix.
        self._printing = asyncio.Lock()

    async def run(self) -> int:
        async with HTTPStream(**self._job.stream_options) as stream, aclosing(self._feed):
            loader = Loader(stream, self._job, self._screen.progress)
            started = monotonic()
            painter = asyncio.create_task(self._screen.keep_painting())
            try:
                code = await self._work(loader)
            finally:
                painter.cancel()
                await asyncio.gather(painter, return_exceptions=True)
                self._summary.resumed = loader.resumed
                self._sum_up(monotonic() - started, stream.counters)
            # With nobody at work the engine's books must show nothing under way.
            stream.audit()
        return code or (1 if self._summary.failures else 0)

    async def _work(self, loader: Loader) -> int:
        """Run the workers to their end; gives what a signal asks the exit code to be, or 0."""
        workers = [asyncio.create_task(self._worker(loader)) for _ in range(self._job.concurrency)]
        ended = asyncio.gather(*workers)
        with _signals() as interrupted:
            try:
                waiting: list[asyncio.Future[Any]] = [ended, interrupted]
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    ended.result()
                    return 0
                return 128 + interrupted.result()
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(ended, *workers, return_exceptions=True)

    async def _worker(self, loader: Loader) -> None:
        while (entry := await self._feed.next()) is not None:
            text, line = entry
            result = Result(redact_url(text) if text and "@" in text else text or "", line)
            try:
                await self._load(loader, text, result)
            except asyncio.CancelledError:
                self._summary.interrupt(result)
                raise
            await self._note(result)

    async def _load(self, loader: Loader, text: str | None, result: Result) -> None:
        try:
            if text is None:
                raise BadTarget("the line is too long, or not in UTF-8")
            target = parse_target(text)
        except BadTarget as error:
            result.error, result.message = type(error).__name__, str(error)
            return
        await loader.load(target, result)

    async def _note(self, result: Result) -> None:
        self._summary.add(result)
        progress = self._screen.progress
        progress.done += 1
        progress.failed = self._summary.failures
        if self._job.json:
            async with self._printing:
                await write_all(STDOUT, (result.to_json() + "\n").encode())
        elif (complaint := result.complaint()) is not None:
            self._screen.tell(f"webqq: {complaint}")

    def _sum_up(self, seconds: float, counters: Any) -> None:
        job, summary = self._job, self._summary
        if job.summary is not None:
            _write_json(job.summary, summary.to_dict(seconds, counters))
        if job.quiet or (job.is_printed and not summary.interrupted):
            return
        if job.json:
            self._screen.tell(json.dumps(summary.to_dict(seconds, counters)))
        else:
            self._screen.tell(summary.to_text(seconds, counters))
            if summary.interrupted and job.folder is not None:
                self._screen.tell("interrupted: the same command goes on from here")


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


@contextmanager
def _signals() -> "Iterator[asyncio.Future[int]]":
    """Gives the number of the first signal that asks the process to end; a second one ends it at once."""
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[int] = loop.create_future()

    def ask(number: int) -> None:
        asked.set_result(number)
        ignore()

    def ignore() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask, number)
    try:
        yield asked
    finally:
        ignore()


def _allow_files(count: int) -> None:
    """Let the process have ``count`` files open, or as many as it may: many systems begin with 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
