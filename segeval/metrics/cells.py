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
from typing import Any

import numpy as np

from segeval.kernels.froc import nearest_in_order
from segeval.kernels.greedy_matching import match_centres
from segeval.kernels.instance_matching import RULES
from segeval.kernels.overlaps import SCORES, Matching
from segeval.kernels.run_overlaps import distinct_numbers
from segeval.metrics.panoptic import CONNECTIVITY, HALF, Tables
from segeval.metrics.registry import SHARE, Option, Values, metric
from segeval.metrics.segments import as_fraction, match_table
from segeval.request.grammar import Quantity
from segeval.runtime.frozen import replace
from segeval.tallies.instance_table import InstanceTable

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
    renaming with match=greedy, many, merge and with lengths the lower ids go first of equal scores
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
    renaming the order of the references is that of their ids: with other ids another number
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
    renaming with match=greedy, many, merge and with lengths the lower ids go first of equal scores
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
    renaming with match=greedy, many, merge and with lengths the lower ids go first of equal scores
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
    renaming with match=greedy, many, merge and with lengths the lower ids go first of equal scores
    source   Stringer et al., Nat. Methods 18, 2021; Caicedo et al., Nat. Methods 16, 2019
    """

    def at_one(place: int, percent: float) -> float:
        found, truth, pred = count_pairs(t, place, Quantity(percent, "%"), **rule)
        return share_of_whole(found, truth + pred - found)

    levels = DSB if at is None else (at,)
    return cell_values(t, lambda place: float(np.mean([at_one(place, level) for level in levels])))
