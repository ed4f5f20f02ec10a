"""Requests from the bytes that a client sends; *pure*. Strict, so that what a client writes wrongly is found."""

import json
import re
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, replace
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["ReceivedRequest", "RequestReader"]

_FIRST_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00\r\n]*?)[ \t]*")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\r\n]*)?")

Reading = Generator[None, None, None]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What a fake or scripted server got: ``headers`` compares names without regard to case."""

    method: str
    url: str
    """As it went over the wire, made absolute; of a ``CONNECT`` the host and port alone."""
    headers: Message
    body: bytes
    """Without the chunked coding."""

    @property
    def path(self) -> str:
        """The URL's path, without the query; of a ``CONNECT`` its host and port."""
        return self.url if self.method == "CONNECT" else urlsplit(self.url).path or "/"

    @property
    def query(self) -> dict[str, list[str]]:
        """The fields of the URL's query."""
        return parse_qs(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields of a form-encoded body."""
        return parse_qs(self.body.decode(), keep_blank_values=True)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class RequestReader:
    """Takes what one connection brings, in whatever pieces, and gives whole requests.

    ``scheme`` is the one for URLs of requests that name only a path. After :meth:`feed`, ``begun`` is the request
    whose head is there and whose body is not, or None; :meth:`take` gives the whole ones in order.
    """

    def __init__(self, scheme: str = "http") -> None:
        self.begun: ReceivedRequest | None = None
        self._scheme = scheme
        self._buffer = bytearray()
        self._whole: deque[ReceivedRequest] = deque()
        self._reading = self._read()

    def __repr__(self) -> str:
        return f"<RequestReader whole={len(self._whole)} begun={self.begun is not None} held={len(self._buffer)}>"

    @property
    def is_between(self) -> bool:
        """Whether no request is half there."""
        return self.begun is None and not self._buffer

    def __len__(self) -> int:
        return len(self._whole)

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises ``ValueError`` where they are no HTTP/1.1 request (RFC 9112)."""
        self._buffer += data
        next(self._reading)

    def take(self) -> ReceivedRequest:
        """The oldest whole request, which then is gone from here. Raises ``IndexError`` where there is none."""
        return self._whole.popleft()

    def peek(self) -> ReceivedRequest:
        """The oldest whole request."""
        return self._whole[0]

    def detach(self) -> bytes:
        """What came behind the last whole request, for whoever speaks something else on this connection from now."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _read(self) -> Reading:
        while True:
            head = yield from self._through(b"\r\n\r\n")
            request = self._head(head.decode("latin-1"))
            self.begun = request
            body = yield from self._body(request.headers)
            self.begun = None
            self._whole.append(replace(request, body=body))

    def _through(self, mark: bytes) -> Generator[None, None, bytes]:
        searched = 0
        while (at := self._buffer.find(mark, searched)) < 0:
            searched = max(0, len(self._buffer) - len(mark) + 1)
            yield
        found = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return found

    def _count(self, count: int) -> Generator[None, None, bytes]:
        while len(self._buffer) < count:
            yield
        found = bytes(self._buffer[:count])
        del self._buffer[:count]
        return found

    def _head(self, head: str) -> ReceivedRequest:
        first, *lines = head.split("\r\n")
        match = _FIRST_LINE.fullmatch(first)
        if match is None:
            raise ValueError(f"no request line: {first[:100]!r}")
        headers = Message()
        for line in lines:
            field = _FIELD.fullmatch(line)
            if field is None:
                raise ValueError(f"no header field: {line.partition(':')[0][:100]!r}")
            headers[field[1]] = field[2]
        method, target = match.groups()
        if target.startswith("/") or target == "*":
            target = f"{self._scheme}://{headers.get('Host', '')}{target}"
        return ReceivedRequest(method, target, headers, b"")

    def _body(self, headers: Message) -> Generator[None, None, bytes]:
        coding, length = headers.get("Transfer-Encoding"), headers.get("Content-Length")
        if coding is not None:
            if coding.lower() != "chunked" or length is not None:
                raise ValueError(f"body framed as Transfer-Encoding {coding!r}, Content-Length {length!r}")
            return (yield from self._chunks())
        if length is not None and re.fullmatch(r"[0-9]{1,15}", length) is None:
            raise ValueError(f"Content-Length {length!r}")
        return (yield from self._count(int(length or 0)))

    def _chunks(self) -> Generator[None, None, bytes]:
        body = bytearray()
        while True:
            line = yield from self._through(b"\r\n")
            match = _CHUNK_SIZE.fullmatch(line)
            if match is None:
                raise ValueError(f"no chunk size: {line[:100]!r}")
            size = int(match[1], 16)
            if size == 0:
                break
            body += yield from self._count(size)
            if (yield from self._count(2)) != b"\r\n":
                raise ValueError("a chunk is longer than its size says")
        while (yield from self._through(b"\r\n")):
            pass  # a trailer field
        return bytes(body)
