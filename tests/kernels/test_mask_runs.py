"""Runs of voxels against the masks that they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from segeval.kernels.mask_runs import count_common_voxels, cover_at_least, cover_odd, runs_of_box

MASKS = array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=5).flatmap(
    lambda shape: st.tuples(*[arrays(np.bool_, shape)] * 3)
)


def runs(mask):
    return runs_of_box(mask, (0, 0, 0), mask.shape)


@given(MASKS)
def test_runs_draw_their_mask_and_count_it(masks):
    for mask in masks:
        made = runs(mask)
        assert (made.drawn() == mask).all()
        assert made.count == mask.sum()
        assert made.planes().tolist() == mask.sum(axis=(1, 2)).tolist()
        assert (np.diff(made.edges) > 0).all()


@given(MASKS)
def test_set_operations(masks):
    a, b, c = masks
    three = [runs(m) for m in masks]
    assert (cover_odd(three).drawn() == a ^ b ^ c).all()
    assert (cover_at_least(three).drawn() == a | b | c).all()
    assert (cover_at_least(three, 2).drawn() == (a & b) | (a & c) | (b & c)).all()
    assert count_common_voxels(three[0], three[1]) == (a & b).sum()


@given(MASKS, st.integers(1, 30))
def test_any_part_is_that_part_of_the_whole(masks, step):
    flat = masks[0].reshape(-1)
    for at in range(0, flat.size, step):
        out = np.full(min(step, flat.size - at), 9, np.uint8)
        runs(masks[0]).fill(at, out)
        assert out.tolist() == flat[at : at + step].tolist()


@given(
    MASKS,
    st.permutations([0, 1, 2]).map(tuple),
    st.sets(st.sampled_from([0, 1, 2])).map(lambda s: tuple(sorted(s))),
)
def test_another_order_of_axes(masks, axes, flips):
    turned = runs(masks[0]).turned(axes, flips)
    assert (turned.drawn() == np.flip(masks[0].transpose(axes), flips)).all()


def test_a_box_in_a_larger_grid():
    box = np.array([[[True, True], [False, True]]])
    made = runs_of_box(box, (1, 2, 3), (3, 4, 5))
    whole = np.zeros((3, 4, 5), bool)
    whole[1:2, 2:4, 3:5] = box
    assert (made.drawn() == whole).all()


def test_a_run_that_reaches_the_end_of_a_row_goes_on():
    #    row 0: 0 1 1   row 1: 1 1 0     one run of four voxels: edges 1 and 5
    made = runs(np.array([[[0, 1, 1], [1, 1, 0]]], bool))
    assert made.edges.tolist() == [1, 5]


def test_nothing_is_no_run():
    made = runs(np.zeros((2, 2, 2), bool))
    assert (made.count, made.edges.tolist()) == (0, [])
    assert made.planes().tolist() == [0, 0]
    assert made.turned((2, 1, 0), (0,)).count == 0
    assert cover_at_least([made, made]).count == 0


@pytest.mark.parametrize("least", [1, 2])
def test_the_same_mask_twice(least):
    made = runs(np.array([[[1, 0, 1]]], bool))
    assert cover_at_least([made, made], least).edges.tolist() == made.edges.tolist()
    assert cover_odd([made, made]).count == 0


def test_a_run_over_the_end_of_a_plane_turns_whole():
    #    plane 0: 0 1   plane 1: 1 1   in rows of one: one run that begins and ends in row 1
    mask = np.array([[[0], [1]], [[1], [1]]], bool)
    assert runs(mask).edges.tolist() == [1, 4]
    assert (runs(mask).turned((2, 1, 0), ()).drawn() == mask.transpose(2, 1, 0)).all()
