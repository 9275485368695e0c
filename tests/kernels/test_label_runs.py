"""Runs: drawn again they are the map that they were taken from."""

import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.label_runs import (
    enclosing_box,
    find_label_runs,
    join_runs,
    paint_runs,
    runs_box,
    runs_by_label,
    split_at_rows,
)
from segeval.kernels.run_faces import count_run_faces


def test_by_hand():
    #            0 1 2 3 4 5 6
    runs = find_label_runs(np.array([0, 2, 2, 0, 5, 2, 2], np.uint8), 100)
    assert runs.start.tolist() == [101, 104, 105]
    assert runs.stop.tolist() == [103, 105, 107]
    assert runs.label.tolist() == [2, 5, 2]


def test_a_run_over_several_rows_is_cut_at_their_ends():
    runs = split_at_rows(find_label_runs(np.array([0, 0, 7, 7, 7, 7, 7, 7, 0], np.uint8), 0), 3)
    assert list(zip(runs.start.tolist(), runs.stop.tolist(), strict=True)) == [
        (2, 3),
        (3, 6),
        (6, 8),
    ]


maps = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.uint16, shape, elements=st.integers(0, 3))
)


@given(maps, st.integers(1, 7))
def test_a_map_is_drawn_again(labels, slab):
    flat = labels.ravel()
    slabs = [find_label_runs(flat[i : i + slab], i) for i in range(0, flat.size, slab)]
    for label, runs in runs_by_label(split_at_rows(join_runs(slabs), labels.shape[-1])).items():
        where = runs_box(runs, labels.shape)
        found = np.argwhere(labels == label)
        assert where == tuple(zip(found.min(0).tolist(), (found.max(0) + 1).tolist(), strict=True))
        inside = tuple(slice(a, b) for a, b in where)
        assert (paint_runs(runs, labels.shape, where) == (labels == label)[inside]).all()
        assert (
            paint_runs(runs, labels.shape, tuple((0, n) for n in labels.shape)) == (labels == label)
        ).all()


def test_a_smaller_box_leaves_out_what_is_beyond():
    labels = np.ones((3, 4), np.uint8)
    runs = split_at_rows(find_label_runs(labels.ravel(), 0), 4)
    assert paint_runs(runs, (3, 4), ((1, 2), (1, 3))).tolist() == [[True, True]]


def test_runs_out_of_order_that_touch_are_drawn():
    runs = join_runs([find_label_runs(np.full(2, 3, np.uint8), start) for start in (6, 4, 1)])
    want = [[False, True, True, False], [True, True, True, True]]
    assert paint_runs(runs, (2, 4), ((0, 2), (0, 4))).tolist() == want


@given(maps, st.integers(1, 7), st.booleans(), st.booleans())
def test_faces_are_those_of_the_drawn_mask(labels, slab, smaller, turned):
    flat = labels.ravel()
    slabs = [find_label_runs(flat[i : i + slab], i) for i in range(0, flat.size, slab)]
    runs = split_at_rows(join_runs(slabs[::-1] if turned else slabs), labels.shape[-1])
    where = tuple((int(smaller and n > 1), n) for n in labels.shape)
    mask = (labels > 0)[tuple(slice(a, b) for a, b in where)]
    assert (paint_runs(runs, labels.shape, where) == mask).all()
    assert count_run_faces(runs, labels.shape, where) == plain.voxel_faces(mask)


@pytest.mark.parametrize("one", [None, ((1, 2), (3, 4))])
def test_the_box_around_nothing_and_something_is_the_something(one):
    assert enclosing_box(one, None) == enclosing_box(None, one) == one
    assert enclosing_box(((1, 2), (3, 4)), ((0, 1), (3, 9))) == ((0, 2), (3, 9))
