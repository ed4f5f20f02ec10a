"""Credentials: what a request says of who sends it.

Basic (RFC 7617) and Bearer (RFC 6750), which do not wait to be asked; Digest has a module of its own. An
:class:`Auth` is what a caller gives; for each exchange the engine takes from it the :class:`Credentials` for the
origin that the caller asked. They are not used any more once a redirect has led to another.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from email.message import Message
from typing import Protocol, TypeAlias
from urllib.request import Request

from webqq.httpstream.origin import Origin, origin_of

__all__ = [
    "NOTHING",
    "Auth",
    "AuthOption",
    "Basic",
    "Bearer",
    "Credentials",
    "FixedHeader",
    "OnlyFor",
    "auth_of",
    "basic",
    "bearer",
    "refuse_control",
]


class Credentials(Protocol):
    """What one exchange says to one origin. Made by :meth:`Auth.for_origin`, used by that exchange alone."""

    def header_for(self, method: str, target: str, make_cnonce: Callable[[], str]) -> str | None:
        """The value of ``Authorization`` (towards a proxy, ``Proxy-Authorization``), or None to send none.

        ``target`` is the request target as it goes over the wire; ``make_cnonce`` gives text of at least 64 random
        bits, in ASCII.
        """
        ...

    def challenge(self, status: int, headers: Message) -> bool:
        """Take what an answer of 401 or 407 asks for; True where the same request is to go out again now."""
        ...


class Auth(Protocol):
    """Credentials for whatever origin; what one exchange learns from a server the next one knows."""

    def for_origin(self, origin: Origin) -> Credentials:
        """For a new exchange with ``origin``."""
        ...


AuthOption: TypeAlias = Auth | tuple[str, str] | str | None
"""User name and password for Basic, the value of an ``Authorization`` header as it stands, or an :class:`Auth`."""


def auth_of(option: AuthOption) -> Auth | None:
    """``option`` as an :class:`Auth`; None for None.

    Raises ``ValueError`` for what cannot be sent, ``TypeError`` for what is none of the forms.
    """
    if isinstance(option, str):
        return FixedHeader(option)
    if isinstance(option, tuple):
        if len(option) != 2:
            raise TypeError(f"auth must be a pair of user name and password, not {len(option)} values")
        return Basic(*option)
    if option is not None and not hasattr(option, "for_origin"):
        raise TypeError(f"auth must be a pair, a header's value or an Auth, not {type(option).__name__}")
    return option


# Basic, Bearer and others that do not wait to be asked.

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def basic(username: str, password: str) -> str:
    """The header value for Basic, in UTF-8. Raises ``ValueError`` for a colon in the name, or a control character.

    >>> basic("Aladdin", "open sesame")
    'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='
    """
    refuse_control(username, password)
    if ":" in username:
        raise ValueError("a user name for Basic cannot hold a colon")
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode("ascii")


def bearer(token: str) -> str:
    """The header value for a bearer token. Raises ``ValueError`` where it is empty or not visible ASCII."""
    # RFC 6750 2.1 has fewer characters than tokens in use have.
    if _VISIBLE.fullmatch(token) is None:
        raise ValueError("a bearer token must be visible ASCII without spaces")
    return "Bearer " + token


class FixedHeader:
    """The same ``Authorization`` for each request, unasked. ``value`` is the whole header value, in ASCII."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if _VALUE.fullmatch(value) is None:
            raise ValueError("an Authorization header must be visible ASCII")
        self._value = value

    def __repr__(self) -> str:
        return f"<{type(self).__name__} ***>"

    def for_origin(self, origin: Origin) -> Credentials:
        return self

    def header_for(self, method: str, target: str, make_cnonce: Callable[[], str]) -> str | None:
        return self._value

    def challenge(self, status: int, headers: Message) -> bool:
        return False


class Basic(FixedHeader):
    """User name and password, unasked; see :func:`basic`."""

    __slots__ = ()

    def __init__(self, username: str, password: str) -> None:
        super().__init__(basic(username, password))


class Bearer(FixedHeader):
    """A token, unasked; see :func:`bearer`."""

    __slots__ = ()

    def __init__(self, token: str) -> None:
        super().__init__(bearer(token))


class _Nothing:
    __slots__ = ()

    def header_for(self, method: str, target: str, make_cnonce: Callable[[], str]) -> str | None:
        return None

    def challenge(self, status: int, headers: Message) -> bool:
        return False


NOTHING: Credentials = _Nothing()
"""For an origin that gets no credentials."""


class OnlyFor:
    """``auth`` for the origins of ``urls`` and for no other: for a stream that asks many servers.

    Raises :class:`InvalidRequest` (a ``ValueError``) for a URL that is not one of http or https.
    """

    __slots__ = ("_auth", "_origins")

    def __init__(self, auth: AuthOption, *urls: str) -> None:
        self._auth = auth_of(auth)
        self._origins = frozenset(origin_of(Request(url)) for url in urls)

    def for_origin(self, origin: Origin) -> Credentials:
        return NOTHING if self._auth is None or origin not in self._origins else self._auth.for_origin(origin)


def refuse_control(username: str, password: str) -> None:
    """Raises ``ValueError`` where one of the two holds a control character."""
    if _CONTROL.search(username) or _CONTROL.search(password):
        raise ValueError("user name and password cannot hold control characters")
