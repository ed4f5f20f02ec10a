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


def after(text: str, rest: str = "b" * 200) -> list[str]:
    """The pieces of a text that fills a message but for 20 bytes, and goes on with ``text``."""
    return split_text("a" * (MESSAGE_BYTES - 20) + text + rest)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("x\nyy yy。yy", "\n"),
        ("x yy。yy", " "),
        ("x yy\u3000yy", "\u3000"),
        ("好。你好", "。"),
        ("好，你好", "，"),
    ],
)
def test_piece_ends_after_a_line_else_a_blank_else_a_stop(text, end):
    assert after(text)[0].endswith(end)


@pytest.mark.parametrize(
    "unit",
    [
        "e\u0301\u0302",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        "\U0001f44d\U0001f3fd",
        "❤\ufe0f",
        "[微笑]",
        "[Smile]",
    ],
)
@given(shift=st.integers(0, 40))
def test_what_is_seen_as_one_is_not_cut(unit, shift):
    pieces = split_text("a" * shift + unit * 200)
    assert len(pieces) > 1
    assert all(piece.strip("a").replace(unit, "") == "" for piece in pieces)


@given(shift=st.integers(0, 40))
def test_flag_is_not_cut(shift):
    flag = "\U0001f1e8\U0001f1f3"
    pieces = split_text("a" * shift + flag * 200)
    assert all(len(piece.strip("a")) % 2 == 0 for piece in pieces)


def test_line_end_of_two_characters_is_not_cut():
    assert split_text("a" * (MESSAGE_BYTES - 1) + "\r\nb") == ["a" * (MESSAGE_BYTES - 1), "\r\nb"]


def test_name_in_brackets_that_is_no_face_may_be_cut():
    assert any(piece.endswith("[nofac") for piece in after("1" * 13 + "[noface]"))


def test_letter_with_accents_without_end_is_cut_all_the_same():
    text = "e" + "\u0301" * 2000
    pieces = split_text(text)
    assert "".join(pieces) == text
    assert all(len(piece.encode()) < MESSAGE_BYTES for piece in pieces)


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
