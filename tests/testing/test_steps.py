"""Scripts made simple."""

from typing import Any

import pytest

from tests.testing.asked import asked
from webqq.testing import Answer, Close, CutHandshake, Freeze, HalfClose, Pause, Reset, Send, Throttle
from webqq.testing.steps import Step, head_of, plan


def sent(*steps: Any, method: str = "GET") -> bytes:
    return b"".join(step.data for step in plan(steps, asked(method=method)) if isinstance(step, Send))


def test_answer_has_a_length() -> None:
    assert sent(Answer(200, "é")) == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xc3\xa9"


def test_answer_framed_by_the_test_stays_so() -> None:
    assert sent(Answer(200, b"abc", {"content-length": "9"})) == b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"
    raw = sent(Answer(200, b"abc", [("Transfer-Encoding", "x"), ("A", "1"), ("A", "2")]))
    assert raw == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: x\r\nA: 1\r\nA: 2\r\n\r\nabc"


@pytest.mark.parametrize("status", [100, 204, 304])
def test_answer_that_has_no_body_by_its_status(status: int) -> None:
    assert sent(Answer(status, b"abc", reason="R")) == b"HTTP/1.1 %d R\r\n\r\n" % status


def test_answer_to_head_tells_the_length_alone() -> None:
    assert sent(Answer(200, b"abc"), method="HEAD") == b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"


def test_chunked_answer() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert sent(Answer(200, b"abcde").chunked(3)) == head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


def test_unknown_status_has_no_reason() -> None:
    assert head_of(299, [("A", "b")]) == b"HTTP/1.1 299 \r\nA: b\r\n\r\n"


def test_slow_answer_in_slices() -> None:
    pause, send = plan([Answer(200, b"abc").slow(0.5).sliced(7, 0.25)])
    assert pause == Pause(0.5)
    assert isinstance(send, Send)
    assert (send.piece, send.gap) == (7, 0.25)
    assert send.pieces[:2] == [b"HTTP/1.", b"1 200 O"]
    assert b"".join(send.pieces) == send.data


def test_bytes_are_sent_and_functions_are_asked() -> None:
    assert plan([b"x"]) == [Send(b"x")]
    assert sent(lambda request: request.body, Answer(204)) == b"bodyHTTP/1.1 204 No Content\r\n\r\n"
    assert sent(lambda request: [Send(b"a"), lambda request: b"b"]) == b"ab"


def test_rate_makes_pieces_and_gaps_of_what_follows() -> None:
    assert plan([b"x", Throttle(1000), b"y", Send(b"z", 2, 0.5), Throttle(5), b"w"]) == [
        Send(b"x"),
        Send(b"y", 10, 0.01),
        Send(b"z", 2, 0.5),
        Send(b"w", 1, 0.2),
    ]


@pytest.mark.parametrize("kind", [Reset, Close, HalfClose])
def test_end_after_some_bytes_cuts_what_stands_before(kind: Any) -> None:
    steps: list[Step] = [b"abc", Pause(1), b"def", Pause(2)]
    assert plan([*steps, kind(after=0)]) == [kind(after=0)]
    assert plan([*steps, kind(after=3)]) == [Send(b"abc"), kind(after=3)]
    assert plan([*steps, kind(after=4)]) == [Send(b"abc"), Pause(1), Send(b"d"), kind(after=4)]
    assert plan([*steps, kind()]) == [Send(b"abc"), Pause(1), Send(b"def"), Pause(2), kind()]
    with pytest.raises(ValueError, match="after 7 bytes: the script sends 6"):
        plan([*steps, kind(after=7)])


def test_cut_in_the_handshake_counts_other_bytes() -> None:
    assert plan([CutHandshake(after=5)]) == [CutHandshake(after=5)]
    assert plan([Freeze("x")]) == [Freeze("x")]


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Pause(-1), "0 to 5 seconds"),
        (lambda: Pause(60), "Freeze waits longer"),
        (lambda: Answer().slow(6), "0 to 5 seconds"),
        (lambda: Send(b"", gap=float("nan")), "0 to 5 seconds"),
        (lambda: Send(b"", piece=0), "1 byte or more"),
        (lambda: Throttle(0), "more than 0 bytes"),
        (lambda: plan([lambda request: b""]), "no request"),
    ],
)
def test_senseless_steps_are_refused(make: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        make()


def test_what_is_no_step_is_named() -> None:
    with pytest.raises(TypeError, match="'abc' is no step"):
        plan(["abc"])  # type: ignore[list-item]  # that is the fault
