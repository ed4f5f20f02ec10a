"""Pictures and files that came with messages: fetched through the engine, straight to disk.

Source: WebQQ protocol, pictures and files.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import Request

from msgspec import Struct

from webqq.client.calling import BadStatus, Caller, describe
from webqq.client.chat import FriendChat, GroupChat
from webqq.client.errors import CallFailed, NotAllowed, StorageError, TooLarge, Unreachable
from webqq.client.filehosts import FileHosts
from webqq.client.link import stamp
from webqq.client.roster import Roster
from webqq.client.sessioncalls import SessionCalls
from webqq.httpstream import HTTPStreamError, RequestOptions, StreamedResponse
from webqq.protocol.calls import (
    GET_CFACE2,
    GET_FILE2,
    GET_GROUP_PIC,
    GET_OFFLINE_FILE,
    GET_OFFPIC2,
    GETFACE,
    NOTIFY_OFFFILE2,
    QLOGO,
    REFUSE_FILE2,
    Call,
    CfaceParams,
    FileParams,
    GetFaceParams,
    GroupPicParams,
    NotifyOfflineFileParams,
    OfflineFileParams,
    OffpicParams,
    QLogoParams,
    RefuseFileParams,
    avatar_host,
    group_pic_server,
)
from webqq.protocol.content import CustomFace, GroupPicture, OfflinePicture
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.events import (
    DiscussMessage,
    FileOffer,
    FriendMessage,
    GroupMessage,
    OfflineFile,
    SessionMessage,
)
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["MAX_FILE", "MAX_PICTURE", "Media", "MessageEvent", "Picture"]

P = TypeVar("P", bound=Struct)

DOWNLOAD_TIMEOUT = 600.0
"""Seconds for a whole download; the first byte of a picture took the service up to 45."""

MAX_PICTURE = 32 * 1024 * 1024
"""Bytes of a picture, unless said otherwise."""

MAX_FILE = 1024 * 1024 * 1024
"""Bytes of a file, unless said otherwise."""

_REDIRECTS = 3
_REDIRECTING = (301, 302, 303, 307, 308)
_HEAD = 512
_AVATAR_OF_PERSON, _AVATAR_OF_GROUP = 1, 4

MessageEvent: TypeAlias = FriendMessage | GroupMessage | DiscussMessage | SessionMessage
"""An event that is a message."""

Picture: TypeAlias = OfflinePicture | GroupPicture | CustomFace
"""A part of a message that can be fetched."""


class Media:
    """Fetches what messages and offers name.

    A file is there whole or not at all: it comes under another name and is renamed at its end. Each method raises
    :class:`CallFailed` where the service refuses, :class:`Unreachable` where it does not answer or breaks off,
    :class:`TooLarge` beyond the limit, and :class:`StorageError` where the file cannot be written.
    """

    def __init__(self, calls: SessionCalls, roster: Roster, hosts: FileHosts | None = None) -> None:
        self._calls = calls
        self._roster = roster
        self._hosts = hosts or FileHosts()

    async def fetch_picture(
        self, event: MessageEvent, picture: Picture, path: Path, *, limit: int = MAX_PICTURE
    ) -> int:
        """Write a picture of a message to ``path``, and return its size in bytes.

        :raises NotAllowed: pictures of this kind cannot be fetched from such a message.
        :raises UnknownContact: the group of the message is not known.
        """
        session = self._calls.link.session
        tokens: dict[str, Any] = {"clientid": session.clientid, "psessionid": session.psessionid}
        match picture, event:
            case OfflinePicture(file_path), FriendMessage() | SessionMessage():
                offpic = OffpicParams(file_path=file_path, f_uin=event.from_uin, **tokens)
                return await self._download(GET_OFFPIC2, offpic, path, limit, is_picture=True)
            case GroupPicture(), GroupMessage() | DiscussMessage():
                params = self._group_picture(event, picture, session.vfwebqq)
                return await self._download(GET_GROUP_PIC, params, path, limit, is_picture=True)
            case CustomFace(name), FriendMessage():
                cface = CfaceParams(lcid=event.msg_id, guid=name, to=event.from_uin, **tokens)
                return await self._download(GET_CFACE2, cface, path, limit, is_picture=True)
        raise NotAllowed(f"a {type(picture).__name__} of a {type(event).__name__} cannot be fetched")

    def _group_picture(
        self, event: GroupMessage | DiscussMessage, picture: GroupPicture, vfwebqq: str
    ) -> GroupPicParams:
        is_group = isinstance(event, GroupMessage)
        rip, rport = group_pic_server(picture.server)
        return GroupPicParams(
            type=0 if is_group else 1,
            gid=self._roster.group(event.gid).code if isinstance(event, GroupMessage) else event.did,
            uin=event.send_uin,
            rip=rip,
            rport=rport,
            fid=picture.file_id,
            pic=picture.name,
            vfwebqq=vfwebqq,
            t=stamp(),
        )

    async def fetch_avatar(self, chat: FriendChat | GroupChat, path: Path, *, limit: int = MAX_PICTURE) -> int:
        """Write the picture of a person (of any whose alias is known) or of a group to ``path``; return its size."""
        number = chat.uin if isinstance(chat, FriendChat) else chat.gid
        params = GetFaceParams(
            type=_AVATAR_OF_PERSON if isinstance(chat, FriendChat) else _AVATAR_OF_GROUP,
            uin=number,
            t=stamp(),
            vfwebqq=self._calls.link.session.vfwebqq,
        )
        return await self._download(GETFACE, params, path, limit, host=avatar_host(number), is_picture=True)

    async def fetch_avatar_of(self, account: QQNumber, path: Path, *, edge: int = 100, limit: int = MAX_PICTURE) -> int:
        """Write the picture of an account to ``path``, ``edge`` pixels wide and high where the service has it so;
        return its size.
        """
        return await self._download(QLOGO, QLogoParams(nk=account, s=edge), path, limit, is_picture=True)

    async def fetch_file(self, offer: FileOffer | OfflineFile, path: Path, *, limit: int = MAX_FILE) -> int:
        """Write a file that a friend offers, or left with the service, to ``path``; return its size in bytes.

        The name that the friend gave it is not to be trusted as a path.

        :raises NotAllowed: the offer is a video call, or names a host that has no files of the service
            (:class:`FileHosts`).
        """
        session = self._calls.link.session
        if isinstance(offer, OfflineFile):
            params = OfflineFileParams(name=offer.name, rkey=offer.rkey)
            return await self._download(GET_OFFLINE_FILE, params, path, limit, host=self._hosts.asked(offer.host))
        if not offer.is_file:
            raise NotAllowed("a video call cannot be fetched")
        wanted = FileParams(
            lcid=offer.session_id,
            guid=offer.name,
            to=offer.from_uin,
            psessionid=session.psessionid,
            time=stamp(),
            clientid=session.clientid,
        )
        return await self._download(GET_FILE2, wanted, path, limit)

    async def refuse_file(self, offer: FileOffer | OfflineFile) -> None:
        """Tell a friend that their file is not wanted."""
        if isinstance(offer, OfflineFile):
            await self._calls.do(
                NOTIFY_OFFFILE2,
                lambda session: NotifyOfflineFileParams(
                    to=offer.from_uin,
                    file_name=offer.name,
                    file_size=offer.size,
                    psessionid=session.psessionid,
                    clientid=session.clientid,
                ),
            )
            return
        await self._calls.do(
            REFUSE_FILE2,
            lambda session: RefuseFileParams(
                to=offer.from_uin, lcid=offer.session_id, psessionid=session.psessionid, clientid=session.clientid
            ),
        )

    async def _download(
        self,
        call: Call[P, bytes],
        params: P,
        path: Path,
        limit: int,
        *,
        host: str | None = None,
        is_picture: bool = False,
    ) -> int:
        caller = self._calls.caller
        try:
            request = caller.request(call, params, host)
        except ValueError as error:
            raise MalformedMessage(call.name, "host", "expected an address to fetch it from") from error
        try:
            for _ in range(_REDIRECTS + 1):
                async with await _ask(caller, request) as response:
                    following = _redirect(request, response)
                    if following is None:
                        return await _receive(call, response, path, limit, is_picture)
                request = self._follow(call, request, following)
        except HTTPStreamError as error:
            raise Unreachable(f"{call.name}: {describe(error)}") from error
        raise Unreachable(f"{call.name}: expected at most {_REDIRECTS} redirects")

    def _follow(self, call: Call[P, bytes], request: Request, url: str) -> Request:
        """The request that a redirect asks for, where that leads to a file of the service."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise MalformedMessage(call.name, "Location", "expected an http or https URL")
        host, scheme = self._hosts.asked(parts.netloc), self._calls.caller.scheme
        # The service led from any scheme to http; a gateway has one for all.
        target = parts._replace(netloc=host, scheme=scheme if host != parts.netloc else parts.scheme)
        return Request(urlunsplit(target), headers=dict(request.headers))


async def _ask(caller: Caller, request: Request) -> StreamedResponse:
    options: RequestOptions = {**caller.options(DOWNLOAD_TIMEOUT), "stream": True}
    response = await caller.stream.fetch(request, **options)
    assert isinstance(response, StreamedResponse)
    return response


def _redirect(request: Request, response: StreamedResponse) -> str | None:
    location = response.headers.get("Location") if response.status in _REDIRECTING else None
    return None if location is None else urljoin(request.full_url, location)


async def _receive(call: Call[P, bytes], response: StreamedResponse, path: Path, limit: int, is_picture: bool) -> int:
    if response.status != 200:
        raise BadStatus(call.name, response.status)
    head = b""
    while len(head) < _HEAD and (chunk := await response.read(_HEAD - len(head))):
        head += chunk
    # A refusal comes with status 200 as well, as a short JSON text (WebQQ protocol, get_offpic2, get_file2).
    if len(head) < _HEAD and call.parse_reply(head).retcode != RetCode.OK:
        raise CallFailed(call.name, call.parse_reply(head).retcode)
    media_type = response.headers.get_content_type()
    if is_picture and not media_type.startswith("image/"):
        raise MalformedMessage(call.name, "", f"expected a picture, got {media_type}")
    with _Draft(path, limit) as draft:
        draft.write(head)
        async for chunk in response:
            draft.write(chunk)
        draft.keep()
    return draft.size


class _Draft:
    """A file that gets its name when it is whole."""

    def __init__(self, path: Path, limit: int) -> None:
        self.size = 0
        self._path = path
        self._limit = limit
        self._draft = path.with_name(path.name + ".part")

    def __enter__(self) -> "_Draft":
        try:
            self._file = open(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        except OSError as error:
            raise self._fault(error) from error
        return self

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge(f"{self._path}: expected at most {self._limit} bytes")
        try:
            self._file.write(data)
        except OSError as error:
            raise self._fault(error) from error

    def keep(self) -> None:
        try:
            self._file.close()
            self._draft.replace(self._path)
        except OSError as error:
            raise self._fault(error) from error

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._draft.unlink(missing_ok=True)

    def _fault(self, error: OSError) -> StorageError:
        return StorageError(f"{self._path} cannot be written: {error.strerror}")
