"""What one turn of the loop brings, done together.

A loop hands over one event after another, with work of its own between them; and a request that goes out between two
answers wakes its peer for itself alone. So where several connections are ready at once, the first is served at once,
and the others are only noted: in the next turn they are read, then served, one right after another, and what they
send is sent at its end. Each kind of work finds the processor's caches as it left them, and a server that wakes finds
several requests. An event that comes alone waits for nothing, nor does what it leads to.
"""

from collections import deque
from collections.abc import Callable, Sized
from itertools import islice
from typing import Protocol

__all__ = ["FEW", "GROUP", "Ready", "Turn", "Unsent"]

FEW = 2
"""Exchanges under way up to which nothing is put off: answers of so few hardly ever come together."""

GROUP = 64
"""Connections that are read before any of them is served: the bound of what waits in memory."""


class Ready(Protocol):
    """A connection of which the loop has told something."""

    def read_ahead(self) -> None:
        """Take what has come, if that is what the loop has told of; :meth:`serve` follows."""

    def serve(self, events: int) -> None:
        """Tell its listener, unless it is closed by now."""


class Unsent(Protocol):
    """A request that may go out."""

    def send(self) -> None:
        """Give it to the operating system, unless it has ended by now."""


class Turn:
    """``call_soon(callback)`` calls in the next turn; None where no such thing can be trusted to happen: then nothing
    is ever put off. ``under_way`` are the exchanges.
    """

    __slots__ = ("_call_soon", "_ready", "_under_way", "_unsent", "is_open")

    def __init__(self, call_soon: Callable[[Callable[[], None]], object] | None, under_way: Sized) -> None:
        self._call_soon = call_soon
        self._under_way = under_way
        self._ready: deque[tuple[Ready, int]] = deque()
        self._unsent: deque[Unsent] = deque()
        self.is_open = False
        """Whether what comes now is put off."""

    def __repr__(self) -> str:
        return f"<Turn {len(self._ready)} ready, {len(self._unsent)} unsent>"

    def take(self, connection: Ready, events: int) -> None:
        """The loop has told of ``events`` of ``connection``."""
        if self.is_open:
            self._ready.append((connection, events))
            return
        connection.serve(events)
        if self._call_soon is not None and len(self._under_way) > FEW:
            self.is_open = True
            self._call_soon(self._go_on)

    def put_off(self, request: Unsent) -> None:
        """Send ``request`` with the others of this turn, which is open."""
        self._unsent.append(request)

    def _go_on(self) -> None:
        ready, unsent = self._ready, self._unsent
        if not ready and not unsent:
            self.is_open = False
            return
        try:
            while ready:
                group = min(len(ready), GROUP)
                for connection, _ in islice(ready, group):
                    connection.read_ahead()
                for _ in range(group):
                    connection, events = ready.popleft()
                    connection.serve(events)
            for _ in range(len(unsent)):
                unsent.popleft().send()
        finally:
            # Also where somebody's readback raises: the loop tells of that, and the rest goes on. After what this has
            # led to: tasks that were woken send in the turn that comes, and so before its end.
            assert self._call_soon is not None
            self._call_soon(self._go_on)
