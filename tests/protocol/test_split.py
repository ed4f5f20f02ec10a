import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.data import vectors
from webqq.protocol.content import Content, Face, Font
from webqq.protocol.split import MESSAGE_BYTES, split_content, split_text

TEXTS = st.lists(
    st.text(max_size=20) | st.sampled_from(["中", "a", "😀", "word ", " ", "\n"]).map(lambda unit: unit * 300)
)
LIMITS = st.integers(32, 800)


def size_of(piece: Content) -> int:
    return sum(len(part.encode()) if isinstance(part, str) else 16 for part in piece.parts)


@pytest.mark.parametrize("vector", vectors("split_long_message"), ids=lambda vector: vector["description"])
def test_texts_are_cut_where_qqbot_cuts(vector):
    text = vector["unit"] * vector["repeat"]
    assert [len(piece.encode()) for piece in split_text(text)] == vector["part_byte_lengths"]


@given(text=TEXTS.map("".join), limit=LIMITS)
def test_pieces_fit_and_are_the_text_again(text, limit):
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(len(piece.encode()) <= limit for piece in pieces)
    assert all(pieces) or pieces == [""]


@given(parts=st.lists(st.builds(Face, st.integers(0, 200)) | TEXTS.map("".join)), limit=LIMITS)
def test_pieces_of_a_content_hold_its_faces_and_texts_in_order(parts, limit):
    font = Font(size=9)
    pieces = split_content(Content(tuple(parts), font), limit)
    assert "".join(piece.text for piece in pieces) == "".join(Content((part,)).text for part in parts)
    assert all(size_of(piece) <= limit for piece in pieces)
    assert all(piece.font == font for piece in pieces)
    assert pieces


def test_message_below_the_limit_is_one_piece():
    content = Content(("a" * (MESSAGE_BYTES - 100), Face(14), "b"))
    assert split_content(content) == [content]


def test_half_full_piece_ends_before_a_text_that_does_not_fit():
    content = Content(("a" * 500, "b" * 400))
    assert split_content(content) == [Content(("a" * 500,)), Content(("b" * 400,))]


def test_nothing_is_one_empty_piece():
    assert split_content(Content(())) == [Content(())]
    assert split_text("") == [""]


def test_blank_at_the_limit_ends_the_message():
    assert split_text("a" * (MESSAGE_BYTES - 1) + " ") == ["a" * (MESSAGE_BYTES - 1) + " "]


def test_half_surrogates_do_not_stop_a_message():
    assert split_text("a\ud83d") == ["a\ufffd"]


def test_limit_has_a_least_value():
    with pytest.raises(ValueError, match="32 bytes at least, got 31"):
        split_text("a", 31)
