"""What two closes by a server teach."""

from math import inf

import pytest

from webqq.httpstream.lifetimes import MEMORY, Lifetime, Lifetimes


def test_one_close_teaches_nothing() -> None:
    lifetimes = Lifetimes()
    assert lifetimes.of("a", 0) is None
    lifetimes.closed("a", idle=5, age=39, now=0)
    assert lifetimes.of("a", 0) == Lifetime(inf, inf)


def test_two_closes_at_the_same_age_tell_how_old_a_connection_gets() -> None:
    lifetimes = Lifetimes()
    lifetimes.closed("a", idle=1, age=39, now=0)
    lifetimes.closed("a", idle=20, age=40, now=50)
    assert lifetimes.of("a", 50) == Lifetime(inf, pytest.approx(0.9 * 39))


def test_two_closes_after_the_same_idleness_tell_how_long_it_may_last() -> None:
    lifetimes = Lifetimes()
    lifetimes.closed("a", idle=5, age=100, now=0)
    lifetimes.closed("a", idle=5.2, age=300, now=400)
    assert lifetimes.of("a", 400) == Lifetime(pytest.approx(4.5), inf)


def test_closes_that_do_not_agree_teach_nothing() -> None:
    lifetimes = Lifetimes()
    lifetimes.closed("a", idle=5, age=100, now=0)
    lifetimes.closed("a", idle=9, age=300, now=400)
    assert lifetimes.of("a", 400) == Lifetime(inf, inf)


def test_a_server_that_restarts_teaches_nothing() -> None:
    lifetimes = Lifetimes()
    for now in range(3):
        lifetimes.closed("a", idle=0.1, age=0.1, now=now)
    assert lifetimes.of("a", 3) == Lifetime(inf, inf)


def test_what_was_learnt_is_kept_by_later_closes_and_doubted_after_an_hour() -> None:
    lifetimes = Lifetimes()
    lifetimes.closed("a", idle=5, age=100, now=0)
    lifetimes.closed("a", idle=5, age=300, now=1)
    lifetimes.closed("a", idle=1, age=700, now=2)
    assert lifetimes.of("a", 2) == Lifetime(4.5, inf)
    assert lifetimes.of("a", 2 + MEMORY + 1) is None
    lifetimes.closed("a", idle=5, age=9, now=2 + MEMORY + 1)
    assert lifetimes.of("a", 2 + MEMORY + 1) == Lifetime(inf, inf)


def test_memory_is_bounded_and_keeps_those_heard_of_last() -> None:
    lifetimes = Lifetimes(size=2)
    for key in "aba":
        lifetimes.closed(key, 1, 1, 0)
    lifetimes.closed("c", 1, 1, 0)
    assert len(lifetimes) == 2
    assert lifetimes.of("b", 0) is None
    assert lifetimes.of("a", 0) is not None
