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


@pytest.mark.parametrize(("apart", "planes"), [(0.0099, 1), (0.0101, 2)])
def test_dicom_r3_a_hundredth_of_a_mm_is_the_same_height(apart, planes):
    assert len(find_planes(np.array([5, 5 + apart]))[1]) == planes


@pytest.mark.parametrize(("narrow", "gap"), [(0.249, 2.751), (0.251, 0.251)])
def test_gaps_of_a_quarter_of_a_mm_may_be_between_slices(narrow, gap):
    heights = np.array([0, narrow, 3, 3 + narrow, 6, 6 + narrow])
    assert usual_gap(heights) == pytest.approx(gap)


@pytest.mark.parametrize(("wide", "planes"), [(5.39, 5), (5.41, 6)])
def test_dicom_f3_a_plane_is_missing_from_1_8_usual_gaps_on(wide, planes):
    assert len(add_missing_planes(np.array([0, 3, 6, 9, 9 + wide]))) == planes


def test_missing_planes_are_added_on_the_usual_gap():
    assert add_missing_planes(np.array([0.0, 3, 6, 15, 18])).tolist() == [0, 3, 6, 9, 12, 15, 18]
    assert add_missing_planes(np.array([0.0, 3, 8, 11])).tolist() == [
        0,
        3,
        8,
        11,
    ]
    assert add_missing_planes(np.array([4.0])).tolist() == [4]
