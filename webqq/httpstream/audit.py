"""Whether the engine's books agree: handlers, sockets, places in the pool, timers and exchanges."""

from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from webqq.httpstream.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webqq.httpstream.connection import Connection
    from webqq.httpstream.exchange import Exchange
    from webqq.httpstream.stream import HTTPStream

__all__ = ["Audit", "AuditError", "audit"]


class AuditError(AssertionError):
    """The engine's books disagree: a fault in the engine. ``findings`` has a line for each disagreement."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("; ".join(findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Audit:
    """What is under way. ``str()`` of it has a line for each exchange and each idle connection."""

    exchanges: "tuple[Exchange, ...]"
    idle: "tuple[Connection, ...]"

    @property
    def is_clean(self) -> bool:
        """Whether nothing at all is under way or open."""
        return not self.exchanges and not self.idle

    def __str__(self) -> str:
        return "\n".join(map(repr, (*self.exchanges, *self.idle))) or "nothing is under way"


def audit(stream: "HTTPStream") -> Audit:
    """What is under way in ``stream``. Raises :class:`AuditError`."""
    findings = [*_exchanges(stream), *_sockets(stream), *_places(stream), *_timers(stream)]
    if findings:
        raise AuditError(findings)
    pools = stream.connections.pools.values()
    idle = tuple(connection for pool in pools for connection in pool.idle_connections)
    return Audit(tuple(stream.under_way), idle)


def _exchanges(stream: "HTTPStream") -> "Iterator[str]":
    """Each exchange holds what its state needs, and nothing else."""
    waiting = {id(waiter) for pool in stream.connections.pools.values() for waiter in pool.waiting}
    for exchange in stream.under_way:
        state, held = exchange.state, len(exchange.connections)
        if state.is_final:
            yield f"{exchange!r} has ended and is under way"
        if (state is State.QUEUED) != (id(exchange) in waiting):
            yield f"{exchange!r} and the line do not know of each other"
        if state.is_connected != (held == 1) and state not in _DIALLING:
            yield f"{exchange!r} holds {held} connections"
        if (state is State.SCHEDULED) != exchange.has_delay:
            yield f"{exchange!r} and its delay do not agree"


_DIALLING = frozenset({State.CONNECTING, State.PROXYING, State.TLS})


def _sockets(stream: "HTTPStream") -> "Iterator[str]":
    """Each open socket is idle or held by one exchange, and the loop listens to it."""
    connections = stream.connections
    held = Counter(connection for exchange in stream.under_way for connection in exchange.connections)
    idle = Counter(connection for pool in connections.pools.values() for connection in pool.idle_connections)
    for connection, count in (held + idle).items():
        if count > 1:
            yield f"{connection!r} is held {count} times"
    if set(held) | set(idle) != connections.open:
        yield f"open and held connections differ: {connections.open ^ (set(held) | set(idle))}"
    busy = {connection for connection in connections.open if connection.request is not None}
    if busy != set(held):
        yield f"{busy ^ set(held)} work for a request or are held by an exchange, and not both"
    handlers = getattr(stream.ioloop, "handlers", None)
    for connection in connections.open:
        if not connection.is_open:
            yield f"{connection!r} is not registered with the loop"
        elif isinstance(handlers, dict) and connection.fd not in handlers:
            yield f"the loop does not listen to {connection!r}"


def _places(stream: "HTTPStream") -> "Iterator[str]":
    """The places that are taken in the pools are those of connections, open or on their way."""
    dialling = sum(exchange.is_dialling for exchange in stream.under_way)
    settled = sum(connection.route is not None for connection in stream.connections.open) - sum(
        len(exchange.connections) for exchange in stream.under_way if exchange.is_dialling
    )
    taken = sum(pool.open_count for pool in stream.connections.pools.values())
    if taken != dialling + settled:
        yield f"{taken} places are taken, by {settled} connections and {dialling} on their way"


def _timers(stream: "HTTPStream") -> "Iterator[str]":
    """Whatever has a deadline is watched, and the timer is set for the first."""
    watched = 0
    for exchange in stream.under_way:
        # One whose deadline was taken away is watched until the time comes that it had.
        watched += exchange.slot is not None
        if exchange.deadline != inf and exchange.slot is None:
            yield f"{exchange!r} has a deadline that nobody watches"
    if watched != len(stream.deadlines):
        yield f"{len(stream.deadlines)} deadlines are watched, {watched} of exchanges that are under way"
    due = stream.deadlines.next_due()
    if (due is not None or stream.connections.next_expiry() != inf) and not stream.has_timer:
        yield "something falls due and no timer is set"
