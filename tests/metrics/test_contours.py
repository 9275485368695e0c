"""Metrics of polygons, by hand."""

import numpy as np
import pytest

from segeval.kernels.raster import Polygons
from segeval.metrics.contours import (
    contour_apl,
    contour_dice,
    contour_iou,
    contour_volume_difference,
    voxel_dice_error,
)
from segeval.tallies.polygons import PolygonVolumes

#               truth 4, pred 6, both 3            empty truth      both empty
SOLIDS = PolygonVolumes(
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


def ring(low, high):
    points = np.array([(low, low), (high, low), (high, high), (low, high)], float)
    return Polygons(points, np.array([4]), np.array([0]))


NO_RING = Polygons(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))


def test_contour_apl():
    #   squares of 10 and 8 mm with one centre are 1 mm apart; of the smaller one nothing is
    outlines = {
        "a": (ring(0, 10), ring(1, 9)),
        "b": (NO_RING, ring(0, 4)),
        "c": (ring(0, 4), NO_RING),
    }
    solids = PolygonVolumes(("a", "b", "c"), SOLIDS.polygons, SOLIDS.masks, outlines)
    assert contour_apl(solids, 0.5).classes == pytest.approx([40, np.nan, 16], nan_ok=True)
    # the four corners are more than 1 mm away: those of the sides that are beside it are not
    assert contour_apl(solids, 1).classes[0] == pytest.approx(4 * 2, abs=2e-2)
    assert contour_apl(solids, 1.5).classes[0] == pytest.approx(0)
    assert contour_apl(solids, None).unit == "mm"
    assert np.isnan(contour_apl(SOLIDS, 0).classes).all()  # read from a file: no outlines
