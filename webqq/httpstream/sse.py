"""Server-sent events from bytes in any pieces (WHATWG HTML, "Server-sent events", interpreting an event stream).

Pure: who connects, and connects again, is :mod:`webqq.httpstream.events`.
"""

import re
from dataclasses import dataclass

from webqq.httpstream.errors import ResponseTooLarge

__all__ = ["EventParser", "ServerSentEvent"]

EVENT_LIMIT = 1024 * 1024
"""Bytes of one line, and of the data lines of one event: more than a sender means, less than hurts."""

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event. ``id`` is that of the last event that had one: what to go on from."""

    type: str
    data: str
    id: str = ""


class EventParser:
    """One event stream. What is not ended by an empty line is no event; the end of the stream ends none.

    - ``last_event_id``: of the connection before; an event without an id of its own has it.
    - ``limit``: bytes of one line, and of the data lines of one event.
    """

    def __init__(self, last_event_id: str = "", *, limit: int = EVENT_LIMIT) -> None:
        self.last_event_id = last_event_id
        """The id to go on from, as of the last empty line."""
        self.retry: float | None = None
        """Seconds that the server wants to be left alone before the next connection; None before it said so."""
        self._limit = limit
        self._begin: bytes | None = b""
        self._line = bytearray()
        self._after_cr = False
        self._id = last_event_id
        self._type = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """Take the next bytes and return the events that they end.

        Raises :class:`~webqq.httpstream.ResponseTooLarge` where a line or an event goes over the limit.
        """
        if self._begin is not None:
            data = self._without_bom(data)
        if self._after_cr and data:
            # The line ended with its CR already: an event does not wait for what comes next.
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr |= data.endswith(b"\r")
        head, *rest = _LINE_END.split(data)
        self._line += head
        events = []
        for part in rest:
            events += self._take_line()
            self._line += part
        self._check(len(self._line), "a line")
        return events

    def _without_bom(self, data: bytes) -> bytes:
        assert self._begin is not None
        data = self._begin + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._begin = data
            return b""
        self._begin = None
        return data.removeprefix(_BOM)

    def _take_line(self) -> list[ServerSentEvent]:
        size = len(self._line)
        self._check(size, "a line")
        # A line is whole characters: no byte of a longer one is CR or LF.
        line = self._line.decode("utf-8", "replace")
        self._line.clear()
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        # A comment is a field without a name.
        self._take_field(name, value.removeprefix(" "), size)
        return []

    def _take_field(self, name: str, value: str, size: int) -> None:
        match name:
            case "event":
                self._type = value
            case "data":
                self._size += size
                self._check(self._size, "an event")
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if _DIGITS.fullmatch(value) is not None:
                # Not int(): it refuses numbers of thousands of digits.
                self.retry = float(value) / 1000

    def _dispatch(self) -> list[ServerSentEvent]:
        self.last_event_id = self._id
        kind, lines = self._type, self._data
        self._type, self._data, self._size = "", [], 0
        return [ServerSentEvent(kind or "message", "\n".join(lines), self._id)] if lines else []

    def _check(self, size: int, what: str) -> None:
        if size > self._limit:
            raise ResponseTooLarge(f"{what} of the event stream is longer than {self._limit} bytes")
