"""Where the time of an exchange went."""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Timings"]


class Timings(NamedTuple):
    """Points in time on the stream's clock, in seconds; only their differences mean something.

    Those of the last request sent, where redirects or retries came before; ``started`` is that of the first.
    """

    started: float
    """The exchange began: after its delay, before it stood in line."""
    sent: float
    """All of the request was given to the operating system, or its body was cut short by the answer."""
    first_byte: float
    """The first byte of the answer came."""
    done: float
    """The answer was whole; of a streamed one, its head."""
    phases: Mapping[str, float] | None
    """When each phase of a new connection began: ``resolving``, ``connecting``, ``proxying``, ``tls``, and
    ``queued``; None where a kept connection was free at once."""

    @property
    def total(self) -> float:
        """Seconds from the start until the answer was whole."""
        return self.done - self.started

    @property
    def waiting(self) -> float:
        """Seconds from the request's last byte to the answer's first: the server's part."""
        return self.first_byte - self.sent
