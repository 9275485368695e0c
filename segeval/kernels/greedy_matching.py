"""Greedy rules of matching: by falling score, with parts, by confidence, by distance."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from segeval.kernels.overlaps import (
    Matching,
    Overlaps,
    pair_score,
    reach_threshold,
    score_fractions,
)
from segeval.runtime.arrays import Floats, Mask


def _by_falling_score(o: Overlaps, value: Floats, good: Mask) -> list[int]:
    """Pairs by falling score; of equal ones the lower prediction, then the lower reference."""
    which = np.flatnonzero(good)
    order = np.lexsort((o.one[which], o.other[which], -value[which]))
    return [int(place) for place in which[order]]


def match_greedy(o: Overlaps, value: Floats, good: Mask) -> Matching:
    """Pairs by falling score of which both sides are still free.

    o      the pairs that overlap
    value  float64 (k,), their scores
    good   bool (k,), which may be matched
    """
    free_one, free_other = set(o.one.tolist()), set(o.other.tolist())
    kept = []
    for place in _by_falling_score(o, value, good):
        a, b = int(o.one[place]), int(o.other[place])
        if a in free_one and b in free_other:
            free_one.remove(a)
            free_other.remove(b)
            kept.append(place)
    at = np.array(sorted(kept), np.int64)
    return Matching(o.one[at], o.other[at])


def match_parts(o: Overlaps, score: str, value: Floats, good: Mask, rule: str) -> Matching:
    """Greedy, but several predictions may be the parts of one reference.

    o      the pairs that overlap
    score  one of SCORES
    value  float64 (k,), the score of each pair
    good   bool (k,), which reach the threshold
    rule   many or merge
    """
    owner: dict[int, int] = {}  # of each prediction
    joint: dict[int, tuple[int, int]] = {}  # shared voxels and voxels of the parts of a reference
    kept = []
    for place in _by_falling_score(o, value, good if rule == "many" else np.ones(len(good), bool)):
        a, b = int(o.one[place]), int(o.other[place])
        n, size = int(o.shared[place]), int(o.pred[b])
        if b in owner:
            continue
        if a in joint:
            before, now = joint[a], (joint[a][0] + n, joint[a][1] + size)
            if rule == "merge" and not _union_scores_higher(score, int(o.truth[a]), before, now):
                continue
            joint[a] = now
        elif good[place]:
            joint[a] = (n, size)
        else:
            continue
        owner[b] = a
        kept.append(place)
    at = np.array(sorted(kept), np.int64)
    return Matching(o.one[at], o.other[at])


def _union_scores_higher(
    score: str, truth: int, before: tuple[int, int], now: tuple[int, int]
) -> bool:
    """Whether the score of a union is higher than it was."""
    n, size = (np.array(pair, np.int64) for pair in zip(before, now, strict=True))
    number, whole = pair_score(score, n, np.full(2, truth), size)
    return int(number[1]) * int(whole[0]) > int(number[0]) * int(whole[1])


def match_by_score(o: Overlaps, score: Floats, threshold: Fraction) -> Matching:
    """Predictions by falling score, each with its free reference of the largest IoU (COCO).

    o          the pairs that overlap
    score      float64 (m,) of the predictions; of equal ones the first goes first
    threshold  what the IoU has to reach
    """
    number, whole = score_fractions(o, "iou")
    good, iou = reach_threshold(number, whole, threshold, True), number / whole
    free, pairs = set(o.one.tolist()), []
    for b in np.argsort(-score, kind="stable").tolist():
        own = [p for p in np.flatnonzero(good & (o.other == b)).tolist() if int(o.one[p]) in free]
        if own:
            best = max(own, key=lambda p: (iou[p], p))  # of equal ones the last
            free.remove(int(o.one[best]))
            pairs.append(best)
    at = np.array(sorted(pairs), np.int64)
    return Matching(o.one[at], o.other[at])


def match_centres(truth: Floats, pred: Floats, radius: float, tie: bool) -> Matching:
    """Pairs of centres no farther apart than a radius, nearest first, one to one.

    truth, pred  float64 (n, axes), (m, axes), in the unit of the radius
    tie          whether a distance that is the radius is near enough
    Of equal distances the lower prediction goes first, then the lower reference.
    """
    found: list[tuple[float, int, int]] = []
    for a, point in enumerate(truth if len(pred) else ()):
        apart = np.sqrt(((pred - point) ** 2).sum(axis=1))
        near = np.flatnonzero(apart <= radius if tie else apart < radius)
        found += [(float(apart[b]), int(b), a) for b in near]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, b, a in sorted(found):
        if a not in pairs and b not in taken:
            pairs[a] = b
            taken.add(b)
    one = np.array(sorted(pairs), np.int64)
    return Matching(one, np.array([pairs[int(a)] for a in one], np.int64))
