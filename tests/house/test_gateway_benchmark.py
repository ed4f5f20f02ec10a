"""``scripts/bench-gateway`` runs, with few of everything; its report on made-up figures.

Nothing here judges how fast anything is.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gateway
from benchmarks.gateway_report import render


def test_gateway_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # The tests' own processor is nobody's to choose.
    monkeypatch.setattr(gateway, "choose_processors", lambda: (None, None))
    gateway.main(["--quick", "--out", str(tmp_path)])
    results = json.loads((tmp_path / "gateway.json").read_text())
    assert results["held"]["polls"] == gateway.QUICK.polls
    assert len(results["rounds"]) == gateway.QUICK.rounds
    assert len(results["group"]) == gateway.QUICK.to_group
    assert (tmp_path / "gateway.txt").read_text() == render(results)


def results(ours: float, theirs: float) -> dict[str, Any]:
    def figures(per_second: float) -> dict[str, float]:
        return {"per_second": per_second, "cpu_us": 1e6 / per_second, "p50_ms": 1.0, "p99_ms": 2.0}

    return {
        "machine": {"System": "any"},
        "members": 5,
        "couples": 2,
        "memory": {"sessions": 100, "bytes": 409_600},
        "held": {"polls": 1000, "bytes": 2_048_000},
        "alone": figures(10),
        "rounds": [{"gateway": figures(ours), "bare": figures(theirs)}] * 2,
        "group": [{"acknowledged": 0.01, "last": 0.02, "cpu": 0.01}],
    }


def test_report_tells_memory_for_each():
    text = render(results(900, 1000))
    assert "of 100\n     - 4.0 KiB" in text
    assert "beyond that\n     - 2.0 KiB" in text


@pytest.mark.parametrize(("ours", "verdict"), [(500, "50%: reached"), (490, "49%: missed")])
def test_report_says_whether_the_target_is_reached(ours: float, verdict: str):
    assert verdict in render(results(ours, 1000))
