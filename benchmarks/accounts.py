"""The command behind ``scripts/bench-client``: what many accounts in one client process cost, at a real gateway.

Once with all accounts' data in one folder, as a daemon keeps it, and once in memory alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accounts_report import latencies, render
from benchmarks.gateway import started
from benchmarks.machine import choose_processors, describe
from benchmarks.processes import ROOT

__all__ = ["main"]

DOCS = ROOT / "docs" / "benchmarks"


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    :param couples: pairs of accounts that write to each other at once. :param messages: that they write in all.
    :param alone: messages one after the other, while nobody else writes. :param idle: seconds.
    :param data: where the accounts keep theirs, in turn.
    """

    accounts: int = 500
    couples: int = 250
    messages: int = 5000
    alone: int = 200
    idle: float = 60.0
    data: tuple[str, ...] = ("folder", "memory")


QUICK = Scale(accounts=10, couples=2, messages=10, alone=5, idle=0.2, data=("folder",))


def measure(scale: Scale, url: str, cpu: int | None, folder: Path | None) -> dict[str, Any]:
    """What the client process says."""
    options = {"url": url, **{name: str(value) for name, value in vars(scale).items() if name != "data"}}
    if folder is not None:
        options["folder"] = str(folder)
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.accounts_client", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        preexec_fn=None if cpu is None else lambda: os.sched_setaffinity(0, {cpu}),
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result | {name: latencies(result[name]) for name in ("alone", "busy")}


def run(scale: Scale) -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0))
    client_cpu, server_cpu = choose_processors()
    results: dict[str, Any] = {
        "machine": describe(cores, ["webqq", "tornado"], "webqq gateway"),
        "scale": vars(scale).copy(),
    }
    for name in scale.data:
        with tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp") as root:
            gateway, client = Path(root, "gateway"), Path(root, "client")
            gateway.mkdir()
            sized = ("--accounts", str(scale.accounts), "--members", "2", "--hold", "60", "--without-sessions")
            with started(gateway, server_cpu, *sized) as (server, _):
                url = f"http://127.0.0.1:{server.port}"
                results[name] = measure(scale, url, client_cpu, client if name == "folder" else None)
        print(f"{time.strftime('%H:%M:%S')} data in {name}: done", file=sys.stderr, flush=True)
    return results


def write(results: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accounts.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    (folder / "accounts.txt").write_text(render(results), "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench-client", description="Measure many accounts in one process.")
    parser.add_argument("--quick", action="store_true", help="few of everything: does it run, not how fast")
    parser.add_argument("--accounts", type=int, default=Scale.accounts, help=f"(default: {Scale.accounts})")
    parser.add_argument("--idle", type=float, default=Scale.idle, help=f"seconds (default: {Scale.idle:g})")
    parser.add_argument("--out", type=Path, help="write accounts.{json,txt} there (a full run: docs/benchmarks)")
    options = parser.parse_args(arguments)
    whole = Scale(accounts=options.accounts, couples=options.accounts // 2, idle=options.idle)
    results = run(QUICK if options.quick else whole)
    print(render(results))
    if options.out or not options.quick:
        write(results, options.out or DOCS)


if __name__ == "__main__":
    main()
