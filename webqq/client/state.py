"""Where a client's session stands, as a table.

::

                 RESUME                    SUCCEED
        OFFLINE --------> RESUMING ----------------------> ONLINE ---KICK---> KICKED
          |  ^               | LOG_IN                      ^ |  ^
          |  `---FAIL--.     v         SUCCEED             | |  | SUCCEED
          `-LOG_IN-> LOGGING_IN ---------------------------' |  |
                         ^  ^-------------LOG_IN-------------|  |
                         `--LOG_IN-- RELINKING <--LOSE_LINK--'  |
                                         `----------------------'
        ONLINE ---LOG_OUT---> OFFLINE
        any of them ---CLOSE---> CLOSED
"""

import asyncio
import logging
from collections.abc import Callable
from enum import Enum, auto
from types import MappingProxyType

__all__ = ["TRANSITIONS", "IllegalMove", "SessionInput", "SessionMachine", "SessionState"]

logger = logging.getLogger("webqq.client")


class SessionState(Enum):
    """Where a client's session stands."""

    OFFLINE = auto()
    """No session, and nothing done about it."""
    RESUMING = auto()
    """The session of an earlier run is being tried."""
    LOGGING_IN = auto()
    ONLINE = auto()
    RELINKING = auto()
    """The service lost the link; the session is being renewed."""
    KICKED = auto()
    """The service ended the session. Only a person may begin another."""
    CLOSED = auto()
    """The client was closed; it is of no further use."""


class SessionInput(Enum):
    """What moves a session on."""

    RESUME = auto()
    LOG_IN = auto()
    SUCCEED = auto()
    FAIL = auto()
    LOSE_LINK = auto()
    KICK = auto()
    LOG_OUT = auto()
    CLOSE = auto()


_S, _I = SessionState, SessionInput

TRANSITIONS = MappingProxyType(
    {
        # Towards a session. LOG_IN while resuming: the saved session is not good any more.
        (_S.OFFLINE, _I.RESUME): _S.RESUMING,
        (_S.OFFLINE, _I.LOG_IN): _S.LOGGING_IN,
        (_S.RESUMING, _I.SUCCEED): _S.ONLINE,
        (_S.RESUMING, _I.LOG_IN): _S.LOGGING_IN,
        (_S.RESUMING, _I.FAIL): _S.OFFLINE,
        (_S.LOGGING_IN, _I.SUCCEED): _S.ONLINE,
        (_S.LOGGING_IN, _I.FAIL): _S.OFFLINE,
        # A session and its faults.
        (_S.ONLINE, _I.LOSE_LINK): _S.RELINKING,
        (_S.ONLINE, _I.LOG_IN): _S.LOGGING_IN,
        (_S.ONLINE, _I.KICK): _S.KICKED,
        (_S.ONLINE, _I.LOG_OUT): _S.OFFLINE,
        (_S.RELINKING, _I.SUCCEED): _S.ONLINE,
        (_S.RELINKING, _I.LOG_IN): _S.LOGGING_IN,
        # The end.
        (_S.OFFLINE, _I.CLOSE): _S.CLOSED,
        (_S.RESUMING, _I.CLOSE): _S.CLOSED,
        (_S.LOGGING_IN, _I.CLOSE): _S.CLOSED,
        (_S.ONLINE, _I.CLOSE): _S.CLOSED,
        (_S.RELINKING, _I.CLOSE): _S.CLOSED,
        (_S.KICKED, _I.CLOSE): _S.CLOSED,
    }
)
"""State and input to the next state. What is not in it must not happen."""


class IllegalMove(AssertionError):
    """The client tried a move that :data:`TRANSITIONS` does not have: a fault in the client, or a use after its end."""


class SessionMachine:
    """The state of one client's session.

    :param on_change: called after each move with the new state.
    """

    def __init__(self, on_change: Callable[[SessionState], object] | None = None) -> None:
        self.state = SessionState.OFFLINE
        self._on_change = on_change
        self._online = asyncio.Event()

    def move(self, given: SessionInput, why: str = "") -> None:
        """Go to the next state.

        :raises IllegalMove: the table has none for ``given``.
        """
        following = TRANSITIONS.get((self.state, given))
        if following is None:
            raise IllegalMove(f"a session that is {self.state.name} cannot {given.name}")
        logger.debug("session: %s -> %s (%s)", self.state.name, following.name, why or given.name)
        self.state = following
        if following is SessionState.ONLINE:
            self._online.set()
        else:
            self._online.clear()
        if self._on_change is not None:
            self._on_change(following)

    async def wait_online(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds for a session; tell whether there is one."""
        try:
            async with asyncio.timeout(timeout):
                await self._online.wait()
        except TimeoutError:
            return False
        return True
