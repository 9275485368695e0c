"""REPORT-T17: old, new and the difference with its interval, by class; and the cases that moved
most.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.gates.verdict import Verdict
from segeval.reports.html.account_section import baseline_identity
from segeval.reports.html.charts import PAGE, Layout, with_unit
from segeval.reports.html.difference_charts import Change, draw_changes
from segeval.reports.html.interval_cells import interval_cell
from segeval.reports.html.shown import (
    Heading,
    headings,
    label,
    place_of_case,
    place_of_class,
    show_number,
)
from segeval.reports.html.signed_values import (
    SIGNED,
    compared_side,
    difference_axis,
    is_signed,
    signed_means,
)
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard
from segeval.scoring.pooling import drawn_tallies
from segeval.statistics.paired import metrics_with_better, pair_rows
from segeval.statistics.shared_cases import SharedCases

MOVED = 15


def baseline_section(
    card: Scorecard, heads: list[Heading], baseline: Scorecard | None, path: str
) -> dict[str, Any] | None:
    """The comparison with the baseline; None where no verdict is of one."""
    verdicts = [verdict for verdict in card.gates if verdict.against is not None]
    if not verdicts:
        return None
    known = {head.name: head for head in heads}
    tables = []
    for head in heads:
        own = verdicts_of(verdicts, head)
        signed = signed_means(card, baseline, head) if own else {}
        if own:
            tables.append(
                {
                    "heading": head,
                    "rows": [_row(v, head, signed) for v in own],
                    "chart": draw_differences(own, head),
                    "signed": bool(signed),
                    "remark": SIGNED if is_signed(head) else "",
                    "words": [compared_side(word, head) for word in ("old", "new")],
                    "difference": difference_axis("new", "old", head),
                }
            )
    first = verdicts[0].against
    assert first is not None
    return {
        "tables": tables,
        "policy": first.policy,
        "level": show_number(100 * first.level, 0),
        "adjust": first.adjust,
        "moved": moved_cases(card, baseline, known) if baseline else [],
        "identity": baseline_identity(baseline, Path(path).name) if baseline else [],
        "same_truth": same_truth(card, baseline) if baseline else "",
    }


def _row(
    verdict: Verdict, head: Heading, signed: Mapping[tuple[str, str], tuple[float, float]]
) -> dict[str, Any]:
    held = verdict.against
    assert held is not None
    means = signed.get((verdict.class_, verdict.group), (math.nan, math.nan))
    pooled = verdict.statistic == "pooled"
    return {
        "name": label(verdict.class_),
        "link": place_of_class(verdict.class_),
        "group": verdict.group,
        "word": "PASS" if verdict.passed else "FAIL",
        "n": verdict.n,
        "old": head.show(held.baseline),
        "new": head.show(verdict.value),
        "difference": head.show_change(held.difference, 1),
        "interval": interval_cell(held.low, held.high, verdict.n, lambda v: head.show_change(v, 1)),
        "signed": [head.show(math.nan if pooled else mean) for mean in means],
        "statistic": "pooled" if pooled else "",
        "tolerance": head.show(held.tolerance),
        "reason": verdict.reason,
    }


def baseline_charts(
    card: Scorecard, settings: Settings, layout: Layout
) -> Iterator[tuple[Heading, str]]:
    """The chart of each metric that was judged by a baseline."""
    for head in headings(card, settings):
        own = verdicts_of(card.gates, head)
        if chart := draw_differences(own, head, layout):
            yield head, chart


def verdicts_of(verdicts: Sequence[Verdict], head: Heading) -> list[Verdict]:
    """The verdicts by a baseline on a metric."""
    judged = [v for v in verdicts if v.against is not None and v.metric == head.name]
    return [v for v in judged if v.unit in ("", head.unit)]


def draw_differences(verdicts: Sequence[Verdict], head: Heading, layout: Layout = PAGE) -> str:
    """A line a class: what it gained or lost."""
    changes = []
    for verdict in verdicts:
        held = verdict.against
        if held is not None and math.isfinite(held.difference):
            group = f" [{verdict.group}]" if verdict.group else ""
            ends = (held.low, held.high) if verdict.n > 1 else (math.nan, math.nan)
            changes.append(
                Change(
                    label(verdict.class_) + group,
                    f"#{place_of_class(verdict.class_)}",
                    held.difference,
                    *ends,
                    not verdict.passed,
                )
            )
    title = f"{head.name}: difference to the baseline"
    across = with_unit(difference_axis("new", "old", head), head.unit)
    return draw_changes(title, across, changes, layout) if changes else ""


def moved_cases(
    card: Scorecard, baseline: Scorecard, heads: dict[str, Heading]
) -> list[dict[str, Any]]:
    """The cases whose value in the leading metric changed most, the largest change first."""
    shared = metrics_with_better(text for text in card.metrics if text in baseline.metrics)
    if not shared:
        return []
    lead = next(iter(shared))
    cases = SharedCases(card.cases, baseline.cases)
    found = []
    for name, pairs in pair_rows(cases, {lead: shared[lead]}).items():
        change = pairs.difference
        for k in np.flatnonzero(np.isfinite(change) & (change != 0)).tolist():
            row = (float(change[k]), name.class_, cases.names[k])
            found.append((row, float(pairs.theirs[k]), float(pairs.mine[k]), pairs.worse))
    found.sort(key=lambda one: -abs(one[0][0]))
    head = heads[lead]
    return [
        {
            "case": case,
            "link": place_of_case(case),
            "class": label(class_),
            "metric": lead,
            "compared": head.compared,
            "old": head.show(old),
            "new": head.show(new),
            "difference": head.show_change(change),
            "word": "worse" if change * worse > 0 else "better",
        }
        for (change, class_, case), old, new, worse in found[:MOVED]
    ]


def same_truth(card: Scorecard, baseline: Scorecard) -> str:
    """Whether both runs had the same ground truth: by the voxels of its classes in shared cases."""
    own, other = _truth_voxels(card), _truth_voxels(baseline)
    shared = [key for key in own if key in other]
    if not shared:
        return "not known: no counts of the ground truth are in both files"
    differing = [key for key in shared if own[key] != other[key]]
    if not differing:
        return "the same in every case and class that both have"
    case, class_ = differing[0]
    return f"different in {len(differing)} of {len(shared)}: {case}, {class_}"


def _truth_voxels(card: Scorecard) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for case in card.cases:
        for _, counts in drawn_tallies(case.tallies, "volumes"):
            for class_, (both, _, truth, _) in counts.get("classes", {}).items():
                found[case.case, class_] = both + truth
    return found
