"""What every measured program does around its library: options, warm-up, counting, and one line of JSON at the end.

``python -m benchmarks.clients.NAME CASE --url URL ...`` runs one case once and prints ``{"cpu": ..., ...}``: seconds of
this process' own CPU (user and system, all its threads), wall seconds, bytes. A library brings a :class:`Client`.
"""

import argparse
import cProfile
import gc
import json
import os
import pstats
import resource
import shutil
import socket
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["CASES", "Client", "ClientFactory", "Control", "main"]

# Opened at a time, so that the server's backlog is not what is measured.
BATCH = 256
WAIT = 120.0
PAGE = resource.getpagesize()


class Client(ABC):
    """A library as the cases use it. Its loop runs only inside these methods."""

    @abstractmethod
    def requests(self, url: str, count: int, concurrency: int) -> None:
        """Get ``url`` ``count`` times, each body read whole, ``concurrency`` at once. Raises where one fails."""

    def download(self, url: str, path: Path) -> None:
        """Get ``url`` into a file, piece by piece."""
        raise NotImplementedError("this client has no streaming")

    def poll(self, url: str, count: int, on_answer: Callable[[bytes], None]) -> None:
        """Begin ``count`` polls of ``url``; each gives its answer's body to ``on_answer`` and polls again, for ever."""
        raise NotImplementedError("this client has no polls")

    def run(self, seconds: float) -> None:
        """Let what is under way go on for that long."""
        raise NotImplementedError("this client has no polls")

    def check(self) -> None:  # noqa: B027  # most have nothing to look at
        """Raise what ended a poll, if anything did."""


ClientFactory = Callable[[], Client]


class Control:
    """A line to the server of polls, apart from the library under test."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.file = socket.create_connection((host, int(port)), WAIT).makefile("rwb", buffering=0)

    def ask(self, command: str) -> int:
        self.file.write(command.encode() + b"\n")
        return int(self.file.readline())

    def held(self) -> int:
        """How many polls the server holds."""
        return self.ask("held")

    def wake(self, count: int, interval: float) -> None:
        """Answer one poll each ``interval`` seconds, ``count`` times; the body is the time of it in nanoseconds."""
        self.ask(f"wake {count} {interval}")

    def reset(self) -> None:
        """Reset all connections that hold a poll: no port of theirs is left in TIME_WAIT."""
        self.ask("reset")


class Section:
    """Measures what happens inside ``with``."""

    def __enter__(self) -> "Section":
        gc.collect()
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu = time.process_time() - self.cpu
        self.wall = time.perf_counter() - self.wall


def resident() -> int:
    """Bytes of memory that this process has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """The most bytes of memory that this process had since :func:`reset_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def requests(client: Client, options: argparse.Namespace) -> dict[str, float]:
    """CPU of ``--count`` requests."""
    client.requests(options.url, options.warmup, options.concurrency)
    with Section() as measured:
        client.requests(options.url, options.count, options.concurrency)
    return {"cpu": measured.cpu, "wall": measured.wall, "requests": options.count}


def download(client: Client, options: argparse.Namespace) -> dict[str, float]:
    """CPU and memory of ``--count`` bodies, one after another, into a file."""
    # Not /tmp: where that is memory, the file would count as if the client had kept it.
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/var/tmp"))
    try:
        client.download(options.warm_url or options.url, folder / "warm")
        gc.collect()
        reset_peak()
        before = resident()
        with Section() as measured:
            for number in range(options.count):
                client.download(options.url, folder / "body")
                size = (folder / "body").stat().st_size
                if number == 0 and size != options.size:
                    raise RuntimeError(f"{size} bytes came instead of {options.size}")
        return {"cpu": measured.cpu, "wall": measured.wall, "requests": options.count, "grown": peak() - before}
    finally:
        shutil.rmtree(folder)


class Polls:
    """Polls that are held while something else is measured."""

    def __init__(self, client: Client, options: argparse.Namespace) -> None:
        self.client, self.url = client, options.url
        self.control = Control(options.control)
        self.count = 0
        self.latencies: list[int] = []

    def answered(self, body: bytes) -> None:
        self.latencies.append(time.monotonic_ns() - int(body))

    def hold(self, count: int) -> None:
        """Begin polls until ``count`` are held."""
        while self.count < count:
            batch = min(BATCH, count - self.count)
            self.client.poll(self.url, batch, self.answered)
            self.count += batch
            self.run_until(lambda: self.control.held() >= self.count)

    def run_until(self, is_done: Callable[[], bool]) -> None:
        give_up, next_check = time.monotonic() + WAIT, time.monotonic() + 1
        while not is_done():
            now = time.monotonic()
            if now > next_check:
                # Not each time: it looks at every poll.
                self.client.check()
                next_check = now + 1
            if now > give_up:
                raise TimeoutError(f"{self.control.held()} of {self.count} polls are held after {WAIT:.0f} s")
            self.client.run(0.01)

    def wake(self, count: int, interval: float) -> list[float]:
        """Microseconds from the server's answer until the client's code has it, in rising order."""
        self.latencies.clear()
        self.control.wake(count, interval)
        self.run_until(lambda: len(self.latencies) >= count)
        return sorted(latency / 1e3 for latency in self.latencies)


def polls(client: Client, options: argparse.Namespace) -> dict[str, float]:
    """Memory and CPU of ``--count`` held polls: to have them, to keep them, and how soon one that is woken is told."""
    held = Polls(client, options)
    # What the library loads and makes once is not a poll's.
    held.hold(1)
    held.wake(8, 0.001)
    gc.collect()
    before = resident()
    with Section() as opening:
        held.hold(1 + options.count)
    gc.collect()
    memory = resident() - before
    client.run(0.2)
    with Section() as idle:
        client.run(options.idle)
    client.check()
    result = {
        "cpu": opening.cpu,
        "wall": opening.wall,
        "polls": options.count,
        "memory": memory,
        "idle_cpu": idle.cpu / idle.wall,
    }
    if options.wakes:
        with Section() as waking:
            latencies = held.wake(options.wakes, options.interval)
        result |= {
            "p50_us": latencies[len(latencies) // 2],
            "p99_us": latencies[len(latencies) * 99 // 100],
            "wake_cpu": waking.cpu / options.wakes,
        }
    held.control.reset()
    return result


def beside(client: Client, options: argparse.Namespace) -> dict[str, float]:
    """CPU of ``--count`` requests beside 0 polls and beside as many as each of ``--steps`` says."""
    held = Polls(client, options)
    client.requests(options.small_url, options.warmup, options.concurrency)
    result = {}
    for step in options.steps:
        held.hold(step)
        with Section() as measured:
            client.requests(options.small_url, options.count, options.concurrency)
        result[f"cpu_{step}"] = measured.cpu / options.count
    held.control.reset()
    return result


CASES: Mapping[str, Callable[[Client, argparse.Namespace], dict[str, float]]] = {
    "small": requests,
    "body": requests,
    "download": download,
    "polls": polls,
    "beside": beside,
}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure one HTTP client once.")
    parser.add_argument("case", choices=sorted(CASES))
    parser.add_argument("--url", required=True)
    parser.add_argument("--variant", default="", help="which way to use the library")
    parser.add_argument("--count", type=int, default=1000, help="requests, bodies or polls")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--warmup", type=int, default=200, help="requests before the measured ones")
    parser.add_argument("--cpu", type=int, help="run on this processor alone")
    parser.add_argument("--control", help="HOST:PORT of the polls' server")
    parser.add_argument("--idle", type=float, default=1.0, help="seconds to keep the polls with nothing happening")
    parser.add_argument("--wakes", type=int, default=0, help="how many polls to wake, one at a time")
    parser.add_argument("--interval", type=float, default=0.002, help="seconds from one to the next")
    parser.add_argument("--small-url", help="what to request beside the polls")
    parser.add_argument("--steps", type=lambda text: [int(step) for step in text.split(",")], default=[10])
    parser.add_argument("--size", type=int, default=0, help="bytes of a download")
    parser.add_argument("--warm-url", help="a small download to begin with")
    parser.add_argument("--profile", action="store_true", help="say on standard error where the time goes")
    return parser.parse_args(arguments)


def profiled(run: Callable[[], dict[str, float]]) -> dict[str, float]:
    """The dearest functions and files on standard error, by the time spent in them and not in what they call."""
    profile = cProfile.Profile()
    result = profile.runcall(run)
    stats = pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(40)
    spent = Counter[str]()
    for (file, _, function), (_, _, own, _, _) in stats.stats.items():  # type: ignore[attr-defined]  # not in its stub
        spent[function if file == "~" else file] += own
    for name, own in spent.most_common(25):
        print(f"{own:8.3f} s  {own / stats.total_tt:6.1%}  {name}", file=sys.stderr)  # type: ignore[attr-defined]  # as above
    return result


def main(variants: Mapping[str, ClientFactory], arguments: list[str] | None = None) -> None:
    """Run the case that the command line names; never returns: what a library would tidy up at the end is not run."""
    options = parse(arguments)
    if options.cpu is not None:
        os.sched_setaffinity(0, {options.cpu})
    client = variants[options.variant]()

    def run() -> dict[str, float]:
        return CASES[options.case](client, options)

    result: dict[str, Any] = profiled(run) if options.profile else run()
    result["peak_rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(result), flush=True)
    os._exit(0)
