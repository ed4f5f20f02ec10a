"""What is measured, and with which numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from benchmarks.peers import IMPORTS, PEERS, Peer
from benchmarks.processes import Addresses

__all__ = ["BODY_SIZES", "CASES", "Case", "Metric", "Scale"]

KIB, MIB = 1 << 10, 1 << 20
BODY, LARGE, WARM = 10 * MIB, 100 * MIB, 16 * KIB
BODY_SIZES = (WARM, BODY, LARGE)


@dataclass(frozen=True)
class Scale:
    """How much of everything: a run that counts, or a quick look."""

    factor: float = 1.0
    """Of the numbers of requests."""
    polls: int = 9000
    tls_polls: int = 1000
    idle: float = 2.0
    """Seconds without anything happening."""
    wakes: int = 1500
    steps: tuple[int, ...] = (10, 100, 1000, 9000)
    """Polls open beside the requests."""

    def count(self, full: int, peer: Peer) -> int:
        return max(2, int(full * self.factor / peer.slowness))


@dataclass(frozen=True)
class Metric:
    """One column: what a program said, made a figure in a unit. Lower is better."""

    name: str
    title: str
    of: Callable[[Mapping[str, float]], float]
    digits: int = 1


@dataclass(frozen=True)
class Case:
    """A benchmark: the command line for each peer and the columns that come of it."""

    name: str
    title: str
    command: str
    arguments: Callable[[Addresses, Scale, Peer], list[str]]
    metrics: tuple[Metric, ...]
    leaves_out: Mapping[str, str] = field(default_factory=dict)
    """Names of peers, and why they cannot take part."""
    peers: tuple[Peer, ...] = PEERS
    rounds: int = 9
    """At most so many."""
    seconds: float = 120
    """After which a program is given up."""


def _options(**options: object) -> list[str]:
    return [part for name, value in options.items() for part in ("--" + name.replace("_", "-"), str(value))]


def _small(path: str, count: int, *, tls: bool = False) -> Callable[[Addresses, Scale, Peer], list[str]]:
    def arguments(to: Addresses, scale: Scale, peer: Peer) -> list[str]:
        warmup = scale.count(count // 10, peer)
        return _options(url=(to.https if tls else to.http) + path, count=scale.count(count, peer), warmup=warmup)

    return arguments


def _body(to: Addresses, scale: Scale, peer: Peer) -> list[str]:
    return _options(url=f"{to.http}/body/{BODY}", count=max(2, int(20 * scale.factor)), concurrency=1, warmup=2)


def _download(to: Addresses, scale: Scale, peer: Peer) -> list[str]:
    return _options(url=f"{to.http}/body/{LARGE}", warm_url=f"{to.http}/body/{WARM}", size=LARGE, count=1)


def _polls(to: Addresses, scale: Scale, peer: Peer) -> list[str]:
    return _options(url=to.polls, control=to.control, count=scale.polls, idle=scale.idle, wakes=scale.wakes)


def _tls_polls(to: Addresses, scale: Scale, peer: Peer) -> list[str]:
    return _options(url=to.polls_tls, control=to.control, count=scale.tls_polls, idle=0.2)


def _beside(to: Addresses, scale: Scale, peer: Peer) -> list[str]:
    return _options(
        url=to.polls,
        control=to.control,
        small_url=to.http + "/small",
        count=scale.count(8000, peer),
        warmup=scale.count(800, peer),
        steps=",".join(map(str, scale.steps)),
    )


def _no_arguments(to: Addresses, scale: Scale, peer: Peer) -> list[str]:
    return []


def _cpu_beside(step: int) -> Metric:
    return Metric(f"cpu_{step}", f"µs CPU a request beside {step} polls", lambda said: said[f"cpu_{step}"] * 1e6)


REQUEST = (
    Metric("cpu", "µs CPU a request", lambda said: said["cpu"] / said["requests"] * 1e6),
    Metric("wall", "µs a request on the clock", lambda said: said["wall"] / said["requests"] * 1e6),
)
BLOCKING = {peer.name: "does one request at a time" for peer in PEERS if peer.kind == "reference"}
NO_TLS = {"the limit (epoll, no parser)": "has no TLS"}
NO_BODIES = {"the limit (epoll, no parser)": "takes what one recv gives for the whole answer"}
NO_CLOSE = {"the limit (epoll, no parser)": "knows nothing of a connection's end"}
NO_STREAMING = dict.fromkeys(("webqq, callbacks", "webqq, callbacks, uvloop"), "streams through fetch")

CASES = (
    Case(
        "small",
        "Small requests on kept connections, 64 at once",
        "small",
        _small("/small", 20000),
        REQUEST,
    ),
    Case(
        "fresh",
        "Small requests, a new connection for each, 64 at once",
        "small",
        _small("/fresh", 4000),
        REQUEST,
        NO_CLOSE,
    ),
    Case(
        "tls",
        "Small requests on kept TLS connections, 64 at once",
        "small",
        _small("/small", 10000, tls=True),
        REQUEST,
        NO_TLS,
    ),
    Case(
        "tls-fresh",
        "Small requests, a new TLS connection for each, 64 at once",
        "small",
        _small("/fresh", 1000, tls=True),
        REQUEST,
        NO_TLS,
    ),
    Case(
        "polls",
        "Polls that are held, all at once, and one woken at a time",
        "polls",
        _polls,
        (
            Metric("memory", "KiB a poll", lambda said: said["memory"] / said["polls"] / KIB),
            Metric("cpu", "µs CPU to have one held", lambda said: said["cpu"] / said["polls"] * 1e6),
            Metric("idle", "ms CPU a second while idle", lambda said: said["idle_cpu"] * 1e3, 2),
            Metric("p50", "µs to wake one, median", lambda said: said["p50_us"], 0),
            Metric("p99", "µs to wake one, 99 %", lambda said: said["p99_us"], 0),
        ),
        BLOCKING,
    ),
    Case(
        "tls-polls",
        "Polls that are held over TLS",
        "polls",
        _tls_polls,
        (
            Metric("memory", "KiB a poll", lambda said: said["memory"] / said["polls"] / KIB),
            Metric("cpu", "µs CPU to have one held", lambda said: said["cpu"] / said["polls"] * 1e6, 0),
        ),
        {**BLOCKING, **NO_TLS},
        rounds=5,
    ),
    Case(
        "body",
        "Bodies of 10 MiB, read whole, one after another",
        "body",
        _body,
        (Metric("cpu", "ms CPU a body", lambda said: said["cpu"] / said["requests"] * 1e3, 2),),
        NO_BODIES,
    ),
    Case(
        "download",
        "A body of 100 MiB into a file, piece by piece",
        "download",
        _download,
        (
            Metric("memory", "MiB of memory more at its peak", lambda said: said["grown"] / MIB, 2),
            Metric("cpu", "ms CPU", lambda said: said["cpu"] * 1e3, 0),
        ),
        {**NO_BODIES, **NO_STREAMING},
        rounds=5,
    ),
    Case(
        "beside",
        "Small requests beside polls that are held, 64 at once",
        "beside",
        _beside,
        tuple(map(_cpu_beside, Scale().steps)),
        BLOCKING,
        rounds=5,
        seconds=180,
    ),
    Case(
        "import",
        "What an import costs a fresh interpreter",
        "import",
        _no_arguments,
        (
            Metric("cpu", "ms CPU", lambda said: said["cpu"] * 1e3),
            Metric("wall", "ms on the clock", lambda said: said["wall"] * 1e3),
        ),
        peers=IMPORTS,
    ),
)
