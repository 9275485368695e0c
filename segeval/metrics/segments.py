"""What of a class is matched in a case: sums over the pairs, TP, FP and FN."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from segeval.kernels.instance_matching import match_ids, match_instances, union_scores
from segeval.kernels.overlaps import Matching
from segeval.metrics.panoptic_conventions import PanopticConvention
from segeval.runtime.arrays import Counted
from segeval.runtime.frozen import frozen, replace
from segeval.tallies.instance_sides import PANOPTICA
from segeval.tallies.instance_table import InstanceTable


@frozen
class Segments:
    """What was matched of a class.

    ious, dices  sums over the pairs
    tp, fp, fn   counts
    """

    ious: float = 0.0
    dices: float = 0.0
    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def some(self) -> bool:
        """Whether there is anything on either side."""
        return self.tp + self.fp + self.fn > 0

    @property
    def halves(self) -> float:
        """TP + FP/2 + FN/2."""
        return self.tp + self.fp / 2 + self.fn / 2


def sum_segments(many: Iterable[Segments]) -> Segments:
    """What was matched in several cases."""
    found = list(many)
    return Segments(
        sum(s.ious for s in found),
        sum(s.dices for s in found),
        sum(s.tp for s in found),
        sum(s.fp for s in found),
        sum(s.fn for s in found),
    )


def as_fraction(percent: float) -> Fraction:
    """A threshold in per cent as the decimal that was written: 60 is 3/5."""
    return Fraction(repr(float(percent))) / 100


def match_table(
    table: InstanceTable, rule: str, hit: str, threshold: Fraction, tie: str
) -> Matching:
    """The pairs of a table."""
    if rule == "id":
        return match_ids(*table.ids)
    rule = {"optimal-panoptica": "bipartite"}.get(rule, rule)
    return match_instances(table.overlaps, rule, hit, threshold, tie == "hit")


def count_segments(  # noqa: PLR0913 - a rule
    table: InstanceTable,
    convention: PanopticConvention,
    threshold: Fraction,
    match: str,
    tie: str,
    hit: str,
    modified: bool = False,
) -> Segments:
    """What of a class is matched in a case.

    modified  stuff is the sum of every IoU over the number of references (Porzi et al., CVPR 2019)
    """
    o = table.overlaps
    if convention.needs_truth and not len(o.truth):
        return Segments()
    if convention.both_voids:
        o = replace(o, truth=o.truth - table.under)
        table = replace(table, overlaps=o)
    if modified and table.stuff:
        every = o.shared / (o.truth[o.one] + o.pred[o.other] - o.shared)
        return Segments(float(every.sum()), tp=len(o.truth))
    if convention.connectivity == PANOPTICA and match == "optimal":
        match = "bipartite"
    pairs = match_table(table, match, hit, threshold, tie)
    _, n, a, b = union_scores(o, pairs)
    ious, dices = n / (a + b - n), 2 * n / (a + b)
    return Segments(
        float(ious.sum()),
        float(dices.sum()),
        len(n),
        _spurious(table, convention, pairs.other),
        _missed(table, convention, pairs.one),
    )


def _spurious(table: InstanceTable, convention: PanopticConvention, matched: Counted) -> int:
    """Predictions without a partner that count."""
    free = np.ones(len(table.overlaps.pred), bool)
    free[matched] = False
    hidden = table.void * convention.void + table.crowd * convention.crowd
    whole = table.overlaps.pred + table.void
    return int((free & (2 * hidden <= whole)).sum())


def _missed(table: InstanceTable, convention: PanopticConvention, matched: Counted) -> int:
    """References without a partner that count."""
    free = np.ones(len(table.overlaps.truth), bool)
    free[matched] = False
    if convention.both_voids:
        free &= 2 * table.under <= table.overlaps.truth + table.under
    return int(free.sum())
