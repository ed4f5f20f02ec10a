"""Whether a request is tried again, and when."""

from email.message import Message
from urllib.request import Request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webqq.httpstream import errors
from webqq.httpstream.errors import (
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    FirstByteTimeout,
    HTTPStreamError,
    QueueTimeout,
    ResolveError,
    TLSError,
    TLSTimeout,
    TotalTimeout,
    WriteTimeout,
)
from webqq.httpstream.retry import NOTHING_WRITTEN, Backoff, Retry, parse_retry_after

URL = "http://example.com/"
GET = Request(URL)
POST = Request(URL, b"x")
KEYED = Request(URL, b"x", {"Idempotency-Key": "1"})
# RFC 9110 5.6.7, its three spellings of one moment.
THEN = 784111777
DATES = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994")

CALM = Retry(backoff=Backoff(1.0, jitter=0.0))


def in_phase(error: HTTPStreamError, phase: str | None) -> HTTPStreamError:
    error.phase = phase
    return error


def after_response(
    policy: Retry = CALM,
    request: Request = GET,
    status: int = 503,
    retry_after: str | None = None,
    attempt: int = 1,
    now: float = 0,
) -> float | None:
    headers = Message()
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    return policy.delay_after_response(request, status, headers, attempt, 0.0, now)


def test_delay_doubles_up_to_the_most() -> None:
    backoff = Backoff(0.5, 2.0, 5.0, 0.0)
    assert [backoff.delay(failures, 0.9) for failures in range(1, 7)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_jitter_leaves_its_share_of_the_delay_to_chance() -> None:
    assert [Backoff(8.0, jitter=1.0).delay(1, chance) for chance in (0.0, 0.5, 0.75)] == [8.0, 4.0, 2.0]
    assert Backoff(8.0, jitter=0.25).delay(1, 0.5) == 7.0


@pytest.mark.parametrize("factor", [2, 2.0, 10.0])
def test_a_thousand_failures_wait_the_most(factor: float) -> None:
    assert Backoff(0.5, factor, 60.0, 0.0).delay(5000, 0.0) == 60.0
    assert Backoff(0, factor, 60.0, 0.0).delay(5000, 0.0) == 0.0


@given(
    st.builds(Backoff, st.floats(0, 10), st.floats(1, 10), st.floats(0, 100), st.floats(0, 1)),
    st.integers(1, 10**6),
    st.floats(0, 1, exclude_max=True),
)
def test_delay_is_never_negative_nor_over_the_most(backoff: Backoff, failures: int, chance: float) -> None:
    assert 0 <= backoff.delay(failures, chance) <= backoff.max_delay


@pytest.mark.parametrize(
    "options",
    [
        {"first": -1.0},
        {"first": float("nan")},
        {"max_delay": float("inf")},
        {"factor": 0.5},
        {"factor": float("inf")},
        {"jitter": 1.1},
        {"jitter": -0.1},
    ],
)
def test_backoff_refuses_what_is_no_delay(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Backoff(**options)


@pytest.mark.parametrize("options", [{"attempts": 0}, {"max_retry_after": -1.0}, {"max_retry_after": float("nan")}])
def test_retry_refuses_what_is_no_policy(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Retry(**options)  # type: ignore[arg-type]  # one of the options is an int


def test_transient_error_is_tried_again_as_often_as_said() -> None:
    error = in_phase(ConnectionLost("gone"), "READING")
    assert [CALM.delay_after_error(GET, error, attempt, 0.0) for attempt in (1, 2, 3)] == [1.0, 2.0, None]
    assert Retry(1).delay_after_error(GET, error, 1, 0.0) is None


def test_chance_reaches_the_delay() -> None:
    error = in_phase(ConnectionLost("gone"), "READING")
    assert Retry(backoff=Backoff(4.0)).delay_after_error(GET, error, 1, 0.5) == 2.0


@pytest.mark.parametrize("error", [TLSError("untrusted"), errors.BadResponse("odd"), errors.InvalidRequest("bad")])
def test_what_would_fail_again_is_not_tried_again(error: HTTPStreamError) -> None:
    assert CALM.delay_after_error(GET, in_phase(error, "CONNECTING"), 1, 0.0) is None


def test_spent_total_is_not_spent_again() -> None:
    assert CALM.delay_after_error(GET, in_phase(TotalTimeout("late"), "CONNECTING"), 1, 0.0) is None


@pytest.mark.parametrize(
    ("error", "phase"),
    [
        (QueueTimeout("full"), "QUEUED"),
        (ResolveError("no name"), "RESOLVING"),
        (ConnectError("refused"), "CONNECTING"),
        (ConnectTimeout("late"), "CONNECTING"),
        (TLSTimeout("late"), "TLS"),
    ],
)
def test_any_method_is_tried_again_where_nothing_was_written(error: HTTPStreamError, phase: str) -> None:
    assert phase in NOTHING_WRITTEN
    assert CALM.delay_after_error(POST, in_phase(error, phase), 1, 0.0) == 1.0


@pytest.mark.parametrize("phase", ["WRITING", "READING", None])
@pytest.mark.parametrize("error", [ConnectionLost("gone"), FirstByteTimeout("late"), WriteTimeout("stuck")])
def test_what_may_have_reached_the_server_goes_again_only_if_it_may(error: HTTPStreamError, phase: str | None) -> None:
    error = in_phase(error, phase)
    assert CALM.delay_after_error(POST, error, 1, 0.0) is None
    assert CALM.delay_after_error(Request(URL, method="PATCH"), error, 1, 0.0) is None
    assert CALM.delay_after_error(KEYED, error, 1, 0.0) == 1.0
    assert CALM.delay_after_error(Request(URL, b"x", method="PUT"), error, 1, 0.0) == 1.0
    assert Retry(methods=frozenset({"POST"})).delay_after_error(POST, error, 1, 0.0) == 0.5


def test_body_that_is_gone_is_never_sent_again() -> None:
    once = Request(URL, iter([b"x"]), method="PUT")
    assert CALM.delay_after_error(once, in_phase(ConnectError("refused"), "CONNECTING"), 1, 0.0) is None
    assert after_response(request=once) is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_troubles_are_tried_again(status: int) -> None:
    assert [after_response(status=status, attempt=attempt) for attempt in (1, 2, 3)] == [1.0, 2.0, None]
    assert after_response(status=status, request=POST) is None
    assert after_response(status=status, request=KEYED) == 1.0


@pytest.mark.parametrize("status", [200, 302, 404, 500, 501])
def test_other_answers_are_the_callers(status: int) -> None:
    assert after_response(status=status, retry_after="1") is None
    assert after_response(Retry(statuses=frozenset({status}), backoff=CALM.backoff), status=status) == 1.0


def test_retry_after_is_waited_for_and_not_less_than_the_backoff() -> None:
    assert after_response(retry_after="7") == 7.0
    assert after_response(retry_after="0") == 1.0
    assert after_response(retry_after=DATES[0], now=THEN - 30) == 30.0


def test_retry_after_that_is_too_long_hands_the_answer_back() -> None:
    assert after_response(retry_after="120") == 120.0
    assert after_response(retry_after="121") is None
    assert after_response(retry_after="9" * 300) is None
    assert after_response(Retry(max_retry_after=200.0), retry_after="121") == 121.0


def test_retry_after_counts_for_nothing_where_that_is_said() -> None:
    policy = Retry(backoff=CALM.backoff, respect_retry_after=False)
    assert after_response(policy, retry_after="121") == 1.0


def test_junk_in_retry_after_counts_for_nothing() -> None:
    assert after_response(retry_after="soon") == 1.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("120", 120.0), (" 3 ", 3.0), ("0.25", 0.25), *((date, 3.0) for date in DATES)],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert parse_retry_after(value, THEN - 3) == seconds


def test_date_that_has_passed_asks_for_no_wait() -> None:
    assert parse_retry_after(DATES[0], THEN + 3600) == 0.0


def test_date_has_its_zone() -> None:
    assert parse_retry_after("Sun, 06 Nov 1994 09:49:37 +0100", THEN) == 0.0
    assert parse_retry_after("Sun, 06 Nov 1994 08:49:37 -0100", THEN) == 3600.0


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "-1", "+5", "1e3", "0x5", "1_0", "5,", "\u0665", "1.", ".5", "inf", "nan", "9" * 400),
        *("Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT", "now", "tomorrow at noon"),
    ],
)
def test_junk_asks_for_nothing(value: str | None) -> None:
    assert parse_retry_after(value, 0) is None


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} (Nov|13|x) [0-9]{1,6} [0-9:]{1,12} [A-Z+0-9-]{0,6}"))
def test_no_retry_after_breaks_the_parser(value: str) -> None:
    seconds = parse_retry_after(value, THEN)
    assert seconds is None or seconds >= 0
