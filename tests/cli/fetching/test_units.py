"""Numbers as people read them; the docstrings' examples are run elsewhere."""

from webqq.cli.fetching.units import format_bytes, format_count, format_seconds


def test_units_do_not_end() -> None:
    assert format_bytes(5 * 1024**5) == "5120.0 TiB"
    assert format_bytes(1000) == "1.0 KiB"


def test_counts_are_whole_and_rates_are_not() -> None:
    assert format_count(50) == "50"
    assert format_count(50.0) == "50.0"
    assert format_count(500.4) == "500"


def test_seconds_above_a_minute_are_a_clock() -> None:
    assert format_seconds(59.99) == "59.99 s"
    assert format_seconds(60) == "1:00"
