"""One account's part of a data folder: its saved session, its inbox, and the lock that keeps other processes out."""

import fcntl
import os
from pathlib import Path

from webqq.client.errors import StorageError
from webqq.client.inbox import SQLiteInbox
from webqq.client.saved import SessionFile
from webqq.protocol.ids import QQNumber

__all__ = ["Storage"]


class Storage:
    """Opens the data folder ``folder`` for ``account`` and makes it where it is missing, readable for its owner.

    :raises StorageError: it cannot be written, or another process has it open for this account: two clients of one
        session would take each other's messages.
    """

    def __init__(self, folder: Path, account: QQNumber) -> None:
        lock = folder / f"{account}.lock"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"the data folder {folder} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_fd)
            raise StorageError(f"another process works as {account} in {folder}") from error
        self.session = SessionFile(folder / f"{account}.session.json")
        self.inbox = SQLiteInbox(folder / "inbox.sqlite3", account)

    def close(self) -> None:
        """Let other processes use it."""
        # The file stays: to remove it could take the lock away from one who has just opened it.
        os.close(self._lock_fd)
