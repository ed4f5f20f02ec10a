"""Where an exchange stands, and where it may go from there.

::

    SCHEDULED -> (QUEUED) -> RESOLVING -> CONNECTING -> (PROXYING) -> (TLS) -> WRITING -> READING -> DONE
                                                                             any of them -> FAILED | CANCELLED

A kept connection leads from SCHEDULED or QUEUED to WRITING at once. EXPECTING lies within WRITING, where the body
waits for the server's leave. A request that is sent again begins anew: from SCHEDULED after a redirect or at a retry,
at once where a kept connection was closed by the server.
"""

from enum import IntEnum

__all__ = ["TRANSITIONS", "IllegalTransition", "State"]


class State(IntEnum):
    """Where an exchange stands."""

    SCHEDULED = 0
    QUEUED = 1
    RESOLVING = 2
    CONNECTING = 3
    PROXYING = 4
    TLS = 5
    WRITING = 6
    EXPECTING = 7
    READING = 8
    DONE = 9
    FAILED = 10
    CANCELLED = 11

    @property
    def is_final(self) -> bool:
        return self >= State.DONE

    @property
    def is_connected(self) -> bool:
        """Whether the request has a connection that is ready for it."""
        return State.WRITING <= self <= State.READING


# By themselves, for code that runs for each event: up to Python 3.11 a look-up on the class costs as much as a call.
(
    SCHEDULED,
    QUEUED,
    RESOLVING,
    CONNECTING,
    PROXYING,
    TLS,
    WRITING,
    EXPECTING,
    READING,
    DONE,
    FAILED,
    CANCELLED,
) = State

_ENDS = frozenset({State.FAILED, State.CANCELLED})
# CONNECTING at once: an address is written in the URL, or the two-method contract gives a connecting socket.
_START = frozenset({State.QUEUED, State.RESOLVING, State.CONNECTING, State.WRITING})
# SCHEDULED: a redirect, or a retry.
_AGAIN = _START | {State.SCHEDULED}

TRANSITIONS: dict[State, frozenset[State]] = {
    # Before there is a connection. SCHEDULED to itself: a rate limit holds up what was delayed before.
    State.SCHEDULED: _ENDS | _AGAIN,
    State.QUEUED: _ENDS | _AGAIN,
    State.RESOLVING: _ENDS | _AGAIN,
    # To itself: the next address of the host. TLS before PROXYING: that with the proxy.
    State.CONNECTING: _ENDS | _AGAIN | {State.PROXYING, State.TLS},
    State.PROXYING: _ENDS | _AGAIN | {State.TLS},
    State.TLS: _ENDS | _AGAIN | {State.PROXYING},
    # On the wire.
    State.WRITING: _ENDS | _AGAIN | {State.EXPECTING, State.READING, State.DONE},
    State.EXPECTING: _ENDS | _AGAIN | {State.READING, State.DONE},
    State.READING: _ENDS | _AGAIN | {State.DONE},
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


class IllegalTransition(AssertionError):
    """The engine tried a move that :data:`TRANSITIONS` does not have: a fault in the engine."""
