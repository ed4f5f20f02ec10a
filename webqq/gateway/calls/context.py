"""One call as those who answer it see it: who asks, in which flavour, and what to put around the reply.

Here every token of a request is turned into the login or the session that it proves; a call that cannot prove what it
needs ends in a :class:`Refusal`. Nothing here knows HTTP but for cookies and a redirect's address.
"""

import hmac
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from msgspec import Struct

from webqq.gateway.addresses import Way
from webqq.gateway.cookies import Cookie, skey_of
from webqq.gateway.delivery import Turn
from webqq.gateway.limits import network_of
from webqq.gateway.services import Services
from webqq.gateway.sessions import Login, LoginState, Session, SessionState
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import Call, Reply, failure
from webqq.protocol.cookies import parse_uin_cookie
from webqq.protocol.digests import bkn as bkn_of
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import EcCode, RetCode

__all__ = ["Answer", "Context", "Media", "Refusal"]

P = TypeVar("P", bound=Struct)
R = TypeVar("R")
T = TypeVar("T")


class Refusal(Exception):
    """The call is answered with this code and nothing else: one of RetCode, or of EcCode in group management."""

    def __init__(self, retcode: RetCode | EcCode) -> None:
        super().__init__(retcode)
        self.retcode = retcode


class Media(Enum):
    """Content types of answers. The service mixed them up; these are what a browser should make of them."""

    JSON = "application/json; charset=UTF-8"
    SCRIPT = "text/javascript; charset=UTF-8"
    HTML = "text/html; charset=UTF-8"
    PICTURE = "image/png"
    FILE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Answer(Generic[P, R]):
    """A call and who answers it.

    :param refuse: makes the reply of a refusal where that is no plain retcode.
    :param is_for_anyone: also for requests that another site's page caused.
    """

    call: Call[P, R]
    handle: "Callable[[Context, P], Awaitable[Reply[R]]]"
    media: Media = Media.JSON
    refuse: "Callable[[Context, int], Reply[R]]" = lambda context, retcode: failure(retcode, context.flavour)
    is_for_anyone: bool = False


@dataclass(slots=True)
class Context:
    """One call under way.

    :param host: the Host header. :param scheme: ``http`` or ``https``. :param address: of the client.
    :param cookie: gives the value of a cookie by its name, empty where it was not sent.
    :param new_cookies: to be set with the reply.
    :param location: where to redirect to instead of answering 200.
    :param turn: of a poll; it is told how the writing of the answer went.
    :param account: who asks, as far as it is known; for the log.
    :param local: address and port at which its connection reached the gateway.
    :param is_tls: whether that connection is one of TLS.
    :param media_type: of the reply's bytes, instead of the call's usual one.
    :param filename: under which a browser should save them.
    """

    services: Services
    flavour: Flavour
    host: str
    scheme: str
    address: str
    cookie: Callable[[str], str]
    new_cookies: list[Cookie] = field(default_factory=list)
    location: str | None = None
    turn: Turn | None = None
    account: QQNumber | None = None
    local: tuple[str, int] = ("127.0.0.1", 80)
    is_tls: bool = False
    media_type: str | None = None
    filename: str | None = None

    @property
    def way(self) -> Way:
        """How the request came, for addresses to give out."""
        return Way(self.scheme, self.host, self.local, self.is_tls)

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job over the data file; what it changed is on disk then.

        :raises StoreError: it could not be written. Whatever the job raises is raised here.
        """
        return await self.services.store.write(job)

    def session(self, psessionid: str) -> Session:
        """Return the live session that speaks here.

        :raises Refusal: 103 when there is none, or when another has taken over.
        """
        session = self.any_session(psessionid)
        if session.state is not SessionState.LIVE:
            raise Refusal(RetCode.NO_SESSION)
        return session

    def any_session(self, psessionid: str) -> Session:
        """Like :meth:`session`, for a call that a kicked session may still make."""
        session = self.services.sessions.session(psessionid)
        if session is None:
            raise Refusal(RetCode.NO_SESSION)
        self.account = session.account
        self.services.sessions.touch(session)
        self.services.presence.refresh(session.account)
        return session

    def login(self, purpose: Purpose, token: str) -> Login:
        """Return the login that a token proves.

        :raises Refusal: 100000 when it proves none, 103 when check_sig was skipped, as the service did.
        """
        login = self.services.sessions.login(purpose, token)
        if login is None:
            raise Refusal(RetCode.LOGIN_GONE)
        self.account = login.account
        if login.state is not LoginState.CONFIRMED:
            raise Refusal(RetCode.NO_SESSION)
        return login

    def login_of_ptwebqq(self, token: str) -> Login:
        """As :meth:`login` with a ptwebqq. Clients since 2017 may send an empty one, and mean that of their cookies.

        :raises Refusal: also where there is none in the cookies and they prove no login otherwise.
        """
        named = token or self.cookie("ptwebqq")
        if named:
            return self.login(Purpose.PTWEBQQ, named)
        login = self.login_of_cookies()
        if login.state is not LoginState.CONFIRMED:
            raise Refusal(RetCode.NO_SESSION)
        return login

    def take_drawing(self) -> None:
        """Note that a picture is drawn for somebody who has proved nothing.

        :raises Refusal: 113 when there were too many for the client's network.
        """
        network = network_of(self.address)
        if not self.services.drawings.has_one(network):
            raise Refusal(RetCode.TRY_LATER)
        self.services.drawings.take(network)

    def login_of_cookies(self) -> Login:
        """Return the login that the cookies ``uin`` and ``skey`` prove, which uploads and group management go by.

        :raises Refusal: 100000 when they prove none.
        """
        account = parse_uin_cookie(self.cookie("uin"))
        login = None if account is None else self.login_of_skey(account, self.cookie("skey"))
        if login is None:
            raise Refusal(RetCode.LOGIN_GONE)
        return login

    def login_of_skey(self, account: QQNumber, skey: str) -> Login | None:
        """Return the login of an account that has this skey."""
        sessions, given = self.services.sessions, skey.encode("utf-8", "replace")
        for login in sessions.logins_of(account):
            if hmac.compare_digest(skey_of(sessions.labels_of(login)).encode(), given):
                self.account = account
                return login
        return None

    def login_of_bkn(self, bkn: int) -> Login:
        """As :meth:`login_of_cookies`, for a call that has to prove by a number that it can read the cookies.

        :raises Refusal: 100000 when they prove none, or the number is not theirs.
        """
        login = self.login_of_cookies()
        if bkn != bkn_of(self.cookie("skey")):
            raise Refusal(RetCode.LOGIN_GONE)
        return login

    def see_that_it_fits(self, session: Session, purpose: Purpose, token: str) -> None:
        """Look at a second token that came along; clients may leave it out, but not give another account's.

        :raises Refusal: 100000 when it does not belong to the session's account.
        """
        if token and self.login(purpose, token).account != session.account:
            raise Refusal(RetCode.LOGIN_GONE)
