"""Content codings, undone as the bytes come (RFC 9110 section 8.4): gzip, deflate and, where installed, br and zstd.

What a peer sends small may come out large; here nothing comes out beyond a limit, and memory is taken in pieces, so
that a bomb is refused before it has gone off. Pure: bytes in, bytes out.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from webqq.httpstream.errors import DecodingError, ResponseTooLarge

__all__ = ["MAX_CODINGS", "MAX_RATIO", "RATIO_FREE_SIZE", "Decoder", "accept_encoding", "decoder_for"]

MAX_CODINGS = 2
"""Codings that may lie over each other; more have no honest use (curl stops at 5)."""

MAX_RATIO = 1000
"""Bytes that one byte of a coding may turn into. Deflate's own limit is 1032, which only a run of one byte reaches."""

RATIO_FREE_SIZE = 1 << 20
"""Bytes up to which nobody asks for the ratio: a page of blanks is no attack."""

# Input is given to a codec in slices, since what it has not used yet is copied at each step.
_SLICE = 16 * 1024
_PIECE = 64 * 1024
_UNLIMITED_ROOM = 64 << 20
# RFC 9659 3: what a zstd decoder of HTTP has to offer, and the most that a peer may ask for.
_ZSTD_WINDOW_LOG = 23
# RFC 8878 3.1.1.2: a block makes at most 128 KiB, and takes 4 bytes at least.
_ZSTD_BYTES_A_BLOCK_LOG = 15
_ZSTD_SLICE = 256
_ZSTD_LEAST_SLICE = 16
# After a deflate stream without zlib's wrapping some servers send the checksum of one; curl allows for it as well.
_CHECKSUM_SIZE = 4


class Decoder(Protocol):
    """Undoes the codings of one body."""

    def feed(self, data: bytes) -> bytes:
        """What the coded bytes ``data`` add to the body, maybe nothing yet.

        Raises :class:`DecodingError` where they are not in the coding, :class:`ResponseTooLarge` where they make more
        than they may. The decoder is of no use after either.
        """

    def end(self) -> bytes:
        """To be called at the body's end: what is still to come, :class:`DecodingError` where the coding is cut."""


def decoder_for(codings: Iterable[str], limit: int | None) -> Decoder | None:
    """The decoder of a body whose ``Content-Encoding`` headers have the values ``codings``, in their order.

    ``limit``: bytes that the body may have, None: any number of them, though :data:`MAX_RATIO` still holds. An empty
    body is taken for an empty one in any coding.

    None where nothing is to be undone. None as well where a coding is not known, or its package not installed: the
    body is then left as it came, all its codings on it, and the header tells which (so do browsers; curl fails).
    Raises :class:`DecodingError` for more than :data:`MAX_CODINGS`.
    """
    names = [name for value in codings for name in _names(value)]
    if len(names) > MAX_CODINGS:
        raise DecodingError(f"{len(names)} content codings over each other, at most {MAX_CODINGS} are undone")
    makers = [_maker(name) for name in reversed(names)]
    known = [maker for maker in makers if maker is not None]
    if not known or len(known) < len(makers):
        return None
    return _Decoder([_Stage(maker(), limit) for maker in known])


@lru_cache(maxsize=1)
def accept_encoding() -> str:
    """The value of ``Accept-Encoding`` that asks for what :func:`decoder_for` can undo here."""
    return ", ".join(name for name in ("gzip", "deflate", "br", "zstd") if _maker(name) is not None)


def _names(value: str) -> Iterator[str]:
    for element in value.split(","):
        name = element.strip(" \t").lower()
        if name not in ("", "identity"):
            yield name


class _Codec(Protocol):
    """One coding of one body."""

    name: str
    errors: tuple[type[Exception], ...]

    def decompress(self, data: bytes, room: int) -> bytes:
        """Takes all of ``data`` and gives a part of what it makes, about ``room`` bytes at most.

        To be called with ``b""`` until it gives nothing.
        """

    def is_whole(self) -> bool: ...


class _Stage:
    """A codec with its limits."""

    def __init__(self, codec: _Codec, limit: int | None) -> None:
        self._codec = codec
        self._limit = limit
        self._taken = 0
        self._made = 0

    def pieces(self, coded: Iterable[bytes]) -> Iterator[bytes]:
        for data in coded:
            for start in range(0, len(data), _SLICE):
                yield from self._slice(data[start : start + _SLICE])

    def _slice(self, data: bytes) -> Iterator[bytes]:
        self._taken += len(data)
        while piece := self._decompress(data):
            self._made += len(piece)
            self._check()
            yield piece
            data = b""

    def _decompress(self, data: bytes) -> bytes:
        # One byte more than allowed, to see that there is one.
        room = _UNLIMITED_ROOM if self._limit is None else self._limit - self._made + 1
        try:
            return self._codec.decompress(data, room)
        except self._codec.errors as error:
            raise DecodingError(f"the body is not {self._codec.name}: {error}") from error

    def _check(self) -> None:
        if self._limit is not None and self._made > self._limit:
            raise ResponseTooLarge(f"the body has more than {self._limit} bytes when its {self._codec.name} is undone")
        if self._made > max(RATIO_FREE_SIZE, MAX_RATIO * self._taken):
            raise ResponseTooLarge(f"{self._codec.name} makes more than {MAX_RATIO} bytes of one")

    def end(self) -> None:
        if self._taken and not self._codec.is_whole():
            raise DecodingError(f"the body ends before its {self._codec.name} does")


class _Decoder:
    """Stages in the order in which they are undone."""

    def __init__(self, stages: list[_Stage]) -> None:
        self._stages = stages

    def feed(self, data: bytes) -> bytes:
        pieces: Iterable[bytes] = (data,)
        for stage in self._stages:
            pieces = stage.pieces(pieces)
        return b"".join(pieces)

    def end(self) -> bytes:
        for stage in self._stages:
            stage.end()
        return b""


class _Gzip:
    """RFC 1952: one or more members after each other, as Go and requests read them.

    Zeros after them are padding, as for gzip itself; other bytes are an error (curl, Go), not ignored (browsers).
    """

    name = "gzip"
    errors: tuple[type[Exception], ...] = (zlib.error,)

    def __init__(self) -> None:
        self._member: Any = None
        self._rest = b""
        self._has_begun = False

    def decompress(self, data: bytes, room: int) -> bytes:
        rest = self._rest + data
        made = b""
        while not made:
            if self._member is None:
                rest = rest.lstrip(b"\0") if self._has_begun else rest
                if not rest:
                    break
                self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
                self._has_begun = True
            made = self._member.decompress(rest, min(room, _PIECE))
            if self._member.eof:
                rest = self._member.unused_data
                self._member = None
            else:
                rest = self._member.unconsumed_tail
                if not made:
                    break
        self._rest = rest
        return made

    def is_whole(self) -> bool:
        return self._member is None


class _Deflate:
    """RFC 1950 as RFC 9110 section 8.4.1.2 has it, or bare RFC 1951 as some servers send it."""

    name = "deflate"
    errors: tuple[type[Exception], ...] = (zlib.error,)

    def __init__(self) -> None:
        self._stream: Any = None
        self._is_bare = False
        self._start = b""
        self._surplus = 0

    def decompress(self, data: bytes, room: int) -> bytes:
        if self._stream is None:
            data = self._start = self._start + data
            if not self._has_been_told_apart():
                return b""
        elif not self._stream.eof:
            data = self._stream.unconsumed_tail + data
        if self._stream.eof:
            self._end(data)
            return b""
        made: bytes = self._stream.decompress(data, min(room, _PIECE))
        if self._stream.eof:
            self._end(self._stream.unused_data)
        return made

    def _has_been_told_apart(self) -> bool:
        # RFC 1950 2.2: method 8, a window of at most 2**15, the two bytes a multiple of 31.
        first = self._start[0]
        is_zlib = first & 0x0F == 8 and first >> 4 <= 7
        if is_zlib and len(self._start) == 1:
            return False
        self._is_bare = not is_zlib or int.from_bytes(self._start[:2], "big") % 31 != 0
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS if self._is_bare else zlib.MAX_WBITS)
        self._start = b""
        return True

    def _end(self, surplus: bytes) -> None:
        self._surplus += len(surplus)
        if self._surplus > (_CHECKSUM_SIZE if self._is_bare else 0):
            raise _surplus(self)

    def is_whole(self) -> bool:
        return self._stream is not None and self._stream.eof


class _Brotli:
    """RFC 7932: one stream, and nothing after it."""

    name = "br"

    def __init__(self, package: Any) -> None:
        self.errors: tuple[type[Exception], ...] = (package.error,)
        self._stream = package.Decompressor()

    def decompress(self, data: bytes, room: int) -> bytes:
        if self._stream.is_finished():
            if data:
                raise _surplus(self)
            return b""
        made: bytes = self._stream.process(data, output_buffer_limit=min(room, _PIECE))
        return made

    def is_whole(self) -> bool:
        whole: bool = self._stream.is_finished()
        return whole


class _Zstd:
    """RFC 8878: one or more frames after each other.

    The package bounds no output, so the input is given in slices which cannot make more than there is room for.
    """

    name = "zstd"

    def __init__(self, new_frame: Callable[[], Any], error: type[Exception]) -> None:
        self.errors: tuple[type[Exception], ...] = (error,)
        self._new_frame = new_frame
        self._frame: Any = None
        self._rest = b""
        self._at = 0

    def decompress(self, data: bytes, room: int) -> bytes:
        if data:
            # What came before has been used up: the caller asked until nothing came.
            self._rest, self._at = data, 0
        size = min(_ZSTD_SLICE, max(_ZSTD_LEAST_SLICE, room >> _ZSTD_BYTES_A_BLOCK_LOG))
        made = b""
        while not made and self._at < len(self._rest):
            if self._frame is None:
                self._frame = self._new_frame()
            piece = self._rest[self._at : self._at + size]
            made = self._frame.decompress(piece)
            self._at += len(piece)
            if self._frame.eof:
                self._at -= len(self._frame.unused_data)
                self._frame = None
        return made

    def is_whole(self) -> bool:
        return self._frame is None


def _surplus(codec: _Codec) -> DecodingError:
    return DecodingError(f"bytes follow the end of the body's {codec.name}")


def _maker(name: str) -> Callable[[], _Codec] | None:
    """What makes codecs of the coding ``name``; None where there is none."""
    if name in ("gzip", "x-gzip"):
        return _Gzip
    if name == "deflate":
        return _Deflate
    if name == "br":
        return _brotli_maker()
    return _zstd_maker() if name == "zstd" else None


@lru_cache(maxsize=1)
def _brotli_maker() -> Callable[[], _Codec] | None:
    package = _package("brotli")
    # Before 1.2 its output could not be bounded (CVE-2025-6176).
    if package is None or not hasattr(package.Decompressor, "can_accept_more_data"):
        return None
    return lambda: _Brotli(package)


@lru_cache(maxsize=1)
def _zstd_maker() -> Callable[[], _Codec] | None:
    package = _package("compression.zstd")
    if package is not None:
        options = {package.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG}
        return lambda: _Zstd(lambda: package.ZstdDecompressor(options=options), package.ZstdError)
    package = _package("zstandard")
    if package is None:
        return None
    # A decompressor of its own for each frame: two that share one spoil each other's.
    window = 1 << _ZSTD_WINDOW_LOG
    return lambda: _Zstd(lambda: package.ZstdDecompressor(max_window_size=window).decompressobj(), package.ZstdError)


def _package(name: str) -> Any:
    # By name, since most of these are not there where the types are checked.
    try:
        return import_module(name)
    except ImportError:
        return None
