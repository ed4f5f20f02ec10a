"""The log as JSON lines: one object a record, for programs that collect logs.

``time`` (UTC), ``level``, ``logger`` and ``message``, and beside them what the record has in ``fields``. Of an
exception its type and the places it came through are told, not its text, which may hold what somebody sent.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

__all__ = ["JSONFormatter"]


class JSONFormatter(logging.Formatter):
    """Formats each record as one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            entry["exception"] = kind.__name__
            entry["trace"] = [f"{each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(trace)]
        return json.dumps(entry, ensure_ascii=False, default=str)
