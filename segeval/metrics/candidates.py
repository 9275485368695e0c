"""Lesion candidates of a detection map, each with a confidence: curves over a data set.

    lesion_ap    area under precision over recall of lesions         PI-CAI
    case_auroc   area under the ROC curve of cases                   PI-CAI
    froc         sensitivity at a rate of false positives a case     CAMELYON16, LUNA16, PI-CAI

A candidate is a component of the voxels with a confidence above 0, with its largest confidence.
These are numbers of a data set, not of a case: `pooled` is their one statistic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from segeval.kernels.froc import (
    CAMELYON,
    LUNA16,
    case_auroc,
    curve_points,
    interpolate_sensitivities,
    sensitivity_not_above,
    step_average_precision,
)
from segeval.kernels.instance_matching import match_instances
from segeval.kernels.overlaps import Overlaps, reach_threshold
from segeval.metrics.registry import Option, Values, metric
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.tallies.candidates import Candidates, CaseCandidates

OF_DATA_SET: Any = {"better": "higher", "bounds": (0.0, 1.0), "leads": "pooled", "one": True}
MISSED = -math.inf  # the confidence of a lesion that no candidate finds
EXTRA = Option("ignore", ("ignore", "fp"))
Cases = Sequence[CaseCandidates]


def read_percent(word: str) -> Fraction:
    """A share as it is written, `10%`."""
    share = Fraction(word.removesuffix("%")) / 100
    if not 0 < share <= 1:
        raise ValueError("a share is above 0% and at most 100%")
    return share


OVER = Option("10%", read=read_percent)


def candidate_values(s: Candidates, of: Callable[[Cases], float]) -> Values:
    """A number of the cases of every class."""
    return Values(np.array([of(cases) if cases else np.nan for cases in s.cases], np.float64))


def picai_outcomes(case: CaseCandidates, over: Fraction, extra: str) -> tuple[Mask, Floats]:
    """Which outcomes of a case are lesions, and their confidence: 0 of a lesion that was missed.

    over   the IoU that is enough
    extra  what becomes of a free candidate that overlaps enough: ignore, or fp
    """
    found, ignored = match_candidates(case, over, extra)
    false = np.ones(len(case.score), np.bool_)
    false[found[:, 0]] = False
    false[ignored[:, 0]] = False
    missed = len(case.lesion) - len(found)
    score = np.concatenate([case.score[found[:, 0]], np.zeros(missed), case.score[false]])
    return np.arange(len(score)) < len(case.lesion), score


def match_candidates(case: CaseCandidates, over: Fraction, extra: str) -> tuple[Counted, Counted]:
    """The pairs (candidate, lesion) of PI-CAI, and all that overlap enough; int64 (n, 2) both.

    over   the IoU that is enough
    extra  fp: no free candidate that overlaps enough is left out
    """
    # The pairs as (lesion, candidate), sorted by the lesion.
    order = np.lexsort((case.pair[:, 0], case.pair[:, 1]))
    candidate, lesion, shared = case.pair[order].T
    union = case.lesion[lesion] + case.size[candidate] - shared
    enough = reach_threshold(shared, union, over, tie=True)
    # What overlaps too little is in no sum, as picai_eval has it: nothing there is to be had.
    candidate, lesion, shared = candidate[enough], lesion[enough], shared[enough]
    overlaps = Overlaps(case.lesion, case.size, lesion, candidate, shared)
    found = match_instances(overlaps, "optimal", "iou", over, tie=True)
    near = np.stack([candidate, lesion], axis=1)
    near = near if extra == "ignore" else near[:0]
    return np.stack([found.other, found.one], axis=1), near


def all_outcomes(cases: Cases, over: Fraction, extra: str) -> tuple[Mask, Floats]:
    """The outcomes of a data set."""
    pairs = [picai_outcomes(case, over, extra) for case in cases]
    hit = np.concatenate([np.zeros(0, np.bool_), *(hit for hit, _ in pairs)])
    return hit, np.concatenate([np.zeros(0), *(score for _, score in pairs)])


@metric("lesion_ap", of="candidates", at=("%",), default="10%", options={"extra": EXTRA},
        origin="picai", **OF_DATA_SET)  # fmt: skip
def lesion_ap(s: Candidates, at: float, extra: str) -> Values:
    """Average precision of lesion candidates.

    formula  most pairs of a candidate and a lesion with IoU >= 10 %, then the largest sum; a missed
             lesion has confidence 0; a free candidate that overlaps enough is left out (extra=fp: a
             false positive); step integral of precision over recall
    empty    no lesion in the data set: undefined; no candidate: 0
    source   Saha et al., Lancet Oncol. 25(7), 2024; picai_eval 1.4.13
    """
    over = Fraction(str(at)) / 100
    return candidate_values(
        s, lambda cases: step_average_precision(*all_outcomes(cases, over, extra))
    )


@metric("case_auroc", of="candidates", origin="picai", **OF_DATA_SET)
def auroc_of_cases(s: Candidates) -> Values:
    """Area under the ROC curve of cases, by the largest confidence of each.

    formula  share of the pairs (case with a lesion, case without) in which the former has the
             larger confidence; ties count half
    empty    no case with a lesion, or none without: undefined
    source   Saha et al., Lancet Oncol. 25(7), 2024; picai_eval 1.4.13
    """

    def of(cases: Cases) -> float:
        positive = np.array([len(case.lesion) > 0 for case in cases], np.bool_)
        score = np.array([case.score.max(initial=-math.inf) for case in cases])
        return case_auroc(positive, score)

    return candidate_values(s, of)


def best_inside(case: CaseCandidates) -> tuple[Floats, Floats]:
    """The best confidence of each lesion that a centre lies in, -inf of none; and of no lesion."""
    found = np.full(len(case.lesion), MISSED)
    hit = case.lands >= 0
    np.maximum.at(found, case.lands[hit], case.score[hit])
    return found, case.score[~hit]


def best_near(case: CaseCandidates) -> tuple[Floats, Floats]:
    """The same of centres nearer than the radius of the lesion; doubles are neither."""
    found, free = np.full(len(case.lesion), MISSED), np.ones(len(case.score), np.bool_)
    np.maximum.at(found, case.near[:, 1], case.score[case.near[:, 0]])
    free[case.near[:, 0]] = False
    return found, case.score[free]


def interpolate_sensitivity(
    s: Candidates, hits: Callable[[CaseCandidates], tuple[Floats, Floats]],
    at: float | None, rates: Sequence[float], lowest: bool,
) -> Values:  # fmt: skip
    """The interpolated sensitivity at a rate, or its mean over several."""

    def of(cases: Cases) -> float:
        lesions = sum(len(case.lesion) for case in cases)
        if not lesions:
            return math.nan
        pairs = [hits(case) for case in cases]
        found, false = (np.concatenate(part) for part in zip(*pairs, strict=True))
        points = curve_points(found, false, lesions, len(cases), lowest, MISSED)
        return float(interpolate_sensitivities(points, rates if at is None else [at]).mean())

    return candidate_values(s, of)


@metric("froc", of="candidates", at=("",), origin="camelyon", **OF_DATA_SET)
def froc_camelyon(s: Candidates, at: float | None) -> Values:
    """Sensitivity at a rate of false positives a case; without a rate the mean over 1/4 to 8.

    formula  a candidate whose centre lies in a lesion finds it, the best one counts; others are
             false; linear interpolation, the lowest confidence left out; rates 1/4, 1/2, 1, 2, 4, 8
    empty    no lesion in the data set: undefined; no candidate: 0
    source   Bejnordi et al., JAMA 318(22), 2017; MONAI 1.6.1
    """
    return interpolate_sensitivity(s, best_inside, at, CAMELYON, lowest=False)


@metric("froc", of="candidates", at=("",), origin="luna16", **OF_DATA_SET)
def froc_luna16(s: Candidates, at: float | None) -> Values:
    """Sensitivity at a rate of false positives a case; without a rate the mean over 1/8 to 8.

    formula  a candidate whose centre is nearer to a lesion's than its radius (of a ball as large)
             finds it, the best one counts and its others are neither; linear interpolation; rates
             1/8, 1/4, 1/2, 1, 2, 4, 8
    empty    no lesion in the data set: undefined; no candidate: 0
    source   Setio et al., Med. Image Anal. 42, 2017
    """
    return interpolate_sensitivity(s, best_near, at, LUNA16, lowest=True)


@metric("froc", of="candidates", at=("",), options={"extra": EXTRA, "over": OVER}, origin="picai",
        **OF_DATA_SET)  # fmt: skip
def froc_picai(s: Candidates, at: float | None, extra: str, over: Fraction) -> Values:
    """Sensitivity at a rate of false positives a case; without a rate the mean over 1/4 to 8.

    formula  pairs as `lesion_ap:as=picai`; the largest sensitivity at a rate not above the one
             asked for, no interpolation, in float32 as the program counts
    empty    no lesion in the data set: undefined; no candidate: 0
    source   Saha et al., Lancet Oncol. 25(7), 2024; picai_eval 1.4.13
    """

    def of(cases: Cases) -> float:
        hit, score = all_outcomes(cases, over, extra)
        rates = CAMELYON if at is None else (at,)
        return float(np.mean([sensitivity_not_above(hit, score, len(cases), r) for r in rates]))

    return candidate_values(s, of)
