"""The verify codes that check gave out and login must bring back.

A code makes each password digest good for one login only: it is used up by the first login that names it, right or
wrong. Codes are short-lived and few, so they are kept in memory alone; after a restart a client begins at check again,
as the protocol has it for a wrong code.
"""

import secrets
import string
from collections import OrderedDict
from collections.abc import Callable

from webqq.protocol.ids import QQNumber

__all__ = ["CODES_PER_ACCOUNT", "CODE_SECONDS", "VerifyCodes"]

CODE_SECONDS = 300.0
"""How long a code is good: time enough to read a captcha and type a password."""

CODES_PER_ACCOUNT = 64
"""With one more, the oldest is dropped."""

_LETTERS = string.ascii_uppercase + string.digits


class VerifyCodes:
    """Codes by account.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._codes: dict[QQNumber, OrderedDict[str, float]] = {}

    def issue(self, account: QQNumber) -> str:
        """Return a code that needs no captcha: ``!`` and three capitals or digits (WebQQ protocol, check).

        Only for accounts that exist; for others :meth:`invent` one, or memory has no bound.
        """
        codes = self._codes.setdefault(account, OrderedDict())
        code = self.invent()
        codes[code] = self._clock() + CODE_SECONDS
        codes.move_to_end(code)
        while len(codes) > CODES_PER_ACCOUNT:
            codes.popitem(last=False)
        return code

    def __len__(self) -> int:
        return sum(map(len, self._codes.values()))

    def sweep(self) -> None:
        """Forget those that are too old."""
        now = self._clock()
        for account, codes in list(self._codes.items()):
            for code in [code for code, expires in codes.items() if expires <= now]:
                del codes[code]
            if not codes:
                del self._codes[account]

    @staticmethod
    def invent() -> str:
        """Return a code that is good for nothing."""
        return "!" + "".join(secrets.choice(_LETTERS) for _ in range(3))

    def redeem(self, account: QQNumber, code: str) -> bool:
        """Use a code up, in any case of letters; False when it was not given out, or too long ago."""
        expires = self._codes.get(account, OrderedDict[str, float]()).pop(code.upper(), 0.0)
        return expires > self._clock()
