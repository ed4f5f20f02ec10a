"""The race of a host's addresses, input by input."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream.race import (
    ATTEMPT_DELAY,
    TRANSITIONS,
    Address,
    Begin,
    IllegalInput,
    Input,
    Lost,
    Race,
    RaceState,
    Winners,
    Won,
    order_addresses,
    show_address,
)

V4, V6 = 2, 10


def four(number: int) -> Address:
    return Address(V4, (f"192.0.2.{number}", 80))


def six(number: int) -> Address:
    return Address(V6, (f"2001:db8::{number}", 80, 0, 0))


REFUSED = ConnectionRefusedError(111, "Connection refused")
UNREACHABLE = OSError(101, "Network is unreachable")


# The order.


def test_families_alternate_and_begin_with_the_resolvers_first() -> None:
    assert order_addresses([six(1), six(2), six(3), four(1)]) == [six(1), four(1), six(2), six(3)]
    assert order_addresses([four(1), four(2), six(1), six(2)]) == [four(1), six(1), four(2), six(2)]


def test_remembered_winner_comes_first_and_the_other_family_next() -> None:
    found = [six(1), six(2), four(1), four(2)]
    assert order_addresses(found, four(2)) == [four(2), six(1), four(1), six(2)]
    assert order_addresses(found, six(2)) == [six(2), four(1), six(1), four(2)]


def test_winner_that_is_no_address_of_the_host_any_more_changes_nothing() -> None:
    assert order_addresses([six(1), four(1)], four(9)) == [six(1), four(1)]


def test_one_family_keeps_its_order() -> None:
    assert order_addresses([four(2), four(1), four(3)]) == [four(2), four(1), four(3)]
    assert order_addresses([four(2), four(1), four(3)], four(3)) == [four(3), four(2), four(1)]


@pytest.mark.parametrize("addresses", [[], [six(1)]])
def test_nothing_to_order_is_a_list_of_its_own(addresses: list[Address]) -> None:
    ordered = order_addresses(addresses, four(1))
    assert ordered == addresses
    assert ordered is not addresses


@given(st.lists(st.sampled_from([four(1), four(2), four(3), six(1), six(2), six(3)]), unique=True), st.integers(0, 5))
def test_order_loses_no_address_and_adds_none(found: list[Address], choice: int) -> None:
    preferred = found[choice] if choice < len(found) else None
    before = list(found)
    ordered = order_addresses(found, preferred)
    assert sorted(ordered) == sorted(found)
    assert found == before
    if found:
        assert ordered[0] == (preferred or found[0])
    for family in (V4, V6):
        rest = [address for address in ordered if address.family == family and address != preferred]
        assert rest == [address for address in found if address.family == family and address != preferred]


# The race.


def test_first_address_to_connect_wins_and_the_others_are_closed() -> None:
    race = Race([six(1), four(1), six(2)])
    assert race.start(10.0) == Begin(0, six(1))
    assert race.next_due == 10.0 + ATTEMPT_DELAY
    assert race.tick(10.25) == Begin(1, four(1))
    assert race.tick(10.5) == Begin(2, six(2))
    assert race.connected(1) == Won(1, four(1), (0, 2))
    assert race.state is RaceState.WON
    assert race.next_due is None


def test_tick_before_its_time_begins_nothing() -> None:
    race = Race([six(1), four(1)])
    race.start(10.0)
    assert race.tick(10.2) is None
    assert race.next_due == 10.25


def test_nothing_is_due_once_the_last_address_is_tried() -> None:
    race = Race([six(1), four(1)], delay=1.0)
    race.start(0.0)
    assert race.tick(1.0) == Begin(1, four(1))
    assert race.next_due is None
    assert race.tick(100.0) is None


def test_single_address_is_one_attempt_and_no_timer() -> None:
    race = Race([four(1)])
    assert race.start(0.0) == Begin(0, four(1))
    assert race.next_due is None
    assert race.connected(0) == Won(0, four(1), ())


def test_failure_begins_the_next_attempt_at_once_and_moves_the_timer() -> None:
    race = Race([six(1), four(1), six(2)])
    race.start(10.0)
    assert race.failed(0, UNREACHABLE, 10.1) == Begin(1, four(1))
    assert race.next_due == pytest.approx(10.35)
    assert race.connected(1) == Won(1, four(1), ())
    assert race.next_due is None


def test_failure_of_an_earlier_attempt_begins_the_next_too() -> None:
    race = Race([six(1), four(1), six(2)])
    race.start(0.0)
    race.tick(0.25)
    assert race.failed(0, REFUSED, 0.3) == Begin(2, six(2))
    assert race.connected(1) == Won(1, four(1), (2,))


def test_race_is_lost_when_the_last_attempt_that_ran_failed() -> None:
    race = Race([six(1), four(1)])
    race.start(0.0)
    race.tick(0.25)
    assert race.failed(1, REFUSED, 0.3) is None
    assert race.failed(0, UNREACHABLE, 0.4) == Lost(
        "192.0.2.1:80: Connection refused; [2001:db8::1]:80: Network is unreachable", UNREACHABLE
    )
    assert race.state is RaceState.LOST
    assert race.errors == [(four(1), REFUSED), (six(1), UNREACHABLE)]


def test_failure_with_others_running_and_none_left_waits_for_them() -> None:
    race = Race([six(1), four(1)])
    race.start(0.0)
    race.tick(0.25)
    assert race.failed(0, REFUSED, 0.3) is None
    assert race.connected(1) == Won(1, four(1), ())


def test_address_that_fails_at_once_is_no_recursion() -> None:
    addresses = [four(number) for number in range(5000)]
    race = Race(addresses)
    action: Any = race.start(0.0)
    begun = 0
    while isinstance(action, Begin):
        begun += 1
        action = race.failed(action.attempt, REFUSED, 0.0)
    assert begun == 5000
    assert isinstance(action, Lost)


def test_reasons_tell_of_attempts_that_a_deadline_ended() -> None:
    race = Race([six(1), four(1), six(2)])
    race.start(0.0)
    race.failed(0, UNREACHABLE, 0.0)
    assert race.reasons("timed out") == "[2001:db8::1]:80: Network is unreachable; 192.0.2.1:80: timed out"
    assert race.reasons().endswith("no answer")


@pytest.mark.parametrize(
    ("error", "told"),
    [(ValueError("bad address"), "bad address"), (OSError("gone"), "gone"), (TypeError(), "TypeError")],
)
def test_reason_is_what_the_error_says(error: Exception, told: str) -> None:
    race = Race([four(1)])
    race.start(0.0)
    lost = race.failed(0, error, 0.0)
    assert lost == Lost(f"192.0.2.1:80: {told}", error)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (four(1), "192.0.2.1:80"),
        (six(1), "[2001:db8::1]:80"),
        (Address(1, "/run/proxy.sock"), "/run/proxy.sock"),
        (Address(99, ("odd",)), "('odd',)"),
    ],
)
def test_addresses_are_shown_as_in_urls(address: Address, shown: str) -> None:
    assert show_address(address) == shown


def test_race_needs_an_address() -> None:
    with pytest.raises(ValueError, match="needs an address"):
        Race([])


# Every state with every input.


def race_in(state: RaceState) -> Race:
    race = Race([six(1)])
    if state is not RaceState.READY:
        race.start(0.0)
    if state is RaceState.WON:
        race.connected(0)
    if state is RaceState.LOST:
        race.failed(0, REFUSED, 0.0)
    assert race.state is state
    return race


INPUTS: dict[Input, Callable[[Race], object]] = {
    Input.START: lambda race: race.start(0.0),
    Input.FAILED: lambda race: race.failed(0, REFUSED, 0.0),
    Input.CONNECTED: lambda race: race.connected(0),
    Input.TICK: lambda race: race.tick(0.0),
}


@pytest.mark.parametrize(("state", "what"), list(itertools.product(RaceState, Input)))
def test_race_takes_what_the_table_has_and_nothing_else(state: RaceState, what: Input) -> None:
    race = race_in(state)
    if (state, what) in TRANSITIONS:
        INPUTS[what](race)
        assert race.state in TRANSITIONS[state, what]
    else:
        with pytest.raises(IllegalInput, match=f"{state.name}.* takes no {what.value}"):
            INPUTS[what](race)
        assert race.state is state


@pytest.mark.parametrize("attempt", [1, 7, -1])
def test_attempt_that_is_not_under_way_neither_fails_nor_connects(attempt: int) -> None:
    race = Race([six(1), four(1)])
    race.start(0.0)
    with pytest.raises(IllegalInput, match="not under way"):
        race.connected(attempt)
    with pytest.raises(IllegalInput, match="not under way"):
        race.failed(attempt, REFUSED, 0.0)
    assert race.connected(0) == Won(0, six(1), ())


@given(st.integers(1, 6), st.lists(st.tuples(st.sampled_from("ftc"), st.integers(0, 5)), max_size=30))
def test_whatever_happens_each_address_is_tried_once_and_the_race_ends(
    count: int, events: list[tuple[str, int]]
) -> None:
    race = Race([four(number) for number in range(count)])
    now, running, begun = 0.0, [0], [race.start(0.0).attempt]
    for event, choice in [*events, *[("f", 0)] * 12]:
        if race.state is not RaceState.RACING:
            break
        now += 0.3
        attempt = running[choice % len(running)]
        action: Any
        if event == "t":
            action = race.tick(now)
        else:
            running.remove(attempt)
            action = race.failed(attempt, REFUSED, now) if event == "f" else race.connected(attempt)
        if isinstance(action, Begin):
            running.append(action.attempt)
            begun.append(action.attempt)
        elif isinstance(action, Won):
            assert (action.attempt, list(action.losers)) == (attempt, running)
        elif isinstance(action, Lost):
            assert not running
            assert len(race.errors) == count
        # Somebody always is under way, or the race is over.
        assert running or race.state is not RaceState.RACING
    assert race.state in {RaceState.WON, RaceState.LOST}
    assert begun == sorted(set(begun))


# Winners.


def test_winner_is_recalled_until_forgotten() -> None:
    winners = Winners()
    assert winners.recall("a") is None
    winners.remember("a", four(1))
    winners.remember("a", six(1))
    assert winners.recall("a") == six(1)
    winners.forget("a")
    winners.forget("a")
    assert winners.recall("a") is None


def test_winner_unused_for_longest_makes_room() -> None:
    winners = Winners(size=2)
    winners.remember("a", four(1))
    winners.remember("b", four(2))
    winners.recall("a")
    winners.remember("c", four(3))
    assert [winners.recall(key) for key in "abc"] == [four(1), None, four(3)]
    winners.remember("a", four(4))
    winners.remember("d", four(5))
    assert len(winners) == 2
    assert winners.recall("c") is None
