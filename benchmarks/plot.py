"""Bars, as an SVG image drawn by hand: one group for each case's first column."""

from collections.abc import Mapping, Sequence
from html import escape
from statistics import median
from typing import Any

from benchmarks.cases import CASES, Case
from benchmarks.peers import Peer
from benchmarks.report import figures

__all__ = ["draw"]

WIDTH, LABELS, VALUES = 860, 270, 90
BAR, GAP, TITLE = 16, 4, 34
COLOURS = {"ours": "#1f6f8b", "peer": "#b9c4cb", "bound": "#e3c27a", "reference": "#e8e8e8"}
STYLE = "text { font: 12px sans-serif; fill: #222 } .title { font-weight: bold; font-size: 13px }"
# A bar of more than so many medians is cut, and says so: one slow peer must not flatten the rest.
CUT = 3.0


def draw(results: Mapping[str, Any]) -> str:
    """The picture of all cases that were measured."""
    y, parts = 10, []
    for case in CASES:
        bars = _bars(case, results["cases"].get(case.name, {}))
        if bars:
            parts += _group(case, bars, y)
            y += TITLE + len(bars) * (BAR + GAP) + 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}">'
    return "\n".join(
        [head, f"<style>{STYLE}</style>", '<rect width="100%" height="100%" fill="#fff"/>', *parts, "</svg>\n"]
    )


def _bars(case: Case, outcomes: Mapping[str, Any]) -> list[tuple[float, Peer]]:
    found = []
    for peer in case.peers:
        values = figures(case, case.metrics[0], outcomes[peer.name]) if peer.name in outcomes else []
        if values:
            found.append((max(0.0, median(values)), peer))
    return sorted(found, key=lambda bar: bar[0])


def _group(case: Case, bars: Sequence[tuple[float, Peer]], y: int) -> list[str]:
    metric = case.metrics[0]
    parts = [f'<text class="title" x="8" y="{y + 18}">{escape(f"{case.title}: {metric.title}")}</text>']
    longest = _scale([value for value, _ in bars])
    for number, (value, peer) in enumerate(bars):
        top = y + TITLE + number * (BAR + GAP)
        figure = f"{value:,.{metric.digits}f}{' (cut)' if value > longest else ''}"
        length = max(1.0, min(value, longest) / longest * (WIDTH - LABELS - VALUES))
        middle = top + BAR - 4
        parts += [
            f'<text x="{LABELS - 8}" y="{middle}" text-anchor="end">{escape(peer.name)}</text>',
            f'<rect x="{LABELS}" y="{top}" width="{length:.1f}" height="{BAR}" fill="{COLOURS[peer.kind]}"/>',
            f'<text x="{LABELS + length + 6:.1f}" y="{middle}">{figure}</text>',
        ]
    return parts


def _scale(values: Sequence[float]) -> float:
    """The value of the longest bar."""
    return min(max(values), CUT * median(values)) or max(values) or 1.0
