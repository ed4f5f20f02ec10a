"""Sends: their pauses, their order, and how each of them ends."""

import asyncio
import json

import pytest

from tests.client.service import ACCOUNT, FRIEND, GROUP, Service, group_message
from webqq.client.chat import Chat, DiscussChat, FriendChat, GroupChat
from webqq.client.echoes import Echoes
from webqq.client.outbox import MAX_WAITING, REPEAT_PAUSE, Outbox, Outcome, SendResult
from webqq.client.pacing import Pacing
from webqq.client.sending import SendRequests
from webqq.client.state import SessionInput
from webqq.protocol.calls import SEND_BUDDY_MSG2, SEND_DISCU_MSG2, SEND_QUN_MSG2, Reply
from webqq.protocol.content import Content
from webqq.protocol.flavour import Flavour
from webqq.protocol.ids import Did, Uin
from webqq.protocol.retcodes import Reaction
from webqq.testing import EOF

CHAT = FriendChat(FRIEND)
URL = "http://d.web2.qq.com/channel/send_buddy_msg2"


@pytest.fixture(autouse=True)
def _warnings_are_the_rule(caplog: pytest.LogCaptureFixture) -> None:
    """Each send that does not end well warns; what is said is in the result, too."""


def make_outbox(service: Service, interval: float = 0.5) -> Outbox:
    calls = service.open_calls()
    recover = calls._recover
    return Outbox(calls, SendRequests(calls), Pacing(interval, chat_interval=0), Echoes(), recover, now=lambda: 1234.5)


def send(service: Service, outbox: Outbox, text: str, chat: Chat = CHAT) -> SendResult:
    return service.run(outbox.send(chat, Content.from_text(text)))


def send_together(service: Service, outbox: Outbox, *texts: str) -> list[SendResult]:
    async def all_at_once() -> list[SendResult]:
        return await asyncio.gather(*(outbox.send(CHAT, Content.from_text(text)) for text in texts))

    return service.run(all_at_once())


def sent_texts(service: Service) -> list[str]:
    return [json.loads(params.content)[0] for params in service.asked(SEND_BUDDY_MSG2)]


def test_send_to_a_friend_carries_the_sessions_tokens(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    assert send(service, outbox, "你好") == SendResult(Outcome.SENT)
    [params] = service.asked(SEND_BUDDY_MSG2)
    assert (params.to, params.psessionid, len(params.clientid)) == (FRIEND, "session-1", 8)
    assert json.loads(params.content)[0] == "你好"


def test_send_to_a_group_goes_to_its_gid(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    assert send(service, outbox, "大家好", GroupChat(GROUP)).outcome is Outcome.SENT
    assert service.asked(SEND_QUN_MSG2)[0].group_uin == GROUP


def test_messages_are_numbered_in_one_row(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    send(service, outbox, "一")
    send(service, outbox, "二", GroupChat(GROUP))
    numbers = [service.asked(call)[0].msg_id for call in (SEND_BUDDY_MSG2, SEND_QUN_MSG2)]
    assert numbers == [12340001, 12340002]


def test_two_sends_keep_the_interval(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    send_together(service, outbox, "一", "二", "三")
    assert service.loop.time() == 1.0
    assert sent_texts(service) == ["一", "二", "三"]


def test_interval_holds_between_chats_too(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    send(service, outbox, "一")
    send(service, outbox, "二", GroupChat(GROUP))
    assert service.loop.time() == 0.5


def test_equal_text_waits_twice_as_long(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    send_together(service, outbox, "一", "一", "二")
    assert service.loop.time() == 1.5


def test_idle_time_counts_for_the_interval(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    send(service, outbox, "一")
    service.loop.advance(10)
    send(service, outbox, "二")
    assert service.loop.time() == 10


def test_no_interval_does_not_wait(service: Service):
    outbox = make_outbox(service, interval=0)
    service.answer_sends()
    send_together(service, outbox, "一", "二")
    assert service.loop.time() == 0


def test_order_within_a_chat_holds_when_an_answer_is_late(service: Service):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(0), delay=5)
    service.answer_sends()
    send_together(service, outbox, "一", "二")
    assert sent_texts(service) == ["一", "二"]
    assert service.loop.time() == 5


def test_late_answer_does_not_hold_up_another_chat(service: Service):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(0), delay=20)
    service.answer_sends()

    async def both() -> float:
        slow = asyncio.ensure_future(outbox.send(CHAT, Content.from_text("一")))
        await asyncio.sleep(0)
        await outbox.send(GroupChat(GROUP), Content.from_text("二"))
        when = service.loop.time()
        await slow
        return when

    assert service.run(both()) == 0.5


def test_long_text_goes_in_pieces(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    text = "长" * 500
    assert send(service, outbox, text).outcome is Outcome.SENT
    assert len(sent_texts(service)) == 3
    assert "".join(sent_texts(service)) == text


def test_piece_that_is_lost_makes_the_whole_unknown(service: Service):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(0))
    service.answer(SEND_BUDDY_MSG2, Reply(100001))
    result = send(service, outbox, "长" * 500)
    assert result == SendResult(Outcome.UNKNOWN, "only 1 of 3 pieces arrived: the service answered 100001")
    assert len(sent_texts(service)) == 2


@pytest.mark.parametrize(
    ("retcode", "outcome"),
    [
        (0, Outcome.SENT),
        (100100, Outcome.SENT),
        (1202, Outcome.UNKNOWN),
        (100001, Outcome.FAILED),
    ],
)
def test_answers_end_a_send_at_once(service: Service, retcode: int, outcome: str):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(retcode), repeat=True)
    assert send(service, outbox, "一").outcome == outcome
    assert len(sent_texts(service)) == 1


def test_answers_of_2016_are_understood(service: Service):
    outbox = make_outbox(service)
    service.answer_bytes(SEND_BUDDY_MSG2, b'{"errCode":0,"msg":"send ok"}')
    assert send(service, outbox, "一").outcome is Outcome.SENT


@pytest.mark.parametrize("retcode", [108, 114])
def test_refusal_is_repeated_once_under_the_same_number(service: Service, retcode: int):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(retcode))
    service.answer(SEND_BUDDY_MSG2, Reply(0))
    assert send(service, outbox, "一").outcome is Outcome.SENT
    first, second = service.asked(SEND_BUDDY_MSG2)
    assert first.msg_id == second.msg_id
    assert service.loop.time() == REPEAT_PAUSE


def test_failure_is_repeated_twice_and_in_a_discussion_never(service: Service):
    outbox = make_outbox(service)
    for call in (SEND_BUDDY_MSG2, SEND_DISCU_MSG2):
        service.answer(call, Reply(4711), repeat=True)
    assert send(service, outbox, "一").outcome is Outcome.FAILED
    assert len(service.asked(SEND_BUDDY_MSG2)) == 3
    assert send(service, outbox, "一", DiscussChat(Did(3900000001))).outcome is Outcome.FAILED
    assert len(service.asked(SEND_DISCU_MSG2)) == 1


@pytest.mark.parametrize("retcode", [8, 100002])
def test_session_that_is_gone_is_reported_and_the_message_fails(service: Service, retcode: int):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(retcode))
    assert send(service, outbox, "一").outcome is Outcome.FAILED
    assert service.recovered == [Reaction.LOGIN]


@pytest.mark.parametrize("retcode", [103, 100000, 100012])
def test_session_that_was_tested_good_gets_the_message_again(service: Service, retcode: int):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(retcode))
    service.answer(SEND_BUDDY_MSG2, Reply(0))
    assert send(service, outbox, "一").outcome is Outcome.SENT
    assert service.recovered == [Reaction.TEST]


def test_message_does_not_follow_an_alias_into_another_login(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()

    async def log_in_meanwhile() -> SendResult:
        outbox._link.machine.move(SessionInput.LOSE_LINK)
        sending = asyncio.ensure_future(outbox.send(CHAT, Content.from_text("一")))
        await asyncio.sleep(1)
        outbox._link.session.mark = "another"
        outbox._link.machine.move(SessionInput.SUCCEED)
        return await sending

    result = service.run(log_in_meanwhile())
    assert (result.outcome, "another alias" in result.reason) == (Outcome.FAILED, True)
    assert sent_texts(service) == []


def test_echo_of_2016_confirms_a_send_of_unknown_end(service: Service):
    outbox = make_outbox(service)
    outbox._link.session.flavour = Flavour.SMARTQQ_2016
    service.answer(SEND_QUN_MSG2, Reply(1202), repeat=True)

    async def with_echo() -> SendResult:
        sending = asyncio.ensure_future(outbox.send(GroupChat(GROUP), Content.from_text("一 二")))
        await asyncio.sleep(1)
        assert outbox._echoes.hear(group_message("一 二 ", sender=Uin(ACCOUNT)))
        return await sending

    assert service.run(with_echo()) == SendResult(Outcome.SENT)
    assert send(service, outbox, "三", GroupChat(GROUP)).outcome is Outcome.UNKNOWN
    assert len(service.asked(SEND_QUN_MSG2)) == 2


def test_second_refusal_is_a_failure(service: Service):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(108), repeat=True)
    assert send(service, outbox, "一") == SendResult(Outcome.FAILED, "the service answered 108")
    assert len(sent_texts(service)) == 2


def test_new_ptwebqq_on_a_send_is_taken_over_and_leaves_it_unknown(service: Service):
    outbox = make_outbox(service)
    service.answer(SEND_BUDDY_MSG2, Reply(116, p="bb"))
    assert send(service, outbox, "一").outcome is Outcome.UNKNOWN
    assert outbox._link.session.ptwebqq == "bb"


def test_answer_that_never_comes_is_unknown_and_not_repeated(service: Service):
    outbox = make_outbox(service)
    service.network.prepare_socket(URL)
    assert send(service, outbox, "一").outcome is Outcome.UNKNOWN
    assert len(sent_texts(service)) == 1


def test_connection_that_breaks_before_the_answer_is_unknown_and_not_repeated(service: Service):
    outbox = make_outbox(service)
    service.network.answer_raw(URL, EOF, repeat=True)
    assert send(service, outbox, "一").outcome is Outcome.UNKNOWN
    assert len(sent_texts(service)) == 1


def test_server_error_is_unknown(service: Service):
    outbox = make_outbox(service)
    service.network.answer(URL, status=504)
    assert send(service, outbox, "一").outcome is Outcome.UNKNOWN


def test_answer_that_is_none_is_unknown(service: Service):
    outbox = make_outbox(service)
    service.answer_bytes(SEND_BUDDY_MSG2, b"<html>")
    assert send(service, outbox, "一").outcome is Outcome.UNKNOWN


def test_what_could_not_leave_has_failed(service: Service):
    outbox = make_outbox(service)
    # The kept connection is gone, and nobody takes a new one.
    for sock in service.network.sockets:
        sock.deliver(EOF)
    service.loop.settle()
    service.network.prepare_socket(URL, connect_error=111)
    result = send(service, outbox, "一")
    assert result.outcome is Outcome.FAILED
    assert "no connection" in result.reason


def test_send_waits_for_a_session_that_is_being_renewed(service: Service):
    outbox = make_outbox(service)
    service.answer_sends()
    machine = outbox._link.machine
    machine.move(SessionInput.LOSE_LINK)
    service.loop.call_later(30, machine.move, SessionInput.SUCCEED)
    assert send(service, outbox, "一").outcome is Outcome.SENT
    assert service.loop.time() == 30


def test_send_without_a_session_fails_in_the_end(service: Service):
    outbox = make_outbox(service)
    outbox._link.machine.move(SessionInput.LOG_IN)
    assert send(service, outbox, "一") == SendResult(Outcome.FAILED, "the session is LOGGING_IN")
    assert service.loop.time() == 60


def test_queue_has_a_bound(service: Service):
    outbox = make_outbox(service, interval=0)
    outbox._waiting = MAX_WAITING
    assert send(service, outbox, "一") == SendResult(Outcome.FAILED, f"{MAX_WAITING} messages wait already")
    assert outbox._waiting == MAX_WAITING


def test_negative_interval_is_refused(service: Service):
    with pytest.raises(ValueError, match="0 seconds or more"):
        make_outbox(service, interval=-1)
