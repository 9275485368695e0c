"""What masks of one image share, against drawing them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels import mask_stack
from segeval.kernels.mask_stack import (
    boundaries,
    boundary_width,
    box_overlaps,
    box_pairs,
    crop_of_edges,
    edges_of_mask,
    shared_pixels,
    stack_of,
)
from segeval.kernels.rle import draw_edges
from segeval.runtime.errors import ReadError

SHAPE = (7, 9)
masks = st.lists(arrays(bool, SHAPE), max_size=4)


def stack(many):
    return stack_of([edges_of_mask(mask, (0, 0), SHAPE) for mask in many], SHAPE)


@given(masks, masks)
def test_pairs_share_what_both_hold(a, b):
    one, other = stack(a), stack(b)
    first, second = box_pairs(one.boxes(), other.boxes())
    found = np.zeros((len(a), len(b)), int)
    found[first, second] = shared_pixels(one, other, first, second)
    want = [[(p & q).sum() for q in b] for p in a]
    assert np.array_equal(found, np.reshape(np.array(want, int), found.shape))


@given(masks)
def test_areas_and_boxes_are_those_of_the_masks(many):
    found = stack(many)
    assert found.areas.tolist() == [mask.sum() for mask in many]
    for mask, (x1, y1, x2, y2) in zip(many, found.boxes().tolist(), strict=True):
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        want = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if mask.any() else (0,) * 4
        assert (x1, y1, x2, y2) == want


@settings(max_examples=60)
@given(arrays(bool, SHAPE), st.integers(1, 3))
def test_a_boundary_is_near_the_outside_and_the_image_ends_there(mask, width):
    from scipy.ndimage import binary_erosion

    inner = binary_erosion(np.pad(mask, width), np.ones((3, 3)), width)
    want = mask & ~inner[width:-width, width:-width]
    assert np.array_equal(draw_edges(boundaries(stack([mask]), width).mask(0), SHAPE), want)


def test_instances_a2_the_width_of_a_boundary():
    assert boundary_width((480, 640)) == 16  # 2 % of 800
    assert boundary_width((10, 10)) == 1


def test_a_crop_lies_where_its_corner_is():
    mask = np.ones((2, 3), bool)
    edges = edges_of_mask(mask, (4, 5), SHAPE)
    assert stack_of([edges], SHAPE).boxes().tolist() == [[5, 4, 8, 6]]


@settings(deadline=None)
@given(arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_a_crop_is_the_mask_inside_its_box(mask):
    crop, (y, x) = crop_of_edges(edges_of_mask(mask, (0, 0), mask.shape), mask.shape)
    whole = np.zeros_like(mask)
    whole[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    assert (whole == mask).all()
    if mask.any():
        assert crop.any(axis=0)[[0, -1]].all()
        assert crop.any(axis=1)[[0, -1]].all()


def test_boxes_that_only_touch_share_nothing():
    a, b = np.array([[0.0, 0, 2, 2]]), np.array([[2.0, 0, 2, 2], [1, 1, 5, 0.5]])
    found = box_overlaps(a, b, np.array([0, 0]), np.array([0, 1]))
    assert found.tolist() == [0, 0.5]


def test_boxes_and_pairs_in_parts_are_those_at_once(monkeypatch):
    rng, shape = np.random.default_rng(0), (20, 24)

    def many():
        boxes = [(rng.random((5, 4)) < 0.6, tuple(rng.integers(0, 15, 2))) for _ in range(30)]
        return stack_of([edges_of_mask(*box, shape) for box in boxes], shape)

    a, b = many(), many()

    def found():
        pairs = mask_stack.box_pairs(a.boxes(), b.boxes())
        return *pairs, mask_stack.shared_pixels(a, b, *pairs)

    at_once = found()
    monkeypatch.setattr(mask_stack, "AT_A_TIME", 40)
    assert all((one == other).all() for one, other in zip(at_once, found(), strict=True))
    assert len(at_once[0]) > 100
    monkeypatch.setattr(mask_stack, "MOST_PAIRS", 100)
    with pytest.raises(ReadError, match="overlap in more than 100 pairs") as told:
        found()
    assert told.value.status == "over_budget"
