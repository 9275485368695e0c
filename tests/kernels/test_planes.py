"""Added path length by hand."""

import numpy as np
import pytest

from segeval.kernels.planes import added_length, added_pixels, inner_boundary


def square(at, side, shape=(12, 12)):
    mask = np.zeros(shape, bool)
    mask[at : at + side, at : at + side] = True
    return mask


def test_a_missed_plane_counts_whole():
    # contour of a 4 x 4 square: 4 sides of 3 between the corners, that are cut: 4 sqrt(1/2)
    truth = np.stack([square(2, 4), square(2, 4)])
    pred = np.stack([square(2, 4), square(0, 0)])
    spacing = (5.0, 1.0, 1.0)
    assert added_length(truth, pred, spacing, 0) == pytest.approx(4 * 3 + 4 * 0.5**0.5)
    assert added_pixels(truth, pred, spacing, 0) == 12
    assert added_length(truth, np.zeros_like(truth), spacing, 0) == pytest.approx(
        2 * (4 * 3 + 4 * 0.5**0.5)
    )


def test_only_planes_of_the_reference_are_drawn():
    truth = np.stack([square(2, 4), square(0, 0)])
    assert added_length(truth, truth[::-1] | truth, (5.0, 1.0, 1.0), 0) == 0


def test_the_tolerance_forgives_a_shift():
    # a side moved by one pixel of 2 mm along the second axis: forgiven from 2 mm on
    truth, pred = square(2, 4), np.roll(square(2, 4), 1, 1)
    for tolerance, some in ((0, True), (1.9, True), (2.0, False)):
        assert (added_length(truth, pred, (1.0, 2.0), tolerance) > 0) is some
        assert (added_pixels(truth, pred, (1.0, 2.0), tolerance) > 0) is some


def test_a_rim_is_what_erosions_take_away():
    assert inner_boundary(square(0, 7, (7, 7)), 2).sum() == 49 - 9
