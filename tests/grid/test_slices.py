"""Slices at their positions, and the regular grid that stands for them."""

from dataclasses import replace

import numpy as np
import pytest

from segeval.grid.geometry import Geometry
from segeval.grid.joined_slices import find_unheld_planes, join_grids
from segeval.grid.slices import (
    Frame,
    arrange_slices,
    extend_grid,
    nearest_position,
    slabs_on_grid,
    slices_of_grid,
)
from segeval.runtime.errors import GeometryError

AXIAL = Frame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (2.0, 0.5), (4, 5))
SAGITTAL = Frame((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 1.0), (4, 5))


def at(heights, frame=AXIAL, start=(10.0, 20.0, 30.0)):
    return np.array(start) + np.outer(heights, frame.normal)


def test_even_slices_in_any_order():
    slices = arrange_slices(AXIAL, at([3, 0, 6]), ["b", "a", "c"])
    assert slices.geometry == Geometry(
        (3, 4, 5), (3.0, 2.0, 0.5), (10.0, 20.0, 30.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0))
    )
    assert slices.positions.tolist() == [0, 3, 6]
    assert slices.images == ("a", "b", "c")
    assert slices.source.tolist() == [0, 1, 2]
    assert slices.notes == ()


def test_sagittal_slices_follow_their_normal():
    #    along a row is +y, along a column is -z: the normal is y x -z = -x
    slices = arrange_slices(SAGITTAL, at([0, 2, 4], SAGITTAL))
    assert SAGITTAL.normal == (-1.0, 0.0, 0.0)
    assert slices.geometry.directions == ((-1, 0, 0), (0, 0, -1), (0, 1, 0))
    assert slices.geometry.origin == (10, 20, 30)


def test_rounded_positions_are_even():
    slices = arrange_slices(AXIAL, at([0, 0.67, 1.33, 2.0]))
    assert slices.geometry.spacing[0] == pytest.approx(2 / 3)
    assert slices.notes == ()


def test_uneven_slices_are_drawn_at_the_finest_gap():
    #    slices 0 2 4 8; planes 0 2 4 6 8; the plane at 6 is half way and takes the lower slice
    slices = arrange_slices(AXIAL, at([0, 2, 4, 8]))
    assert slices.geometry.shape[0] == 5
    assert slices.source.tolist() == [0, 1, 2, 2, 3]
    assert slices.thickness.tolist() == [2, 2, 3, 4]
    assert [n.code for n in slices.notes] == ["N-uneven-slices", "W-missing-slices"]
    assert "after 34 mm" in slices.notes[1].text


def test_gaps_of_two_sizes_are_uneven_but_not_holes():
    slices = arrange_slices(AXIAL, at([0, 3, 6, 11]))
    assert [n.code for n in slices.notes] == ["N-uneven-slices"]
    assert slices.geometry.shape[0] == 5  # 11 / 3 = 3.67, four gaps
    assert slices.source.tolist() == [0, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("corners", "said"),
    [
        (at([0, 0, 3]), "1 of 3 slices lie where another"),
        (at([0, 0.05, 3, 600]), "too uneven"),
        (at([0, 3, 6]) + np.array([[0, 0, 0], [0, 0.4, 0], [0, 0.8, 0]]), "0.8 mm beside"),
        (at([0]), "thickness is not said"),
    ],
)
def test_what_is_no_grid(corners, said):
    with pytest.raises(GeometryError, match=said):
        arrange_slices(AXIAL, corners)


def test_one_slice_needs_a_thickness():
    slices = arrange_slices(AXIAL, at([0]), gap=5.0)
    assert slices.geometry.spacing == (5.0, 2.0, 0.5)
    assert slices.thickness.tolist() == [5]
    assert slices.nearest(np.array([-9.0, 9.0])).tolist() == [0, 0]


def test_half_way_is_the_lower_one_up_to_rounding():
    positions = np.array([0.0, 0.3, 0.6])
    assert nearest_position(positions, np.array([0.15, 0.15 + 1e-9, 0.1501, 9])).tolist() == [
        0,
        0,
        1,
        2,
    ]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_any_axis_of_a_grid_can_be_that_of_the_slices(axis):
    grid = Geometry((3, 4, 5), (3.0, 2.0, 1.0), (0, 0, 0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
    slices = slices_of_grid(grid, axis)
    assert slices.geometry.shape[0] == grid.shape[axis]
    assert slices.geometry.directions[0] == grid.directions[axis]
    assert slices.positions.tolist() == [i * grid.spacing[axis] for i in range(grid.shape[axis])]


def test_planes_of_another_grid_are_slabs_of_the_slices():
    #    slices at 10 12 14, planes at 9 10 … 16: each takes the nearest, half way the lower one;
    #    9 is half way below the first and 16 beyond the last by a whole gap
    own = arrange_slices(AXIAL, at([10, 12, 14], start=(0, 0, 0)))
    grid = slices_of_grid(Geometry((8, 4, 4), (1.0, 1.0, 1.0), (0, 0, 9.0),
                            ((0, 0, 1), (0, 1, 0), (1, 0, 0))))  # fmt: skip
    found = slabs_on_grid(own, grid)
    assert found.positions.tolist() == [-1, 1, 3, 5, 7]
    assert found.source.tolist() == [0, 1, 1, 2, 2, 3, 3, 4]
    assert found.beyond(np.array([-0.6, -0.5, 7.5, 7.6])).tolist() == [True, False, False, True]
    assert not own.beyond(np.array([-9.0])).any()
    down = ((0, 0, -1), (0, 1, 0), (1, 0, 0))
    turned = replace(grid.geometry, directions=down, origin=(0, 0, 16))
    assert slabs_on_grid(own, slices_of_grid(turned)).positions.tolist() == [0, 2, 4, 6, 8]
    tilted = replace(grid.geometry, directions=((0, 1, 0), (0, 0, 1), (1, 0, 0)))
    assert slabs_on_grid(own, slices_of_grid(tilted)) is None


@pytest.mark.parametrize(("wider", "begin"), [(1 + 9e-4, 20), (1 + 11e-4, 18)])
def test_account_a21_of_equal_gaps_the_grid_that_begins_lower_counts(wider, begin):
    #    planes 3 mm apart from 30 mm on, and some that are a little more apart from 20 mm on, whose
    #    first voxel begins at 18.5: where both gaps count as equal the grid begins at 20 mm, else
    #    it is that of 30 mm, continued to the first plane, 30 - 4 * 3, that holds 18.5
    along = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    one = Geometry((4, 5, 6), (3.0, 1.0, 1.0), (0.0, 0.0, 30.0), along)
    two = Geometry((4, 5, 6), (3.0 * wider, 1.0, 1.0), (0.0, 0.0, 20.0), along)
    assert join_grids([slices_of_grid(one), slices_of_grid(two)]).origin[2] == begin


# The limits, each from both sides


def codes(slices):
    return [note.code for note in slices.notes]


@pytest.mark.parametrize(("off", "said"), [(0.094, []), (0.098, ["N-uneven-slices"])])
def test_a_slice_may_be_off_the_even_grid_by_a_twentieth_of_the_finest_gap(off, said):
    #    0.094 <= 0.05 (2 - 0.094), 0.098 > 0.05 (2 - 0.098)
    assert codes(arrange_slices(AXIAL, at([0, 2, 4 + off, 6]))) == said


@pytest.mark.parametrize(("gap", "missing"), [(3.58, False), (3.62, True)])
def test_dicom_f3_slices_are_missing_from_1_8_usual_gaps_on(gap, missing):
    found = codes(arrange_slices(AXIAL, at([0, 2, 4, 6, 6 + gap])))
    assert found == ["N-uneven-slices", *(["W-missing-slices"] if missing else [])]


def test_a_slice_stands_for_20_planes_at_most_on_average():
    assert arrange_slices(AXIAL, at([0, 1, 59])).geometry.shape[0] == 60
    with pytest.raises(GeometryError, match="too uneven for a grid"):
        arrange_slices(AXIAL, at([0, 1, 60]))


ALONG = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
SERIES = Geometry((4, 5, 6), (3.0, 1.0, 1.0), (0.0, 0.0, 30.0), ALONG)


@pytest.mark.parametrize(("beyond", "planes"), [(0.54, 4), (0.56, 5)])
def test_a_grid_grows_where_points_lie_a_twentieth_of_a_voxel_outside(beyond, planes):
    below = np.array([[0.0, 0.0, 30 - 3 * beyond], [0.0, 0.0, 39.0]])
    assert extend_grid(SERIES, below).shape[0] == planes


@pytest.mark.parametrize(("out", "planes"), [(0.009, 4), (0.011, 5)])
def test_account_a21_a_hundredth_of_a_voxel_may_stand_out_of_a_joint_grid(out, planes):
    #    voxels of 6 mm whose lower border is that of the other series, 28.5 mm, less `out` of 3 mm
    coarse = Geometry((2, 5, 6), (6.0, 1.0, 1.0), (0.0, 0.0, 31.5 - 3 * out), ALONG)
    assert join_grids([slices_of_grid(SERIES), slices_of_grid(coarse)]).shape[0] == planes


@pytest.mark.parametrize(("degrees", "held"), [(0.11, True), (0.12, False)])
def test_account_a21_series_that_are_tilted_by_a_tenth_of_a_degree_are_parallel(degrees, held):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    tilted = Geometry(
        (4, 5, 6), (3.0, 1.0, 1.0), (0.0, 0.0, 3.0), ((0, s, c), (0, c, -s), ALONG[2])
    )
    joint = join_grids([slices_of_grid(SERIES), slices_of_grid(tilted)])
    assert (joint.origin[2] < 30) == held


@pytest.mark.parametrize(("gap", "finer"), [(2.66, True), (2.68, False)])
def test_account_a22_planes_1_5_times_as_fine_as_the_slices_show_that_some_were_lost(gap, finer):
    #    slices 4 mm apart hold 2 mm on either side of them, finer ones half of the gap of planes
    slices = arrange_slices(AXIAL, at([0, 4, 8, 12, 16]))
    assert find_unheld_planes(slices, np.arange(6) * gap).any() == finer
