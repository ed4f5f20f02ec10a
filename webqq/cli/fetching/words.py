"""What the options of ``webqq fetch`` say, as values. Each raises ``ValueError`` for what it does not understand."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from webqq.httpstream import File, Form, RateLimit

__all__ = ["parse_data", "parse_form", "parse_headers", "parse_rate"]

_HEADER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/([smh]))?")
_SPANS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def parse_headers(texts: Iterable[str]) -> dict[str, str]:
    """``Name: value`` each; what stands twice becomes a list (RFC 9110 section 5.3).

    >>> parse_headers(["Accept: text/html", "accept: text/plain"])
    {'Accept': 'text/html, text/plain'}
    """
    headers: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for text in texts:
        parts = _HEADER.fullmatch(text)
        if parts is None or _VALUE.fullmatch(parts[2]) is None:
            # Not the value: it may be a secret.
            raise ValueError(f"expected 'Name: value', got {text.partition(':')[0]!r} and what follows it")
        name = spelled.setdefault(parts[1].lower(), parts[1])
        joint = "; " if name.lower() == "cookie" else ", "
        headers[name] = headers[name] + joint + parts[2] if name in headers else parts[2]
    return headers


def parse_rate(text: str) -> RateLimit:
    """``N``, ``N/s``, ``N/m`` or ``N/h``.

    >>> parse_rate("30/m")
    RateLimit(requests=30.0, per=60.0, burst=1)
    """
    parts = _RATE.fullmatch(text)
    if parts is None:
        raise ValueError(f"expected N, N/s, N/m or N/h, got {text!r}")
    return RateLimit(float(parts[1]), _SPANS[parts[2] or "s"])


def parse_data(texts: Sequence[str], stdin: Any) -> Any:
    """The body that ``-d`` makes: texts joined by ``&``, or one file, ``@PATH``, or ``@-``, which is ``stdin``."""
    files = [text for text in texts if text.startswith("@")]
    if files and len(texts) > 1:
        raise ValueError("a file is all of the body: it cannot be joined with more")
    if not files:
        return "&".join(texts).encode()
    path = files[0][1:]
    return stdin if path == "-" else File(path, "application/x-www-form-urlencoded")


def parse_form(texts: Iterable[str]) -> Form:
    """The form that ``-F`` makes: ``NAME=VALUE``, ``NAME=@PATH`` for a file."""
    form = Form()
    for text in texts:
        name, is_there, value = text.partition("=")
        if not is_there or not name:
            raise ValueError(f"expected NAME=VALUE or NAME=@FILE, got {name!r}")
        if value.startswith("@"):
            form.add_file(name, value[1:])
        else:
            form.add(name, value)
    return form
