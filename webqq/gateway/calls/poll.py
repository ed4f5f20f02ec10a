"""poll2: events as they come, in the words of the session that asks.

Source: WebQQ protocol, poll2. How long it waits and what proves that a batch arrived is told in
:mod:`webqq.gateway.delivery`.
"""

from typing import Any

from webqq.gateway.calls.context import Answer, Context
from webqq.gateway.delivery import Batch, KickNotice, StatusNotice
from webqq.gateway.mailbox import Letter
from webqq.gateway.roster import Roster
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import POLL2, PollParams, Reply
from webqq.protocol.events import SYSTEM_UIN, BuddyStatus, Event, FriendMessage, GroupMessage, Kick
from webqq.protocol.ids import MessageId, Uin
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "events_of"]

_KICK_TEXT = "您的帐号在另一地点登录，您已被迫下线。"
_KICK_TYPE = 48


async def poll2(context: Context, params: PollParams) -> Reply[tuple[Event, ...]]:
    """Holds the call until something happens. A kicked session learns from it that it was."""
    services = context.services
    session = context.any_session(params.psessionid)
    context.see_that_it_fits(session, Purpose.PTWEBQQ, params.ptwebqq)
    if services.is_stopping:
        return Reply(RetCode.OK, ())
    turn = context.turn = session.receiver.begin(params.acknowledged)
    batch = await turn.wait(services.hold)
    if batch is None:
        return Reply(RetCode.OK, ())
    services.sessions.touch(session)
    key = str(batch.number) if batch.number else ""
    return Reply(RetCode.OK, events_of(batch, services.roster(session.login)), key=key)


def events_of(batch: Batch, roster: Roster) -> tuple[Event, ...]:
    """Return a batch as events, oldest first, with the aliases of one login."""
    letters: list[Event] = [_letter_event(letter, roster) for letter in batch.letters]
    return (*letters, *(_notice_event(notice, roster) for notice in batch.notices))


def _letter_event(letter: Letter, roster: Roster) -> Event:
    # Clients tell repeats apart by these two; a letter's id is never used twice and stays when it comes again.
    header: dict[str, Any] = {
        "to_uin": roster.account.number,
        "msg_id": MessageId(letter.id),
        "msg_id2": letter.id,
        "reply_ip": 0,
        "time": letter.at,
        "content": letter.content,
    }
    sender = roster.uin(letter.sender)
    if letter.group is None:
        return FriendMessage(from_uin=sender, **header)
    return GroupMessage(
        from_uin=Uin(roster.gid(letter.group)),
        group_code=roster.code(letter.group),
        send_uin=sender,
        seq=letter.seq,
        info_seq=letter.group,
        **header,
    )


def _notice_event(notice: StatusNotice | KickNotice, roster: Roster) -> Event:
    if isinstance(notice, StatusNotice):
        return BuddyStatus(uin=roster.uin(notice.number), status=notice.status, client_type=notice.client_type)
    return Kick(
        show_reason=1,
        reason=_KICK_TEXT,
        way="poll",
        msg_type=_KICK_TYPE,
        from_uin=SYSTEM_UIN,
        to_uin=roster.account.number,
        msg_id=MessageId(0),
        msg_id2=0,
        reply_ip=0,
    )


ANSWERS: tuple[Answer[Any, Any], ...] = (Answer(POLL2, poll2),)
