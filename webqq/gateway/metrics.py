"""Numbers about a running gateway, and how Prometheus reads them: its text exposition format 0.0.4.

Values of labels come from closed sets, calls and codes of the protocol, so what a client sends makes no new series.
Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["CONTENT_TYPE", "Family", "Metrics", "serialize_metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Family:
    """All samples of one name.

    :param kind: ``counter``, ``gauge`` or ``summary``.
    :param samples: a suffix of the name, labels, and the value.
    """

    name: str
    kind: str
    help: str
    samples: tuple[tuple[str, Labels, float], ...]

    @classmethod
    def gauge(cls, name: str, text: str, value: float) -> "Family":
        """Return a family of one sample, which may rise and fall."""
        return cls(name, "gauge", text, (("", (), value),))


class Metrics:
    """What is counted while the gateway runs."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], int] = {}
        self._seconds: dict[str, tuple[int, float]] = {}
        self._logins: dict[str, int] = {}
        self._troubles: dict[str, int] = {}

    def count_call(self, call: str, code: str, seconds: float) -> None:
        """Note that a call was answered with a code, and how long it took, the wait of a poll included."""
        self._calls[call, code] = self._calls.get((call, code), 0) + 1
        count, total = self._seconds.get(call, (0, 0.0))
        self._seconds[call] = count + 1, total + seconds

    def count_login(self, result: str) -> None:
        """Note how a password login ended, in a word."""
        self._logins[result] = self._logins.get(result, 0) + 1

    def count_trouble(self, event: str) -> None:
        """Note an event between the gateway and a client, one of :class:`.Trouble`."""
        self._troubles[event] = self._troubles.get(event, 0) + 1

    def __len__(self) -> int:
        return len(self._calls) + len(self._seconds) + len(self._logins) + len(self._troubles)

    def families(self) -> Iterator[Family]:
        """Yield what was counted."""
        yield Family(
            "webqq_gateway_calls_total",
            "counter",
            "Calls answered, by name and return code.",
            tuple(("", (("call", call), ("code", code)), value) for (call, code), value in sorted(self._calls.items())),
        )
        yield Family(
            "webqq_gateway_call_seconds",
            "summary",
            "Time from a call's arrival to its answer, the wait of a poll included.",
            tuple(_summary(self._seconds)),
        )
        yield Family(
            "webqq_gateway_logins_total",
            "counter",
            "Password logins, by result.",
            tuple(("", (("result", result),), value) for result, value in sorted(self._logins.items())),
        )
        yield Family(
            "webqq_gateway_troubles_total",
            "counter",
            "Connections that broke, clients that were slow, requests that were turned away, by event.",
            tuple(("", (("event", event),), value) for event, value in sorted(self._troubles.items())),
        )


def _summary(seconds: Mapping[str, tuple[int, float]]) -> Iterator[tuple[str, Labels, float]]:
    for call, (count, total) in sorted(seconds.items()):
        yield "_sum", (("call", call),), total
        yield "_count", (("call", call),), count


def serialize_metrics(families: Iterable[Family]) -> str:
    """Return the exposition.

    >>> print(serialize_metrics([Family.gauge("up", "Whether it is.", 1)]), end="")
    # HELP up Whether it is.
    # TYPE up gauge
    up 1
    """
    lines = []
    for family in families:
        lines.append(f"# HELP {family.name} {_escaped(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        for suffix, labels, value in family.samples:
            lines.append(f"{family.name}{suffix}{_labels(labels)} {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    pairs = ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in labels)
    return f"{{{pairs}}}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quotes else escaped
