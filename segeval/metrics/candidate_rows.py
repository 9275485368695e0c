"""Every candidate and lesion of a case as a row: what became of it under the rule of a metric.

matched   a lesion that is found, and the candidate that counts for it
missed    a lesion without a candidate
spurious  a candidate without a lesion: a false positive
ignored   a further candidate of a found lesion, one that overlaps enough with a lesion of another,
          and what lies in void or in an excluded finding; an excluded finding itself
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from segeval.metrics.candidates import match_candidates, read_percent
from segeval.metrics.registry import Definition, metric_arguments
from segeval.request.grammar import Metric
from segeval.runtime.arrays import Counted, Floats
from segeval.tallies.candidates import CaseCandidates, PlacedCandidates

Place = Callable[[tuple[float, ...]], dict[str, Any]]


def list_candidates(
    case: CaseCandidates, at: PlacedCandidates, metric: Metric, known: Definition, place: Place
) -> list[dict[str, Any]]:
    """The rows of a class: lesions, then candidates, each in the order of their numbers.

    at     where they lie, those that do not count among them
    place  a centre as x, y, z and their unit
    """
    pairs, near = pair_candidates(case, metric, known)
    own = [np.flatnonzero(at.counted[which]) + 1 for which in (0, 1)]  # numbers of what counts
    rows = []
    for side, marks in ((1, at.lesion), (0, at.candidate)):
        called = (own[which][pairs[:, which]].tolist() for which in (side, 1 - side))
        partner = dict(zip(*called, strict=True))
        beside = set(own[side][near[:, side]].tolist())
        counted = set(own[side].tolist())
        for number in range(1, len(marks) + 1):
            state = "missed" if side else "spurious"
            if number in partner:
                state = "matched"
            elif number not in counted or (not side and number in beside):
                state = "ignored"
            other = partner.get(number)
            rows.append({
                "side": "gt" if side else "pred",
                "id": number,
                "state": state,
                "partners": [] if other is None else [other],
                "score": None if side else float(at.score[number - 1]),
                "voxels": None if marks.side is None else int(marks.size[number - 1]),
                **place(tuple(marks.centre[number - 1].tolist())),
                **fit_of_pair(case, own, (number, other), side),
                "hd95": None,
            })  # fmt: skip
    return rows


def pair_candidates(
    case: CaseCandidates, metric: Metric, known: Definition
) -> tuple[Counted, Counted]:
    """Candidates and lesions that are each other's, and those that are near enough, (n, 2) both."""
    rule = metric_arguments(metric, known)
    if known.origin == "picai":
        over = rule.get("over") or read_percent(f"{rule['at']}%" if "at" in rule else "10%")
        return match_candidates(case, over, rule.get("extra", "ignore"))
    if known.origin == "luna16":
        near = case.near
    else:
        hit = np.flatnonzero(case.lands >= 0)
        near = np.stack([hit, case.lands[hit]], axis=1)
    return best_of_each(near, case.score), near


def best_of_each(near: Counted, score: Floats) -> Counted:
    """The candidate of the largest confidence of each lesion, the first of equal ones."""
    order = np.lexsort((near[:, 0], -score[near[:, 0]], near[:, 1]))
    sorted_ = near[order]
    _, first = np.unique(sorted_[:, 1], return_index=True)
    return sorted_[first]


def fit_of_pair(
    case: CaseCandidates, own: list[Counted], pair: tuple[int, int | None], side: int
) -> dict[str, float | None]:
    """IoU and Dice of an instance and its partner; None without one, or without masks."""
    number, partner = pair
    if partner is None or not len(case.pair):
        return {"iou": None, "dice": None}
    numbers = (number, partner) if side == 0 else (partner, number)
    one, two = (int(np.searchsorted(own[k], numbers[k])) for k in (0, 1))
    found = case.pair[(case.pair[:, 0] == one) & (case.pair[:, 1] == two)]
    shared = int(found[0, 2]) if len(found) else 0
    both = int(case.size[one] + case.lesion[two])
    return {"iou": shared / (both - shared), "dice": 2 * shared / both}
