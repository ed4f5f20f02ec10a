"""The hash that the calls for friends and groups carry, in whichever of its variants the service wants.

It changed four times within a year, and clients that met a refusal tried the next one (WebQQ protocol, the friends
hash).
"""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

from msgspec import Struct

from webqq.client.errors import CallFailed
from webqq.client.session import Session
from webqq.client.sessioncalls import SessionCalls
from webqq.protocol.calls import Call
from webqq.protocol.digests import (
    friends_hash,
    friends_hash_digit_window,
    friends_hash_password_error,
    friends_hash_quicksort,
)
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["FriendsProofs"]

P = TypeVar("P", bound=Struct)
R = TypeVar("R")

_Variant: TypeAlias = Callable[[QQNumber, str], str]

_VARIANTS: tuple[_Variant, ...] = (
    friends_hash,
    friends_hash_quicksort,
    friends_hash_password_error,
    friends_hash_digit_window,
)
"""Newest first: it was in force for the longest."""

_REFUSALS = frozenset({RetCode.WRONG_HASH, RetCode.BAD_PARAMETER})


class FriendsProofs:
    """Makes the calls that need the hash. The variant that was taken last is the first to be tried again."""

    def __init__(self, calls: SessionCalls) -> None:
        self._calls = calls
        self._variants = _VARIANTS

    async def ask(self, call: Call[P, R], make: Callable[[Session, str], P]) -> R:
        """Make a call and return its result; ``make`` gives its parameters from the session and the hash.

        Raises as :meth:`SessionCalls.ask`: what the first variant was refused with, where all are.
        """
        session, refusal = self._calls.link.session, None
        for variant in self._variants:
            try:
                result = await self._calls.ask(call, _with(variant, make))
            except CallFailed as error:
                if error.retcode not in _REFUSALS:
                    raise
                refusal = refusal or error
                if self._calls.link.session is not session:
                    # What a new login knows is asked for by it.
                    break
            except ValueError:
                # This variant has no meaning for such a ptwebqq.
                continue
            else:
                self._variants = (variant, *(each for each in self._variants if each is not variant))
                return result
        assert refusal is not None
        raise refusal


def _with(variant: _Variant, make: Callable[[Session, str], P]) -> Callable[[Session], P]:
    return lambda session: make(session, variant(session.account, session.ptwebqq))
