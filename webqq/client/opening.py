"""The second half of every login: from the URL that proves it to a session (WebQQ protocol, check_sig; session)."""

import secrets
from typing import Protocol

from webqq.client.calling import Caller, request_of
from webqq.client.errors import LoginRefused, WrongAccount
from webqq.client.session import Session, cookie_value
from webqq.protocol.calls import (
    GETVFWEBQQ,
    LOGIN2,
    GetVfwebqqParams,
    Login2Params,
    Login2Result,
    check_sig_request,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import Reaction, login2_reaction
from webqq.protocol.status import Status

__all__ = ["Login", "SessionOpener", "fraction"]


class Login(Protocol):
    """A way to log one account in."""

    async def run(self) -> Session:
        """Log in and return the new session.

        :raises LoginError: which of its kinds tells what to do. :raises Unreachable: an answer is missing.
        :raises MalformedMessage: an answer is not what the protocol has there.
        """


class SessionOpener:
    """Opens sessions of one account in the caller's flavour.

    :param status: the presence that a new session begins with; any but offline.
    """

    def __init__(self, caller: Caller, account: QQNumber, status: Status = Status.ONLINE) -> None:
        self._caller = caller
        self._account = account
        self._jar = caller.jar
        self.status = status

    async def open(self, url: str, nick: str) -> Session:
        """Return the session of a login that ended with ``url``.

        :raises LoginRefused: the service gives none. :raises WrongAccount: it is another account's.
        Else as :meth:`Login.run`.
        """
        flavour = self._caller.flavour
        # Only its cookies count: the redirection leads to an empty page (WebQQ protocol, check_sig).
        await self._caller.fetch("check_sig", request_of(check_sig_request(self._reachable(url), flavour)))
        ptwebqq, clientid = cookie_value(self._jar, "ptwebqq"), flavour.clientid or _make_clientid()
        vfwebqq = await self._vfwebqq(ptwebqq, clientid) if flavour is Flavour.SMARTQQ_2016 else ""
        params = Login2Params(ptwebqq=ptwebqq, clientid=clientid, psessionid="", status=self.status)
        reply = await self._caller.call(LOGIN2, params)
        result, reaction = reply.result, login2_reaction(reply.retcode)
        if reaction is not Reaction.DONE or result is None:
            raise LoginRefused("login2", reply.retcode, may_retry=reaction is Reaction.WAIT)
        if result.uin != self._account:
            raise WrongAccount(f"expected a login as {self._account}, somebody signed in as {result.uin}")
        return self._session(result, clientid, vfwebqq or result.vfwebqq, ptwebqq, nick)

    def _reachable(self, url: str) -> str:
        """The service names this address with http; where all hosts are asked by https, nothing else is there."""
        return f"https{url.removeprefix('http')}" if self._caller.scheme == "https" and url[:5] == "http:" else url

    async def _vfwebqq(self, ptwebqq: str, clientid: str) -> str:
        params = GetVfwebqqParams(ptwebqq=ptwebqq, clientid=clientid, t=fraction())
        return (await self._caller.ask(GETVFWEBQQ, params)).vfwebqq

    def _session(self, result: Login2Result, clientid: str, vfwebqq: str, ptwebqq: str, nick: str) -> Session:
        return Session(
            account=result.uin,
            clientid=clientid,
            psessionid=result.psessionid,
            vfwebqq=vfwebqq,
            ptwebqq=ptwebqq,
            nick=nick,
            index=result.index,
            port=result.port,
            flavour=self._caller.flavour,
            mark=secrets.token_hex(8),
        )


def fraction() -> str:
    """Return a random fraction, as login calls carry one against caches."""
    return f"0.{secrets.randbelow(10**16):016}"


def _make_clientid() -> str:
    """A random number of 8 digits, kept for the session (WebQQ protocol, constants)."""
    return str(10**7 + secrets.randbelow(9 * 10**7))
