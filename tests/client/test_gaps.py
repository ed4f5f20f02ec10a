"""Hints that tell of lost messages, and those that do not."""

from tests.client.service import friend_message
from webqq.client.gaps import Gap, with_gaps
from webqq.client.inbox import Delivery
from webqq.protocol.events import Tips, gap_text


def test_gap_follows_its_hint_and_nothing_else():
    message, hint = Delivery(friend_message("一"), 1), Delivery(Tips(tips=gap_text(3)), 2, redelivered=True)
    other = Delivery(Tips(tips="您好"), 3)
    assert list(with_gaps([message, hint, other])) == [message, hint, Delivery(Gap(3), redelivered=True), other]
