"""The bytes of an answer in, a ``http.client.HTTPResponse`` out: incremental and strict.

``http.client``'s own parser guesses where this one refuses: two different lengths, an unknown transfer coding, a
header line without a colon. A guess here is how one answer is taken for another, so each doubt about where a message
ends is an error (RFC 9112 sections 4 to 8). Pure: no socket, no clock.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPMessage, HTTPResponse
from io import UnsupportedOperation
from typing import Any, TypeAlias

from webqq.httpstream.errors import BadResponse, ConnectionLost, ResponseTooLarge

__all__ = ["Head", "Limits", "Response", "ResponseParser"]

Buffer: TypeAlias = bytes | bytearray


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an answer is taken. Sizes are in bytes; going over one is :class:`ResponseTooLarge`.

    The defaults let through what servers are known to send (lines of 10 KB, 108 headers) with room to spare.
    """

    line: int = 64 * 1024
    head: int = 256 * 1024
    headers: int = 1000
    body: int = 100 * 1024 * 1024
    interim: int = 16
    """How many 1xx responses may come before the final one."""
    chunk_extension: int = 4 * 1024
    """Of one chunk; four times that for all chunks of a body together."""
    trailers: int = 16 * 1024


_FIELD = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:[^\x00-\x08\x0a-\x1f\x7f]*+\r\n"
_STATUS_LINE = rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: ([^\x00-\x08\x0a-\x1f\x7f]*+))?+\r\n"
_HEAD = re.compile(rb"%b(?:%b)*+\r\n" % (_STATUS_LINE, _FIELD))
_ONE_STATUS_LINE = re.compile(_STATUS_LINE)
_ONE_FIELD = re.compile(_FIELD)
_FIELDS = re.compile(rb"(?:%b)*+" % _FIELD)
# The look-behind: else a run of blanks would be searched from each of its blanks.
_FOLD = re.compile(rb"(?<![ \t])[ \t]*+\r\n[ \t]++")
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_DECISIVE = re.compile(rb"\r\n(content-length|transfer-encoding|connection|set-cookie):[ \t]*+([^\r]*+)", re.IGNORECASE)
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*+(?:;[^\x00-\x08\x0a-\x1f\x7f]*+)?\r\n")

_CHUNK_SIZE_START = re.compile(rb"[0-9A-Fa-f]{0,15}+[ \t]*+(?:;[^\x00-\x08\x0a-\x1f\x7f]*+)?+\r?")
"""What may still become a chunk's size line."""

_START = b"HTTP/1."
_NO_BODY = frozenset({204, 304})


class Head:
    """Status line and header section of one answer, read as far as the framing needs it."""

    __slots__ = (
        "_fields",
        "is_chunked",
        "keeps_alive",
        "length",
        "reason",
        "sets_cookie",
        "status",
        "version",
    )

    def __init__(self, raw: bytes, match: re.Match[bytes]) -> None:
        minor, status, reason = match.groups()
        self.version = 10 if minor == b"0" else 11
        self.status = int(status)
        self.reason = reason.decode("latin-1").strip() if reason else ""
        self.length: int | None = None
        self.is_chunked = False
        self.keeps_alive = self.version == 11
        self.sets_cookie = False
        self._fields = raw[match.end(3 if reason is not None else 2) + 2 : -2]
        self._read_framing(raw)

    def _read_framing(self, raw: bytes) -> None:
        codings: list[bytes] = []
        options: set[bytes] = set()
        for name, value in _DECISIVE.findall(raw):
            match name.lower():
                case b"content-length":
                    self._take_length(value)
                case b"transfer-encoding":
                    codings.append(value)
                case b"connection":
                    options.update(option.strip(b" \t") for option in value.lower().split(b","))
                case _:
                    self.sets_cookie = True
        if options:
            # RFC 9112 9.3: close wins; HTTP/1.0 stays open only where it says so.
            self.keeps_alive = b"close" not in options and (self.version == 11 or b"keep-alive" in options)
        if codings:
            self._take_codings(codings)

    def _take_length(self, value: bytes) -> None:
        # RFC 9110 8.6: the same number said several times may pass, two different ones may not.
        for part in value.split(b","):
            number = part.strip(b" \t")
            if _LENGTH.fullmatch(number) is None:
                raise BadResponse(f"Content-Length {_shown(value)} is not a number of bytes")
            if self.length is not None and self.length != int(number):
                raise BadResponse(f"Content-Length says {self.length} and {int(number)}")
            self.length = int(number)

    def _take_codings(self, codings: list[bytes]) -> None:
        if [coding.strip(b" \t").lower() for coding in codings] != [b"chunked"]:
            raise BadResponse(f"Transfer-Encoding {_shown(b', '.join(codings))} is not 'chunked' alone")
        if self.version == 10:
            raise BadResponse("Transfer-Encoding in an HTTP/1.0 response")
        self.is_chunked = True
        if self.length is not None:
            # RFC 9112 6.3: chunked wins; what comes after such a message is not to be trusted.
            self.length = None
            self.keeps_alive = False

    def fields(self) -> list[tuple[str, str]]:
        """Names and values in the order they came, decoded as Latin-1."""
        pairs = _split_fields(self._fields)
        if self.is_chunked:
            pairs = [pair for pair in pairs if pair[0].lower() != "content-length"]
        return pairs


def _split_fields(raw: bytes) -> list[tuple[str, str]]:
    pairs = []
    for line in raw.decode("latin-1").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        pairs.append((name, value.strip(" \t")))
    return pairs


def _message(pairs: list[tuple[str, str]]) -> HTTPMessage:
    message = HTTPMessage()
    # Past HTTPMessage.__setitem__, whose policy checks cost more than the whole parse and were made already.
    message._headers = pairs  # type: ignore[attr-defined]  # the e-mail package's own storage
    return message


def _shown(raw: Buffer) -> str:
    text = repr(raw[:80].decode("latin-1"))
    return text if len(raw) <= 80 else text + "..."


class Response(HTTPResponse):
    """A whole answer. All of ``http.client.HTTPResponse`` that reads works on it, and never blocks.

    ``status`` and ``reason`` as in the status line, ``version`` 10 or 11, ``headers`` (also ``msg``, ``info()``) a
    ``http.client.HTTPMessage``, ``trailers`` another one for the fields after a chunked body, ``url`` (also
    ``geturl()``) what was asked for.
    """

    _was_closed = False

    def __init__(self, head: Head, body: bytes, url: str, trailers: list[tuple[str, str]] | None = None) -> None:
        # Not HTTPResponse.__init__: there is no socket to read from.
        self._head = head
        self._body = body
        self._position = 0
        self._message: HTTPMessage | None = None
        self._trailers = trailers
        self.status = self.code = head.status
        self.reason = head.reason
        self.version = head.version
        self.chunked = head.is_chunked
        self.will_close = not head.keeps_alive
        self.url = url

    def __repr__(self) -> str:
        return f"<Response [{self.status} {self.reason}] {self.url} {len(self._body)} bytes>"

    @property
    def headers(self) -> HTTPMessage:  # type: ignore[override]  # a plain attribute there; built when asked for here
        if self._message is None:
            self._message = _message(self._head.fields())
        return self._message

    @property
    def msg(self) -> HTTPMessage:  # type: ignore[override]  # as headers
        return self.headers

    @property
    def sets_cookie(self) -> bool:
        """Whether there is a ``Set-Cookie`` header; told without building ``headers``."""
        return self._head.sets_cookie

    @property
    def trailers(self) -> HTTPMessage:
        """The fields that came after a chunked body; never merged into ``headers``."""
        return _message(self._trailers or [])

    @property
    def length(self) -> int:  # type: ignore[override]  # a plain attribute there
        """How many bytes of the body have not been read yet."""
        return len(self._body) - self._position

    @property
    def fp(self) -> None:  # type: ignore[override]  # no file lies below
        return None

    def json(self) -> Any:
        """The whole body as JSON, whatever was read of it before. Raises ``ValueError`` where it is none."""
        return json.loads(self._body)

    def readable(self) -> bool:
        return True

    def isclosed(self) -> bool:
        """True once all of the body was read, as ``http.client`` has it."""
        return self._position >= len(self._body)

    @property
    def closed(self) -> bool:  # type: ignore[override]  # the stubs have an attribute, io a property
        """True after :meth:`close`. A body that was read to its end does not count as closed."""
        return self._was_closed

    def close(self) -> None:
        """Drop the rest of the body; the head stays."""
        # The interpreter closes each response that nobody closed: what io's own close does beyond this would cost.
        self._position = len(self._body)
        self._was_closed = True

    def fileno(self) -> int:
        raise UnsupportedOperation("the response is whole: no file descriptor lies below it")

    def read(self, amt: int | None = None) -> bytes:
        start = self._position
        if amt is None or amt < 0:
            self._position = len(self._body)
            return self._body if start == 0 else self._body[start:]
        self._position = min(start + amt, len(self._body))
        return self._body[start : self._position]

    def read1(self, n: int = -1) -> bytes:
        return self.read(n)

    def peek(self, n: int = -1) -> bytes:
        end = None if n < 0 else self._position + n
        return self._body[self._position : end]

    def readinto(self, b: Any) -> int:  # any writable buffer, as in the base class
        view = memoryview(b).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readline(self, limit: int | None = -1) -> bytes:
        end = self._body.find(b"\n", self._position) + 1 or len(self._body)
        return self.read(end - self._position if limit is None or limit < 0 else min(limit, end - self._position))


class Part(Enum):
    """What a :class:`ResponseParser` expects next."""

    HEAD = "the status line and headers"
    LENGTH = "a body of known length"
    UNTIL_CLOSE = "a body that ends with the connection"
    CHUNK_SIZE = "a chunk's size"
    CHUNK_DATA = "a chunk's data"
    CHUNK_END = "the line end after a chunk"
    TRAILERS = "trailers"
    COMPLETE = "nothing"


class ResponseParser:
    """One answer, from bytes in any pieces.

    Feed it until :meth:`feed` or :meth:`end` says that the answer is whole; then ``head``, :meth:`body` and
    ``trailers`` hold it and :attr:`is_reusable` tells whether another may follow on the same connection.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_extensions",
        "_interim",
        "_limits",
        "_line",
        "_method",
        "_remaining",
        "_searched",
        "_size",
        "head",
        "part",
        "received",
        "surplus",
        "trailers",
    )

    def __init__(self, method: str, limits: Limits) -> None:
        self._method = method
        self._limits = limits
        self._buffer: bytearray | None = None
        self._searched = 0
        self._line = 0
        self._interim = 0
        self._body: Buffer = b""
        self._size = 0
        self._remaining = 0
        self._extensions = 0
        self.part = Part.HEAD
        self.head: Head | None = None
        self.trailers: list[tuple[str, str]] | None = None
        self.received = 0
        self.surplus = 0
        """Bytes that came after the answer's end: nobody asked for them."""

    @property
    def is_reusable(self) -> bool:
        """Whether the connection may serve another request (RFC 9112 section 9.3)."""
        return self.head is not None and self.head.keeps_alive and not self.surplus and self.part is Part.COMPLETE

    def body(self) -> bytes:
        """What has come of the body, without its framing."""
        return bytes(self._body)

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; True once the answer is whole. Raises :class:`BadResponse`."""
        self.received += len(data)
        buffer: Buffer = data
        if self._buffer is not None:
            buffer = self._buffer
            buffer += data
        at = 0
        while at < len(buffer) and self.part is not Part.COMPLETE:
            end = _STEPS[self.part](self, buffer, at)
            if end is None:
                self._hold(buffer, at)
                return False
            at = end
        self._buffer = None
        self.surplus += len(buffer) - at
        return self.part is Part.COMPLETE

    def _hold(self, buffer: Buffer, at: int) -> None:
        # What is held already stays where it is: copied at each piece, single bytes would make this quadratic.
        if buffer is self._buffer:
            del self._buffer[:at]
        else:
            self._buffer = bytearray(buffer[at:])

    def end(self) -> None:
        """The connection ended: the answer is whole now, or :class:`ConnectionLost` tells what is missing."""
        if self.part is Part.UNTIL_CLOSE:
            self.part = Part.COMPLETE
        if self.part is Part.COMPLETE:
            return
        if not self.received:
            raise ConnectionLost("the connection ended before any byte of an answer")
        raise ConnectionLost(
            f"the connection ended after {self.received} bytes, expecting {self.part.value}", self.received
        )

    # A step takes what is there from position `at` on and returns where it stopped, or None for want of more bytes;
    # then it is asked again from the same position, and `_searched` tells how far it had looked.

    def _read_head(self, buffer: Buffer, at: int) -> int | None:
        # Resume where the last search ended, or a peer that sends single bytes makes this quadratic.
        end = buffer.find(b"\r\n\r\n", at + max(0, self._searched - 3)) + 4
        if end == 3:
            self._check_unfinished_head(buffer, at)
            self._searched = len(buffer) - at
            return None
        self._searched = self._line = 0
        head = self._parse_head(bytes(buffer[at:end]))
        if head.status < 200:
            self._skip_interim(head)
        else:
            self.head = head
            self._begin_body(head)
        return end

    def _check_unfinished_head(self, buffer: Buffer, at: int) -> None:
        # Refused as soon as it cannot become a response: the peer may wait for us while we wait for it.
        start = buffer[at : at + len(_START)]
        if start != _START[: len(start)]:
            raise BadResponse(f"expected 'HTTP/1.x', got {_shown(buffer[at:])}")
        fresh = at + max(0, self._searched - 1)
        if _BARE_LINE_FEED.search(buffer, fresh) is not None:
            raise BadResponse("a line of the head ends in LF without CR")
        if len(buffer) - at > self._limits.head:
            raise ResponseTooLarge(f"the head is longer than {self._limits.head} bytes")
        line_end = buffer.rfind(b"\r\n", fresh)
        if line_end >= 0:
            self._line = line_end + 2 - at
        # One more than the limit: it may be the CR of the line's end.
        if len(buffer) - at - self._line > self._limits.line + 1:
            raise ResponseTooLarge(f"a line of the head is longer than {self._limits.line} bytes")

    def _parse_head(self, raw: bytes) -> Head:
        limits = self._limits
        if len(raw) > limits.head:
            raise ResponseTooLarge(f"the head is longer than {limits.head} bytes")
        if len(raw) > limits.line and max(map(len, raw.split(b"\r\n"))) > limits.line:
            raise ResponseTooLarge(f"a line of the head is longer than {limits.line} bytes")
        if raw.count(b"\r\n") - 2 > limits.headers:
            raise ResponseTooLarge(f"there are more than {limits.headers} headers")
        match = _HEAD.fullmatch(raw)
        if match is None:
            raw = _unfold(raw)
            match = _HEAD.fullmatch(raw)
            if match is None:
                raise _fault_of_head(raw)
        return Head(raw, match)

    def _skip_interim(self, head: Head) -> None:
        if head.status == 101:
            raise BadResponse("101 Switching Protocols, which nobody asked for")
        self._interim += 1
        if self._interim > self._limits.interim:
            raise ResponseTooLarge(f"more than {self._limits.interim} interim (1xx) responses")

    def _begin_body(self, head: Head) -> None:
        # RFC 9112 6.3, in its order.
        if self._method == "HEAD" or head.status in _NO_BODY:
            self.part = Part.COMPLETE
        elif head.is_chunked:
            self.part = Part.CHUNK_SIZE
        elif head.length is not None:
            self._check_size(head.length)
            self._remaining = head.length
            self.part = Part.LENGTH if head.length else Part.COMPLETE
        else:
            head.keeps_alive = False
            self.part = Part.UNTIL_CLOSE

    def _keep(self, piece: Buffer) -> None:
        if not self._body:
            self._body = piece
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += piece

    def _read_length(self, buffer: Buffer, at: int) -> int:
        end = min(at + self._remaining, len(buffer))
        self._keep(buffer[at:end])
        self._remaining -= end - at
        if not self._remaining:
            self.part = Part.COMPLETE
        return end

    def _read_until_close(self, buffer: Buffer, at: int) -> int:
        self._size += len(buffer) - at
        self._check_size(self._size)
        self._keep(buffer[at:])
        return len(buffer)

    def _read_chunk_size(self, buffer: Buffer, at: int) -> int | None:
        match = _CHUNK_SIZE.match(buffer, at)
        if match is None:
            self._check_unfinished_chunk_size(buffer, at)
            return None
        extension = match.end() - 2 - match.end(1)
        self._extensions += extension
        if extension > self._limits.chunk_extension or self._extensions > 4 * self._limits.chunk_extension:
            raise ResponseTooLarge(f"chunk extensions of more than {self._limits.chunk_extension} bytes")
        self._remaining = int(match[1], 16)
        self._size += self._remaining
        self._check_size(self._size)
        self.part = Part.CHUNK_DATA if self._remaining else Part.TRAILERS
        return match.end()

    def _check_unfinished_chunk_size(self, buffer: Buffer, at: int) -> None:
        if buffer.find(b"\n", at) >= 0 or _CHUNK_SIZE_START.fullmatch(buffer, at) is None:
            raise BadResponse(f"{_shown(buffer[at:])} is not a chunk's size")
        # The size itself and the CR of the line's end are no extension.
        if len(buffer) - at > self._limits.chunk_extension + 16:
            raise ResponseTooLarge(f"chunk extensions of more than {self._limits.chunk_extension} bytes")

    def _read_chunk_data(self, buffer: Buffer, at: int) -> int:
        end = min(at + self._remaining, len(buffer))
        self._keep(buffer[at:end])
        self._remaining -= end - at
        if not self._remaining:
            self.part = Part.CHUNK_END
        return end

    def _read_chunk_end(self, buffer: Buffer, at: int) -> int | None:
        line_end = buffer[at : at + 2]
        if line_end != b"\r\n":
            if line_end != b"\r":
                raise BadResponse(f"expected CRLF after a chunk, got {_shown(line_end)}")
            return None
        self.part = Part.CHUNK_SIZE
        return at + 2

    def _read_trailers(self, buffer: Buffer, at: int) -> int | None:
        if buffer.startswith(b"\r\n", at):
            raw, end = b"", at + 2
        else:
            found = buffer.find(b"\r\n\r\n", at + max(0, self._searched - 3))
            raw, end = (bytes(buffer[at : found + 2]), found + 4) if found >= 0 else (b"", 0)
        if (end or len(buffer)) - at > self._limits.trailers:
            raise ResponseTooLarge(f"trailers of more than {self._limits.trailers} bytes")
        if not end:
            if _BARE_LINE_FEED.search(buffer, at + max(0, self._searched - 1)) is not None:
                raise BadResponse("a line of the trailers ends in LF without CR")
            self._searched = len(buffer) - at
            return None
        if _FIELDS.fullmatch(raw) is None:
            raise BadResponse(f"{_shown(raw)} are not trailers")
        self._searched = 0
        self.trailers = _split_fields(raw)
        self.part = Part.COMPLETE
        return end

    def _check_size(self, size: int) -> None:
        if size > self._limits.body:
            raise ResponseTooLarge(f"the body is longer than {self._limits.body} bytes")


_STEPS: dict[Part, Callable[[ResponseParser, Buffer, int], int | None]] = {
    Part.HEAD: ResponseParser._read_head,
    Part.LENGTH: ResponseParser._read_length,
    Part.UNTIL_CLOSE: ResponseParser._read_until_close,
    Part.CHUNK_SIZE: ResponseParser._read_chunk_size,
    Part.CHUNK_DATA: ResponseParser._read_chunk_data,
    Part.CHUNK_END: ResponseParser._read_chunk_end,
    Part.TRAILERS: ResponseParser._read_trailers,
}


def _unfold(raw: bytes) -> bytes:
    """``raw`` with continuation lines joined by one space (RFC 9112 5.2); one cannot follow the status line."""
    first = raw.find(b"\r\n") + 2
    return raw[:first] + _FOLD.sub(b" ", raw[first:]) if raw[first : first + 1] not in (b" ", b"\t") else raw


def _fault_of_head(raw: bytes) -> BadResponse:
    status_line, *fields = raw.split(b"\r\n")[:-2]
    if _ONE_STATUS_LINE.fullmatch(status_line + b"\r\n") is None:
        return BadResponse(f"{_shown(status_line)} is not a status line")
    line = next((line for line in fields if _ONE_FIELD.fullmatch(line + b"\r\n") is None), raw)
    return BadResponse(f"{_shown(line)} is not a header line")
