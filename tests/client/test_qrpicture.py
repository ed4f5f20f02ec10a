"""Codes in a terminal and in files."""

import io
from pathlib import Path

import pytest

from tests.client.pictures import code, enlarged, grey_png
from webqq.client.qrpicture import QRPicture, save_qr, show_qr

HALVES = {" ": "..", "▀": "#.", "▄": ".#", "█": "##"}


def modules(text: str) -> list[str]:
    """What is drawn, as rows of modules, without the light ones around."""
    rows: list[str] = []
    for line in text.split("\n"):
        assert line.startswith("\x1b[30;107m")
        assert line.endswith("\x1b[0m")
        pairs = [HALVES[char] for char in line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m")]
        rows += ["".join(pair[half] for pair in pairs) for half in (0, 1)]
    return [row[2:-2] for row in rows[2:23]]


@pytest.mark.parametrize(("scale", "margin"), [(1, 0), (3, 4), (5, 20)])
def test_code_of_any_size_is_drawn_by_its_modules(scale: int, margin: int):
    picture = QRPicture(grey_png(enlarged(code(), scale, margin)), 100200300)
    assert modules(picture.text) == code()


@pytest.mark.parametrize(
    ("rows", "problem"),
    [(["...", "..."], "blank"), (["#..", "###", "#.."], "none"), (["..#", "..#", "..#"], "no square")],
)
def test_picture_without_a_code_is_an_error(rows: list[str], problem: str):
    with pytest.raises(ValueError, match=problem):
        _ = QRPicture(grey_png(rows), 100200300).text


def test_shown_code_says_whose_and_which_it_is():
    out = io.StringIO()
    show_qr(out)(QRPicture(grey_png(code()), 100200300, 2, 3))
    assert "Scan this with the phone of 100200300 (code 2 of 3)." in out.getvalue()


def test_saved_code_is_the_picture(tmp_path: Path):
    save_qr(tmp_path / "code.png")(QRPicture(b"png", 100200300))
    assert (tmp_path / "code.png").read_bytes() == b"png"
