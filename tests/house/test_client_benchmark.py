"""``scripts/bench-client`` runs, with few of everything; its report on made-up figures.

Nothing here judges how fast anything is.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import accounts
from benchmarks.accounts_report import latencies, percentile, render


def test_accounts_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # The tests' own processor is nobody's to choose.
    monkeypatch.setattr(accounts, "choose_processors", lambda: (None, None))
    accounts.main(["--quick", "--out", str(tmp_path)])
    results = json.loads((tmp_path / "accounts.json").read_text())
    assert results["folder"]["alone"]["messages"] == accounts.QUICK.alone
    assert results["folder"]["busy"]["messages"] == accounts.QUICK.messages
    assert results["folder"]["threads"] == 2, "the loop's, and the one that writes"
    assert (tmp_path / "accounts.txt").read_text() == render(results)


def test_report_tells_each_accounts_share():
    part: dict[str, Any] = {
        "memory": 1024 * 5000,
        "memory_after": 1024 * 6000,
        "threads": 2,
        "descriptors": 12,
        **{name: {"wall": 10.0, "cpu": 1.0} for name in ("login", "idle", "talking", "closing")},
        "alone": latencies([0.001] * 99 + [0.1]),
        "busy": latencies([0.002] * 200),
    }
    scale = {"accounts": 100, "couples": 50, "data": ["folder", "memory"]}
    text = render({"machine": {"System": "any"}, "scale": scale, "folder": part, "memory": part})
    for name, figure in (
        ("Memory of an account, signed in and polling", "50 KiB"),
        ("The same after 200 messages", "60 KiB"),
        ("CPU of a login with its roster", "10.0 ms"),
        ("CPU of all accounts in an idle second", "100.0 ms"),
        ("Messages a second, 50 pairs at once", "20"),
        ("From sent to handled, one message at a time", "1.0 ms, p99 100.0 ms"),
    ):
        assert f"   * - {name}\n     - {figure}\n     - {figure}\n" in text


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 3), (99, 4), (100, 4)])
def test_percentile_is_one_of_the_values(percent: int, value: int):
    assert percentile([4, 3, 2, 1], percent) == value
