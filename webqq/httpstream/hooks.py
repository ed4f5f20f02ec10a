"""What an engine tells of its work: events for hooks, and counters that cost next to nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

__all__ = ["Counters", "Event", "Hook", "tell"]

logger = logging.getLogger("webqq.httpstream")


class Event(StrEnum):
    """What can happen to an exchange, and to a connection that lies idle."""

    QUEUED = "queued"
    """The limits are reached, or a rate: it stands in line."""
    RESOLVED = "resolved"
    CONNECTED = "connected"
    TUNNELLED = "tunnelled"
    """The proxy lets the connection through."""
    SECURED = "secured"
    """A TLS handshake is made, with the origin or with a proxy."""
    REUSED = "reused"
    """A kept connection serves it; ``detail`` is the connection."""
    SENT = "sent"
    FIRST_BYTE = "first byte"
    REDIRECTED = "redirected"
    """``detail`` is the URL it goes on to."""
    RETRIED = "retried"
    """It is sent again; ``detail`` says why."""
    DONE = "done"
    """``detail`` is the response; None where nobody waited for one and the request was sent."""
    FAILED = "failed"
    """``detail`` is the error."""
    CANCELLED = "cancelled"
    DROPPED = "dropped"
    """An idle connection was closed, in no exchange's name; ``detail`` says why."""


Hook: TypeAlias = Callable[[Event, Any, Any], object]
"""Called with the event, the exchange (for ``DROPPED`` the connection), and the event's detail or None."""


@dataclass(slots=True)
class Counters:
    """How often it happened since the stream was made. Bodies count as they came, before any coding is undone."""

    started: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    opened: int = 0
    """Connections that were begun."""
    reused: int = 0
    """Requests that went out over a kept connection."""
    resent: int = 0
    """Requests that met a connection which the server had closed, and went out again."""
    redirected: int = 0
    retried: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    """Idle connections closed, by reason."""


def tell(hooks: Sequence[Hook], event: Event, subject: Any, detail: Any = None) -> None:
    """Call each hook. One that raises is logged; the engine and the other hooks go on."""
    for hook in hooks:
        try:
            hook(event, subject, detail)
        except Exception:
            logger.exception("hook %r failed at %s", hook, event)
