import re

from tests.gateway.helpers import BOT, PERSON, Clock
from webqq.gateway.codes import CODE_SECONDS, CODES_PER_ACCOUNT, VerifyCodes


def test_code_needs_no_captcha_by_its_form() -> None:
    assert re.fullmatch(r"![A-Z0-9]{3}", VerifyCodes(Clock()).issue(BOT))


def test_code_is_good_once_and_in_any_case_of_letters() -> None:
    codes = VerifyCodes(Clock())
    code = codes.issue(BOT)
    assert codes.redeem(BOT, code.lower())
    assert not codes.redeem(BOT, code)


def test_code_is_for_the_account_that_asked() -> None:
    codes = VerifyCodes(Clock())
    code = codes.issue(BOT)
    assert not codes.redeem(PERSON, code)
    assert codes.redeem(BOT, code)


def test_code_is_good_for_a_while_only() -> None:
    clock = Clock()
    codes = VerifyCodes(clock)
    early, late = codes.issue(BOT), codes.issue(PERSON)
    clock.now += CODE_SECONDS - 1
    assert codes.redeem(BOT, early)
    clock.now += 1
    assert not codes.redeem(PERSON, late)


def test_codes_of_an_account_are_bounded() -> None:
    codes = VerifyCodes(Clock())
    issued = list(dict.fromkeys(codes.issue(BOT) for _ in range(CODES_PER_ACCOUNT * 2)))
    assert sum(codes.redeem(BOT, code) for code in issued) == CODES_PER_ACCOUNT


def test_invented_code_is_good_for_nothing() -> None:
    codes = VerifyCodes(Clock())
    assert not codes.redeem(BOT, codes.invent())


def test_sweep_forgets_what_is_too_old() -> None:
    clock = Clock()
    codes = VerifyCodes(clock)
    codes.issue(BOT)
    clock.now += CODE_SECONDS / 2
    kept = codes.issue(BOT)
    codes.issue(PERSON)
    assert len(codes) == 3
    clock.now += CODE_SECONDS / 2
    codes.sweep()
    assert len(codes) == 2
    assert codes.redeem(BOT, kept)
    clock.now += CODE_SECONDS
    codes.sweep()
    assert len(codes) == 0
