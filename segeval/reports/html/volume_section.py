"""REPORT-T13: volumes of both sides as Bland and Altman compare them (Lancet 327, 1986).

gap     prediction - ground truth, or their ratio where the gaps grow with the size
bias    mean gap; limits: bias +- 1.96 sd
ratio   the same of logarithms, given back as ratios
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from segeval.reports.html.agreement_chart import Agreement
from segeval.reports.html.shown import label
from segeval.reports.html.worst_reasons import Sizes
from segeval.scorecard.card import CaseResult
from segeval.scoring.pooling import drawn_tallies

LIMITS = 1.96
LEAST = 3  # cases of a chart
GROWS = 0.5  # correlation of size and absolute gap from which on the ratio is shown


def volumes_of(case: CaseResult) -> dict[str, Sizes]:
    """Sizes of both sides by class (ground truth, prediction, unit), from the counts of a case."""
    found: dict[str, Sizes] = {}
    for _, counts in drawn_tallies(case.tallies, "volumes"):
        if not counts.get("unit"):
            continue
        voxel, unit = counts["voxel"], counts["unit"]
        for class_, (both, pred, truth, _) in counts.get("classes", {}).items():
            found[class_] = ((both + truth) * voxel, (both + pred) * voxel, unit)
    return found


def agreements(cases: Iterable[CaseResult], order: Sequence[str]) -> list[Agreement]:
    """A chart a class in their order, of the cases in which both sides have it."""
    by_class: dict[tuple[str, str], tuple[array[float], array[float]]] = {}
    for case in cases:
        for class_, (truth, pred, unit) in volumes_of(case).items():
            if truth > 0 and pred > 0:
                sides = by_class.setdefault((class_, unit), (array("d"), array("d")))
                for side, size in zip(sides, (truth, pred), strict=True):
                    side.append(size)
    place = {name: k for k, name in enumerate(order)}
    return [
        agreement(label(class_), unit, *map(np.array, sides))
        for (class_, unit), sides in sorted(
            by_class.items(), key=lambda item: place.get(item[0][0], len(place))
        )
        if len(sides[0]) >= LEAST
    ]


def agreement(name: str, unit: str, truth: np.ndarray, pred: np.ndarray) -> Agreement:
    """Bias and limits of one class, of its volumes on both sides, float64 (cases,)."""
    gaps, across = pred - truth, (pred + truth) / 2
    ratio = spread_grows(across, np.abs(gaps))
    measured = np.log(pred / truth) if ratio else gaps
    bias = math.fsum(measured.tolist()) / len(measured)
    spread = LIMITS * float(np.std(measured, ddof=1))
    ends = [bias, bias - spread, bias + spread]
    shown = np.exp(measured) if ratio else gaps
    middle, low, high = (math.exp(v) if ratio else v for v in ends)
    return Agreement(
        name, unit, ratio, tuple(across.tolist()), tuple(shown.tolist()), middle, low, high
    )


def spread_grows(across: np.ndarray, gaps: np.ndarray) -> bool:
    """Whether the spread of the gaps grows with the size (Spearman's correlation)."""
    if len(across) < 8:
        return False
    one, other = (np.argsort(np.argsort(v, kind="stable")) for v in (across, gaps))
    return bool(np.corrcoef(one, other)[0, 1] > GROWS)
