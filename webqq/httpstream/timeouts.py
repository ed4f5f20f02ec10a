"""How long an exchange may take, and in which part of it."""

from dataclasses import dataclass, fields, replace
from math import inf
from types import EllipsisType
from typing import TypeAlias

__all__ = ["TimeoutOption", "Timeouts"]

LONG_POLL_MARGIN = 30.0
"""Seconds beyond the time a server says it holds a poll: a busy server answers late, a dead one never."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each part of an exchange; None sets no bound. Each ends with an error of its own name.

    The parts before the request goes out count for every new connection anew; a kept one needs none of them.
    """

    queue: float | None = None
    """Standing in line for a connection, where limits or a rate say so."""
    resolve: float | None = 15.0
    """The lookup of the host's name, or of the proxy's."""
    connect: float | None = 15.0
    """Until one of the addresses has taken the connection."""
    proxy: float | None = 15.0
    """The proxy's handshake: CONNECT or SOCKS."""
    tls: float | None = 15.0
    """One TLS handshake."""
    write: float | None = 60.0
    """From one byte of the request that the peer takes to the next."""
    first_byte: float | None = None
    """From the last byte of the request to the first of the answer."""
    between_bytes: float | None = 60.0
    """From one byte of the answer to the next."""
    total: float | None = 300.0
    """From the start of the request (after its delay) until the answer is whole, redirects and retries included."""

    def __post_init__(self) -> None:
        for field in fields(self):
            seconds = getattr(self, field.name)
            if not isinstance(seconds, int | float | None):
                raise TypeError(f"timeout {field.name} must be seconds or None, not {type(seconds).__name__}")
            if seconds is not None and not seconds > 0:
                raise ValueError(f"timeout {field.name} must be above 0 seconds or None, not {seconds!r}")

    @classmethod
    def long_poll(cls, hold: float = 60.0) -> "Timeouts":
        """For requests that the server answers at once or after ``hold`` seconds: no bound on the whole."""
        return cls(first_byte=hold + LONG_POLL_MARGIN, total=None)

    def updated(self, option: "TimeoutOption") -> "Timeouts":
        """These with ``option`` taken over, seconds or None as ``total``; ``...`` changes nothing."""
        if isinstance(option, Timeouts):
            return option
        return self if option is ... else replace(self, total=option)

    def total_deadline(self, now: float) -> float:
        return inf if self.total is None else now + self.total


TimeoutOption: TypeAlias = Timeouts | float | EllipsisType | None
"""Seconds for the whole exchange, None for no bound on it, :class:`Timeouts` for each part, ``...`` for the default."""
