"""The rows of pictures in messages: those received fetched, those to send uploaded (2013).

Source: WebQQ protocol, pictures and files.
"""

from msgspec import Struct, field

from webqq.protocol.calls.call import Call, Form, Host, Upload
from webqq.protocol.calls.replies import BytesForm, MediaForm, NoneForm, ResultForm
from webqq.protocol.calls.uploads import CustomFaceForm, UploadForm
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import MessageId, QQNumber, Uin
from webqq.protocol.jsontext import JSONObject
from webqq.protocol.shape import NumberText, Token

__all__ = [
    "CFACE_UPLOAD",
    "DELETE_CFACE",
    "GET_CFACE2",
    "GET_GFACE_SIG2",
    "GET_GROUP_PIC",
    "GET_OFFPIC2",
    "UPLOAD_OFFLINE_PIC",
    "CfaceParams",
    "CfaceUploadParams",
    "DeleteCfaceParams",
    "GfaceSignature",
    "GfaceSignatureParams",
    "GroupPicParams",
    "OffpicParams",
    "UploadPicParams",
    "UploadPicResult",
    "group_pic_server",
]


def _page(fields: JSONObject, flavour: Flavour) -> str:
    return flavour.page


class OffpicParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_offpic2: ``file_path`` as the message has it, beginning with a slash."""

    file_path: str
    f_uin: Uin
    clientid: Token = ""
    psessionid: Token = ""


GET_OFFPIC2 = Call(
    name="get_offpic2",
    host=Host.DYNAMIC,
    path="/channel/get_offpic2",
    aliases=("/d/channel/get_offpic2",),
    form=Form.QUERY,
    params=OffpicParams,
    reply=MediaForm(),
    referer=_page,
)
"""A picture from a friend. Redirects to where it is, which may take most of a minute."""


class GroupPicParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_group_pic.

    ``type`` is 0 with ``gid`` a group's **code**, or 1 with a did, which some clients name ``did``. ``uin`` is the
    member who sent it; ``rip`` and ``rport`` are of :func:`group_pic_server`; ``fid`` and ``pic`` the picture's
    ``file_id`` and name.
    """

    type: int = 0
    gid: int | None = None
    did: int | None = None
    uin: Uin
    rip: str
    rport: int = 80
    fid: int
    pic: str
    vfwebqq: str = ""
    t: str | None = None


def group_pic_server(server: str) -> tuple[str, int]:
    """Return ``rip`` and ``rport`` of a picture's ``server``; the port is 80 if there is none.

    >>> group_pic_server("192.0.2.15:8000")
    ('192.0.2.15', 8000)
    """
    address, _, port = server.partition(":")
    return address, int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 80


GET_GROUP_PIC = Call(
    name="get_group_pic",
    host=Host.WEB2,
    path="/cgi-bin/get_group_pic",
    form=Form.QUERY,
    params=GroupPicParams,
    reply=BytesForm(),
)
"""A picture from a group or a discussion."""


class CfaceParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_cface2: ``lcid`` is the message's id, ``guid`` the picture's name, ``to`` who sent it."""

    lcid: MessageId
    guid: str
    to: Uin
    count: int = 5
    time: int = 1
    clientid: Token = ""
    psessionid: Token = ""


GET_CFACE2 = Call(
    name="get_cface2",
    host=Host.DYNAMIC,
    path="/channel/get_cface2",
    form=Form.QUERY,
    params=CfaceParams,
    reply=MediaForm(),
    referer=_page,
)
"""A custom face from a friend (2013)."""


class UploadPicParams(Struct, frozen=True, kw_only=True):
    """Parameters of upload_offline_pic: for ``peeruin``, with the cookie ``skey``; ``fileid`` counts the uploads.
    ``time`` is in seconds.
    """

    time: str = ""
    callback: str = "parent.EQQ.Model.ChatMsg.callbackSendPic"
    locallangid: str = "2052"
    clientversion: str = "1409"
    uin: QQNumber
    skey: str
    appid: str = "1002101"
    peeruin: Uin
    file: Upload
    fileid: int = 1
    vfwebqq: str = ""
    senderviplevel: int = 0
    reciverviplevel: int = 0


class UploadPicResult(Struct, frozen=True, kw_only=True):
    """Where the picture is: what a part of a message names. ``filesize`` in bytes; an empty ``filepath`` means that the
    upload failed.
    """

    filesize: int
    fileid: NumberText = 1
    filename: str
    filepath: str = ""


UPLOAD_OFFLINE_PIC = Call(
    name="upload_offline_pic",
    host=Host.OFFLINE_UPLOAD,
    path="/ftn_access/upload_offline_pic",
    form=Form.MULTIPART,
    params=UploadPicParams,
    reply=UploadForm(UploadPicResult, "parent.EQQ.Model.ChatMsg.callbackSendPic"),
    in_query=frozenset({"time"}),
)
"""Uploads a picture for a friend (2013); a message then names it."""


class CfaceUploadParams(Struct, frozen=True, kw_only=True):
    """Parameters of cface_upload, for a group or a discussion; for a friend, ``f`` is
    ``EQQ.View.ChatBox.uploadCustomFaceCallback`` and ``from_`` and ``fileid`` are ``None``. ``time`` is in
    milliseconds.
    """

    time: str = ""
    from_: str | None = field(name="from", default="control")
    f: str = "EQQ.Model.ChatMsg.callbackSendPicGroup"
    vfwebqq: str = ""
    custom_face: Upload
    fileid: str | None = "1"


CFACE_UPLOAD = Call(
    name="cface_upload",
    host=Host.UPLOAD,
    path="/cgi-bin/cface_upload",
    form=Form.MULTIPART,
    params=CfaceUploadParams,
    reply=CustomFaceForm(),
    in_query=frozenset({"time"}),
)
"""Uploads a picture into the own box of custom faces (2013); a message then names it."""


class GfaceSignatureParams(Struct, frozen=True, kw_only=True):
    """Parameters of get_gface_sig2."""

    clientid: Token = ""
    psessionid: Token = ""
    t: str | None = None


class GfaceSignature(Struct, frozen=True, kw_only=True):
    """``key`` and ``sig`` of a send with a picture to a group or a discussion."""

    reply: int = 0
    gface_key: str
    gface_sig: str


GET_GFACE_SIG2 = Call(
    name="get_gface_sig2",
    host=Host.DYNAMIC,
    path="/channel/get_gface_sig2",
    form=Form.QUERY,
    params=GfaceSignatureParams,
    reply=ResultForm(GfaceSignature),
)
"""Gives, once a session, what sends of custom faces carry (2013)."""


class DeleteCfaceParams(Struct, frozen=True, kw_only=True):
    """Parameters of the removal of a custom face; ``bd`` is its name."""

    cmd: int = 12
    bd: str
    vfwebqq: str = ""


DELETE_CFACE = Call(
    name="delete_cface",
    host=Host.WEB2,
    path="/cgi-bin/webqq_app/",
    form=Form.QUERY,
    params=DeleteCfaceParams,
    reply=NoneForm(),
)
"""Removes a picture from the own box of custom faces; nobody looked at the answer."""
