"""The rows of files between friends: directly, or left with the service (2013).

Source: WebQQ protocol, direct files; offline files.
"""

from msgspec import Struct

from webqq.protocol.calls.call import Call, Form, Host, Upload
from webqq.protocol.calls.replies import BytesForm, MediaForm, NoneForm, OkForm
from webqq.protocol.calls.uploads import UploadForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import Token

__all__ = [
    "GET_FILE2",
    "GET_OFFLINE_FILE",
    "NOTIFY_OFFFILE2",
    "REFUSE_FILE2",
    "SEND_OFFFILE2",
    "UPLOAD_FILE",
    "UPLOAD_OFFLINE_FILE",
    "FileParams",
    "NotifyOfflineFileParams",
    "OfflineFileParams",
    "RefuseFileParams",
    "SendOfflineFileParams",
    "UploadFileParams",
    "UploadOfflineFileParams",
    "UploadOfflineFileResult",
]


class FileParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_file2: ``lcid`` is the ``session_id`` of the offer, ``guid`` the file's name, ``to`` who
    offered it; ``time`` in milliseconds.
    """

    lcid: int
    guid: str
    to: Uin
    psessionid: Token = ""
    count: int = 1
    time: str = ""
    clientid: Token = ""


GET_FILE2 = Call(
    name="get_file2",
    host=Host.DYNAMIC,
    path="/channel/get_file2",
    form=Form.QUERY,
    params=FileParams,
    reply=MediaForm(),
)
"""Accepts a direct file. Redirects to where it is; code 102 means that the offer timed out."""


class RefuseFileParams(Struct, frozen=True, kw_only=True):
    """Parameters of refuse_file2, as those of get_file2."""

    to: Uin
    lcid: int
    psessionid: Token = ""
    clientid: Token = ""
    count: int | None = None
    time: str | None = None


REFUSE_FILE2 = Call(
    name="refuse_file2",
    host=Host.DYNAMIC,
    path="/channel/refuse_file2",
    form=Form.QUERY,
    params=RefuseFileParams,
    reply=OkForm(),
)
"""Refuses a direct file."""


class UploadFileParams(Struct, frozen=True, kw_only=True):
    """Parameters of a direct file to ``peer``; all but session and file stand in the path. ``lcid`` is a number below
    4096 of the sender's choice, ``index`` and ``port`` are those of login2.
    """

    own: QQNumber
    peer: Uin
    lcid: int
    index: int
    port: int
    psessionid: Token = ""
    file: Upload


UPLOAD_FILE = Call(
    name="upload_file",
    host=Host.FILE,
    path="/v2/{own}/{peer}/{lcid}/{index}/{port}/1/f/1/0/0",
    form=Form.MULTIPART,
    params=UploadFileParams,
    reply=NoneForm(),
    in_query=frozenset({"psessionid"}),
)
"""Sends a file directly; the friend's answer comes as an event."""


class OfflineFileParams(Struct, frozen=True, kw_only=True):
    """Parameters of the download of a file left with the service, from the event
    :class:`webqq.protocol.events.OfflineFile`, which also tells the host. ``range`` is the byte to begin with.
    """

    name: str
    ver: str = "2173"
    rkey: str
    range: int = 0


GET_OFFLINE_FILE = Call(
    name="get_offline_file",
    host=Host.GIVEN,
    path="/{name}",
    form=Form.QUERY,
    params=OfflineFileParams,
    reply=BytesForm(),
)
"""Fetches a file left with the service."""


class NotifyOfflineFileParams(Struct, frozen=True, kw_only=True):
    """Parameters of notify_offfile2: ``action`` 2 refuses the file from ``to``; ``file_size`` in bytes."""

    to: Uin
    file_name: str
    file_size: int
    action: int = 2
    psessionid: Token = ""
    clientid: Token = ""


NOTIFY_OFFFILE2 = Call(
    name="notify_offfile2",
    host=Host.DYNAMIC,
    path="/channel/notify_offfile2",
    form=Form.QUERY,
    params=NotifyOfflineFileParams,
    reply=OkForm(),
)
"""Refuses a file left with the service."""


class UploadOfflineFileParams(Struct, frozen=True, kw_only=True):
    """Parameters of upload_offline_file, as those of upload_offline_pic; ``fileid`` is the peer's uin and the time,
    with an underscore between.
    """

    time: str = ""
    callback: str = "parent.EQQ.Model.ChatMsg.callbackSendOffFile"
    locallangid: str = "2052"
    clientversion: str = "1409"
    uin: QQNumber
    skey: str
    appid: str = "1002101"
    peeruin: Uin
    file: Upload
    fileid: str
    vfwebqq: str = ""
    senderviplevel: int = 0
    reciverviplevel: int = 0


class UploadOfflineFileResult(Struct, frozen=True, kw_only=True):
    """Where the file is: what send_offfile2 names. An empty ``filepath`` means that the upload failed."""

    filesize: int
    fileid: str
    filename: str
    filepath: str = ""


UPLOAD_OFFLINE_FILE = Call(
    name="upload_offline_file",
    host=Host.OFFLINE_UPLOAD,
    path="/ftn_access/upload_offline_file",
    form=Form.MULTIPART,
    params=UploadOfflineFileParams,
    reply=UploadForm(UploadOfflineFileResult, "parent.EQQ.Model.ChatMsg.callbackSendOffFile"),
    in_query=frozenset({"time"}),
)
"""Uploads a file for a friend who may be offline; send_offfile2 then tells the friend."""


class SendOfflineFileParams(Struct, frozen=True, kw_only=True):
    """Parameters of send_offfile2: the upload's ``filepath`` and ``filename``; ``to`` and ``to_uin`` are the same."""

    to: Uin
    file_path: str
    filename: str
    to_uin: Uin
    clientid: Token = ""
    psessionid: Token = ""


def _arrange_peer(fields: JSONObject, flavour: Flavour) -> JSONObject:
    """Clients write the uins as strings."""
    return fields | {name: str(fields[name]) for name in ("to", "to_uin")}


SEND_OFFFILE2 = Call(
    name="send_offfile2",
    host=Host.DYNAMIC,
    path="/channel/send_offfile2",
    form=Form.ENVELOPE,
    params=SendOfflineFileParams,
    reply=OkForm(),
    arrange=_arrange_peer,
)
"""Gives a friend a file that was uploaded."""
