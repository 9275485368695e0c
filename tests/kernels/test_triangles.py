"""Distances to a triangle by hand."""

import numpy as np
import pytest

from segeval.kernels.triangles import Triangles

# a right angle at the origin, legs of 3 and 4 in the plane z = 0; coordinates (z, y, x)
FLAT = Triangles.of(np.array([[[0.0, 0, 0], [0, 3, 0], [0, 0, 4]]]))


@pytest.mark.parametrize(
    ("point", "want"),
    [
        ((2, 1, 1), 2),  # above it
        ((-2, 1, 1), 2),  # below it
        ((0, -2, 1), 2),  # beside a leg
        ((0, -3, -4), 5),  # before the corner
        ((0, 3, 4), 12 / 5),  # beyond the long side: height of a 3-4-5 triangle
        ((0, 1, 1), 0),  # in it
        ((0, 7, 0), 4),  # beyond a tip
    ],
)
def test_by_hand(point, want):
    assert FLAT.distances(np.array([point], float))[0, 0] == pytest.approx(want)


def test_a_side_that_two_triangles_share_is_kept_once():
    two = np.array([[[0.0, 0, 0], [0, 3, 0], [0, 0, 4]], [[0, 3, 0], [0, 0, 0], [1, 1, 1]]])
    assert len(Triangles.of(two).first.T) == 5
