"""The exceptions of the gateway: why it could not start, or could not keep a message.

::

    WebQQError
    └── GatewayError            the gateway cannot do its work
        ├── CertificateError    the certificates of the https side cannot be used
        ├── CommunityError      the community file has a mistake
        ├── ListenError         the address cannot be listened on
        └── StoreError          the data folder cannot be used, or a write to it failed
            ├── DataInUse       another gateway process works in the data folder
            └── NewerSchema     the data was written by a newer version of this program
"""

from pathlib import Path

from webqq.protocol.errors import WebQQError

__all__ = [
    "CertificateError",
    "CommunityError",
    "DataInUse",
    "GatewayError",
    "ListenError",
    "NewerSchema",
    "StoreError",
]


class GatewayError(WebQQError):
    """Root of what :mod:`webqq.gateway` raises. The message is one sentence for the person who started it."""


class CertificateError(GatewayError):
    """A certificate or a key in the data folder is damaged, too old, or cannot be read or written."""


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


class NewerSchema(StoreError):
    """The data folder was written by a newer version, whose tables this one does not know."""
