"""poll2: events as they come, in the words of the session that asks.

Source: WebQQ protocol, poll2. How long it waits and what proves that a batch arrived is told in
:mod:`webqq.gateway.delivery`.
"""

from functools import partial
from typing import Any

from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.calls.events import Words, events_of, kick_event
from webqq.gateway.rkeys import make_rkey
from webqq.gateway.services import Services
from webqq.gateway.sessions import Session, SessionState
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import POLL2, PollParams, Reply
from webqq.protocol.events import Event
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode
from webqq.protocol.status import STATUS_CODES

__all__ = ["ANSWERS"]


async def poll2(context: Context, params: PollParams) -> Reply[tuple[Event, ...]]:
    """Holds the call until something happens. A kicked session learns from it that it was."""
    services = context.services
    try:
        session = context.any_session(params.psessionid)
    except Refusal:
        if services.sessions.was_replaced(params.psessionid):
            return Reply(RetCode.LINK_TAKEN, t="0")
        raise
    context.see_that_it_fits(session, Purpose.PTWEBQQ, params.ptwebqq)
    if services.is_stopping:
        return Reply(RetCode.OK, ())
    if (ptwebqq := _own_ptwebqq(services, session, params.ptwebqq)) is not None:
        return Reply(RetCode.NEW_PTWEBQQ, p=ptwebqq)
    turn = context.turn = session.receiver.begin(params.acknowledged)
    batch = await turn.wait(services.hold)
    if batch is not None and batch.kick is not None:
        return Reply(RetCode.OK, (kick_event(batch.kick, session.account),))
    if batch is None or session.state is SessionState.ENDED:
        return Reply(RetCode.OK, ())
    services.sessions.touch(session)
    key = str(batch.number) if batch.number else ""
    return Reply(RetCode.OK, events_of(batch, _words(context, session)), key=key)


def _own_ptwebqq(services: Services, session: Session, given: str) -> str | None:
    """Return the ptwebqq of the session's login, if its client came with that of another login of the account: the
    friends hash has to be made with this one. Told once, since some clients cannot learn and would ask for ever.
    """
    own = services.sessions.token(Purpose.PTWEBQQ, session.login)
    if not given or given == own or session.has_told_ptwebqq:
        return None
    session.has_told_ptwebqq = True
    return own


def _words(context: Context, session: Session) -> Words:
    services = context.services

    def stat_of(account: QQNumber) -> tuple[int, int]:
        status, client_type = services.presence.of(account)
        return STATUS_CODES[status], client_type

    return Words(
        roster=services.roster(session.login),
        flavour=context.flavour,
        server=services.addresses.of_files(context.way),
        stat_of=stat_of,
        rkey_of=partial(make_rkey, services.sessions.sign, session.account),
    )


ANSWERS: tuple[Answer[Any, Any], ...] = (Answer(POLL2, poll2),)
