"""The session's states and moves."""

import asyncio
from itertools import product

import pytest

from webqq.client.state import TRANSITIONS, IllegalMove, SessionInput, SessionMachine, SessionState


def machine_in(state: SessionState) -> SessionMachine:
    machine = SessionMachine()
    machine.state = state
    return machine


@pytest.mark.parametrize(("state", "given"), list(product(SessionState, SessionInput)))
def test_every_pair_moves_as_the_table_says_or_is_illegal(state: SessionState, given: SessionInput):
    machine = machine_in(state)
    following = TRANSITIONS.get((state, given))
    if following is None:
        with pytest.raises(IllegalMove, match=f"{state.name} cannot {given.name}"):
            machine.move(given)
        assert machine.state is state
    else:
        machine.move(given)
        assert machine.state is following


def test_every_state_but_the_last_can_be_closed():
    closable = {state for state, given in TRANSITIONS if given is SessionInput.CLOSE}
    assert closable == set(SessionState) - {SessionState.CLOSED}


def test_kicked_leads_to_no_login():
    assert {given for state, given in TRANSITIONS if state is SessionState.KICKED} == {SessionInput.CLOSE}


def test_change_is_told():
    told: list[SessionState] = []
    machine = SessionMachine(told.append)
    machine.move(SessionInput.LOG_IN)
    machine.move(SessionInput.FAIL)
    assert told == [SessionState.LOGGING_IN, SessionState.OFFLINE]


def test_waiting_ends_with_the_session():
    async def main() -> None:
        machine = machine_in(SessionState.RELINKING)
        waiting = asyncio.ensure_future(machine.wait_online(10))
        await asyncio.sleep(0)
        machine.move(SessionInput.SUCCEED)
        assert await waiting

    asyncio.run(main())


def test_waiting_has_an_end():
    async def main() -> bool:
        machine = SessionMachine()
        machine.move(SessionInput.LOG_IN)
        machine.move(SessionInput.SUCCEED)
        machine.move(SessionInput.LOSE_LINK)
        return await machine.wait_online(0.001)

    assert not asyncio.run(main())
