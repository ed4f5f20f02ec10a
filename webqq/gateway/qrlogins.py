"""Logins by QR code: a picture is shown, its owner's page says yes, and the client that showed it is let in.

Two secrets, so that who photographs the picture cannot take the login: ``qrsig``, the cookie of the client that shows
it, and the *code* in the picture, which says no more than which login is meant. All of it is in memory alone; after a
restart clients get a new picture, as they do for one that expired.

::

    WAITING --scanned--> SCANNED --approved--> APPROVED --told--> gone;  any --refused, expired, replaced--> gone
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from webqq.protocol.ids import QQNumber

__all__ = ["QR_LOGINS", "QR_SECONDS", "QRLogin", "QRLogins", "QRState"]

QR_SECONDS = 120.0
"""How long a picture is good."""

QR_LOGINS = 2_000
"""Most pictures at a time; with one more, the oldest is forgotten."""

# Without letters and digits that are easily taken for others, since a person may have to type it.
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LENGTH = 12


class QRState(Enum):
    """WAITING: nobody has looked. SCANNED: somebody has. APPROVED: its account said yes."""

    WAITING = "waiting"
    SCANNED = "scanned"
    APPROVED = "approved"


@dataclass(slots=True)
class QRLogin:
    """A picture that was shown.

    :param address: of the client that shows it. :param account: who scanned it, or approved.
    :param expires: seconds since the epoch.
    """

    qrsig: str
    code: str
    address: str
    expires: float
    state: QRState = QRState.WAITING
    account: QQNumber | None = None


class QRLogins:
    """All pictures that are good.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._by_qrsig: OrderedDict[str, QRLogin] = OrderedDict()
        self._by_code: dict[str, QRLogin] = {}

    def __len__(self) -> int:
        return len(self._by_qrsig)

    def issue(self, address: str, replaced: str = "") -> QRLogin:
        """Return a new login.

        :param replaced: the qrsig that the client had before; it ends.
        """
        self.forget(replaced)
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
        login = QRLogin(secrets.token_urlsafe(48), code, address, self._clock() + QR_SECONDS)
        self._by_qrsig[login.qrsig] = self._by_code[code] = login
        while len(self._by_qrsig) > QR_LOGINS:
            self.forget(next(iter(self._by_qrsig)))
        return login

    def of_qrsig(self, qrsig: str) -> QRLogin | None:
        """Return the login of a cookie, while it is good."""
        return self._good(self._by_qrsig.get(qrsig))

    def of_code(self, code: str, account: QQNumber) -> QRLogin | None:
        """Return the login of a picture, while it is good and no other account has scanned it."""
        login = self._good(self._by_code.get(code))
        return login if login is not None and login.account in (None, account) else None

    def scan(self, login: QRLogin, account: QQNumber) -> None:
        """An account looks at the picture."""
        login.account = account
        if login.state is QRState.WAITING:
            login.state = QRState.SCANNED

    def approve(self, login: QRLogin, account: QQNumber) -> None:
        """An account lets the client in."""
        login.account, login.state = account, QRState.APPROVED

    def forget(self, qrsig: str) -> None:
        """A login is over: told, refused or replaced."""
        login = self._by_qrsig.pop(qrsig, None)
        if login is not None:
            del self._by_code[login.code]

    def forget_account(self, account: QQNumber) -> None:
        """The account may not go on as it is: what it scanned or approved lets nobody in any more."""
        for qrsig in [each.qrsig for each in self._by_qrsig.values() if each.account == account]:
            self.forget(qrsig)

    def sweep(self) -> None:
        """Forget those that expired."""
        for qrsig in [each.qrsig for each in self._by_qrsig.values() if each.expires <= self._clock()]:
            self.forget(qrsig)

    def _good(self, login: QRLogin | None) -> QRLogin | None:
        return login if login is not None and login.expires > self._clock() else None
