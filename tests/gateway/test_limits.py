import pytest

from tests.gateway.helpers import BOT, PERSON, Clock
from webqq.gateway.limits import (
    ACCOUNT_TRIES,
    ADDRESS_TRIES,
    CAPTCHA_TRIES,
    REFILL_SECONDS,
    LoginLimits,
    Tries,
    network_of,
)
from webqq.protocol.ids import QQNumber

HERE, THERE = "192.0.2.1", "192.0.2.2"


def test_bucket_holds_so_many_tries_and_fills_up_with_time() -> None:
    clock = Clock()
    tries = Tries(3, 30, clock)
    for _ in range(3):
        assert tries.has_one("key")
        tries.take("key")
    assert not tries.has_one("key")
    assert tries.has_one("other")
    clock.now += 9
    assert not tries.has_one("key")
    clock.now += 1
    assert tries.has_one("key")
    tries.take("key")
    assert not tries.has_one("key")


def test_empty_bucket_goes_no_deeper() -> None:
    clock = Clock()
    tries = Tries(1, 10, clock)
    for _ in range(100):
        tries.take("key")
    clock.now += 10
    assert tries.has_one("key")


def test_clock_that_is_set_back_gives_no_tries_and_takes_none() -> None:
    clock = Clock()
    tries = Tries(2, 20, clock)
    tries.take("key")
    clock.now -= 1000
    assert tries.has_one("key")
    tries.take("key")
    assert not tries.has_one("key")


def test_memory_is_bounded_and_the_longest_unused_go_first() -> None:
    tries = Tries(1, 10, Clock(), capacity=2)
    for key in ("first", "second", "first", "third"):
        tries.take(key)
    assert len(tries) == 2
    assert tries.has_one("second")
    assert not tries.has_one("first")


def test_sweep_forgets_what_is_full_again() -> None:
    clock = Clock()
    tries = Tries(2, 20, clock)
    tries.take("old")
    clock.now += 10
    tries.take("new")
    tries.sweep()
    assert len(tries) == 1
    assert tries.has_one("new")


def test_account_is_bounded_from_wherever_it_is_tried() -> None:
    clock = Clock()
    limits = LoginLimits(clock)
    for each in range(ACCOUNT_TRIES):
        assert limits.may_try(BOT, f"192.0.2.{each}")
        limits.failed(BOT, f"192.0.2.{each}", is_password_wrong=True)
    assert not limits.may_try(BOT, "198.51.100.1")
    assert limits.may_try(PERSON, HERE)
    clock.now += REFILL_SECONDS
    assert limits.may_try(BOT, HERE)


def test_address_is_bounded_whatever_accounts_it_tries() -> None:
    limits = LoginLimits(Clock())
    for each in range(ADDRESS_TRIES):
        limits.failed(QQNumber(100_000 + each), HERE, is_password_wrong=bool(each % 2))
    assert not limits.may_try(PERSON, HERE)
    assert limits.may_try(PERSON, THERE)


def test_wrong_codes_do_not_lock_an_account() -> None:
    limits = LoginLimits(Clock())
    for _ in range(ACCOUNT_TRIES + 1):
        limits.failed(BOT, HERE, is_password_wrong=False)
    assert limits.may_try(BOT, HERE)


def test_success_gives_the_account_its_tries_back_and_not_the_address() -> None:
    limits = LoginLimits(Clock())
    for _ in range(ADDRESS_TRIES):
        limits.failed(BOT, HERE, is_password_wrong=True)
    limits.succeeded(BOT)
    assert limits.may_try(BOT, THERE)
    assert not limits.may_try(BOT, HERE)


def test_sweep_leaves_nothing_behind_in_time() -> None:
    clock = Clock()
    limits = LoginLimits(clock)
    limits.failed(BOT, HERE, is_password_wrong=True)
    clock.now += REFILL_SECONDS
    limits.sweep()
    assert (len(limits._accounts), len(limits._addresses)) == (0, 0)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1::5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::", "2001:db8:0:1::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_ipv6_counts_by_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_captcha_is_asked_for_by_address_and_forgotten_in_time() -> None:
    clock = Clock()
    limits = LoginLimits(clock)
    for each in range(CAPTCHA_TRIES):
        assert not limits.needs_captcha(HERE)
        limits.failed(QQNumber(100_000 + each), HERE, is_password_wrong=True)
    assert limits.needs_captcha(HERE)
    assert not limits.needs_captcha(THERE)
    clock.now += REFILL_SECONDS
    assert not limits.needs_captcha(HERE)
