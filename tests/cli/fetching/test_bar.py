"""The bar, as text."""

import pytest

from webqq.cli.fetching.bar import Progress, render


def many(failed: int = 0) -> Progress:
    return Progress(0.0, total=200, done=50, failed=failed, bytes=10 * 1024)


def test_bar_of_many() -> None:
    line = render(many(failed=3), 10.0, 100)
    assert line == "▕███████▌                      ▏   25%  50/200  3 failed  5.0/s  0:30 left  10.0 KiB, 1.0 KiB/s"


def test_bar_without_block_characters() -> None:
    assert render(many(), 10.0, 100, blocks=False).startswith("[#######.......................]  ")


def test_total_that_nobody_knows_has_no_bar_and_no_end() -> None:
    line = render(Progress(0.0, done=7), 65.0, 80)
    assert line == "7  0.1/s  1:05  0 B, 0 B/s"


def test_one_is_measured_in_bytes() -> None:
    progress = Progress(0.0, total=1, bytes=512 * 1024, size=2 * 1024 * 1024, offset=512 * 1024)
    line = render(progress, 1.0, 80)
    assert line.endswith(" 50%  1.0 MiB of 2.0 MiB  512.0 KiB/s  0:02 left")


def test_one_of_unknown_size() -> None:
    assert render(Progress(0.0, total=1, bytes=2048), 2.0, 80).endswith("  0%  2.0 KiB  1.0 KiB/s  0:02")


@pytest.mark.parametrize("width", range(20, 120))
def test_line_always_fits(width: int) -> None:
    line = render(many(failed=1), 10.0, width)
    assert len(line) < width
    assert line.lstrip("▕▏█▌▋▊▉▍▎ ").startswith("25%")


def test_speed_is_that_of_the_last_seconds() -> None:
    progress = Progress(0.0)
    progress.done = 1000
    assert progress.sample(1.0) == (1000.0, 0.0)
    for now in range(2, 10):
        rate, _ = progress.sample(float(now))
    assert rate == 0.0
    progress.done += 50
    assert progress.sample(10.0)[0] == 10.0
