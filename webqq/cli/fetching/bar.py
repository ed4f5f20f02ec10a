"""How far a run is, as one line of a terminal. Pure: the time is an argument."""

from collections import deque
from dataclasses import dataclass, field
from itertools import accumulate

from webqq.cli.fetching.units import format_bytes, format_clock, format_count

__all__ = ["Progress", "render"]

_WINDOW = 5.0
"""Seconds over which speeds are measured: long enough to be read, short enough to be true."""
_BLOCKS = " ▏▎▍▌▋▊▉█"
_LONGEST_BAR = 30
_SHORTEST_BAR = 8


@dataclass(slots=True)
class Progress:
    """``total``: how many there are to be done, None where nobody knows. ``started``: seconds, on any clock.

    ``size``: where there is but one, the bytes that it has in all; ``offset``: those that were there before.
    """

    started: float
    total: int | None = None
    done: int = 0
    failed: int = 0
    bytes: int = 0
    size: int | None = None
    offset: int = 0
    _samples: "deque[tuple[float, int, int]]" = field(default_factory=deque)

    def sample(self, now: float) -> tuple[float, float]:
        """Remember where things stand at ``now``; gives requests and bytes a second of late."""
        samples = self._samples
        if not samples:
            samples.append((self.started, 0, 0))
        samples.append((now, self.done, self.bytes))
        while len(samples) > 2 and samples[1][0] <= now - _WINDOW:
            samples.popleft()
        then, done, count = samples[0]
        spent = max(now - then, 1e-9)
        return (self.done - done) / spent, (self.bytes - count) / spent

    @property
    def share(self) -> float | None:
        """How much is done, from 0 to 1; None where nobody knows."""
        if self.total == 1 and self.size:
            return min((self.offset + self.bytes) / self.size, 1.0)
        return min(self.done / self.total, 1.0) if self.total else None


def render(progress: Progress, now: float, width: int, *, blocks: bool = True) -> str:
    """The line, in less than ``width`` columns: the least important is left out first.

    ``blocks``: draw with the block characters of Unicode, not with ``#``.
    """
    rate, speed = progress.sample(now)
    share = progress.share
    texts = [text for text in _texts(progress, rate, speed, now) if text]
    lengths = accumulate(len(text) + 2 for text in texts)
    line = "  ".join(text for text, length in zip(texts, lengths, strict=True) if length <= width)
    room = width - len(line) - 5
    if share is None or room < _SHORTEST_BAR:
        return line
    return f"{_bar(share, min(room, _LONGEST_BAR), blocks=blocks)}  {line}"


def _texts(progress: Progress, rate: float, speed: float, now: float) -> list[str]:
    """The most important first."""
    share, spent = progress.share, now - progress.started
    percent = "" if share is None else f"{int(share * 100):3d}%"
    if progress.total == 1:
        size = "" if progress.size is None else f" of {format_bytes(progress.size)}"
        first = f"{format_bytes(progress.offset + progress.bytes)}{size}"
        return [percent, first, f"{format_bytes(speed)}/s", _time_left(progress, speed, spent)]
    total = "" if progress.total is None else f"/{format_count(progress.total)}"
    failed = f"{format_count(progress.failed)} failed" if progress.failed else ""
    return [
        percent,
        f"{format_count(progress.done)}{total}",
        failed,
        f"{format_count(rate)}/s",
        _time_left(progress, rate, spent),
        f"{format_bytes(progress.bytes)}, {format_bytes(speed)}/s",
    ]


def _time_left(progress: Progress, rate: float, spent: float) -> str:
    if progress.total == 1:
        left = None if progress.size is None else progress.size - progress.offset - progress.bytes
    else:
        left = None if progress.total is None else progress.total - progress.done
    if left is None or rate <= 0:
        return format_clock(spent)
    return f"{format_clock(max(left, 0) / rate)} left"


def _bar(share: float, width: int, *, blocks: bool) -> str:
    if not blocks:
        full = int(share * width)
        return f"[{'#' * full}{'.' * (width - full)}]"
    eighths = int(share * width * 8)
    full, part = divmod(eighths, 8)
    line = _BLOCKS[8] * full + (_BLOCKS[part] if full < width else "")
    return f"▕{line:{width}}▏"
