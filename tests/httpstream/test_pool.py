"""Which connection serves which request: decisions only."""

import itertools
from math import inf
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
    assert isinstance(pool.ask("c", "x"), Wait)
    assert pool.has_waiting
    assert pool.next_waiter() is None
    pool.closed("a", None)
    assert pool.next_waiter() == "x"
    assert not pool.has_waiting
    assert pool.ask("c", "x") == Open()


def test_over_the_limit_of_a_host_one_waits_and_others_go_on() -> None:
    pool = Strings(max_per_host=1)
    opened(pool, "a")
    assert isinstance(pool.ask("a", "x"), Wait)
    opened(pool, "b")
    pool.put("b", "idle", 1)
    assert pool.next_waiter() is None


def test_idle_limit_counts_idle_and_busy_ones_alike() -> None:
    pool = Strings(max_per_host=2)
    opened(pool, "a", "a")
    pool.put("a", "idle", 1)
    assert pool.ask("a", "x") == Reuse("idle")
    assert isinstance(pool.ask("a", "y"), Wait)


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
    assert isinstance(pool.ask("a", "x", fresh=True), Wait)
    pool.leave("x")
    pool.put("a", "used", 1)
    assert pool.ask("a", "x", fresh=True) == Open("used")


def test_line_is_first_come_first_served() -> None:
    pool = Strings(max_connections=1)
    opened(pool, "a")
    for waiter in ("first", "second", "third"):
        assert isinstance(pool.ask("a", waiter), Wait)
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
    assert isinstance(pool.ask("a", "for a"), Wait)
    assert isinstance(pool.ask("c", "for c"), Wait)
    pool.closed("b", None)
    assert pool.next_waiter() == "for c"


def test_idle_connections_expire_each_at_its_time() -> None:
    pool = Strings()
    opened(pool, "a", "a", "b")
    assert pool.next_expiry() == inf
    pool.put("a", "one", 13)
    pool.put("b", "two", 12)
    pool.put("a", "three", 11)
    assert pool.next_expiry() == 11
    assert pool.expire(10.9) == []
    assert sorted(pool.expire(12)) == ["three", "two"]
    for key, connection in (("a", "three"), ("b", "two")):
        pool.closed(key, connection)
    assert (pool.next_expiry(), pool.open_count) == (13, 1)


def test_what_never_expires_stays() -> None:
    pool = Strings()
    opened(pool, "a")
    pool.put("a", "one", inf)
    assert (pool.expire(1e9), pool.next_expiry()) == ([], inf)


def test_line_can_be_looked_at() -> None:
    pool = Strings(max_connections=1)
    opened(pool, "a")
    pool.ask("a", "x")
    pool.ask("b", "y")
    assert pool.waiting == ["x", "y"]


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
    assert (pool._hosts, pool.open_count) == ({}, 0)


# Nobody overtakes those who could be served now.


def test_newcomer_does_not_overtake_who_waits_for_the_same_host() -> None:
    """Else a chain that asks again at each answer would keep everybody else waiting for ever."""
    pool = Strings(max_per_host=1)
    opened(pool, "a")
    assert isinstance(pool.ask("a", "patient"), Wait)
    pool.put("a", "one", 1)
    assert isinstance(pool.ask("a", "chain"), Wait)
    assert pool.next_waiter() == "patient"
    assert pool.ask("a", "patient") == Reuse("one")
    pool.put("a", "one", 2)
    assert pool.next_waiter() == "chain"
    assert pool.ask("a", "chain") == Reuse("one")


def test_newcomer_does_not_overtake_who_waits_for_another_host() -> None:
    pool = Strings(max_connections=1)
    opened(pool, "a")
    assert isinstance(pool.ask("b", "patient"), Wait)
    pool.put("a", "one", 1)
    assert isinstance(pool.ask("a", "chain"), Wait)
    assert pool.next_waiter() == "patient"
    assert pool.ask("b", "patient") == Open("one")


@pytest.mark.parametrize("limits", [(1, None), (None, 1)])
def test_newcomer_does_not_take_a_free_place_from_who_waits(limits: tuple[int | None, int | None]) -> None:
    pool = Strings(*limits)
    opened(pool, "a")
    assert isinstance(pool.ask("a", "patient"), Wait)
    pool.closed("a", None)
    assert isinstance(pool.ask("a", "newcomer"), Wait)
    assert pool.next_waiter() == "patient"
    assert pool.ask("a", "patient") == Open()


def test_newcomer_need_not_wait_where_there_is_enough_for_all() -> None:
    pool = Strings(max_connections=3, max_per_host=1)
    opened(pool, "a")
    assert isinstance(pool.ask("a", "patient"), Wait)
    assert pool.ask("b", "newcomer") == Open()
    pool.put("a", "one", 1)
    assert pool.ask("c", "another") == Open()
    assert pool.next_waiter() == "patient"


def test_newcomer_need_not_wait_behind_those_who_cannot_be_served() -> None:
    pool = Strings(max_connections=2, max_per_host=1)
    opened(pool, "a", "b")
    assert isinstance(pool.ask("a", "patient"), Wait)
    pool.put("b", "idle", 1)
    assert pool.ask("b", "newcomer") == Reuse("idle")


def test_request_that_lost_its_stale_connection_goes_before_those_who_wait() -> None:
    pool = Strings(max_per_host=1)
    opened(pool, "a")
    assert isinstance(pool.ask("a", "patient"), Wait)
    pool.closed("a", None)
    assert pool.ask("a", "again", fresh=True) == Open()


class Driver(RuleBasedStateMachine):
    """Uses a pool as the stream does: one turn of the loop for each place that came free while somebody waited."""

    KEYS = st.sampled_from("abc")

    @initialize(limits=st.tuples(st.none() | st.integers(1, 3), st.none() | st.integers(1, 2)))
    def begin(self, limits: tuple[int | None, int | None]) -> None:
        self.pool: Strings = Pool(*limits)
        self.busy: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.line: list[str] = []
        self.turns = 0
        self.count = itertools.count()

    def _ask(self, key: str, waiter: str, *, fresh: bool = False) -> None:
        decision = self.pool.ask(key, waiter, fresh=fresh)
        if isinstance(decision, Wait):
            self.line.append(waiter)
            self.keys[waiter] = key
            return
        if isinstance(decision, Reuse):
            connection = decision.connection
            assert connection.startswith(key)
        else:
            connection = f"{key}{next(self.count)}"
            if decision.evict is not None:
                self._closed(decision.evict)
        self.busy[connection] = key

    def _freed(self) -> None:
        self.turns += self.pool.has_waiting

    def _closed(self, connection: str) -> None:
        self.pool.closed(connection[0], connection)
        self._freed()

    @rule(key=KEYS)
    def newcomer(self, key: str) -> None:
        served_next = next((waiter for waiter in self.line if self._may_be_served(waiter)), None)
        self._ask(key, f"waiter {next(self.count)}")
        assert served_next is None or self._may_be_served(served_next), "it was overtaken"

    def _may_be_served(self, waiter: str) -> bool:
        return self.pool._may_be_served(self.keys[waiter])

    @precondition(lambda self: self.busy)
    @rule(data=st.data(), keep=st.booleans(), again=st.booleans())
    def answered(self, data: Any, keep: bool, again: bool) -> None:
        connection = data.draw(st.sampled_from(sorted(self.busy)))
        key = self.busy.pop(connection)
        if keep:
            self.pool.put(key, connection, next(self.count))
            self._freed()
        else:
            self._closed(connection)
        if again:
            self.newcomer(key)

    @precondition(lambda self: self.busy)
    @rule(data=st.data())
    def was_stale(self, data: Any) -> None:
        connection = data.draw(st.sampled_from(sorted(self.busy)))
        key = self.busy.pop(connection)
        self._closed(connection)
        self._ask(key, f"again {next(self.count)}", fresh=True)

    @precondition(lambda self: self.pool.idle_connections)
    @rule(data=st.data())
    def server_closed(self, data: Any) -> None:
        self._closed(data.draw(st.sampled_from(self.pool.idle_connections)))

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def gave_up(self, data: Any) -> None:
        waiter = data.draw(st.sampled_from(self.line))
        self.line.remove(waiter)
        self.pool.leave(waiter)

    @precondition(lambda self: self.turns)
    @rule()
    def turn(self) -> None:
        self.turns -= 1
        waiter = self.pool.next_waiter()
        if waiter is None:
            return
        key = self.keys.pop(waiter)
        earlier = self.line[: self.line.index(waiter)]
        assert key not in {self.keys[other] for other in earlier}, "first come, first served"
        self.line.remove(waiter)
        waiting = len(self.line)
        self._ask(key, waiter)
        assert len(self.line) == waiting, "who is called is served"

    @invariant()
    def limits_hold(self) -> None:
        pool = self.pool
        assert pool.open_count == len(self.busy) + pool.idle_count
        assert pool.max_connections is None or pool.open_count <= pool.max_connections
        for key in "abc":
            count = [*self.busy.values(), *(connection[0] for connection in pool.idle_connections)].count(key)
            assert pool.max_per_host is None or count <= pool.max_per_host

    @invariant()
    def nobody_is_forgotten(self) -> None:
        assert self.pool.has_waiting == bool(self.line)
        if not self.turns:
            assert self.pool.next_waiter() is None


TestPoolUnderTheStream = Driver.TestCase


def test_who_was_called_is_let_go_once_served() -> None:
    """Another that happens to ask next has no right of its own by it."""
    pool = Strings(max_connections=1)
    opened(pool, "a")
    assert all(isinstance(pool.ask("a", who), Wait) for who in ("x", "y"))
    pool.put("a", "one", 1)
    assert pool.next_waiter() == "x"
    pool.served()
    assert isinstance(pool.ask("a", "x"), Wait)
    assert pool.waiting == ["y", "x"]
