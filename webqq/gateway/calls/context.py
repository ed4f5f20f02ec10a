"""One call as those who answer it see it: who asks, in which flavour, and what to put around the reply.

Here every token of a request is turned into the login or the session that it proves; a call that cannot prove what it
needs ends in a :class:`Refusal`. Nothing here knows HTTP but for cookies and a redirect's address.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from msgspec import Struct

from webqq.gateway.cookies import Cookie
from webqq.gateway.delivery import Turn
from webqq.gateway.services import Services
from webqq.gateway.sessions import Login, LoginState, Session, SessionState
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import Call, Reply, failure
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["Answer", "Context", "Media", "Refusal"]

P = TypeVar("P", bound=Struct)
R = TypeVar("R")


class Refusal(Exception):
    """The call is answered with this code and nothing else."""

    def __init__(self, retcode: RetCode) -> None:
        super().__init__(retcode)
        self.retcode = retcode


class Media(Enum):
    """Content types of answers. The service mixed them up; these are what a browser should make of them."""

    JSON = "application/json; charset=UTF-8"
    SCRIPT = "text/javascript; charset=UTF-8"
    HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Answer(Generic[P, R]):
    """A call and who answers it.

    :param refuse: makes the reply of a refusal where that is no plain retcode.
    :param is_for_anyone: also for requests that another site's page caused.
    """

    call: Call[P, R]
    handle: "Callable[[Context, P], Awaitable[Reply[R]]]"
    media: Media = Media.JSON
    refuse: "Callable[[Context, RetCode], Reply[R]]" = lambda context, retcode: failure(retcode, context.flavour)
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

    def see_that_it_fits(self, session: Session, purpose: Purpose, token: str) -> None:
        """Look at a second token that came along; clients may leave it out, but not give another account's.

        :raises Refusal: 100000 when it does not belong to the session's account.
        """
        if token and self.login(purpose, token).account != session.account:
            raise Refusal(RetCode.LOGIN_GONE)
