"""Metrics of polygons, by hand."""

import numpy as np
import pytest

from segeval.metrics.contours import (
    contour_dice,
    contour_iou,
    contour_volume_difference,
    voxel_dice_error,
)
from segeval.tallies.polygons import Solids

#               truth 4, pred 6, both 3            empty truth      both empty
SOLIDS = Solids(
    ("a", "b", "c"),
    np.array([[4.0, 6, 3], [0, 2, 0], [0, 0, 0]]),
    np.array([[4.0, 6, 4], [0, 2, 0], [0, 0, 0]]),
)


def test_contour_dice():
    assert contour_dice(SOLIDS).classes == pytest.approx([2 * 3 / 10, 0, np.nan], nan_ok=True)


def test_contour_iou():
    assert contour_iou(SOLIDS).classes == pytest.approx([3 / 7, 0, np.nan], nan_ok=True)


def test_contour_volume_difference():
    found = contour_volume_difference(SOLIDS).classes
    assert found == pytest.approx([(6 - 4) / 4, np.nan, np.nan], nan_ok=True)


def test_voxel_dice_error():
    #    the masks share 4 instead of 3: 0.8 instead of 0.6
    assert voxel_dice_error(SOLIDS).classes == pytest.approx([0.2, 0, np.nan], nan_ok=True)
