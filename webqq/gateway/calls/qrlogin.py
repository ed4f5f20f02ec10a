"""The login by QR code, the login resumed without one, and the logout of ptlogin2.

Source: WebQQ protocol, QR-code login (2016); resume without scanning; logout. Who approves a picture does so in the
page (:mod:`.approve`).
"""

import hmac
import io
import secrets
from typing import Any

import segno

from webqq.gateway.calls.context import Answer, Context, Media, Refusal
from webqq.gateway.calls.ptlogin import check_sig_url, flavour_of, landing_of, set_login_cookies
from webqq.gateway.cookies import gone_cookies, session_cookie, superkey_of, supertoken_of
from webqq.gateway.qrlogins import QRState
from webqq.gateway.sessions import Login, LoginState
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    PT4_AUTH,
    PTLOGOUT,
    PTQRLOGIN,
    PTQRSHOW,
    LoginResult,
    Pt4AuthParams,
    Pt4AuthResult,
    PtlogoutParams,
    PtqrloginParams,
    PtqrshowParams,
    Reply,
    qr_reply,
)
from webqq.protocol.cookies import parse_uin_cookie
from webqq.protocol.digests import hash33, time33
from webqq.protocol.retcodes import LoginCode, RetCode

__all__ = ["ANSWERS", "approval_address"]

_LARGEST_SCALE = 10

# Length of the service's pictures in modules, margins included: clients that draw them in a terminal count on it.
_PICTURE_MODULES = 33

# Less than the standard's margin, but those clients show the picture on white.
_LEAST_MARGIN, _USUAL_MARGIN = 2, 4

_NOTHING_TO_RESUME = 1


async def ptqrshow(context: Context, params: PtqrshowParams) -> Reply[bytes]:
    """The picture holds the address of the gateway's page, and the code."""
    context.take_drawing()
    login = context.services.qrlogins.issue(context.address, replaced=context.cookie("qrsig"))
    context.new_cookies.append(session_cookie(context.host, "qrsig", login.qrsig))
    scale = int(params.s) if params.s.isascii() and params.s.isdigit() and len(params.s) < 3 else 0
    address = approval_address(context, login.code)
    return Reply(RetCode.OK, _draw(address, min(max(scale, 1), _LARGEST_SCALE)))


async def ptqrlogin(context: Context, params: PtqrloginParams) -> Reply[LoginResult]:
    """Tells how far it is; once somebody has said yes, gives the address of check_sig, once."""
    services, qrsig = context.services, context.cookie("qrsig")
    number = secrets.randbits(30)
    found = services.qrlogins.of_qrsig(qrsig)
    is_own_page = params.ptqrtoken is None or params.ptqrtoken == hash33(qrsig)
    if found is None or not is_own_page:
        return qr_reply(LoginCode.QR_EXPIRED, number)
    member = services.directory.community.accounts.get(found.account) if found.account is not None else None
    if found.state is not QRState.APPROVED or member is None:
        is_scanned = found.state is QRState.SCANNED
        return qr_reply(LoginCode.QR_SCANNED if is_scanned else LoginCode.QR_WAITING, number)
    services.qrlogins.forget(qrsig)
    flavour = flavour_of(context, params.aid)
    issued = await services.sessions.issue(member.number, landing_of(params.u1, context.host, flavour))
    context.account = member.number
    services.metrics.count_login("ok")
    set_login_cookies(context, issued)
    url = check_sig_url(issued, services.sessions, flavour, context.host, context.scheme, service="ptqrlogin")
    return qr_reply(LoginCode.OK, number, url, member.nick)


async def pt4_auth(context: Context, params: Pt4AuthParams) -> Reply[Pt4AuthResult]:
    """Resumes by the cookies of an earlier login: superuin tells whose, supertoken and superkey prove it."""
    login = _resumable(context, params.auth_token)
    if login is None:
        return Reply(_NOTHING_TO_RESUME, Pt4AuthResult())
    services, flavour = context.services, flavour_of(context, params.appid)
    context.account = login.account
    landing = landing_of("", context.host, flavour)
    issued = await services.sessions.issue(login.account, landing, begun=login.begun)
    url = check_sig_url(issued, services.sessions, flavour, context.host, context.scheme, service="pt4_auth")
    return Reply(RetCode.OK, Pt4AuthResult(url=url))


async def ptlogout(context: Context, params: PtlogoutParams) -> Reply[None]:
    """Ends the login of the cookies, where the hash proves that the asker can read them; tells nothing."""
    services = context.services
    login = services.sessions.login(Purpose.PTWEBQQ, context.cookie("ptwebqq"))
    if login is None:
        try:
            login = context.login_of_cookies()
        except Refusal:
            return Reply(RetCode.OK)
    if params.pt4_hkey == time33(context.cookie("skey")):
        context.account = login.account
        await services.sessions.end(login)
        services.presence.refresh(login.account)
        context.new_cookies.extend(gone_cookies(context.host, "uin", "skey", "ptwebqq", "superkey", "supertoken"))
    return Reply(RetCode.OK)


def approval_address(context: Context, code: str) -> str:
    """Return what a picture holds: the address of the page, with the code in the part that no server gets to see."""
    return f"{context.services.addresses.of_page(context.way)}/#approve={code}"


def _draw(address: str, scale: int) -> bytes:
    """Return a QR code as a PNG, as long as the service's where the address is short enough: of 53 letters at most."""
    code = segno.make_qr(address, error="l")  # Or better, where it costs no room.
    length, _ = code.symbol_size(border=0)
    margin = (_PICTURE_MODULES - length) // 2
    picture = io.BytesIO()
    code.save(picture, kind="png", scale=scale, border=margin if margin >= _LEAST_MARGIN else _USUAL_MARGIN)
    return picture.getvalue()


def _resumable(context: Context, auth_token: int) -> Login | None:
    account = parse_uin_cookie(context.cookie("superuin"))
    sessions = context.services.sessions
    supertoken = context.cookie("supertoken").encode("utf-8", "replace")
    superkey = context.cookie("superkey").encode("utf-8", "replace")
    for login in sessions.logins_of(account) if account is not None else ():
        labels = sessions.labels_of(login)
        token = supertoken_of(labels)
        has_token = hmac.compare_digest(token.encode(), supertoken) and time33(token) == auth_token
        if hmac.compare_digest(superkey_of(labels).encode(), superkey) and has_token:
            return login if login.state is LoginState.CONFIRMED else None
    return None


def _refuse_picture(context: Context, retcode: int) -> Reply[bytes]:
    return Reply(retcode)


def _refuse_login(context: Context, retcode: int) -> Reply[LoginResult]:
    return qr_reply(LoginCode.QR_EXPIRED, secrets.randbits(30))


def _refuse_resume(context: Context, retcode: int) -> Reply[Pt4AuthResult]:
    return Reply(_NOTHING_TO_RESUME, Pt4AuthResult())


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(PTQRSHOW, ptqrshow, Media.PICTURE, _refuse_picture),
    Answer(PTQRLOGIN, ptqrlogin, Media.SCRIPT, _refuse_login),
    Answer(PT4_AUTH, pt4_auth, Media.SCRIPT, _refuse_resume),
    Answer(PTLOGOUT, ptlogout, Media.HTML),
)
