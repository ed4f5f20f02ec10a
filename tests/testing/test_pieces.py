"""Ways to cut a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.testing.pieces import cut_everywhere, sliced


@given(st.binary(max_size=40))
def test_pieces_join_to_what_was_cut_and_none_is_empty(raw: bytes) -> None:
    for pieces in cut_everywhere(raw):
        assert b"".join(pieces) == raw
        assert all(pieces)


@given(st.binary(min_size=3, max_size=40))
def test_whole_bytewise_and_every_place(raw: bytes) -> None:
    ways = list(cut_everywhere(raw))
    assert len(ways) == len(raw) + 1
    assert [raw] in ways
    assert [bytes([byte]) for byte in raw] in ways
    assert {len(way[0]) for way in ways if len(way) == 2} == set(range(1, len(raw)))


def test_no_way_comes_twice() -> None:
    assert list(cut_everywhere(b"ab")) == [[b"ab"], [b"a", b"b"]]
    assert list(cut_everywhere(b"a")) == [[b"a"]]
    assert list(cut_everywhere(b"")) == []


def test_slices_have_a_size() -> None:
    assert sliced(b"", 3) == []
    with pytest.raises(ValueError, match="1 byte or more"):
        sliced(b"abc", 0)
