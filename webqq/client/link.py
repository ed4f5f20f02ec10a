"""The life of a session: begun, resumed, tested, renewed, ended. Owns the state machine and the tokens."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat

from webqq.client.calling import Caller
from webqq.client.errors import LoginRefused, StorageError, Unreachable
from webqq.client.opening import Login, SessionOpener
from webqq.client.qrlogin import resume_login
from webqq.client.saved import SessionFile
from webqq.client.session import Session, cookie_value, set_ptwebqq
from webqq.client.state import IllegalMove, SessionInput, SessionMachine, SessionState
from webqq.protocol.calls import (
    GET_ONLINE_BUDDIES2,
    LOGIN2,
    LOGOUT2,
    PTLOGOUT,
    Login2Params,
    LogoutParams,
    OnlineParams,
    ptlogout_params,
)
from webqq.protocol.errors import MalformedMessage, WebQQError
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import ALIVE_RETCODES, Reaction, relink_reaction

__all__ = ["Link", "stamp"]

logger = logging.getLogger("webqq.client")

RELINK_ATTEMPTS = 3
"""How often login2 is asked to renew a link before a login, as the service's own page did."""

RELINK_PAUSE = 1.0
"""Seconds between these attempts."""

LOGOUT_TIMEOUT = 5.0
"""Seconds for a logout: whoever stops a program waits for it."""

TOKEN_PAUSE = 600.0
"""Seconds after a resumption by cookies within which a session that was lost needs a whole login."""

_OUTAGE_PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between attempts while the service cannot be reached; the last again and again."""


def stamp() -> str:
    """Return the milliseconds since the epoch, as many calls carry them against caches."""
    return str(time.time_ns() // 1_000_000)


class Link:
    """One account's session with the service.

    :param login: how to log in. :param opener: opens sessions whose login needs no person.
    :param saved: where the session is kept between runs; None keeps none.
    :param on_change: told of each new state.
    """

    def __init__(
        self,
        caller: Caller,
        account: QQNumber,
        login: Login,
        opener: SessionOpener,
        saved: SessionFile | None = None,
        on_change: Callable[[SessionState], object] | None = None,
    ) -> None:
        self._login = login
        self._opener = opener
        self._jar = caller.jar
        self._resumed_at: float | None = None
        self._renewing = asyncio.Lock()
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
    def mark(self) -> str:
        """What tells the login in force from every other one; empty before a session."""
        return "" if self._session is None else self._session.mark

    @property
    def nick(self) -> str:
        """The own nickname; empty before a session."""
        return "" if self._session is None else self._session.nick

    async def open(self) -> None:
        """Resume the saved session, or log in where there is none or it is over.

        :raises LoginError: the login failed. :raises Unreachable: the service did not answer.
        """
        session = None if self._saved is None else self._saved.load(self._account, self._jar)
        if session is None or session.flavour is not self._caller.flavour or not await self._resume(session):
            await self.log_in()

    async def _resume(self, session: Session) -> bool:
        self.machine.move(SessionInput.RESUME, "a session was saved")
        self._session = session
        try:
            is_alive = await self.is_alive()
        except (WebQQError, asyncio.CancelledError):
            if self.state is SessionState.RESUMING:
                self.machine.move(SessionInput.FAIL, "no answer")
            raise
        if is_alive:
            self.machine.move(SessionInput.SUCCEED, "the saved session is good")
        return is_alive

    async def log_in(self) -> None:
        """Begin a session; its aliases are new. A login that only its cookies need is tried before a whole one.

        :raises LoginError: the login failed. :raises Unreachable: the service did not answer.
        """
        self.machine.move(SessionInput.LOG_IN)
        try:
            self._session = await self._from_cookies() or await self._login.run()
            # The service of 2016 registers the session by this call; without it polls answer 103.
            await self.register()
        except BaseException as error:
            # Also what a callback of the user raises, and a cancellation: it may be tried again.
            if self.state is SessionState.LOGGING_IN:
                self.machine.move(SessionInput.FAIL, str(error) or "cancelled")
            raise
        self.save()
        self.machine.move(SessionInput.SUCCEED, f"logged in as {self._account}")

    async def _from_cookies(self) -> Session | None:
        """Resume by pt4_auth (WebQQ protocol, resume, b), which the service of 2013 does not have."""
        now = asyncio.get_running_loop().time()
        is_recent = self._resumed_at is not None and now - self._resumed_at < TOKEN_PAUSE
        if self._caller.flavour is not Flavour.SMARTQQ_2016 or is_recent:
            return None
        session = await resume_login(self._caller, self._opener, self.nick)
        if session is not None:
            self._resumed_at = now
        return session

    async def log_in_patiently(self) -> None:
        """As :meth:`log_in`, but wait out a service that is away, or that says to come later. Where another task has
        logged in meanwhile there is nothing to do.
        """
        mark = self.mark
        async with self._renewing:
            if self.mark != mark:
                return
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
        mark = self.mark
        async with self._renewing:
            return True if self.mark != mark else await self._relink()

    async def _relink(self) -> bool:
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
            ptwebqq=session.ptwebqq,
            clientid=session.clientid,
            psessionid=session.psessionid,
            status=self._opener.status,
        )
        reply = await self._caller.call(LOGIN2, params)
        reaction = relink_reaction(reply.retcode)
        if reaction is Reaction.DONE and reply.result is not None:
            session.psessionid = reply.result.psessionid or session.psessionid
            if session.flavour is Flavour.WEBQQ_2013:
                # That of login2 is wrong in 2016 (WebQQ protocol, login2).
                session.vfwebqq = reply.result.vfwebqq or session.vfwebqq
            session.ptwebqq = cookie_value(self._jar, "ptwebqq") or session.ptwebqq
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
        try:
            async with asyncio.timeout(LOGOUT_TIMEOUT):
                await self._log_out()
        except (TimeoutError, WebQQError) as error:
            logger.info("logout of %d: %s", self._account, error)
        self.forget()

    async def _log_out(self) -> None:
        session = self.session
        if session.flavour is Flavour.SMARTQQ_2016:
            proofs = (cookie_value(self._jar, name) for name in ("pt4_token", "skey", "ptcz"))
            await self._caller.call(PTLOGOUT, ptlogout_params(*proofs))
            return
        params = LogoutParams(clientid=session.clientid, psessionid=session.psessionid, t=stamp())
        await self._caller.call(LOGOUT2, params)


def _endless(pauses: tuple[float, ...]) -> Iterator[float]:
    """The pauses in order, the last of them without end."""
    return chain(pauses, repeat(pauses[-1]))
