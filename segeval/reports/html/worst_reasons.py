"""REPORT-T11: why a value is bad, in words: out of what the rows and the counts of its class have.

    missed, spurious    one side alone has the structure
    no overlap          both sides have it, nowhere at the same place
    a far part          the largest distance is far beyond what is usual along the border
    volume              one side is larger by a fifth or more
    placed otherwise    the volumes agree, the overlap does not

The first that holds and the volume are said. What a run did not ask for is not guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from segeval.reports.html.shown import MINUS
from segeval.request.grammar import Metric, parse_metric
from segeval.scorecard.card import Row

APART = 0.2  # share of the volume that is a reason
LOW = 0.7  # Dice below which volumes that agree are worth a word
WORDS = {
    "pred_empty": "missed: the prediction has none",
    "class_absent": "missed: the prediction does not have the class",
    "gt_empty": "spurious: the ground truth has none",
    "both_empty": "on neither side",
}
OVERLAPS = ("dice", "iou", "recall", "precision")
MEANS = ("assd", "masd")  # distances along the border, on average
# How often the usual distance a far one is, from which on it is a part and not the border.
TIMES = {("largest", "percentile"): 3.0, ("largest", "mean"): 10.0, ("percentile", "mean"): 5.0}
Sizes = tuple[float, float, str]  # of the ground truth and of the prediction, and their unit


def why_bad(rows: Sequence[Row], volumes: Sizes | None) -> str:
    """Missed, spurious, a far part or the volume: what the rows of a class say.

    volumes  of the ground truth and of the prediction, where they are known
    """
    reasons = [row.reason for row in rows if row.reason in WORDS]
    if reasons:
        return WORDS[reasons[0]]
    known = [(parse_metric(r.metric), r.value) for r in rows if r.metric]
    known = [(metric, value) for metric, value in known if math.isfinite(value)]
    values = {metric.name: value for metric, value in reversed(known)}
    words = [word for word in (_place(values), _far_part(known)) if word]
    words += [word for word in (_volume(values, volumes),) if word]
    return "; ".join(words) or _otherwise(values, volumes)


def _place(values: Mapping[str, float]) -> str:
    nothing = any(values.get(name) == 0 for name in OVERLAPS)
    return "no overlap: both sides have it, at different places" if nothing else ""


def _far_part(known: Sequence[tuple[Metric, float]]) -> str:
    """The first pair of distances of which one is far beyond the other, in words."""
    distances = list(_distances(known))
    for (far, usual), times in TIMES.items():
        for kind, name, value in distances:
            for other, usual_name, beside in distances:
                if (kind, other) == (far, usual) and value > times * beside > 0:
                    how = value / beside
                    return f"a far part: {name} is {how:.{0 if how >= 10 else 1}f} × {usual_name}"
    return ""


def _distances(known: Sequence[tuple[Metric, float]]) -> Iterator[tuple[str, str, float]]:
    """Distances along the border by what they are of it: the largest, a percentile, the mean."""
    for metric, value in known:
        if metric.name == "hd":
            yield "percentile" if metric.at is not None else "largest", str(metric), value
        elif metric.name in MEANS:
            yield "mean", str(metric), value


def _volume(values: Mapping[str, float], volumes: Sizes | None) -> str:
    share = volume_share(values, volumes)
    return f"volume: {100 * share:+.0f} %".replace("-", MINUS) if abs(share) >= APART else ""


def volume_share(values: Mapping[str, float], volumes: Sizes | None) -> float:
    """(prediction - ground truth) / ground truth, by the counts or by a metric; nan without both.

    values   of the metrics of a class, by their names
    volumes  of the ground truth and of the prediction, where they are known
    """
    truth, pred, _ = volumes or (values.get("gt_volume", math.nan), math.nan, "")
    if volumes is None:
        pred = truth + values.get("volume_difference", math.nan)
        pred = values.get("pred_volume", pred)
    if truth > 0 and not math.isnan(pred):
        return (pred - truth) / truth
    return values.get("relative_volume_difference", math.nan) / 100


def _otherwise(values: Mapping[str, float], volumes: Sizes | None) -> str:
    """Volumes that agree say nothing of the place."""
    agree = abs(volume_share(values, volumes)) < APART
    iou = values.get("iou", math.nan)
    dice = values.get("dice", 2 * iou / (1 + iou))
    found = agree and dice < LOW
    return "placed otherwise: the volumes agree, the overlap does not" if found else ""
