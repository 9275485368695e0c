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

from collections.abc import Callable
from typing import Any

import numpy as np

from segeval.kernels.instance_matching import SCORES
from segeval.kernels.run_overlaps import distinct_numbers
from segeval.metrics.cells import TIE, UPWARDS, cell_values, match_at, share_of_whole
from segeval.metrics.panoptic import CONNECTIVITY, SHARE, Tables
from segeval.metrics.registry import Option, Values, metric
from segeval.request.grammar import Quantity, parse_quantity
from segeval.runtime.arrays import Counted, Mask
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen, replace
from segeval.tallies.instance_table import InstanceTable

TRUTH, PRED = 0, 1


@frozen
class LesionSizes:
    """A range of volumes, half open.

    low, high  in `unit`: ml, or px where they are voxels; the last range has no end
    """

    low: float = 0.0
    high: float = float("inf")
    unit: str = ""

    def holds(self, table: InstanceTable) -> Mask:
        """Which references lie in it."""
        scale = 1.0 if self.unit in ("px", "") else table.voxel
        size = table.overlaps.truth * scale
        found: Mask = (size >= self.low) & (size < self.high)
        return found


def read_sizes(word: str) -> LesionSizes | None:
    """Read a range of sizes, `0.1ml-1ml` or `10ml-`; `all` is no range. ValueError."""
    if word == "all":
        return None
    low, dash, high = word.partition("-")
    try:
        ends = [parse_quantity(end) if end else None for end in (low, high)]
    except RequestError as problem:
        raise ValueError(problem.message) from problem
    units = {end.unit for end in ends if end is not None}
    if not dash or len(units) != 1 or not units <= {"ml", "px"}:
        raise ValueError("a range of sizes is 0.1ml-1ml or 10px-")
    below, above = ends
    return LesionSizes(
        below.number if below else 0.0, above.number if above else float("inf"), units.pop()
    )


@frozen
class LeastOverlap:
    """How much has to be shared: voxels, mm3, or a ratio of the reference."""

    number: float
    unit: str

    def voxels(self, size: Any, voxel: float) -> Any:
        """In voxels, of lesions of some size; halves are rounded to even.

        voxel  mm3
        """
        if self.unit == "ratio":
            return np.round(np.asarray(size) * self.number)
        return np.round(self.number / voxel) if self.unit == "mm3" else self.number


def read_overlap(word: str) -> LeastOverlap:
    """Read `3px`, `10mm3`, `20%` or `0.2`. ValueError."""
    for unit, scale, of in (("px", 1, "px"), ("mm3", 1, "mm3"), ("%", 100, "ratio")):
        if word.endswith(unit):
            return LeastOverlap(float(word.removesuffix(unit)) / scale, of)
    return LeastOverlap(float(word), "ratio")


def touching(table: InstanceTable, least: float = 1) -> tuple[Mask, Mask]:
    """Which references and which predictions share at least so many voxels with the other side."""
    return table.covered_voxels(TRUTH) >= least, table.covered_voxels(PRED) >= least


def found_lesions(
    table: InstanceTable, at: Quantity | None, tie: str, hit: str
) -> tuple[Mask, Mask]:
    """Which references are found and which predictions are right."""
    if at is None or (at.unit == "px"):
        return touching(table, 1 if at is None else at.number)
    pairs = match_at(table, at, "optimal", tie, hit)
    one, other = np.zeros(len(table.overlaps.truth), bool), np.zeros(len(table.overlaps.pred), bool)
    one[pairs.one], other[pairs.other] = True, True
    return one, other


OPTIONS = {"tie": TIE, "hit": Option("iou", SCORES), "connectivity": CONNECTIVITY}
FACTS: dict[str, Any] = {"of": "instances", "better": "higher", "bounds": SHARE}
AT: dict[str, Any] = {"at": ("%", "mm", "px"), "whole": True}
FIXED = replace(CONNECTIVITY, default="18")
IVADOMED = {"overlap": Option("3px", read=read_overlap), "connectivity": FIXED}


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


def count_ivadomed(
    t: Tables, place: int, overlap: LeastOverlap, connectivity: str
) -> tuple[int, int, int]:
    """Lesions found, lesions missed, false positives of ivadomed."""
    tp = truth = fp = 0
    for table in t.tables(place, connectivity):
        o = table.overlaps
        voxel = table.voxel * (1000 if table.unit == "ml" else 1)
        hit = table.covered_voxels(TRUTH) >= overlap.voxels(o.truth, voxel)
        tp, truth = tp + int(hit.sum()), truth + len(hit)
        fp += int(find_spurious(table, overlap).sum())
    return tp, truth - tp, fp


def find_spurious(table: InstanceTable, overlap: LeastOverlap) -> Mask:
    """Which predictions share less than ivadomed asks for.

    A ratio is of the reference with the highest number under the prediction.
    """
    o = table.overlaps
    voxel = table.voxel * (1000 if table.unit == "ml" else 1)
    least = np.full(len(o.pred), float(overlap.voxels(1, voxel)))
    if overlap.unit == "ratio":
        least = np.full(len(o.pred), np.inf)  # of nothing there is a share of the background
        least[distinct_numbers(o.other)] = overlap.voxels(o.truth[highest_reference(table)], voxel)
    found: Mask = table.covered_voxels(PRED) < least
    return found


def highest_reference(table: InstanceTable) -> Counted:
    """Of every prediction that touches any, the reference with the highest number."""
    o = table.overlaps
    order = np.lexsort((o.one, o.other))
    last = np.flatnonzero(np.append(np.diff(o.other[order]) != 0, True)) if len(order) else order
    return o.one[order[last]]


@metric("lesion_recall", origin="ivadomed", options=IVADOMED, **FACTS)
def ltpr(t: Tables, overlap: LeastOverlap, connectivity: str) -> Values:
    """Lesion true positive rate of ivadomed: a lesion is hit by at least three voxels.

    formula  lesions with enough shared voxels / lesions
    empty    ground truth empty: undefined
    source   ivadomed, Gros et al., JOSS 6(58), 2021
    """

    def number(place: int) -> float:
        tp, fn, _ = count_ivadomed(t, place, overlap, connectivity)
        return share_of_whole(tp, tp + fn)

    return cell_values(t, number)


@metric("lesion_precision", origin="ivadomed", options=IVADOMED, **FACTS)
def one_minus_lfdr(t: Tables, overlap: LeastOverlap, connectivity: str) -> Values:
    """1 - the lesion false detection rate of ivadomed, whose TP are on the reference's side.

    formula  tp / (tp + fp); tp lesions with enough shared voxels, fp predictions with fewer
    empty    neither tp nor fp: undefined
    source   ivadomed, Gros et al., JOSS 6(58), 2021
    """

    def number(place: int) -> float:
        tp, _, fp = count_ivadomed(t, place, overlap, connectivity)
        return share_of_whole(tp, tp + fp)

    return cell_values(t, number)


UNIT = Option("auto", ("auto", "ml", "voxels"))
VOLUME: dict[str, Any] = {
    "of": "instances",
    "better": "lower",
    "unit": "volume",
    "bounds": UPWARDS,
}


def sum_volumes(t: Tables, connectivity: str, unit: str, side: int) -> Values:
    """The volume of the instances of a side that touch nothing of the other."""

    def in_voxels(table: InstanceTable) -> int:
        free = ~touching(table)[side]
        return int((table.overlaps.pred if side else table.overlaps.truth)[free].sum())

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        if not tables:
            return np.nan
        scale = [1.0 if unit == "voxels" else table.voxel for table in tables]
        return float(sum(in_voxels(table) * s for table, s in zip(tables, scale, strict=True)))

    every = [x for p in range(len(t.classes)) for x in t.tables(p, connectivity)]
    units = {table.unit for table in every} if unit != "voxels" else {"voxels"}
    if len(units) > 1 or (unit == "ml" and units != {"ml"}):
        return Values(np.full(len(t.classes), np.nan), reason="no_spacing" if unit == "ml" else "")
    found = cell_values(t, number)
    return replace(found, unit=next(iter(units), ""))


@metric(
    "lesion_fp_volume", origin="autopet", options={"unit": UNIT, "connectivity": FIXED}, **VOLUME
)
@metric(
    "lesion_fp_volume",
    origin="overlap",
    options={"unit": UNIT, "connectivity": CONNECTIVITY},
    **VOLUME,
)
def lesion_fp_volume(t: Tables, unit: str, connectivity: str) -> Values:
    """Volume of the predicted components that touch no lesion.

    formula  voxels of the predictions without a voxel of the reference, times the size of a voxel
    empty    ground truth empty: all of the prediction; prediction empty: 0
    source   Gatidis et al., Sci. Data 9, 2022 (autoPET)
    """
    return sum_volumes(t, connectivity, unit, PRED)


@metric(
    "lesion_fn_volume", origin="autopet", options={"unit": UNIT, "connectivity": FIXED}, **VOLUME
)
@metric(
    "lesion_fn_volume",
    origin="overlap",
    options={"unit": UNIT, "connectivity": CONNECTIVITY},
    **VOLUME,
)
def lesion_fn_volume(t: Tables, unit: str, connectivity: str) -> Values:
    """Volume of the lesions that the prediction does not touch.

    formula  voxels of the lesions without a voxel of the prediction, times the size of a voxel
    empty    prediction empty: all of the ground truth; ground truth empty: 0
    source   Gatidis et al., Sci. Data 9, 2022 (autoPET)
    """
    return sum_volumes(t, connectivity, unit, TRUTH)


def differences(t: Tables, connectivity: str, of: Callable[[int], int]) -> Values:
    """Predictions less references of every class, summed over the cases."""

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        if not tables:
            return np.nan
        return float(sum(of(len(x.overlaps.pred) - len(x.overlaps.truth)) for x in tables))

    return cell_values(t, number)


COUNTS: dict[str, Any] = {"of": "instances", "options": {"connectivity": CONNECTIVITY}}


@metric("lesion_count_difference", origin="signed", better="zero", **COUNTS)
def lesion_count_difference(t: Tables, connectivity: str) -> Values:
    """How many more components the prediction has than there are lesions.

    formula  predictions - lesions
    empty    the count of the other side, with its sign
    source   count
    """
    return differences(t, connectivity, int)


@metric("lesion_count_difference", origin="isles", better="lower", bounds=UPWARDS, **COUNTS)
def lesion_count_difference_of_isles(t: Tables, connectivity: str) -> Values:
    """How much the counts differ, without a sign.

    formula  |predictions - lesions|
    empty    the count of the other side
    source   Hernandez Petzsche et al., Sci. Data 9, 2022
    """
    return differences(t, connectivity, abs)
