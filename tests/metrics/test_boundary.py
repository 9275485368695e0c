"""Rims and added lengths by hand."""

import numpy as np
import pytest
from surfaces import surfaces, value

from segeval.metrics.boundary import BOUNDARY_WIDTH
from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import parse_metric


def bar(start, stop):
    mask = np.zeros((8, 9, 30), bool)
    mask[2:6, 2:7, start:stop] = True
    return mask


# a bar of 4 x 5 voxels, pushed out along x from 10 to 13: 1 x 1 x 2 mm
PUSHED = surfaces(bar(5, 10), bar(5, 13), (1.0, 1.0, 2.0))


def test_apl_px_by_hand():
    # the end of the reference lies in the pushed bar: 5 rows less the 2 on its sides, 4 planes
    assert value(PUSHED, "apl_px") == 4 * 3


def test_boundary_iou_by_hand():
    # diagonal of 60 x 80 is 100, so rims are 2 wide: a 20-square has 400 - 16^2 = 144 pixels of rim
    truth = np.zeros((60, 80), bool)
    truth[10:30, 10:30] = True
    apart = np.roll(truth, 30, 1)
    assert value(surfaces(truth, truth), "boundary_iou") == 1
    assert value(surfaces(truth, apart), "boundary_iou") == 0
    # moved by one: rims are concentric squares of 20 and 16; counted with sets
    moved = np.roll(truth, 1, 1)
    rims = []
    for first in (10, 11):
        outer = {(y, x) for y in range(10, 30) for x in range(first, first + 20)}
        rims.append(outer - {(y, x) for y in range(12, 28) for x in range(first + 2, first + 18)})
    want = len(rims[0] & rims[1]) / len(rims[0] | rims[1])
    assert value(surfaces(truth, moved), "boundary_iou") == pytest.approx(want)


def test_boundary_iou_is_of_pictures():
    _, definition = resolve_metric(parse_metric("boundary_iou"))
    assert definition.compute(PUSHED).reason == "not_a_picture"


def test_a_rim_is_2_per_cent_of_the_diagonal_wide():
    assert BOUNDARY_WIDTH == 0.02


@pytest.mark.parametrize(("height", "width", "rim"), [(75, 100, 2), (75, 101, 3), (3, 4, 1)])
def test_the_rim_is_rounded_to_the_nearest_pixel(height, width, rim):
    # 2 % of the diagonal: 2.5 of 125 pixels (half to even), 2.52 of 125.8, 0.1 of 5 (at least 1)
    truth = np.zeros((height, width), bool)
    truth[1:-1, 1:-1] = True
    inner = max(0, height - 2 - 2 * rim) * max(0, width - 2 - 2 * rim)
    ring = (height - 2) * (width - 2) - inner
    pred = truth.copy()
    pred[1 : 1 + rim, 1 : 1 + rim] = False  # a corner as wide as the rim: all of it is rim
    # the prediction's rim goes round the corner: what it gains is not in the reference's rim
    gained = corner_gain(height, width, rim)
    lost = rim * rim
    want = (ring - lost) / (ring + gained)
    assert value(surfaces(truth, pred), "boundary_iou") == pytest.approx(want)


def corner_gain(height, width, rim):
    """Pixels of the interior that come within `rim` (chessboard) of the cut corner, by counting."""
    pixels = [(y, x) for y in range(1, height - 1) for x in range(1, width - 1)]
    outside = {(y, x) for y in range(height) for x in range(width)} - set(pixels) | {
        (y, x) for y in range(1, 1 + rim) for x in range(1, 1 + rim)
    }
    edge = [(y, x) for y, x in outside if y <= rim and x <= rim and y >= 1 and x >= 1]
    interior = [
        (y, x)
        for y, x in pixels
        if 1 + rim <= y < height - 1 - rim and 1 + rim <= x < width - 1 - rim
    ]
    return sum(any(max(abs(y - v), abs(x - u)) <= rim for v, u in edge) for y, x in interior)
