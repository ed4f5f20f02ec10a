"""Pictures and files that came: to disk, whole or not at all."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.client.service import ACCOUNT, CODE, FRIEND, Service, friend_message, group_message
from webqq.client.errors import CallFailed, NotAllowed, StorageError, TooLarge, Unreachable
from webqq.client.filehosts import FileHosts
from webqq.client.gateway_address import GatewayAddress
from webqq.client.media import Media
from webqq.client.roster import Roster
from webqq.protocol.calls import (
    GET_CFACE2,
    GET_FILE2,
    GET_GROUP_PIC,
    GET_OFFPIC2,
    NOTIFY_OFFFILE2,
    REFUSE_FILE2,
    Call,
    Reply,
)
from webqq.protocol.content import CustomFace, GroupPicture, OfflinePicture
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.events import VIDEO_CALL, FileOffer, OfflineFile
from webqq.protocol.ids import MessageId

PICTURE = b"\x89PNG" + bytes(100_000)
OFFPIC = OfflinePicture("/d65c58ae")
OFFER = FileOffer(from_uin=FRIEND, to_uin=ACCOUNT, msg_id=MessageId(1), session_id=19823, name="测试.txt")
LEFT = OfflineFile(
    from_uin=FRIEND, msg_id=MessageId(2), rkey="rk", ip="183.60.62.168", port=80, name="test2.py", size=5
)


@pytest.fixture
def media(service: Service) -> Media:
    calls = service.open_calls()
    service.answer_roster()
    roster = Roster(calls)
    service.run(roster.load())
    return Media(calls, roster)


def answer(service: Service, call: Call[Any, Any], body: bytes = PICTURE, media_type: str = "image/png") -> None:
    service.answer_bytes(call, body, headers=[("Content-Type", media_type)])


def test_picture_of_a_friend_is_written(service: Service, media: Media, tmp_path: Path):
    answer(service, GET_OFFPIC2)
    path = tmp_path / "picture.png"
    assert service.run(media.fetch_picture(friend_message(""), OFFPIC, path)) == len(PICTURE)
    assert path.read_bytes() == PICTURE
    assert [each.name for each in tmp_path.iterdir()] == ["picture.png"]
    [params] = service.asked(GET_OFFPIC2)
    assert (params.file_path, params.f_uin, params.psessionid) == ("/d65c58ae", FRIEND, "session-1")


def test_picture_of_a_group_is_asked_for_by_the_groups_code(service: Service, media: Media, tmp_path: Path):
    answer(service, GET_GROUP_PIC)
    picture = GroupPicture("{F2B0}.jpg", 3648788200, "k", "192.0.2.15:8000")
    service.run(media.fetch_picture(group_message(""), picture, tmp_path / "p"))
    [params] = service.asked(GET_GROUP_PIC)
    assert (params.type, params.gid, params.uin, params.rip, params.rport) == (0, CODE, FRIEND, "192.0.2.15", 8000)


def test_custom_face_is_asked_for_by_the_messages_number(service: Service, media: Media, tmp_path: Path):
    answer(service, GET_CFACE2)
    service.run(media.fetch_picture(friend_message("", 7), CustomFace("X.jpg"), tmp_path / "p"))
    assert (service.asked(GET_CFACE2)[0].lcid, service.asked(GET_CFACE2)[0].guid) == (7, "X.jpg")


@pytest.mark.parametrize(
    ("body", "media_type", "limit", "error"),
    [
        (b'{"retcode":103,"errmsg":""}', "text/plain", 10**6, CallFailed),
        (b"<html>" * 200, "text/html", 10**6, MalformedMessage),
        (PICTURE, "image/png", 99_999, TooLarge),
    ],
)
def test_what_is_no_picture_leaves_no_file(
    service: Service, media: Media, tmp_path: Path, body: bytes, media_type: str, limit: int, error: type[Exception]
):
    answer(service, GET_OFFPIC2, body, media_type)
    with pytest.raises(error):
        service.run(media.fetch_picture(friend_message(""), OFFPIC, tmp_path / "p", limit=limit))
    assert list(tmp_path.iterdir()) == []


def test_download_that_breaks_off_leaves_no_file(service: Service, media: Media, tmp_path: Path):
    url = "http://d.web2.qq.com/channel/get_offpic2"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 5000\r\n\r\n"
    service.network.answer_raw(url, head + bytes(1000), b"")
    with pytest.raises(Unreachable):
        service.run(media.fetch_picture(friend_message(""), OFFPIC, tmp_path / "p"))
    assert list(tmp_path.iterdir()) == []


def test_status_that_is_not_200_is_unreachable(service: Service, media: Media, tmp_path: Path):
    service.network.answer("http://d.web2.qq.com/channel/get_offpic2", status=404)
    with pytest.raises(Unreachable, match="got 404"):
        service.run(media.fetch_picture(friend_message(""), OFFPIC, tmp_path / "p"))


def test_folder_that_is_missing_is_named(service: Service, media: Media, tmp_path: Path):
    answer(service, GET_OFFPIC2)
    with pytest.raises(StorageError, match="No such file"):
        service.run(media.fetch_picture(friend_message(""), OFFPIC, tmp_path / "missing" / "p"))


def test_picture_of_another_kind_of_message_cannot_be_fetched(service: Service, media: Media, tmp_path: Path):
    with pytest.raises(NotAllowed, match="a CustomFace of a GroupMessage"):
        service.run(media.fetch_picture(group_message(""), CustomFace("X"), tmp_path / "p"))


def test_file_that_is_offered_is_fetched(service: Service, media: Media, tmp_path: Path):
    answer(service, GET_FILE2, b"text of the file", "application/octet-stream")
    assert service.run(media.fetch_file(OFFER, tmp_path / "f")) == 16
    assert (service.asked(GET_FILE2)[0].lcid, service.asked(GET_FILE2)[0].guid) == (19823, "测试.txt")


def test_file_that_was_left_is_fetched_where_the_event_says(service: Service, media: Media, tmp_path: Path):
    service.network.answer("http://183.60.62.168:80/test2.py", b"print", repeat=True)
    service.run(media.fetch_file(LEFT, tmp_path / "f"))
    assert (tmp_path / "f").read_bytes() == b"print"


def test_video_call_is_no_file(service: Service, media: Media, tmp_path: Path):
    call = FileOffer(from_uin=FRIEND, to_uin=ACCOUNT, msg_id=MessageId(1), session_id=1, name="", type=VIDEO_CALL)
    with pytest.raises(NotAllowed, match="video call"):
        service.run(media.fetch_file(call, tmp_path / "f"))


def test_files_are_refused_by_their_calls(service: Service, media: Media):
    service.answer(REFUSE_FILE2, Reply(0))
    service.answer(NOTIFY_OFFFILE2, Reply(0))
    service.run(media.refuse_file(OFFER))
    service.run(media.refuse_file(LEFT))
    assert service.asked(REFUSE_FILE2)[0].lcid == 19823
    assert (service.asked(NOTIFY_OFFFILE2)[0].file_name, service.asked(NOTIFY_OFFFILE2)[0].action) == ("test2.py", 2)


@pytest.mark.parametrize("host", ["127.0.0.1", "printer.local", "192.168.0.1"])
def test_file_of_a_host_that_is_not_the_services_is_not_fetched(
    service: Service, media: Media, tmp_path: Path, host: str
):
    before = len(service.network.requests)
    with pytest.raises(NotAllowed, match=f"expected a host of the service to fetch a file from, got '{host}:80'"):
        service.run(media.fetch_file(structs.replace(LEFT, ip=host), tmp_path / "f"))
    assert len(service.network.requests) == before


def redirect(service: Service, url: str, location: str) -> None:
    service.network.answer(url, b"", status=302, headers=[("Location", location)], repeat=True)


OFFPIC_URL = "http://d.web2.qq.com/channel/get_offpic2"


def test_picture_is_fetched_where_a_redirect_leads(service: Service, media: Media, tmp_path: Path):
    redirect(service, OFFPIC_URL, "http://183.60.62.168:80/?ver=2173&rkey=1")
    service.network.answer("http://183.60.62.168:80/", PICTURE, headers=[("Content-Type", "image/png")])
    service.run(media.fetch_picture(friend_message(""), OFFPIC, tmp_path / "p"))
    assert (tmp_path / "p").read_bytes() == PICTURE


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("http://127.0.0.1:80/", NotAllowed),
        ("file:///etc/passwd", MalformedMessage),
        ("ftp://web.qq.com/", MalformedMessage),
        ("/channel/get_offpic2", Unreachable),
    ],
)
def test_redirect_leads_to_no_other_host_and_not_in_circles(
    service: Service, media: Media, tmp_path: Path, location: str, error: type[Exception]
):
    redirect(service, OFFPIC_URL, location)
    with pytest.raises(error):
        service.run(media.fetch_picture(friend_message(""), OFFPIC, tmp_path / "p"))
    assert list(tmp_path.iterdir()) == []


def test_of_a_gateway_files_are_fetched_from_itself(service: Service, tmp_path: Path):
    calls = service.open_calls()
    media = Media(calls, Roster(calls), FileHosts(GatewayAddress("http", "192.0.2.1", 8888)))
    service.network.answer("http://192.0.2.1:8888/test2.py", b"print", repeat=True)
    service.run(media.fetch_file(structs.replace(LEFT, ip="172.17.0.2"), tmp_path / "f"))
    assert (tmp_path / "f").read_bytes() == b"print"
