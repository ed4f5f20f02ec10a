"""Locks that keep other processes, and other data folders of this one, away from an account.

On Linux one file serves all accounts, each of which locks the byte at its number: five hundred accounts would need as
many descriptors otherwise, where 1024 is what many systems allow. Elsewhere each account has a file.
"""

import errno
import fcntl
import os
import struct
from pathlib import Path

from webqq.protocol.ids import QQNumber

__all__ = ["AccountLocks"]

# Of the open file, not of the process (fcntl(2), open file description locks): two folders of one process are two.
_SET_LOCK: int | None = getattr(fcntl, "F_OFD_SETLK", None)
_FLOCK = "hhqqi"
_SHARED = "accounts.lock"


class AccountLocks:
    """The locks that one data folder holds. Their files are in ``folder``, and stay there: to remove one could take the
    lock away from somebody who has just opened it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fds: dict[str, int] = {}
        self._held: dict[QQNumber, str] = {}

    def take(self, account: QQNumber) -> None:
        """Lock an account.

        :raises BlockingIOError: somebody has. :raises OSError: the file cannot be used.
        """
        if account in self._held:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        name = f"{account}.lock" if _SET_LOCK is None else _SHARED
        fd = self._fds.get(name)
        if fd is None:
            fd = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(fd, account)
        except OSError:
            if name not in self._fds:
                os.close(fd)
            raise
        self._fds[name], self._held[account] = fd, name

    def release(self, account: QQNumber) -> None:
        """Let others lock an account."""
        name = self._held.pop(account)
        if name not in self._held.values():
            os.close(self._fds.pop(name))
        elif _SET_LOCK is not None:
            fcntl.fcntl(self._fds[name], _SET_LOCK, _range(fcntl.F_UNLCK, account))


def _lock(fd: int, account: QQNumber) -> None:
    if _SET_LOCK is None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    fcntl.fcntl(fd, _SET_LOCK, _range(fcntl.F_WRLCK, account))


def _range(kind: int, account: QQNumber) -> bytes:
    """A ``struct flock`` of one byte."""
    return struct.pack(_FLOCK, kind, os.SEEK_SET, account, 1, 0)
