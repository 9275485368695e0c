import numpy as np
import pytest

from segeval.kernels.spatial import (
    distance_field,
    hausdorff_dt,
    soft_cldice,
    soft_dilate,
    soft_erode,
    soft_skeleton,
)


def test_distances_by_hand():
    assert distance_field(np.array([0, 1, 1, 1, 0], bool)).tolist() == [1, 1, 2, 1, 1]


@pytest.mark.parametrize("mask", [np.zeros((3, 3), bool), np.ones((3, 3), bool)])
def test_an_empty_or_full_mask_has_no_distance(mask):
    assert not distance_field(mask).any()


def test_hausdorff_loss_by_hand():
    g = np.array([0, 1, 0], bool)
    # p = 0.25 0.75 0: squares 1/16 1/16 0; both fields are 1 1 1: (1^2 + 1^2) (1/16 + 1/16) / 3
    assert hausdorff_dt(np.array([0.25, 0.75, 0]), g, 2.0) == pytest.approx(2 * (2 / 16) / 3)


def test_erosion_looks_along_axes_and_dilation_at_corners():
    dot = np.zeros((1, 3, 3))
    dot[0, 1, 1] = 1
    assert soft_dilate(dot).all()
    assert soft_erode(1 - dot)[0].tolist() == [[1, 0, 1], [0, 0, 0], [1, 0, 1]]


def test_a_line_is_its_own_skeleton():
    line = np.zeros((1, 5, 7))
    line[0, 2] = 1
    assert (soft_skeleton(line, 3) == line).all()


def test_cldice_of_the_same_line():
    line = np.zeros((1, 5, 7))
    line[0, 2] = 1
    # Tp = Ts = (7 + 1) / (7 + 1) = 1
    assert soft_cldice(line, line) == pytest.approx(1 - 2 / (2 + 1e-4))
