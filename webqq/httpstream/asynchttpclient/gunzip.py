"""Gzip undone in small pieces: a callback of an application gets no more at once, however well it was compressed."""

import zlib
from collections.abc import Iterator
from typing import Any

from webqq.httpstream.errors import DecodingError, ResponseTooLarge

__all__ = ["PIECE_SIZE", "Gunzip"]

PIECE_SIZE = 64 * 1024
"""Bytes that come out at once, at most."""


class Gunzip:
    """Undoes gzip in pieces of :data:`PIECE_SIZE`, of ``limit`` bytes together. Garbage at the end is an error."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._made = 0
        self._member: Any = None

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` adds. Raises :class:`DecodingError`, and :class:`ResponseTooLarge` beyond the limit."""
        is_full = False
        while data or is_full:
            if self._member is None or self._member.eof:
                self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                piece = self._member.decompress(data, PIECE_SIZE)
            except zlib.error as error:
                raise DecodingError(f"invalid gzip data: {error}") from error
            is_full = len(piece) == PIECE_SIZE and not self._member.eof
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self._made += len(piece)
            if self._made > self._limit:
                raise ResponseTooLarge("decompressed body too large")
            if piece:
                yield piece

    def end(self) -> None:
        """The body is at its end. Raises :class:`DecodingError` where gzip is not; an empty body has none."""
        if self._member is not None and not self._member.eof:
            raise DecodingError("invalid gzip data: the body ends before it does")
