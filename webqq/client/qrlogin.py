"""The login by QR code, and the one that goes on with its cookies without a scan.

Source: WebQQ protocol, QR-code login (2016); resume without scanning; whole sessions, B and C.
"""

import asyncio
import inspect
import logging

from webqq.client.calling import Caller
from webqq.client.errors import AccountFrozen, LoginError, LoginRefused, QRCodeExpired, Unreachable
from webqq.client.opening import SessionOpener, fraction
from webqq.client.qrpicture import QRPicture, ShowQR
from webqq.client.session import Session, cookie_value
from webqq.protocol.calls import (
    LOGIN_PAGE,
    PT4_AUTH,
    PTQRLOGIN,
    PTQRSHOW,
    LoginResult,
    PtqrshowParams,
    login_page_params,
    pt4_auth_params,
    ptqrlogin_params,
    resumed_check_sig_url,
)
from webqq.protocol.errors import WebQQError
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import LoginCode, Reaction, qr_reaction

__all__ = ["CODE_LIMIT", "QRLogin", "resume_login"]

logger = logging.getLogger("webqq.client")

CODE_LIMIT = 3
"""Codes that one login shows, some two minutes each: with nobody to scan, more of them would go on all night."""

ASK_INTERVAL = 2.0
"""Seconds between two questions what became of a code; clients asked every one to three."""

CODE_LIFETIME = 300.0
"""Seconds after which a code counts as expired whatever the service says; it says so after about 120."""


class QRLogin:
    """Logs one account in by a code that its phone scans, as often as :meth:`run` is awaited.

    A service that is away while a code waits is asked on, and codes of a login that broke off count on in the next:
    whoever tries again by himself shows no more of them.

    :param show: gets each code. :param limit: how many codes one login shows at most.
    """

    def __init__(self, caller: Caller, opener: SessionOpener, account: QQNumber, show: ShowQR, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"qr_limit must be 1 or more, not {limit!r}")
        self._caller = caller
        self._opener = opener
        self._account = account
        self._show = show
        self._limit = limit
        self._shown = 0
        self._jar = caller.jar

    async def run(self) -> Session:
        """Show codes until one is scanned and confirmed, then open the session.

        :raises QRCodeExpired: nobody scanned one of them. :raises LoginError: one cannot be shown.
        Else as :meth:`webqq.client.opening.Login.run`.
        """
        page = await self._caller.ask(LOGIN_PAGE, login_page_params(self._caller.flavour))
        login_sig = page.login_sig or cookie_value(self._jar, "pt_login_sig")
        while self._shown < self._limit:
            await self._show_code(self._shown + 1)
            result = await self._wait_scan(login_sig)
            if result is not None:
                self._shown = 0
                return await self._opener.open(result.url, result.nick)
            logger.info("QR code %d of %d for %d expired", self._shown, self._limit, self._account)
        self._shown = 0
        raise QRCodeExpired(f"nobody scanned one of {self._limit} QR codes for {self._account}")

    async def _show_code(self, number: int) -> None:
        png = await self._caller.ask(PTQRSHOW, PtqrshowParams(t=fraction()))
        self._shown = number
        try:
            shown = self._show(QRPicture(png, self._account, number, self._limit))
            if inspect.isawaitable(shown):
                await shown
        except (ValueError, OSError) as error:
            raise LoginError(f"the QR code for {self._account} cannot be shown", str(error)) from error

    async def _wait_scan(self, login_sig: str) -> LoginResult | None:
        """Ask what becomes of the code; None when it expired."""
        loop = asyncio.get_running_loop()
        begun, was_scanned = loop.time(), False
        while loop.time() - begun < CODE_LIFETIME:
            elapsed_ms = int((loop.time() - begun) * 1000)
            params = ptqrlogin_params(cookie_value(self._jar, "qrsig"), login_sig, elapsed_ms)
            try:
                reply = await self._caller.call(PTQRLOGIN, params)
            except Unreachable as error:
                logger.info("the QR code for %d waits on: %s", self._account, error)
                await asyncio.sleep(ASK_INTERVAL)
                continue
            result, reaction = reply.result or LoginResult(text=""), qr_reaction(reply.retcode)
            if reaction is Reaction.DONE:
                if result.is_frozen:
                    raise AccountFrozen(f"account {self._account} is frozen", result.url)
                return result
            if reaction is Reaction.NEW_PICTURE:
                return None
            if reaction is not Reaction.AGAIN:
                raise LoginRefused("ptqrlogin", reply.retcode, result.text)
            if reply.retcode == LoginCode.QR_SCANNED and not was_scanned:
                was_scanned = True
                logger.info("the QR code for %d was scanned; it waits for a tap on the phone", self._account)
            await asyncio.sleep(ASK_INTERVAL)
        return None


async def resume_login(caller: Caller, opener: SessionOpener, nick: str) -> Session | None:
    """Open a new session with the cookies of an earlier login (pt4_auth); None where that is not possible.

    ``nick`` is the one that the earlier session had. A service that is away is raised.

    :raises Unreachable: an answer is missing.
    """
    jar = caller.jar
    supertoken = cookie_value(jar, "supertoken")
    jar.clear_expired_cookies()
    if not supertoken or not cookie_value(jar, "superuin"):
        return None
    try:
        result = await caller.ask(PT4_AUTH, pt4_auth_params(supertoken))
        return await opener.open(resumed_check_sig_url(result.url, caller.flavour), nick)
    except WebQQError as error:
        if getattr(error, "is_transient", False):
            raise
        logger.info("the login cannot be resumed without a new one: %s", error)
        return None
