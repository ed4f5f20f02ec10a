"""The password login, from the login page to a session (WebQQ protocol, password login; whole sessions, A)."""

import inspect
import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TypeAlias

from webqq.client.calling import Caller
from webqq.client.errors import AccountFrozen, CallFailed, CaptchaRequired, LoginError, LoginRefused, WrongPassword
from webqq.client.opening import SessionOpener, fraction
from webqq.client.session import Session, cookie_value
from webqq.protocol.calls import (
    CHECK,
    GETIMAGE,
    LOGIN,
    LOGIN_PAGE,
    CheckParams,
    CheckResult,
    GetImageParams,
    LoginParams,
    LoginResult,
    Reply,
    login_page_params,
)
from webqq.protocol.cipher import PADDING_BYTES, password_cipher
from webqq.protocol.digests import inner_hash, password_digest
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import LoginCode, Reaction, login_reaction
from webqq.protocol.tea import FILLER_BYTES

__all__ = ["Captcha", "PasswordDigest", "PasswordLogin"]

logger = logging.getLogger("webqq.client")

Captcha: TypeAlias = Callable[[bytes], str | Awaitable[str]]
"""Gets a captcha's picture (JPEG) and returns the letters in it; may be a coroutine function. Empty: nobody read it."""

_ATTEMPTS = {Reaction.AGAIN: 3, Reaction.AGAIN_ONCE: 2}
"""How often a login is tried while the service answers so: letters are misread, other faults are not repeated."""


class PasswordDigest(Enum):
    """In which form the password goes out; never in clear."""

    MD5 = auto()
    """That of 2013 (WebQQ protocol, password digest, 2013)."""
    RSA_TEA = auto()
    """That of 2014 and later, which an eavesdropper cannot try passwords against as fast."""


class PasswordLogin:
    """Logs one account in, as often as :meth:`run` is awaited.

    :param captcha: asked when the service wants letters read from a picture; None raises :class:`CaptchaRequired`.
    """

    def __init__(
        self,
        caller: Caller,
        opener: SessionOpener,
        account: QQNumber,
        password: str,
        captcha: Captcha | None = None,
        digest: PasswordDigest = PasswordDigest.MD5,
    ) -> None:
        self._caller = caller
        self._opener = opener
        self._account = account
        self._password = password
        self._captcha = captcha
        self._digest = digest
        self._jar = caller.jar

    async def run(self) -> Session:
        """Log in and return the new session.

        :raises LoginError: which of its kinds tells what to do. :raises Unreachable: an answer is missing.
        :raises MalformedMessage: an answer is not what the protocol has there.
        """
        signed_in = await self._sign_in()
        return await self._opener.open(signed_in.url, signed_in.nick)

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
        login_sig = page.login_sig or cookie_value(self._jar, "pt_login_sig")
        try:
            check = await self._caller.ask(CHECK, self._check_params(login_sig))
        except CallFailed as error:
            raise LoginRefused("check", error.retcode) from error
        code = await self._verify_code(check)
        params = LoginParams(
            u=str(self._account),
            p=self._proof(check.salt, code),
            verifycode=code,
            aid=str(self._caller.flavour.appid),
            daid=str(self._caller.flavour.daid),
            login_sig=login_sig,
            **self._of_2014(check),
        )
        return await self._caller.call(LOGIN, params)

    def _check_params(self, login_sig: str) -> CheckParams:
        return CheckParams(
            uin=str(self._account),
            appid=str(self._caller.flavour.appid),
            u1=self._caller.flavour.landing,
            login_sig=login_sig,
            r=fraction(),
            # Announces the digest (WebQQ protocol, check).
            pt_tea="1" if self._digest is PasswordDigest.RSA_TEA else None,
        )

    def _proof(self, salt: bytes, code: str) -> str:
        if self._digest is PasswordDigest.MD5:
            return password_digest(self._password, salt, code)
        return _cipher(inner_hash(self._password), salt, code)

    async def _verify_code(self, check: CheckResult) -> str:
        if not check.needs_captcha:
            return check.code
        params = GetImageParams(
            uin=str(self._account),
            aid=str(self._caller.flavour.appid),
            r=fraction(),
            cap_cd=check.code or None,
        )
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


def _cipher(inner: bytes, salt: bytes, code: str) -> str:
    padding = bytes(1 + secrets.randbelow(255) for _ in range(PADDING_BYTES))
    return password_cipher(inner, salt, code, padding, secrets.token_bytes(FILLER_BYTES))
