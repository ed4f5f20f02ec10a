"""User names and passwords from a netrc file, for who asks for it; nothing reads one unasked."""

from collections.abc import Callable
from netrc import NetrcParseError, netrc
from os import PathLike

from webqq.httpstream.auth import NOTHING, Auth, Basic, Credentials
from webqq.httpstream.origin import Origin

__all__ = ["Netrc"]


class Netrc:
    """Credentials for each host that a netrc file names, or for all where it has a ``default``.

    - ``path``: the file, read once, now; None, the default, is ``~/.netrc``, which must belong to the user and be
      closed to others.
    - ``kind``: what is made of a name and a password: :class:`Basic`, the default, or :class:`Digest`.

    Raises ``OSError`` where the file cannot be read, ``ValueError`` where it breaks the rules.
    """

    __slots__ = ("_entries", "_kind", "_made")

    def __init__(self, path: str | PathLike[str] | None = None, kind: Callable[[str, str], Auth] = Basic) -> None:
        self._entries = _read(path)
        self._kind = kind
        # Kept, since a Digest keeps nonces.
        self._made: dict[tuple[str, str], Auth] = {}

    def for_origin(self, origin: Origin) -> Credentials:
        login, _, password = self._entries.authenticators(origin.host) or ("", "", "")
        if not login and not password:
            return NOTHING
        auth = self._made.get((login, password))
        if auth is None:
            auth = self._made[login, password] = self._kind(login, password)
        return auth.for_origin(origin)


def _read(path: str | PathLike[str] | None) -> netrc:
    try:
        return netrc(None if path is None else str(path))
    except NetrcParseError as error:
        if error.lineno is None:
            raise ValueError(error.msg) from None
        # Not what it says of the line: a password may be what was not understood.
        raise ValueError(f"{error.filename}, line {error.lineno}: not as a netrc file should be") from None
