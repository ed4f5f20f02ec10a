"""Saying yes to a login by QR code, from the page of who is signed in. The protocol has no call for it: the service's
phone programs had their own.

``POST /approve`` with the envelope ``r``, as the other calls have it::

    {"code": "k7m2...", "action": "scan", "vfwebqq": "..."}

``code`` is what stands behind ``#approve=`` in the address that the picture holds, or what a person typed.
``action`` is ``scan`` when the page has opened and asks its person, ``approve`` or ``refuse`` for what the person said.
The answer is ``{"retcode":0,"result":{"address":"192.0.2.1","expires":1700000120}}``: where the client is that shows
the picture, to be shown before anybody says yes, and until when (seconds since the epoch) an answer counts. Codes:
100001 for a code that is wrong, expired or scanned by another account; 100000 for a vfwebqq that is none.
"""

from typing import Any

from msgspec import Struct

from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import Call, Form, Host, Reply
from webqq.protocol.calls.replies import ResultForm
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "APPROVE", "ApproveParams", "ApproveResult"]


class ApproveParams(Struct, frozen=True, kw_only=True):
    """What the page says about a picture."""

    code: str
    action: str
    vfwebqq: str


class ApproveResult(Struct, frozen=True, kw_only=True):
    """Who would be let in."""

    address: str
    expires: int


APPROVE = Call(
    name="approve",
    host=Host.GIVEN,
    path="/approve",
    form=Form.ENVELOPE,
    params=ApproveParams,
    reply=ResultForm(ApproveResult),
)
"""The gateway's own call."""


async def approve(context: Context, params: ApproveParams) -> Reply[ApproveResult]:
    """The account that scanned a picture first is the only one that can say yes to it."""
    account = context.login(Purpose.VFWEBQQ, params.vfwebqq).account
    qrlogins = context.services.qrlogins
    login = qrlogins.of_code(params.code.strip().lower(), account)
    if login is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    match params.action:
        case "scan":
            qrlogins.scan(login, account)
        case "approve":
            qrlogins.approve(login, account)
        case "refuse":
            qrlogins.forget(login.qrsig)
        case _:
            raise Refusal(RetCode.BAD_PARAMETER)
    return Reply(RetCode.OK, ApproveResult(address=login.address, expires=int(login.expires)))


ANSWERS: tuple[Answer[Any, Any], ...] = (Answer(APPROVE, approve),)
