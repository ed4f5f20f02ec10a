"""What one hostile answer is, and what must come of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webqq.httpstream import HTTPStreamError, Limits
from webqq.testing.steps import Step

__all__ = ["POISON", "Case", "fails", "gives", "raw"]

POISON = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned"
"""An answer that nobody asked for. No request may ever get it."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a server does, and what the engine makes of it.

    With ``error`` the exchange ends with exactly that class and a message that matches ``match``; else the answer has
    ``status`` and ``body``, and its connection is used again only if ``keeps``, where that is not None.
    """

    name: str
    steps: Sequence[Step]
    error: type[HTTPStreamError] | None = None
    match: str = ""
    status: int = 200
    body: bytes = b""
    keeps: bool | None = None
    method: str = "GET"
    data: Callable[[], Any] | None = None
    """Makes the body of the request: some can be sent once only."""
    fetch: Mapping[str, Any] = field(default_factory=dict)
    """Options of the request."""
    limits: Limits | None = None
    early: bool = False
    """The server begins when it has the head of the request."""
    tls: bool = False
    opening: Sequence[Step] = ()
    """What the server does with the connection before any request."""
    also: Mapping[str, Sequence[Step]] = field(default_factory=dict)
    """What it answers to other paths."""
    most_requests: int = 2
    """How often the request may reach the server: twice where a kept connection turned out closed."""
    fault: str = ""
    """What the engine gets wrong of it, for as long as it does."""

    def __str__(self) -> str:
        return self.name


def gives(name: str, *steps: Step, body: bytes = b"", status: int = 200, **more: Any) -> Case:
    """After all the answer is one."""
    return Case(name, steps, body=body, status=status, **more)


def fails(name: str, error: type[HTTPStreamError], *steps: Step, match: str = "", **more: Any) -> Case:
    """It is refused."""
    return Case(name, steps, error, match, **more)


def raw(*lines: bytes, body: bytes = b"", start: bytes = b"HTTP/1.1 200 OK") -> bytes:
    """An answer of header ``lines`` and ``body``, framed by nothing but what these say."""
    return b"".join(line + b"\r\n" for line in (start, *lines)) + b"\r\n" + body
