"""Files between friends: directly, or left here for who is away.

A direct file is whole here before it is offered, so that the two need not be there at the same moment. All are served
as bytes to save, whatever they are. Source: WebQQ protocol, direct files; offline files.
"""

import secrets
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from webqq.gateway.calls.context import Answer, Context, Media, Refusal
from webqq.gateway.community import Account
from webqq.gateway.errors import ChangeRefused
from webqq.gateway.media import TITLE, MediaFile, Reader, Writer, find_by_row, let_read, note_taken, refuse
from webqq.gateway.mediatypes import ANY_FILE
from webqq.gateway.notes import FileAnswered, FileOffered, Note, OfflineFileAnswered, OfflineFileLeft
from webqq.gateway.rkeys import read_rkey
from webqq.gateway.sessions import Session
from webqq.protocol.calls import (
    GET_FILE2,
    GET_OFFLINE_FILE,
    NOTIFY_OFFFILE2,
    REFUSE_FILE2,
    SEND_OFFFILE2,
    UPLOAD_FILE,
    UPLOAD_OFFLINE_FILE,
    FileParams,
    NotifyOfflineFileParams,
    OfflineFileParams,
    RefuseFileParams,
    Reply,
    SendOfflineFileParams,
    UploadFileParams,
    UploadOfflineFileParams,
    UploadOfflineFileResult,
    failure,
)
from webqq.protocol.ids import QQNumber
from webqq.protocol.retcodes import RetCode

__all__ = ["ANSWERS"]

T = TypeVar("T")

_LCIDS = 2**12
_REFUSED = 2


# Direct files.


async def upload_file(context: Context, params: UploadFileParams) -> Reply[None]:
    """Keeps the file and offers it to the friend."""
    session = context.session(params.psessionid)
    friend = _friend(context, session, params.peer)
    if params.own != session.account or params.lcid not in range(_LCIDS):
        raise Refusal(RetCode.BAD_PARAMETER)
    # Clients find their own number in the low bits.
    session_id = secrets.randbits(19) * _LCIDS + params.lcid
    title = params.file.filename
    kept = await context.services.media.keep(
        session.account,
        _direct_name(friend.number, session_id),
        title,
        ANY_FILE,
        params.file.data,
        ((Reader.ACCOUNT, friend.number),),
        _telling(context, session.account, friend.number, FileOffered(session_id=session_id, title=title)),
    )
    if kept is None:
        raise Refusal(RetCode.REFUSED)
    return Reply(RetCode.OK)


async def get_file2(context: Context, params: FileParams) -> Reply[bytes]:
    """Accepts; the offerer hears of it."""
    session = context.session(params.psessionid)
    file = await _direct_file(context, session, params.to, params.lcid)
    data = await context.services.media.read(file)
    if data is None:
        raise Refusal(RetCode.NOTHING_NEW)
    await _tell_taken(context, file, session.account, FileAnswered(session_id=params.lcid, is_taken=True))
    return _file(context, file, data)


async def refuse_file2(context: Context, params: RefuseFileParams) -> Reply[None]:
    """Refuses; the file goes, and the offerer hears of it."""
    session = context.session(params.psessionid)
    file = await _direct_file(context, session, params.to, params.lcid)
    answer = FileAnswered(session_id=params.lcid, is_taken=False)
    await context.services.media.forget(file, _telling(context, session.account, file.owner, answer))
    return Reply(RetCode.OK)


# Files left here.


async def upload_offline_file(context: Context, params: UploadOfflineFileParams) -> Reply[UploadOfflineFileResult]:
    """Keeps it for its owner; send_offfile2 then names whom it is for."""
    login = context.login_of_skey(params.uin, params.skey)
    if login is None:
        raise Refusal(RetCode.LOGIN_GONE)
    name, file = f"/{uuid.uuid4()}", params.file
    kept = await context.services.media.keep(login.account, name, file.filename, ANY_FILE, file.data)
    result = UploadOfflineFileResult(
        filesize=len(file.data), fileid=params.fileid, filename=file.filename, filepath=name if kept else ""
    )
    return Reply(RetCode.OK, result)


async def send_offfile2(context: Context, params: SendOfflineFileParams) -> Reply[None]:
    """Gives an own file to a friend."""
    session = context.session(params.psessionid)
    friend = _friend(context, session, params.to)
    file = await context.services.media.find(params.file_path, session.account)
    if file is None or file.owner != session.account or params.to_uin != params.to:
        raise Refusal(RetCode.BAD_PARAMETER)

    title = params.filename[-TITLE:] or file.title

    def change(db: sqlite3.Connection) -> None:
        let_read(db, file.name, Reader.ACCOUNT, friend.number, title)

    note = OfflineFileLeft(file=file.id, title=title, size=file.size, expires=file.expires)
    await context.services.post.tell(session.account, [friend.number], note, change)
    return Reply(RetCode.OK)


async def get_offline_file(context: Context, params: OfflineFileParams) -> Reply[bytes]:
    """Without a login: the key in the address is for one account and one file. At first, the giver hears of it."""
    services = context.services
    key = read_rkey(services.sessions.sign, params.rkey)
    if key is None:
        raise Refusal(RetCode.NO_SESSION)
    account, row = key
    file = await context.run(lambda db: find_by_row(db, row, account))
    data = None if file is None or file.expires <= services.clock() else await services.media.read(file)
    if file is None or data is None:
        raise Refusal(RetCode.NO_SESSION)
    await _tell_taken(context, file, account, OfflineFileAnswered(title=file.title, size=file.size, is_taken=True))
    return _file(context, file, data[max(0, params.range) :])


async def notify_offfile2(context: Context, params: NotifyOfflineFileParams) -> Reply[None]:
    """Refuses what a friend has left, once; it cannot be fetched any more."""
    session = context.session(params.psessionid)
    friend = _friend(context, session, params.to)
    if params.action != _REFUSED:
        raise Refusal(RetCode.BAD_PARAMETER)
    own, title, size = session.account, params.file_name, params.file_size
    answer = OfflineFileAnswered(title=title, size=size, is_taken=False)
    try:
        await context.services.post.tell(
            own, [friend.number], answer, lambda db: refuse(db, friend.number, own, title, size)
        )
    except (ChangeRefused, OverflowError) as error:
        raise Refusal(RetCode.BAD_PARAMETER) from error
    return Reply(RetCode.OK)


# Inside.


def _friend(context: Context, session: Session, uin: int) -> Account:
    friend = context.services.roster(session.login).friend(uin)
    if friend is None:
        raise Refusal(RetCode.BAD_PARAMETER)
    return friend


def _telling(context: Context, own: QQNumber, other: QQNumber, note: Note) -> Writer:
    """Return what does a job and tells another of it in the same transaction."""

    async def write(job: Callable[[sqlite3.Connection], T]) -> T:
        return await context.services.post.tell_all(own, [([other], note)], job)

    return write


async def _tell_taken(context: Context, file: MediaFile, own: QQNumber, note: Note) -> None:
    # The giver hears of it once.
    with suppress(ChangeRefused):
        await context.services.post.tell(own, [file.owner], note, lambda db: note_taken(db, file.id, own))


def _direct_name(recipient: QQNumber, session_id: int) -> str:
    return f"direct/{recipient}/{session_id}"


async def _direct_file(context: Context, session: Session, uin: int, session_id: int) -> MediaFile:
    """Return the file that somebody offered to the session's account.

    :raises Refusal: 102, as for an offer that timed out.
    """
    offerer = context.services.roster(session.login).anybody(uin)
    file = await context.services.media.find(_direct_name(session.account, session_id), session.account)
    if file is None or offerer is None or file.owner != offerer.number:
        raise Refusal(RetCode.NOTHING_NEW)
    return file


def _file(context: Context, file: MediaFile, data: bytes) -> Reply[bytes]:
    context.filename = file.title
    return Reply(RetCode.OK, data)


def _refuse_file(context: Context, retcode: int) -> Reply[bytes]:
    return failure(retcode, context.flavour)


def _refuse_upload(context: Context, retcode: int) -> Reply[Any]:
    return Reply(retcode)


ANSWERS: tuple[Answer[Any, Any], ...] = (
    Answer(UPLOAD_FILE, upload_file, Media.HTML, _refuse_upload),
    Answer(GET_FILE2, get_file2, Media.FILE, _refuse_file),
    Answer(REFUSE_FILE2, refuse_file2),
    Answer(UPLOAD_OFFLINE_FILE, upload_offline_file, Media.HTML, _refuse_upload),
    Answer(SEND_OFFFILE2, send_offfile2),
    Answer(GET_OFFLINE_FILE, get_offline_file, Media.FILE, _refuse_file),
    Answer(NOTIFY_OFFFILE2, notify_offfile2),
)
