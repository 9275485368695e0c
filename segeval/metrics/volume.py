"""How much there is of a class, and how far the two sides differ about it.

V is the prediction's volume, R the ground truth's: millilitres on a grid of three spacings, mm2 on
one of two, and a count of voxels or pixels without spacing, or wherever `:unit=voxels` asks for it.
"""

from __future__ import annotations

import numpy as np

from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.registry import UPWARDS, Option, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.counts import Counts

UNIT = {"unit": Option("auto", ("auto", "voxels"))}
BOTH, PRED, TRUTH = 0, 1, 2  # columns of the tables


def sizes_in_unit(n: Counts, unit: str) -> tuple[Floats, str]:
    """The table in the unit that was asked for; nan where the cases pooled have several."""
    if unit == "voxels":
        return n.table.astype(float), "voxels"
    return (n.sizes, n.unit) if n.unit else (np.full(n.table.shape, np.nan), "")


@metric("pred_volume", of="counts", unit="volume", options=UNIT)
def pred_volume(n: Counts, unit: str) -> Values:
    """Volume V of the prediction.

    formula  voxels of the prediction, times the size of a voxel
    empty    0
    source   voxel count
    """
    size, of = sizes_in_unit(n, unit)
    return Values(size[:, BOTH] + size[:, PRED], unit=of)


@metric("gt_volume", of="counts", unit="volume", options=UNIT)
def gt_volume(n: Counts, unit: str) -> Values:
    """Volume R of the ground truth.

    formula  voxels of the ground truth, times the size of a voxel
    empty    0
    source   voxel count
    """
    size, of = sizes_in_unit(n, unit)
    return Values(size[:, BOTH] + size[:, TRUTH], unit=of)


@metric("volume_difference", of="counts", better="zero", unit="volume", options=UNIT)
def volume_difference(n: Counts, unit: str) -> Values:
    """Signed difference of the volumes: positive where the prediction is larger.

    formula  V - R
    empty    both empty: 0; one empty: the volume of the other, with its sign
    source   voxel count
    """
    size, of = sizes_in_unit(n, unit)
    return Values(size[:, PRED] - size[:, TRUTH], unit=of)


@metric(
    "absolute_volume_difference",
    of="counts",
    better="lower",
    unit="volume",
    options=UNIT,
    bounds=UPWARDS,
)
def absolute_volume_difference(n: Counts, unit: str) -> Values:
    """Difference of the volumes without its sign.

    formula  |V - R|
    empty    both empty: 0; one empty: the volume of the other
    source   voxel count
    """
    size, of = sizes_in_unit(n, unit)
    return Values(np.abs(size[:, PRED] - size[:, TRUTH]), unit=of)


@metric("relative_volume_difference", of="counts", better="zero", unit="%")
def relative_volume_difference(n: Counts) -> Values:
    """Signed difference of the volumes as a share of the ground truth's, in per cent.

    formula  100 (V - R) / R
    empty    ground truth empty: undefined; prediction empty: -100
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    return Values(100 * ratio_or_nan(n.fp - n.fn, n.truth))


@metric(
    "absolute_relative_volume_difference", of="counts", better="lower", unit="%", bounds=UPWARDS
)
def absolute_relative_volume_difference(n: Counts) -> Values:
    """Difference of the volumes as a share of the ground truth's, without its sign, in per cent.

    formula  100 |V - R| / R
    empty    ground truth empty: undefined; prediction empty: 100
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    return Values(100 * ratio_or_nan(np.abs(n.fp - n.fn), n.truth))


@metric(
    "false_positive_volume",
    of="counts",
    better="lower",
    unit="volume",
    options=UNIT,
    bounds=UPWARDS,
)
def false_positive_volume(n: Counts, unit: str) -> Values:
    """Volume that only the prediction calls the class.

    formula  fp, times the size of a voxel
    empty    prediction empty: 0
    source   voxel count
    """
    size, of = sizes_in_unit(n, unit)
    return Values(size[:, PRED], unit=of)


@metric(
    "false_negative_volume",
    of="counts",
    better="lower",
    unit="volume",
    options=UNIT,
    bounds=UPWARDS,
)
def false_negative_volume(n: Counts, unit: str) -> Values:
    """Volume that only the ground truth calls the class.

    formula  fn, times the size of a voxel
    empty    ground truth empty: 0
    source   voxel count
    """
    size, of = sizes_in_unit(n, unit)
    return Values(size[:, TRUTH], unit=of)
