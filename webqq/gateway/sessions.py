"""Logins and sessions: who has proved to be whom, and which client speaks for an account at present.

A *login* begins when a password (or a sign-in link) was accepted; visiting its check_sig address confirms it, once.
Its tokens are ptwebqq and vfwebqq, and it has the key of its aliases. A *session* begins with login2 and has the
psessionid. An account has one live session: the newest. The one before it is kicked, learns so from its next poll,
and is gone.

::

    login:    ISSUED --check_sig--> CONFIRMED
    session:  LIVE --taken over--> KICKED --told--> ENDED;  LIVE, KICKED --left--> ENDED

All of it is in memory, and each change in the data file before it is answered. Source: WebQQ protocol, session
tokens, check_sig, login2, relink, kick_message.
"""

import logging
import secrets
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

from webqq.gateway.aliases import KEY_BYTES, Aliases
from webqq.gateway.delivery import KickReason, Receiver
from webqq.gateway.directory import Directory
from webqq.gateway.errors import StoreError
from webqq.gateway.mailbox import Mailbox
from webqq.gateway.store import Store
from webqq.gateway.tokens import ID_BITS, Purpose, Tokens
from webqq.protocol.ids import QQNumber
from webqq.protocol.status import ClientType, Status

__all__ = [
    "KICKS_PER_ACCOUNT",
    "LINK_SECONDS",
    "LOGINS_PER_ACCOUNT",
    "LOGIN_LONGEST_SECONDS",
    "LOGIN_SECONDS",
    "REPLACED",
    "SIGNATURE_SECONDS",
    "Login",
    "LoginState",
    "Session",
    "SessionInput",
    "SessionState",
    "Sessions",
]

_log = logging.getLogger(__name__)

T = TypeVar("T")

LOGIN_SECONDS = 3 * 86400.0
"""A login ends when nothing was heard of it for so long; the service's lasted 2 to 3 days."""

LOGIN_LONGEST_SECONDS = 30 * 86400.0
"""A login ends so long after its beginning however busy it is: a token that was stolen is not good for ever."""

SIGNATURE_SECONDS = 600.0
"""How long the check_sig address of a password login is good."""

LINK_SECONDS = 86400.0
"""How long a one-time sign-in link is good."""

LOGINS_PER_ACCOUNT = 16
"""With one more, the login that would end first is ended: a person has a few devices, not hundreds."""

KICKS_PER_ACCOUNT = 8
"""Most sessions of an account that have yet to learn that they were kicked; their clients are most likely gone."""

REPLACED = 2_000
"""Most sessions of which is remembered that another took over, so that a poll that comes all the same is told so."""

# How far a login's end may lag in the data file, so that not each request writes.
_EXPIRY_LAG = 600.0


class LoginState(Enum):
    """ISSUED: check_sig was not visited yet. CONFIRMED: its tokens are good."""

    ISSUED = "issued"
    CONFIRMED = "confirmed"


class SessionState(Enum):
    """LIVE: the account's letters go to it. KICKED: it is yet to learn that another took over."""

    LIVE = "live"
    KICKED = "kicked"
    ENDED = "ended"


class SessionInput(Enum):
    """What can happen to a session."""

    TAKEN_OVER = "taken over"
    TOLD = "told"
    LEFT = "left"


MOVES: Mapping[tuple[SessionState, SessionInput], SessionState] = MappingProxyType(
    {
        (SessionState.LIVE, SessionInput.TAKEN_OVER): SessionState.KICKED,
        (SessionState.KICKED, SessionInput.TOLD): SessionState.ENDED,
        # Signed out, expired, or pushed out by newer logins.
        (SessionState.LIVE, SessionInput.LEFT): SessionState.ENDED,
        (SessionState.KICKED, SessionInput.LEFT): SessionState.ENDED,
    }
)


@dataclass(slots=True, eq=False)
class Login:
    """A proof of who somebody is, and the numbers by which this login knows the others.

    :param landing: where check_sig sends the browser.
    :param expires: seconds since the epoch. :param begun: the same, of its beginning.
    """

    id: int
    account: QQNumber
    state: LoginState
    landing: str
    alias_key: bytes = field(repr=False)
    aliases: Aliases = field(repr=False)
    expires: float
    begun: float

    def expires_after(self, now: float) -> float:
        """Return when it ends if nothing more is heard of it after ``now``."""
        return min(now + LOGIN_SECONDS, self.begun + LOGIN_LONGEST_SECONDS)


@dataclass(slots=True, eq=False)
class Session:
    """A client that speaks for an account.

    :param seen: when it last called, in seconds since the epoch; 0 when not since the gateway's start.
    :param has_told_ptwebqq: whether its client was told which ptwebqq is its own, having come with another.
    """

    id: int
    login: Login
    state: SessionState
    status: Status
    client_type: int
    receiver: Receiver = field(repr=False)
    seen: float = 0.0
    has_told_ptwebqq: bool = False

    @property
    def account(self) -> QQNumber:
        """Whose session it is."""
        return self.login.account

    def move(self, event: SessionInput) -> None:
        """Go to the next state.

        :raises RuntimeError: that cannot happen in the present state.
        """
        try:
            state = MOVES[self.state, event]
        except KeyError:
            raise RuntimeError(f"a session that is {self.state.value} cannot be {event.value}") from None
        _log.debug("session of %s: %s -> %s (%s)", self.account, self.state.value, state.value, event.value)
        self.state = state


class Sessions:
    """All logins and sessions of the gateway, found by their tokens.

    :param mailboxes: one for each account of the community.
    :param clock: seconds since the epoch.
    """

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        directory: Directory,
        mailboxes: Mapping[QQNumber, Mailbox],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._directory = directory
        self._mailboxes = mailboxes
        self._clock = clock
        self._logins: dict[int, Login] = {}
        self._sessions: dict[int, Session] = {}
        self._logins_of: dict[QQNumber, list[Login]] = {}
        self._sessions_of: dict[QQNumber, list[Session]] = {}
        self._live: dict[QQNumber, Session] = {}
        self._replaced: OrderedDict[int, None] = OrderedDict()

    def load(self, last_letter: int) -> None:
        """Take over what the data file holds; before the store is started.

        Logins that have expired, or whose account has left the community, are ended; those of an account whose password
        was changed are gone already (:mod:`.registry`).

        :param last_letter: the highest letter id there is.
        """
        self._store.run(lambda db: self._load(db, last_letter))

    # Logins.

    async def issue(self, account: QQNumber, landing: str, *, begun: float | None = None) -> Login:
        """Begin a login, to be confirmed by its signature; it is on disk.

        :param begun: when the login that it goes on from began, or who resumes again and again would never have to
            prove anything any more.
        """
        login = self._new_login(account, landing, SIGNATURE_SECONDS, begun)
        await self._store.write(lambda db: _insert_login(db, login))
        return login

    def issue_link(self, account: QQNumber, landing: str) -> Login:
        """Like :meth:`issue`, for a sign-in link: good for longer, on disk within a second."""
        login = self._new_login(account, landing, LINK_SECONDS)
        self._store.later(lambda db: _insert_login(db, login))
        return login

    async def confirm(self, signature: str) -> Login | None:
        """Confirm the login that a check_sig address belongs to; None when it is no such signature or not the
        first time.
        """
        login = self.login(Purpose.SIGNATURE, signature)
        if login is None or login.state is not LoginState.ISSUED:
            return None
        expires, login.expires = login.expires, login.expires_after(self._clock())
        login.state = LoginState.CONFIRMED
        try:
            await self._store.write(lambda db: _update_login(db, login))
        except StoreError:
            # The client will be told that it did not work, and shall be able to try again.
            login.state, login.expires = LoginState.ISSUED, expires
            raise
        return login

    def login(self, purpose: Purpose, token: str) -> Login | None:
        """Return the login that a token belongs to; its state tells whether the token is good yet."""
        login = self._logins.get(self._tokens.read(purpose, token) or 0)
        return login if login is not None and login.expires > self._clock() else None

    def logins_of(self, account: QQNumber) -> list[Login]:
        """Return the confirmed logins of an account."""
        now = self._clock()
        return [
            login
            for login in self._logins_of.get(account, ())
            if login.state is LoginState.CONFIRMED and login.expires > now
        ]

    def sign(self, name: str, *parts: int) -> str:
        """Return what only this gateway can make of these numbers (:meth:`.Tokens.sign`)."""
        return self._tokens.sign(name, *parts)

    def token(self, purpose: Purpose, login: Login) -> str:
        """Return a token of the login."""
        return self._tokens.make(purpose, login.id)

    def label(self, name: str, login: Login, length: int) -> str:
        """Return the value of a cookie that clients only carry along."""
        return self._tokens.label(name, login.id, length)

    def labels_of(self, login: Login) -> Callable[[str, int], str]:
        """Return what gives :meth:`label` of one login."""
        return lambda name, length: self.label(name, login, length)

    async def end(self, login: Login) -> None:
        """End a login with all its sessions; its tokens are worthless from now on."""
        self._drop(login)
        await self._store.write(lambda db: _delete_logins(db, [login.id]))

    def end_account(self, account: QQNumber, reason: KickReason) -> None:
        """End all logins of an account that left, or has another password; in the data file within a second. Polls that
        wait hear of it.
        """
        for session in self._sessions_of.get(account, ()):
            session.receiver.kick(reason)
        self._end_later(self._logins_of.get(account, ()))

    # Sessions.

    async def begin(self, login: Login, status: Status) -> Session:
        """Begin the session that speaks for the account from now on; the one before it is kicked."""
        previous = self._live.get(login.account)
        session = Session(
            id=self._new_id(self._sessions),
            login=login,
            state=SessionState.LIVE,
            status=status,
            client_type=ClientType.WEB,
            receiver=Receiver(self._mailboxes[login.account]),
        )
        self._forget_old_kicks(login.account)
        self._add(session)
        if previous is not None:
            previous.move(SessionInput.TAKEN_OVER)
            previous.receiver.kick()
        await self._store.write(lambda db: _insert_session(db, session, previous))
        return session

    def session(self, psessionid: str) -> Session | None:
        """Return the session, live or kicked, that a psessionid belongs to."""
        session = self._sessions.get(self._tokens.read(Purpose.PSESSIONID, psessionid) or 0)
        return session if session is not None and session.login.expires > self._clock() else None

    def was_replaced(self, psessionid: str) -> bool:
        """Tell whether a session has ended since another took over; remembered of the last :data:`REPLACED`."""
        return self._tokens.read(Purpose.PSESSIONID, psessionid) in self._replaced

    def psessionid(self, session: Session) -> str:
        """Return the session's token."""
        return self._tokens.make(Purpose.PSESSIONID, session.id)

    def live(self, account: QQNumber) -> Session | None:
        """Return the session that speaks for an account at present."""
        return self._live.get(account)

    def all_live(self) -> list[Session]:
        """Return the live sessions of all accounts."""
        return list(self._live.values())

    def sizes(self) -> dict[str, int]:
        """Return how many logins and sessions are remembered, by kind."""
        return {"logins": len(self._logins), "sessions": len(self._sessions), "replaced": len(self._replaced)}

    def touch(self, session: Session) -> None:
        """Note that the session's client was heard of."""
        now = self._clock()
        session.seen = now
        login = session.login
        expires = login.expires_after(now)
        if login.expires < expires - _EXPIRY_LAG:
            login.expires = expires
            self._store.later(lambda db: _update_login(db, login))

    def change_status(self, session: Session, status: Status) -> None:
        """Note the status that the session's client chose; on disk within a second."""
        session.status = status
        self._store.later(
            lambda db: db.execute("UPDATE session SET status = ? WHERE id = ?", (status.value, session.id))
        )

    def sweep(self) -> None:
        """End the logins that have expired."""
        now = self._clock()
        self._end_later([login for login in self._logins.values() if login.expires <= now])

    def stop(self) -> None:
        """Answer all held polls with nothing."""
        for session in self._sessions.values():
            session.receiver.stop()

    # Inside.

    def _new_login(self, account: QQNumber, landing: str, seconds: float, begun: float | None = None) -> Login:
        own = sorted(self._logins_of.get(account, ()), key=lambda login: login.expires)
        self._end_later(own[: max(0, len(own) + 1 - LOGINS_PER_ACCOUNT)])
        key = secrets.token_bytes(KEY_BYTES)
        login = Login(
            id=self._new_id(self._logins),
            account=account,
            state=LoginState.ISSUED,
            landing=landing,
            alias_key=key,
            aliases=self._aliases(key, account),
            expires=self._clock() + seconds,
            begun=self._clock() if begun is None else begun,
        )
        self._add_login(login)
        return login

    def _add_login(self, login: Login) -> None:
        self._logins[login.id] = login
        self._logins_of.setdefault(login.account, []).append(login)

    def _aliases(self, key: bytes, account: QQNumber) -> Aliases:
        return Aliases(key, self._directory.account_rows[account], account)

    def _new_id(self, taken: Mapping[int, object]) -> int:
        # 0 is no id, see the lookups.
        while (id_ := secrets.randbits(ID_BITS)) in taken or id_ == 0:
            pass
        return id_

    def _add(self, session: Session) -> None:
        self._sessions[session.id] = session
        self._sessions_of.setdefault(session.account, []).append(session)
        session.receiver.on_told = lambda: self._forget(session, SessionInput.TOLD)
        if session.state is SessionState.LIVE:
            self._live[session.account] = session
            session.receiver.listen()

    def _end_later(self, logins: Iterable[Login]) -> None:
        ids = [login.id for login in logins]
        for id_ in ids:
            self._drop(self._logins[id_])
        if ids:
            self._store.later(lambda db: _delete_logins(db, ids))

    def _drop(self, login: Login) -> None:
        if self._logins.pop(login.id, None) is not None:
            _remove_from(self._logins_of, login.account, login)
        for session in [session for session in self._sessions_of.get(login.account, ()) if session.login is login]:
            session.receiver.leave()
            self._remove(session, SessionInput.LEFT)

    def _forget_old_kicks(self, account: QQNumber) -> None:
        kicked = [session for session in self._sessions_of.get(account, ()) if session.state is SessionState.KICKED]
        for session in kicked[: max(0, len(kicked) + 1 - KICKS_PER_ACCOUNT)]:
            self._forget(session, SessionInput.LEFT)

    def _forget(self, session: Session, event: SessionInput) -> None:
        self._replaced[session.id] = None
        if len(self._replaced) > REPLACED:
            self._replaced.popitem(last=False)
        self._remove(session, event)
        self._store.later(lambda db: db.execute("DELETE FROM session WHERE id = ?", (session.id,)))

    def _remove(self, session: Session, event: SessionInput) -> None:
        session.move(event)
        session.receiver.on_told = None
        del self._sessions[session.id]
        _remove_from(self._sessions_of, session.account, session)
        if self._live.get(session.account) is session:
            del self._live[session.account]

    def _load(self, db: sqlite3.Connection, last_letter: int) -> None:
        stale: list[int] = []
        for id_, number, state, landing, key, expires, begun in db.execute(
            "SELECT id, account, state, landing, alias_key, expires, begun FROM login"
        ):
            account = QQNumber(number)
            is_member = account in self._mailboxes
            if not is_member or expires <= self._clock():
                stale.append(id_)
                continue
            aliases = self._aliases(key, account)
            self._add_login(Login(id_, account, LoginState(state), landing, key, aliases, expires, begun))
        _delete_logins(db, stale)
        for id_, login_id, state, status, client_type in db.execute(
            "SELECT id, login, state, status, client_type FROM session"
        ):
            login = self._logins[login_id]
            receiver = Receiver(self._mailboxes[login.account], handed=last_letter)
            session = Session(id_, login, SessionState(state), Status(status), client_type, receiver)
            if session.state is SessionState.KICKED:
                receiver.kick()
            self._add(session)


def _remove_from(lists: dict[QQNumber, list[T]], account: QQNumber, member: T) -> None:
    of_account = lists[account]
    of_account.remove(member)
    if not of_account:
        del lists[account]


def _insert_login(db: sqlite3.Connection, login: Login) -> None:
    db.execute(
        "INSERT INTO login (id, account, state, landing, alias_key, expires, begun) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (login.id, login.account, login.state.value, login.landing, login.alias_key, login.expires, login.begun),
    )


def _update_login(db: sqlite3.Connection, login: Login) -> None:
    values = (login.state.value, login.expires, login.id)
    db.execute("UPDATE login SET state = ?, expires = ? WHERE id = ?", values)


def _delete_logins(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    # The sessions go with it, by the foreign key.
    db.executemany("DELETE FROM login WHERE id = ?", [(id_,) for id_ in ids])


def _insert_session(db: sqlite3.Connection, session: Session, previous: Session | None) -> None:
    if previous is not None:
        db.execute("UPDATE session SET state = ? WHERE id = ?", (SessionState.KICKED.value, previous.id))
    db.execute(
        "INSERT INTO session (id, login, state, status, client_type) VALUES (?, ?, ?, ?, ?)",
        (session.id, session.login.id, SessionState.LIVE.value, session.status.value, session.client_type),
    )
