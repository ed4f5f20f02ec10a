"""Return codes and what a good client does about each.

Knows numbers and reactions; carrying a reaction out is the client's matter. Source: WebQQ protocol: return
codes in one place; poll return codes and reactions; response and reaction of sends; login2 failures; login
codes; states of ptqrlogin; group management.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum, auto
from types import MappingProxyType

__all__ = [
    "ALIVE_RETCODES",
    "IDLE_HTTP_STATUSES",
    "EcCode",
    "LoginCode",
    "Reaction",
    "RetCode",
    "call_reaction",
    "ec_reaction",
    "login2_reaction",
    "login_reaction",
    "poll_reaction",
    "qr_reaction",
    "relink_reaction",
    "send_reaction",
]


class RetCode(IntEnum):
    """The codes with a known meaning. Answers may carry others; those stay plain numbers."""

    MISSING = -1
    """No code in the answer, or the failed send of 2016."""
    OK = 0
    WRONG_GROUP_CODE = 6
    LOGIN_AGAIN = 8
    WRONG_HASH = 50
    NOT_LOGGED_IN = 100
    NOTHING_NEW = 102
    NO_SESSION = 103
    NOT_ON_WHITE_LIST = 106
    REFUSED = 108
    LOGGED_OUT = 109
    LOGGED_OUT_ELSEWHERE = 110
    BLACKLISTED = 111
    OVERLOADED = 112
    TRY_LATER = 113
    BLOCKED = 115
    NEW_PTWEBQQ = 116
    LINK_LOST = 120
    LINK_TAKEN = 121
    WRONG_CLIENT = 122
    SERVER_TROUBLE = 1202
    LOGIN_GONE = 100000
    BAD_PARAMETER = 100001
    LOGIN_INVALID = 100002
    NO_NEWS = 100003
    NO_ENVELOPE = 100006
    LOGIN_EXPIRED = 100012
    HARMLESS = 100100
    NO_BROWSER = 100101


class LoginCode(IntEnum):
    """First argument of ptuiCB. Others may come; show their text and give up."""

    OK = 0
    BUSY = 1
    NUMBER_EXPIRED = 2
    WRONG_PASSWORD = 3
    WRONG_CAPTCHA = 4
    VERIFICATION_FAILED = 5
    ABNORMAL = 6
    BAD_PARAMETERS = 7
    TOO_MANY_LOGINS = 8
    NO_COOKIES = 24
    QR_EXPIRED = 65
    QR_WAITING = 66
    QR_SCANNED = 67
    REFUSED = 71
    QR_ONLY = 10005
    QR_ONLY_TOO = 10006


class EcCode(IntEnum):
    """The ``ec`` of group management with a known meaning."""

    OK = 0
    NO_MEMBER = 3
    NOT_LOGGED_IN = 4
    """Or a wrong ``bkn``."""
    NO_PERMISSION = 7
    WRONG_GROUP_NUMBER = 11
    REFUSED = 14


class Reaction(Enum):
    """What to do next. A name says the act; how long and how often is told in the client."""

    DONE = auto()
    """It worked; for a poll: handle the events and poll again."""
    AGAIN = auto()
    """Nothing happened; do the same again at once."""
    AGAIN_ONCE = auto()
    """Do the same once more after a pause; then it has failed."""
    PAUSE = auto()
    """Wait some 10 seconds, go on, count: after several in a row relink."""
    REGISTER = auto()
    """Call get_online_buddies2 once and poll again; if it comes back, log in."""
    TEST = auto()
    """Call get_online_buddies2; if that answers one of :data:`ALIVE_RETCODES` go on, else log in."""
    STORE_PTWEBQQ = auto()
    """Take over ``p`` of the reply as the new ptwebqq, field and cookie, and go on at once."""
    NEW_HASH = auto()
    """Compute the friends hash again, with the newest ptwebqq, and repeat."""
    NEW_PICTURE = auto()
    """Get a new picture with ptqrshow and show it."""
    RELINK = auto()
    """Call login2 with the current psessionid."""
    LOGIN = auto()
    """Log in from the beginning."""
    WAIT = auto()
    """Come back later; the service refuses for the time being."""
    UNKNOWN = auto()
    """Of a send: it may have arrived or not. Never repeat it blindly."""
    FAILED = auto()
    """It did not work; the same may be tried again."""
    STOP = auto()
    """A person is needed, or this program is wrong. Do not try again."""


ALIVE_RETCODES = frozenset({RetCode.OK, RetCode.NO_NEWS, RetCode.HARMLESS})
"""Answers of get_online_buddies2 that mean: the login is still good."""

IDLE_HTTP_STATUSES = frozenset({404, 502, 504})
"""HTTP statuses that the front ends of 2016 gave at random; on poll2 they mean: nothing happened, poll
again. Of any other call but a send they mean: try the same again, three to five times, after a short pause.
"""

# Codes whose meaning nobody found out.
_SEEN: Mapping[int, Reaction] = MappingProxyType(dict.fromkeys((60, 101, 114), Reaction.AGAIN_ONCE))

_POLL: Mapping[int, Reaction] = MappingProxyType(
    {
        RetCode.OK: Reaction.DONE,
        RetCode.NOTHING_NEW: Reaction.AGAIN,
        RetCode.NO_NEWS: Reaction.AGAIN,
        RetCode.HARMLESS: Reaction.AGAIN,
        RetCode.SERVER_TROUBLE: Reaction.AGAIN,
        RetCode.NOT_LOGGED_IN: Reaction.LOGIN,
        RetCode.REFUSED: Reaction.LOGIN,
        RetCode.LOGIN_GONE: Reaction.LOGIN,
        RetCode.LOGIN_INVALID: Reaction.LOGIN,
        RetCode.NO_SESSION: Reaction.REGISTER,
        RetCode.NEW_PTWEBQQ: Reaction.STORE_PTWEBQQ,
        RetCode.LINK_LOST: Reaction.RELINK,
        RetCode.LINK_TAKEN: Reaction.RELINK,
        RetCode.BAD_PARAMETER: Reaction.TEST,
        RetCode.LOGIN_EXPIRED: Reaction.TEST,
        # 109, 110, 100006, 100101 and all others are counted: see poll_reaction.
    }
)

_SEND: Mapping[int, Reaction] = MappingProxyType(
    {
        RetCode.OK: Reaction.DONE,
        RetCode.HARMLESS: Reaction.DONE,
        RetCode.SERVER_TROUBLE: Reaction.UNKNOWN,
        # Harmless where it was seen, but nobody confirmed that a message arrived with it.
        RetCode.NO_NEWS: Reaction.UNKNOWN,
        RetCode.REFUSED: Reaction.AGAIN_ONCE,
        RetCode.LOGIN_AGAIN: Reaction.LOGIN,
        RetCode.LOGIN_INVALID: Reaction.LOGIN,
        RetCode.NEW_PTWEBQQ: Reaction.STORE_PTWEBQQ,
        RetCode.BAD_PARAMETER: Reaction.STOP,
        RetCode.NO_ENVELOPE: Reaction.STOP,
        RetCode.NO_BROWSER: Reaction.STOP,
        RetCode.NO_SESSION: Reaction.TEST,
        RetCode.LOGIN_GONE: Reaction.TEST,
        RetCode.LOGIN_EXPIRED: Reaction.TEST,
        **_SEEN,
    }
)

_CALL: Mapping[int, Reaction] = MappingProxyType(
    {
        RetCode.OK: Reaction.DONE,
        RetCode.NO_NEWS: Reaction.DONE,
        RetCode.HARMLESS: Reaction.DONE,
        RetCode.WRONG_HASH: Reaction.NEW_HASH,
        RetCode.NO_SESSION: Reaction.REGISTER,
        RetCode.NEW_PTWEBQQ: Reaction.STORE_PTWEBQQ,
        RetCode.NOT_LOGGED_IN: Reaction.LOGIN,
        RetCode.REFUSED: Reaction.LOGIN,
        RetCode.LOGIN_GONE: Reaction.LOGIN,
        RetCode.LOGIN_INVALID: Reaction.LOGIN,
        RetCode.LOGIN_EXPIRED: Reaction.TEST,
        RetCode.WRONG_GROUP_CODE: Reaction.STOP,
        RetCode.BAD_PARAMETER: Reaction.STOP,
        RetCode.NO_ENVELOPE: Reaction.STOP,
        RetCode.NO_BROWSER: Reaction.STOP,
        **_SEEN,
    }
)

_EC: Mapping[int, Reaction] = MappingProxyType(
    {
        EcCode.OK: Reaction.DONE,
        EcCode.NOT_LOGGED_IN: Reaction.LOGIN,
        EcCode.NO_MEMBER: Reaction.STOP,
        EcCode.NO_PERMISSION: Reaction.STOP,
        EcCode.WRONG_GROUP_NUMBER: Reaction.STOP,
        EcCode.REFUSED: Reaction.STOP,
    }
)

_QR: Mapping[int, Reaction] = MappingProxyType(
    {
        LoginCode.OK: Reaction.DONE,
        LoginCode.QR_WAITING: Reaction.AGAIN,
        LoginCode.QR_SCANNED: Reaction.AGAIN,
        LoginCode.QR_EXPIRED: Reaction.NEW_PICTURE,
    }
)

_LOGIN2: Mapping[int, Reaction] = MappingProxyType(
    {
        RetCode.OK: Reaction.DONE,
        RetCode.NO_SESSION: Reaction.LOGIN,
        RetCode.REFUSED: Reaction.LOGIN,
        RetCode.LOGIN_GONE: Reaction.LOGIN,
        RetCode.BAD_PARAMETER: Reaction.LOGIN,
        RetCode.LOGIN_INVALID: Reaction.LOGIN,
        RetCode.OVERLOADED: Reaction.WAIT,
        RetCode.TRY_LATER: Reaction.WAIT,
        RetCode.BLOCKED: Reaction.WAIT,
        # 106, 111, 122 and what is unknown: a person has to look.
    }
)

_LOGIN: Mapping[int, Reaction] = MappingProxyType(
    {
        LoginCode.OK: Reaction.DONE,
        LoginCode.BUSY: Reaction.WAIT,
        LoginCode.TOO_MANY_LOGINS: Reaction.WAIT,
        LoginCode.WRONG_CAPTCHA: Reaction.AGAIN,
        LoginCode.VERIFICATION_FAILED: Reaction.AGAIN_ONCE,
        LoginCode.ABNORMAL: Reaction.AGAIN_ONCE,
        LoginCode.REFUSED: Reaction.AGAIN_ONCE,
        LoginCode.BAD_PARAMETERS: Reaction.AGAIN_ONCE,
    }
)


def poll_reaction(retcode: int) -> Reaction:
    """Return what to do after a poll2 answer; a code without a rule counts as a passing failure."""
    return _POLL.get(retcode, Reaction.PAUSE)


def send_reaction(retcode: int) -> Reaction:
    """Return what to do after the answer of a send call; a code without a rule means failed.

    A failed send may be tried twice more; to a discussion it is not repeated.
    """
    return _SEND.get(retcode, Reaction.FAILED)


def call_reaction(retcode: int) -> Reaction:
    """Return what to do after the answer of any other call of a session, of the roster for instance; a code without a
    rule means failed.
    """
    return _CALL.get(retcode, Reaction.FAILED)


def ec_reaction(ec: int) -> Reaction:
    """Return what to do after the answer of a group management call; a code without a rule means failed, and clients
    of the service tried those up to five times.
    """
    return _EC.get(ec, Reaction.FAILED)


def qr_reaction(code: int) -> Reaction:
    """Return what to do after ptqrlogin: ask again after a pause, show a new picture, go on, or show the text and
    stop.
    """
    return _QR.get(code, Reaction.STOP)


def login2_reaction(retcode: int) -> Reaction:
    """Return what to do after a login2 answer at the end of a login."""
    return _LOGIN2.get(retcode, Reaction.STOP)


def relink_reaction(retcode: int) -> Reaction:
    """Return what to do after a login2 answer that was to renew a lost link; whatever is unclear logs in
    anew.
    """
    reaction = _LOGIN2.get(retcode, Reaction.LOGIN)
    return Reaction.FAILED if reaction is Reaction.WAIT else reaction


def login_reaction(code: int) -> Reaction:
    """Return what to do after ptuiCB answered a password login: start again at check, wait, or give up.

    Code 0 with an URL of ``aq.qq.com`` is a frozen account all the same; the reply of the row tells.
    """
    return _LOGIN.get(code, Reaction.STOP)
