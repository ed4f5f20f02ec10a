"""The life of a session: begun, resumed, tested, renewed, ended. Owns the state machine and the tokens."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat

from webqq.client.calling import Caller
from webqq.client.errors import LoginRefused, StorageError, Unreachable
from webqq.client.login import Captcha, PasswordLogin
from webqq.client.saved import SessionFile
from webqq.client.session import Session, set_ptwebqq
from webqq.client.state import IllegalMove, SessionInput, SessionMachine, SessionState
from webqq.protocol.calls import (
    GET_ONLINE_BUDDIES2,
    LOGIN2,
    LOGOUT2,
    Login2Params,
    LogoutParams,
    OnlineParams,
)
from webqq.protocol.errors import MalformedMessage, WebQQError
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import ALIVE_RETCODES, Reaction, relink_reaction
from webqq.protocol.status import Status

__all__ = ["Link", "stamp"]

logger = logging.getLogger("webqq.client")

RELINK_ATTEMPTS = 3
"""How often login2 is asked to renew a link before a login, as the service's own page did."""

RELINK_PAUSE = 1.0
"""Seconds between these attempts."""

LOGOUT_TIMEOUT = 5.0
"""Seconds for a logout: whoever stops a program waits for it."""

_OUTAGE_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts while the service cannot be reached; the last again and again."""


def stamp() -> str:
    """Return the milliseconds since the epoch, as many calls carry them against caches."""
    return str(time.time_ns() // 1_000_000)


class Link:
    """One account's session with the service.

    :param saved: where the session is kept between runs; None keeps none.
    :param on_change: told of each new state.
    """

    def __init__(
        self,
        caller: Caller,
        account: QQNumber,
        password: str,
        captcha: Captcha | None = None,
        saved: SessionFile | None = None,
        on_change: Callable[[SessionState], object] | None = None,
    ) -> None:
        self._login = PasswordLogin(caller, account, password, captcha)
        assert caller.stream.cookiejar is not None
        self._jar = caller.stream.cookiejar
        self._caller = caller
        self._account = account
        self._saved = saved
        self._session: Session | None = None
        self.machine = SessionMachine(on_change)

    @property
    def state(self) -> SessionState:
        """Where the session stands."""
        return self.machine.state

    @property
    def session(self) -> Session:
        """The tokens in force.

        :raises IllegalMove: there has been no session yet.
        """
        if self._session is None:
            raise IllegalMove(f"account {self._account} has no session yet: start the client first")
        return self._session

    @property
    def nick(self) -> str:
        """The own nickname; empty before a session."""
        return "" if self._session is None else self._session.nick

    async def open(self) -> None:
        """Resume the saved session, or log in where there is none or it is over.

        :raises LoginError: the login failed. :raises Unreachable: the service did not answer.
        """
        session = None if self._saved is None else self._saved.load(self._account, self._jar)
        if session is None or not await self._resume(session):
            await self.log_in()

    async def _resume(self, session: Session) -> bool:
        self.machine.move(SessionInput.RESUME, "a session was saved")
        self._session = session
        try:
            is_alive = await self.is_alive()
        except WebQQError:
            self.machine.move(SessionInput.FAIL, "no answer")
            raise
        if is_alive:
            self.machine.move(SessionInput.SUCCEED, "the saved session is good")
        return is_alive

    async def log_in(self) -> None:
        """Log in from the beginning; the session's aliases are new after it.

        :raises LoginError: the login failed. :raises Unreachable: the service did not answer.
        """
        self.machine.move(SessionInput.LOG_IN)
        try:
            self._session = await self._login.run()
            # The service of 2016 registers the session by this call; without it polls answer 103.
            await self.register()
        except WebQQError as error:
            self.machine.move(SessionInput.FAIL, str(error))
            raise
        self.save()
        self.machine.move(SessionInput.SUCCEED, f"logged in as {self._account}")

    async def log_in_patiently(self) -> None:
        """As :meth:`log_in`, but wait out a service that is away, or that says to come later."""
        for pause in _endless(_OUTAGE_PAUSES):
            try:
                await self.log_in()
            except (Unreachable, MalformedMessage, LoginRefused) as error:
                if isinstance(error, LoginRefused) and not error.may_retry:
                    raise
                logger.warning("login of %d: %s; again in %.0f s", self._account, error, pause)
                await asyncio.sleep(pause)
            else:
                return

    async def register(self) -> None:
        """Call get_online_buddies2, which must come once before the first poll (WebQQ protocol, after login2)."""
        await self._caller.call(GET_ONLINE_BUDDIES2, self._online_params())

    async def is_alive(self) -> bool:
        """Ask the service whether the session is still good (WebQQ protocol, resume).

        :raises Unreachable: it did not answer.
        """
        reply = await self._caller.call(GET_ONLINE_BUDDIES2, self._online_params())
        return reply.retcode in ALIVE_RETCODES

    def _online_params(self) -> OnlineParams:
        session = self.session
        return OnlineParams(
            vfwebqq=session.vfwebqq, clientid=session.clientid, psessionid=session.psessionid, t=stamp()
        )

    async def relink(self) -> bool:
        """Renew a lost link (WebQQ protocol, relink); return False where only a login helps.

        A service that is away is waited for.
        """
        self.machine.move(SessionInput.LOSE_LINK)
        refusals = 0
        for pause in _endless(_OUTAGE_PAUSES):
            try:
                reaction = await self._relink_once()
            except (Unreachable, MalformedMessage) as error:
                logger.warning("relink of %d: %s; again in %.0f s", self._account, error, pause)
                await asyncio.sleep(pause)
                continue
            if reaction is Reaction.DONE:
                self.save()
                self.machine.move(SessionInput.SUCCEED, "relinked")
                return True
            refusals += 1
            if reaction is not Reaction.FAILED or refusals >= RELINK_ATTEMPTS:
                break
            await asyncio.sleep(RELINK_PAUSE)
        return False

    async def _relink_once(self) -> Reaction:
        session = self.session
        params = Login2Params(
            ptwebqq=session.ptwebqq, clientid=session.clientid, psessionid=session.psessionid, status=Status.ONLINE
        )
        reply = await self._caller.call(LOGIN2, params)
        reaction = relink_reaction(reply.retcode)
        if reaction is Reaction.DONE and reply.result is not None:
            session.psessionid = reply.result.psessionid or session.psessionid
            session.vfwebqq = reply.result.vfwebqq or session.vfwebqq
        return reaction

    def take_ptwebqq(self, value: str | None) -> None:
        """Take over the new ptwebqq that came with code 116."""
        if value:
            self.session.ptwebqq = value
            set_ptwebqq(self._jar, value)
            self.save()

    def save(self) -> None:
        """Keep the session for the next run. Where that fails the next run has to log in, which is no reason to end."""
        if self._saved is None or self._session is None:
            return
        try:
            self._saved.save(self._session, self._jar)
        except StorageError as error:
            logger.warning("%s", error)

    def forget(self) -> None:
        """Do not keep the session: it is over."""
        if self._saved is not None:
            self._saved.forget()

    async def log_out(self) -> None:
        """End the session at the service; a service that does not answer has lost nothing by it."""
        session = self.session
        params = LogoutParams(clientid=session.clientid, psessionid=session.psessionid, t=stamp())
        try:
            async with asyncio.timeout(LOGOUT_TIMEOUT):
                await self._caller.call(LOGOUT2, params)
        except (TimeoutError, WebQQError) as error:
            logger.info("logout of %d: %s", self._account, error)


def _endless(pauses: tuple[float, ...]) -> Iterator[float]:
    """The pauses in order, the last of them without end."""
    return chain(pauses, repeat(pauses[-1]))
