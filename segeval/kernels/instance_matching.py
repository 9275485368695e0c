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

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from segeval.kernels.connected_components import join_pairs
from segeval.kernels.run_overlaps import distinct_numbers, sum_each
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen

SCORES = ("iou", "ior", "iop", "dice")
RULES = ("greedy", "optimal", "optimal-sum", "bipartite", "many", "merge", "id")
EXACT = 1 << 62  # products of whole numbers below it fit in int64
EACH = 1e-6  # what panoptica's bipartite rule adds for every pair
SMALL = 12  # instances of a group that are assigned without scipy, whose import takes a while


@frozen
class Overlaps:
    """The sparse joint histogram of the instances of a class.

    truth, pred  int64 (n,), (m,): voxels of each instance
    one, other   int64 (k,): instances that share voxels, sorted by `one`, then `other`
    shared       int64 (k,): how many
    """

    truth: Counted
    pred: Counted
    one: Counted
    other: Counted
    shared: Counted


@frozen
class Matching:
    """Instances that are each other's.

    one, other  int64 (k,): the pairs; under `many` and `merge` one reference may stand in several,
                its parts then count as one prediction
    """

    one: Counted
    other: Counted

    @property
    def parts(self) -> int:
        """Predictions that are no more counted on their own."""
        return len(self.one) - len(distinct_numbers(self.one))


def score_fractions(o: Overlaps, score: str) -> tuple[Counted, Counted]:
    """The score of every pair as one whole number over another, int64 (k,) twice.

    o      the pairs that overlap
    score  one of SCORES
    """
    return pair_score(score, o.shared, o.truth[o.one], o.pred[o.other])


def pair_score(score: str, n: Counted, a: Counted, b: Counted) -> tuple[Counted, Counted]:
    """The score of pairs that share n voxels of a and b."""
    if score == "iou":
        return n, a + b - n
    if score == "dice":
        return 2 * n, a + b
    return n, {"ior": a, "iop": b}[score]


def reach_threshold(number: Counted, whole: Counted, threshold: Fraction, tie: bool) -> Mask:
    """Which scores reach a threshold, exactly.

    number, whole  int64 (k,), the score is number / whole
    threshold      not negative
    tie            whether a score that is the threshold reaches it
    """
    p, q = threshold.numerator, threshold.denominator
    top = max(int(number.max(initial=0)), int(whole.max(initial=0)))
    kind = np.int64 if top * max(p, q) < EXACT else object
    left, right = number.astype(kind) * q, whole.astype(kind) * p
    found: Mask = np.asarray(left >= right if tie else left > right, bool)
    return found


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
        return _match_parts(o, score, number / whole, good, rule)
    unique = are_unique(o.one[good], o.other[good])
    if unique and (rule != "optimal-sum" or alone_above(threshold, score)):
        return Matching(o.one[good], o.other[good])
    if rule == "greedy":
        return _match_greedy(o, number / whole, good)
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


def _fall(o: Overlaps, value: Floats, good: Mask) -> list[int]:
    """Pairs by falling score; of equal ones the lower prediction, then the lower reference."""
    which = np.flatnonzero(good)
    order = np.lexsort((o.one[which], o.other[which], -value[which]))
    return [int(place) for place in which[order]]


def _match_greedy(o: Overlaps, value: Floats, good: Mask) -> Matching:
    free_one, free_other = set(o.one.tolist()), set(o.other.tolist())
    kept = []
    for place in _fall(o, value, good):
        a, b = int(o.one[place]), int(o.other[place])
        if a in free_one and b in free_other:
            free_one.remove(a)
            free_other.remove(b)
            kept.append(place)
    at = np.array(sorted(kept), np.int64)
    return Matching(o.one[at], o.other[at])


def _match_parts(o: Overlaps, score: str, value: Floats, good: Mask, rule: str) -> Matching:
    """Greedy, but several predictions may be the parts of one reference."""
    owner: dict[int, int] = {}  # of each prediction
    joint: dict[int, tuple[int, int]] = {}  # shared voxels and voxels of the parts of a reference
    kept = []
    for place in _fall(o, value, good if rule == "many" else np.ones(len(good), bool)):
        a, b = int(o.one[place]), int(o.other[place])
        n, size = int(o.shared[place]), int(o.pred[b])
        if b in owner:
            continue
        if a in joint:
            before, now = joint[a], (joint[a][0] + n, joint[a][1] + size)
            if rule == "merge" and not _rises(score, int(o.truth[a]), before, now):
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


def _rises(score: str, truth: int, before: tuple[int, int], now: tuple[int, int]) -> bool:
    """Whether the score of a union is higher than it was."""
    n, size = (np.array(pair, np.int64) for pair in zip(before, now, strict=True))
    number, whole = pair_score(score, n, np.full(2, truth), size)
    return int(number[1]) * int(whole[0]) > int(number[0]) * int(whole[1])


def assign_pairs(o: Overlaps, weight: Floats) -> Mask:
    """The pairs, one to one, whose weights have the largest sum; weights are not negative.

    o        the pairs that overlap, k of them
    weight   float64 (k,)
    returns  bool (k,)

    Only instances that overlap, directly or not, are a question of each other: each such group is
    solved alone, and most are one pair.
    """
    kept = weight > 0
    group = join_pairs(len(o.truth) + len(o.pred), o.one, o.other + len(o.truth))[o.one]
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.append(True, np.diff(group[order]) != 0)) if len(order) else order
    ends = np.append(first[1:], len(order))
    several = ends - first > 1  # most groups are one pair, and stay
    for begin, end in zip(first[several].tolist(), ends[several].tolist(), strict=True):
        places = order[begin:end]
        if kept[places].any():
            kept[places] &= solve_group(o.one[places], o.other[places], weight[places])
    return kept


def solve_group(one: Counted, other: Counted, weight: Floats) -> Mask:
    """The same for a group of pairs."""
    rows, columns = sorted(set(one.tolist())), sorted(set(other.tolist()))
    if min(len(rows), len(columns)) == 1:  # one instance takes its best
        kept = np.zeros(len(weight), bool)
        kept[weight.argmax()] = True
        return kept
    row, column = np.searchsorted(rows, one), np.searchsorted(columns, other)
    table = np.zeros((len(rows), len(columns)))
    table[row, column] = weight
    if max(table.shape) <= SMALL:
        taken = assign_small(table)
    else:
        from scipy.optimize import linear_sum_assignment

        taken = np.full(len(rows), -1)
        own, its = linear_sum_assignment(table, maximize=True)
        taken[own] = its
    found: Mask = taken[row] == column
    return found


def assign_small(weight: Floats) -> Counted:
    """The column of each row in the assignment of the largest sum; -1 of a row without one.

    weight   float64 (rows, columns), few of either
    Source: Kuhn, Naval Res. Logist. Q. 2, 1955; shortest augmenting paths as in Jonker, Volgenant,
    Computing 38, 1987.
    """
    turned = weight.shape[0] > weight.shape[1]
    cost = (weight.max() - (weight.T if turned else weight)).tolist()
    rows, columns = len(cost), len(cost[0])
    of_row, of_column = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner = [0] * (columns + 1)  # row of each column, from 1
    for row in range(1, rows + 1):
        way = _augment(cost, row, owner, of_row, of_column)
        column = way[1]
        while column:
            before = way[0][column]
            owner[column] = owner[before]
            column = before
    taken = np.full(weight.shape[0], -1)
    for column in range(1, columns + 1):
        if owner[column]:
            pair = (owner[column] - 1, column - 1)
            taken[pair[1] if turned else pair[0]] = pair[0] if turned else pair[1]
    return taken


def _augment(
    cost: Sequence[Sequence[float]],
    row: int,
    owner: list[int],
    of_row: list[float],
    of_column: list[float],
) -> tuple[list[int], int]:
    """The shortest way from a row to a free column: what comes before each column, and its end."""
    columns = len(of_column)
    least, before, seen = [np.inf] * columns, [0] * columns, [False] * columns
    owner[0], here = row, 0
    while True:
        seen[here] = True
        at, step, following = owner[here], np.inf, 0
        for column in range(1, columns):
            if seen[column]:
                continue
            now = cost[at - 1][column - 1] - of_row[at] - of_column[column]
            if now < least[column]:
                least[column], before[column] = now, here
            if least[column] < step:
                step, following = least[column], column
        for column in range(columns):
            if seen[column]:
                of_row[owner[column]] += step
                of_column[column] -= step
            else:
                least[column] -= step
        here = following
        if not owner[here]:
            return before, here


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


def match_ids(truth: Counted, pred: Counted) -> Matching:
    """The pairs of the same id; `truth` and `pred` are the ids of each side."""
    _, one, other = np.intersect1d(truth, pred, assume_unique=True, return_indices=True)
    return Matching(one.astype(np.int64), other.astype(np.int64))


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
