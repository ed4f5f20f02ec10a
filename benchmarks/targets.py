"""What is to be reached, and what to compare for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.peers import PEERS

__all__ = ["TARGETS", "Medians", "Target"]

OURS = "webqq, callbacks"
TORNADO = "import tornado.httpclient"

Medians = Mapping[tuple[str, str, str], float]
"""Of (case, metric, peer)."""


@dataclass(frozen=True)
class Target:
    """``ours`` must have at most ``limit(medians)``, or less where ``is_strict``; None where that cannot be told."""

    text: str
    case: str
    metric: str
    limit: Callable[[Medians], float | None]
    ours: str = OURS
    is_strict: bool = False


def _times(factor: float, case: str, metric: str, peer: str) -> Callable[[Medians], float | None]:
    def limit(medians: Medians) -> float | None:
        value = medians.get((case, metric, peer))
        return None if value is None else factor * value

    return limit


def _best_peer(case: str, metric: str) -> Callable[[Medians], float | None]:
    names = {peer.name for peer in PEERS if peer.kind == "peer"}

    def limit(medians: Medians) -> float | None:
        values = [value for key, value in medians.items() if key[:2] == (case, metric) and key[2] in names]
        return min(values, default=None)

    return limit


def _ratio(text: str, factor: float, case: str, metric: str, peer: str, ours: str = OURS) -> Target:
    return Target(text, case, metric, _times(factor, case, metric, peer), ours)


def _ahead(text: str, case: str, metric: str) -> Target:
    return Target(text, case, metric, _best_peer(case, metric), is_strict=True)


def _at_most(text: str, value: float, case: str, metric: str, ours: str = OURS) -> Target:
    return Target(text, case, metric, lambda _: value, ours)


TARGETS = (
    _ratio("A small request: at most 1/5 of aiohttp's CPU", 1 / 5, "small", "cpu", "aiohttp"),
    *(
        _ratio(f"A small request: at most half of {peer}'s CPU", 1 / 2, "small", "cpu", peer)
        for peer in ("pyreqwest", "geventhttpclient", "aiosonic")
    ),
    _ratio("A small request: at most 1.5 times bare libcurl's CPU", 1.5, "small", "cpu", "bare libcurl (pycurl)"),
    _ahead("A fresh connection: less CPU than every peer", "fresh", "cpu"),
    _ahead("A small request over TLS: less CPU than every peer", "tls", "cpu"),
    _ahead("A fresh TLS connection: less CPU than every peer", "tls-fresh", "cpu"),
    _at_most("A held poll: at most 6 KiB", 6, "polls", "memory"),
    _ratio("A held poll: at most 1/3 of aiohttp's CPU to have it", 1 / 3, "polls", "cpu", "aiohttp"),
    _at_most("Held polls: no CPU while idle (at most 1 ms a second)", 1, "polls", "idle"),
    _ahead("Waking a poll: 99 % sooner than with every peer", "polls", "p99"),
    _at_most("A poll held over TLS: at most 30 KiB", 30, "tls-polls", "memory"),
    _ratio("A body of 10 MiB: at most 1/3 of aiohttp's CPU", 1 / 3, "body", "cpu", "aiohttp"),
    _at_most("A streamed body of 100 MiB: flat memory (at most 2 MiB more)", 2, "download", "memory", "webqq, fetch"),
    Target(
        "A request's CPU does not grow with open connections (9,000 against 10: at most 1.15 times)",
        "beside",
        "cpu_9000",
        _times(1.15, "beside", "cpu_10", OURS),
    ),
    *(
        _ratio(
            f"{statement}: at most 1.2 times {TORNADO}",
            1.2,
            "import",
            "cpu",
            TORNADO,
            statement,
        )
        for statement in ("import webqq", "from webqq.httpstream import HTTPStream")
    ),
)
