"""The calls that the gateway answers, by subject.

Each module has functions that take a :class:`~webqq.gateway.calls.context.Context` and the typed parameters of a row of
:mod:`webqq.protocol.calls`, and return its typed reply. They decide nothing about the format.
"""

from typing import Any

from webqq.gateway.calls import (
    approve,
    avatars,
    discusses,
    edits,
    files,
    groupdetails,
    history,
    pictures,
    poll,
    ptlogin,
    qrlogin,
    qun,
    requests,
    roster,
    send,
    session,
    signals,
    strangers,
    tempchat,
)
from webqq.gateway.calls.context import Answer, Context, Media, Refusal

__all__ = ["ANSWERS", "Answer", "Context", "Media", "Refusal"]

ANSWERS: tuple[Answer[Any, Any], ...] = (
    *ptlogin.ANSWERS,
    *qrlogin.ANSWERS,
    *approve.ANSWERS,
    *session.ANSWERS,
    *roster.ANSWERS,
    *strangers.ANSWERS,
    *avatars.ANSWERS,
    *edits.ANSWERS,
    *requests.ANSWERS,
    *groupdetails.ANSWERS,
    *discusses.ANSWERS,
    *poll.ANSWERS,
    *send.ANSWERS,
    *tempchat.ANSWERS,
    *signals.ANSWERS,
    *pictures.ANSWERS,
    *files.ANSWERS,
    *qun.ANSWERS,
    *history.ANSWERS,
)
"""All calls that are answered."""
