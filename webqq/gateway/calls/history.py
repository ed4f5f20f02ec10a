"""Calls of the gateway's own, for its chat page: what was said in a conversation, last in each, and forgetting it.

The service had a history of its own, whose form is not known well enough to be spoken (WebQQ protocol, rarely used).
These stand under ``/page``, where none of its paths are, and look like its calls otherwise. They name people and groups
by their lasting numbers, since what a page keeps outlives the aliases of a session. A discussion has no such number and
is named by its did.
"""

from typing import Any

from msgspec import Struct

from webqq.gateway import history
from webqq.gateway.calls.context import Answer, Context
from webqq.gateway.history import Kind, Said, Talk
from webqq.protocol.calls import Reply
from webqq.protocol.calls.call import Call, Form, Host
from webqq.protocol.calls.replies import OkForm, ResultForm
from webqq.protocol.content import serialize_received
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode
from webqq.protocol.shape import EntityText, Token

__all__ = ["ANSWERS", "PAGE_MESSAGES"]

PAGE_MESSAGES = 50
"""Messages of one answer: a few screens."""


class HistoryParams(Struct, frozen=True, kw_only=True):
    """Which conversation, and from where on: ``number`` of the friend or group, or the did; ``before`` is the id of the
    oldest message that is known already, or 0.
    """

    kind: Kind
    number: int
    before: int = 0
    clientid: Token = ""
    psessionid: Token = ""


class HistoryMessage(Struct, frozen=True, kw_only=True):
    """A message as the page stores it. ``id`` is the ``msg_id2`` of its poll event, ``msg_id`` what the sender's client
    gave it, ``name`` the sender's nick, ``time`` in seconds, ``content`` as in a poll event.
    """

    id: int
    msg_id: int
    seq: int
    time: int
    own: bool
    name: EntityText
    content: list[Any]


class HistoryPage(Struct, frozen=True, kw_only=True):
    """Oldest first."""

    messages: tuple[HistoryMessage, ...]
    isMore: bool  # noqa: N815  # the name on the wire


class TalksParams(Struct, frozen=True, kw_only=True):
    """Whose conversations is told by the session."""

    clientid: Token = ""
    psessionid: Token = ""


class NewestOfTalk(Struct, frozen=True, kw_only=True):
    """The newest message of a conversation."""

    kind: str
    number: int
    message: HistoryMessage


PAGE_HISTORY = Call(
    name="page_history",
    host=Host.GIVEN,
    path="/page/history",
    form=Form.QUERY,
    params=HistoryParams,
    reply=ResultForm(HistoryPage),
)

PAGE_TALKS = Call(
    name="page_talks",
    host=Host.GIVEN,
    path="/page/talks",
    form=Form.QUERY,
    params=TalksParams,
    reply=ResultForm(tuple[NewestOfTalk, ...]),
)


class ForgetParams(Struct, frozen=True, kw_only=True):
    """Which conversation, as in :class:`HistoryParams`."""

    kind: Kind
    number: int
    clientid: Token = ""
    psessionid: Token = ""


PAGE_FORGET = Call(
    name="page_forget",
    host=Host.GIVEN,
    path="/page/forget",
    form=Form.ENVELOPE,
    params=ForgetParams,
    reply=OkForm(),
)


async def page_history(context: Context, params: HistoryParams) -> Reply[HistoryPage]:
    """Only the asking account's own side; a number that it never talked to has an empty history."""
    session = context.session(params.psessionid)
    roster = context.services.roster(session.login)
    number = roster.discuss_row(params.number) if params.kind == "discussion" else params.number
    talk = Talk(session.account, params.kind, number or 0)
    found, is_more = await context.services.store.write(
        lambda db: history.read(db, talk, max(params.before, 0), PAGE_MESSAGES)
    )
    messages = tuple(_message(context, session.account, said) for said in found)
    return Reply(RetCode.OK, HistoryPage(messages=messages, isMore=is_more))


async def page_talks(context: Context, params: TalksParams) -> Reply[tuple[NewestOfTalk, ...]]:
    """For the list of contacts on a device that has not seen them."""
    session = context.session(params.psessionid)
    found = await context.services.store.write(lambda db: history.newest(db, session.account))
    roster = context.services.roster(session.login)

    def number_of(talk: Talk) -> int:
        return roster.did(talk.peer) if talk.kind == "discussion" else talk.peer

    talks = tuple(
        NewestOfTalk(kind=talk.kind, number=number_of(talk), message=_message(context, session.account, said))
        for talk, said in found
    )
    return Reply(RetCode.OK, talks)


async def page_forget(context: Context, params: ForgetParams) -> Reply[None]:
    """Removes the asking account's own side; the others keep theirs."""
    session = context.session(params.psessionid)
    talk = Talk(session.account, params.kind, params.number)
    await context.run(lambda db: history.forget_talk(db, talk))
    return Reply(RetCode.OK)


def _message(context: Context, account: QQNumber, said: Said) -> HistoryMessage:
    sender = context.services.directory.community.accounts.get(said.sender)
    return HistoryMessage(
        id=said.id,
        msg_id=said.msg_id,
        seq=said.seq,
        time=said.at,
        own=said.sender == account,
        # 0: of an account that was removed.
        name=sender.nick if sender is not None else str(said.sender or ""),
        content=serialize_received(said.content),
    )


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(PAGE_HISTORY, page_history),
    Answer(PAGE_TALKS, page_talks),
    Answer(PAGE_FORGET, page_forget),
)
