"""Keep what real servers answered, and answer the same without them."""

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

from webqq.httpstream import HTTPSock
from webqq.testing.har import CREDENTIALS, Exchange, Redaction, read_har, write_har
from webqq.testing.network import FakeNetwork
from webqq.testing.received import ReceivedRequest, RequestReader
from webqq.testing.sockets import EOF, Incoming
from webqq.testing.steps import head_of

__all__ = ["Recorder", "Replay", "ReplayMismatch", "replay"]

# Of the connection and not of the answer, or told anew.
_FRAMING = ("content-length", "transfer-encoding", "connection", "keep-alive")


class ReplayMismatch(ConnectionError):
    """A request came that the recording does not have, or has no more."""


class _Tap:
    """A socket that tells a transcript what goes through it; all else is the socket's own."""

    def __init__(self, sock: Any, transcript: "_Transcript") -> None:
        self.sock = sock
        self._transcript = transcript

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def send(self, data: Any) -> int:
        count: int = self.sock.send(data)
        self._transcript.sent(bytes(data[:count]))
        return count

    def recv(self, size: int) -> bytes:
        data: bytes = self.sock.recv(size)
        self._transcript.came(data)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0) -> int:
        count: int = self.sock.recv_into(buffer, nbytes)
        self._transcript.came(bytes(memoryview(buffer)[:count]))
        return count


class _Transcript:
    """What went over one connection: requests, and the bytes that came after each."""

    def __init__(self, scheme: str) -> None:
        self.is_http = True
        self._reader = RequestReader(scheme)
        self._requests: deque[ReceivedRequest] = deque()
        self._came: deque[bytearray] = deque()

    def sent(self, data: bytes) -> None:
        if not self.is_http:
            return
        try:
            self._reader.feed(data)
        except ValueError:
            self.is_http = False  # a SOCKS handshake, for example
            return
        while len(self._reader):
            self._requests.append(self._reader.take())
            self._came.append(bytearray())

    def came(self, data: bytes) -> None:
        if self._came:
            self._came[-1] += data

    def exchanges(self) -> Iterable[Exchange]:
        """Those that are whole."""
        for request, raw in zip(self._requests, self._came, strict=True):
            exchange = None if request.method == "CONNECT" else _exchange(request, bytes(raw))
            if exchange is not None:
                yield exchange


def _exchange(request: ReceivedRequest, raw: bytes) -> Exchange | None:
    """What ``raw`` answers to ``request``; None where it is not whole."""
    response = HTTPResponse(_Bytes(raw), method=request.method)  # type: ignore[arg-type]  # it needs makefile alone
    try:
        response.begin()
        body = response.read()
    except (HTTPException, OSError, ValueError):
        return None
    return Exchange(
        request.method,
        request.url,
        tuple(request.headers.items()),
        request.body,
        response.status,
        response.reason,
        tuple(response.headers.items()),
        body,
    )


class _Bytes:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> BytesIO:
        return BytesIO(self._raw)


class RecordingSock(HTTPSock):
    """An ``HTTPSock`` whose sockets tell a recorder what goes through them."""

    recorder: "Recorder"

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        return self.recorder.tap(super().connect(*args, **kwargs), "http")

    def start_tls(self, sock: Any, *args: Any, **kwargs: Any) -> Any:
        below = sock.sock if isinstance(sock, _Tap) else sock
        return self.recorder.tap(super().start_tls(below, *args, **kwargs), "https")


class Recorder:
    """Records the exchanges of streams on its ``http_sock``, and writes them to ``path`` when the ``with`` ends.

    ::

        with Recorder("poll.har", secrets=[password]) as recorder:
            stream = HTTPStream(http_sock=recorder.http_sock())
            ...

    Each exchange on the wire is one entry, redirects and repeated requests too; one that did not come to its end is
    left out, as is what goes through a SOCKS proxy without TLS. The values of the header fields ``redact`` (default:
    credentials and cookies) are replaced, and so is each of ``secrets`` wherever it stands in a URL, a field or a body
    that is not compressed. Look the file through before you publish it all the same.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, redact: Iterable[str] = CREDENTIALS, secrets: Iterable[str] = ()
    ) -> None:
        self.path = Path(path)
        self._redaction = Redaction(redact, secrets)
        self._transcripts: list[_Transcript] = []

    def http_sock(self, **options: Any) -> HTTPSock:
        """The ``http_sock`` for a stream; ``options`` as :class:`~webqq.httpstream.HTTPSock` has them."""
        sock = RecordingSock(**options)
        sock.recorder = self
        return sock

    def tap(self, sock: Any, scheme: str) -> Any:
        """``sock``, listened to."""
        transcript = _Transcript(scheme)
        self._transcripts.append(transcript)
        return _Tap(sock, transcript)

    def exchanges(self) -> list[Exchange]:
        """The whole exchanges so far, connection by connection, redacted."""
        found = [one for transcript in self._transcripts for one in transcript.exchanges()]
        return [self._redaction.exchange(one) for one in found]

    def save(self) -> None:
        """Write the file: whole or not at all."""
        write_har(self.path, self.exchanges())

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.save()


@dataclass(slots=True)
class Replay:
    """Answers from a recording. As a ``with`` statement it raises, at its end, the first request it could not answer.

    ``mismatches`` are those requests, ``left`` what was recorded and not asked for.
    """

    left: list[Exchange]
    redaction: Redaction
    mismatches: list[ReplayMismatch] = field(default_factory=list)

    def answer(self, request: ReceivedRequest) -> tuple[Incoming, ...]:
        """The recorded answer to ``request``, or the fault that its socket has."""
        asked = (request.method, self.redaction.text(request.url))
        for number, exchange in enumerate(self.left):
            if (exchange.method, exchange.url) == asked:
                del self.left[number]
                return (_raw(exchange),)
        there = ", ".join(f"{one.method} {one.url}" for one in self.left) or "nothing"
        mismatch = ReplayMismatch(f"{' '.join(asked)} is not in the recording, or not once more; left is: {there}")
        self.mismatches.append(mismatch)
        return (mismatch, EOF)

    def __enter__(self) -> "Replay":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.mismatches and error is None:
            raise self.mismatches[0]


def replay(network: FakeNetwork, path: str | os.PathLike[str], *, secrets: Iterable[str] = ()) -> Replay:
    """Have ``network`` answer as the recording at ``path`` says: by method and URL, the oldest first, each once.

    ``secrets`` as the :class:`Recorder` got them, where URLs hold them. A request that the recording does not have
    ends with a connection error that names it and what is left. Raises ``ValueError`` for a file of another form.
    """
    exchanges = read_har(Path(path))
    answers = Replay(exchanges, Redaction((), secrets))
    for url in dict.fromkeys(one.url.partition("?")[0] for one in exchanges):
        network.answer_with(url, answers.answer, repeat=True)
    return answers


def _raw(exchange: Exchange) -> bytes:
    fields = [(name, value) for name, value in exchange.headers if name.lower() not in _FRAMING]
    if exchange.method == "HEAD" or exchange.status in (204, 304):
        return head_of(exchange.status, fields, exchange.reason)
    return (
        head_of(exchange.status, [*fields, ("Content-Length", str(len(exchange.body)))], exchange.reason)
        + exchange.body
    )
