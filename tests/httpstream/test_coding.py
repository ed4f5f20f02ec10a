"""Content codings undone: whole, cut anywhere, cut short, and never more than was allowed."""

import contextlib
import gzip
import os
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import brotli  # type: ignore[import-untyped]  # the package ships no types
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream import coding
from webqq.httpstream.coding import MAX_RATIO, RATIO_FREE_SIZE, accept_encoding, decoder_for
from webqq.httpstream.errors import DecodingError, ResponseTooLarge

MIB = 1 << 20
TEXT = b"The quick brown fox jumps over the lazy dog. " * 40


def bare_deflate(data: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezer.compress(data) + squeezer.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


CODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", bare_deflate),
    ("br", brotli.compress),
    ("zstd", zstd),
]
each_coding = pytest.mark.parametrize(("name", "encode"), CODINGS, ids=["gzip", "zlib", "deflate", "br", "zstd"])


def undo(codings: str | list[str], *pieces: bytes, limit: int | None = None) -> bytes:
    decoder = decoder_for([codings] if isinstance(codings, str) else codings, limit)
    assert decoder is not None
    body = b"".join([decoder.feed(piece) for piece in pieces])
    return body + decoder.end()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.fixture
def fresh() -> Iterator[None]:
    """What is installed is looked up again, before and after."""
    lookups = (accept_encoding, coding._brotli_maker, coding._zstd_maker)
    for lookup in lookups:
        lookup.cache_clear()
    yield
    for lookup in lookups:
        lookup.cache_clear()


# What is undone.


@each_coding
@pytest.mark.parametrize("data", [b"", b"a", TEXT, bytes(range(256)) * 999, os.urandom(20_001)])
def test_coding_is_undone(name: str, encode: Callable[[bytes], bytes], data: bytes) -> None:
    coded = encode(data)
    assert undo(name, coded, limit=len(data)) == data
    assert undo(name, *cut(coded, 1), limit=len(data)) == data
    assert undo(name, *cut(coded, 1000)) == data


@each_coding
def test_every_cut_gives_the_same(name: str, encode: Callable[[bytes], bytes]) -> None:
    coded = encode(TEXT)
    for at in range(len(coded) + 1):
        assert undo(name, coded[:at], coded[at:]) == TEXT


@pytest.mark.parametrize(("name", "encode"), CODINGS)
@given(data=st.binary(max_size=300), sizes=st.lists(st.integers(0, 60), max_size=9))
def test_any_bytes_in_any_pieces_come_back(
    name: str, encode: Callable[[bytes], bytes], data: bytes, sizes: list[int]
) -> None:
    coded = encode(data)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(coded[at : at + size])
        at += size
    assert undo(name, *pieces, coded[at:], limit=len(data)) == data


def test_bytes_come_as_soon_as_the_coding_gives_them() -> None:
    squeezer = zlib.compressobj(wbits=31)
    decoder = decoder_for(["gzip"], None)
    assert decoder is not None
    for line in (b"data: 1\n\n", b"data: 2\n\n"):
        assert decoder.feed(squeezer.compress(line) + squeezer.flush(zlib.Z_SYNC_FLUSH)) == line
    assert decoder.feed(squeezer.flush()) + decoder.end() == b""


@pytest.mark.parametrize("value", ["gzip", "GZip", "x-gzip", "X-GZIP", " gzip\t", "identity, gzip", ",gzip,,", "gzip,"])
def test_spellings_of_a_coding(value: str) -> None:
    assert undo(value, gzip.compress(TEXT)) == TEXT


@pytest.mark.parametrize("codings", [["deflate, br"], ["deflate", "br"], ["Deflate,identity", " BR "]])
def test_codings_over_each_other_are_undone_from_the_last(codings: list[str]) -> None:
    coded = brotli.compress(zlib.compress(TEXT))
    assert undo(codings, coded) == TEXT
    assert undo(codings, *cut(coded, 1), limit=len(TEXT)) == TEXT


@pytest.mark.parametrize("codings", [[], [""], ["identity"], ["identity, IDENTITY", " , "]])
def test_nothing_is_to_be_undone(codings: list[str]) -> None:
    assert decoder_for(codings, 1) is None


@pytest.mark.parametrize(
    "codings", [["compress"], ["gzip, aes128gcm"], ["aes128gcm", "gzip"], ["gzip;q=1"], ["zip"], ["none"]]
)
def test_body_in_a_coding_that_is_not_known_is_left_as_it_came(codings: list[str]) -> None:
    assert decoder_for(codings, 1) is None


@pytest.mark.parametrize("codings", [["gzip, gzip, gzip"], ["gzip", "br", "x"], ["gzip"] * 3])
def test_more_than_two_codings_are_refused(codings: list[str]) -> None:
    with pytest.raises(DecodingError, match="3 content codings"):
        decoder_for(codings, None)


@each_coding
def test_empty_body_is_empty_in_any_coding(name: str, encode: Callable[[bytes], bytes]) -> None:
    assert undo(name) == b""
    assert undo(name, b"", b"") == b""
    assert undo([name, "gzip"], gzip.compress(b"")) == b""


# What is not in its coding.


@each_coding
def test_coding_that_is_cut_short_is_an_error(name: str, encode: Callable[[bytes], bytes]) -> None:
    coded = encode(TEXT)
    for at in range(1, len(coded)):
        with pytest.raises(DecodingError, match=f"ends before its {name} does"):
            undo(name, coded[:at])


@each_coding
@pytest.mark.parametrize("junk", [b"<html>not coded</html>", b"\xff" * 30, b"\0" * 30])
def test_body_that_is_not_in_its_coding_is_an_error(name: str, encode: Callable[[bytes], bytes], junk: bytes) -> None:
    with pytest.raises(DecodingError, match=name):
        undo(name, junk)
    with pytest.raises(DecodingError, match=name):
        undo(name, *cut(junk, 1))


@pytest.mark.parametrize(("name", "encode"), CODINGS)
@given(noise=st.binary(max_size=40), at=st.integers(0, 200), limit=st.integers(0, 5000))
def test_noise_gives_an_error_or_no_more_than_was_allowed(
    name: str, encode: Callable[[bytes], bytes], noise: bytes, at: int, limit: int
) -> None:
    for coded in (noise, encode(TEXT)[:at] + noise):
        with contextlib.suppress(DecodingError, ResponseTooLarge):
            assert len(undo(name, coded, limit=limit)) <= limit


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_after_each_other_are_one_body(name: str) -> None:
    encode = dict(CODINGS)[name]
    coded = encode(b"one ") + encode(b"") + encode(TEXT) + encode(b"")
    assert undo(name, coded) == b"one " + TEXT
    for at in range(len(coded)):
        assert undo(name, coded[:at], coded[at:]) == b"one " + TEXT


def test_many_empty_members_are_taken_in_their_stride() -> None:
    assert undo("gzip", gzip.compress(b"") * 5000, limit=0) == b""


@pytest.mark.parametrize("pieces", [[b"\0" * 999], [b"\0"] * 5, [b"\0", gzip.compress(b"more")]])
def test_zeros_after_gzip_are_padding(pieces: list[bytes]) -> None:
    assert undo("gzip", gzip.compress(TEXT), *pieces) == TEXT + (b"more" if len(pieces) == 2 else b"")
    assert undo("gzip", gzip.compress(TEXT) + b"".join(pieces)).startswith(TEXT)


@each_coding
@pytest.mark.parametrize("junk", [b"<!-- -->", b"\0<!-- -->", b"\n\n\n\n\n\n"])
def test_other_bytes_after_the_end_are_an_error(name: str, encode: Callable[[bytes], bytes], junk: bytes) -> None:
    for pieces in ([encode(TEXT) + junk], [encode(TEXT), junk], [encode(TEXT), *cut(junk, 1)]):
        with pytest.raises(DecodingError):
            undo(name, *pieces)


def test_checksum_after_a_bare_deflate_is_overlooked() -> None:
    coded = bare_deflate(TEXT) + zlib.adler32(TEXT).to_bytes(4, "big")
    assert undo("deflate", coded) == undo("deflate", *cut(coded, 1)) == TEXT
    with pytest.raises(DecodingError, match="bytes follow"):
        undo("deflate", *cut(coded, 1), b"x")
    with pytest.raises(DecodingError, match="bytes follow"):
        undo("deflate", zlib.compress(TEXT) + b"x")


def test_zstd_window_is_bounded() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=24)
    squeezer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(DecodingError, match="memory"):
        undo("zstd", squeezer.compress(TEXT) + squeezer.flush())


# Limits.


@each_coding
def test_limit_is_the_last_size_that_passes(name: str, encode: Callable[[bytes], bytes]) -> None:
    for size in (1, 5000, 65_536, 65_537, 150_000):
        coded = encode(os.urandom(size))
        assert len(undo(name, coded, limit=size)) == size
        with pytest.raises(ResponseTooLarge, match=f"more than {size - 1} bytes when its {name}"):
            undo(name, coded, limit=size - 1)


@each_coding
def test_limit_counts_all_that_came(name: str, encode: Callable[[bytes], bytes]) -> None:
    coded = encode(TEXT)
    with pytest.raises(ResponseTooLarge):
        undo(name, *cut(coded, 1), limit=len(TEXT) - 1)


def test_what_lies_between_two_codings_is_limited_as_well() -> None:
    inner = gzip.compress(b"\0" * 9000)
    assert len(undo("gzip, gzip", gzip.compress(inner), limit=9000)) == 9000
    with pytest.raises(ResponseTooLarge):
        undo("gzip, gzip", gzip.compress(gzip.compress(b"a") * 500), limit=1000)


@each_coding
def test_bomb_is_refused_before_it_takes_memory(name: str, encode: Callable[[bytes], bytes]) -> None:
    bomb = encode(b"\0" * (16 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLarge):
            undo(name, bomb, limit=MIB)
        assert tracemalloc.get_traced_memory()[1] < 6 * MIB
    finally:
        tracemalloc.stop()


@each_coding
def test_ratio_is_limited_where_nothing_else_is(name: str, encode: Callable[[bytes], bytes]) -> None:
    bomb = encode(b"\0" * (16 * MIB))
    with pytest.raises(ResponseTooLarge, match=f"more than {MAX_RATIO} bytes of one"):
        undo(name, bomb)
    with pytest.raises(ResponseTooLarge, match=f"more than {MAX_RATIO} bytes of one"):
        undo(name, *cut(bomb, 100), limit=16 * MIB)


@each_coding
def test_ratio_of_small_bodies_is_free(name: str, encode: Callable[[bytes], bytes]) -> None:
    blanks = b" " * RATIO_FREE_SIZE
    assert undo(name, encode(blanks)) == blanks


def test_bomb_inside_a_coding_is_refused() -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * (16 * MIB)))
    with pytest.raises(ResponseTooLarge, match="of one"):
        undo("gzip, gzip", bomb)


# What is installed.


def test_all_that_can_be_undone_is_asked_for() -> None:
    assert accept_encoding() == "gzip, deflate, br, zstd"
    for name in accept_encoding().split(", "):
        assert decoder_for([name], None) is not None


@pytest.mark.usefixtures("fresh")
def test_coding_whose_package_is_absent_is_neither_asked_for_nor_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("brotli", "zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, package, None)
    assert accept_encoding() == "gzip, deflate"
    assert decoder_for(["br"], None) is None
    assert decoder_for(["zstd"], None) is None


@pytest.mark.usefixtures("fresh")
def test_brotli_that_cannot_bound_its_output_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", SimpleNamespace(Decompressor=object, error=ValueError))
    assert decoder_for(["br"], None) is None
    assert accept_encoding() == "gzip, deflate, zstd"


@pytest.mark.usefixtures("fresh")
def test_zstd_of_the_standard_library_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def decompressor(options: dict[str, int]) -> Any:
        asked.append(options)
        return zstandard.ZstdDecompressor().decompressobj()

    package = SimpleNamespace(
        DecompressionParameter=SimpleNamespace(window_log_max="window_log_max"),
        ZstdDecompressor=decompressor,
        ZstdError=zstandard.ZstdError,
    )
    monkeypatch.setitem(sys.modules, "compression", SimpleNamespace(zstd=package))
    monkeypatch.setitem(sys.modules, "compression.zstd", package)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert undo("zstd", zstd(b"a") + zstd(b"b")) == b"ab"
    assert asked == [{"window_log_max": 23}] * 2
