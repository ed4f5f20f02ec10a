"""How long an exchange may take, and in which part of it."""

from dataclasses import dataclass, replace
from math import inf
from types import EllipsisType
from typing import TypeAlias

__all__ = ["TimeoutOption", "Timeouts"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; None sets no bound.

    ``connect``: from the wish for a new connection until its handshake is made, the name's lookup included.
    ``total``: from the start of the request (after its delay) until the answer is whole.
    """

    connect: float | None = 15.0
    total: float | None = 300.0

    def __post_init__(self) -> None:
        for name in ("connect", "total"):
            seconds = getattr(self, name)
            if seconds is not None and not seconds > 0:
                raise ValueError(f"timeout {name} must be above 0 seconds or None, not {seconds!r}")

    def updated(self, option: "TimeoutOption") -> "Timeouts":
        """These with ``option`` taken over, seconds or None as ``total``; ``...`` changes nothing."""
        if isinstance(option, Timeouts):
            return option
        return self if option is ... else replace(self, total=option)

    def connect_deadline(self, now: float) -> float:
        return inf if self.connect is None else now + self.connect

    def total_deadline(self, now: float) -> float:
        return inf if self.total is None else now + self.total


TimeoutOption: TypeAlias = Timeouts | float | EllipsisType | None
"""Seconds for the whole exchange, None for no bound, :class:`Timeouts` for both, ``...`` for the stream's own."""
