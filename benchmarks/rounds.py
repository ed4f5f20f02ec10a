"""Runs the cases: each peer once a round, in a process of its own, the rounds' order rotated; keeps what each said."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.cases import Case, Scale
from benchmarks.peers import Peer
from benchmarks.processes import ROOT, Addresses, ClientFailed, measure

__all__ = ["Outcome", "Plan", "run_case"]

IMPORTS_A_ROUND = 5
# The second time in its own words: what happens twice is no accident of the machine.
FAILURES_UNTIL_LEFT_OUT = 2

# Nothing of it loads a module that the statement might need.
TIMED_IMPORT = """
import os, time
if {cpu!r} is not None:
    os.sched_setaffinity(0, [{cpu!r}])
wall, cpu = time.perf_counter(), time.process_time()
{statement}
print(time.process_time() - cpu, time.perf_counter() - wall)
"""


@dataclass
class Outcome:
    """What a peer said in each round of a case, or why there is nothing."""

    rounds: list[dict[str, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def is_left_out(self) -> bool:
        return len(self.failures) >= FAILURES_UNTIL_LEFT_OUT

    def as_json(self) -> dict[str, Any]:
        return {"rounds": self.rounds, "failures": self.failures}


@dataclass(frozen=True)
class Plan:
    """How all cases are run."""

    rounds: int
    scale: Scale
    cpu: int | None
    """The processor for the clients; None where there is but one."""
    unusable: Mapping[str, str]
    """Requirements that are not installed, and why."""
    say: Callable[[str], None]


def run_case(case: Case, plan: Plan, addresses: Addresses) -> dict[str, Outcome]:
    """The outcome of each peer by name."""
    outcomes = {peer.name: Outcome() for peer in case.peers if peer.name not in case.leaves_out}
    peers = [peer for peer in case.peers if peer.name in outcomes]
    for peer in list(peers):
        missing = [plan.unusable[name] for name in peer.requires if name in plan.unusable]
        if missing:
            outcomes[peer.name].failures.append(missing[0])
            peers.remove(peer)
    for number in range(min(plan.rounds, case.rounds)):
        begun = time.monotonic()
        for peer in rotated(peers, number):
            run_once(case, peer, plan, addresses, outcomes[peer.name])
        plan.say(f"{case.name}: round {number + 1} took {time.monotonic() - begun:.0f} s")
    return outcomes


def rotated(peers: Sequence[Peer], by: int) -> Iterable[Peer]:
    """Everybody comes first in some round."""
    start = by % len(peers) if peers else 0
    return [*peers[start:], *peers[:start]]


def run_once(case: Case, peer: Peer, plan: Plan, addresses: Addresses, outcome: Outcome) -> None:
    if outcome.is_left_out:
        return
    try:
        if case.command == "import":
            outcome.rounds.append(measure_import(peer.module, plan.cpu))
        else:
            arguments = case.arguments(addresses, plan.scale, peer)
            pinned = [] if plan.cpu is None else ["--cpu", str(plan.cpu)]
            outcome.rounds.append(
                measure(peer.module, peer.variant, case.command, pinned + arguments, addresses.authority, case.seconds)
            )
    except ClientFailed as error:
        outcome.failures.append(str(error))
        plan.say(f"{case.name}: {peer.name}: {error}")


def measure_import(statement: str, cpu: int | None) -> dict[str, float]:
    """The best of some fresh interpreters; raises :class:`ClientFailed`."""
    # An installer compiles what it installs, but nobody has compiled this checkout: the first import must be let.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    said = []
    for _ in range(IMPORTS_A_ROUND):
        done = subprocess.run(
            [sys.executable, "-c", TIMED_IMPORT.format(statement=statement, cpu=cpu)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ClientFailed(done.stderr.strip().rpartition("\n")[2])
        said.append(dict(zip(("cpu", "wall"), map(float, done.stdout.split()), strict=True)))
    return min(said, key=lambda one: one["cpu"])
