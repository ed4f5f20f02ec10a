"""How long an exchange may take."""

from math import inf, nan

import pytest

from webqq.httpstream import Timeouts


@pytest.mark.parametrize("seconds", [0, -1, nan])
@pytest.mark.parametrize("name", ["connect", "total"])
def test_what_is_no_time_is_refused_by_name(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"timeout {name} must be above 0"):
        Timeouts(**{name: seconds})


def test_option_is_taken_over_whole_or_as_the_total() -> None:
    own, other = Timeouts(connect=1, total=2), Timeouts(connect=3, total=4)
    assert own.updated(...) is own
    assert own.updated(other) is other
    assert own.updated(9) == Timeouts(connect=1, total=9)
    assert own.updated(None) == Timeouts(connect=1, total=None)


def test_deadlines_are_counted_from_now_and_none_is_never() -> None:
    assert Timeouts(connect=1, total=2).connect_deadline(10) == 11
    assert Timeouts(connect=1, total=2).total_deadline(10) == 12
    never = Timeouts(connect=None, total=None)
    assert (never.connect_deadline(10), never.total_deadline(10)) == (inf, inf)
