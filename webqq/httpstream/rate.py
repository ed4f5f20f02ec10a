"""How often one host is asked: a bucket of tokens, kept as two moments.

Pure: the time is an argument, in seconds of any clock that does not go back.
"""

from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf

__all__ = ["Bucket", "RateLimit", "RateLimits"]

# Hosts that are remembered before anybody looks which of them may be forgotten.
_FIRST_SWEEP = 256


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most ``requests`` in ``per`` seconds (1 by default), evenly spread, to each host.

    ``burst``, 1 by default, is how many may go at once after a pause: RateLimit(20, 60, burst=5) lets five go, and
    then one each three seconds.
    """

    requests: float
    per: float = 1.0
    burst: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.requests < inf and 0 < self.per < inf):
            raise ValueError("requests and per must be more than 0")
        if self.burst < 1:
            raise ValueError("burst must be 1 or more")

    @property
    def interval(self) -> float:
        """Seconds between two requests where many wait."""
        return self.per / self.requests


class Bucket:
    """The requests to one host under a :class:`RateLimit`. Each is given a moment of its own, in the order of asking.

    Takes constant time and memory, but for moments that were given back and have not passed.
    """

    __slots__ = ("_freed", "_full_at", "_head_start", "_interval")

    def __init__(self, limit: RateLimit) -> None:
        self._interval = limit.interval
        self._head_start = self._interval * (limit.burst - 1)
        # When all tokens would be back, were nobody to ask any more.
        self._full_at = -inf
        self._freed: list[float] = []

    def reserve(self, now: float) -> float:
        """Seconds until the next request may go; 0: at once. That moment is taken by this call."""
        self._forget_passed(now)
        if self._freed:
            # Earlier than any that was not given out yet.
            return heappop(self._freed) - now
        full_at = max(self._full_at, now)
        self._full_at = full_at + self._interval
        return max(0.0, full_at - self._head_start - now)

    def give_back(self, moment: float) -> None:
        """``moment``, the ``now`` of a :meth:`reserve` plus what it returned, is not needed after all.

        The next who asks before it gets it; those who wait already keep theirs. Once it has passed it is lost: two
        at once would be more than the limit lets through.
        """
        heappush(self._freed, moment)

    def is_full(self, now: float) -> bool:
        """Whether it is as a new one: it need not be kept."""
        self._forget_passed(now)
        return self._full_at <= now and not self._freed

    def _forget_passed(self, now: float) -> None:
        while self._freed and self._freed[0] < now:
            heappop(self._freed)


class RateLimits:
    """A :class:`Bucket` for each host that was asked of late."""

    __slots__ = ("_buckets", "_limit", "_sweep_at")

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._buckets: dict[str, Bucket] = {}
        self._sweep_at = _FIRST_SWEEP

    def __len__(self) -> int:
        return len(self._buckets)

    def reserve(self, host: str, now: float) -> float:
        """As :meth:`Bucket.reserve`, for ``host``. Once for each request: it is not to ask again when it has waited."""
        bucket = self._buckets.get(host)
        if bucket is None:
            if len(self._buckets) >= self._sweep_at:
                self._sweep(now)
            bucket = self._buckets[host] = Bucket(self._limit)
        return bucket.reserve(now)

    def give_back(self, host: str, moment: float) -> None:
        """As :meth:`Bucket.give_back`, for ``host``."""
        bucket = self._buckets.get(host)
        if bucket is not None:
            bucket.give_back(moment)

    def _sweep(self, now: float) -> None:
        # The next time when they are twice as many: each host has then paid for its share of the looking.
        self._buckets = {host: bucket for host, bucket in self._buckets.items() if not bucket.is_full(now)}
        self._sweep_at = max(_FIRST_SWEEP, 2 * len(self._buckets))
