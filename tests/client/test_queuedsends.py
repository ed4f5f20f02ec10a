"""Sends that nobody waits for: told by their number, kept over a restart, bounded."""

from pathlib import Path

import pytest

from tests.client.service import FRIEND, Service
from webqq.client import (
    FriendChat,
    Outcome,
    QueueFull,
    SendResult,
)
from webqq.client.state import SessionInput
from webqq.protocol.calls import (
    GET_ONLINE_BUDDIES2,
    SEND_BUDDY_MSG2,
    Reply,
)


def test_queued_sends_are_told_by_their_number(service: Service):
    told: list[tuple[int, SendResult]] = []
    client = service.started(on_sent=lambda number, result: told.append((number, result)))
    service.answer_sends()
    numbers = [service.run(client.queue(FriendChat(FRIEND), text)) for text in ("一", "二")]
    service.loop.advance(10)
    assert told == [(number, SendResult(Outcome.SENT)) for number in numbers]


def test_queued_send_that_did_not_go_out_goes_out_in_the_next_run(service: Service, tmp_path: Path):
    first = service.started(data=tmp_path)
    first._link.machine.move(SessionInput.LOSE_LINK)
    service.run(first.queue(FriendChat(FRIEND), "一"))
    service.loop.settle()
    service.run(first.close())
    service.answer(GET_ONLINE_BUDDIES2, Reply(0, ()))
    service.answer_roster()
    service.answer_sends()
    told: list[SendResult] = []
    second = service.client(data=tmp_path, on_sent=lambda number, result: told.append(result))
    service.run(second.start())
    service.run_until(lambda: told)
    assert told == [SendResult(Outcome.SENT)]
    assert len(service.asked(SEND_BUDDY_MSG2)) == 1


def test_queue_is_bounded(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("webqq.client.queuedsends.MAX_WAITING", 1)
    client = service.started()
    service.answer(SEND_BUDDY_MSG2, Reply(0), delay=100)
    service.run(client.queue(FriendChat(FRIEND), "一"))
    with pytest.raises(QueueFull):
        service.run(client.queue(FriendChat(FRIEND), "二"))
