"""Saying yes to a login by QR code, from the page of who is signed in. The protocol has no call for it: the service's
phone programs had their own.

``POST /approve`` with the envelope ``r``, as the other calls have it::

    {"code": "k7m2...", "action": "scan", "vfwebqq": "..."}

``code`` is what stands behind ``#approve=`` in the address that the picture holds, or what a person typed.
``action`` is ``scan`` when the page has opened and asks its person, ``approve`` or ``refuse`` for what the person said.
The answer is ``{"retcode":0,"result":{"address":"192.0.2.1","expires":1700000120}}``: where the client is that shows
the picture, to be shown before anybody says yes, and until when (seconds since the epoch) an answer counts. Codes:
100001 for a code that is wrong, expired or scanned by another account; 100000 for a vfwebqq that is none.

``GET /page/qrcode`` tells the page that shows a picture what the picture says, for who cannot scan it: ``code``, and
the whole ``address``. The cookie ``qrsig`` tells which picture; 100001 where it has expired.
"""

from typing import Any

from msgspec import Struct

from webqq.gateway.calls.context import Answer, Context, Refusal
from webqq.gateway.calls.qrlogin import approval_address
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


class QRCodeParams(Struct, frozen=True, kw_only=True):
    """Which picture is told by the cookie."""


class QRCodeResult(Struct, frozen=True, kw_only=True):
    """What the picture says."""

    code: str
    address: str


PAGE_QRCODE = Call(
    name="page_qrcode",
    host=Host.GIVEN,
    path="/page/qrcode",
    form=Form.QUERY,
    params=QRCodeParams,
    reply=ResultForm(QRCodeResult),
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


async def page_qrcode(context: Context, params: QRCodeParams) -> Reply[QRCodeResult]:
    """Who holds the cookie was given the picture, which says the same."""
    login = context.services.qrlogins.of_qrsig(context.cookie("qrsig"))
    if login is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return Reply(RetCode.OK, QRCodeResult(code=login.code, address=approval_address(context, login.code)))


ANSWERS: tuple[Answer[Any, Any], ...] = (Answer(APPROVE, approve), Answer(PAGE_QRCODE, page_qrcode))
