"""Volumes of polygons on slabs, beside those of their masks."""

import numpy as np
import pytest
from rings import flat, roi, slices, square

from segeval.contours.rasterize import rasterize_structure
from segeval.contours.rules import DrawingRules
from segeval.tallies.polygons import PolygonTally, PolygonVolumes, mask_volumes

BIG, SMALL = square(3.25, 11.25), square(5.25, 9.25)  # 8 x 8 and 4 x 4 mm


def tallied(truth, pred, on=None, name="Heart"):
    on = on or slices()
    a, b = (rasterize_structure(roi(*side), on, DrawingRules()) for side in (truth, pred))
    tally = PolygonTally()
    masks = mask_volumes(a.runs, b.runs, np.prod(on.geometry.spacing) / 1000)
    tally.update(name, a.placed.polygons, b.placed.polygons, on.thickness, masks)
    return tally


def test_by_hand():
    #    3 mm slabs: 8 x 8 x 3 = 192 mm³ twice, 4 x 4 x 3 = 48 once; pixels from 4 to 11, 6 to 9
    solids = tallied([flat(BIG, 3), flat(BIG, 6)], [flat(SMALL, 3)]).finish()
    assert solids.classes == ("Heart",)
    assert solids.polygons.tolist() == [[pytest.approx(0.384), pytest.approx(0.048), 0.048]]
    assert solids.masks.tolist() == [[pytest.approx(0.384), pytest.approx(0.048), 0.048]]


def test_slabs_are_as_thick_as_the_slices_lie_apart():
    #    slices 0 2 4 8: the one at 4 stands for 1 + 2 mm, the one at 8 for 4
    on = slices([0, 2, 4, 8])
    solids = tallied([flat(BIG, 4), flat(BIG, 8)], [flat(BIG, 8)], on).finish()
    assert solids.polygons[0] == pytest.approx([0.064 * 7, 0.064 * 4, 0.064 * 4])


def test_nothing_on_one_side():
    solids = tallied([flat(BIG, 3)], []).finish()
    assert solids.polygons.tolist() == [[pytest.approx(0.192), 0, 0]]


def test_it_is_kept_and_pooled():
    kept = tallied([flat(BIG, 3)], [flat(SMALL, 3)]).finish().to_json()
    again = PolygonVolumes.from_json(kept)
    assert again.to_json() == kept
    both = PolygonVolumes.pool_cases([again, again])
    assert both.polygons[0] == pytest.approx(2 * again.polygons[0])
    assert PolygonVolumes.pool_cases([]).classes == ()
