"""One URL from its request to its result, with all that it takes: retries, a file continued, a file kept."""

import asyncio
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import Any

from webqq.cli.fetching.bar import Progress
from webqq.cli.fetching.job import Job
from webqq.cli.fetching.names import Names
from webqq.cli.fetching.ranges import Meaning
from webqq.cli.fetching.results import Outcome, Result
from webqq.cli.fetching.sinks import Binary, Counted, Printed, Saved, Sink
from webqq.cli.fetching.targets import Target
from webqq.httpstream import Basic, HTTPStream, HTTPStreamError, Retry, TotalTimeout
from webqq.httpstream.options import RequestOptions

__all__ = ["Loader"]

SKIMMED = 64 * 1024
"""Bytes of a body that nobody wants which are read all the same: less than another connection costs."""


class Loader:
    """Fetches URLs over ``stream`` as ``job`` has it; ``progress`` is told of each byte.

    ``sleep`` waits that many seconds, ``chance`` gives random numbers in [0, 1).
    """

    def __init__(
        self,
        stream: HTTPStream,
        job: Job,
        progress: Progress,
        *,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Any] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.stream = stream
        self.job = job
        self.progress = progress
        self.clock = clock
        self.sleep = sleep
        self.chance = chance
        self.resumed = 0
        """How often an answer broke off and its URL was asked again."""
        self._names = Names()

    async def load(self, target: Target, result: Result) -> None:
        """Fetch ``target`` and say in ``result`` what came of it. Raises nothing but what ends the whole run."""
        started = self.clock()
        try:
            sink = self._sink_for(target, result)
            if sink is not None:
                with closing(sink):
                    await _Load(self, target, result, sink, started).run()
        except BrokenPipeError:
            # Nobody reads standard output any more.
            raise
        except (HTTPStreamError, OSError, Binary, ValueError) as error:
            result.outcome = Outcome.FAILED
            result.error, result.message = type(error).__name__, _said(error)
        result.seconds = self.clock() - started

    def _sink_for(self, target: Target, result: Result) -> Sink | None:
        """Where the body goes; None: it is there already."""
        job = self.job
        if job.folder is None:
            return Printed(with_head=job.head) if job.is_printed else Counted()
        path = job.folder / self._names.claim(target.url)
        result.file = path.name
        changed = path.stat().st_mtime if path.exists() else None
        if changed is not None and not job.update:
            result.outcome = Outcome.EXISTS
            return None
        return Saved(path, target.url, is_resumable=job.is_resumable, takes_range=job.asks_for_range, changed=changed)


class _Load:
    """One URL under way."""

    def __init__(self, loader: Loader, target: Target, result: Result, sink: Sink, started: float) -> None:
        self._loader = loader
        self._target = target
        self._result = result
        self._sink = sink
        self._started = started
        self._failures = 0

    async def run(self) -> None:
        while True:
            request = self._loader.job.make_request(self._target, self._sink.headers())
            response: Any = await self._loader.stream.fetch(request, **self._options())
            self._note_head(response)
            try:
                async with response:
                    if await self._take(response):
                        return
            except HTTPStreamError as error:
                # What breaks off after its head is in our hands, so the engine cannot try again.
                await self._wait_after(error, request)

    def _options(self) -> RequestOptions:
        job = self._loader.job
        options: RequestOptions = {"retry": job.make_retry(self._failures)}
        if self._target.credentials is not None:
            options["auth"] = Basic(*self._target.credentials)
        total = job.timeouts.total
        if total is not None:
            # Of what floats leave behind the comma, nobody who reads an error wants to know.
            left = round(total - (self._loader.clock() - self._started), 3)
            if left <= 0:
                raise TotalTimeout(f"not done within {total:g} s")
            options["timeout"] = replace(job.timeouts, total=left)
        return options

    def _note_head(self, response: Any) -> None:
        result = self._result
        result.status, result.final_url = response.status, response.url
        result.redirects = len(response.history)
        timings = response.timings
        if result.first_byte is None and timings is not None:
            result.first_byte = timings.first_byte - timings.started

    async def _take(self, response: Any) -> bool:
        """Take the body; False: another request is needed."""
        sink, result = self._sink, self._result
        meaning = await sink.begin(response)
        self._show_size()
        if meaning not in (Meaning.ANEW, Meaning.APPEND):
            await _skim(response)
        else:
            async for data in response:
                result.bytes += len(data)
                self._loader.progress.bytes += len(data)
                await sink.write(data)
        if meaning is Meaning.AGAIN:
            return False
        if meaning is Meaning.REFUSED or response.status >= 400:
            result.outcome, result.message = Outcome.REFUSED, f"{response.status} {response.reason}".rstrip()
        if meaning is not Meaning.REFUSED:
            outcome = sink.finish()
            result.outcome = result.outcome if response.status >= 400 and meaning is Meaning.ANEW else outcome
        return True

    def _show_size(self) -> None:
        progress = self._loader.progress
        progress.size = self._sink.total
        progress.offset = self._sink.size - progress.bytes

    async def _wait_after(self, error: HTTPStreamError, request: Any) -> None:
        """Wait until it is time for another request; raises ``error`` where there is to be none."""
        self._failures += 1
        retry = Retry(attempts=1 + self._loader.job.retries)
        delay = retry.delay_after_error(request, error, self._failures, self._loader.chance())
        if delay is None or not self._sink.can_go_on:
            raise error
        self._loader.resumed += 1
        await self._loader.sleep(delay)


async def _skim(response: Any) -> None:
    """Read a body away as long as that keeps the connection for less than a new one costs."""
    left = SKIMMED
    async for data in response:
        left -= len(data)
        if left < 0:
            return


def _said(error: Exception) -> str:
    # Without the URL, which stands beside it.
    if isinstance(error, HTTPStreamError):
        return str(error.args[0]) if error.args else type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
