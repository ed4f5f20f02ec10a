"""The bytes of an answer in, its head and body out: incremental and strict.

``http.client``'s own parser guesses where this one refuses: two different lengths, an unknown transfer coding, a
header line without a colon. A guess here is how one answer is taken for another, so each doubt about where a message
ends is an error (RFC 9112 sections 4 to 8). Pure: no socket, no clock.

The same bytes give the same answer or the same error whatever the pieces they come in: a head is judged line by line,
each line when its last byte is there, and an error shows no byte beyond the one that decided. Only the usual case, a
good head that is there as a whole, takes a shorter way to the same result.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from webqq.httpstream.errors import BadResponse, ConnectionLost, ResponseTooLarge

if TYPE_CHECKING:
    from webqq.httpstream.coding import Decoder

__all__ = ["Head", "HeadMemo", "Limits", "Part", "ResponseParser"]

Buffer: TypeAlias = bytes | bytearray
Piece: TypeAlias = bytes | bytearray | memoryview
Pairs: TypeAlias = list[tuple[str, str]]
DecoderFor: TypeAlias = Callable[[list[str]], "Decoder | None"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an answer is taken. Sizes are in bytes; going over one is :class:`ResponseTooLarge`.

    The defaults let through what servers are known to send (lines of 10 KB, 108 headers) with room to spare.
    """

    line: int = 64 * 1024
    head: int = 256 * 1024
    headers: int = 1000
    """Lines of headers: a continued one counts as often as it has lines."""
    body: int | None = 100 * 1024 * 1024
    """As it came, and decoded. None: no bound, for bodies that are taken while they come."""
    interim: int = 16
    """How many 1xx responses may come before the final one."""
    chunk_extension: int = 4 * 1024
    """Of one chunk; four times that for all chunks of a body together."""
    trailers: int = 16 * 1024
    trailer_fields: int = 100


_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_TEXT = rb"[^\x00-\x08\x0a-\x1f\x7f]*+"
_FIELD_LINE = rb"%b++:%b\r\n" % (_TOKEN, _TEXT)
_STATUS_LINE = rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: (%b))?+\r\n" % _TEXT
_HEAD = re.compile(rb"%b(?:%b)*+\r\n" % (_STATUS_LINE, _FIELD_LINE))
_FIRST = re.compile(_STATUS_LINE)
_FIELD = re.compile(_FIELD_LINE)
_CONTINUED = re.compile(rb"[ \t]%b\r\n" % _TEXT)
# The look-behind: else a run of blanks would be searched from each of its blanks.
_FOLD = re.compile(rb"(?<![ \t])[ \t]*+\r\n[ \t]++")
_DECISIVE = re.compile(
    rb"\n(content-(?:length|encoding)|transfer-encoding|connection|set-cookie|keep-alive):[ \t]*+([^\r]*+)"
)
"""What the framing needs of a head, which is in lower case: names and values."""

_LENGTH = re.compile(rb"[0-9]{1,18}")
_IDLE_TIMEOUT = re.compile(rb"(?:^|[,;])[ \t]*+timeout=([0-9]{1,9})[ \t]*+(?:[,;]|$)")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*+(?:;%b)?\r\n" % _TEXT)
_CHUNK_SIZE_START = re.compile(rb"[0-9A-Fa-f]{0,15}+[ \t]*+(?:;%b)?+\r?" % _TEXT)
"""What may still become a chunk's size line."""

_BARE_LINE_END = re.compile(rb"(?<!\r)\n")
_BLANKS_BEFORE_COLON = re.compile(rb"(?<=\n)(%b++)[ \t]++:" % _TOKEN)

_START = b"HTTP/1."
_NO_BODY = frozenset({204, 304})

_FORBIDDEN_TRAILERS = frozenset(
    {
        *("content-length", "transfer-encoding", "trailer", "host", "connection", "keep-alive", "te", "upgrade"),
        *("content-encoding", "content-type", "content-range", "set-cookie", "authorization", "www-authenticate"),
        *("proxy-authenticate", "proxy-authorization", "location"),
    }
)
"""What RFC 9110 6.5.1 wants told before the body: framing, routing, coding, authentication, control."""

_SMALL = 512
"""Pieces of a body below this are put together at once: an object for each would cost more than its bytes."""

_LARGE = 4096
"""Chunks from here on are kept as views of what came, not copied: they are joined once, at the end."""


class Head(NamedTuple):
    """Status line and header section of one answer, read as far as the framing needs it.

    A tuple, for it is made for each answer and never changed: the same head may belong to many answers.
    """

    status: int
    reason: str
    version: int
    """10 or 11; what says it is newer than HTTP/1.1 counts as that (RFC 9110 section 2.5)."""
    length: int | None
    """What ``Content-Length`` says, where it counts."""
    is_chunked: bool
    keeps_alive: bool
    """Whether the head lets the connection be used again (RFC 9112 section 9.3)."""
    sets_cookie: bool
    codings: tuple[str, ...]
    """Of ``Content-Encoding``, in lower case and in the order in which they were applied."""
    is_plain: bool
    """Whether a body of known length follows as it is, to any request but HEAD."""
    idle_timeout: int | None
    """Seconds for which the server says it keeps the connection while idle (``Keep-Alive: timeout=``)."""
    raw: bytes

    def __repr__(self) -> str:
        # Without the headers, which may hold secrets.
        return f"<Head [{self.status} {self.reason}]>"

    def fields(self) -> Pairs:
        """Names and values in the order they came, decoded as Latin-1."""
        pairs = _split_fields(self.raw[self.raw.find(b"\n") + 1 : -2])
        if self.is_chunked:
            # RFC 9112 6.3: it did not count, and who reads it later must not think it did.
            pairs = [pair for pair in pairs if pair[0].lower() != "content-length"]
        return pairs


def _head_of(raw: bytes, match: re.Match[bytes]) -> Head:
    minor, status, reason = match.groups()
    version = 10 if minor == b"0" else 11
    lines = _DECISIVE.findall(raw.lower())
    found = dict(lines)
    if len(found) != len(lines):
        # RFC 9110 5.3: several lines of a name are a list.
        found = {name: b",".join(value for other, value in lines if other == name) for name in found}
    get = found.get
    length, coding, options = get(b"content-length"), get(b"transfer-encoding"), get(b"connection")
    size = None if length is None else _length_of(length)
    keeps_alive = version == 11 if options is None else _keeps_alive(version, options)
    if coding is not None:
        _check_transfer_coding(version, coding)
        # RFC 9112 6.3: chunked wins; what comes after a message that has both is not to be trusted.
        keeps_alive = keeps_alive and size is None
        size = None
    codings = _codings_of(found[b"content-encoding"]) if b"content-encoding" in found else ()
    number = int(status)
    return Head(
        number,
        reason.decode("latin-1").strip() if reason else "",
        version,
        size,
        coding is not None,
        keeps_alive,
        b"set-cookie" in found,
        codings,
        size is not None and number >= 200 and number not in _NO_BODY and not codings,
        _idle_timeout_of(found[b"keep-alive"]) if b"keep-alive" in found else None,
        raw,
    )


def _length_of(value: bytes) -> int:
    if len(value) <= 18 and value.isdigit():
        return int(value)
    # RFC 9110 8.6: the same number said several times may pass, two different ones may not.
    numbers = [number.strip(b" \t") for number in value.split(b",")]
    if not all(map(_LENGTH.fullmatch, numbers)):
        raise BadResponse(f"Content-Length {_shown(value)} is not a number of bytes")
    lengths = [int(number) for number in numbers]
    if min(lengths) != max(lengths):
        raise BadResponse(f"Content-Length says {_shown(value)}, which differ")
    return lengths[0]


def _keeps_alive(version: int, value: bytes) -> bool:
    if value == b"keep-alive":
        return True
    # RFC 9112 9.3: close wins; HTTP/1.0 stays open only where it says so.
    options = {option.strip(b" \t") for option in value.split(b",")}
    return b"close" not in options and (version == 11 or b"keep-alive" in options)


def _check_transfer_coding(version: int, value: bytes) -> None:
    if value.strip(b" \t") != b"chunked":
        raise BadResponse(f"Transfer-Encoding {_shown(value)} is not 'chunked' alone")
    if version == 10:
        raise BadResponse("Transfer-Encoding in an HTTP/1.0 response")


def _codings_of(value: bytes) -> tuple[str, ...]:
    codings = (coding.strip(" \t") for coding in value.decode("latin-1").split(","))
    return tuple(coding for coding in codings if coding)


def _idle_timeout_of(value: bytes) -> int | None:
    match = _IDLE_TIMEOUT.search(value)
    return int(match[1]) if match else None


def _split_fields(raw: bytes) -> Pairs:
    pairs = []
    for line in raw.decode("latin-1").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        pairs.append((name, value.strip(" \t")))
    return pairs


def _shown(raw: Buffer) -> str:
    text = repr(raw[:80].decode("latin-1"))
    return text if len(raw) <= 80 else text + "..."


class HeadMemo:
    """The head that was read last.

    A server that answers many requests a second repeats its heads byte for byte, the date included. One memo may
    serve any number of parsers, those of one origin for example.
    """

    __slots__ = ("head", "raw", "size")

    def __init__(self) -> None:
        self.head: Head | None = None
        self.raw = b""
        self.size = -1
        """Bytes of an answer with this head, where that is all it takes to tell them; else -1."""

    def keep(self, head: Head) -> None:
        """``head`` was read."""
        self.head, self.raw = head, head.raw
        self.size = len(head.raw) + head.length if head.is_plain and head.length is not None else -1


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

    # They are the keys of a table that is looked into at each step; an enum's own hash is a Python function.
    __hash__ = object.__hash__


# Looked up on the class they cost, up to Python 3.11, as much as a call.
_HEAD_PART, _LENGTH_PART, _COMPLETE = Part.HEAD, Part.LENGTH, Part.COMPLETE


class ResponseParser:
    """The answers of one connection, from bytes in any pieces, one after the other.

    Feed it until :meth:`feed` or :meth:`end` says that the answer is whole; then ``head``, :meth:`body` and
    ``trailers`` hold it and :attr:`is_reusable` tells whether another may follow on the same connection, before
    which goes :meth:`reset`. After an error it is of no more use.

    ``method`` is that of the request. ``decoder_for`` gets the names in ``Content-Encoding`` and gives what undoes
    them, or None to leave the body as it came; without it all bodies are left so. ``memo`` may be shared among
    parsers. ``lenient`` takes bare LF as a line's end in the head, and blanks between a header's name and its
    colon, as some old servers send them; never in what frames a body's chunks.
    """

    __slots__ = (
        "_decoded",
        "_decoder",
        "_decoder_for",
        "_extensions",
        "_held",
        "_interim",
        "_is_lenient",
        "_is_worn",
        "_limits",
        "_line",
        "_lines",
        "_memo",
        "_method",
        "_most",
        "_pieces",
        "_remaining",
        "_room",
        "_searched",
        "_size",
        "_small",
        "_usual",
        "continues",
        "head",
        "part",
        "received",
        "surplus",
        "trailers",
    )

    def __init__(
        self,
        method: str,
        limits: Limits,
        decoder_for: DecoderFor | None = None,
        *,
        memo: HeadMemo | None = None,
        lenient: bool = False,
    ) -> None:
        self._memo = memo or HeadMemo()
        self._is_lenient = lenient
        self.head: Head | None = None
        """That of the final answer, from the moment when it is whole."""
        self.received = 0
        self._begin(limits)
        self.reset(method, limits, decoder_for)

    def reset(
        self,
        method: str,
        limits: Limits | None = None,
        decoder_for: DecoderFor | None = None,
    ) -> None:
        """Forget the last answer and begin the next. ``limits`` None: as before; the rest as for a new parser."""
        if self._is_worn or (limits is not None and limits is not self._limits):
            self._begin(limits or self._limits)
        self._method = method
        # HEAD is answered with a length, and no body.
        self._room = 0 if method == "HEAD" else self._small
        self._decoder_for = decoder_for
        self.part = _HEAD_PART
        self.head = None
        self.received = 0

    def _begin(self, limits: Limits) -> None:
        self._limits = limits
        # What is no longer than this keeps all limits on heads: a header has at least four bytes.
        self._usual = min(limits.head, limits.line, 4 * limits.headers)
        self._most = sys.maxsize if limits.body is None else limits.body
        # A whole answer that is no longer than this keeps all limits.
        self._small = min(self._usual, self._most)
        # Whether anything of what follows has changed since.
        self._is_worn = False
        self._decoder: Decoder | None = None
        self._held: bytearray | None = None
        self._searched = self._line = self._lines = self._interim = 0
        self._pieces: list[Piece] = []
        self._size = self._decoded = self._remaining = self._extensions = 0
        self.trailers: Pairs | None = None
        """The fields after a chunked body, but those that may stand in a head only (RFC 9110 section 6.5.1)."""
        self.continues = False
        """Whether ``100 Continue`` came."""
        self.surplus = 0
        """Bytes that came after the answer's end: nobody asked for them."""

    @property
    def is_reusable(self) -> bool:
        """Whether the connection may serve another request (RFC 9112 section 9.3)."""
        head = self.head
        return head is not None and head.keeps_alive and not self.surplus and self.part is _COMPLETE

    @property
    def has_begun(self) -> bool:
        """Whether anything of the final answer has come; interim ones (1xx) do not count."""
        return self.head is not None or self._held is not None

    def body(self) -> bytes:
        """What has come of the body and was not taken, without framing and content codings."""
        pieces = self._pieces
        if not pieces:
            return b""
        if len(pieces) > 1:
            pieces[:] = [b"".join(pieces)]
        return bytes(pieces[0])

    def take(self) -> bytes:
        """As :meth:`body`, and no longer held here: each byte is given once."""
        pieces, self._pieces = self._pieces, []
        return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; True once the answer is whole. Raises :class:`BadResponse`."""
        # Most answers: all there, with the head of the one before.
        memo, size = self._memo, len(data)
        if size == memo.size and size <= self._room and not self.received and data.startswith(memo.raw):
            self.received = size
            self.head = memo.head
            self._pieces = [data[len(memo.raw) :]]
            self.part = _COMPLETE
            return True
        self._is_worn = True
        self.received += len(data)
        buffer: Buffer = data
        if self._held is not None:
            buffer = self._held
            buffer += data
        at, size = 0, len(buffer)
        while at < size and self.part is not _COMPLETE:
            end = _STEPS[self.part](self, buffer, at)
            if end is None:
                self._hold(buffer, at)
                return False
            at = end
        self._held = None
        if self.part is not _COMPLETE:
            return False
        self.surplus += size - at
        return True

    def _hold(self, buffer: Buffer, at: int) -> None:
        # What is held already stays where it is: copied at each piece, single bytes would make this quadratic.
        if buffer is self._held:
            del self._held[:at]
        else:
            self._held = bytearray(buffer[at:])

    def end(self) -> None:
        """The connection ended: the answer is whole now, or :class:`ConnectionLost` tells what is missing."""
        if self.part is Part.UNTIL_CLOSE:
            self._complete()
        if self.part is _COMPLETE:
            return
        if not self.received:
            raise ConnectionLost("the connection ended before any byte of an answer")
        raise ConnectionLost(
            f"the connection ended after {self.received} bytes, expecting {self.part.value}",
            self.received,
            self.body(),
        )

    # A step takes what is there from position `at` on and returns where it stopped, or None for want of more bytes;
    # then it is asked again from the same position, and `_searched` tells how far it had looked.

    def _read_head(self, buffer: Buffer, at: int) -> int | None:
        head = self._usual_head(buffer, at) if not self._searched else None
        if head is not None:
            end = at + len(head.raw)
        else:
            end = self._find_end(buffer, at)
            if not end:
                return None
            head = self._unusual_head(bytes(buffer[at:end]))
        if head.status < 200:
            self._skip_interim(head)
        else:
            self._begin_body(head)
        return end

    def _usual_head(self, buffer: Buffer, at: int) -> Head | None:
        head = self._memo.head
        if head is not None and buffer.startswith(head.raw, at):
            return head if len(head.raw) <= self._usual else None
        match = _HEAD.match(buffer, at)
        if match is None or match.end() - at > self._usual:
            return None
        head = _head_of(match[0], match)
        self._memo.keep(head)
        return head

    def _unusual_head(self, raw: bytes) -> Head:
        if self._is_lenient:
            raw = _tidied(raw)
        raw = _unfolded(raw)
        match = _HEAD.fullmatch(raw)
        assert match is not None, "each line was found good"
        return _head_of(raw, match)

    def _skip_interim(self, head: Head) -> None:
        if head.status == 101:
            raise BadResponse("101 Switching Protocols, which nobody asked for")
        self.continues = self.continues or head.status == 100
        self._interim += 1
        if self._interim > self._limits.interim:
            raise ResponseTooLarge(f"more than {self._limits.interim} interim (1xx) responses")

    def _begin_body(self, head: Head) -> None:
        self.head = head
        # RFC 9112 6.3, in its order.
        if self._method == "HEAD" or head.status in _NO_BODY:
            if head.status == 204 and (head.length or head.is_chunked):
                # RFC 9110 8.6: no server may say so. What it has in mind may come yet, and must not meet a request.
                self.head = head._replace(keeps_alive=False)
            self.part = _COMPLETE
            return
        if head.is_chunked:
            self.part = Part.CHUNK_SIZE
        elif head.length is not None:
            self._check_size(head.length)
            self._remaining = head.length
            self.part = _LENGTH_PART if head.length else _COMPLETE
        else:
            self.head = head._replace(keeps_alive=False)
            self.part = Part.UNTIL_CLOSE
        if head.codings and self._decoder_for is not None and self.part is not _COMPLETE:
            self._decoder = self._decoder_for(list(head.codings))

    def _find_end(self, buffer: Buffer, at: int) -> int:
        """Where the head or the trailers end, each line found good; 0 where they do not yet."""
        is_head = self.part is _HEAD_PART
        while True:
            newline = buffer.find(b"\n", at + self._searched)
            start, end = at + self._line, newline + 1 or len(buffer)
            if is_head and not self._lines:
                _check_start(buffer, at)
            self._check_room(at, start, end, newline >= 0)
            if newline < 0:
                self._searched = len(buffer) - at
                return 0
            line = bytes(buffer[start:end])
            self._line = self._searched = end - at
            if line == b"\r\n" or (line == b"\n" and is_head and self._is_lenient):
                self._searched = self._line = self._lines = 0
                return end
            self._check_line(line)
            self._lines += 1

    def _check_room(self, at: int, start: int, end: int, is_whole: bool) -> None:
        # Of two limits the one that came first is told. Of a line that is not whole, one byte may be the CR of its end.
        limits = self._limits
        what, size = ("head", limits.head) if self.part is _HEAD_PART else ("trailers", limits.trailers)
        over_all, over_line = at + size + 1, start + limits.line + 2
        if end < over_all and end < over_line + is_whole:
            return
        if over_all < over_line:
            raise ResponseTooLarge(f"more than {size} bytes of {what}")
        raise ResponseTooLarge(f"a line of the {what} is longer than {limits.line} bytes")

    def _check_line(self, line: bytes) -> None:
        is_head = self.part is _HEAD_PART
        limit = self._limits.headers if is_head else self._limits.trailer_fields
        if self._lines + 1 - is_head > limit:
            raise ResponseTooLarge(f"there are more than {limit} {'headers' if is_head else 'trailers'}")
        if self._is_lenient and is_head:
            line = _tidied(b"\n" + line)[2:]
        elif not line.endswith(b"\r\n"):
            raise BadResponse(f"a line of the {'head' if is_head else 'trailers'} ends in LF without CR")
        if is_head and not self._lines:
            if _FIRST.fullmatch(line) is None:
                raise BadResponse(f"{_shown(line[:-2])} is not a status line")
        # RFC 9112 5.2: what continues a field follows one.
        elif _FIELD.fullmatch(line) is None and not (self._lines > is_head and _CONTINUED.fullmatch(line)):
            raise BadResponse(f"{_shown(line[:-2])} is not a {'header line' if is_head else 'trailer'}")

    def _keep(self, buffer: Buffer, start: int, end: int) -> None:
        if self._decoder is None:
            piece = buffer[start:end]
        else:
            piece = self._decoder.feed(bytes(buffer[start:end]))
            self._decoded += len(piece)
            self._check_size(self._decoded)
        pieces = self._pieces
        if piece and not pieces:
            pieces.append(piece)
        elif piece:
            self._append(piece)

    def _append(self, piece: Buffer) -> None:
        pieces = self._pieces
        last = pieces[-1] if pieces else None
        if len(piece) >= _SMALL:
            pieces.append(piece)
        elif type(last) is bytearray:
            last += piece
        else:
            pieces.append(bytearray(piece))

    def _complete(self) -> None:
        self.part = _COMPLETE
        # An empty body has no coding, whatever its head says.
        if self._decoder is not None and (self._size or (self.head and self.head.length)):
            rest = self._decoder.end()
            self._decoded += len(rest)
            self._check_size(self._decoded)
            if rest:
                self._append(rest)
        self._decoder = None

    def _read_length(self, buffer: Buffer, at: int) -> int:
        end = at + self._remaining
        if end > len(buffer):
            end = len(buffer)
        self._keep(buffer, at, end)
        self._remaining -= end - at
        if not self._remaining:
            self._complete()
        return end

    def _read_until_close(self, buffer: Buffer, at: int) -> int:
        self._size += len(buffer) - at
        self._check_size(self._size)
        self._keep(buffer, at, len(buffer))
        return len(buffer)

    def _read_chunk_size(self, buffer: Buffer, at: int) -> int | None:
        # Chunks that are there as a whole are read in one go.
        begun = at
        view = memoryview(buffer) if type(buffer) is bytes and self._decoder is None else None
        while (match := _CHUNK_SIZE.match(buffer, at)) is not None:
            start = match.end()
            if start - match.end(1) > 2:
                self._count_extension(start - 2 - match.end(1))
            size = int(match[1], 16)
            self._size += size
            if self._size > self._most:
                self._check_size(self._size)
            at = start + size
            if not size or buffer[at : at + 2] != b"\r\n":
                self._remaining = size
                self.part = Part.CHUNK_DATA if size else Part.TRAILERS
                return start
            if size >= _LARGE and view is not None:
                self._pieces.append(view[start:at])
            else:
                self._keep(buffer, start, at)
            at += 2
        if at > begun:
            return at
        self._check_unfinished_chunk_size(buffer, at)
        return None

    def _count_extension(self, size: int) -> None:
        # Together as well: else a body could come in chunks of one byte with an extension each (CVE-2023-39326).
        self._extensions += size
        if size > self._limits.chunk_extension or self._extensions > 4 * self._limits.chunk_extension:
            raise ResponseTooLarge(f"chunk extensions of more than {self._limits.chunk_extension} bytes")

    def _check_unfinished_chunk_size(self, buffer: Buffer, at: int) -> None:
        match = _CHUNK_SIZE_START.match(buffer, at)
        assert match is not None, "it matches nothing as well"
        end = match.end()
        # The size itself and the CR of the line's end are no extension.
        if end - at > self._limits.chunk_extension + 16:
            raise ResponseTooLarge(f"chunk extensions of more than {self._limits.chunk_extension} bytes")
        if end < len(buffer):
            raise BadResponse(f"{_shown(buffer[at : end + 1])} does not begin a chunk")

    def _read_chunk_data(self, buffer: Buffer, at: int) -> int:
        end = min(at + self._remaining, len(buffer))
        self._keep(buffer, at, end)
        self._remaining -= end - at
        if not self._remaining:
            self.part = Part.CHUNK_END
        return end

    def _read_chunk_end(self, buffer: Buffer, at: int) -> int | None:
        line_end = buffer[at : at + 2]
        if line_end == b"\r\n":
            self.part = Part.CHUNK_SIZE
            return at + 2
        if line_end != b"\r":
            wrong = line_end if line_end.startswith(b"\r") else line_end[:1]
            raise BadResponse(f"expected CRLF after a chunk, got {_shown(wrong)}")
        return None

    def _read_trailers(self, buffer: Buffer, at: int) -> int | None:
        end = self._find_end(buffer, at)
        if not end:
            return None
        pairs = _split_fields(_FOLD.sub(b" ", bytes(buffer[at : end - 2])))
        self.trailers = [pair for pair in pairs if pair[0].lower() not in _FORBIDDEN_TRAILERS]
        self._complete()
        return end

    def _check_size(self, size: int) -> None:
        if size > self._most:
            raise ResponseTooLarge(f"the body is longer than {self._most} bytes")


_STEPS: dict[Part, Callable[[ResponseParser, Buffer, int], int | None]] = {
    Part.HEAD: ResponseParser._read_head,
    Part.LENGTH: ResponseParser._read_length,
    Part.UNTIL_CLOSE: ResponseParser._read_until_close,
    Part.CHUNK_SIZE: ResponseParser._read_chunk_size,
    Part.CHUNK_DATA: ResponseParser._read_chunk_data,
    Part.CHUNK_END: ResponseParser._read_chunk_end,
    Part.TRAILERS: ResponseParser._read_trailers,
}


def _check_start(buffer: Buffer, at: int) -> None:
    # Refused as soon as it cannot become a response: the peer may wait for us while we wait for it.
    start = buffer[at : at + len(_START)]
    if not _START.startswith(start):
        good = next(at for at, byte in enumerate(start) if byte != _START[at])
        raise BadResponse(f"expected 'HTTP/1.x', got {_shown(start[: good + 1])}")


def _tidied(raw: bytes) -> bytes:
    """``raw`` with CRLF for each LF, and no blanks before the colons of its lines but the first."""
    return _BLANKS_BEFORE_COLON.sub(rb"\1:", _BARE_LINE_END.sub(b"\r\n", raw))


def _unfolded(raw: bytes) -> bytes:
    """``raw`` with continuation lines joined by one space (RFC 9112 5.2); one cannot follow the status line."""
    first = raw.find(b"\n") + 1
    return raw[:first] + _FOLD.sub(b" ", raw[first:])
