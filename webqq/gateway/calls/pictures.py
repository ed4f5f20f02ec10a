"""Pictures in messages: uploaded, fetched, removed.

They are answered with the bytes themselves, where the service redirected to another host of its own. Source: WebQQ
protocol, pictures and files.
"""

import uuid
from hashlib import blake2b
from typing import Any

from webqq.gateway.calls.context import Answer, Context, Media, Refusal
from webqq.gateway.media import MediaFile
from webqq.gateway.mediatypes import picture_suffix, sniff_picture
from webqq.gateway.tokens import Purpose
from webqq.protocol.calls import (
    CFACE_UPLOAD,
    DELETE_CFACE,
    GET_CFACE2,
    GET_GFACE_SIG2,
    GET_GROUP_PIC,
    GET_OFFPIC2,
    UPLOAD_OFFLINE_PIC,
    CfaceParams,
    CfaceUploadParams,
    DeleteCfaceParams,
    GfaceSignature,
    GfaceSignatureParams,
    GroupPicParams,
    OffpicParams,
    Reply,
    UploadPicParams,
    UploadPicResult,
)
from webqq.protocol.calls.replies import failure
from webqq.protocol.calls.uploads import CustomFaceForm
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS", "PICTURE_BYTES"]

PICTURE_BYTES = 5 * 2**20
"""Largest picture."""

_FAILED = 1


async def upload_offline_pic(context: Context, params: UploadPicParams) -> Reply[UploadPicResult]:
    """For a friend, who may fetch it once a message names it."""
    login = context.login_of_skey(params.uin, params.skey)
    if login is None:
        raise Refusal(RetCode.LOGIN_GONE)
    data = params.file.data
    media_type = sniff_picture(data) if len(data) <= PICTURE_BYTES else None
    name = f"/{uuid.uuid4()}"
    kept = None
    if media_type is not None:
        kept = await context.services.media.keep(login.account, name, params.file.filename, media_type, data)
    result = UploadPicResult(
        filesize=len(data), fileid=params.fileid, filename=params.file.filename, filepath=name if kept else ""
    )
    return Reply(RetCode.OK, result)


async def cface_upload(context: Context, params: CfaceUploadParams) -> Reply[str]:
    """Into the own box; the name is a digest, so the same picture is there once."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq)
    data, media = params.custom_face.data, context.services.media
    if len(data) > PICTURE_BYTES:
        return Reply(CustomFaceForm.TOO_LARGE)
    media_type = sniff_picture(data)
    if media_type is None:
        return Reply(_FAILED)
    digest = blake2b(data, digest_size=16, key=str(login.account).encode()).hexdigest().upper()
    name = f"{digest}.{picture_suffix(media_type)}"
    if await media.find(name, login.account) is not None:
        return Reply(CustomFaceForm.EXISTS, name)
    kept = await media.keep(login.account, name, params.custom_face.filename, media_type, data)
    return Reply(CustomFaceForm.STORED, name) if kept is not None else Reply(CustomFaceForm.TOO_LARGE)


async def get_gface_sig2(context: Context, params: GfaceSignatureParams) -> Reply[GfaceSignature]:
    """Two words that clients send along. Who may send which picture is known without them."""
    session = context.session(params.psessionid)
    labels = context.services.sessions.labels_of(session.login)
    return Reply(RetCode.OK, GfaceSignature(gface_key=labels("gface_key", 16), gface_sig=labels("gface_sig", 64)))


async def get_offpic2(context: Context, params: OffpicParams) -> Reply[bytes]:
    """From a friend or in a temporary chat."""
    session = context.session(params.psessionid)
    return await _picture(context, params.file_path, session.account)


async def get_cface2(context: Context, params: CfaceParams) -> Reply[bytes]:
    """A custom face from a friend."""
    session = context.session(params.psessionid)
    return await _picture(context, params.guid, session.account)


async def get_group_pic(context: Context, params: GroupPicParams) -> Reply[bytes]:
    """From a group or a discussion that one is in at present."""
    login = context.login(Purpose.VFWEBQQ, params.vfwebqq) if params.vfwebqq else context.login_of_cookies()
    return await _picture(context, params.pic, login.account)


async def delete_cface(context: Context, params: DeleteCfaceParams) -> Reply[None]:
    """Empties a place in the own box. Who got the picture in a message may fetch it all the same, so its file stays
    until it is too old.
    """
    context.login(Purpose.VFWEBQQ, params.vfwebqq)
    return Reply(RetCode.OK)


async def _picture(context: Context, name: str, account: QQNumber) -> Reply[bytes]:
    media = context.services.media
    file: MediaFile | None = await media.find(name, account)
    data = None if file is None else await media.read(file)
    if file is None or data is None or not file.media_type.startswith("image/"):
        raise Refusal(RetCode.NO_SESSION)
    context.media_type = file.media_type
    return Reply(RetCode.OK, data)


def _refuse_picture(context: Context, retcode: int) -> Reply[bytes]:
    return failure(retcode, context.flavour)


def _refuse_upload(context: Context, retcode: int) -> Reply[Any]:
    return Reply(retcode)


def _refuse_cface(context: Context, retcode: int) -> Reply[str]:
    return Reply(_FAILED)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(UPLOAD_OFFLINE_PIC, upload_offline_pic, Media.HTML, _refuse_upload),
    Answer(CFACE_UPLOAD, cface_upload, Media.HTML, _refuse_cface),
    Answer(GET_GFACE_SIG2, get_gface_sig2),
    Answer(GET_OFFPIC2, get_offpic2, Media.PICTURE, _refuse_picture),
    Answer(GET_CFACE2, get_cface2, Media.PICTURE, _refuse_picture),
    Answer(GET_GROUP_PIC, get_group_pic, Media.PICTURE, _refuse_picture),
    Answer(DELETE_CFACE, delete_cface, Media.HTML),
)
