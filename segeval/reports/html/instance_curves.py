"""REPORT-T16: the curves of scored instances, out of what the result file keeps of them.

precision and recall  at IoU >= 50 %, as COCO counts them
FROC                  lesions found by the rule of the first `froc`, over false ones a case
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from segeval.kernels.froc import curve_points
from segeval.metrics.candidates import MISSED, best_inside, best_near
from segeval.metrics.matched_detections import MatchRule, match_data_set
from segeval.reports.html.curve_charts import draw_curve
from segeval.reports.html.shown import label
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import Scorecard
from segeval.scoring.pooling import finished_tallies, result_type
from segeval.scoring.tally_kind import ReportPart
from segeval.tallies.candidates import CaseCandidates

HALF = Fraction(1, 2)
POINTS = 400  # of a curve
RATES = 8.0  # false positives a case, at most

Points = list[tuple[float, float]]
HitRule = Callable[[CaseCandidates], tuple[Floats, Floats]]


@frozen
class Curve:
    """A curve of shares.

    points      across, upwards
    references  instances of the ground truth that it is of
    """

    title: str
    points: Points
    across: str
    up: str
    references: int


def curve_figure(curve: Curve) -> dict[str, Any]:
    """A curve with its chart, as the page has it."""
    return {
        "title": curve.title,
        "n": curve.references,
        "chart": draw_curve(curve.title, curve.points, curve.across, curve.up),
    }


def pooled_tallies(card: Scorecard, part: ReportPart) -> list[Any]:
    """The tallies that a part is drawn of, each of all cases as one."""
    found = finished_tallies(card.cases, part)
    return [result_type(name).pool_cases(many) for name, many in found.items()]


def froc_curves(card: Scorecard) -> Iterator[Curve]:
    """Sensitivity over false positives a case, of each class of a detection map."""
    rule = hit_rule(card.metrics)
    for found in pooled_tallies(card, "froc"):
        for name, cases in zip(found.classes, found.cases, strict=True):
            lesions = sum(len(case.lesion) for case in cases)
            if lesions:
                points = froc_points(cases, lesions, rule)
                title = f"FROC, {label(name)}"
                yield Curve(title, points, "false positives a case", "sensitivity", lesions)


def hit_rule(metrics: Sequence[str]) -> HitRule:
    """By which a candidate finds a lesion: that of the first `froc` that was asked for."""
    asked = [text for text in metrics if text.startswith("froc")]
    return best_near if asked and "luna16" in asked[0] else best_inside


def froc_points(cases: Any, lesions: int, rule: HitRule) -> Points:
    """The points of a class's curve, from none of its candidates on."""
    hits, false = (
        np.concatenate(part) for part in zip(*(rule(case) for case in cases), strict=True)
    )
    rate, sensitivity = curve_points(hits, false, lesions, len(cases), lowest=True, missed=MISSED)
    shown = rate <= RATES
    return thin_points(rate[shown][::-1], sensitivity[shown][::-1])


def precision_curves(card: Scorecard) -> Iterator[Curve]:
    """Precision over recall of scored instances at IoU 50 %, of each class."""
    for tables in pooled_tallies(card, "precision"):
        if not tables.scored:
            continue
        matched = match_data_set(tables, MatchRule("mask", (HALF,)))
        for place, name in enumerate(tables.names):
            many = int(matched.references[0, place])
            own = (matched.class_ == place) & matched.counted[0, 0]
            if many and own.any():
                order = np.argsort(-matched.score[own], kind="stable")
                hit = np.cumsum(matched.hit[0, 0][own][order])
                points = thin_points(hit / many, hit / np.arange(1, len(hit) + 1))
                title = f"precision and recall, {label(name)}"
                yield Curve(title, points, "recall", "precision", many)


def thin_points(x: Floats, y: Floats) -> Points:
    """So many points of a curve, its ends among them."""
    if len(x) > POINTS:
        some = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
        x, y = x[some], y[some]
    return list(zip(x.tolist(), y.tolist(), strict=True))
