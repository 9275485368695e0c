"""Volumes and counts of lesions: what touches none of them, what is missed, and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from segeval.metrics.cells import cell_values
from segeval.metrics.lesion_options import PRED, TRUTH
from segeval.metrics.lesions import FIXED, find_touching
from segeval.metrics.panoptic import CONNECTIVITY, Tables
from segeval.metrics.registry import UPWARDS, Option, Values, metric
from segeval.runtime.frozen import replace
from segeval.tallies.instance_table import InstanceTable

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
        free = ~find_touching(table)[side]
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
