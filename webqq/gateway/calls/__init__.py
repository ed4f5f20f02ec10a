"""The calls that the gateway answers, by subject.

Each module has functions that take a :class:`~webqq.gateway.calls.context.Context` and the typed parameters of a row of
:mod:`webqq.protocol.calls`, and return its typed reply. They decide nothing about the format.
"""

from typing import Any

from webqq.gateway.calls import history, poll, ptlogin, roster, send, session
from webqq.gateway.calls.context import Answer, Context, Media, Refusal

__all__ = ["ANSWERS", "Answer", "Context", "Media", "Refusal"]

ANSWERS: tuple[Answer[Any, Any], ...] = (
    *ptlogin.ANSWERS,
    *session.ANSWERS,
    *roster.ANSWERS,
    *poll.ANSWERS,
    *send.ANSWERS,
    *history.ANSWERS,
)
"""All calls that are answered."""
