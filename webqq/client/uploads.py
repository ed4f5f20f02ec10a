"""Pictures and files of one's own: uploaded, and named as parts of a message (2013).

Source: WebQQ protocol, sending pictures; offline files.
"""

import asyncio
import mimetypes
import time
from pathlib import Path

from webqq.client.chat import Chat, FriendChat, StrangerChat
from webqq.client.errors import CallFailed, NotAllowed, StorageError, TooLarge
from webqq.client.link import stamp
from webqq.client.sessioncalls import SessionCalls
from webqq.protocol.calls import (
    CFACE_UPLOAD,
    DELETE_CFACE,
    SEND_OFFFILE2,
    UPLOAD_FILE,
    UPLOAD_OFFLINE_FILE,
    UPLOAD_OFFLINE_PIC,
    CfaceUploadParams,
    DeleteCfaceParams,
    SendOfflineFileParams,
    Upload,
    UploadFileParams,
    UploadOfflineFileParams,
    UploadPicParams,
)
from webqq.protocol.content import CustomFace, GroupPicture, OfflinePicture
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Uin

__all__ = ["MAX_UPLOAD", "Uploads"]

MAX_UPLOAD = 32 * 1024 * 1024
"""Bytes of a file to upload: its request is built in memory."""

TOO_LARGE = 2
"""``ret`` of cface_upload for a picture that the service finds too large."""

_LCIDS = 4096
_CALLBACK_FRIEND = "EQQ.View.ChatBox.uploadCustomFaceCallback"


class Uploads:
    """Brings pictures and files to the service.

    Each method raises :class:`CallFailed` where the service refuses, :class:`Unreachable` where it does not answer,
    :class:`NotAllowed` where there is no way (in 2016 there is none), :class:`TooLarge` beyond :data:`MAX_UPLOAD`, and
    :class:`StorageError` where the file cannot be read.
    """

    def __init__(self, calls: SessionCalls) -> None:
        self._calls = calls
        self._count = 0
        self._lcid = 0

    async def picture(self, chat: Chat, path: Path) -> OfflinePicture | GroupPicture:
        """Upload a picture for a chat; return the part of a message that names it."""
        self._check(chat)
        upload = await self._read(path)
        return await self._for_friend(chat.uin, upload) if isinstance(chat, FriendChat) else await self._for_all(upload)

    def _check(self, chat: Chat | None = None) -> None:
        if self._calls.link.session.flavour is not Flavour.WEBQQ_2013:
            raise NotAllowed("the service of 2016 takes no pictures and files")
        if isinstance(chat, StrangerChat):
            raise NotAllowed("a temporary chat takes no pictures and files")

    async def _read(self, path: Path) -> Upload:
        try:
            data = await asyncio.to_thread(_read, path)
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error.strerror}") from error
        if len(data) > MAX_UPLOAD:
            raise TooLarge(f"{path}: expected at most {MAX_UPLOAD} bytes")
        media_type, _ = mimetypes.guess_type(path.name)
        return Upload(filename=path.name, media_type=media_type or "application/octet-stream", data=data)

    async def _for_friend(self, uin: Uin, upload: Upload) -> OfflinePicture:
        self._count += 1
        number = self._count
        result = await self._calls.ask(
            UPLOAD_OFFLINE_PIC,
            lambda session: UploadPicParams(
                time=str(int(time.time())),
                uin=session.account,
                skey=self._calls.skey,
                peeruin=uin,
                file=upload,
                fileid=number,
                vfwebqq=session.vfwebqq,
            ),
        )
        if not result.filepath:
            raise CallFailed("upload_offline_pic", 0)
        return OfflinePicture(result.filepath, result.filename, int(result.filesize))

    async def _for_all(self, upload: Upload) -> GroupPicture:
        params = CfaceUploadParams(time=stamp(), vfwebqq=self._calls.link.session.vfwebqq, custom_face=upload)
        return GroupPicture(await self._into_box(params))

    async def _into_box(self, params: CfaceUploadParams) -> str:
        # Its codes are its own: 0 and 4 have a name, 2 is too large.
        reply = await self._calls.caller.call(CFACE_UPLOAD, params)
        if reply.retcode == TOO_LARGE:
            raise TooLarge(f"{params.custom_face.filename}: the service finds it too large")
        if not reply.result:
            raise CallFailed("cface_upload", reply.retcode)
        return reply.result

    async def custom_face(self, path: Path) -> CustomFace:
        """Upload a picture into the own box of custom faces; return the part that names it in a message to a friend."""
        self._check()
        params = CfaceUploadParams(
            time=stamp(),
            from_=None,
            f=_CALLBACK_FRIEND,
            fileid=None,
            vfwebqq=self._calls.link.session.vfwebqq,
            custom_face=await self._read(path),
        )
        return CustomFace(await self._into_box(params))

    async def remove_custom_face(self, name: str) -> None:
        """Take a picture out of the own box of custom faces; ``name`` is that of the part."""
        self._check()
        await self._calls.do(DELETE_CFACE, lambda session: DeleteCfaceParams(bd=name, vfwebqq=session.vfwebqq))

    async def direct_file(self, uin: Uin, path: Path) -> int:
        """Offer a file to a friend directly. Returns the number by which :class:`FileAccepted` and
        :class:`FileRefused` tell, as their ``lcid``, what became of it.
        """
        self._check()
        upload = await self._read(path)
        lcid = self._lcid = (self._lcid + 1) % _LCIDS
        session = self._calls.link.session
        # The answer says nothing, also where the file was not taken (WebQQ protocol, direct files).
        await self._calls.caller.call(
            UPLOAD_FILE,
            UploadFileParams(
                own=session.account,
                peer=uin,
                lcid=lcid,
                index=session.index,
                port=session.port,
                psessionid=session.psessionid,
                file=upload,
            ),
        )
        return lcid

    async def file(self, uin: Uin, path: Path) -> None:
        """Leave a file with the service for a friend, and tell them."""
        self._check()
        upload = await self._read(path)
        begun = int(time.time())
        result = await self._calls.ask(
            UPLOAD_OFFLINE_FILE,
            lambda session: UploadOfflineFileParams(
                time=str(begun),
                uin=session.account,
                skey=self._calls.skey,
                peeruin=uin,
                file=upload,
                fileid=f"{uin}_{begun}",
                vfwebqq=session.vfwebqq,
            ),
        )
        if not result.filepath:
            raise CallFailed("upload_offline_file", 0)
        await self._calls.do(
            SEND_OFFFILE2,
            lambda session: SendOfflineFileParams(
                to=uin,
                to_uin=uin,
                file_path=result.filepath,
                filename=result.filename,
                clientid=session.clientid,
                psessionid=session.psessionid,
            ),
        )


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_UPLOAD + 1)
