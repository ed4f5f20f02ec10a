"""What was sent, what became of it, and whether that may be. Pure.

A message is known by its text, which no other has.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from webqq.client import Outcome

__all__ = ["Handled", "Ledger", "Sent", "read_journal"]


@dataclass(frozen=True)
class Sent:
    """How a send ended, and when, in seconds since the run began."""

    outcome: Outcome
    reason: str
    at: float


@dataclass(frozen=True)
class Handled:
    """One call of the bot's handler, as its journal tells it."""

    redelivered: bool
    process: int
    event: tuple[object, ...]


def read_journal(lines: Iterable[str]) -> dict[str, list[Handled]]:
    """Return the calls for each text, in their order. A last line without its end is none yet."""
    calls = defaultdict(list)
    for line in lines:
        if line.endswith("\n"):
            entry = json.loads(line)
            calls[entry["text"]].append(Handled(entry["redelivered"], entry["process"], tuple(entry["event"])))
    return calls


@dataclass
class Ledger:
    """All messages of a run."""

    sent: dict[str, Sent] = field(default_factory=dict)

    def missing(self, handled: Mapping[str, object]) -> list[str]:
        """Messages that were acknowledged and are not handled."""
        return [text for text, sent in self.sent.items() if sent.outcome is Outcome.SENT and text not in handled]

    def findings(self, handled: Mapping[str, list[Handled]]) -> list[str]:
        """What must not be, a line each."""
        found = [f"lost: {text}, {self.sent[text]}" for text in self.missing(handled)]
        for text, calls in handled.items():
            if not all(call.redelivered for call in calls[1:]):
                found.append(f"doubled: {text}, {self.sent.get(text)}, handled {calls}")
            if text not in self.sent:
                found.append(f"never sent: {text}, handled {calls}")
            elif self.sent[text].outcome is Outcome.FAILED:
                found.append(f"said to have failed: {text}, {self.sent[text]}, handled {calls}")
        return found

    def tally(self, handled: Mapping[str, list[Handled]]) -> dict[str, int]:
        """Counts of messages; ``handled again`` counts those that were, and were marked as redelivered."""
        outcomes = Counter(sent.outcome for sent in self.sent.values())
        found = self.findings(handled)
        return {
            "sent": len(self.sent),
            "acknowledged": outcomes[Outcome.SENT],
            "unknown": outcomes[Outcome.UNKNOWN],
            "failed": outcomes[Outcome.FAILED],
            "handled": len(handled),
            "handled again": sum(len(calls) > 1 for calls in handled.values()),
            "lost": sum(line.startswith("lost") for line in found),
            "doubled": sum(line.startswith("doubled") for line in found),
        }
