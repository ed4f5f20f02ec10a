"""Gzip undone in pieces."""

import gzip
import os
from itertools import islice

import pytest

from webqq.httpstream.asynchttpclient.gunzip import PIECE_SIZE, Gunzip
from webqq.httpstream.errors import DecodingError, ResponseTooLarge

LIMIT = 10 * PIECE_SIZE


def undone(*coded: bytes) -> bytes:
    gunzip = Gunzip(LIMIT)
    body = b"".join(piece for data in coded for piece in gunzip.pieces(data))
    gunzip.end()
    return body


@pytest.mark.parametrize("size", [0, 1, PIECE_SIZE - 1, PIECE_SIZE, PIECE_SIZE + 1, LIMIT])
def test_body_of_any_size_up_to_the_limit_is_undone(size: int) -> None:
    body = os.urandom(size)
    assert undone(gzip.compress(body)) == body
    assert undone(gzip.compress(bytes(size))) == bytes(size)


def test_body_cut_anywhere_and_of_several_members_is_undone() -> None:
    coded = gzip.compress(b"abc") + gzip.compress(b"") + gzip.compress(b"def")
    assert {undone(coded[:cut], coded[cut:]) for cut in range(len(coded) + 1)} == {b"abcdef"}
    assert undone(*(bytes([byte]) for byte in coded)) == b"abcdef"


def test_no_piece_is_larger_than_it_may_be() -> None:
    pieces = list(Gunzip(LIMIT).pieces(gzip.compress(bytes(LIMIT))))
    assert {len(piece) for piece in pieces} == {PIECE_SIZE}


def test_empty_body_is_no_gzip_and_no_error() -> None:
    assert undone() == b""


@pytest.mark.parametrize("coded", [gzip.compress(b"abc") + b"\0", b"no gzip"], ids=["too long", "another"])
def test_what_is_no_gzip_is_an_error(coded: bytes) -> None:
    with pytest.raises(DecodingError, match="invalid gzip"):
        undone(coded)


def test_body_that_is_cut_is_an_error_at_its_end() -> None:
    coded = gzip.compress(b"abc")
    for cut in range(1, len(coded)):
        with pytest.raises(DecodingError, match="ends before"):
            undone(coded[:cut])


def test_body_beyond_the_limit_is_refused_before_all_of_it_is_made() -> None:
    pieces = Gunzip(LIMIT).pieces(gzip.compress(bytes(100 * LIMIT)))
    assert sum(map(len, islice(pieces, 10))) == LIMIT
    with pytest.raises(ResponseTooLarge, match="too large"):
        next(pieces)
