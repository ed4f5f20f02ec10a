"""The gateway's figures as text that the documentation includes. Pure."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

__all__ = ["render"]

TARGET = 0.5
"""Least ratio of messages to the pairs of requests that the bare handler answers with the same processor time."""


def render(results: Mapping[str, Any]) -> str:
    """Return the figures as reStructuredText."""
    head = ".. Written by scripts/bench-gateway; do not edit."
    parts = (_machine(results["machine"]), _table(_rows(results)), _target(results["rounds"]))
    return "\n\n".join((head, *parts)) + "\n"


def _machine(facts: Mapping[str, str]) -> str:
    return "\n".join(f":{name}: {text}" for name, text in facts.items())


def _rows(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    memory, held, alone, rounds = results["memory"], results["held"], results["alone"], results["rounds"]
    group = results["group"]
    load = f"{results['couples']} pairs of accounts at once"

    def mid(who: str, name: str) -> float:
        return float(median(each[who][name] for each in rounds))

    return [
        ("Polls held while all else was measured", f"{held['polls']:,}"),
        (f"Memory of a session, of {memory['sessions']:,}", _kib(memory["bytes"], memory["sessions"])),
        ("Memory of a held poll with its connection, beyond that", _kib(held["bytes"], held["polls"])),
        (f"Durable messages a second, {load}", f"{mid('gateway', 'per_second'):,.0f}"),
        ("Pairs of requests a second of a bare Tornado handler", f"{mid('bare', 'per_second'):,.0f}"),
        ("CPU of the gateway for a message", f"{mid('gateway', 'cpu_us'):,.0f} µs"),
        ("CPU of the bare handler for a pair of requests", f"{mid('bare', 'cpu_us'):,.0f} µs"),
        ("From sent to received, one message at a time", _latencies(alone["p50_ms"], alone["p99_ms"])),
        (f"From sent to received, {load}", _latencies(mid("gateway", "p50_ms"), mid("gateway", "p99_ms"))),
        (f"Group of {results['members']}: until acknowledged", _ms(each["acknowledged"] for each in group)),
        (f"Group of {results['members']}: until the last member has it", _ms(each["last"] for each in group)),
    ]


def _kib(size: int, number: int) -> str:
    return f"{size / number / 1024:.1f} KiB"


def _ms(seconds: Any) -> str:
    return f"{1e3 * median(seconds):.1f} ms"


def _latencies(middle: float, high: float) -> str:
    return f"{middle:.1f} ms, p99 {high:.1f} ms"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    lines = [".. list-table::", "   :widths: 70 30", ""]
    for name, figure in rows:
        lines += [f"   * - {name}", f"     - {figure}"]
    return "\n".join(lines)


def _target(rounds: Sequence[Mapping[str, Any]]) -> str:
    by_clock = median(each["gateway"]["per_second"] / each["bare"]["per_second"] for each in rounds)
    by_cpu = median(each["bare"]["cpu_us"] / each["gateway"]["cpu_us"] for each in rounds if each["gateway"]["cpu_us"])
    verdict = "reached" if by_cpu >= TARGET else "missed"
    return (
        f"Target: at least {TARGET:.0%} of the bare handler's pairs of requests. By processor time, which bounds "
        f"what a process can do, it is {by_cpu:.0%}: {verdict}. By the clock it is {by_clock:.0%}, which tells "
        f"little where others use the machine. Both are medians over {len(rounds)} alternating rounds."
    )
