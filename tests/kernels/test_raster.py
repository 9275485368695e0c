"""Polygons to voxels: the even-odd rule at pixel centres, half-open edges, borders."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.kernels.outlines import join_polygons
from segeval.kernels.raster import (
    Polygons,
    rasterize_polygons,
    rasterize_with_border,
    share_on_centres,
)

SHAPE = (1, 9, 11)


def polygons(*rings, planes=None):
    points, ends = join_polygons([np.array(r, float) for r in rings])
    on = np.zeros(len(ends), int) if planes is None else np.array(planes)
    return Polygons(points, ends, on)


def plain(rings, shape):
    """The rule as it is written, in fractions: every row, every edge."""
    mask = np.zeros(shape[1:], bool)
    for points in rings:
        for a, b in zip(points, points[1:] + points[:1], strict=True):
            (x0, y0), (x1, y1) = sorted((a, b), key=lambda p: p[1])
            for row in range(shape[1]):
                if y0 <= row < y1:
                    x = x0 + (row - y0) * (x1 - x0) / (y1 - y0)
                    mask[row, max(0, ceil(x)) :] ^= True
    return mask[None]


def square(low, high):
    return [(low, low), (high, low), (high, high), (low, high)]


HALVES = st.integers(-6, 26).map(lambda n: Fraction(n, 2))
TENTHS = st.integers(-30, 130).map(lambda n: Fraction(n, 10) + Fraction(3, 100))


@settings(max_examples=150, deadline=None)
@given(st.one_of(*(st.lists(st.lists(st.tuples(v, v), min_size=3, max_size=7), min_size=1,
                            max_size=3) for v in (HALVES, TENTHS))))  # fmt: skip
def test_it_is_the_rule_as_written(rings):
    assert (rasterize_polygons(polygons(*rings), SHAPE).drawn() == plain(rings, SHAPE)).all()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(HALVES, HALVES), min_size=4, max_size=8), st.data())
def test_two_polygons_that_share_edges_tile_the_plane(points, data):
    cut = data.draw(st.integers(2, len(points) - 2)) if len(points) > 4 else 2
    one, two = points[: cut + 1], [points[0], *points[cut:]]
    both = [rasterize_polygons(polygons(part), SHAPE).drawn() for part in (one, two)]
    assert (both[0] ^ both[1] == rasterize_polygons(polygons(points), SHAPE).drawn()).all()


def test_by_hand():
    #    a square of 10 x 10 with corners on centres: its low sides count, its high sides do not
    assert rasterize_polygons(polygons(square(2, 5)), SHAPE).count == 3 * 3
    assert rasterize_polygons(polygons(square(1.5, 4.5)), SHAPE).count == 3 * 3
    assert rasterize_polygons(polygons(square(1.6, 1.9)), SHAPE).count == 0  # between centres


def test_a_last_bit_does_not_move_the_border():
    #    3 * 0.1 / 0.1 is 3.0000000000000004: the corner was meant to be on the centre
    exact, noisy = square(1, 3), [(x * 0.1 / 0.1 + 4e-16, y - 4e-16) for x, y in square(1, 3)]
    assert (
        rasterize_polygons(polygons(noisy), SHAPE).drawn()
        == rasterize_polygons(polygons(exact), SHAPE).drawn()
    ).all()


@pytest.mark.parametrize("turn", [1, -1])
def test_a_hole_an_island_and_a_keyhole(turn):
    outer, hole, island = square(0.5, 8.5), square(2.5, 6.5)[::turn], square(3.5, 5.5)
    assert rasterize_polygons(polygons(outer, hole), SHAPE).count == 8 * 8 - 4 * 4
    assert rasterize_polygons(polygons(outer, hole, island), SHAPE).count == 64 - 16 + 4
    bridge = [*outer, outer[0], *hole, hole[0]]  # in along the diagonal and back
    keyhole = rasterize_polygons(polygons(bridge), SHAPE)
    assert (keyhole.drawn() == rasterize_polygons(polygons(outer, hole), SHAPE).drawn()).all()


def test_planes_do_not_mix():
    made = rasterize_polygons(polygons(square(0, 4), square(0, 4), planes=[0, 2]), (3, 9, 11))
    assert made.planes().tolist() == [16, 0, 16]


def test_what_lies_outside_is_cut_off():
    #    x from -3 to 13 and y from 4 to 20: all 11 columns, rows 4 to 8
    corners = [(-3, 4), (13, 4), (13, 20), (-3, 20)]
    assert rasterize_polygons(polygons(corners), SHAPE).count == 11 * 5
    assert rasterize_polygons(polygons([(x + 50, y) for x, y in corners]), SHAPE).count == 0
    assert rasterize_polygons(polygons([(x, y - 50) for x, y in corners]), SHAPE).count == 0


def test_the_repeated_first_point_changes_nothing():
    points = [(0.2, 0.3), (7.9, 1.1), (4.4, 6.6)]
    closed = rasterize_polygons(polygons([*points, points[0]]), SHAPE)
    assert (closed.drawn() == rasterize_polygons(polygons(points), SHAPE).drawn()).all()


def test_borders_that_count_as_inside():
    #    an 11 x 11 square of voxels traced through its border centres: vertices 10 apart
    traced = polygons([(x + 2, y + 2) for x, y in square(0, 10)])
    shape = (1, 20, 20)
    assert share_on_centres(traced.points) == 1.0
    assert rasterize_polygons(traced, shape).count == 10 * 10
    assert rasterize_with_border(traced, shape).count == 11 * 11


def test_slanted_borders_meet_the_centres_between():
    #    a diamond of radius 3 through centres: 1 + 3 + 5 + 7 + 5 + 3 + 1 = 25 of them
    off = 0.0004  # written with few digits: near enough to be meant
    diamond = [(4 + off, 1), (7, 4 - off), (4, 7), (1 - off, 4)]
    assert rasterize_with_border(polygons(diamond), SHAPE).count == 25


def test_borders_outside_of_the_grid():
    assert rasterize_with_border(polygons(square(-4, 4)), SHAPE).count == 5 * 5
    assert rasterize_with_border(polygons(square(20, 24)), SHAPE).count == 0
    assert rasterize_with_border(polygons(square(-9, 99)), SHAPE).count == 9 * 11


def test_nothing_is_drawn_from_nothing():
    assert rasterize_polygons(polygons(), SHAPE).count == 0
    assert rasterize_with_border(polygons(), SHAPE).count == 0
    assert share_on_centres(np.zeros((0, 2))) == 0


def test_circles_keep_their_area():
    #    R1: at 0.977 mm pixels within 0.3 % at 10 mm and above, over several places of the centre
    side = 0.977
    for diameter, allowed in ((10, 0.01), (20, 0.003), (60, 0.001)):
        found = []
        for place in np.random.default_rng(0).uniform(40, 41, (40, 2)):
            angle = np.arange(720) * np.pi / 360
            points = place + diameter / 2 / side * np.stack([np.cos(angle), np.sin(angle)], axis=1)
            found.append(rasterize_polygons(polygons(points), (1, 90, 90)).count * side**2)
        assert np.mean(found) == pytest.approx(np.pi * diameter**2 / 4, rel=allowed)


@pytest.mark.parametrize(("off", "on_centre"), [(0.0009, True), (0.0011, False)])
def test_a_vertex_within_a_thousandth_of_a_pixel_is_on_the_centre(off, on_centre):
    # a 10 x 10 square whose vertices lie just inside: the far border counts only if it snaps
    inside = polygons(square(2 + off, 12 - off))
    assert share_on_centres(inside.points) == (1.0 if on_centre else 0.0)
    assert rasterize_with_border(inside, (1, 20, 20)).count == (11 * 11 if on_centre else 9 * 9)
