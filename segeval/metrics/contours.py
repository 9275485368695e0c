"""Overlap of two structures as they are drawn: polygons, without a grid in their plane.

a, b volumes of ground truth and prediction, c of what they share; slab by slab, exact.

    contour_dice    2 c / (a + b)
    contour_iou       c / (a + b - c)
    contour_volume_difference     (b - a) / a
    voxel_dice_error    dice of the masks drawn from them, less contour_dice
    contour_apl         length of the ground truth's contours that is not near the prediction's
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.lengths import far_length
from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.registry import SHARE, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.polygons import PolygonVolumes


@metric("contour_dice", of="polygons", better="higher", bounds=SHARE)
def contour_dice(s: PolygonVolumes) -> Values:
    """Dice coefficient of the polygons themselves, each on the slab of its slice.

    formula  2 c / (a + b)
    empty    both empty: undefined; one empty: 0
    source   Dice, Ecology 26(3), 1945
    """
    return Values(dice_of_volumes(s.polygons))


@metric("contour_iou", of="polygons", better="higher", bounds=SHARE)
def contour_iou(s: PolygonVolumes) -> Values:
    """Intersection over union of the polygons themselves, each on the slab of its slice.

    formula  c / (a + b - c)
    empty    both empty: undefined; one empty: 0
    source   Jaccard, New Phytologist 11(2), 1912
    """
    truth, pred, both = s.polygons.T
    return Values(ratio_or_nan(both, truth + pred - both))


@metric("contour_volume_difference", of="polygons", better="zero")
def contour_volume_difference(s: PolygonVolumes) -> Values:
    """Volume of the predicted polygons beyond the ground truth's, as a share of the latter.

    formula  (b - a) / a
    empty    ground truth empty: undefined
    source   Taha and Hanbury, BMC Med. Imaging 15, 2015
    """
    truth, pred, _ = s.polygons.T
    return Values(ratio_or_nan(pred - truth, truth))


@metric("voxel_dice_error", of="polygons", better="zero", bounds=(-1.0, 1.0))
def voxel_dice_error(s: PolygonVolumes) -> Values:
    """How far the Dice of the drawn voxels is from that of the polygons: the cost of the grid.

    formula  dice(voxels) - contour_dice
    empty    both empty: undefined
    source   of this program
    """
    return Values(dice_of_volumes(s.masks) - dice_of_volumes(s.polygons))


@metric(
    "contour_apl", of="polygons", better="lower", unit="length", at=("mm",), bounds=(0.0, np.inf)
)
def contour_apl(s: PolygonVolumes, at: float | None) -> Values:
    """Added path length of the contours as they are drawn, each on its own plane.

    formula  length of the ground truth's contours farther than tau from the prediction's, exact
    empty    prediction empty: the whole contour; ground truth empty: undefined
    source   Vaassen et al., Phys. Imaging Radiat. Oncol. 13, 2020
    """
    found = np.full(len(s.classes), np.nan)
    for place, name in enumerate(s.classes):
        if name in s.outlines and len(s.outlines[name][0].points):
            found[place] = far_length(*s.outlines[name], at or 0.0)
    return Values(found, unit="mm")


def dice_of_volumes(volumes: Floats) -> Floats:
    """Dice of ground truth, prediction and both, (classes, 3)."""
    truth, pred, both = volumes.T
    return ratio_or_nan(2 * both, truth + pred)
