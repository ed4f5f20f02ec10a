"""The command behind ``scripts/bench``."""

import argparse
import dataclasses
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.cases import BODY_SIZES, CASES, Case, Scale
from benchmarks.machine import choose_processors, describe, most_connections
from benchmarks.peers import IMPORTS, PEERS, install, requirements, version_of
from benchmarks.plot import draw
from benchmarks.processes import ROOT, Addresses, ClientFailed, Servers, measure
from benchmarks.report import render
from benchmarks.rounds import Plan, run_case

DOCS = ROOT / "docs" / "benchmarks"
QUICK = Scale(0.05, polls=300, tls_polls=50, idle=0.5, wakes=100, steps=(10, 100))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = ", ".join(case.name for case in CASES)
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the engine beside its peers.")
    parser.add_argument("--rounds", type=int, default=9, help="alternating rounds (default: 9)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help=f"a case: {names}; repeatable")
    parser.add_argument("--peer", action="append", default=[], metavar="TEXT", help="only peers whose name has TEXT")
    parser.add_argument("--quick", action="store_true", help="one round of few requests: does it run, not how fast")
    parser.add_argument("--profile", action="store_true", help="profile ours on small requests, and nothing else")
    parser.add_argument("--no-install", action="store_true", help="measure with what is installed")
    parser.add_argument("--no-nginx", action="store_true", help="serve with the bundled server")
    parser.add_argument("--out", type=Path, help="write results.{json,txt,svg} there (a full run: docs/benchmarks)")
    parser.add_argument("--render", action="store_true", help="only write the pages again from results.json")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - {case.name for case in CASES}
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {names}")
    return options


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def chosen(options: argparse.Namespace) -> list[Case]:
    """The cases that are wanted, with the peers that are wanted."""
    cases = [case for case in CASES if not options.only or case.name in options.only]
    if not options.peer:
        return cases
    return [
        dataclasses.replace(
            case, peers=tuple(peer for peer in case.peers if any(text in peer.name for text in options.peer))
        )
        for case in cases
    ]


def limited(scale: Scale) -> Scale:
    """No more polls than this machine lets a process have."""
    most = most_connections()
    if scale.polls <= most:
        return scale
    say(f"only {most} polls instead of {scale.polls}: see ulimit -n and net.ipv4.ip_local_port_range")
    steps = tuple(step for step in scale.steps if step <= most)
    return dataclasses.replace(scale, polls=most, tls_polls=min(scale.tls_polls, most), steps=steps)


def take_processors() -> int | None:
    """The clients' processor; None where there is but one. This process and its servers go to the other."""
    client_cpu, server_cpu = choose_processors()
    if server_cpu is None:
        say("one processor only: clients and servers share it")
    else:
        os.sched_setaffinity(0, {server_cpu})
    return client_cpu


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure; what results.json holds."""
    cases = chosen(options)
    missing = {name: "not installed" for name in requirements((*PEERS, *IMPORTS)) if version_of(name) is None}
    unusable = missing if options.no_install else install([peer for case in cases for peer in case.peers])
    scale = limited(QUICK if options.quick else Scale())
    cores = len(os.sched_getaffinity(0))
    client_cpu = take_processors()
    rounds = 1 if options.quick else options.rounds
    plan = Plan(rounds, scale, client_cpu, unusable, say)
    with Servers(BODY_SIZES, with_nginx=not options.no_nginx) as addresses:
        machine = describe(cores, ["webqq", "tornado", *requirements((*PEERS, *IMPORTS))], addresses.web)
        say(f"served by {addresses.web}; load {machine['Load when it began']}")
        done = {case.name: run_case(case, plan, addresses) for case in cases}
    return {
        "machine": machine,
        "rounds": rounds,
        "polls": scale.polls,
        "cases": {name: {peer: one.as_json() for peer, one in outcomes.items()} for name, outcomes in done.items()},
    }


def profile(options: argparse.Namespace) -> None:
    """Where ours spends its time on small requests."""
    client_cpu = take_processors()
    pinned = [] if client_cpu is None else ["--cpu", str(client_cpu)]
    with Servers(BODY_SIZES, with_nginx=not options.no_nginx) as addresses:
        for variant in ("callbacks", "fetch"):
            say(f"{variant}: the profiler itself makes calls dearer than they are")
            arguments = ["--url", f"{addresses.http}/small", "--count", "20000", "--warmup", "2000", "--profile"]
            profile_one(variant, pinned + arguments, addresses)


def profile_one(variant: str, arguments: list[str], addresses: Addresses) -> None:
    try:
        measure("ours", variant, "small", arguments, addresses.authority)
    except ClientFailed as error:
        say(f"{variant}: {error}")


def write(results: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
    (folder / "results.txt").write_text(render(results), "utf-8")
    (folder / "results.svg").write_text(draw(results), "utf-8")
    say(f"written to {folder}")


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    if options.profile:
        profile(options)
        return
    is_whole = not (options.quick or options.only or options.peer)
    folder: Path = options.out or DOCS
    if options.render:
        results = json.loads((folder / "results.json").read_text("utf-8"))
    else:
        results = run(options)
        print(render(results))
    if is_whole or options.out or options.render:
        write(results, folder)


if __name__ == "__main__":
    main()
