import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.protocol.data import sample
from tests.protocol.events.only import only_event
from webqq.protocol.calls import (
    GET_FILE2,
    GET_OFFLINE_FILE,
    NOTIFY_OFFFILE2,
    REFUSE_FILE2,
    SEND_OFFFILE2,
    UPLOAD_FILE,
    FileParams,
    NotifyOfflineFileParams,
    OfflineFileParams,
    RefuseFileParams,
    Reply,
    SendOfflineFileParams,
    Upload,
    UploadFileParams,
)
from webqq.protocol.errors import MalformedMessage
from webqq.protocol.events import FileOffer, OfflineFile
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import QQNumber, Uin

OLD = Flavour.WEBQQ_2013
FRIEND = Uin(3100000001)


def test_offer_is_accepted_by_its_number_and_name():
    offer = only_event("file_message")
    assert isinstance(offer, FileOffer)
    url = GET_FILE2.request(FileParams(lcid=offer.session_id, guid=offer.name, to=offer.from_uin), OLD).url
    query = parse_qs(urlsplit(url).query)
    assert (query["lcid"], query["guid"], query["to"], query["count"]) == (
        ["19823"],
        ["测试.txt"],
        ["3100000001"],
        ["1"],
    )


def test_offer_that_timed_out_is_a_code():
    assert GET_FILE2.parse_reply(sample("get_file2-102.json")).retcode == 102
    assert GET_FILE2.parse_reply(b"text") == Reply(0, b"text")


def test_offer_is_refused():
    url = REFUSE_FILE2.request(RefuseFileParams(to=FRIEND, lcid=19823), OLD).url
    assert urlsplit(url).query == "to=3100000001&lcid=19823&psessionid=&clientid="


def test_file_is_sent_to_an_address_that_says_all():
    params = UploadFileParams(
        own=QQNumber(100200300),
        peer=FRIEND,
        lcid=7,
        index=1075,
        port=49648,
        psessionid="83",
        file=Upload(filename="a.txt", data=b"hi"),
    )
    request = UPLOAD_FILE.request(params, OLD)
    url = urlsplit(request.url)
    assert url.netloc == "file1.web.qq.com"
    assert (url.path, url.query) == ("/v2/100200300/3100000001/7/1075/49648/1/f/1/0/0", "psessionid=83")
    assert UPLOAD_FILE.parse_params(url.query, request.body or b"", url.path) == params
    with pytest.raises(MalformedMessage, match="upload_file, own: expected a value, got none"):
        UPLOAD_FILE.parse_params(url.query, request.body or b"", "/v2/1/2")


def test_file_left_with_the_service_is_fetched_where_the_event_says():
    event = only_event("push_offfile")
    assert isinstance(event, OfflineFile)
    request = GET_OFFLINE_FILE.request(OfflineFileParams(name=event.name, rkey=event.rkey), OLD, host=event.host)
    assert request.url == f"http://192.0.2.168:80/test2.py?ver=2173&rkey={event.rkey}&range=0"


def test_file_left_with_the_service_is_refused():
    params = NotifyOfflineFileParams(to=FRIEND, file_name="12.jpg", file_size=137972)
    assert "&action=2&" in NOTIFY_OFFFILE2.request(params, OLD).url


def test_uploaded_file_is_given_to_a_friend_by_its_path():
    params = SendOfflineFileParams(to=FRIEND, file_path="/9b7c", filename="test2.py", to_uin=FRIEND)
    request = SEND_OFFFILE2.request(params, OLD)
    assert request.body is not None
    sent = json.loads(parse_qs(request.body.decode())["r"][0])
    assert (sent["to"], sent["to_uin"], sent["file_path"]) == ("3100000001", "3100000001", "/9b7c")
