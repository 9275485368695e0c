"""How deep voxels lie under their own surface, against a tree of its triangles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion

from segeval.kernels.depths import InnerDepths, count_shared, erode_box, shell_overlap
from segeval.kernels.distances import MeasuredSurface


def test_the_shell_of_a_cube_by_hand():
    # 7 voxels wide: the surface is half a voxel out, so layers lie 0.5, 1.5, 2.5, 3.5 deep
    depths = InnerDepths(np.ones((7, 7, 7), bool), (1.0, 1.0, 1.0))
    for depth, left in ((0.6, 125), (1.5, 125), (1.6, 27)):
        assert len(depths.down_to(depth)[0]) == 343 - left
    # its 12 cut edges come nearer than half a voxel to the voxels there
    assert len(InnerDepths(np.ones((7, 7, 7), bool), (1.0, 1.0, 1.0)).down_to(0.5)[0]) == 12 * 5 + 8


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_depths_are_those_of_a_tree_in_any_order(data):
    """Shallow and deep, asked in any order: one field serves all."""
    axes = data.draw(st.integers(2, 3))
    spacing = tuple(data.draw(st.sampled_from([0.5, 1.0, 1.3, 4.0])) for _ in range(axes))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    mask = rng.random(tuple(rng.integers(2, 24 if axes == 2 else 15, axes))) < 0.995
    mask.flat[0] = True
    at = np.argwhere(mask)
    want = MeasuredSurface(mask, spacing).from_points(at * np.array(spacing))
    depths = InnerDepths(mask, spacing)
    for depth in data.draw(st.lists(st.sampled_from([0.3, 0.9, 2.1, 3.3, 7.7, 20.0]), min_size=1)):
        found, deep = depths.down_to(depth)
        order = np.argsort(found)
        near = want < depth - 1e-6
        assert found[order].tolist() == np.flatnonzero(mask)[near].tolist()
        assert deep[order] == pytest.approx(want[near], abs=1e-9)


@given(st.integers(0, 99), st.lists(st.integers(0, 7), min_size=2, max_size=3))
@settings(max_examples=40, deadline=None)
def test_a_box_is_eroded_in_wider_and_wider_windows(seed, reach):
    rng = np.random.default_rng(seed)
    mask = rng.random(tuple(rng.integers(1, 13, len(reach)))) < 0.95
    box = np.ones([2 * r + 1 for r in reach], bool)
    assert (erode_box(mask, reach) == binary_erosion(mask, box)).all()
    first = rng.integers(0, np.array(reach) + 1)
    assert (erode_box(erode_box(mask, first), reach - first) == erode_box(mask, reach)).all()


def test_a_mask_whose_depths_are_all_known_is_not_looked_at_again(monkeypatch):
    depths = InnerDepths(np.ones((5, 5), bool), (1.0, 1.0))
    assert len(depths.down_to(3.0)[0]) == 25
    monkeypatch.setattr("segeval.kernels.depths.erode_box", None)
    assert len(depths.down_to(50.0)[0]) == 25
    assert depths.down_to(2.0)[0].tolist() == [k for k in range(25) if k != 12]


def test_shells_are_counted():
    assert count_shared(np.array([1, 4, 9]), np.array([9, 2, 1])) == 2
    one = InnerDepths(np.ones((1, 9), bool), (1.0, 1.0))
    none = InnerDepths(np.zeros((1, 9), bool), (1.0, 1.0))
    assert shell_overlap((one, none), 3.0) == (0, 9)


@pytest.mark.parametrize(("beyond", "inside"), [(0.9e-6, False), (1.1e-6, True)])
def test_a_depth_that_is_the_limit_but_for_rounding_is_not_less(beyond, inside):
    depths = InnerDepths(np.ones((5, 21), bool), (1.0, 1.0))
    middle = 2 * 21 + 10  # of the upper and lower borders 2.5 away
    assert (middle in depths.down_to(2.5 + beyond)[0]) == inside
