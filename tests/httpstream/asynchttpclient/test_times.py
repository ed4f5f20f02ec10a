"""What a caller is told of where the time went."""

from webqq.httpstream.asynchttpclient.times import FetchTimes
from webqq.httpstream.timings import Timings


def test_times_are_counted_from_the_points_that_curl_counts_from() -> None:
    phases = {"resolving": 14.0, "connecting": 15.0, "tls": 17.0}
    timings = Timings(started=14.0, sent=20.0, first_byte=24.0, done=30.0, phases=phases)
    assert FetchTimes(asked=10.0, started=11.0, leg=14.0).time_info(timings, 31.0) == {
        "queue": 1.0,
        "redirect": 3.0,
        "namelookup": 1.0,
        "connect": 3.0,
        "pretransfer": 6.0,
        "starttransfer": 10.0,
        "total": 20.0,
    }


def test_kept_connection_took_no_time_to_make() -> None:
    info = FetchTimes(10.0, 10.0, 10.0).time_info(Timings(10.0, 12.0, 13.0, 14.0, None), 14.0)
    assert (info["namelookup"], info["connect"], info["pretransfer"]) == (0.0, 0.0, 2.0)


def test_answer_before_the_request_has_gone_makes_no_time_negative() -> None:
    info = FetchTimes(10.0, 10.0, 10.0).time_info(Timings(10.0, 12.0, -1.0, 14.0, None), 14.0)
    assert info["starttransfer"] == 0.0


def test_request_time_is_that_of_the_last_request_or_of_the_wait() -> None:
    assert FetchTimes(10.0, 11.0, 14.0).request_time(15.0) == 1.0
    assert FetchTimes(10.0).request_time(15.0) == 5.0
