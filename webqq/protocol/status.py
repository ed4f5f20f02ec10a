"""States of presence and kinds of client.

Source: WebQQ protocol, status values and client types.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType

__all__ = ["STATUS_CODES", "ClientType", "Status", "status_of_code"]


class Status(StrEnum):
    """A state of presence, spelt as on the wire. Answers may hold others; treat those as online."""

    ONLINE = "online"
    OFFLINE = "offline"
    AWAY = "away"
    HIDDEN = "hidden"
    BUSY = "busy"
    CALLME = "callme"
    SILENT = "silent"


class ClientType(IntEnum):
    """What a person is signed in with; many more numbers exist."""

    DESKTOP = 1
    PHONE = 21
    WEB = 41
    TABLET = 42


STATUS_CODES: Mapping[Status, int] = MappingProxyType(
    {status: 10 * place for place, status in enumerate(Status, start=1)}
)
"""The number (``stat``) of each state: 10 online, 20 offline, and so on."""

_BY_CODE = MappingProxyType({code: status for status, code in STATUS_CODES.items()})


def status_of_code(code: int) -> Status:
    """Return the state for a number; an unknown number is online."""
    return _BY_CODE.get(code, Status.ONLINE)
