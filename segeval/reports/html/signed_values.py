"""Metrics that are better nearer to zero: |v| is compared, and what has a sign stands beside.

A mean of -3 ml may be of -3 and -3, or of -40 and +34: whether a model is better is told by the
distances from zero, in which direction it errs by the signed mean.
"""

from __future__ import annotations

import math

from segeval.reports.html.shown import Heading
from segeval.runtime.arrays import Floats
from segeval.scorecard.card import Scorecard
from segeval.statistics.paired import metrics_with_better, pair_rows
from segeval.statistics.shared_cases import SharedCases

Key = tuple[str, str]  # class and group
SIGNED = (
    "Nearer to 0 is better, so distances from zero, |v|, are compared: a difference below 0 is an "
    "improvement. The signed means beside them tell the direction."
)


def is_signed(head: Heading) -> bool:
    """Whether the values of a metric lie on both sides of zero, which is the best."""
    return head.definition.better == "zero"


def difference_axis(text: str, other: str, head: Heading) -> str:
    """What a chart of differences is of: `new − old`, or `|new| − |old|`.

    text, other  what is compared
    """
    return f"|{text}| − |{other}|" if is_signed(head) else f"{text} − {other}"


def compared_side(text: str, head: Heading) -> str:
    """What is compared of a metric or a side of it: `|volume_difference|` where it has a sign."""
    return f"|{text}|" if is_signed(head) else text


def signed_means(
    card: Scorecard, baseline: Scorecard | None, head: Heading
) -> dict[Key, tuple[float, float]]:
    """The means of the values themselves by class and group, (old, new), over the paired cases."""
    if baseline is None or not is_signed(head):
        return {}
    cases = SharedCases(card.cases, baseline.cases)
    metrics = metrics_with_better([head.name])
    found: dict[Key, tuple[float, float]] = {}
    for name, pairs in pair_rows(cases, metrics).items():
        if name.unit not in ("", head.unit):
            continue
        for group in card.summary:
            inside = cases.inside(group)
            old, new = (_mean(side[inside]) for side in (pairs.theirs, pairs.mine))
            found[name.class_, group] = (old, new)
    return found


def _mean(values: Floats) -> float:
    known = [v for v in values.tolist() if math.isfinite(v)]
    return math.fsum(known) / len(known) if known else math.nan
