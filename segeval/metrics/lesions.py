"""Lesions: which are found, how well, and how much of what is predicted is none.

    as                components  hit
    overlap           26          one voxel
    isles             26          one voxel; TP on the side of the reference
    ivadomed          18          three voxels, or `overlap=`; TP on the side of the reference
    autopet           18          one voxel

With a quantity pairs are one to one: `lesion_recall@10%` by IoU, `lesion_recall@5mm` by the
distance of the centres; `lesion_recall@3px` are voxels that are shared, and not one to one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.kernels.overlaps import SCORES
from segeval.metrics.cells import TIE, cell_values, match_at, share_of_whole
from segeval.metrics.lesion_options import PRED, TRUTH, LesionSizes, read_sizes
from segeval.metrics.panoptic import CONNECTIVITY, Tables
from segeval.metrics.registry import SHARE, Option, Values, metric
from segeval.request.grammar import Quantity
from segeval.runtime.arrays import Mask
from segeval.runtime.frozen import replace
from segeval.tallies.instance_table import InstanceTable


def find_touching(table: InstanceTable, least: float = 1) -> tuple[Mask, Mask]:
    """Which references and which predictions share at least so many voxels with the other side."""
    return table.covered_voxels(TRUTH) >= least, table.covered_voxels(PRED) >= least


def found_lesions(
    table: InstanceTable, at: Quantity | None, tie: str, hit: str
) -> tuple[Mask, Mask]:
    """Which references are found and which predictions are right."""
    if at is None or (at.unit == "px"):
        return find_touching(table, 1 if at is None else at.number)
    pairs = match_at(table, at, "optimal", tie, hit)
    one, other = np.zeros(len(table.overlaps.truth), bool), np.zeros(len(table.overlaps.pred), bool)
    one[pairs.one], other[pairs.other] = True, True
    return one, other


OPTIONS = {"tie": TIE, "hit": Option("iou", SCORES), "connectivity": CONNECTIVITY}
FACTS: dict[str, Any] = {"of": "instances", "better": "higher", "bounds": SHARE}
AT: dict[str, Any] = {"at": ("%", "mm", "px"), "whole": True}
FIXED = replace(CONNECTIVITY, default="18")


def harmonic_mean(one: float, other: float) -> float:
    """2 p r / (p + r); 0 where one of them is, or where one side is empty."""
    if np.isnan(one) and np.isnan(other):
        return np.nan
    if np.isnan(one) or np.isnan(other) or one + other == 0:
        return 0.0
    return 2 * one * other / (one + other)


def count_found(  # noqa: PLR0913 - a rule
    t: Tables,
    place: int,
    at: Quantity | None,
    tie: str,
    hit: str,
    connectivity: str,
    size: LesionSizes | None = None,
) -> tuple[int, int, int, int]:
    """References found and all of them, predictions that are right and all of them."""
    counts = np.zeros(4, np.int64)
    for table in t.tables(place, connectivity):
        one, other = found_lesions(table, at, tie, hit)
        own = one >= 0 if size is None else size.holds(table)
        counts += [int((one & own).sum()), int(own.sum()), int(other.sum()), len(other)]
    return tuple(counts.tolist())  # type: ignore[return-value]


@metric(
    "lesion_recall",
    origin="overlap",
    options=OPTIONS | {"size": Option("all", read=read_sizes)},
    **AT,
    **FACTS,
)
def lesion_recall(t: Tables, at: Quantity | None, **rule: Any) -> Values:
    """Share of the lesions that are found, the lesion-wise true positive rate.

    formula  lesions with at least one voxel of the prediction / lesions
    empty    ground truth empty: undefined
    source   Carass et al., NeuroImage 148, 2017
    """

    def number(place: int) -> float:
        found, every, _, _ = count_found(t, place, at, **rule)
        return share_of_whole(found, every)

    return cell_values(t, number)


@metric("lesion_precision", origin="overlap", options=OPTIONS, **AT, **FACTS)
def lesion_precision(t: Tables, at: Quantity | None, **rule: Any) -> Values:
    """Share of the predicted components that touch a lesion: 1 - the lesion-wise false positives.

    formula  predictions with at least one voxel of a lesion / predictions
    empty    prediction empty: undefined
    source   Carass et al., NeuroImage 148, 2017
    """

    def number(place: int) -> float:
        _, _, right, every = count_found(t, place, at, **rule)
        return share_of_whole(right, every)

    return cell_values(t, number)


@metric("lesion_f1", origin="overlap", options=OPTIONS, **AT, **FACTS)
def lesion_f1(t: Tables, at: Quantity | None, **rule: Any) -> Values:
    """F1 of finding lesions: the harmonic mean of lesion_recall and lesion_precision.

    formula  2 precision recall / (precision + recall)
    empty    both empty: undefined; one empty: 0
    source   Commowick et al., Sci. Rep. 8, 2018
    """

    def number(place: int) -> float:
        found, truth, right, pred = count_found(t, place, at, **rule)
        return harmonic_mean(share_of_whole(right, pred), share_of_whole(found, truth))

    return cell_values(t, number)


@metric("lesion_f1", origin="isles", options={"connectivity": CONNECTIVITY}, **FACTS)
def lesion_f1_of_isles(t: Tables, connectivity: str) -> Values:
    """F1 of finding lesions as ISLES 2022 counts it: TP on the side of the reference.

    formula  tp / (tp + (fp + fn)/2); tp lesions with a voxel of the prediction, fp predictions that
             touch nothing
    empty    both empty: 1; one empty: 0
    source   Hernandez Petzsche et al., Sci. Data 9, 2022
    """

    def number(place: int) -> float:
        tp, truth, right, pred = count_found(t, place, None, "hit", "iou", connectivity)
        both = tp + (pred - right + truth - tp) / 2
        return tp / both if both else 1.0

    return cell_values(t, number)
