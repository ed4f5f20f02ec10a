import re

from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.helpers import BOT, PERSON, Clock
from webqq.gateway.captchas import CAPTCHA_LETTERS, CAPTCHA_SECONDS, CAPTCHAS, Captchas, draw_captcha


def test_captcha_is_good_once_in_any_case() -> None:
    captchas = Captchas(Clock())
    session, letters = captchas.issue(BOT)
    assert re.fullmatch(f"[A-Z]{{{CAPTCHA_LETTERS}}}", letters)
    assert captchas.redeem(session, BOT, letters.lower())
    assert not captchas.redeem(session, BOT, letters)


def test_wrong_answer_uses_it_up() -> None:
    captchas = Captchas(Clock())
    session, letters = captchas.issue(BOT)
    assert not captchas.redeem(session, BOT, "????")
    assert not captchas.redeem(session, BOT, letters)


def test_captcha_of_another_account_or_none_is_wrong() -> None:
    captchas = Captchas(Clock())
    session, letters = captchas.issue(BOT)
    assert not captchas.redeem(session, PERSON, letters)
    assert not captchas.redeem("", BOT, "")


def test_captcha_grows_old_and_is_swept() -> None:
    clock = Clock()
    captchas = Captchas(clock)
    session, letters = captchas.issue(BOT)
    captchas.issue(BOT)
    clock.now += CAPTCHA_SECONDS
    assert not captchas.redeem(session, BOT, letters)
    captchas.sweep()
    assert len(captchas) == 0


def test_captchas_are_bounded() -> None:
    captchas = Captchas(Clock())
    first, letters = captchas.issue(BOT)
    for _ in range(CAPTCHAS):
        captchas.issue(BOT)
    assert len(captchas) == CAPTCHAS
    assert not captchas.redeem(first, BOT, letters)


@given(st.integers(0, 2**32))
def test_picture_can_be_drawn_whatever_chance_says(seed: int) -> None:
    assert draw_captcha("AWKX", seed).startswith(b"\x89PNG")


def test_picture_is_another_each_time() -> None:
    assert draw_captcha("ABEF", 1) == draw_captcha("ABEF", 1) != draw_captcha("ABEF", 2)
