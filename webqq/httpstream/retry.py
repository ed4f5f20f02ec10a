"""Whether a request is tried again, and after how many seconds.

Time and chance are arguments. Nothing is tried again that may take effect twice, or whose body is gone.
"""

import re
from calendar import timegm
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_tz
from math import inf
from urllib.request import Request

from webqq.httpstream.errors import HTTPStreamError, TotalTimeout
from webqq.httpstream.follow import IDEMPOTENT, can_rewind, is_keyed

__all__ = ["NOTHING_WRITTEN", "Backoff", "Retry", "parse_retry_after"]

NOTHING_WRITTEN = frozenset({"SCHEDULED", "QUEUED", "RESOLVING", "CONNECTING", "PROXYING", "TLS"})
"""Values of ``HTTPStreamError.phase`` in which no byte of the request has reached the server."""

_SECONDS = re.compile(r"[0-9]{1,300}(?:\.[0-9]{1,20})?")
_MAX_DATE = 64


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after a failure; longer after each further one.

    - ``first``: seconds after the first failure.
    - ``factor``: what each further failure multiplies them by.
    - ``max_delay``: the most seconds they grow to.
    - ``jitter``: how much of them is left to chance, from 0 (none) to 1 (all): those who failed together do not all
      come back together.
    """

    first: float = 0.5
    factor: float = 2.0
    max_delay: float = 60.0
    jitter: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.first < inf and 0 <= self.max_delay < inf):
            raise ValueError("first and max_delay must be 0 seconds or more")
        if not 1 <= self.factor < inf:
            raise ValueError("factor must be 1 or more")
        if not 0 <= self.jitter <= 1:
            raise ValueError("jitter must be 0 to 1")

    def delay(self, failures: int, chance: float) -> float:
        """Seconds to wait after ``failures`` failures in a row, 1 or more; ``chance`` is a random number in [0, 1)."""
        try:
            full = min(self.max_delay, self.first * float(self.factor) ** (failures - 1))
        except OverflowError:
            full = self.max_delay if self.first else 0.0
        return full * (1 - self.jitter * chance)


@dataclass(frozen=True, slots=True)
class Retry:
    """Which exchanges are tried again.

    - ``attempts``: how often a request goes out in all, 3 by default; 1 never tries again.
    - ``backoff``: how long to wait before.
    - ``statuses``: answers after which it is worth it.
    - ``methods``: those that may reach the server twice (RFC 9110 section 9.2.2); a request with an
      ``Idempotency-Key`` header may too. Others are tried again only where nothing was written.
    - ``respect_retry_after``: wait at least as long as a ``Retry-After`` header asks.
    - ``max_retry_after``: seconds; who is asked to wait longer gives up instead.
    """

    attempts: int = 3
    backoff: Backoff = Backoff()
    statuses: frozenset[int] = frozenset({429, 502, 503, 504})
    methods: frozenset[str] = IDEMPOTENT
    respect_retry_after: bool = True
    max_retry_after: float = 120.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("attempts must be 1 or more")
        if not self.max_retry_after >= 0:
            raise ValueError("max_retry_after must be 0 seconds or more")

    def delay_after_error(self, request: Request, error: HTTPStreamError, attempt: int, chance: float) -> float | None:
        """Seconds until ``request`` goes out again after its ``attempt``-th time, 1 or more, ended with ``error``.

        None: it does not. Never after a :class:`TotalTimeout`: the time that the caller gave is used up.
        """
        if not error.is_transient or isinstance(error, TotalTimeout) or not self._has_another(request, attempt):
            return None
        if error.phase not in NOTHING_WRITTEN and not self._may_repeat(request):
            return None
        return self.backoff.delay(attempt, chance)

    def delay_after_response(
        self, request: Request, status: int, headers: Message, attempt: int, chance: float, now: float
    ) -> float | None:
        """As :meth:`delay_after_error`, where an answer came; None: that answer is the caller's.

        ``now`` is the time of day in seconds since 1970, for a ``Retry-After`` that is a date.
        """
        if status not in self.statuses or not self._has_another(request, attempt) or not self._may_repeat(request):
            return None
        delay = self.backoff.delay(attempt, chance)
        asked = parse_retry_after(headers.get("Retry-After"), now) if self.respect_retry_after else None
        if asked is None:
            return delay
        return None if asked > self.max_retry_after else max(asked, delay)

    def _has_another(self, request: Request, attempt: int) -> bool:
        return attempt < self.attempts and can_rewind(request)

    def _may_repeat(self, request: Request) -> bool:
        return request.get_method() in self.methods or is_keyed(request)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """The seconds that a ``Retry-After`` header asks for (RFC 9110 section 10.2.3), 0 or more; None if it is junk.

    ``now`` is in seconds since 1970. Fractions are taken too: some services send them.
    """
    value = (value or "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    # Bounded before it is parsed: the parser is lenient and takes its time.
    parts = parsedate_tz(value[:_MAX_DATE])
    if parts is None:
        return None
    try:
        return max(0.0, timegm(parts[:9]) - (parts[9] or 0) - now)
    except (ValueError, OverflowError):
        return None
