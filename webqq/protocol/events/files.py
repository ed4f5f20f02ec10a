"""Files between friends: offered, refused, accepted, left with the service, on their way.

Source: WebQQ protocol, poll2: files.
"""

from typing import Any

from msgspec import Struct

from webqq.protocol.events.row import Header, Row
from webqq.protocol.ids import MessageId, QQNumber, Uin

__all__ = [
    "ROWS",
    "VIDEO_CALL",
    "FileAccepted",
    "FileOffer",
    "FileRefused",
    "FileState",
    "FileTransfer",
    "OfflineFile",
    "OfflineFileAnswer",
]

VIDEO_CALL = 161
"""``type`` of a :class:`FileOffer` that is a video call; to be ignored."""

_LCID_MASK = 0xFFF


class _FileEvent(Header, frozen=True, kw_only=True):
    type: int = 101
    session_id: int
    time: int | None = None


class FileOffer(_FileEvent, frozen=True, kw_only=True):
    """A friend offers a file directly; ``session_id`` is the ``lcid`` to fetch or refuse it with, ``inet_ip`` the
    friend's IPv4 address as a number, ``time`` in seconds.
    """

    name: str
    inet_ip: int | None = None

    @property
    def is_file(self) -> bool:
        """False for a video call, which comes the same way."""
        return self.type != VIDEO_CALL


class _FileAnswer(_FileEvent, frozen=True, kw_only=True):
    @property
    def lcid(self) -> int:
        """The number under which this client offered the file, where it was this client's."""
        return self.session_id & _LCID_MASK


class FileRefused(_FileAnswer, frozen=True, kw_only=True):
    """A direct file will not come about: ``cancel_type`` 1 the sender's client cancelled it, 2 refused, 3 timed out."""

    cancel_type: int


class FileAccepted(_FileAnswer, frozen=True, kw_only=True):
    """A friend accepted an own file."""


class OfflineFile(Struct, frozen=True, kw_only=True):
    """A friend left a file with the service: to be fetched at ``ip`` and ``port`` with ``rkey`` until
    ``expire_time`` (seconds); ``size`` in bytes.
    """

    from_uin: Uin
    msg_id: MessageId
    rkey: str
    ip: str
    port: int
    name: str
    size: int = 0
    expire_time: int = 0
    time: int = 0
    to_uin: QQNumber | None = None
    msg_id2: int | None = None
    reply_ip: int | None = None

    @property
    def host(self) -> str:
        """Where to fetch it, for a row that must be given its host."""
        return f"{self.ip}:{self.port}"


class OfflineFileAnswer(Header, frozen=True, kw_only=True):
    """A friend fetched (``action`` 1) or refused (2) a file left with the service; ``filesize`` in bytes."""

    action: int
    filename: str
    filesize: int = 0


class FileState(Struct, frozen=True, kw_only=True):
    """One file of a transfer: ``file_status`` 0 done, 10 started, 50 error, 51 timeout, 53 refused."""

    file_name: str
    file_status: int = 0
    pro_id: int = 0


class FileTransfer(Struct, frozen=True, kw_only=True):
    """How a transfer goes: ``operation`` 1 sends, 2 receives; ``now`` in seconds."""

    from_uin: Uin
    to_uin: QQNumber
    lc_id: str
    operation: int
    file_infos: tuple[FileState, ...] = ()
    file_count: int = 0
    now: int = 0
    type: int = 101


ROWS: tuple[Row[Any], ...] = (
    Row("file_message", FileOffer, tag=("mode", "recv"), msg_type=9),
    Row("file_message", FileRefused, tag=("mode", "refuse")),
    Row("file_message", FileAccepted, tag=("mode", "send_ack")),
    Row("push_offfile", OfflineFile),
    Row("notify_offfile", OfflineFileAnswer, msg_type=9),
    Row("filesrv_transfer", FileTransfer),
)
"""The poll types of this module."""
