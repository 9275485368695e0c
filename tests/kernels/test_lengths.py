"""Lengths of contours that lie far from others, by hand and by sampling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.kernels import lengths
from segeval.kernels.lengths import far_length
from segeval.kernels.raster import Polygons


def polygons(*rings, planes=None):
    """Polygons of lists of points, all on plane 0 unless said otherwise."""
    points = np.array([p for ring in rings for p in ring], float).reshape(-1, 2)
    ends = np.cumsum([len(ring) for ring in rings]).astype(np.int64)
    return Polygons(points, ends, np.array(planes or [0] * len(rings), np.int64))


def square(low, high, dx=0.0, dy=0.0):
    around = [(low, low), (high, low), (high, high), (low, high)]
    return [(x + dx, y + dy) for x, y in around]


@pytest.mark.parametrize(
    ("tolerance", "far"),
    [
        (0, 2 * 10 + 2 * 3),  # moved by 3: both upright sides, and 3 of bottom and of top
        (1, 10 + (10 - 2) + 2 * 2),  # the right side is near the other's bottom and top
        (2.9, 10 + (10 - 5.8) + 2 * 0.1),
        (3, 0),
    ],
)
def test_a_square_moved_by_three(tolerance, far):
    one, other = polygons(square(0, 10)), polygons(square(0, 10, dx=3))
    assert far_length(one, other, tolerance) == pytest.approx(far, abs=1e-5)


def test_a_contour_is_on_itself():
    one = polygons(square(0, 10), square(3, 7))
    assert far_length(one, one, 0) == pytest.approx(0, abs=1e-9)
    # the same outline with more vertices, and the other way round
    finer = [(0, 0), (0, 4), (0, 10), (7, 10), (10, 10), (10, 0), (1, 0)]
    assert far_length(polygons(square(0, 10)), polygons(finer), 0) == pytest.approx(0, abs=1e-9)


def test_planes_do_not_see_each_other():
    one = polygons(square(0, 10), square(0, 10), planes=[0, 1])
    other = polygons(square(0, 10), planes=[1])
    assert far_length(one, other, 5) == pytest.approx(40)
    assert far_length(one, polygons(), 5) == pytest.approx(80)
    assert far_length(polygons(), one, 5) == 0


def test_near_a_corner_it_is_the_disc_that_decides():
    # an edge that passes a corner at (0, 0) in a distance of 3: within 5 for 2 x 4
    line = polygons([(-20, -3), (20, -3)])
    other = polygons([(0, 0), (0, 50)])
    assert far_length(line, other, 5) == pytest.approx(2 * (40 - 8), abs=1e-4)  # there and back


coordinates = st.floats(-10, 10).map(lambda x: round(x, 2))
rings = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=7)


@settings(max_examples=60)
@given(rings, st.lists(rings, min_size=1, max_size=2), st.floats(0.05, 6))
def test_it_agrees_with_sampling(ring, others, tolerance):
    one, other = polygons(ring), polygons(*others)
    begin, end = np.array(ring, float), np.roll(np.array(ring, float), -1, axis=0)
    steps = (np.arange(2000) + 0.5) / 2000
    want = 0.0
    for a, b in zip(begin, end, strict=True):
        points = a + steps[:, None] * (b - a)
        away = np.full(len(points), np.inf)
        for ring_ in others:
            for c, d in zip(ring_, ring_[1:] + ring_[:1], strict=True):
                c, along = np.array(c, float), np.subtract(d, c)
                t = np.clip((points - c) @ along / max(along @ along, 1e-300), 0, 1)
                away = np.minimum(away, np.linalg.norm(points - c - t[:, None] * along, axis=1))
        want += (away > tolerance).mean() * np.linalg.norm(b - a)
    slack = 4e-3 * np.linalg.norm(end - begin, axis=1).sum() + 1e-3
    assert far_length(one, other, tolerance) == pytest.approx(want, abs=slack)


# Many edges are settled by a tree first: the lengths are those of all against all.


def wavy(count, planes, shift, seed):
    """Rings of many vertices that wander, one a plane, with a rectangle of long edges on each."""
    rng = np.random.default_rng(seed)
    rings, on = [], []
    for plane in range(planes):
        angle = np.arange(count) * 2 * np.pi / count
        radius = 20 + shift * np.sin(3 * angle + plane) + rng.normal(0, 0.02, count)
        rings += [
            np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]),
            square(-40, 40),
        ]
        on += [plane, plane]
    return polygons(*rings, planes=on)


@pytest.mark.parametrize("tolerance", [0.0, 0.3, 1.0, 6.0])
@pytest.mark.parametrize("shift", [0.0, 0.6, 3.0])
def test_a_tree_gives_what_all_against_all_gives(monkeypatch, tolerance, shift):
    one, other = wavy(300, 3, 0.0, 1), wavy(250, 4, shift, 2)
    for a, b in ((one, other), (other, one)):
        monkeypatch.setattr(lengths, "MANY_PAIRS", 1 << 40)
        all_pairs = far_length(a, b, tolerance)
        monkeypatch.setattr(lengths, "MANY_PAIRS", 0)
        assert far_length(a, b, tolerance) == pytest.approx(all_pairs, abs=1e-9)


@pytest.mark.parametrize("pairs", [0, 1 << 40], ids=["by a tree", "all pairs"])
@pytest.mark.parametrize(("beyond", "far"), [(0.9e-6, 0), (1.1e-6, 200)])
def test_what_is_at_the_tolerance_but_for_rounding_is_within_it(monkeypatch, pairs, beyond, far):
    monkeypatch.setattr(lengths, "MANY_PAIRS", pairs)
    line, other = polygons([(0, 0), (100, 0)]), polygons([(-50, 3 + beyond), (150, 3 + beyond)])
    assert far_length(line, other, 3) == pytest.approx(far)
