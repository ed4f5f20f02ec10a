"""The heartbeat of 2013."""

from tests.client.service import Service
from webqq.client.calling import Caller
from webqq.client.heartbeat import HEARTBEAT, Heartbeat
from webqq.protocol.calls import GET_MSG_TIP
from webqq.testing import EOF

URL = "http://web.qq.com/web2/get_msg_tip"


def test_heart_beats_once_a_minute_and_counts(service: Service):
    heartbeat = Heartbeat(Caller(service.stream()))
    heartbeat.start()
    service.loop.advance(HEARTBEAT - 1)
    assert service.asked(GET_MSG_TIP) == []
    service.loop.advance(2 * HEARTBEAT + 1)
    assert [params.rc for params in service.asked(GET_MSG_TIP)] == ["1", "2", "3"]
    heartbeat.stop()
    service.loop.advance(1000)
    assert len(service.asked(GET_MSG_TIP)) == 3


def test_beat_that_fails_does_not_end_it(service: Service):
    stream = service.stream()
    heartbeat = Heartbeat(Caller(stream))
    service.network.answer_raw("http://other.example/", EOF)
    heartbeat.start()
    service.network.prepare_socket(URL, connect_error=111)
    service.loop.advance(HEARTBEAT * 3)
    assert len(service.asked(GET_MSG_TIP)) == 2
    stream.close()
    service.loop.advance(1000)
    assert len(service.asked(GET_MSG_TIP)) == 2


def test_stop_before_the_first_beat_is_no_error(service: Service):
    heartbeat = Heartbeat(Caller(service.stream()))
    heartbeat.stop()
    heartbeat.start()
    heartbeat.stop()
    heartbeat.stop()
    service.loop.advance(1000)
    assert service.asked(GET_MSG_TIP) == []
