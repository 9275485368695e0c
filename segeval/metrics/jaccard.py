"""Aggregated Jaccard indices and ensemble Dice: how well the areas of all instances add up."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from segeval.kernels.assignment import assign_pairs
from segeval.kernels.overlaps import reach_threshold, score_fractions
from segeval.metrics.cells import cell_values, share_of_whole
from segeval.metrics.panoptic import CONNECTIVITY, Tables
from segeval.metrics.registry import SHARE, Values, metric
from segeval.runtime.arrays import Counted
from segeval.tallies.instance_table import InstanceTable

JACCARD: dict[str, Any] = {
    "of": "instances",
    "better": "higher",
    "bounds": SHARE,
    "options": {"connectivity": CONNECTIVITY},
}


def sum_shares(
    t: Tables, connectivity: str, parts: Callable[[InstanceTable], tuple[int, int]]
) -> Values:
    """A ratio of sums over the cases, of every class; 0 where instances are there and no pair."""

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        part, whole = (sum(each) for each in zip((0, 0), *map(parts, tables), strict=True))
        some = any(len(x.overlaps.truth) + len(x.overlaps.pred) for x in tables)
        return share_of_whole(part, whole or int(some))

    return cell_values(t, number)


def paired_areas(table: InstanceTable, kept: Counted) -> tuple[int, int]:
    """What pairs share, and their unions with the areas of the instances in none of them."""
    o = table.overlaps
    one, other, n = o.one[kept], o.other[kept], o.shared[kept]
    unions = int((o.truth[one] + o.pred[other] - n).sum())
    rest = int(np.delete(o.truth, one).sum() + np.delete(o.pred, other).sum())
    return int(n.sum()), unions + rest


def choose_best(table: InstanceTable) -> Counted:
    """The pair of each reference with its best prediction by IoU, the first of equal ones."""
    o = table.overlaps
    number, whole = score_fractions(o, "iou")
    order = np.lexsort((o.other, -(number / whole), o.one))
    return (
        order[np.flatnonzero(np.append(True, np.diff(o.one[order]) != 0))] if len(order) else order
    )


@metric("aji", origin="hovernet", **JACCARD)
def aji(t: Tables, connectivity: str) -> Values:
    """Aggregated Jaccard index: every reference takes its best prediction, which may serve twice.

    formula  sum of intersections / (sum of unions + areas of the instances that are not used)
    empty    both empty: undefined; one empty: 0
    renaming of predictions with equal IoU the lowest id is taken: with other ids another may be,
             and the number another
    source   Kumar et al., IEEE TMI 36(7), 2017
    """
    return sum_shares(t, connectivity, lambda table: paired_areas(table, choose_best(table)))


@metric("aji", origin="cellpose", **JACCARD)
def aji_of_cellpose(t: Tables, connectivity: str) -> Values:
    """Aggregated Jaccard index of Cellpose: larger than the published one.

    formula  what pairs, one to one, share / the union of all foreground; most pairs with
             IoU >= 50 %, then the largest sum of IoU
    empty    both empty: undefined; one empty: 0
    renaming of assignments with equal sums one is taken: with other ids another may be, and the
             number another
    source   Cellpose 4.2, metrics.aggregated_jaccard_index
    """

    def parts(table: InstanceTable) -> tuple[int, int]:
        o = table.overlaps
        number, whole = score_fractions(o, "iou")
        good = reach_threshold(number, whole, Fraction(1, 2), tie=True)
        fewest = max(min(len(o.truth), len(o.pred)), 1)
        kept = assign_pairs(o, good + number / whole / (2 * fewest))
        union = int(o.truth.sum() + o.pred.sum() - o.shared.sum())
        return int(o.shared[kept].sum()), union

    return sum_shares(t, connectivity, parts)


@metric("aji_plus", origin="hovernet", **JACCARD)
def aji_plus(t: Tables, connectivity: str) -> Values:
    """Aggregated Jaccard index, one to one: the assignment of the largest summed IoU.

    formula  sum of intersections / (sum of unions + areas of the instances that are not used)
    empty    both empty: undefined; one empty: 0
    renaming of assignments with equal sums one is taken: with other ids another may be, and the
             number another
    source   Graham et al., Med. Image Anal. 58, 2019
    """

    def parts(table: InstanceTable) -> tuple[int, int]:
        number, whole = score_fractions(table.overlaps, "iou")
        return paired_areas(table, np.flatnonzero(assign_pairs(table.overlaps, number / whole)))

    return sum_shares(t, connectivity, parts)


@metric("dice2", origin="hovernet", **JACCARD)
def dice2(t: Tables, connectivity: str) -> Values:
    """Ensemble Dice: every pair that overlaps counts with both of its areas. Not recommended.

    formula  2 sum n / sum (a + b) over every pair that overlaps
    empty    both empty: undefined; one empty: 0
    source   Vu et al., Front. Bioeng. Biotechnol. 7, 2019
    """

    def parts(table: InstanceTable) -> tuple[int, int]:
        o = table.overlaps
        return int(2 * o.shared.sum()), int((o.truth[o.one] + o.pred[o.other]).sum())

    return sum_shares(t, connectivity, parts)
