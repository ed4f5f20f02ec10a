"""What came of one URL."""

import json

from webqq.cli.fetching.results import Outcome, Result


def test_json_is_one_line_with_every_key() -> None:
    text = Result("http://a/你", seconds=0.12345678).to_json()
    assert "\n" not in text
    value = json.loads(text)
    assert (value["url"], value["seconds"], value["status"], value["outcome"]) == (
        "http://a/你",
        0.123457,
        None,
        "failed",
    )
    assert set(value) == set(Result.__slots__)


def test_complaint_says_where_and_why() -> None:
    assert Result("http://a/", message="gone").complaint() == "http://a/: gone"
    assert Result("x", 7, status=500).complaint() == "line 7: x: status 500"
    assert Result("x", outcome=Outcome.EXISTS).complaint() is None


def test_only_refused_and_failed_are_bad() -> None:
    assert [outcome for outcome in Outcome if not Result("x", outcome=outcome).is_good] == [
        Outcome.REFUSED,
        Outcome.FAILED,
    ]
