"""The command behind ``scripts/bench-gateway``: what one gateway process holds and delivers, beside a bare handler.

Rounds of the gateway and of the bare Tornado handler alternate, since a machine that others use is never twice the
same; the ratio of each two neighbours is what counts.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.gateway_measure import Holders, PairsResult, Server, deliver_in_pairs, deliver_to_group
from benchmarks.gateway_report import render
from benchmarks.machine import choose_processors, describe, most_connections
from benchmarks.processes import ROOT

__all__ = ["main"]

DOCS = ROOT / "docs" / "benchmarks"


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    :param couples: pairs of accounts that write to each other at once.
    :param pairs: messages in a round.
    """

    polls: int = 10_000
    members: int = 500
    couples: int = 64
    pairs: int = 6400
    alone: int = 200
    to_group: int = 10
    rounds: int = 5


QUICK = Scale(polls=60, members=10, couples=4, pairs=40, alone=10, to_group=2, rounds=2)


@contextmanager
def started(folder: Path, cpu: int | None, *options: str) -> Iterator[tuple[Server, dict[str, Any]]]:
    """A server, and what it says of itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gateway_server", "--folder", str(folder), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=None if cpu is None else lambda: os.sched_setaffinity(0, {cpu}),
    )
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield Server(said["port"], process.pid), said
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def measure(scale: Scale, gateway: Server, bare: Server, sessions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All figures but the memory of the sessions."""
    ids = count(1_000_000)
    talking, waiting = sessions[: 2 * scale.couples], sessions[2 * scale.couples :]
    before = gateway.resident()
    holders = Holders(gateway)
    await holders.hold(waiting)
    say(f"{len(holders)} polls are held")
    held = {"polls": len(holders), "bytes": gateway.resident() - before}
    alone = await deliver_in_pairs(gateway, talking[:2], scale.alone, ids)
    rounds = []
    for number in range(scale.rounds):
        ours = await deliver_in_pairs(gateway, talking, scale.pairs, ids)
        theirs = await deliver_in_pairs(bare, talking, scale.pairs, ids, is_bare=True)
        rounds.append({"gateway": figures(ours), "bare": figures(theirs)})
        say(f"round {number + 1}: {rounds[-1]}")
    to_group = await deliver_to_group(gateway, waiting[-1], holders, scale.members - 1, scale.to_group, ids)
    holders.check()
    await holders.close()
    return {"held": held, "alone": figures(alone), "rounds": rounds, "group": to_group}


def figures(result: PairsResult) -> dict[str, float]:
    """Pairs a second, microseconds of the server's processor a pair, milliseconds until a message is there."""
    latencies = sorted(result.latencies)
    return {
        "per_second": result.pairs / result.wall,
        "cpu_us": 1e6 * result.cpu / result.pairs,
        "p50_ms": 1e3 * latencies[len(latencies) // 2],
        "p99_ms": 1e3 * latencies[len(latencies) * 99 // 100],
    }


def run(scale: Scale) -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0))
    client_cpu, server_cpu = choose_processors()
    machine = describe(cores, ["webqq", "tornado"], "webqq gateway")
    polls = min(scale.polls, most_connections())
    accounts = (polls + 2 * scale.couples) // 2 * 2
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp") as name:
        folder = Path(name)
        sized = ("--accounts", str(accounts), "--members", str(scale.members))
        with started(folder, server_cpu, *sized) as (gateway, said), started(folder, server_cpu, "--bare") as (bare, _):
            say(f"{accounts} sessions have begun")
            if client_cpu is not None:
                os.sched_setaffinity(0, {client_cpu})
            sessions = json.loads((folder / "sessions.json").read_text("utf-8"))
            measured = asyncio.run(measure(scale, gateway, bare, sessions))
    memory = {"sessions": accounts, "bytes": said["after"] - said["before"]}
    return {"machine": machine, "members": scale.members, "couples": scale.couples, "memory": memory, **measured}


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def write(results: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gateway.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    (folder / "gateway.txt").write_text(render(results), "utf-8")
    say(f"written to {folder}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench-gateway", description="Measure the gateway.")
    parser.add_argument("--quick", action="store_true", help="few of everything: does it run, not how fast")
    parser.add_argument("--polls", type=int, default=Scale.polls, help=f"polls to hold (default: {Scale.polls})")
    parser.add_argument("--rounds", type=int, default=Scale.rounds, help=f"alternating (default: {Scale.rounds})")
    parser.add_argument("--pairs", type=int, default=Scale.pairs, help=f"messages a round (default: {Scale.pairs})")
    parser.add_argument("--out", type=Path, help="write gateway.{json,txt} there (a full run: docs/benchmarks)")
    options = parser.parse_args(arguments)
    whole = Scale(polls=options.polls, pairs=options.pairs, rounds=options.rounds)
    results = run(QUICK if options.quick else whole)
    print(render(results))
    if options.out or not options.quick:
        write(results, options.out or DOCS)


if __name__ == "__main__":
    main()
