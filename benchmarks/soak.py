"""The command behind ``scripts/soak``: a long run against a faulty server, and a verdict on what is left of it.

Each request must end as its kind may end, in time; afterwards the engine's own books, the process' descriptors and
tasks must be as before, and its memory must not have grown.
"""

import argparse
import asyncio
import gc
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request

from benchmarks.clients.harness import resident
from benchmarks.faulty import body
from benchmarks.processes import make_certificate, start
from webqq.httpstream import HTTPStream, HTTPStreamError

__all__ = ["main"]

MIB = 1 << 20
# Seconds after which a request that has not ended never will: its own deadline is far shorter.
HANGS = 60.0
DEADLINE = 2.0
"""Seconds for what will not be answered."""
PATIENCE = 20.0
"""Seconds for what will, on a busy machine and after standing in line for a connection at each redirect."""
SAMPLES = 200
# Bytes that the memory may have grown over the whole run, by the line through the samples.
FLAT = 2 * MIB
REPORTED = 10


@dataclass(frozen=True)
class Kind:
    """What is asked of the server, and how it may end: with an ``answer``, an ``error``, or ``either``."""

    path: str
    ends: str
    weight: int = 2
    status: int = 200

    @property
    def deadline(self) -> float:
        """Seconds after which it is given up."""
        return DEADLINE if self.ends == "error" else PATIENCE


SIZES = (0, 1, 100, 5000, 200_000)
KINDS = (
    *(Kind(f"/ok/{size}", "answer", 6) for size in SIZES),
    *(Kind(f"/chunked/{size}", "answer") for size in SIZES),
    *(Kind(f"/until-close/{size}", "answer", 1) for size in SIZES),
    *(Kind(f"/{name}/5000", "answer") for name in ("half-close", "slow", "late-close", "surplus", "interim")),
    Kind("/error-page/100", "answer", status=503),
    Kind("/redirect/3", "answer"),
    *(Kind(f"/{name}/5000", "error") for name in ("reset", "reset-within", "truncated", "empty", "garbage")),
    *(Kind(f"/{name}/5000", "error", 1) for name in ("hang", "stall")),
)
WEIGHTS = [kind.weight for kind in KINDS]


@dataclass
class Soak:
    """The run's state."""

    stream: HTTPStream
    bases: Sequence[str]
    chance: random.Random
    until: float
    most: int
    pause: float
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def next_request(self) -> tuple[Kind, Request]:
        kind = self.chance.choices(KINDS, WEIGHTS)[0]
        return kind, Request(self.chance.choice(self.bases) + kind.path)

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.until or self.ends.total() >= self.most

    def fault(self, text: str) -> None:
        self.ends["fault"] += 1
        self.faults.append(text)

    def judge(self, kind: Kind, request: Request, outcome: object) -> None:
        """Whether it ended as it may."""
        is_error = isinstance(outcome, BaseException)
        if isinstance(outcome, BaseException) and not isinstance(outcome, HTTPStreamError):
            self.fault(f"{request.full_url}: {outcome!r}")
        elif kind.ends == "answer" and is_error and not may_be_lost(kind):
            self.fault(f"{request.full_url} failed: {outcome!r}")
        elif kind.ends == "error" and not is_error:
            self.fault(f"{request.full_url} was answered: {outcome!r}")
        elif not is_error and outcome != (kind.status, expected(kind)):
            self.fault(f"{request.full_url}: wrong answer {outcome!r:.200}")
        else:
            self.ends["error" if is_error else "answer"] += 1


def may_be_lost(kind: Kind) -> bool:
    """A deadline may strike what is slow; on a busy machine, anything."""
    return kind.path.startswith("/slow")


def expected(kind: Kind) -> bytes:
    return body(100 if "redirect" in kind.path else int(kind.path.rpartition("/")[2]))


# Ways to use the stream. Each makes one request or more and judges it.


async def fetched(soak: Soak) -> None:
    kind, request = soak.next_request()
    try:
        response = await soak.stream.fetch(request, timeout=kind.deadline)
        outcome: object = (response.status, response.read())
    except HTTPStreamError as error:
        outcome = error
    soak.judge(kind, request, outcome)


async def streamed(soak: Soak) -> None:
    kind, request = soak.next_request()
    try:
        response: Any = await soak.stream.fetch(request, timeout=kind.deadline, stream=True)
        outcome: object = (response.status, b"".join([bytes(piece) async for piece in response]))
    except HTTPStreamError as error:
        outcome = error
    soak.judge(kind, request, outcome)


async def abandoned(soak: Soak) -> None:
    """A streamed response that nobody reads on; it goes with its last reference."""
    _, request = soak.next_request()
    try:
        response: Any = await soak.stream.fetch(request, timeout=DEADLINE, stream=True)
        if soak.chance.random() < 0.5:
            async for _ in response:
                break
        if soak.chance.random() < 0.5:
            response.close()
    except HTTPStreamError:
        pass
    soak.ends["abandoned"] += 1


async def cancelled(soak: Soak) -> None:
    """Anywhere between its start and its end."""
    _, request = soak.next_request()
    task = asyncio.ensure_future(soak.stream.fetch(request, timeout=DEADLINE))
    await asyncio.sleep(soak.chance.choice((0, 0, 0.001, 0.003, 0.02, 0.2)))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    soak.ends["cancelled"] += 1


async def chained(soak: Soak) -> None:
    """A few requests, each from the readback or errorback of the one before."""
    done = asyncio.get_running_loop().create_future()
    left = soak.chance.randrange(1, 5)
    kind, request = soak.next_request()

    def readback(response):  # type: ignore[no-untyped-def]  # a recursive tuple has no type to write down
        nonlocal left, kind, request
        soak.judge(kind, request, (response.status, response.read()))
        left -= 1
        if not left:
            finish()
            return None
        kind, request = soak.next_request()
        return (request, readback) if soak.chance.random() < 0.7 else (request, readback, 0.01)

    def errorback(error: Exception) -> None:
        soak.judge(kind, request, error)
        finish()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    soak.stream.add_request(request, readback, errorback, timeout=PATIENCE)
    await done


async def cut_chain(soak: Soak) -> None:
    """A chain that would go on for ever, cancelled."""

    def readback(response):  # type: ignore[no-untyped-def]  # as above
        return (soak.next_request()[1], readback)

    exchange = soak.stream.add_request(soak.next_request()[1], readback, lambda error: None, timeout=DEADLINE)
    await asyncio.sleep(soak.chance.uniform(0, 0.1))
    exchange.cancel()
    soak.ends["cancelled"] += 1


async def unawaited(soak: Soak) -> None:
    """Fire and forget."""
    soak.stream.add_request(soak.next_request()[1], None, lambda error: None, timeout=DEADLINE)
    soak.ends["forgotten"] += 1


Way = Callable[[Soak], Awaitable[None]]
WAYS: Sequence[tuple[Way, int]] = (
    (fetched, 6),
    (streamed, 3),
    (abandoned, 2),
    (cancelled, 2),
    (chained, 3),
    (cut_chain, 1),
    (unawaited, 1),
)


async def work(soak: Soak) -> None:
    ways, weights = [way for way, _ in WAYS], [weight for _, weight in WAYS]
    while not soak.is_over:
        way = soak.chance.choices(ways, weights)[0]
        try:
            async with asyncio.timeout(HANGS):
                await way(soak)
        except TimeoutError:
            soak.fault(f"{way.__name__} has not ended after {HANGS:.0f} s")
        except Exception as error:
            soak.fault(f"{way.__name__} raised {error!r}")
        await asyncio.sleep(soak.chance.uniform(0, 2 * soak.pause))


# What is left.


@dataclass
class Memory:
    """Samples of (seconds, bytes)."""

    samples: list[tuple[float, int]] = field(default_factory=list)

    async def watch(self, interval: float) -> None:
        while True:
            gc.collect()
            self.samples.append((time.monotonic(), resident()))
            await asyncio.sleep(interval)

    def growth(self) -> float:
        """Bytes from the first to the last by the line of least squares; the first quarter is warm-up."""
        samples = self.samples[len(self.samples) // 4 :]
        if len(samples) < 2:
            return 0.0
        times, sizes = [when for when, _ in samples], [size for _, size in samples]
        middle, mean = sum(times) / len(times), sum(sizes) / len(sizes)
        covariance = sum((when - middle) * (size - mean) for when, size in samples)
        variance = sum((when - middle) ** 2 for when in times)
        return covariance / variance * (times[-1] - times[0])

    def __str__(self) -> str:
        sizes = [size / MIB for _, size in self.samples] or [0.0]
        ends = f"{sizes[0]:.1f} MiB first, {max(sizes):.1f} most, {sizes[-1]:.1f} last"
        return f"{ends}; {self.growth() / MIB:+.2f} by the line through them"


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def books(stream: HTTPStream) -> list[str]:
    """What the engine still has once everything has had its time to end."""
    give_up = time.monotonic() + HANGS
    while stream.under_way and time.monotonic() < give_up:  # noqa: ASYNC110  # the engine announces no such event
        await asyncio.sleep(0.1)
    findings = [f"still under way: {exchange!r}" for exchange in list(stream.under_way)[:REPORTED]]
    return [*findings, *audited(stream, "at the end")]


def audited(stream: HTTPStream, when: str, *, must_be_clean: bool = False) -> list[str]:
    """Where the engine's books disagree, or what it still has where it must have nothing."""
    try:
        audit = stream.audit()
    except AssertionError as error:
        return [f"audit {when}: {error}"]
    return [f"audit {when}: {audit}"] if must_be_clean and not audit.is_clean else []


async def soak_for(options: argparse.Namespace, bases: Sequence[str]) -> list[str]:
    """Run; what is wrong afterwards, a line each."""
    seconds = options.minutes * 60
    before = descriptors()
    stream = HTTPStream(max_per_host=options.workers // 2, timeout=DEADLINE)
    soak = Soak(
        stream,
        bases,
        random.Random(options.seed),  # noqa: S311  # nothing secret hangs on it
        time.monotonic() + seconds,
        options.requests,
        options.workers / options.rate,
    )
    memory = Memory()
    watching = asyncio.ensure_future(memory.watch(max(0.1, seconds / SAMPLES)))
    await asyncio.gather(*(work(soak) for _ in range(options.workers)))
    watching.cancel()
    findings = await books(stream)
    stream.close()
    findings += audited(stream, "after close()", must_be_clean=True)
    await asyncio.sleep(0.1)
    gc.collect()
    print(f"ended: {dict(sorted(soak.ends.items()))}")
    print(f"memory: {memory}")
    findings += [f"fault: {text}" for text in soak.faults[:REPORTED]]
    if len(soak.faults) > REPORTED:
        findings.append(f"and {len(soak.faults) - REPORTED} faults more")
    if descriptors() > before:
        findings.append(f"{descriptors() - before} descriptors are still open")
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and task is not watching]
    if left:
        findings.append(f"{len(left)} tasks are left: {left[0]!r:.300}")
    if memory.growth() > FLAT:
        findings.append(f"memory grew by {memory.growth() / MIB:.1f} MiB")
    return findings


@contextmanager
def faulty_server() -> Iterator[tuple[Sequence[str], str]]:
    """Its two addresses, and the certificate to trust."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        make_certificate(folder)
        with start("benchmarks.faulty", folder) as ports:
            bases = (f"http://127.0.0.1:{ports['plain']}", f"https://127.0.0.1:{ports['tls']}")
            yield bases, str(folder / "ca.pem")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description="Run the engine against a faulty server.")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--requests", type=int, default=2_000_000, help="end after so many, if that is sooner")
    parser.add_argument("--rate", type=float, default=500.0, help="uses of the stream a second, about")
    parser.add_argument("--workers", type=int, default=100, help="at once")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 where nothing is wrong."""
    options = parse(arguments)
    with faulty_server() as (bases, authority):
        os.environ["SSL_CERT_FILE"] = authority
        findings = asyncio.run(soak_for(options, bases))
    for finding in findings:
        print(f"WRONG: {finding}")
    print("verdict:", "something is wrong" if findings else "nothing leaks")
    return 1 if findings else 0


if __name__ == "__main__":
    # What a request may meet here it may also log; the outcomes are judged, not the log.
    logging.getLogger("webqq").setLevel(logging.CRITICAL)
    sys.exit(main())
