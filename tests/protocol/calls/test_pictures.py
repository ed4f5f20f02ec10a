from urllib.parse import parse_qs, urlsplit

import pytest

from tests.protocol.data import sample
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
    GroupPicParams,
    OffpicParams,
    Reply,
    Upload,
    UploadPicParams,
    group_pic_server,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import MessageId, QQNumber, Uin

OLD, NEW = Flavour.WEBQQ_2013, Flavour.SMARTQQ_2016
FRIEND = Uin(3100000001)
PICTURE = Upload(filename="12.jpg", media_type="image/jpeg", data=b"\xff\xd8")


@pytest.mark.parametrize(
    ("flavour", "host", "referer"),
    [(OLD, "d.web2.qq.com", "http://web2.qq.com/webqq.html"), (NEW, "d1.web2.qq.com", "http://w.qq.com/")],
)
def test_picture_of_a_friend_is_asked_by_its_path(flavour, host, referer):
    request = GET_OFFPIC2.request(OffpicParams(file_path="/d65c58ae-faa6", f_uin=FRIEND), flavour)
    url = urlsplit(request.url)
    assert (url.hostname, request.headers["Referer"]) == (host, referer)
    assert url.query.startswith("file_path=%2Fd65c58ae-faa6&f_uin=3100000001")


def test_picture_is_bytes_or_a_failure():
    assert GET_OFFPIC2.parse_reply(b"\xff\xd8") == Reply(0, b"\xff\xd8")
    assert GET_OFFPIC2.parse_reply(sample("get_offpic2-103.json")).retcode == 103


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("192.0.2.15:8000", ("192.0.2.15", 8000)),
        ("192.0.2.15", ("192.0.2.15", 80)),
        ("192.0.2.15:x", ("192.0.2.15", 80)),
        ("", ("", 80)),
    ],
)
def test_server_of_a_picture_has_address_and_port(server, address):
    assert group_pic_server(server) == address


def test_picture_of_a_group_is_asked_by_code_and_that_of_a_discussion_by_did():
    group = GroupPicParams(gid=2700000001, uin=FRIEND, rip="192.0.2.15", rport=8000, fid=3648788200, pic="{F2}.jpg")
    query = parse_qs(urlsplit(GET_GROUP_PIC.request(group, OLD).url).query)
    assert (query["type"], query["gid"], query["pic"]) == (["0"], ["2700000001"], ["{F2}.jpg"])
    discussion = GET_GROUP_PIC.parse_params("type=1&did=39&uin=31&rip=192.0.2.15&rport=80&fid=1&pic=a.jpg&vfwebqq=1f")
    assert (discussion.type, discussion.did, discussion.gid) == (1, 39, None)


def test_custom_face_is_asked_by_message_and_name():
    request = GET_CFACE2.request(CfaceParams(lcid=MessageId(18631), guid="5E10.jpg", to=FRIEND), OLD)
    assert urlsplit(request.url).query.startswith("lcid=18631&guid=5E10.jpg&to=3100000001&count=5&time=1")


def test_picture_for_a_friend_is_uploaded_with_the_time_in_the_url():
    params = UploadPicParams(time="1364865321", uin=QQNumber(100200300), skey="@ab", peeruin=FRIEND, file=PICTURE)
    request = UPLOAD_OFFLINE_PIC.request(params, OLD)
    assert request.url == "http://weboffline.ftn.qq.com/ftn_access/upload_offline_pic?time=1364865321"
    assert request.headers["Origin"] == "http://web2.qq.com"
    body = request.body or b""
    assert b'name="reciverviplevel"\r\n\r\n0\r\n' in body
    assert b'name="file"; filename="12.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n' in body
    assert UPLOAD_OFFLINE_PIC.parse_params("time=1364865321", body) == params


def test_upload_without_its_file_is_malformed():
    body = (
        UPLOAD_OFFLINE_PIC.request(UploadPicParams(uin=1, skey="", peeruin=2, file=PICTURE), OLD).body or b""
    ).replace(b'name="file"', b'name="other"')
    with pytest.raises(MalformedMessage, match="upload_offline_pic, file: expected a value, got none"):
        UPLOAD_OFFLINE_PIC.parse_params("", body)


def test_picture_for_a_group_goes_into_the_own_box():
    body = CFACE_UPLOAD.request(CfaceUploadParams(custom_face=PICTURE, vfwebqq="1f"), OLD).body or b""
    assert b'name="from"\r\n\r\ncontrol\r\n' in body
    assert b'name="fileid"\r\n\r\n1\r\n' in body
    to_friend = CfaceUploadParams(
        custom_face=PICTURE, from_=None, fileid=None, f="EQQ.View.ChatBox.uploadCustomFaceCallback"
    )
    assert b'name="from"' not in (CFACE_UPLOAD.request(to_friend, OLD).body or b"")


def test_sends_to_groups_need_a_key_and_a_signature():
    signature = GET_GFACE_SIG2.parse_reply(sample("get_gface_sig2.2013.json")).result
    assert signature is not None
    assert (signature.gface_key, signature.gface_sig[:4]) == ("E3MR8qZFt9xvRYRp", "7044")


def test_custom_face_is_removed_by_its_name():
    url = DELETE_CFACE.request(DeleteCfaceParams(bd="5E10.jPg", vfwebqq="1f"), OLD).url
    assert url == "http://web2.qq.com/cgi-bin/webqq_app/?cmd=12&bd=5E10.jPg&vfwebqq=1f"
