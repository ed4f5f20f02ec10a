"""How often one host is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.rate import Bucket, RateLimit, RateLimits


def waits(bucket: Bucket, now: float, count: int) -> list[float]:
    return [bucket.reserve(now) for _ in range(count)]


def test_requests_are_spread_evenly() -> None:
    assert waits(Bucket(RateLimit(2)), 100.0, 4) == [0.0, 0.5, 1.0, 1.5]
    assert waits(Bucket(RateLimit(1, 60)), 0.0, 3) == [0.0, 60.0, 120.0]
    assert waits(Bucket(RateLimit(0.5)), 0.0, 2) == [0.0, 2.0]


def test_burst_goes_at_once_after_a_pause() -> None:
    bucket = Bucket(RateLimit(1, burst=3))
    assert waits(bucket, 0.0, 5) == [0.0, 0.0, 0.0, 1.0, 2.0]
    assert waits(bucket, 4.0, 3) == [0.0, 0.0, 1.0]
    assert waits(bucket, 1000.0, 4) == [0.0, 0.0, 0.0, 1.0]


def test_who_comes_later_waits_less() -> None:
    bucket = Bucket(RateLimit(1))
    assert bucket.reserve(0.0) == 0.0
    assert bucket.reserve(0.25) == 0.75
    assert bucket.reserve(1.5) == 0.5
    assert bucket.reserve(3.0) == 0.0


def test_moment_given_back_goes_to_the_next_who_asks() -> None:
    bucket = Bucket(RateLimit(1))
    assert waits(bucket, 0.0, 4) == [0.0, 1.0, 2.0, 3.0]
    bucket.give_back(2.0)
    bucket.give_back(1.0)
    assert waits(bucket, 0.5, 3) == [0.5, 1.5, 3.5]


def test_moment_given_back_at_once_goes_at_once() -> None:
    bucket = Bucket(RateLimit(1))
    assert bucket.reserve(5.0) == 0.0
    bucket.give_back(5.0)
    assert waits(bucket, 5.0, 2) == [0.0, 1.0]


def test_moment_given_back_and_passed_is_lost() -> None:
    bucket = Bucket(RateLimit(1))
    assert waits(bucket, 0.0, 3) == [0.0, 1.0, 2.0]
    bucket.give_back(1.0)
    assert waits(bucket, 1.5, 1) == [1.5]


def test_bucket_at_rest_is_as_a_new_one() -> None:
    bucket = Bucket(RateLimit(1, burst=2))
    assert bucket.is_full(0.0)
    waits(bucket, 0.0, 3)
    bucket.give_back(1.0)
    assert [bucket.is_full(now) for now in (0.0, 2.5, 3.0)] == [False, False, True]


def test_each_host_has_its_own_bucket() -> None:
    limits = RateLimits(RateLimit(1))
    assert [limits.reserve(host, 0.0) for host in ("a", "a", "b", "b")] == [0.0, 1.0, 0.0, 1.0]
    limits.give_back("a", 1.0)
    limits.give_back("never asked", 1.0)
    assert [limits.reserve(host, 0.0) for host in ("a", "b")] == [1.0, 2.0]


def test_hosts_at_rest_are_forgotten_and_others_are_not() -> None:
    limits = RateLimits(RateLimit(1))
    assert [limits.reserve("busy", 0.0) for _ in range(5)][-1] == 4.0
    for number in range(1000):
        limits.reserve(f"rare{number}", number / 1000)
    assert len(limits) == 1001
    for number in range(1100):
        limits.reserve(f"late{number}", 3.5)
    assert len(limits) < 1200
    assert limits.reserve("busy", 3.5) == 1.5


@pytest.mark.parametrize(
    "options",
    [{"requests": 0}, {"requests": float("nan")}, {"per": 0}, {"per": float("inf")}, {"burst": 0}],
)
def test_limit_refuses_what_is_none(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        RateLimit(**{"requests": 1, **options})


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.floats(0, 5), st.booleans()), max_size=40),
)
def test_no_stretch_of_time_sees_more_than_the_limit(burst: int, steps: list[tuple[float, bool]]) -> None:
    bucket, now, moments = Bucket(RateLimit(1, burst=burst)), 0.0, []
    for pause, gives_up in steps:
        now += pause
        moment = now + bucket.reserve(now)
        if gives_up:
            bucket.give_back(moment)
        else:
            moments.append(moment)
    moments.sort()
    for first, start in enumerate(moments):
        for last, end in enumerate(moments[first:], 1):
            assert last <= burst + (end - start) + 1e-6
