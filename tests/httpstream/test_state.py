"""The table of an exchange's states."""

import pytest

from webqq.httpstream.state import TRANSITIONS, State

ENDS = {State.DONE, State.FAILED, State.CANCELLED}


def test_every_state_stands_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("state", State)
def test_what_has_ended_goes_nowhere_and_all_else_can_end(state: State) -> None:
    assert state.is_final == (state in ENDS)
    assert (TRANSITIONS[state] == frozenset()) == state.is_final
    if not state.is_final:
        assert TRANSITIONS[state] >= {State.FAILED, State.CANCELLED}


@pytest.mark.parametrize("state", [state for state in State if not state.is_final])
def test_a_retry_may_wait_wherever_the_exchange_failed(state: State) -> None:
    assert State.SCHEDULED in TRANSITIONS[state]


def test_an_answer_needs_a_connection_that_was_written_to() -> None:
    before = {state for state in State if State.READING in TRANSITIONS[state]}
    assert before == {State.WRITING, State.EXPECTING}
    assert {state for state in State if State.DONE in TRANSITIONS[state]} == {*before, State.READING}
    assert {state for state in State if state.is_connected} == {*before, State.READING}


def test_a_proxy_is_spoken_to_before_the_origin() -> None:
    assert State.TLS in TRANSITIONS[State.PROXYING]
    assert State.PROXYING in TRANSITIONS[State.TLS]
    assert State.PROXYING not in TRANSITIONS[State.WRITING]


def test_every_state_can_be_reached() -> None:
    reached, new = {State.SCHEDULED}, {State.SCHEDULED}
    while new:
        new = set().union(*(TRANSITIONS[state] for state in new)) - reached
        reached |= new
    assert reached == set(State)
