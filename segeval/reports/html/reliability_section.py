"""REPORT-T15: bins of confidence, added up over all cases, as a reliability diagram with counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from segeval.reports.html.curve_charts import draw_reliability
from segeval.reports.html.shown import Shown, label
from segeval.runtime.arrays import Floats
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scoring.pooling import drawn_tallies

SHOWN = 12  # diagrams


def pooled_bins(card: Scorecard) -> dict[str, tuple[list[str], Floats]]:
    """The bins of every piece that holds some, by its key: class names, (classes, bins, 3)."""
    found: dict[str, tuple[list[str], Floats]] = {}
    for case in card.cases:
        for key, (names, bins) in bins_of(case).items():
            if key not in found:
                found[key] = (names, bins)
            elif found[key][1].shape == bins.shape:
                found[key] = (names, found[key][1] + bins)
    return found


def bins_of(case: CaseResult) -> dict[str, tuple[list[str], Floats]]:
    """The bins of one case."""
    made: dict[str, tuple[list[str], Floats]] = {}
    for tally, kept in drawn_tallies(case.tallies, "reliability"):
        for key, totals in kept.get("pieces", {}).items():
            kind = key.partition(":")[0]
            bins = np.array(totals, np.float64) if "bins" in kind else np.zeros(0)
            if bins.ndim == 2 and bins.shape[1] == 3:
                made[f"{tally} {key}"] = ([""], bins[None])
            elif bins.ndim == 3 and bins.shape[2] == 3:
                made[f"{tally} {key}"] = (list(kept["classes"]), bins)
    return made


def reliability_points(card: Scorecard) -> list[tuple[str, list[tuple[float, float, float]]]]:
    """Voxels, confidence and accuracy of each bin, of the predicted label and of each class."""
    found: list[tuple[str, list[tuple[float, float, float]]]] = []
    for key, (names, every) in pooled_bins(card).items():
        part = key.partition(" ")[0].partition(":")[2]
        for name, bins in zip(names, every, strict=True):
            if not np.isfinite(bins).all() or not bins[:, 0].any():
                continue
            title = label(name) if name else "predicted label"
            voxels, sure, hits = bins[bins[:, 0] > 0].T
            columns = (voxels.tolist(), (sure / voxels).tolist(), (hits / voxels).tolist())
            found.append((f"{title}, {part}" if part else title, list(zip(*columns, strict=True))))
    return found


def reliability_section(card: Scorecard) -> list[dict[str, Any]]:
    """A diagram with its error and its table, for the predicted label and for each class."""
    return [_diagram(title, points) for title, points in reliability_points(card)[:SHOWN]]


def _diagram(title: str, points: list[tuple[float, float, float]]) -> dict[str, Any]:
    total = sum(n for n, _, _ in points)
    gap = math.fsum(n * abs(a - c) for n, c, a in points) / total
    return {
        "title": title,
        "ece": Shown(f"{gap:.4f}", repr(gap)),
        "chart": draw_reliability(title, points),
        "bins": [
            (int(n), Shown(f"{c:.3f}", repr(c)), Shown(f"{a:.3f}", repr(a))) for n, c, a in points
        ],
    }
