"""A session on disk, so that the next run goes on with it instead of logging in again.

The file is JSON, readable for its owner alone, and replaced as a whole: a program that is killed while it writes
leaves the old one. Whatever is wrong with it, the answer is a login.
"""

import logging
import os
from http.cookiejar import CookieJar
from pathlib import Path

import msgspec
from msgspec import Struct

from webqq.client.errors import StorageError
from webqq.client.session import Session, make_cookie
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber

__all__ = ["SessionFile"]

logger = logging.getLogger("webqq.client")

FORM = 2
"""Version of the file's form; a file of another is not read."""


class _SavedCookie(Struct, frozen=True):
    name: str
    value: str
    domain: str
    path: str
    secure: bool
    expires: int | None


class _Form(Struct, frozen=True):
    form: int


class _Saved(Struct, frozen=True):
    form: int
    account: int
    clientid: str
    psessionid: str
    vfwebqq: str
    ptwebqq: str
    nick: str
    index: int
    port: int
    flavour: str
    mark: str
    cookies: tuple[_SavedCookie, ...]


class SessionFile:
    """The file in which one account's session is kept.

    :param path: its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, account: QQNumber, jar: CookieJar) -> Session | None:
        """Return the session that was saved for ``account``, and put its cookies into ``jar``; None without one."""
        try:
            data = self._path.read_bytes()
            if msgspec.json.decode(data, type=_Form).form != FORM:
                logger.info("the saved session in %s is of another version of webqq", self._path)
                return None
            saved = msgspec.json.decode(data, type=_Saved)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeError) as error:
            logger.warning("the saved session in %s cannot be used: %s", self._path, error)
            return None
        if saved.account != account or saved.flavour not in Flavour.__members__:
            return None
        for cookie in saved.cookies:
            jar.set_cookie(
                make_cookie(
                    cookie.name,
                    cookie.value,
                    cookie.domain,
                    cookie.path,
                    secure=cookie.secure,
                    expires=cookie.expires,
                )
            )
        return Session(
            account=account,
            clientid=saved.clientid,
            psessionid=saved.psessionid,
            vfwebqq=saved.vfwebqq,
            ptwebqq=saved.ptwebqq,
            nick=saved.nick,
            index=saved.index,
            port=saved.port,
            flavour=Flavour[saved.flavour],
            mark=saved.mark,
        )

    def save(self, session: Session, jar: CookieJar) -> None:
        """Replace what is saved.

        :raises StorageError: it cannot be written.
        """
        saved = _Saved(
            form=FORM,
            account=session.account,
            clientid=session.clientid,
            psessionid=session.psessionid,
            vfwebqq=session.vfwebqq,
            ptwebqq=session.ptwebqq,
            nick=session.nick,
            index=session.index,
            port=session.port,
            flavour=session.flavour.name,
            mark=session.mark,
            cookies=tuple(
                _SavedCookie(c.name, c.value or "", c.domain, c.path, c.secure, _whole(c.expires)) for c in jar
            ),
        )
        try:
            self._replace(msgspec.json.encode(saved))
        except OSError as error:
            raise StorageError(f"the session cannot be saved in {self._path}: {error.strerror}") from error

    def forget(self) -> None:
        """Remove what is saved: the session is over."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("the saved session in %s cannot be removed: %s", self._path, error)

    def _replace(self, data: bytes) -> None:
        draft = self._path.with_name(self._path.name + ".new")
        draft.unlink(missing_ok=True)
        # The mode is given at birth: at no moment can another user open the file.
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _whole(expires: float | None) -> int | None:
    return None if expires is None else int(expires)
