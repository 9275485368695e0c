"""The rules of matching, by hand and against every assignment (INSTANCES-T2, T3, T4)."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.kernels.assignment import assign_pairs, assign_small
from segeval.kernels.greedy_matching import match_by_score, match_centres
from segeval.kernels.instance_matching import match_ids, match_instances, union_scores
from segeval.kernels.overlaps import Overlaps, reach_threshold, score_fractions


def table(truth, pred, shared):
    """Areas of both sides, and {(i, j): n}."""
    keys = sorted(shared)
    one, other = (np.array([k[side] for k in keys], np.int64) for side in (0, 1))
    n = np.array([shared[k] for k in keys], np.int64)
    return Overlaps(np.array(truth, np.int64), np.array(pred, np.int64), one, other, n)


def pairs_of(matching):
    return list(zip(matching.one.tolist(), matching.other.tolist(), strict=True))


HALF = Fraction(1, 2)
rationals = st.integers(1, 400).flatmap(lambda q: st.integers(1, q).map(lambda p: Fraction(p, q)))


@given(rationals, st.integers(1, 1 << 40))
def test_a_score_that_is_the_threshold_is_a_tie_for_every_rational(threshold, scale):
    n = np.array([threshold.numerator * scale], np.int64)
    whole = np.array([threshold.denominator * scale], np.int64)
    assert reach_threshold(n, whole, threshold, tie=True).all()
    assert not reach_threshold(n, whole, threshold, tie=False).any()
    assert not reach_threshold(n - 1, whole, threshold, tie=True).any()
    assert reach_threshold(n + 1, whole, threshold, tie=False).all()


@pytest.mark.parametrize("percent", range(50, 100, 5))
def test_iou_exactly_at_a_threshold_that_floats_miss(percent):
    # 0.6000000000000001 of arange and 0.8999999999999999 of linspace are 3/5 and 9/10 here
    o = table([100], [percent], {(0, 0): percent})
    t = Fraction(percent, 100)
    assert pairs_of(match_instances(o, "optimal", "iou", t, True)) == [(0, 0)]
    assert pairs_of(match_instances(o, "optimal", "iou", t, False)) == []


def test_scores_are_whole_numbers():
    o = table([10], [6], {(0, 0): 4})
    found = {s: [int(v[0]) for v in score_fractions(o, s)] for s in ("iou", "ior", "iop", "dice")}
    assert found == {"iou": [4, 12], "ior": [4, 10], "iop": [4, 6], "dice": [8, 16]}


# A chain: r0 overlaps p0 (IoU 6/14) and p1 (5/15); r1 overlaps p0 (4/16) alone.
CHAIN = table([10, 10], [10, 10], {(0, 0): 6, (0, 1): 5, (1, 0): 4})


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("greedy", [(0, 0)]),  # 6/14 first, then nothing is free
        ("optimal", [(0, 1), (1, 0)]),  # two pairs reach 1/5
        ("optimal-sum", [(0, 1), (1, 0)]),  # 5/15 + 4/16 = 0.583 > 6/14
        ("bipartite", [(0, 1), (1, 0)]),
    ],
)
def test_rules_differ_below_a_half(rule, found):
    assert pairs_of(match_instances(CHAIN, rule, "iou", Fraction(1, 5), True)) == found


def test_optimal_sum_drops_after_it_assigned():
    # IoU of r0: 8/12 with p0; r1: 6/14 with p0. Largest sum is r0-p0 alone or r0-p1 + r1-p0.
    o = table([10, 10], [10, 10], {(0, 0): 6, (0, 1): 5, (1, 0): 4})
    assert pairs_of(match_instances(o, "optimal-sum", "iou", Fraction(3, 10), True)) == [(0, 1)]
    assert pairs_of(match_instances(o, "bipartite", "iou", Fraction(3, 10), True)) == [(0, 0)]


def test_parts_of_a_reference():
    # r0 of 10 voxels under parts of 5, 3 and 2 voxels, and 5 voxels of background under p3
    o = table([10], [5, 3, 2, 6], {(0, 0): 5, (0, 1): 3, (0, 2): 1, (0, 3): 1})
    merge = match_instances(o, "merge", "iou", Fraction(2, 5), True)
    # 5/10; with p1 8/10; with p2 9/11 is more; with p3 10/16 is less
    assert pairs_of(merge) == [(0, 0), (0, 1), (0, 2)]
    assert merge.parts == 2
    many = match_instances(o, "many", "iou", Fraction(3, 10), True)
    assert pairs_of(many) == [(0, 0), (0, 1)]  # 5/10 and 3/10 reach 3/10
    _, n, a, b = union_scores(o, many)
    assert (n.tolist(), a.tolist(), b.tolist()) == ([8], [10], [8])


def test_equal_scores_go_to_the_lower_prediction_then_the_lower_reference():
    o = table([10, 10], [10, 10], {(0, 0): 5, (0, 1): 5, (1, 0): 5, (1, 1): 5})
    assert pairs_of(match_instances(o, "greedy", "iou", Fraction(1, 3), True)) == [(0, 0), (1, 1)]
    assert pairs_of(match_instances(o, "greedy", "iou", Fraction(1, 3), False)) == []


def test_ids_and_centres():
    both = match_ids(np.array([2, 5, 9]), np.array([5, 7, 9]))
    assert pairs_of(both) == [(1, 0), (2, 2)]
    truth, pred = np.array([[0.0, 0], [0, 4]]), np.array([[0.0, 3], [0, 5]])
    assert pairs_of(match_centres(truth, pred, 3, True)) == [(1, 0)]  # 1 mm, first by its number
    assert pairs_of(match_centres(truth, pred, 5, True)) == [(0, 1), (1, 0)]
    assert pairs_of(match_centres(truth, pred, 5, False)) == [(1, 0)]  # 5 mm is no more near


weights = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda s: st.lists(
        st.lists(st.integers(0, 9), min_size=s[1], max_size=s[1]), min_size=s[0], max_size=s[0]
    )
)


def best_sum(weight):
    """The largest sum of any assignment, one by one."""
    w = np.array(weight)
    w = w if w.shape[0] <= w.shape[1] else w.T
    ways = permutations(range(w.shape[1]), w.shape[0])
    return max(sum(w[i, j] for i, j in enumerate(way)) for way in ways)


@settings(deadline=None)
@given(weights)
def test_assignments_have_the_largest_sum(weight):
    w = np.array(weight, float)
    taken = assign_small(w)
    own = [(i, j) for i, j in enumerate(taken.tolist()) if j >= 0]
    assert len({j for _, j in own}) == len(own) == min(w.shape)
    assert sum(w[i, j] for i, j in own) == best_sum(weight)
    shared = {(i, j): 1 for i in range(w.shape[0]) for j in range(w.shape[1]) if w[i, j]}
    o = table([9] * w.shape[0], [9] * w.shape[1], shared)
    kept = assign_pairs(o, w[o.one, o.other])
    assert w[o.one[kept], o.other[kept]].sum() == best_sum(weight)


def test_a_large_group_is_assigned_too():
    # a chain of 40 that touch: every prediction lies on two references
    shared = {(k, k): 6 for k in range(40)} | {(k + 1, k): 4 for k in range(39)}
    o = table([10] * 40, [10] * 40, shared)
    found = match_instances(o, "optimal", "iou", Fraction(1, 5), True)
    assert pairs_of(found) == [(k, k) for k in range(40)]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 400), st.booleans())
def test_instances_t2_every_rational_threshold_is_exact(p, q, times, tie):
    """A pair whose IoU is p/q reaches p/q where ties count, and nothing a little above it."""
    p, q = min(p, q), max(p, q)
    n, union = p * times, q * times
    one = np.zeros(1, np.int64)
    o = Overlaps(np.array([n]), np.array([union]), one, one, np.array([n]))  # a + b - n = union
    for rule in ("greedy", "optimal", "optimal-sum", "bipartite", "many", "merge"):
        found = match_instances(o, rule, "iou", Fraction(p, q), tie)
        assert len(found.one) == tie, rule
        above = Fraction(p, q) + Fraction(1, 10**9)
        assert not len(match_instances(o, rule, "iou", above, True).one)
        below = Fraction(p, q) - Fraction(1, 10**9)
        assert len(match_instances(o, rule, "iou", below, False).one) == 1


def test_a_higher_score_takes_first():
    one, other = np.array([0, 0, 1]), np.array([0, 1, 1])
    o = Overlaps(np.array([10, 10]), np.array([8, 10]), one, other, np.array([8, 9, 5]))
    for score, pairs in (([0.9, 0.5], [(0, 0)]), ([0.5, 0.9], [(0, 1)])):
        found = match_by_score(o, np.array(score), Fraction(1, 2))
        assert list(zip(found.one.tolist(), found.other.tolist(), strict=True)) == pairs
