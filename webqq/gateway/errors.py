"""The exceptions of the gateway: why it could not start, or could not keep a message.

::

    WebQQError
    └── GatewayError            the gateway cannot do its work
        ├── ArchiveError        an exported community has a mistake
        ├── CertificateError    the certificates of the https side cannot be used
        ├── ChangeRefused       a change of the community does not fit what is there
        ├── CommunityError      the community file has a mistake
        ├── ListenError         the address cannot be listened on
        └── StoreError          the data folder cannot be used, or a write to it failed
            ├── DataInUse       another gateway process works in the data folder
            ├── MigrationFailed the data could not be brought to this version's form
            └── NewerSchema     the data was written by a newer version of this program
"""

from pathlib import Path

from webqq.protocol.errors import WebQQError

__all__ = [
    "ArchiveError",
    "CertificateError",
    "ChangeRefused",
    "CommunityError",
    "DataInUse",
    "GatewayError",
    "ListenError",
    "MigrationFailed",
    "NewerSchema",
    "StoreError",
]


class GatewayError(WebQQError):
    """Root of what :mod:`webqq.gateway` raises. The message is one sentence for the person who started it."""


class ArchiveError(GatewayError):
    """A mistake in an exported community. Nothing of it is taken over.

    :param where: the place in the document, such as ``accounts[2].nick``; empty when the whole is at fault.
    :param detail: what was expected and what came; never a password's hash.
    """

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(f"{where}: {detail}" if where else detail)
        self.where = where
        self.detail = detail


class CertificateError(GatewayError):
    """A certificate or a key in the data folder is damaged, too old, or cannot be read or written."""


class ChangeRefused(GatewayError):
    """A change of the community does not fit what is there: a number that is taken, an account that is missing."""


class CommunityError(GatewayError):
    """A mistake in a community file. Nothing starts until it is mended.

    :param path: the file.
    :param where: the table, such as ``[[account]] 2``, with the key when one is at fault; empty when the file
        as a whole is.
    :param detail: what was expected and what came; never a password.
    """

    def __init__(self, path: Path, where: str, detail: str) -> None:
        super().__init__(f"{path}, {where}: {detail}" if where else f"{path}: {detail}")
        self.path = path
        self.where = where
        self.detail = detail


class ListenError(GatewayError):
    """The address is in use, not ours, or needs a privilege."""


class StoreError(GatewayError):
    """The data folder cannot be read or written: permissions, a full disk, a damaged file."""


class DataInUse(StoreError):
    """Another process holds the data folder. Two gateways would hand out each other's messages."""


class MigrationFailed(StoreError):
    """The data file is of an older version and could not be changed to this one's. It is as it was."""


class NewerSchema(StoreError):
    """The data folder was written by a newer version, whose tables this one does not know."""
