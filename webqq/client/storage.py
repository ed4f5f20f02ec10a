"""A data folder: for each account its saved session and the lock that keeps other processes out, for all one database.

A folder given as a path is one client's own. A process with many accounts makes one :class:`DataFolder` for all of
them: they share its file, and one flush where they write at once.
"""

from pathlib import Path

from webqq.client.database import Database
from webqq.client.errors import StorageError
from webqq.client.inbox import SQLiteInbox
from webqq.client.locks import AccountLocks
from webqq.client.saved import SessionFile
from webqq.client.sendqueue import SQLiteQueue
from webqq.protocol.ids import QQNumber

__all__ = ["DataFolder", "Storage"]


class DataFolder:
    """The folder at ``path``, made where it is missing, readable for its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path / "inbox.sqlite3")
        self.locks = AccountLocks(path)
        self._users = 0

    def take(self) -> None:
        """One more client works with the folder."""
        self._users += 1

    async def release(self) -> None:
        """A client is done with it; the last one closes the file."""
        self._users -= 1
        if self._users == 0:
            await self.database.close()


class Storage:
    """One account's part of a data folder.

    :raises StorageError: the folder cannot be written, or another process has it open for this account: two clients of
        one session would take each other's messages.
    """

    def __init__(self, folder: DataFolder, account: QQNumber) -> None:
        self._folder = folder
        self._account = account
        path = folder.path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.locks.take(account)
        except BlockingIOError as error:
            raise StorageError(f"another process works as {account} in {path}") from error
        except OSError as error:
            raise StorageError(f"the data folder {path} cannot be written: {error.strerror}") from error
        folder.take()
        self.session = SessionFile(path / f"{account}.session.json")
        self.inbox = SQLiteInbox(folder.database, account)
        self.queue = SQLiteQueue(folder.database, account)

    async def close(self) -> None:
        """Finish what is being written, and let other processes use it."""
        try:
            await self._folder.release()
        finally:
            self._folder.locks.release(self._account)
