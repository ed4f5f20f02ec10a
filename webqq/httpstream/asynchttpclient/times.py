"""When each step of a fetch began, and what a caller is told of it."""

from dataclasses import dataclass

from webqq.httpstream.timings import Timings

__all__ = ["FetchTimes"]


@dataclass(slots=True)
class FetchTimes:
    """Points in time on the loop's clock, in seconds; 0 for what has not happened."""

    asked: float
    """``fetch`` was called."""
    started: float = 0.0
    """The wait in line was over."""
    leg: float = 0.0
    """The last request was sent: the first one, or that of a redirect."""

    def request_time(self, now: float) -> float:
        """Seconds that the last request took, or the wait in line where there was none."""
        return now - (self.leg or self.asked)

    def time_info(self, timings: Timings, now: float) -> dict[str, float]:
        """Seconds, under the names that curl has for them and from the points that it counts from."""
        start, phases = timings.started, timings.phases or {}
        info = {
            "queue": self.started - self.asked,
            "redirect": self.leg - self.started,
            "namelookup": phases.get("connecting", start) - start,
            "connect": (phases.get("proxying") or phases.get("tls") or timings.sent) - start if phases else 0.0,
            "pretransfer": timings.sent - start,
            "starttransfer": timings.first_byte - start,
            "total": now - self.started,
        }
        # An answer may come before all of the request has gone.
        return {name: max(0.0, seconds) for name, seconds in info.items()}
