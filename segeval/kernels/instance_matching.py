"""Which instance of the prediction is which of the ground truth: the rules, as data.

    rule         takes                                                            program
    greedy       pairs that reach the threshold by falling score, both free       panoptica
    optimal      most pairs that reach it, then the largest sum of all scores     stardist, Cellpose
    optimal-sum  the largest sum of all scores, then drops what does not reach    HoVer-Net, MONAI
    bipartite    the largest sum of scores that reach it, and 1e-6 a pair         panoptica
    many         greedy, but a reference takes every free prediction that reaches it
    merge        greedy, but a free prediction joins a reference if the score of the union rises
    id           the same id on both sides, whatever the score

A score is one whole number over another: n/(a+b-n) for `iou`, n/a for `ior`, n/b for `iop`,
2n/(a+b) for `dice`. A threshold is p/q, and `score >= p/q` is asked as `number * q >= p * whole`,
so that a tie is a tie (INSTANCES-T2).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from segeval.kernels.assignment import assign_pairs
from segeval.kernels.greedy_matching import match_greedy, match_parts
from segeval.kernels.overlaps import Matching, Overlaps, reach_threshold, score_fractions
from segeval.kernels.run_overlaps import distinct_numbers, sum_each
from segeval.runtime.arrays import Counted

RULES = ("greedy", "optimal", "optimal-sum", "bipartite", "many", "merge", "id")
EACH = 1e-6  # what panoptica's bipartite rule adds for every pair


def match_instances(o: Overlaps, rule: str, score: str, threshold: Fraction, tie: bool) -> Matching:
    """Match by a rule.

    o          the pairs that overlap
    rule       one of RULES but `id`
    score      one of SCORES
    threshold  what a pair has to reach
    tie        whether `=` reaches it
    returns    the pairs that are matched
    """
    number, whole = score_fractions(o, score)
    good = reach_threshold(number, whole, threshold, tie)
    if rule in ("many", "merge"):
        return match_parts(o, score, number / whole, good, rule)
    unique = are_unique(o.one[good], o.other[good])
    if unique and (rule != "optimal-sum" or alone_above(threshold, score)):
        return Matching(o.one[good], o.other[good])
    if rule == "greedy":
        return match_greedy(o, number / whole, good)
    value = number / whole
    if rule == "optimal":
        weight = good + value / (2 * max(min(len(o.truth), len(o.pred)), 1))
    elif rule == "bipartite":
        weight = np.where(good, value + EACH, 0)
    else:
        weight = value
    kept = assign_pairs(o, weight) & good
    return Matching(o.one[kept], o.other[kept])


def alone_above(threshold: Fraction, score: str) -> bool:
    """Whether a pair above the threshold shares no more than half with any other."""
    return score == "iou" and threshold >= Fraction(1, 2)


def are_unique(one: Counted, other: Counted) -> bool:
    """Whether no instance stands in two of some pairs."""
    return all(int(np.bincount(side).max(initial=0)) <= 1 for side in (one, other))


def match_ids(truth: Counted, pred: Counted) -> Matching:
    """The pairs of the same id; `truth` and `pred` are the ids of each side."""
    _, one, other = np.intersect1d(truth, pred, assume_unique=True, return_indices=True)
    return Matching(one.astype(np.int64), other.astype(np.int64))


def union_scores(o: Overlaps, m: Matching) -> tuple[Counted, Counted, Counted, Counted]:
    """The matched references with the union of the predictions that are theirs.

    o        the pairs that overlap
    m        a matching in which a reference may have several predictions
    returns  int64 (k,) four times: references, shared voxels, voxels of each, of its predictions
    """
    owners = distinct_numbers(m.one)
    place = np.searchsorted(owners, m.one)
    code = o.one * max(len(o.pred), 1) + o.other
    at = np.searchsorted(code, m.one * max(len(o.pred), 1) + m.other)
    inside = at < len(code)
    at = np.where(inside, at, 0)
    hit = inside & (code[at] == m.one * max(len(o.pred), 1) + m.other) if len(code) else inside
    n = np.where(hit, o.shared[at], 0) if len(code) else np.zeros(len(m.one), np.int64)
    shared = sum_each(place, n, len(owners))
    return owners, shared, o.truth[owners], sum_each(place, o.pred[m.other], len(owners))
