"""Who is online, as friends see it, and telling them when it changes.

An account is present while its live session polls or was heard of lately. A client that died without a sign-out is
found by :meth:`Presence.sweep`. Nothing of this is kept over a restart: a client that goes on polling is present again.
"""

from collections.abc import Callable

from webqq.gateway.delivery import StatusNotice
from webqq.gateway.directory import Directory
from webqq.gateway.sessions import Session, Sessions
from webqq.protocol.ids import QQNumber
from webqq.protocol.status import ClientType, Status

__all__ = ["PRESENT_SECONDS", "Presence"]

PRESENT_SECONDS = 150.0
"""How long somebody counts as present after the last call: two polls of a minute each, and time to spare."""

_ABSENT = (Status.OFFLINE, int(ClientType.DESKTOP))


class Presence:
    """Presence of all accounts.

    :param clock: seconds since the epoch.
    """

    def __init__(self, directory: Directory, sessions: Sessions, clock: Callable[[], float]) -> None:
        self._directory = directory
        self._sessions = sessions
        self._clock = clock
        self._told: dict[QQNumber, tuple[Status, int]] = {}

    def of(self, account: QQNumber) -> tuple[Status, int]:
        """Return status and kind of client of an account as others see it; who hides is offline."""
        session = self._sessions.live(account)
        if session is None or session.status is Status.HIDDEN or not self._is_present(session):
            return _ABSENT
        return session.status, session.client_type

    def refresh(self, account: QQNumber) -> None:
        """Tell the account's friends what it is now, unless they know."""
        now = self.of(account)
        if self._told.get(account, _ABSENT) == now:
            return
        if now == _ABSENT:
            del self._told[account]
        else:
            self._told[account] = now
        member = self._directory.community.accounts.get(account)
        # None: the account has left the community, and with it all friends.
        for friend in member.friends if member is not None else ():
            session = self._sessions.live(friend)
            if session is not None:
                session.receiver.notify(StatusNotice(account, *now))

    def __len__(self) -> int:
        return len(self._told)

    def sweep(self) -> None:
        """Look who has gone without a word."""
        for account in list(self._told):
            self.refresh(account)

    def _is_present(self, session: Session) -> bool:
        # Either way: after a clock was set back, whoever is gone was last seen in the future.
        return session.receiver.is_waiting or abs(self._clock() - session.seen) < PRESENT_SECONDS
