"""Surface metrics through the front door: units, tolerances, and masks saved as black and white."""

import numpy as np
import pytest

import segeval
from segeval.errors import GeometryError

TRUTH = np.zeros((12, 12), np.uint8)
TRUTH[3:9, 3:9] = 1
MOVED = np.roll(TRUTH, 2, 1)


def hd(pred, truth, metric="hd", **more):
    row = segeval.score(pred, truth, [metric], **more).cases[0].rows[0]
    return row.value, row.unit


def test_a_mask_moved_by_two_pixels():
    assert hd(MOVED, TRUTH) == (pytest.approx(2, abs=1e-9), "px")
    assert hd(MOVED, TRUTH, spacing=(3, 1.5)) == (pytest.approx(3, abs=1e-9), "mm")


def test_255_of_a_binary_mask_is_its_1():
    assert hd(MOVED * 255, TRUTH)[0] == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "spacing"), [("nsd@2mm", None), ("nsd@2px", (1.0, 1.0)), ("apl@1mm", None)]
)
def test_a_length_in_a_unit_that_the_grid_lacks_is_no_guess(metric, spacing):
    with pytest.raises(GeometryError, match="lengths on this grid are in"):
        hd(MOVED, TRUTH, metric, spacing=spacing)


def test_the_same_length_in_the_unit_of_the_grid():
    assert hd(MOVED, TRUTH, "nsd@2px")[0] == 1
    assert hd(MOVED, TRUTH, "nsd@2mm", spacing=(1, 1))[0] == 1
