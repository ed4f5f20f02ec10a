"""A download that goes on where it was cut: what to ask for, and what the answer means (RFC 9110 chapter 14). Pure."""

import re
from dataclasses import dataclass
from email.message import Message
from email.utils import mktime_tz, parsedate_tz
from enum import Enum

__all__ = ["ContentRange", "Meaning", "Partial", "http_date", "judge", "parse_content_range", "validator_of"]

_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18}|\*)")
_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_STRONG_AFTER = 1.0
"""Seconds between Last-Modified and Date from which on the former tells versions apart (RFC 9110 section 8.8.2.2)."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What is there of a body: ``size`` bytes, of ``total`` (None: not known), of the version ``validator`` names."""

    size: int
    validator: str
    total: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """To ask for the rest, or for all where there is another version now."""
        return {"Range": f"bytes={self.size}-", "If-Range": self.validator}


@dataclass(frozen=True, slots=True)
class ContentRange:
    """The value of a ``Content-Range``; ``start`` None: none of what was asked for, ``total`` None: not known."""

    start: int | None
    end: int | None
    total: int | None


class Meaning(Enum):
    """What is to be done with an answer."""

    ANEW = "it is all of the body: write from the beginning"
    APPEND = "it is the rest"
    WHOLE = "nothing is missing"
    UNCHANGED = "the file that is there is the newest version"
    AGAIN = "what is there fits no version any more: drop it and ask for all"
    REFUSED = "it is no body to keep"


def parse_content_range(value: str | None) -> ContentRange | None:
    """The range that ``value`` names (RFC 9110 section 14.4); None where it is none of bytes or makes no sense."""
    parts = _RANGE.fullmatch((value or "").strip())
    if parts is None:
        return None
    total = None if parts[3] == "*" else int(parts[3])
    if parts[1] is None:
        return None if total is None else ContentRange(None, None, total)
    start, end = int(parts[1]), int(parts[2])
    return None if end < start or (total is not None and end >= total) else ContentRange(start, end, total)


def validator_of(headers: Message) -> str | None:
    """What may stand in ``If-Range`` to go on with this version (RFC 9110 section 13.1.5); None: there is nothing.

    A strong entity tag, or the date of the last change where it is old enough to tell versions apart.
    """
    etag: str | None = headers.get("ETag")
    if etag is not None:
        return etag if _ETAG.fullmatch(etag) else None
    changed, now = http_date(headers.get("Last-Modified")), http_date(headers.get("Date"))
    if changed is None or now is None or now - changed < _STRONG_AFTER:
        return None
    value: str = headers["Last-Modified"]
    return value


def http_date(value: str | None) -> float | None:
    """Seconds since 1970 of a date in a header; None where it is none."""
    parts = parsedate_tz((value or "")[:64])
    try:
        return None if parts is None else float(mktime_tz(parts))
    except (ValueError, OverflowError):
        return None


def judge(status: int, headers: Message, partial: Partial | None) -> Meaning:
    """What an answer means, where ``partial`` was to be continued, or nothing was there (None)."""
    if status == 304:
        return Meaning.UNCHANGED
    if partial is not None and status == 416:
        told = parse_content_range(headers.get("Content-Range"))
        total = partial.total if told is None else told.total
        return Meaning.WHOLE if total == partial.size else Meaning.AGAIN
    if status == 206:
        if partial is None:
            return Meaning.REFUSED
        return Meaning.APPEND if _continues(headers, partial) else Meaning.AGAIN
    return Meaning.ANEW if 200 <= status < 300 else Meaning.REFUSED


def _continues(headers: Message, partial: Partial) -> bool:
    told = parse_content_range(headers.get("Content-Range"))
    if told is None or told.start != partial.size:
        return False
    if None not in (told.total, partial.total) and told.total != partial.total:
        return False
    etag = headers.get("ETag")
    return etag is None or not partial.validator.startswith('"') or etag == partial.validator
