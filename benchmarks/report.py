"""Figures from what the programs said: medians, tables in reST, and a list of where ours is not ahead."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.cases import CASES, Case, Metric
from benchmarks.peers import Peer
from benchmarks.targets import TARGETS, Medians, Target

__all__ = ["figures", "medians_of", "render"]

Results = Mapping[str, Any]
"""``{"machine": {...}, "rounds": n, "cases": {case: {peer: {"rounds": [...], "failures": [...]}}}}``"""

PAGE_NOTE = ".. Written by scripts/bench; do not edit."
OURS_COMPARED = ("webqq, callbacks", "webqq, fetch")


def figures(case: Case, metric: Metric, outcome: Mapping[str, Any]) -> list[float]:
    """The metric in each round that has it."""
    found = []
    for said in outcome["rounds"]:
        try:
            found.append(metric.of(said))
        except KeyError:
            continue
    return found


def medians_of(results: Results) -> dict[tuple[str, str, str], float]:
    """By (case, metric, peer); what was not measured is not there."""
    found = {}
    for case in CASES:
        for name, outcome in results["cases"].get(case.name, {}).items():
            for metric in case.metrics:
                values = figures(case, metric, outcome)
                if values:
                    found[case.name, metric.name, name] = median(values)
    return found


def render(results: Results) -> str:
    """The page's generated part."""
    medians = medians_of(results)
    parts = [
        [PAGE_NOTE, ""],
        _machine(results),
        _heading("What is to be reached"),
        _targets(results, medians),
        _heading("Where ours is not ahead"),
        _not_ahead(medians),
        _missed(medians),
        _heading("Not measured"),
        _failures(results),
    ]
    for case in CASES:
        if case.name in results["cases"]:
            parts += [_heading(case.title), _table(case, results["cases"][case.name])]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _heading(text: str) -> list[str]:
    return ["", text, "-" * len(text), ""]


def _rows(widths: str, rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in rows:
        lines += [f"   {'*' if number == 0 else ' '} - {cell}" for number, cell in enumerate(row)]
    return [*lines, ""]


def _machine(results: Results) -> list[str]:
    facts = {**results["machine"], "Rounds": str(results["rounds"]), "Polls held": str(results["polls"])}
    return [f":{name}: {text}" for name, text in facts.items()]


def _table(case: Case, outcomes: Mapping[str, Any]) -> list[str]:
    shown = [metric for metric in case.metrics if any(figures(case, metric, one) for one in outcomes.values())]
    rows = [["who", *(metric.title for metric in shown)]]
    for peer in _in_order(case, shown, outcomes):
        name = f"**{peer.name}**" if peer.kind == "ours" else peer.name
        rows.append([name, *(_cell(metric, figures(case, metric, outcomes[peer.name])) for metric in shown)])
    return ["Median (best) of the rounds.", "", *_rows(" ".join(["30", *["20"] * len(shown)]), rows)]


def _in_order(case: Case, shown: Sequence[Metric], outcomes: Mapping[str, Any]) -> list[Peer]:
    """Who was measured, best first by the first column."""
    measured = {
        peer: median(values)
        for peer in case.peers
        if shown and peer.name in outcomes and (values := figures(case, shown[0], outcomes[peer.name]))
    }
    return sorted(measured, key=lambda peer: measured[peer])


def _cell(metric: Metric, values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{median(values):,.{metric.digits}f} ({min(values):,.{metric.digits}f})"


# Targets.


def _verdict(target: Target, medians: Medians) -> tuple[str, str, str]:
    """What ours has, what it must have, and the word for it."""
    value = medians.get((target.case, target.metric, target.ours))
    limit = target.limit(medians)
    if value is None or limit is None:
        return "-" if value is None else f"{value:,.2f}", "-" if limit is None else f"{limit:,.2f}", "not measured"
    reached = value < limit if target.is_strict else value <= limit
    return f"{value:,.2f}", f"{'<' if target.is_strict else '≤'} {limit:,.2f}", "reached" if reached else "**missed**"


def _targets(results: Results, medians: Medians) -> list[str]:
    wanted = [target for target in TARGETS if target.case in results["cases"]]
    rows = [["target", "ours", "limit", ""], *([target.text, *_verdict(target, medians)] for target in wanted)]
    return _rows("55 15 15 15", rows)


def _missed(medians: Medians) -> list[str]:
    missed = [target.text for target in TARGETS if _verdict(target, medians)[2] == "**missed**"]
    if not missed:
        return ["", "No target that was measured is missed."]
    return ["", "Targets that are missed:", "", *(f"- {text}" for text in missed)]


def _not_ahead(medians: Medians) -> list[str]:
    """Everyone who does with less what ours does, in any column."""
    lines = [line for case in CASES for metric in case.metrics for line in _better(case, metric, medians)]
    return lines or ["Ours is ahead of everyone in every column that was measured."]


def _better(case: Case, metric: Metric, medians: Medians) -> Iterator[str]:
    ours = [peer.name for peer in case.peers if peer.kind == "ours" and peer.name in _compared(case)]
    for name in ours:
        own = medians.get((case.name, metric.name, name))
        others = [
            (medians[key], peer)
            for peer in case.peers
            if peer.kind != "ours" and (key := (case.name, metric.name, peer.name)) in medians
        ]
        ahead = sorted((value, peer.name) for value, peer in others if own is not None and value <= own)
        if ahead:
            listed = ", ".join(f"{peer} {value:,.{metric.digits}f}" for value, peer in ahead)
            yield f"- {case.title}; {metric.title}: {name} {own:,.{metric.digits}f}; {listed}"


def _compared(case: Case) -> set[str]:
    names = {peer.name for peer in case.peers if peer.kind == "ours"}
    return names & set(OURS_COMPARED) or names


def _failures(results: Results) -> list[str]:
    lines = []
    for case in CASES:
        outcomes = results["cases"].get(case.name)
        if outcomes is None:
            continue
        for name, outcome in outcomes.items():
            if outcome["failures"]:
                reason = _literal(outcome["failures"][-1])
                lines.append(f"- {case.title}: {name} failed {_times(outcome)}: ``{reason}``")
        lines += [f"- {case.title}: {name} {why}" for name, why in case.leaves_out.items()]
    return lines or ["Everyone took part in everything."]


def _times(outcome: Mapping[str, Any]) -> str:
    failed, done = len(outcome["failures"]), len(outcome["rounds"])
    return f"in {failed} of {failed + done} rounds" if done else "each time"


def _literal(text: str) -> str:
    return " ".join(text.replace("`", "'").split()) or "no reason given"
