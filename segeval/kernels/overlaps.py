"""The sparse joint histogram of instances, and scores of pairs as whole numbers (INSTANCES-T2)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from segeval.kernels.run_overlaps import distinct_numbers
from segeval.runtime.arrays import Counted, Mask
from segeval.runtime.frozen import frozen

SCORES = ("iou", "ior", "iop", "dice")
EXACT = 1 << 62  # products of whole numbers below it fit in int64


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
