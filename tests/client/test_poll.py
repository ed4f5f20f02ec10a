"""The chain of polls: what each answer leads to (WebQQ protocol, poll return codes and reactions)."""

from collections.abc import Iterator, Sequence
from urllib.request import Request

import pytest

from tests.client.service import KICK, Service, friend_message
from webqq.client.calling import Caller
from webqq.client.errors import LoginRefused, SessionLost, StorageError, Unreachable
from webqq.client.poll import FAILURE_PAUSE, Poll
from webqq.protocol.calls import POLL2, PollParams, Reply
from webqq.protocol.errors import WebQQError
from webqq.protocol.events import Event
from webqq.protocol.flavour import Flavour
from webqq.testing import EOF

URL = "http://d.web2.qq.com/channel/poll2"


class Session:
    """The poll's client, as a list of what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.mark = "login-1"
        self.events: list[Event] = []
        self.alive = True
        self.relinks = True
        self.full_disk = 0
        self.failure: WebQQError | None = None
        self.ended: WebQQError | None = None

    def poll_request(self, key: str) -> Request:
        wire = POLL2.request(PollParams(psessionid="p", clientid="1", key=key), Flavour.WEBQQ_2013)
        return Request(wire.url, wire.body, dict(wire.headers))

    async def take_in(self, events: Sequence[Event]) -> bool:
        if self.full_disk:
            self.full_disk -= 1
            raise StorageError("the disk is full")
        self.events += events
        return KICK not in events

    async def register(self) -> None:
        self._note("register")

    async def is_alive(self) -> bool:
        self._note("is_alive")
        return self.alive

    async def relink(self) -> bool:
        self._note("relink")
        return self.relinks

    async def log_in(self) -> None:
        self._note("log_in")
        self.mark += "1"

    def take_ptwebqq(self, value: str | None) -> None:
        self._note(value)

    def end(self, error: WebQQError) -> None:
        self.ended = error

    def _note(self, what: object) -> None:
        self.asked.append(what)
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def poll(service: Service, session: Session) -> Iterator[Poll]:
    poll = Poll(Caller(service.stream()), session)
    yield poll
    poll.stop()


def polls(service: Service) -> int:
    return len(service.asked(POLL2))


def keys(service: Service) -> list[str]:
    return [params.key for params in service.asked(POLL2)]


def times_between_polls(service: Service, seconds: int) -> list[int]:
    """The seconds at which further polls went out, while that many pass."""
    found, before = [], polls(service)
    for second in range(seconds + 1):
        service.loop.settle()
        found += [second] * (polls(service) - before)
        before = polls(service)
        service.loop.advance(1)
    return found


def test_events_are_taken_in_and_then_acknowledged(service: Service, session: Session, poll: Poll):
    service.answer_poll([friend_message("一")], key="7")
    service.answer_poll([friend_message("二", 2)], key="8")
    poll.start()
    service.loop.settle()
    assert len(session.events) == 2
    assert keys(service) == ["new", "7", "8"]


def test_batch_without_a_number_keeps_the_last_acknowledgement(service: Service, session: Session, poll: Poll):
    service.answer_poll([friend_message("一")], key="7")
    service.answer_poll([friend_message("二", 2)])
    poll.start()
    service.loop.settle()
    assert keys(service) == ["new", "7", "7"]


def test_batch_that_cannot_be_kept_is_not_acknowledged(service: Service, session: Session, poll: Poll):
    session.full_disk = 1
    service.answer_poll([friend_message("一")], key="7")
    service.answer_poll([friend_message("一")], key="7")
    poll.start()
    service.loop.advance(FAILURE_PAUSE)
    assert keys(service) == ["new", "new", "7"]
    assert len(session.events) == 1


def test_one_poll_at_a_time(service: Service, session: Session, poll: Poll):
    service.answer_poll(delay=60)
    poll.start()
    service.loop.advance(59)
    assert polls(service) == 1
    service.loop.advance(1)
    assert polls(service) == 2


def test_idle_answer_that_comes_at_once_does_not_spin(service: Service, session: Session, poll: Poll):
    service.answer_poll(repeat=True)
    poll.start()
    assert times_between_polls(service, 3) == [0, 1, 2, 3]


@pytest.mark.parametrize("retcode", [102, 100003, 100100, 1202])
def test_nothing_new_polls_again(service: Service, session: Session, poll: Poll, retcode: int):
    service.answer_poll(retcode=retcode, delay=60)
    poll.start()
    service.loop.advance(60)
    assert polls(service) == 2
    assert session.asked == []


@pytest.mark.parametrize("status", [404, 502, 504])
def test_front_end_without_an_answer_polls_again(service: Service, session: Session, poll: Poll, status: int):
    service.network.answer(URL, status=status, delay=60)
    poll.start()
    service.loop.advance(60)
    assert polls(service) == 2
    assert session.asked == []


@pytest.mark.parametrize("retcode", [100, 108, 100000, 100002])
def test_lost_login_logs_in(service: Service, session: Session, poll: Poll, retcode: int):
    service.answer_poll([friend_message("一")], key="7")
    service.answer_poll(retcode=retcode)
    poll.start()
    service.loop.settle()
    assert session.asked == ["log_in"]
    assert keys(service) == ["new", "7", "new"]


def test_unregistered_session_registers_once_then_logs_in(service: Service, session: Session, poll: Poll):
    service.answer_poll(retcode=103)
    service.answer_poll(retcode=103)
    poll.start()
    service.loop.settle()
    assert session.asked == ["register", "log_in"]


def test_registering_that_helped_is_forgotten(service: Service, session: Session, poll: Poll):
    for _ in range(2):
        service.answer_poll(retcode=103)
        service.answer_poll([friend_message("一")])
    poll.start()
    service.loop.settle()
    assert session.asked == ["register", "register"]


@pytest.mark.parametrize("retcode", [120, 121])
def test_lost_link_is_renewed(service: Service, session: Session, poll: Poll, retcode: int):
    service.answer_poll(retcode=retcode)
    poll.start()
    service.loop.settle()
    assert session.asked == ["relink"]
    assert polls(service) == 2


def test_link_that_cannot_be_renewed_logs_in(service: Service, session: Session, poll: Poll):
    session.relinks = False
    service.answer_poll(retcode=121)
    poll.start()
    service.loop.settle()
    assert session.asked == ["relink", "log_in"]


def test_link_lost_again_at_once_logs_in(service: Service, session: Session, poll: Poll):
    service.answer_poll(retcode=121)
    service.answer_poll(retcode=121)
    poll.start()
    service.loop.settle()
    assert session.asked == ["relink", "log_in"]


def test_new_ptwebqq_is_taken_over(service: Service, session: Session, poll: Poll):
    service.answer(POLL2, Reply(116, p="bb"))
    poll.start()
    service.loop.settle()
    assert session.asked == ["bb"]
    assert polls(service) == 2


@pytest.mark.parametrize("retcode", [100001, 100012])
def test_doubtful_login_is_tested(service: Service, session: Session, poll: Poll, retcode: int):
    service.answer_poll(retcode=retcode)
    poll.start()
    service.loop.advance(FAILURE_PAUSE)
    assert session.asked == ["is_alive"]
    assert polls(service) == 2


def test_login_that_fails_its_test_is_renewed(service: Service, session: Session, poll: Poll):
    session.alive = False
    service.answer_poll(retcode=100012)
    poll.start()
    service.loop.settle()
    assert session.asked == ["is_alive", "log_in"]


@pytest.mark.parametrize("retcode", [109, 110, 100006, 100101, 4711, -1])
def test_code_without_a_rule_waits(service: Service, session: Session, poll: Poll, retcode: int):
    service.answer_poll(retcode=retcode)
    poll.start()
    assert times_between_polls(service, 20) == [0, 10]


def test_failures_in_a_row_count_as_a_lost_link(service: Service, session: Session, poll: Poll, expect_log):
    expect_log("webqq.client", "5 times in a row: the link counts as lost")
    for _ in range(5):
        service.answer_poll(retcode=4711)
    poll.start()
    service.loop.advance(5 * FAILURE_PAUSE)
    assert session.asked == ["relink"]


def test_good_poll_resets_the_count_of_failures(service: Service, session: Session, poll: Poll):
    for _ in range(3):
        for _ in range(4):
            service.answer_poll(retcode=4711)
        service.answer_poll([friend_message("一")])
    poll.start()
    service.loop.advance(20 * FAILURE_PAUSE)
    assert session.asked == []


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"retcode":{}}'])
def test_answer_that_is_none_waits(service: Service, session: Session, poll: Poll, body: bytes):
    service.answer_bytes(POLL2, body)
    poll.start()
    assert times_between_polls(service, 20) == [0, 10]


def test_server_error_waits(service: Service, session: Session, poll: Poll):
    service.network.answer(URL, status=500)
    poll.start()
    assert times_between_polls(service, 20) == [0, 10]


def test_recovery_that_gets_no_answer_waits_and_polls_on(service: Service, session: Session, poll: Poll):
    session.failure = Unreachable("get_online_buddies2: gone")
    service.answer_poll(retcode=103)
    poll.start()
    assert times_between_polls(service, 20) == [0, 10]
    assert session.ended is None


def test_login_that_is_refused_ends_it(service: Service, session: Session, poll: Poll):
    session.failure = LoginRefused("login", 3)
    service.answer_poll(retcode=100)
    poll.start()
    service.loop.advance(1000)
    assert session.ended is session.failure
    assert polls(service) == 1


def test_session_lost_after_each_login_ends_it(service: Service, session: Session, poll: Poll):
    service.answer_poll(retcode=100, repeat=True)
    poll.start()
    service.loop.advance(1000)
    assert session.asked == ["log_in"] * 3
    assert isinstance(session.ended, SessionLost)


def test_kick_ends_it(service: Service, session: Session, poll: Poll):
    service.answer_poll([friend_message("一"), KICK], key="9")
    poll.start()
    service.loop.advance(1000)
    assert len(session.events) == 2
    assert polls(service) == 1


def test_held_poll_that_times_out_is_asked_again_at_once(service: Service, session: Session, poll: Poll):
    service.network.prepare_socket(URL)
    poll.start()
    assert times_between_polls(service, 250) == [0, 120, 240]


def test_connection_that_broke_is_asked_again_at_once_then_ever_later(
    service: Service, session: Session, poll: Poll, expect_log
):
    expect_log("webqq.client", "poll2: .*; again in 1 s")
    for _ in range(4):
        service.network.answer_raw(URL, EOF)
    poll.start()
    assert times_between_polls(service, 20) == [0, 0, 1, 3, 8]


def test_poll_stopped_during_an_outage_stays_stopped(service: Service, session: Session, poll: Poll):
    service.network.answer_raw(URL, EOF)
    poll.start()
    service.loop.settle()
    poll.stop()
    service.loop.advance(1000)
    assert polls(service) == 2


def test_answer_after_an_outage_resets_its_pauses(service: Service, session: Session, poll: Poll):
    service.network.answer_raw(URL, EOF)
    service.answer_poll(delay=30)
    service.network.answer_raw(URL, EOF)
    poll.start()
    assert times_between_polls(service, 40) == [0, 0, 30, 30]


def test_stop_ends_it_in_any_state(service: Service, session: Session, poll: Poll):
    service.network.prepare_socket(URL)
    poll.start()
    service.loop.settle()
    poll.stop()
    service.answer_poll([friend_message("一")])
    service.loop.advance(1000)
    assert session.events == []
    assert polls(service) == 1


def test_bug_of_ours_is_logged_and_polled_over(service: Service, session: Session, poll: Poll, expect_log):
    expect_log("webqq.client", "poll2 could not be handled")
    session.failure = None
    session.take_ptwebqq = None  # type: ignore[method-assign,assignment]  # calling it raises TypeError
    service.answer(POLL2, Reply(116, p="bb"))
    poll.start()
    assert times_between_polls(service, 20) == [0, 10]
