from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from segeval.kernels.rle import (
    decode_rle,
    draw_edges,
    edges_of_counts,
    edges_of_polygons,
    unite_edges,
)


def of_counts(counts, shape):
    return draw_edges(edges_of_counts(counts, shape[0] * shape[1]), shape)


def of_polygon(points, shape):
    return draw_edges(edges_of_polygons([np.reshape(points, (-1, 2))], shape)[0], shape)


def runs(mask):
    """Lengths of runs down the columns, 0 first: the obvious way."""
    counts, now = [0], False
    for value in mask.T.ravel().tolist():
        if value != now:
            counts.append(0)
            now = value
        counts[-1] += 1
    return counts


def text(counts):
    """Runs as COCO compresses them: the encoder, which the program does not need."""
    found = ""
    for place, count in enumerate(counts):
        value = count - (counts[place - 2] if place > 2 else 0)
        more = True
        while more:
            bits = value & 31
            value >>= 5
            more = value != (-1 if bits & 16 else 0)
            found += chr(48 + bits + 32 * more)
    return found


def test_runs_go_down_the_columns():
    #        column 0: 0 1 1    column 1: 1 0 0
    mask = of_counts([1, 3, 2], (3, 2))
    assert mask.tolist() == [[False, True], [True, False], [True, False]]


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_runs_give_the_mask_they_are_of(mask):
    assert np.array_equal(of_counts(runs(mask), mask.shape), mask)


@given(st.lists(st.integers(0, 100_000), max_size=12))
def test_a_compressed_string_is_its_runs(counts):
    assert decode_rle(text(counts)).tolist() == counts


def test_a_string_of_the_coco_api():
    # 6 1 40 4 5 4 5 4 21: the first line of the description of maskApi.c, difference from the third
    assert decode_rle("61X13mN000`0").tolist() == [6, 1, 40, 4, 5, 4, 5, 4, 21]


@pytest.mark.parametrize("bad", ["~", "6P"])
def test_no_string_of_runs(bad):
    with pytest.raises(ValueError, match="run"):
        decode_rle(bad)


def test_runs_of_another_image():
    with pytest.raises(ValueError, match="a run of -5 pixels"):
        edges_of_counts([-5, 17], 12)
    with pytest.raises(ValueError, match="runs of 6 pixels for an image of 12"):
        of_counts([1, 5], (3, 4))


def test_a_rectangle_is_its_pixels():
    want = np.zeros((12, 10), bool)
    want[3:8, 2:6] = True
    assert np.array_equal(of_polygon([2, 3, 6, 3, 6, 8, 2, 8], want.shape), want)


def test_a_triangle_by_hand():
    # corners (0, 0) (4, 0) (0, 4): x + y < 3 lies inside, x + y > 3 outside, x + y = 3 on the edge
    away = np.add.outer(np.arange(5), np.arange(5)) - 3
    mask = of_polygon([0, 0, 4, 0, 0, 4], (5, 5))
    assert mask[away < 0].all()
    assert not mask[away > 0].any()


corner = st.floats(-8, 30)


@given(st.lists(st.tuples(corner, corner), min_size=3, max_size=7))
def test_a_polygon_does_not_care_where_it_begins(points):
    flat = [v for point in points for v in point]
    turned = [v for point in points[1:] + points[:1] for v in point]
    assert np.array_equal(of_polygon(flat, (20, 22)), of_polygon(turned, (20, 22)))


def walked(points, shape):
    """A polygon as pycocotools draws it: every point of its border, the slow and obvious form."""
    height, width = shape
    at = [(int(5 * x + 0.5), int(5 * y + 0.5)) for x, y in points]
    border = []
    for (x0, y0), (x1, y1) in zip(at, at[1:] + at[:1], strict=True):
        wide, high = abs(x1 - x0), abs(y1 - y0)
        flip = x0 > x1 if wide >= high else y0 > y1
        (a, b), (c, d) = ((x1, y1), (x0, y0)) if flip else ((x0, y0), (x1, y1))
        line = (
            [(a + t, int(b + (d - b) / wide * t + 0.5)) for t in range(wide + 1)]
            if (wide >= high and wide)
            else [(int(a + (c - a) / max(high, 1) * t + 0.5), b + t) for t in range(high + 1)]
        )
        border += line[::-1] if flip else line
    inside = np.zeros(height * width + 1, int)
    for (x0, y0), (x1, y1) in pairwise(border):
        column = (min(x0, x1) + 0.5) / 5 - 0.5
        if x0 != x1 and column == int(column) and 0 <= column <= width - 1:
            row = min(max((min(y0, y1) + 0.5) / 5 - 0.5, 0), height)
            inside[int(column) * height + int(np.ceil(row))] += 1
    return (np.cumsum(inside[:-1]) % 2 == 1).reshape(width, height).T


tenth = st.integers(-120, 300).map(lambda n: n / 10)


@given(
    st.lists(st.tuples(corner, corner) | st.tuples(tenth, tenth), min_size=3, max_size=7),
    st.tuples(st.integers(1, 25), st.integers(1, 25)),
)
def test_only_the_crossings_are_computed_and_the_mask_is_the_same(points, shape):
    assert np.array_equal(of_polygon(points, shape), walked(points, shape))


@given(st.lists(arrays(bool, (5, 6)), max_size=4))
def test_a_union_is_what_any_mask_holds(masks):
    edges = [edges_of_counts(runs(mask), mask.size) for mask in masks]
    want = np.any(masks, axis=0) if masks else np.zeros((5, 6), bool)
    assert np.array_equal(draw_edges(unite_edges(edges), (5, 6)), want)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its own arrays
def test_polygons_are_those_of_pycocotools():
    of = pytest.importorskip("pycocotools.mask", reason="pycocotools is not here")
    random = np.random.default_rng(5)
    for _ in range(300):
        shape = tuple(int(n) for n in random.integers(1, 60, 2))
        points = np.round(
            random.normal(25, random.choice([20, 200]), (random.integers(3, 9), 2)), 2
        )
        want = of.decode(of.frPyObjects([points.ravel().tolist()], *shape))[..., 0] > 0
        assert np.array_equal(of_polygon(points, shape), want)
