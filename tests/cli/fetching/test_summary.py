"""A run in numbers."""

import json
from array import array

import pytest

from webqq.cli.fetching.results import Outcome, Result
from webqq.cli.fetching.summary import Summary, quantile
from webqq.httpstream import Counters


@pytest.mark.parametrize(
    ("count", "share", "value"), [(1, 0.0, 1), (1, 1.0, 1), (100, 0.07, 7), (100, 0.99, 99), (101, 0.99, 100)]
)
def test_quantile_is_one_of_the_values(count: int, share: float, value: float) -> None:
    assert quantile(array("d", range(1, count + 1)), share) == value


def run() -> Summary:
    summary = Summary()
    for seconds in (0.3, 0.1, 0.2):
        summary.add(Result("x", outcome=Outcome.SAVED, status=200, bytes=1000, seconds=seconds))
    summary.add(Result("x", outcome=Outcome.EXISTS, seconds=0.0))
    summary.add(Result("x", outcome=Outcome.REFUSED, status=404, seconds=0.4))
    summary.add(Result("x", error="ConnectError", seconds=9.0))
    summary.interrupt(Result("x", bytes=24))
    summary.resumed = 2
    return summary


def test_dictionary_has_all_and_can_be_json() -> None:
    value = json.loads(json.dumps(run().to_dict(2.0, Counters(opened=3, reused=1, retried=1))))
    assert value == {
        "requests": 6,
        "failures": 2,
        "interrupted": 1,
        "seconds": 2.0,
        "requests_per_second": 3.0,
        "bytes": 3024,
        "outcomes": {"saved": 3, "exists": 1, "refused": 1, "failed": 1},
        "statuses": {"200": 3, "404": 1},
        "errors": {"ConnectError": 1},
        "latency": {"min": 0.1, "median": 0.2, "p90": 0.4, "p99": 0.4, "max": 0.4},
        "connections": {"opened": 3, "reused": 1},
        "redirects": 0,
        "retries": 3,
    }


def test_text_has_a_line_for_each_subject() -> None:
    assert run().to_text(2.0, Counters(opened=3, reused=1, redirected=5)).splitlines() == [
        "requests     6 in 2.00 s, 3.0/s, 2 failed, 1 interrupted",
        "files        saved: 3   exists: 1",
        "status       200: 3   404: 1",
        "errors       ConnectError: 1",
        "bytes        3.0 KiB, 1.5 KiB/s",
        "latency      min 100 ms   median 200 ms   p90 400 ms   p99 400 ms   max 400 ms",
        "connections  opened: 3   reused: 1   redirects: 5   retries: 2",
    ]


def test_nothing_is_no_error() -> None:
    assert Summary().to_dict(0.0, Counters())["latency"] == {}
    assert Summary().to_text(0.0, Counters()).splitlines()[0] == "requests     0 in 0.0 ms"
