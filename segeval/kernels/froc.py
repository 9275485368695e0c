"""Curves of scored candidates: sensitivity over false positives a case, and precision over recall.

    froc      picai      points of all confidences but the lowest; the largest sensitivity at a rate
                         not above the one asked for, no interpolation
              camelyon   points of all confidences but the lowest, and (0, 0); linear interpolation
              luna16     points of all confidences, and (0, 0); linear interpolation
    ap        picai      the step integral of precision over recall; a missed lesion has confidence
                         0, where precision is 0
    auroc     picai      of cases: the largest confidence against whether there is a lesion

Sources: Saha et al., Lancet Oncol. 25(7), 2024 (picai_eval 1.4.13); Bejnordi et al., JAMA 318(22),
2017 (MONAI 1.6.1); Setio et al., Med. Image Anal. 42, 2017 (the script of LUNA16).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.runtime.arrays import Counted, Floats, Mask

CAMELYON = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
LUNA16 = (0.125, *CAMELYON)


def step_average_precision(hit: Mask, score: Floats) -> float:
    """Average precision of PI-CAI; nan without a lesion.

    hit    bool (n,), lesions that were found, and those that were missed with score 0
    score  (n,)
    """
    lesions = int(hit.sum())
    if not lesions:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    found, level = np.cumsum(hit[order]), score[order]
    last = np.flatnonzero(np.diff(level, append=-1.0))
    precision = np.where(level[last] == 0, 0.0, found[last] / (last + 1))
    return float((np.diff(found[last], prepend=0) / lesions) @ precision)


def sensitivity_not_above(hit: Mask, score: Floats, cases: int, rate: float) -> float:
    """The sensitivity of PI-CAI at a rate of false positives a case; nan without a lesion.

    The program counts in float32, and so its sensitivity is the nearest float32. The lowest
    confidence is its point at infinity.

    hit      bool (n,), whether each candidate is a lesion that was to be found
    score    float (n,) confidences
    cases    how many cases all come from
    rate     false positives a case
    returns  0 to 1
    """
    lesions = int(hit.sum())
    if not lesions:
        return float("nan")
    levels = np.unique(score)[::-1]
    found, false = counts_at(hit, score, levels)
    rates: Floats = false.astype(np.float32) / cases
    near = np.flatnonzero(rates[:-1] <= min(rate, float(np.finfo(np.float32).max)))
    return float(np.float32(found[near[-1]]) / np.float32(lesions)) if len(near) else 0.0


def curve_points(  # noqa: PLR0913 - a curve, and what is below it
    found: Floats, false: Floats, lesions: int, cases: int, lowest: bool, missed: float = 0.0
) -> tuple[Floats, Floats]:
    """The rate of false positives a case and the sensitivity at each confidence, and (0, 0).

    found    confidence of each lesion, `missed` where it was
    false    confidence of each false positive
    lesions  how many lesions there are, at least 1
    cases    how many cases
    lowest   whether the lowest confidence has a point; else it has none, missed lesions included
    missed   below every confidence
    returns  float64 (k + 1,) twice
    """
    levels = np.unique(np.concatenate([found, false]))
    levels = levels[levels > missed] if lowest else levels[1:]
    rate = np.array([*((false >= level).sum() for level in levels), 0]) / cases
    sensitivity = np.array([*((found >= level).sum() for level in levels), 0]) / lesions
    return rate, sensitivity


def interpolate_sensitivities(points: tuple[Floats, Floats], rates: Sequence[float]) -> Floats:
    """The sensitivity at each rate of false positives a case.

    points   rates, falling, and sensitivities, as `curve_points` gives them
    rates    where to read the curve, false positives a case
    returns  float64, one a rate
    """
    rate, sensitivity = points
    made: Floats = np.interp(np.asarray(rates), rate[::-1], sensitivity[::-1])
    return made


def counts_at(hit: Mask, score: Floats, levels: Floats) -> tuple[Counted, Counted]:
    """Hits and false positives of at least each level."""
    kept = score[None] >= levels[:, None]
    return (kept & hit).sum(axis=1), (kept & ~hit).sum(axis=1)


def case_auroc(positive: Mask, score: Floats) -> float:
    """The area under the ROC curve of cases, ties counting half; nan where one kind is missing.

    positive  bool (n,), whether a case has a lesion
    score     float (n,) the confidence that it has one
    """
    yes, no = score[positive], score[~positive]
    if not len(yes) or not len(no):
        return float("nan")
    above = (yes[:, None] > no[None]).sum() + (yes[:, None] == no[None]).sum() / 2
    return float(above / (len(yes) * len(no)))


def nearest_in_order(distance: Floats, radius: float) -> tuple[int, int, int]:
    """Hits, misses and false positives of grand-challenge: references take in their order.

    Each takes its nearest free prediction within the radius; all others are false.

    distance  (references, predictions)
    """
    free = np.ones(distance.shape[1], np.bool_)
    hits = 0
    for row in distance:
        open_ = np.where(free, row, np.inf)
        if len(open_) and open_.min() <= radius:
            free[int(open_.argmin())] = False
            hits += 1
    return hits, len(distance) - hits, int(free.sum())
