"""Areas of polygons, against formulas and against counting many small squares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.kernels.outlines import join_polygons
from segeval.kernels.polygons import polygon_areas
from segeval.kernels.raster import Polygons, rasterize_polygons


def polygons(*rings, planes=None):
    points, ends = join_polygons([np.array(r, float) for r in rings])
    on = np.zeros(len(ends), int) if planes is None else np.array(planes)
    return Polygons(points.reshape(-1, points.shape[1])[:, :2], ends, on)


def square(low, high, down=0.0):
    return [(low, low + down), (high, low + down), (high, high + down), (low, high + down)]


def shared(a, b, planes=1):
    found = polygon_areas(a, b, planes)
    return np.array([found.a, found.b, found.both]).T.tolist()


def test_by_hand():
    #    4 x 4 and 4 x 4, moved by 1 and 1: they share 3 x 3
    assert shared(polygons(square(0, 4)), polygons(square(1, 5))) == [[16, 16, 9]]


def test_holes_islands_and_keyholes():
    outer, hole, island = square(0, 8), square(2, 6), square(3, 5)
    nested = polygons(outer, hole, island)
    keyhole = polygons([*outer, outer[0], *hole, hole[0]])
    assert shared(nested, keyhole) == [[64 - 16 + 4, 64 - 16, 64 - 16]]


def test_a_polygon_that_crosses_itself():
    #    a bow tie of two triangles of base 4 and height 2
    assert shared(polygons([(0, 0), (4, 4), (4, 0), (0, 4)]), polygons(square(0, 4))) == [
        [pytest.approx(8), 16, pytest.approx(8)]
    ]


def test_planes_are_apart():
    a = polygons(square(0, 4), square(0, 2), planes=[0, 2])
    b = polygons(square(0, 4), square(1, 3), planes=[1, 2])
    assert shared(a, b, 4) == [[16, 0, 0], [0, 16, 0], [4, 4, 1], [0, 0, 0]]


def test_the_same_polygon_is_all_shared():
    angle = np.arange(97) * 2 * np.pi / 97
    ring = np.stack([30 * np.cos(angle), 20 * np.sin(angle)], axis=1) + 1 / 3
    ((a, b, both),) = shared(polygons(ring), polygons(ring[::-1]))
    exact = 97 / 2 * np.sin(2 * np.pi / 97) * 600
    assert (a, b, both) == (pytest.approx(exact), pytest.approx(exact), pytest.approx(exact))


def test_nothing():
    assert shared(polygons(), polygons(square(0, 2))) == [[0, 4, 0]]
    assert shared(polygons(), polygons()) == [[0, 0, 0]]


RING = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(RING, min_size=1, max_size=3), st.lists(RING, min_size=1, max_size=2))
def test_against_counting_small_squares(a, b):
    fine = 32
    masks = []
    for rings in (a, b):
        moved = [np.array(r) * fine - 0.5 for r in rings]  # centres of small squares
        masks.append(rasterize_polygons(polygons(*moved), (1, 8 * fine, 8 * fine)).drawn())
    counted = [m.sum() / fine**2 for m in (*masks, masks[0] & masks[1])]
    ((one, two, both),) = shared(polygons(*a), polygons(*b))
    assert counted == pytest.approx([one, two, both], abs=1.5)


@settings(max_examples=60, deadline=None)
@given(st.lists(RING, min_size=1, max_size=3), st.lists(RING, min_size=1, max_size=3))
def test_what_is_shared_is_the_same_from_both_sides(a, b):
    ((one, two, both),) = shared(polygons(*a), polygons(*b))
    ((two_again, one_again, both_again),) = shared(polygons(*b), polygons(*a))
    assert (one_again, two_again) == (pytest.approx(one), pytest.approx(two))
    assert both_again == pytest.approx(both)
    assert -1e-9 <= both <= min(one, two) + 1e-9
