"""The password login of 2013, from the login page to a session (WebQQ protocol, password login; whole sessions, A)."""

import inspect
import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from webqq.client.calling import Caller, request_of
from webqq.client.errors import AccountFrozen, CallFailed, CaptchaRequired, LoginError, LoginRefused, WrongPassword
from webqq.client.session import Session, cookie_value
from webqq.protocol.calls import (
    CHECK,
    GETIMAGE,
    LOGIN,
    LOGIN2,
    LOGIN_PAGE,
    CheckParams,
    CheckResult,
    GetImageParams,
    Login2Params,
    LoginParams,
    LoginResult,
    Reply,
    check_sig_request,
    login_page_params,
)
from webqq.protocol.digests import password_digest
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import LoginCode, Reaction, login2_reaction, login_reaction
from webqq.protocol.status import Status

__all__ = ["Captcha", "PasswordLogin"]

logger = logging.getLogger("webqq.client")

Captcha: TypeAlias = Callable[[bytes], str | Awaitable[str]]
"""Gets a captcha's picture (JPEG) and returns the letters in it; may be a coroutine function. Empty: nobody read it."""

_ATTEMPTS = {Reaction.AGAIN: 3, Reaction.AGAIN_ONCE: 2}
"""How often a login is tried while the service answers so: letters are misread, other faults are not repeated."""


class PasswordLogin:
    """Logs one account in, as often as :meth:`run` is awaited.

    :param captcha: asked when the service wants letters read from a picture; None raises :class:`CaptchaRequired`.
    """

    def __init__(self, caller: Caller, account: QQNumber, password: str, captcha: Captcha | None = None) -> None:
        jar = caller.stream.cookiejar
        if jar is None:
            raise ValueError("the stream needs a cookiejar: a session lives in its cookies")
        self._caller = caller
        self._account = account
        self._password = password
        self._captcha = captcha
        self._jar = jar

    async def run(self) -> Session:
        """Log in and return the new session.

        :raises LoginError: which of its kinds tells what to do. :raises Unreachable: an answer is missing.
        :raises MalformedMessage: an answer is not what the protocol has there.
        """
        signed_in = await self._sign_in()
        # Only its cookies count: the redirection leads to an empty page (WebQQ protocol, check_sig).
        await self._caller.fetch("check_sig", request_of(check_sig_request(signed_in.url, self._caller.flavour)))
        return await self._open_session(signed_in.nick)

    async def _sign_in(self) -> LoginResult:
        """Pass the login page, check and login; again from the start where the service asks for it."""
        answers = Counter[Reaction]()
        while True:
            reply = await self._try_password()
            result = reply.result or LoginResult(text="")
            reaction = login_reaction(reply.retcode)
            if reaction is Reaction.DONE:
                if result.is_frozen:
                    raise AccountFrozen(f"account {self._account} is frozen", result.url)
                return result
            answers[reaction] += 1
            if answers[reaction] >= _ATTEMPTS.get(reaction, 1):
                raise self._refusal(reply.retcode, result)
            logger.info("login of %d: code %d, once more", self._account, reply.retcode)

    async def _try_password(self) -> Reply[LoginResult]:
        page = await self._caller.ask(LOGIN_PAGE, login_page_params(self._caller.flavour))
        try:
            check = await self._caller.ask(
                CHECK, CheckParams(uin=str(self._account), login_sig=page.login_sig, r=_fraction())
            )
        except CallFailed as error:
            raise LoginRefused("check", error.retcode) from error
        code = await self._verify_code(check)
        params = LoginParams(
            u=str(self._account),
            p=password_digest(self._password, check.salt, code),
            verifycode=code,
            login_sig=page.login_sig,
            **self._of_2014(check),
        )
        return await self._caller.call(LOGIN, params)

    async def _verify_code(self, check: CheckResult) -> str:
        if not check.needs_captcha:
            return check.code
        params = GetImageParams(uin=str(self._account), r=_fraction(), cap_cd=check.code or None)
        picture = await self._caller.ask(GETIMAGE, params)
        letters = ""
        if self._captcha is not None:
            answer = self._captcha(picture)
            letters = await answer if inspect.isawaitable(answer) else answer
        if not letters.strip():
            raise CaptchaRequired(f"the login of {self._account} needs the letters of a captcha")
        return letters.strip().upper()

    def _of_2014(self, check: CheckResult) -> dict[str, str]:
        """Parameters that go back where check gave five arguments."""
        if check.randsalt is None:
            return {}
        session = check.verifysession or cookie_value(self._jar, "verifysession")
        return {"pt_randsalt": check.randsalt, "pt_vcode_v1": "0", "pt_verifysession_v1": session}

    def _refusal(self, code: int, result: LoginResult) -> LoginError:
        if code == LoginCode.WRONG_PASSWORD:
            return WrongPassword(f"account {self._account} or its password is wrong", result.text)
        if code == LoginCode.WRONG_CAPTCHA:
            return CaptchaRequired(f"the captcha of {self._account} was misread again and again", result.text)
        return LoginRefused("login", code, result.text, may_retry=login_reaction(code) is Reaction.WAIT)

    async def _open_session(self, nick: str) -> Session:
        ptwebqq, clientid = cookie_value(self._jar, "ptwebqq"), _make_clientid()
        params = Login2Params(ptwebqq=ptwebqq, clientid=clientid, psessionid="", status=Status.ONLINE)
        reply = await self._caller.call(LOGIN2, params)
        result, reaction = reply.result, login2_reaction(reply.retcode)
        if reaction is not Reaction.DONE or result is None:
            raise LoginRefused("login2", reply.retcode, may_retry=reaction is Reaction.WAIT)
        return Session(result.uin, clientid, result.psessionid, result.vfwebqq, ptwebqq, nick)


def _fraction() -> str:
    return f"0.{secrets.randbelow(10**16):016}"


def _make_clientid() -> str:
    """A random number of 8 digits, kept for the session (WebQQ protocol, constants)."""
    return str(10**7 + secrets.randbelow(9 * 10**7))
