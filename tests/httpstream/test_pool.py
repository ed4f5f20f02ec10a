"""Which connection serves which request: decisions only."""

from typing import Any

import pytest

from webqq.httpstream.pool import Open, Pool, Reuse, Wait

Strings = Pool[str, str]


def opened(pool: Strings, *keys: str) -> None:
    for key in keys:
        assert pool.ask(key, "somebody") == Open()


def test_without_limits_each_request_may_open_a_connection() -> None:
    pool = Strings()
    opened(pool, *"aaaabbbb")
    assert pool.open_count == 8


@pytest.mark.parametrize("limits", [(0, None), (None, 0), (-1, None)])
def test_limit_below_one_is_refused_by_name(limits: tuple[int | None, int | None]) -> None:
    with pytest.raises(ValueError, match=r"max_.* must be at least 1 or None"):
        Strings(*limits)


def test_the_connection_used_last_is_used_first() -> None:
    pool = Strings()
    opened(pool, "a", "a")
    pool.put("a", "old", 1)
    pool.put("a", "new", 2)
    assert pool.ask("a", "x") == Reuse("new")
    assert pool.take("a") == "old"
    assert pool.take("a") is None


def test_connections_of_another_key_are_left_alone() -> None:
    pool = Strings()
    opened(pool, "a")
    pool.put("a", "one", 1)
    assert pool.ask("b", "x") == Open()


def test_fresh_asks_for_a_connection_nobody_used() -> None:
    pool = Strings()
    opened(pool, "a")
    pool.put("a", "used", 1)
    assert pool.ask("a", "x", fresh=True) == Open()
    assert pool.idle_connections == ["used"]


def test_over_the_limit_in_all_one_waits() -> None:
    pool = Strings(max_connections=2)
    opened(pool, "a", "b")
    assert pool.ask("c", "x") == Wait()
    assert pool.has_waiting
    assert pool.next_waiter() is None
    pool.closed("a", None)
    assert pool.next_waiter() == "x"
    assert not pool.has_waiting
    assert pool.ask("c", "x") == Open()


def test_over_the_limit_of_a_host_one_waits_and_others_go_on() -> None:
    pool = Strings(max_per_host=1)
    opened(pool, "a")
    assert pool.ask("a", "x") == Wait()
    opened(pool, "b")
    pool.put("b", "idle", 1)
    assert pool.next_waiter() is None


def test_idle_limit_counts_idle_and_busy_ones_alike() -> None:
    pool = Strings(max_per_host=2)
    opened(pool, "a", "a")
    pool.put("a", "idle", 1)
    assert pool.ask("a", "x") == Reuse("idle")
    assert pool.ask("a", "y") == Wait()


def test_oldest_idle_connection_makes_room_for_another_host() -> None:
    pool = Strings(max_connections=2)
    opened(pool, "a", "b")
    pool.put("a", "older", 1)
    pool.put("b", "newer", 2)
    assert pool.ask("c", "x") == Open("older")
    pool.closed("a", "older")
    assert (pool.open_count, pool.idle_connections) == (2, ["newer"])


def test_fresh_at_the_limit_of_a_host_evicts_an_idle_one_of_it() -> None:
    pool = Strings(max_per_host=1)
    opened(pool, "a")
    assert pool.ask("a", "x", fresh=True) == Wait()
    pool.leave("x")
    pool.put("a", "used", 1)
    assert pool.ask("a", "x", fresh=True) == Open("used")


def test_line_is_first_come_first_served() -> None:
    pool = Strings(max_connections=1)
    opened(pool, "a")
    for waiter in ("first", "second", "third"):
        assert pool.ask("a", waiter) == Wait()
    pool.leave("second")
    pool.leave("nobody")
    pool.put("a", "one", 1)
    assert pool.next_waiter() == "first"
    assert pool.ask("a", "first") == Reuse("one")
    assert pool.next_waiter() is None
    pool.put("a", "one", 2)
    assert pool.next_waiter() == "third"


def test_waiter_of_a_full_host_does_not_hold_up_the_line() -> None:
    pool = Strings(max_connections=2, max_per_host=1)
    opened(pool, "a", "b")
    assert pool.ask("a", "for a") == Wait()
    assert pool.ask("c", "for c") == Wait()
    pool.closed("b", None)
    assert pool.next_waiter() == "for c"


def test_idle_connections_expire_by_age() -> None:
    pool = Strings(idle_timeout=10)
    opened(pool, "a", "a", "b")
    assert pool.next_expiry() is None
    pool.put("a", "one", 1)
    pool.put("b", "two", 2)
    pool.put("a", "three", 3)
    assert pool.next_expiry() == 11
    assert pool.expire(10.9) == []
    assert sorted(pool.expire(12)) == ["one", "two"]
    for key, connection in (("a", "one"), ("b", "two")):
        pool.closed(key, connection)
    assert (pool.next_expiry(), pool.open_count) == (13, 1)


def test_without_an_idle_timeout_nothing_expires() -> None:
    pool = Strings(idle_timeout=None)
    opened(pool, "a")
    pool.put("a", "one", 1)
    assert (pool.expire(1e9), pool.next_expiry()) == ([], None)


def test_repr_tells_the_counts() -> None:
    pool = Strings(max_connections=1)
    opened(pool, "a")
    pool.put("a", "one", 1)
    pool.take("a")
    pool.ask("b", "x")
    assert repr(pool) == "<Pool open=1 idle=0 waiting=1>"


def test_nothing_is_left_of_keys_that_are_gone() -> None:
    pool: Any = Strings()
    for number in range(100):
        opened(pool, str(number))
        pool.put(str(number), f"connection {number}", number)
        pool.closed(str(number), f"connection {number}")
    assert (pool._open, pool._idle, pool.open_count) == ({}, {}, 0)
