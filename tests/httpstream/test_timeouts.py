"""How long an exchange may take."""

from dataclasses import fields
from math import inf, nan

import pytest

from webqq.httpstream import Timeouts

NAMES = [field.name for field in fields(Timeouts)]


@pytest.mark.parametrize("seconds", [0, -1, nan])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_time_is_refused_by_name(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"timeout {name} must be above 0"):
        Timeouts(**{name: seconds})


def test_each_part_can_be_turned_off() -> None:
    assert Timeouts(**dict.fromkeys(NAMES)) == Timeouts(*([None] * len(NAMES)))


def test_option_is_taken_over_whole_or_as_the_total() -> None:
    own, other = Timeouts(connect=1, total=2), Timeouts(connect=3, total=4)
    assert own.updated(...) is own
    assert own.updated(other) is other
    assert own.updated(9) == Timeouts(connect=1, total=9)
    assert own.updated(None) == Timeouts(connect=1, total=None)


def test_total_is_counted_from_now_and_none_is_never() -> None:
    assert Timeouts(total=2).total_deadline(10) == 12
    assert Timeouts(total=None).total_deadline(10) == inf


def test_long_poll_may_take_for_ever_but_the_server_must_answer_in_its_time() -> None:
    preset = Timeouts.long_poll(hold=120)
    assert (preset.first_byte, preset.total) == (150, None)
    assert preset.connect == Timeouts().connect
