"""The figures of many accounts in one process as text that the documentation includes. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["latencies", "percentile", "render"]


def render(results: Mapping[str, Any]) -> str:
    """Return the figures as reStructuredText."""
    head = ".. Written by scripts/bench-client; do not edit."
    machine = "\n".join(f":{name}: {text}" for name, text in results["machine"].items())
    return "\n\n".join((head, machine, _table(results))) + "\n"


def latencies(seconds: Sequence[float]) -> dict[str, float]:
    """Return how many messages there were, and how long they took."""
    figures = {f"p{percent}_ms": 1e3 * percentile(seconds, percent) for percent in (50, 99)}
    return {"messages": len(seconds), **figures}


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent of ``values`` do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def _table(results: Mapping[str, Any]) -> str:
    scale = results["scale"]
    columns = [_column(scale, results[name]) for name in scale["data"]]
    lines = [".. list-table::", f"   :widths: 50{' 25' * len(columns)}", "   :header-rows: 1", ""]
    lines += [f"   * - {scale['accounts']} accounts in one process"]
    lines += [f"     - data in {name}" for name in scale["data"]]
    for name in columns[0]:
        lines += [f"   * - {name}", *(f"     - {column[name]}" for column in columns)]
    return "\n".join(lines)


def _column(scale: Mapping[str, Any], of: Mapping[str, Any]) -> dict[str, str]:
    accounts, messages = scale["accounts"], of["busy"]["messages"]
    return {
        "Memory of an account, signed in and polling": _kib(of["memory"] / accounts),
        f"The same after {messages:,} messages": _kib(of["memory_after"] / accounts),
        "Threads of the process": str(of["threads"]),
        "Open files and sockets": str(of["descriptors"]),
        "Logins a second, with their rosters": f"{accounts / of['login']['wall']:.0f}",
        "CPU of a login with its roster": f"{1e3 * of['login']['cpu'] / accounts:.1f} ms",
        "CPU of all accounts in an idle second": f"{1e3 * of['idle']['cpu'] / of['idle']['wall']:.1f} ms",
        f"Messages a second, {scale['couples']} pairs at once": f"{messages / of['talking']['wall']:.0f}",
        "CPU of a message, sent and received": f"{1e3 * of['talking']['cpu'] / messages:.2f} ms",
        "From sent to handled, one message at a time": _latencies(of["alone"]),
        f"From sent to handled, {scale['couples']} pairs at once": _latencies(of["busy"]),
    }


def _kib(size: float) -> str:
    return f"{size / 1024:.0f} KiB"


def _latencies(figures: Mapping[str, float]) -> str:
    return f"{figures['p50_ms']:.1f} ms, p99 {figures['p99_ms']:.1f} ms"
