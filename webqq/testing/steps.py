"""What a :class:`~webqq.testing.ScriptedServer` can be told to do, as values; *pure*.

A script is a sequence of steps. :func:`plan` makes it simple: answers become bytes, limits become pieces and gaps, and
an end with ``after`` cuts what stands before it.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from http.client import responses
from typing import TypeAlias

from webqq.testing.pieces import sliced
from webqq.testing.received import ReceivedRequest

__all__ = [
    "Answer",
    "Close",
    "CutHandshake",
    "Freeze",
    "HalfClose",
    "Pause",
    "ReadBody",
    "Receive",
    "Reset",
    "Send",
    "StartTLS",
    "Step",
    "Throttle",
    "head_of",
    "plan",
]

LONGEST_PAUSE = 5.0
"""Seconds. A test that wants more wants a :class:`Freeze`, which ends when told to and not with the clock."""

TICK = 0.01
"""Seconds between the pieces of a throttled answer."""

Fields: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Send:
    """Write ``data`` as it is, which may break every rule; in pieces of ``piece`` bytes, ``gap`` seconds apart.

    ``piece`` None, the default, writes all at once. Pieces without a gap may reach the reader together.
    """

    data: bytes
    piece: int | None = None
    gap: float = 0.0

    def __post_init__(self) -> None:
        if self.piece is not None and self.piece < 1:
            raise ValueError(f"a piece has 1 byte or more, not {self.piece!r}")
        _check_pause(self.gap)

    @property
    def pieces(self) -> list[bytes]:
        """What is written, one after the other."""
        return [self.data] if self.piece is None else sliced(self.data, self.piece)


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for ``seconds``, at most 5."""

    seconds: float

    def __post_init__(self) -> None:
        _check_pause(self.seconds)


@dataclass(frozen=True, slots=True)
class Throttle:
    """From here to the end of the script, send no more than ``rate`` bytes a second."""

    rate: float

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"a rate is more than 0 bytes a second, not {self.rate!r}")


@dataclass(frozen=True, slots=True)
class Reset:
    """End the connection with a TCP reset. ``after``: once so many bytes of this script were sent, the rest is dropped.

    It waits until the other side's system has acknowledged what was sent, so the cut is where it should be.
    """

    after: int | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, ``after`` as in :class:`Reset`; ``notify=False`` leaves out TLS's ``close_notify``."""

    after: int | None = None
    notify: bool = True


@dataclass(frozen=True, slots=True)
class HalfClose:
    """Send the end (TLS: ``close_notify`` first) and go on reading, ``after`` as in :class:`Reset`."""

    after: int | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """Go no further until :meth:`ScriptedServer.release` is called with this name, or the client ends the connection.

    ``is_deaf`` does not even read meanwhile: what the client writes piles up, and its end is not noticed.
    """

    until: str = ""
    is_deaf: bool = False


@dataclass(frozen=True, slots=True)
class ReadBody:
    """In a script that began with the head (``early``): wait for the whole body."""


@dataclass(frozen=True, slots=True)
class Receive:
    """Take ``count`` bytes that are no HTTP, for a script of a connection: a SOCKS greeting, for example."""

    count: int


@dataclass(frozen=True, slots=True)
class StartTLS:
    """From here on the connection speaks TLS (within what it speaks already): the far side of a ``CONNECT``."""

    context: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class CutHandshake:
    """Before TLS begins, in a script of a connection: reset once ``after`` bytes of the server's handshake were sent.

    They are those of its answer to the client's first message; 0, the default, resets when that message is there.
    """

    after: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer; ``Content-Length`` is added where ``headers`` do not frame the body.

    The methods give changed copies: ``Answer(200, b"...").slow(0.05).sliced(3)``.
    """

    status: int = 200
    body: bytes | str = b""
    headers: Fields = ()
    reason: str | None = None
    before: float = 0.0
    """Seconds before the head."""
    piece: int | None = None
    gap: float = 0.0
    chunk: int | None = None

    def slow(self, seconds: float) -> "Answer":
        """It begins ``seconds`` later, at most 5."""
        _check_pause(seconds)
        return replace(self, before=seconds)

    def sliced(self, size: int, gap: float = 0.001) -> "Answer":
        """It is sent in pieces of ``size`` bytes, ``gap`` seconds apart."""
        return replace(self, piece=size, gap=gap)

    def chunked(self, size: int) -> "Answer":
        """Its body has the chunked coding, in chunks of ``size`` bytes."""
        return replace(self, chunk=size)

    def steps(self, method: str = "GET") -> Iterator["Step"]:
        """What is done in answer to a request with ``method``; to ``HEAD`` the body is left out."""
        if self.before:
            yield Pause(self.before)
        content = self.body.encode() if isinstance(self.body, str) else self.body
        body = content if self.chunk is None else _chunked(content, self.chunk)
        head = head_of(self.status, self._framed(len(content)), self.reason)
        yield Send(head + (b"" if method == "HEAD" or not self._has_body else body), self.piece, self.gap)

    @property
    def _has_body(self) -> bool:
        # RFC 9112 6.3: these end with the head, whatever it says.
        return self.status >= 200 and self.status not in (204, 304)

    def _framed(self, length: int) -> list[tuple[str, str]]:
        fields = list(self.headers.items() if isinstance(self.headers, Mapping) else self.headers)
        names = {name.lower() for name, _ in fields}
        if self.chunk is not None:
            fields.append(("Transfer-Encoding", "chunked"))
        elif self._has_body and not names & {"content-length", "transfer-encoding"}:
            fields.append(("Content-Length", str(length)))
        return fields


Simple: TypeAlias = (
    Send | Pause | Throttle | Reset | Close | HalfClose | Freeze | ReadBody | Receive | StartTLS | CutHandshake | Answer
)
Step: TypeAlias = Simple | bytes | Callable[[ReceivedRequest], "Step | Iterable[Step]"]
"""A step; bytes are short for ``Send``, and a function of the request gives the step or steps to do."""


def head_of(status: int, fields: Iterable[tuple[str, str]], reason: str | None = None) -> bytes:
    """An answer's head, the empty line included. ``reason`` None takes the usual phrase."""
    phrase = responses.get(status, "") if reason is None else reason
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def plan(steps: Iterable[Step], request: ReceivedRequest | None = None) -> list[Simple]:
    """``steps`` in answer to ``request``, without answers, functions, rates, and ends that cut what stands before."""
    planned: list[Simple] = []
    rate: float | None = None
    for step in _simple(steps, request):
        after = getattr(step, "after", None)
        if isinstance(step, Throttle):
            rate = step.rate
        elif isinstance(step, Send) and rate is not None:
            planned.append(_throttled(step, rate))
        elif after is not None and not isinstance(step, CutHandshake):
            planned = [*_cut(planned, after), step]
        else:
            planned.append(step)
    return planned


def _simple(steps: Iterable[Step], request: ReceivedRequest | None) -> Iterator[Simple]:
    for step in steps:
        if isinstance(step, bytes):
            yield Send(step)
        elif isinstance(step, Answer):
            yield from _simple(step.steps("GET" if request is None else request.method), request)
        elif callable(step):
            if request is None:
                raise ValueError("a function of the request has no place where there is no request")
            made = step(request)
            yield from _simple(made if isinstance(made, Iterable) and not isinstance(made, bytes) else [made], request)
        elif isinstance(step, Simple):
            yield step
        else:
            raise TypeError(f"{step!r} is no step")


def _throttled(step: Send, rate: float) -> Send:
    piece = max(1, int(rate * TICK))
    if step.piece is not None:
        piece = min(piece, step.piece)
    return Send(step.data, piece, max(step.gap, piece / rate))


def _cut(steps: list[Simple], after: int) -> Iterator[Simple]:
    """The steps until ``after`` bytes were sent, the last ``Send`` shortened to that."""
    left = after
    for step in steps:
        if left == 0:
            return
        if isinstance(step, Send):
            step = replace(step, data=step.data[:left])
            left -= len(step.data)
        yield step
    if left:
        raise ValueError(f"nothing can happen after {after} bytes: the script sends {after - left}")


def _chunked(content: bytes, size: int) -> bytes:
    chunks = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in sliced(content, size)]
    return b"".join(chunks) + b"0\r\n\r\n"


def _check_pause(seconds: float) -> None:
    if not 0 <= seconds <= LONGEST_PAUSE:
        raise ValueError(f"a pause has 0 to {LONGEST_PAUSE:g} seconds, not {seconds!r}; Freeze waits longer")
