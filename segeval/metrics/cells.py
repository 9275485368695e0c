"""Instances of one class: how many are found, and how well their areas add up.

    f1              2 TP / (references + predictions)
    inst_precision  TP / predictions
    inst_recall     TP / references
    cell_ap         TP / (TP + FP + FN), no average precision   Stringer et al., Nat. Methods 2021
    aji             aggregated Jaccard index                     Kumar et al., IEEE TMI 36(7), 2017
    aji_plus        the same, one to one                         Graham et al., MedIA 58, 2019
    dice2           2 sum n / sum (a + b) over every pair        Vu et al., Front. Bioeng. 7, 2019
    splits, merges  instances that the other side has in parts   ours

TP are pairs that reach the threshold of the quantity (`@50%`), one to one; `@5mm` are pairs whose
centres are no farther apart.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from segeval.kernels.froc import nearest_in_order
from segeval.kernels.instance_matching import (
    RULES,
    SCORES,
    Matching,
    assign_pairs,
    match_centres,
    reach_threshold,
    score_fractions,
)
from segeval.kernels.run_overlaps import distinct_numbers, sum_each
from segeval.metrics.panoptic import CONNECTIVITY, HALF, SHARE, Tables, as_fraction, match_table
from segeval.metrics.registry import Option, Values, metric
from segeval.request.grammar import Quantity
from segeval.runtime.arrays import Counted
from segeval.runtime.frozen import replace
from segeval.tallies.instance_table import InstanceTable

UPWARDS = (0.0, float("inf"))
LENGTHS = ("mm", "px")
DSB = tuple(range(50, 100, 5))  # per cent: the ten thresholds of the Data Science Bowl 2018
CENTRE = "centre"  # what a hit is asked of where the quantity is a length
TIE = Option("hit", ("hit", "miss"))
MATCHES = tuple(rule for rule in RULES if rule != "bipartite")


def match_at(table: InstanceTable, at: Quantity, match: str, tie: str, hit: str) -> Matching:
    """The pairs that reach a quantity: a score in per cent, or a distance of the centres."""
    if at.unit in LENGTHS:
        return match_centres(*table.centres, at.number, tie == "hit")
    return match_table(table, match, hit, as_fraction(at.number), tie)


def count_pairs(  # noqa: PLR0913 - a rule
    t: Tables, place: int, at: Quantity, match: str, tie: str, hit: str, connectivity: str
) -> tuple[int, int, int]:
    """References that are found, all references, all predictions; the parts of one are one."""
    found = truth = pred = 0
    for table in t.tables(place, connectivity):
        pairs = match_at(table, at, match, tie, hit)
        found += len(distinct_numbers(pairs.one))
        truth += len(table.overlaps.truth)
        pred += len(table.overlaps.pred) - pairs.parts
    return found, truth, pred


def share_of_whole(part: float, whole: float) -> float:
    """part / whole; nan where the whole is 0."""
    return part / whole if whole else np.nan


def cell_values(t: Tables, number: Callable[[int], float], reason: str = "") -> Values:
    """A number of every class by its place."""
    return Values(np.array([number(p) for p in range(len(t.classes))], np.float64), reason=reason)


OPTIONS = {
    "match": Option("optimal", MATCHES),
    "tie": TIE,
    "hit": Option("iou", (*SCORES, CENTRE)),
    "connectivity": CONNECTIVITY,
}
STRICT = OPTIONS | {"match": Option("greedy", MATCHES), "tie": replace(TIE, default="miss")}
FACTS: dict[str, Any] = {
    "of": "instances",
    "better": "higher",
    "bounds": SHARE,
    "at": ("%", *LENGTHS),
    "default": HALF,
    "whole": True,
}


@metric("f1", origin="metrics-reloaded", options=STRICT, **FACTS)
@metric("f1", origin="stardist", options=OPTIONS, **FACTS)
def f1(t: Tables, at: Quantity, **rule: str) -> Values:
    """F1 of finding instances: references and predictions that are each other's.

    formula  2 TP / (references + predictions); TP are pairs with IoU >= 50 %, one to one
    empty    both empty: undefined; one empty: 0
    source   Weigert et al., WACV 2020 (stardist); Maier-Hein et al., Nat. Methods 21, 2024
    """

    def number(place: int) -> float:
        found, truth, pred = count_pairs(t, place, at, **rule)
        return share_of_whole(2 * found, truth + pred)

    return cell_values(t, number)


@metric(
    "f1",
    of="instances",
    better="higher",
    at=LENGTHS,
    default="5mm",
    bounds=(0.0, 1.0),
    options={"hit": Option(CENTRE, (CENTRE,)), "connectivity": OPTIONS["connectivity"]},
    origin="grand-challenge",
    whole=True,
)
def f1_by_centres(t: Tables, at: Quantity, connectivity: str, hit: str) -> Values:
    """F1 of finding instances by the distance of their centres, as `score_detection` counts.

    formula  references in their order, each takes its nearest free prediction at most 5 mm away;
             all other predictions are false; 2 TP / (references + predictions)
    empty    both empty: undefined; one empty: 0
    source   grand-challenge-metrics 0.6.0 (before it evalutils)
    """

    def number(place: int) -> float:
        hits = whole = 0
        for table in t.tables(place, connectivity):
            truth, pred = table.centres
            apart = np.zeros((len(truth), len(pred)))
            if apart.size:
                apart = np.linalg.norm(truth[:, None] - pred[None], axis=2)
            found, missed, false = nearest_in_order(apart, at.number)
            hits, whole = hits + found, whole + 2 * found + missed + false
        return share_of_whole(2 * hits, whole)

    return cell_values(t, number)


@metric("inst_precision", origin="metrics-reloaded", options=STRICT, **FACTS)
@metric("inst_precision", origin="stardist", options=OPTIONS, **FACTS)
def inst_precision(t: Tables, at: Quantity, **rule: str) -> Values:
    """Share of the predicted instances that are a reference's.

    formula  TP / predictions; TP are pairs with IoU >= 50 %, one to one
    empty    prediction empty: undefined
    source   Weigert et al., WACV 2020 (stardist)
    """

    def number(place: int) -> float:
        found, _, pred = count_pairs(t, place, at, **rule)
        return share_of_whole(found, pred)

    return cell_values(t, number)


@metric("inst_recall", origin="metrics-reloaded", options=STRICT, **FACTS)
@metric("inst_recall", origin="stardist", options=OPTIONS, **FACTS)
def inst_recall(t: Tables, at: Quantity, **rule: str) -> Values:
    """Share of the references that are found.

    formula  TP / references; TP are pairs with IoU >= 50 %, one to one
    empty    ground truth empty: undefined
    source   Weigert et al., WACV 2020 (stardist)
    """

    def number(place: int) -> float:
        found, truth, _ = count_pairs(t, place, at, **rule)
        return share_of_whole(found, truth)

    return cell_values(t, number)


AP_FACTS: dict[str, Any] = {"of": "instances", "better": "higher", "bounds": SHARE, "at": ("%",)}


@metric("cell_ap", origin="dsb", options=OPTIONS | {"tie": STRICT["tie"]}, **AP_FACTS)
@metric("cell_ap", origin="cellpose", options=OPTIONS, **AP_FACTS)
@metric("cell_ap", origin="stardist", options=OPTIONS, **AP_FACTS)
def cell_ap(t: Tables, at: float | None, **rule: str) -> Values:
    """What Cellpose calls AP and stardist accuracy; it is no average precision.

    Without a quantity it is the mean over the thresholds 50, 55, ... 95 %.

    formula  TP / (TP + FP + FN); TP are pairs whose IoU reaches the threshold, one to one
    empty    both empty: undefined; one empty: 0
    source   Stringer et al., Nat. Methods 18, 2021; Caicedo et al., Nat. Methods 16, 2019
    """

    def at_one(place: int, percent: float) -> float:
        found, truth, pred = count_pairs(t, place, Quantity(percent, "%"), **rule)
        return share_of_whole(found, truth + pred - found)

    levels = DSB if at is None else (at,)
    return cell_values(t, lambda place: float(np.mean([at_one(place, level) for level in levels])))


JACCARD: dict[str, Any] = {
    "of": "instances",
    "better": "higher",
    "bounds": SHARE,
    "options": {"connectivity": CONNECTIVITY},
}


def sum_shares(
    t: Tables, connectivity: str, parts: Callable[[InstanceTable], tuple[int, int]]
) -> Values:
    """A ratio of sums over the cases, of every class."""

    def number(place: int) -> float:
        both = [parts(table) for table in t.tables(place, connectivity)]
        return share_of_whole(sum(part for part, _ in both), sum(whole for _, whole in both))

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
    source   Kumar et al., IEEE TMI 36(7), 2017
    """
    return sum_shares(t, connectivity, lambda table: paired_areas(table, choose_best(table)))


@metric("aji", origin="cellpose", **JACCARD)
def aji_of_cellpose(t: Tables, connectivity: str) -> Values:
    """Aggregated Jaccard index of Cellpose: larger than the published one.

    formula  what pairs, one to one, share / the union of all foreground; most pairs with
             IoU >= 50 %, then the largest sum of IoU
    empty    both empty: undefined; one empty: 0
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
        areas = int((o.truth[o.one] + o.pred[o.other]).sum())
        if not areas and len(o.truth) + len(o.pred):
            return 0, 1
        return int(2 * o.shared.sum()), areas

    return sum_shares(t, connectivity, parts)


COUNT: dict[str, Any] = {
    "of": "instances",
    "better": "lower",
    "bounds": UPWARDS,
    "options": {"connectivity": CONNECTIVITY},
}


@metric("splits", **COUNT)
def splits(t: Tables, connectivity: str) -> Values:
    """References that the prediction has in two or more parts.

    formula  a part is a prediction more than half inside the reference
    empty    0
    source   our own definition
    """

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        return float(sum(in_parts(table, 0) for table in tables)) if tables else np.nan

    return cell_values(t, number)


@metric("merges", **COUNT)
def merges(t: Tables, connectivity: str) -> Values:
    """Predictions that hold two or more references.

    formula  a reference is in a prediction that has more than half of it
    empty    0
    source   our own definition
    """

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        return float(sum(in_parts(table, 1) for table in tables)) if tables else np.nan

    return cell_values(t, number)


def in_parts(table: InstanceTable, side: int) -> int:
    """Instances of a side (0 the reference) with two or more parts on the other."""
    o = table.overlaps
    if side == 0:
        inside = 2 * o.shared > o.pred[o.other]
        owner, size = o.one[inside], len(o.truth)
    else:
        inside = 2 * o.shared > o.truth[o.one]
        owner, size = o.other[inside], len(o.pred)
    return int((sum_each(owner, np.ones(len(owner), np.int64), size) >= 2).sum())
