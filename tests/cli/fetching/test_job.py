"""What was asked for, as requests and options."""

import pytest

from webqq.cli.fetching.job import Job
from webqq.cli.fetching.targets import Target
from webqq.httpstream import Retry
from webqq.httpstream.options import Options


def test_request_has_what_the_user_said_before_what_a_file_asks_for() -> None:
    job = Job(method="POST", data=b"x", headers={"A": "1", "Range": "bytes=0-"})
    request = job.make_request(Target("http://a/"), {"Range": "bytes=5-", "If-Range": "x"})
    assert (request.full_url, request.get_method(), request.data) == ("http://a/", "POST", b"x")
    assert request.headers == {"Range": "bytes=0-", "If-range": "x", "A": "1"}


def test_retries_get_fewer() -> None:
    job = Job(retries=2)
    assert [job.make_retry(failures) for failures in range(4)] == [Retry(attempts=3), Retry(attempts=2), None, None]


@pytest.mark.parametrize(
    ("job", "is_single", "is_printed"),
    [
        (Job(("a",)), True, True),
        (Job(("a",), json=True), True, False),
        (Job(("a", "b")), False, False),
        (Job(("a",), ("-",)), False, False),
        (Job((), ("-",)), False, False),
    ],
)
def test_body_is_printed_where_there_is_but_one(job: Job, is_single: bool, is_printed: bool) -> None:
    assert (job.is_single, job.is_printed) == (is_single, is_printed)


@pytest.mark.parametrize(
    ("job", "is_resumable"),
    [
        (Job(), True),
        (Job(resume=False), False),
        (Job(method="POST"), False),
        (Job(headers={"range": "bytes=0-"}), False),
    ],
)
def test_only_what_comes_twice_the_same_is_resumed(job: Job, is_resumable: bool) -> None:
    assert job.is_resumable is is_resumable


def test_engine_knows_every_option() -> None:
    options = Job(unix_socket="/run/x", redirects=3).stream_options
    for name in ("max_per_host", "cookiejar", "rate_limit"):
        del options[name]
    assert Options().updated(options).redirects == 3
