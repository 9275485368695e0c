"""Grids: where they lie, how they differ, how one becomes another."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.grid.geometry import Geometry, Reorder

CT = Geometry(
    (98, 512, 512), (3.0, 0.98, 0.98), (-250.0, -250.0, 10.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0))
)
SMALL = Geometry((2, 3, 4), (3.0, 2.0, 1.0), (5.0, 6.0, 7.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))


def test_as_people_read_it():
    assert str(CT) == "512x512x98, 0.98 x 0.98 x 3 mm"
    assert str(Geometry((64, 128))) == "128x64"


@pytest.mark.parametrize(
    ("grid", "voxel"),
    [
        (SMALL, (0.006, "ml")),  # 1 x 2 x 3 mm
        (Geometry((3, 4), (2.0, 0.5)), (1.0, "mm2")),
        (Geometry((3, 4)), (1.0, "px")),
        (Geometry((2, 3, 4)), (1.0, "voxels")),
    ],
)
def test_what_a_voxel_is(grid, voxel):
    assert grid.voxel == voxel


def test_corners_by_hand():
    # x 5..8, y 6..10, z 7..10
    assert SMALL.corners().min(axis=0).tolist() == [5, 6, 7]
    assert SMALL.corners().max(axis=0).tolist() == [8, 10, 10]


def test_a_grid_is_not_different_from_itself():
    assert list(CT.differences(CT)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shape": (98, 512, 500)}, "shape 512x512x98 against 500x512x98"),
        ({"spacing": (1.5, 0.98, 0.98)}, "spacing 0.98 x 0.98 x 3 against 0.98 x 0.98 x 1.5 mm"),
        ({"origin": (-250.0, -250.0, 11.5)}, "corner shift 1.5 mm"),
    ],
)
def test_differences_in_words(change, said):
    assert said in list(CT.differences(replace(CT, **change)))


def test_a_header_round_trip_is_no_difference():
    assert list(CT.differences(replace(CT, origin=(-250.0005, -250.0, 10.0)))) == []


@pytest.mark.parametrize(("share", "said"), [(0.0099, 0), (0.0101, 1)])
def test_a_corner_may_move_by_a_hundredth_of_the_smallest_side(share, said):
    moved = replace(CT, origin=(-250.0 + 0.98 * share, -250.0, 10.0))
    assert len(list(CT.differences(moved))) == said


def test_a_shift_of_two_per_cent_of_a_voxel_is_one():
    moved = replace(CT, origin=(-250.0, -249.98, 10.0))
    assert list(CT.differences(moved)) == ["corner shift 0.02 mm"]
    assert list(CT.differences(moved, tolerance=0.1)) == []


def test_turning_directions_are_named():
    tilted = replace(CT, directions=((0, 0.1, 0.995), (0, 0.995, -0.1), (1, 0, 0)))
    assert any(text.startswith("directions") for text in CT.differences(tilted))


orders = st.permutations(range(3)).flatmap(
    lambda axes: st.sets(st.integers(0, 2)).map(lambda f: Reorder(tuple(axes), tuple(sorted(f))))
)


@given(orders)
def test_a_turned_array_keeps_every_voxel_at_its_place(order):
    array = np.arange(SMALL.size).reshape(SMALL.shape)
    turned = np.flip(array.transpose(order.axes), order.flips)
    grid = SMALL.reordered(order)
    assert grid.shape == turned.shape
    index = np.argwhere(turned == 17)[0]
    home = np.argwhere(array == 17)[0]
    assert grid.affine() @ [*index, 1] == pytest.approx(SMALL.affine() @ [*home, 1])


@given(orders)
def test_the_order_is_found_again(order):
    grid = SMALL.reordered(order)
    back = SMALL.reorder(grid)
    assert grid.reordered(back).affine() == pytest.approx(SMALL.affine())
    assert grid.reordered(back).shape == SMALL.shape


def test_oblique_grids_have_no_common_order():
    c = np.sqrt(0.5)
    oblique = replace(SMALL, directions=((0, c, c), (0, c, -c), (1, 0, 0)))
    assert SMALL.reorder(oblique) is None
