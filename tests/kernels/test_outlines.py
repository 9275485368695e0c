"""What is odd about polygons: thin, bent, stored twice, crossing."""

import numpy as np
import pytest

from segeval.kernels import outlines
from segeval.kernels.outlines import (
    crossing_polygons,
    find_repeated_polygons,
    find_thin_polygons,
    group_heights,
    join_polygons,
    keep_polygons,
    pick_polygons,
    plane_deviations,
)
from segeval.kernels.raster import Polygons
from segeval.runtime.errors import ReadError

SQUARE = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], float)


def polygons(*rings, planes=None):
    points, ends = join_polygons([np.array(r, float) for r in rings])
    on = np.zeros(len(ends), int) if planes is None else np.array(planes)
    return Polygons(points, ends, on)


def test_thin_polygons():
    rings = [
        SQUARE,
        [(1, 1)],
        [(1, 1), (5, 3)],
        [(0, 0), (1, 1), (2, 2), (1, 1)],
        [(700.1, 300.3)] * 5,
        [(0, 0), (4, 4), (4, 0), (0, 4)],  # a bow tie has no signed area, but it has one
        [(0, 0), (100, 0), (50, 0.001)],
    ]
    both = polygons(*rings)
    assert find_thin_polygons(both.points, both.ends).tolist() == [
        False,
        True,
        True,
        True,
        True,
        False,
        False,
    ]


def test_heights_bends_and_tilts():
    #    the second rises 0.3 over 4 mm: atan(0.075) = 4.289 degrees, its corners 0.15 off the mean
    flat = np.column_stack([SQUARE, np.full(4, 7.0)])
    tilted = np.column_stack([SQUARE, [0, 0.3, 0.3, 0]])
    upright = np.array([(0, 0, 0), (0, 4, 0), (0, 4, 4), (0, 0, 4)], float)
    points, ends = join_polygons([flat, tilted, upright])
    heights, away, tilt = plane_deviations(points, ends)
    assert heights == pytest.approx([7, 0.15, 2])
    assert away == pytest.approx([0, 0.15, 2])
    assert tilt == pytest.approx([0, np.degrees(np.arctan(0.075)), 90])


def test_heights_that_are_the_same_are_one_group():
    group, means = group_heights(np.array([5.0, 1.0, 5.008, 1.02]), 0.01)
    assert group.tolist() == [2, 0, 2, 1]
    assert means == pytest.approx([1, 1.02, 5.004])


def test_a_polygon_stored_twice():
    again = np.roll(SQUARE, 1, axis=0)[::-1] + 0.0005
    other = SQUARE * [1, 1.001]
    rings = polygons(SQUARE, again, other, SQUARE, planes=[0, 0, 0, 1])
    assert find_repeated_polygons(rings, 0.001).tolist() == [False, True, False, False]


def test_polygons_that_cross():
    inner, touching, apart = SQUARE / 2 + 1, SQUARE + np.array([4, 0]), SQUARE + 9
    crossed = SQUARE + np.array([3, 3])  # shares one square millimetre with the first
    rings = polygons(SQUARE, inner, touching, apart, crossed, crossed + 0, planes=[0] * 5 + [1])
    pairs, disputed = crossing_polygons(rings, 0.01)
    #    with the one that touches it shares 3..4 x … : x 4 to 7 of its own width, y 3 to 4: 3 mm²
    assert pairs == [(0, 4), (2, 4)]
    assert disputed == pytest.approx([1, 3])


def test_polygons_can_be_chosen_and_picked():
    rings = polygons(SQUARE, SQUARE[:3] + 1, planes=[5, 6])
    second = keep_polygons(rings, np.array([False, True]))
    assert (second.points.tolist(), second.ends.tolist()) == ((SQUARE[:3] + 1).tolist(), [3])
    twice = pick_polygons(rings, np.array([1, 0, 1]), np.array([0, 1, 2]))
    assert twice.ends.tolist() == [3, 7, 10]
    assert (twice.points[7:] == SQUARE[:3] + 1).all()


@pytest.mark.parametrize(("width", "thin"), [(1.99e-5, True), (2.01e-5, False)])
def test_dicom_r9_points_a_hundred_thousandth_of_a_mm_from_a_line_are_no_area(width, thin):
    ring = polygons([(0, 0), (9, 0), (9, width), (0, width)])  # half of the width on either side
    assert find_thin_polygons(ring.points, ring.ends).tolist() == [thin]


@pytest.mark.parametrize("at_a_time", [3, 1 << 18])
def test_pairs_on_planes_are_all_that_meet(monkeypatch, at_a_time):
    """Each with each, in loops; some at a time or all at once."""
    monkeypatch.setattr(outlines, "AT_A_TIME", at_a_time)
    rng = np.random.default_rng(4)
    planes, begin = rng.integers(0, 4, 60), rng.integers(0, 30, 60).astype(float)
    end, odd = begin + rng.integers(0, 6, 60), rng.integers(0, 2, 60)
    i, j = outlines.pairs_on_planes(planes, begin, end, lambda a, b: odd[a] == odd[b])
    wanted = [
        (planes[a], a, b)
        for a in range(60)
        for b in range(a + 1, 60)
        if planes[a] == planes[b] and odd[a] == odd[b]
        and begin[a] <= end[b] and begin[b] <= end[a]
    ]  # fmt: skip
    assert list(zip(planes[i], i, j, strict=True)) == sorted(wanted)
    assert len(wanted) > 20


def test_contours_that_lie_on_each_other_as_no_real_ones_do_are_refused(monkeypatch):
    """160 000 on one plane asked for 95 GiB."""
    same = np.zeros(100, np.int64)
    every = lambda a, b: np.ones(len(a), bool)  # noqa: E731
    for name in ("MOST_PAIRS", "MOST_ASKED"):
        with monkeypatch.context() as few:
            few.setattr(outlines, name, 4949)
            with pytest.raises(ReadError, match="in more than 4949 pairs"):
                outlines.pairs_on_planes(same, same * 1.0, same * 1.0, every)
            few.setattr(outlines, name, 4950)
            assert len(outlines.pairs_on_planes(same, same * 1.0, same * 1.0, every)[0]) == 4950
