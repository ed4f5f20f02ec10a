from tests.protocol.events.only import only_event
from webqq.protocol.events import (
    VIDEO_CALL,
    FileAccepted,
    FileOffer,
    FileRefused,
    FileState,
    FileTransfer,
    OfflineFile,
    OfflineFileAnswer,
    serialize_event,
)
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import MessageId, QQNumber, Uin

FRIEND, OWN = Uin(3100000001), QQNumber(100200300)


def test_offer_tells_name_and_lcid():
    event = only_event("file_message")
    assert isinstance(event, FileOffer)
    assert (event.name, event.session_id, event.inet_ip, event.is_file) == ("测试.txt", 19823, 2051695055, True)


def test_video_call_is_no_file():
    call = FileOffer(from_uin=FRIEND, to_uin=OWN, msg_id=MessageId(1), type=VIDEO_CALL, session_id=1, name="")
    assert not call.is_file


def test_answers_to_an_offer_say_which_one():
    refused, accepted = only_event("file_message-refuse"), only_event("file_message-send_ack")
    assert isinstance(refused, FileRefused)
    assert isinstance(accepted, FileAccepted)
    assert (refused.session_id, refused.cancel_type) == (19823, 1)
    assert accepted.lcid == 19824 & 0xFFF


def test_answers_have_no_msg_type():
    assert "msg_type" not in serialize_event(only_event("file_message-refuse"), Flavour.WEBQQ_2013)["value"]


def test_file_left_with_the_service_tells_where_it_is():
    event = only_event("push_offfile")
    assert isinstance(event, OfflineFile)
    assert (event.name, event.size, event.host, event.rkey[:4]) == ("test2.py", 235, "192.0.2.168:80", "2c09")


def test_end_of_a_file_left_with_the_service():
    event = only_event("notify_offfile")
    assert isinstance(event, OfflineFileAnswer)
    assert (event.action, event.filename, event.filesize) == (2, "12.jpg", 137972)


def test_transfer_tells_the_state_of_each_file():
    event = only_event("filesrv_transfer")
    assert isinstance(event, FileTransfer)
    assert (event.lc_id, event.operation, event.file_infos) == ("19823", 2, (FileState(file_name="测试.txt"),))
