"""Which heights are one plane, and which planes are missing."""

import numpy as np
import pytest

from segeval.kernels.heights import add_missing_planes, find_planes, usual_gap


@pytest.mark.parametrize(
    ("heights", "gap"),
    [
        ([0, 3, 6, 9], 3),
        ([0, 0.02, 3, 3.02, 6, 6.02], 2.98),  # a hair is no gap
        ([0, 1, 2, 100, 101, 102], 1),  # nor is the way to the next lesion
        ([5], None),
        ([5, 5.001], None),
    ],
)
def test_the_usual_gap(heights, gap):
    assert usual_gap(np.array(heights, float)) == (None if gap is None else pytest.approx(gap))


def test_planes_a_hair_apart_are_one():
    plane, means = find_planes(np.array([3.02, 0, 3, 0.1, 6]))
    assert plane.tolist() == [1, 0, 1, 0, 2]
    assert means == pytest.approx([0.05, 3.01, 6])


@pytest.mark.parametrize(("apart", "planes"), [(0.19, 5), (0.21, 6)])
def test_a_hair_is_a_tenth_of_the_gap(apart, planes):
    _, means = find_planes(np.array([0, 2, 4, 6, 8, 4 + apart]))
    assert len(means) == planes


def test_missing_planes_are_added_on_the_usual_gap():
    assert add_missing_planes(np.array([0.0, 3, 6, 15, 18])).tolist() == [0, 3, 6, 9, 12, 15, 18]
    assert add_missing_planes(np.array([0.0, 3, 8, 11])).tolist() == [
        0,
        3,
        8,
        11,
    ]
    assert add_missing_planes(np.array([4.0])).tolist() == [4]
