"""Which of a host's addresses takes the connection: Happy Eyeballs (RFC 8305) from the resolved names on.

Addresses are tried in turn, the families alternating, and each attempt has a head start over the next. The first to
connect wins and the others are given up, so that a family that leads nowhere costs a quarter of a second. The
resolver gives the addresses of both families together and in the order of RFC 6724, so sections 3 and 7 of RFC 8305
have no part here. No clock and no socket: who drives a :class:`Race` does what it answers.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import zip_longest
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "ATTEMPT_DELAY",
    "TRANSITIONS",
    "Action",
    "Address",
    "Begin",
    "IllegalInput",
    "Input",
    "Lost",
    "Race",
    "RaceState",
    "Winners",
    "Won",
    "order_addresses",
    "show_address",
]

ATTEMPT_DELAY = 0.25
"""Seconds by which an attempt is ahead of the next, as section 5 recommends; it allows 0.1 to 2."""


class Address(NamedTuple):
    """Where a socket connects to: the address family and what ``socket.connect`` takes."""

    family: int
    sockaddr: Any

    def __str__(self) -> str:
        return show_address(self)


def show_address(address: Address) -> str:
    """``192.0.2.1:80``, ``[2001:db8::1]:80``; what is no pair of host and port as it is."""
    sockaddr = address.sockaddr
    if not isinstance(sockaddr, tuple) or len(sockaddr) < 2:
        return str(sockaddr)
    host, port = sockaddr[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def order_addresses(addresses: Sequence[Address], preferred: Address | None = None) -> list[Address]:
    """``addresses`` as they are to be tried: ``preferred`` first where it is among them, the families alternating.

    The family of the first is that of ``preferred``, else the resolver's choice; within a family the resolver's
    order stays (RFC 8305 section 4, with one address of the first family ahead).
    """
    ordered = list(addresses)
    if len(ordered) < 2:
        return ordered
    if preferred is not None and preferred in ordered:
        ordered.remove(preferred)
        ordered.insert(0, preferred)
    families: dict[int, list[Address]] = {}
    for address in ordered:
        families.setdefault(address.family, []).append(address)
    return ordered if len(families) == 1 else list(_interleave(families.values()))


def _interleave(groups: Iterable[list[Address]]) -> Iterator[Address]:
    for row in zip_longest(*groups):
        yield from (address for address in row if address is not None)


class RaceState(Enum):
    """Where a race stands."""

    READY = "ready"
    RACING = "racing"
    WON = "won"
    LOST = "lost"

    # They are in the keys of a table; an enum's own hash is a Python function.
    __hash__ = object.__hash__


class Input(Enum):
    """What a race is told, one method each."""

    START = "start"
    FAILED = "failed"
    CONNECTED = "connected"
    TICK = "tick"

    __hash__ = object.__hash__


TRANSITIONS: dict[tuple[RaceState, Input], frozenset[RaceState]] = {
    (RaceState.READY, Input.START): frozenset({RaceState.RACING}),
    (RaceState.RACING, Input.TICK): frozenset({RaceState.RACING}),
    # LOST: it was the last address, and none of the others is still trying.
    (RaceState.RACING, Input.FAILED): frozenset({RaceState.RACING, RaceState.LOST}),
    (RaceState.RACING, Input.CONNECTED): frozenset({RaceState.WON}),
}


class IllegalInput(AssertionError):
    """A race was told what :data:`TRANSITIONS` does not have, or of an attempt that is not under way."""


class Begin(NamedTuple):
    """Connect to ``address``: attempt number ``attempt``."""

    attempt: int
    address: Address


class Won(NamedTuple):
    """Attempt ``attempt`` to ``address`` has it; close the sockets of the attempts ``losers``."""

    attempt: int
    address: Address
    losers: tuple[int, ...]


class Lost(NamedTuple):
    """Every address failed, each of them for what ``reasons`` says."""

    reasons: str
    cause: Exception


Action: TypeAlias = Begin | Won | Lost


class Race:
    """Attempts at ``addresses``, at least one, in this order, ``delay`` seconds apart.

    Each method takes the time where it needs it, in seconds from any fixed point, and says what is to be done now;
    None: nothing, until :attr:`next_due` or until an attempt ends.

    - ``next_due``: when :meth:`tick` begins the next attempt; None where there is no further one.
    - ``errors``: the addresses that failed so far and why, in the order in which they did.
    """

    __slots__ = ("_addresses", "_begun", "_delay", "_running", "errors", "next_due", "state")

    def __init__(self, addresses: Sequence[Address], delay: float = ATTEMPT_DELAY) -> None:
        if not addresses:
            raise ValueError("a race needs an address")
        self.state = RaceState.READY
        self.next_due: float | None = None
        self.errors: list[tuple[Address, Exception]] = []
        self._addresses = addresses
        self._delay = delay
        self._begun = 0
        self._running: list[int] = []

    def __repr__(self) -> str:
        return f"<Race {self.state.name} {self._begun} of {len(self._addresses)} begun, {len(self.errors)} failed>"

    def start(self, now: float) -> Begin:
        """Begin with the first address."""
        self._move(Input.START, RaceState.RACING)
        return self._begin(now)

    def tick(self, now: float) -> Begin | None:
        """The next attempt, if it is due."""
        self._move(Input.TICK, RaceState.RACING)
        return self._begin(now) if self.next_due is not None and now >= self.next_due else None

    def failed(self, attempt: int, error: Exception, now: float) -> Begin | Lost | None:
        """``attempt`` failed: begin the next at once, unless others must be waited for or none is left."""
        has_next = self._begun < len(self._addresses)
        is_over = not has_next and self._running == [attempt]
        self._move(Input.FAILED, RaceState.LOST if is_over else RaceState.RACING, attempt)
        self.errors.append((self._addresses[attempt], error))
        if is_over:
            return Lost(self.reasons(), error)
        return self._begin(now) if has_next else None

    def connected(self, attempt: int) -> Won:
        """``attempt`` has a connection, and wins."""
        self._move(Input.CONNECTED, RaceState.WON, attempt)
        self.next_due = None
        return Won(attempt, self._addresses[attempt], tuple(self._running))

    def reasons(self, running: str = "no answer") -> str:
        """Why there is no connection, address by address; ``running`` is said of attempts that have not ended."""
        told = [f"{show_address(address)}: {_reason(error)}" for address, error in self.errors]
        told += [f"{show_address(self._addresses[attempt])}: {running}" for attempt in self._running]
        return "; ".join(told)

    def _begin(self, now: float) -> Begin:
        attempt = self._begun
        self._begun += 1
        self._running.append(attempt)
        self.next_due = now + self._delay if self._begun < len(self._addresses) else None
        return Begin(attempt, self._addresses[attempt])

    def _move(self, what: Input, state: RaceState, attempt: int | None = None) -> None:
        if state not in TRANSITIONS.get((self.state, what), ()):
            raise IllegalInput(f"{self!r} takes no {what.value}")
        if attempt is not None:
            if attempt not in self._running:
                raise IllegalInput(f"attempt {attempt} of {self!r} is not under way")
            self._running.remove(attempt)
        self.state = state


def _reason(error: Exception) -> str:
    strerror = getattr(error, "strerror", None)
    return strerror if isinstance(strerror, str) else str(error) or type(error).__name__


class Winners:
    """The addresses that won, for at most ``size`` hosts; the one unused for longest makes room.

    A key is whatever has addresses of its own, such as host and port.
    """

    def __init__(self, size: int = 1000) -> None:
        self._size = size
        self._winners: OrderedDict[Hashable, Address] = OrderedDict()

    def __len__(self) -> int:
        return len(self._winners)

    def remember(self, key: Hashable, address: Address) -> None:
        """``address`` is to be tried first the next time."""
        self._winners[key] = address
        self._winners.move_to_end(key)
        if len(self._winners) > self._size:
            self._winners.popitem(last=False)

    def recall(self, key: Hashable) -> Address | None:
        """The address that won last, if that is still known."""
        if key not in self._winners:
            return None
        self._winners.move_to_end(key)
        return self._winners[key]

    def forget(self, key: Hashable) -> None:
        """Every address of ``key`` is as good as the others again."""
        self._winners.pop(key, None)
