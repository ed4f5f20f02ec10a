"""The password login: login page, check, getimage, login, check_sig.

A captcha is asked for from an address that has tried wrong passwords (:mod:`webqq.gateway.limits`); else check gives a
code to go on with. Source: WebQQ protocol, password login (2013).
"""

import logging
import re
import secrets
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from webqq.gateway.calls.context import Answer, Context, Media
from webqq.gateway.captchas import draw_captcha
from webqq.gateway.cookies import is_service_host, login_cookies, service_cookies, session_cookie
from webqq.gateway.sessions import Login, Sessions
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    CHECK,
    CHECK_SIG,
    GETIMAGE,
    LOGIN,
    LOGIN_PAGE,
    CheckParams,
    CheckResult,
    CheckSigParams,
    GetImageParams,
    LoginPageParams,
    LoginPageResult,
    LoginParams,
    LoginResult,
    Reply,
)
from webqq.protocol.digests import salt_of
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import LoginCode, RetCode

__all__ = ["ANSWERS", "check_sig_url", "flavour_of", "landing_of", "parse_account", "set_login_cookies"]

_log = logging.getLogger(__name__)

_ACCOUNT = re.compile(r"[0-9]{5,10}", re.ASCII)
_APPID = re.compile(r"[0-9]{1,10}", re.ASCII)
_PRINTABLE = re.compile(r"[!-\[\]-~]+")  # No blank, no control character, no backslash.

# Texts of the service, from its answers; that of too many logins is ours.
_TEXTS = {
    LoginCode.OK: "登录成功！",
    LoginCode.BUSY: "服务器繁忙，请稍后重试。",
    LoginCode.WRONG_PASSWORD: "您输入的帐号或密码不正确，请重新输入。",
    LoginCode.WRONG_CAPTCHA: "您输入的验证码不正确，请重新输入。",
    LoginCode.TOO_MANY_LOGINS: "您的登录过于频繁，请稍后再试。",
    LoginCode.BAD_PARAMETERS: "很遗憾，网络连接出现异常，请您稍后再试。",
}


async def login_page(context: Context, params: LoginPageParams) -> Reply[LoginPageResult]:
    """The signature is given since clients look for it, in the page or in its cookie; it proves nothing here and is not
    checked. Clients name the page's appid in the calls that follow.
    """
    flavour = flavour_of(context, params.appid)
    appid = params.appid if _APPID.fullmatch(params.appid) else str(flavour.appid)
    signature = secrets.token_urlsafe(48)
    context.new_cookies.append(session_cookie(context.host, "pt_login_sig", signature))
    page = LoginPageResult(login_sig=signature, appid=appid, pt_version=str(flavour.login_js_ver))
    return Reply(RetCode.OK, page)


async def check(context: Context, params: CheckParams) -> Reply[CheckResult]:
    """An account that does not exist gets the same answer, so that nobody learns which ones do.

    Nothing reads the cookies that are set, but there are clients that cannot do without any.
    """
    account = parse_account(params.uin)
    if account is None:
        return Reply(LoginCode.BAD_PARAMETERS)
    needs_captcha = context.services.limits.needs_captcha(context.address)
    # There are clients that know a captcha by the length of what comes in place of the code.
    code = secrets.token_urlsafe(24) if needs_captcha else _code_for(context, account)
    # Clients of 2014 and later expect one argument more, or look for it in its cookie; those that announce themselves
    # expect two.
    session = "" if needs_captcha else secrets.token_hex(32)
    more = {"verifysession": session} if params.pt_tea is not None or _is_of_2014(params.js_ver) else {}
    if params.pt_tea is not None:
        more["randsalt"] = "0"
    for name, value in (("ptvfsession", session), ("confirmuin", str(account)), ("ptisp", "os")):
        if value:
            context.new_cookies.append(session_cookie(context.host, name, value))
    return Reply(RetCode.OK, CheckResult(needs_captcha=needs_captcha, code=code, salt=salt_of(account), **more))


def _is_of_2014(js_ver: str) -> bool:
    """Tell by the version of the login page: those up to 10079 read three arguments, those from 10080 on four."""
    return re.fullmatch("[0-9]{5}", js_ver, re.ASCII) is not None and int(js_ver) >= 10080


def _code_for(context: Context, account: QQNumber) -> str:
    codes = context.services.codes
    is_known = account in context.services.directory.community.accounts
    return codes.issue(account) if is_known else codes.invent()


async def getimage(context: Context, params: GetImageParams) -> Reply[bytes]:
    """A captcha for one try of one account, whether it exists or not."""
    account = parse_account(params.uin)
    if account is None:
        return Reply(RetCode.BAD_PARAMETER)
    context.take_drawing()
    session, letters = context.services.captchas.issue(account)
    context.new_cookies.append(session_cookie(context.host, "verifysession", session))
    return Reply(RetCode.OK, draw_captcha(letters, secrets.randbits(32)))


async def login(context: Context, params: LoginParams) -> Reply[LoginResult]:
    """Checks the code first, then the password: a wrong code says nothing about the password.

    After too many failures nothing is checked for a while, so that no answer tells whether a guess was right. Before
    there was ``daid`` there was no check_sig either: a client that sends none goes on to login2 from here.
    """
    services = context.services
    account = context.account = parse_account(params.u)
    if account is None:
        return _failed(LoginCode.BAD_PARAMETERS)
    if not services.limits.may_try(account, context.address):
        services.metrics.count_login("limited")
        _log.warning("a login of %s from %s was not looked at: too many failed", account, context.address)
        return _failed(LoginCode.TOO_MANY_LOGINS, params.u)
    member = services.directory.community.accounts.get(account)
    secret = services.directory.secrets.get(account) if member is not None else None
    is_code_right = _redeem(context, account, params)
    is_digest_right = services.vault.check_digest(secret, params.verifycode, params.p)
    if member is None or (is_code_right and not is_digest_right):
        return _note_failure(context, account, LoginCode.WRONG_PASSWORD, params.u)
    if not is_code_right:
        return _note_failure(context, account, LoginCode.WRONG_CAPTCHA, params.u)
    services.limits.succeeded(account)
    services.metrics.count_login("ok")
    flavour = flavour_of(context, params.aid)
    landing = landing_of(params.u1, context.host, flavour)
    needs_check_sig = params.daid is not None
    issued = await services.sessions.issue(account, landing, is_confirmed=not needs_check_sig)
    set_login_cookies(context, issued)
    url = landing
    if needs_check_sig:
        url = check_sig_url(issued, services.sessions, flavour, context.host, context.scheme)
    return Reply(LoginCode.OK, LoginResult(text=_TEXTS[LoginCode.OK], nick=member.nick, url=url))


def _redeem(context: Context, account: QQNumber, params: LoginParams) -> bool:
    """Use up the code of check, or the captcha where one is needed or was read."""
    services, code = context.services, params.verifycode
    if not code.startswith("!"):
        session = params.pt_verifysession_v1 or context.cookie("verifysession")
        return services.captchas.redeem(session, account, code)
    return services.codes.redeem(account, code) and not services.limits.needs_captcha(context.address)


async def check_sig(context: Context, params: CheckSigParams) -> Reply[None]:
    """Works once. Where it does not, the browser goes to the start page, without cookies."""
    confirmed = await context.services.sessions.confirm(params.proof)
    if confirmed is None:
        return _refuse_check_sig(context, RetCode.BAD_PARAMETER)
    set_login_cookies(context, confirmed)
    labels = partial(_label, context, confirmed)
    context.new_cookies.extend(service_cookies(context.host, confirmed.account, labels))
    context.location = confirmed.landing
    return Reply(RetCode.OK)


def parse_account(text: str) -> QQNumber | None:
    """Return an account number as a person types it, or None when it is none. Its address of mail names it, too."""
    stripped = text.strip().removesuffix("@qq.com")
    return QQNumber(int(stripped)) if _ACCOUNT.fullmatch(stripped) else None


def flavour_of(context: Context, appid: str) -> Flavour:
    """Return the flavour of a login: its hosts are the same in both, its appid is not."""
    is_2016 = appid == str(Flavour.SMARTQQ_2016.appid)
    return Flavour.SMARTQQ_2016 if is_2016 else context.flavour


def landing_of(u1: str, host: str, flavour: Flavour) -> str:
    """Return where a login on ``host`` sends the browser in the end.

    To ``u1`` when that is a page of the same host, or of the service for a host of the service; else to the empty page
    of the flavour. Redirecting to just any address would lend the gateway's good name to whoever made the link.
    """
    if _PRINTABLE.fullmatch(u1) and _is_own_page(u1, host):
        return u1
    return flavour.landing if is_service_host(host) else urlsplit(flavour.landing).path


def _is_own_page(url: str, host: str) -> bool:
    if url.startswith("/"):
        return not url.startswith("//")
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_ours = parts.netloc.lower() == host.lower() or (is_service_host(host) and is_service_host(parts.netloc))
    return parts.scheme in ("http", "https") and is_ours


def check_sig_url(
    login_: Login, sessions: Sessions, flavour: Flavour, host: str, scheme: str = "http", *, service: str = "login"
) -> str:
    """Return the address that confirms a login: on the service's own host for its hosts, else on ``host``.

    The service's was one of http or https as the page that the login ends at: clients of 2018 ask for one of https,
    and look for that here. With a port of its own it goes to where the login came from.

    :param service: what kind of login it was; a password's signature has a name of its own.
    """
    signature = sessions.token(Purpose.SIGNATURE, login_)
    params = CheckSigParams(
        uin=str(login_.account),
        service=service,
        **{"ptsig" if service == "login" else "ptsigx": signature},
        s_url=login_.landing,
        aid=str(flavour.appid),
    )
    if not is_service_host(host):
        return CHECK_SIG.request(params, flavour, scheme=scheme, host=host).url
    _, colon, port = host.partition(":")
    own = CHECK_SIG.host.name_in(flavour) + colon + port
    return CHECK_SIG.request(params, flavour, scheme=scheme if port else urlsplit(login_.landing).scheme, host=own).url


def set_login_cookies(context: Context, login_: Login) -> None:
    """Set the cookies that prove a login."""
    ptwebqq = context.services.sessions.token(Purpose.PTWEBQQ, login_)
    labels = partial(_label, context, login_)
    context.new_cookies.extend(login_cookies(context.host, login_.account, ptwebqq, labels))


def _label(context: Context, login_: Login, name: str, length: int) -> str:
    return context.services.sessions.label(name, login_, length)


def _note_failure(context: Context, account: QQNumber, code: LoginCode, nick: str) -> Reply[LoginResult]:
    services = context.services
    is_password_wrong = code is LoginCode.WRONG_PASSWORD
    services.limits.failed(account, context.address, is_password_wrong=is_password_wrong)
    services.metrics.count_login("wrong_password" if is_password_wrong else "wrong_code")
    _log.info("a login of %s from %s failed: %s", account, context.address, code.name)
    return _failed(code, nick)


def _failed(code: LoginCode, nick: str = "") -> Reply[LoginResult]:
    return Reply(code, LoginResult(text=_TEXTS[code], nick=nick))


def _refuse_login(context: Context, retcode: int) -> Reply[LoginResult]:
    return _failed(LoginCode.BUSY if retcode == RetCode.TRY_LATER else LoginCode.BAD_PARAMETERS)


def _refuse_picture(context: Context, retcode: int) -> Reply[bytes]:
    return Reply(retcode)


def _refuse_check(context: Context, retcode: int) -> Reply[CheckResult]:
    return Reply(LoginCode.BAD_PARAMETERS)


def _refuse_check_sig(context: Context, retcode: int) -> Reply[None]:
    context.location = context.flavour.landing if is_service_host(context.host) else "/"
    return Reply(retcode)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(LOGIN_PAGE, login_page, Media.HTML, is_for_anyone=True),
    Answer(CHECK, check, Media.SCRIPT, _refuse_check),
    Answer(GETIMAGE, getimage, Media.PICTURE, _refuse_picture),
    Answer(LOGIN, login, Media.SCRIPT, _refuse_login),
    # A sign-in link may stand on any page; who opens it holds the signature, which is the proof.
    Answer(CHECK_SIG, check_sig, Media.HTML, _refuse_check_sig, is_for_anyone=True),
)
