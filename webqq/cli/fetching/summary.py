"""A run in numbers: what was answered and what was not, how much, how fast. Pure."""

from array import array
from collections import Counter
from typing import Any

from webqq.cli.fetching.results import Result
from webqq.cli.fetching.units import format_bytes, format_count, format_seconds

__all__ = ["Summary", "quantile"]

_QUANTILES = {"min": 0.0, "median": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


def quantile(ordered: "array[float]", share: float) -> float:
    """The value below or at which ``share`` of those in ``ordered`` lie: always one that was measured (nearest rank).

    >>> quantile(array("d", [1, 2, 3, 4]), 0.5)
    2.0
    """
    # Of what a product like 0.07 * 100 is too much, nothing is left in ten digits.
    rank = -int(-round(share * len(ordered), 10) // 1)
    return ordered[max(rank, 1) - 1]


class Summary:
    """Sums results up. Eight bytes stay of each: its latency."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.errors: Counter[str] = Counter()
        self.bytes = 0
        self.interrupted = 0
        """How many were given up because the run was."""
        self.resumed = 0
        """How often an answer broke off and its URL was asked again, beside the engine's own retries."""
        self._latencies = array("d")

    @property
    def count(self) -> int:
        """Results in all."""
        return self.outcomes.total()

    @property
    def failures(self) -> int:
        """How many were not answered, or with a status of 400 or above."""
        return self.outcomes["failed"] + self.outcomes["refused"]

    def interrupt(self, result: Result) -> None:
        """Count ``result`` as one that the run's end has cut short."""
        self.interrupted += 1
        self.bytes += result.bytes

    def add(self, result: Result) -> None:
        """Count ``result`` in. The time of what nobody was asked for says nothing of a server."""
        self.outcomes[result.outcome.value] += 1
        self.bytes += result.bytes
        if result.status is not None:
            self.statuses[result.status] += 1
        if result.error is not None:
            self.errors[result.error] += 1
        elif result.status is not None and result.seconds is not None:
            self._latencies.append(result.seconds)

    def latencies(self) -> dict[str, float]:
        """Seconds of those that were answered; empty where none was."""
        ordered = array("d", sorted(self._latencies))
        return {name: quantile(ordered, share) for name, share in _QUANTILES.items()} if ordered else {}

    def to_dict(self, seconds: float, counters: Any) -> dict[str, Any]:
        """All of it for JSON, of a run of ``seconds`` with the :class:`Counters` of its stream."""
        return {
            "requests": self.count,
            "failures": self.failures,
            "interrupted": self.interrupted,
            "seconds": round(seconds, 6),
            "requests_per_second": round(self.count / seconds, 3) if seconds else 0.0,
            "bytes": self.bytes,
            "outcomes": dict(self.outcomes),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "errors": dict(self.errors),
            "latency": {name: round(value, 6) for name, value in self.latencies().items()},
            "connections": {"opened": counters.opened, "reused": counters.reused},
            "redirects": counters.redirected,
            "retries": counters.retried + self.resumed,
        }

    def to_text(self, seconds: float, counters: Any) -> str:
        """The same for people, some lines."""
        rows = [("requests", self._requests(seconds))]
        if set(self.outcomes) - {"answered", "refused", "failed"}:
            rows.append(("files", _counts(self.outcomes, "saved", "resumed", "unchanged", "exists")))
        rows.append(("status", _counts(self.statuses, *sorted(self.statuses))))
        rows.append(("errors", _counts(self.errors, *(name for name, _ in self.errors.most_common()))))
        rows.append(("bytes", f"{format_bytes(self.bytes)}, {format_bytes(self.bytes / (seconds or 1))}/s"))
        if len(self._latencies) > 1:
            times = self.latencies().items()
            rows.append(("latency", "   ".join(f"{name} {format_seconds(value)}" for name, value in times)))
        rows.append(("connections", self._connections(counters)))
        return "\n".join(f"{name:12} {text}" for name, text in rows if text)

    def _requests(self, seconds: float) -> str:
        text = f"{format_count(self.count)} in {format_seconds(seconds)}"
        if self.count > 1:
            text += f", {format_count(self.count / (seconds or 1))}/s"
        if self.failures:
            text += f", {format_count(self.failures)} failed"
        return text + (f", {format_count(self.interrupted)} interrupted" if self.interrupted else "")

    def _connections(self, counters: Any) -> str:
        told = {"opened": counters.opened, "reused": counters.reused}
        more = {"redirects": counters.redirected, "retries": counters.retried + self.resumed}
        told |= {name: count for name, count in more.items() if count}
        return "   ".join(f"{name}: {format_count(count)}" for name, count in told.items())


def _counts(counter: "Counter[Any]", *names: Any) -> str:
    return "   ".join(f"{name}: {format_count(counter[name])}" for name in names if counter[name])
