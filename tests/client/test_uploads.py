"""Pictures and files to send."""

from pathlib import Path

import pytest

from tests.client.service import ACCOUNT, FRIEND, GROUP, Service
from webqq.client.chat import FriendChat, GroupChat, StrangerChat
from webqq.client.errors import CallFailed, NotAllowed, StorageError, TooLarge
from webqq.client.session import make_cookie
from webqq.client.uploads import Uploads
from webqq.protocol.calls import (
    CFACE_UPLOAD,
    DELETE_CFACE,
    SEND_OFFFILE2,
    UPLOAD_OFFLINE_FILE,
    UPLOAD_OFFLINE_PIC,
    Reply,
    UploadOfflineFileResult,
    UploadPicResult,
)
from webqq.protocol.content import CustomFace, GroupPicture, OfflinePicture
from webqq.protocol.flavour import Flavour


@pytest.fixture
def uploads(service: Service) -> Uploads:
    calls = service.open_calls()
    calls._jar.set_cookie(make_cookie("skey", "@abcdefgh", ".qq.com"))
    return Uploads(calls)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(b"\x89PNG\0\r\n--x")
    return path


def test_picture_for_a_friend_becomes_a_part(service: Service, uploads: Uploads, picture: Path):
    result = UploadPicResult(filesize="10", filename="cat.png", filepath="/d65c58ae")
    service.answer(UPLOAD_OFFLINE_PIC, Reply(0, result))
    assert service.run(uploads.picture(FriendChat(FRIEND), picture)) == OfflinePicture("/d65c58ae", "cat.png", 10)
    [params] = service.asked(UPLOAD_OFFLINE_PIC)
    assert (params.uin, params.skey, params.peeruin, params.fileid) == (ACCOUNT, "@abcdefgh", FRIEND, 1)
    assert (params.file.filename, params.file.media_type, params.file.data) == (
        "cat.png",
        "image/png",
        picture.read_bytes(),
    )


@pytest.mark.parametrize("code", [0, 4])
def test_picture_for_a_group_becomes_a_part(service: Service, uploads: Uploads, picture: Path, code: int):
    service.answer(CFACE_UPLOAD, Reply(code, "5F7E.jPg"))
    assert service.run(uploads.picture(GroupChat(GROUP), picture)) == GroupPicture("5F7E.jPg")


@pytest.mark.parametrize(("code", "error"), [(2, TooLarge), (9, CallFailed)])
def test_picture_that_the_service_refuses_is_an_error(
    service: Service, uploads: Uploads, picture: Path, code: int, error: type[Exception]
):
    service.answer(CFACE_UPLOAD, Reply(code, ""))
    with pytest.raises(error):
        service.run(uploads.picture(GroupChat(GROUP), picture))


def test_upload_without_a_place_failed(service: Service, uploads: Uploads, picture: Path):
    service.answer(UPLOAD_OFFLINE_PIC, Reply(0, UploadPicResult(filesize="0", filename="")))
    with pytest.raises(CallFailed):
        service.run(uploads.picture(FriendChat(FRIEND), picture))


def test_file_is_left_and_the_friend_told(service: Service, uploads: Uploads, picture: Path):
    result = UploadOfflineFileResult(filesize="10", fileid="1", filename="cat.png", filepath="/9b7c")
    service.answer(UPLOAD_OFFLINE_FILE, Reply(0, result))
    service.answer(SEND_OFFFILE2, Reply(0))
    service.run(uploads.file(FRIEND, picture))
    [told] = service.asked(SEND_OFFFILE2)
    assert (told.to, told.to_uin, told.file_path, told.filename) == (FRIEND, FRIEND, "/9b7c", "cat.png")


def test_custom_face_becomes_a_part_and_goes(service: Service, uploads: Uploads, picture: Path):
    service.answer(CFACE_UPLOAD, Reply(0, "5F7E.jPg"))
    assert service.run(uploads.custom_face(picture)) == CustomFace("5F7E.jPg")
    body = service.network.requests[-1].body
    assert b"EQQ.View.ChatBox.uploadCustomFaceCallback" in body
    assert b'name="from"' not in body
    assert b'name="fileid"' not in body
    service.answer(DELETE_CFACE, Reply(0))
    service.run(uploads.remove_custom_face("5F7E.jPg"))
    assert service.asked(DELETE_CFACE)[0].bd == "5F7E.jPg"


def test_direct_files_have_numbers_of_their_own(service: Service, uploads: Uploads, picture: Path):
    session = uploads._calls.link.session
    paths = [f"/v2/{ACCOUNT}/{FRIEND}/{lcid}/{session.index}/{session.port}/1/f/1/0/0" for lcid in (1, 2)]
    for path in paths:
        service.network.answer(f"http://file1.web.qq.com{path}", b"")
    assert [service.run(uploads.direct_file(FRIEND, picture)) for _ in paths] == [1, 2]


def test_there_is_no_way_to_strangers_and_in_2016(service: Service, uploads: Uploads, picture: Path):
    with pytest.raises(NotAllowed, match="temporary chat"):
        service.run(uploads.picture(StrangerChat(FRIEND, GROUP), picture))
    uploads._calls.link.session.flavour = Flavour.SMARTQQ_2016
    with pytest.raises(NotAllowed, match="2016"):
        service.run(uploads.file(FRIEND, picture))


def test_file_that_is_missing_or_too_large_is_named(
    service: Service, uploads: Uploads, picture: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(StorageError, match=r"none\.png cannot be read"):
        service.run(uploads.picture(GroupChat(GROUP), picture.with_name("none.png")))
    monkeypatch.setattr("webqq.client.uploads.MAX_UPLOAD", 3)
    with pytest.raises(TooLarge, match="at most 3 bytes"):
        service.run(uploads.picture(GroupChat(GROUP), picture))
