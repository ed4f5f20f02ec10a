"""What came of one URL. Pure."""

import json
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Outcome", "Result"]

_ENCODER = json.JSONEncoder(ensure_ascii=False)


class Outcome(StrEnum):
    """How it ended."""

    ANSWERED = "answered"
    """A body came whole and was not to be kept, or was written to standard output."""
    SAVED = "saved"
    RESUMED = "resumed"
    """Saved, and a part of it was there before."""
    UNCHANGED = "unchanged"
    """The server says that the file is still the newest."""
    EXISTS = "exists"
    """The file is there: nobody was asked."""
    REFUSED = "refused"
    """The status is 400 or above."""
    FAILED = "failed"
    """There was no answer, it broke off, or it could not be written."""


@dataclass(slots=True)
class Result:
    """Of one URL; None where there is no such fact.

    ``line`` is its number in the file it stood in. ``bytes`` are those of the body that came in this run, ``seconds``
    last from the first request to the last byte, redirects and retries included; ``first_byte`` until the answer
    began. ``error`` is the name of the class, ``message`` says it in words.
    """

    url: str
    line: int | None = None
    outcome: Outcome = Outcome.FAILED
    status: int | None = None
    final_url: str | None = None
    redirects: int = 0
    bytes: int = 0
    seconds: float | None = None
    first_byte: float | None = None
    file: str | None = None
    error: str | None = None
    message: str | None = None

    @property
    def is_good(self) -> bool:
        return self.outcome not in (Outcome.REFUSED, Outcome.FAILED)

    def to_json(self) -> str:
        """One line, every key in it."""
        # Not asdict(), which copies deeply: at a thousand results a second that would be felt.
        fields = {name: getattr(self, name) for name in self.__slots__}
        for name in ("seconds", "first_byte"):
            if fields[name] is not None:
                fields[name] = round(fields[name], 6)
        return _ENCODER.encode(fields)

    def complaint(self) -> str | None:
        """What went wrong in one line of text, or None."""
        if self.is_good:
            return None
        where = self.url if self.line is None else f"line {self.line}: {self.url}"
        return f"{where}: {self.message or f'status {self.status}'}"
