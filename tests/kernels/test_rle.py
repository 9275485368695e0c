import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from segeval.kernels.rle import decode_rle, mask_of_polygon, mask_of_rle


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
    mask = mask_of_rle([1, 3, 2], (3, 2))
    assert mask.tolist() == [[False, True], [True, False], [True, False]]


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_runs_give_the_mask_they_are_of(mask):
    assert np.array_equal(mask_of_rle(runs(mask), mask.shape), mask)


@given(st.lists(st.integers(0, 100_000), max_size=12))
def test_a_compressed_string_is_its_runs(counts):
    assert decode_rle(text(counts)) == counts


def test_a_string_of_the_coco_api():
    # 6 1 40 4 5 4 5 4 21: the first line of the description of maskApi.c, difference from the third
    assert decode_rle("61X13mN000`0") == [6, 1, 40, 4, 5, 4, 5, 4, 21]


@pytest.mark.parametrize("bad", ["~", "6P"])
def test_no_string_of_runs(bad):
    with pytest.raises(ValueError, match="run"):
        decode_rle(bad)


def test_runs_of_another_image():
    with pytest.raises(ValueError, match="runs of 6 pixels for an image of 12"):
        mask_of_rle([1, 5], (3, 4))


def test_a_rectangle_is_its_pixels():
    want = np.zeros((12, 10), bool)
    want[3:8, 2:6] = True
    assert np.array_equal(mask_of_polygon([2, 3, 6, 3, 6, 8, 2, 8], want.shape), want)


def test_a_triangle_by_hand():
    # corners (0, 0) (4, 0) (0, 4): x + y < 3 lies inside, x + y > 3 outside, x + y = 3 on the edge
    away = np.add.outer(np.arange(5), np.arange(5)) - 3
    mask = mask_of_polygon([0, 0, 4, 0, 0, 4], (5, 5))
    assert mask[away < 0].all()
    assert not mask[away > 0].any()


corner = st.floats(-8, 30)


@given(st.lists(st.tuples(corner, corner), min_size=3, max_size=7))
def test_a_polygon_does_not_care_where_it_begins(points):
    flat = [v for point in points for v in point]
    turned = [v for point in points[1:] + points[:1] for v in point]
    assert np.array_equal(mask_of_polygon(flat, (20, 22)), mask_of_polygon(turned, (20, 22)))
