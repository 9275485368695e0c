"""Components on runs, against scipy's on the volume (INSTANCES-I1, INSTANCES-F1)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.connected_components import (
    CONNECTIVITIES,
    join_pairs,
    label_components,
    merge_in_rows,
)
from segeval.kernels.label_runs import LabelRuns, find_label_runs, split_at_rows

RANK = {26: 3, 18: 2, 6: 1, 8: 2, 4: 1}
shapes = st.lists(st.integers(1, 7), min_size=2, max_size=3).map(tuple)
maps = shapes.flatmap(lambda s: arrays(np.uint8, s, elements=st.integers(0, 2)))


def runs_in_rows(labels):
    return split_at_rows(find_label_runs(labels.reshape(-1), 0), labels.shape[-1])


def drawn(runs, number, shape):
    """The number of each voxel, from 1; 0 is background."""
    out = np.zeros(int(np.prod(shape)), np.int64)
    for start, stop, one in zip(runs.start, runs.stop, number, strict=True):
        out[start:stop] = one + 1
    return out.reshape(shape)


@settings(deadline=None, max_examples=200)
@given(maps)
def test_runs_have_the_components_of_the_volume(labels):
    from scipy import ndimage

    runs = runs_in_rows(labels)
    for connectivity in CONNECTIVITIES[labels.ndim]:
        found = drawn(runs, label_components(runs, labels.shape, connectivity), labels.shape)
        near = ndimage.generate_binary_structure(labels.ndim, RANK[connectivity])
        for value in (1, 2):
            theirs, count = ndimage.label(labels == value, near)
            own = labels == value
            pairs = set(zip(found[own].tolist(), theirs[own].tolist(), strict=True))
            assert len(pairs) == count  # one number of ours for each of theirs, and the reverse
            assert sorted(pairs) == sorted(pairs, key=lambda pair: pair[1])  # and in its order


@pytest.mark.parametrize(("connectivity", "count"), [(26, 1), (18, 2), (6, 2)])
def test_two_voxels_that_share_a_corner(connectivity, count):
    labels = np.zeros((2, 2, 2), np.uint8)
    labels[0, 0, 0] = labels[1, 1, 1] = 1
    assert len(set(label_components(runs_in_rows(labels), labels.shape, connectivity))) == count


@pytest.mark.parametrize(("connectivity", "count"), [(26, 1), (18, 1), (6, 2)])
def test_two_voxels_that_share_an_edge(connectivity, count):
    labels = np.zeros((2, 2, 3), np.uint8)
    labels[0, 1, 1] = labels[1, 0, 1] = 1  # (z, y + 1) and (z + 1, y): an edge
    assert len(set(label_components(runs_in_rows(labels), labels.shape, connectivity))) == count


def test_the_end_of_a_line_is_no_neighbour_of_the_next_but_one():
    labels = np.zeros((3, 4), np.uint8)
    labels[0, 3] = labels[1, 0] = 1  # beside each other in the flat array alone
    assert len(set(label_components(runs_in_rows(labels), labels.shape, 8))) == 2


def test_slabs_that_cut_a_run_give_one_run():
    whole = np.array([0, 1, 1, 1, 2, 2, 0, 1], np.uint8)
    parts = [find_label_runs(whole[:3], 0), find_label_runs(whole[3:], 3)]
    joined = LabelRuns(
        *(np.concatenate([getattr(p, f) for p in parts]) for f in ("start", "stop", "label"))
    )
    merged = merge_in_rows(joined, 8)
    assert merged.start.tolist() == [1, 4, 7]
    assert merged.stop.tolist() == [4, 6, 8]
    assert len(merge_in_rows(joined, 3)) == 4  # not over the end of a row


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(
    st.just(n), st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))))  # fmt: skip
def test_pairs_are_joined_to_the_smallest_of_their_set(given_):
    size, pairs = given_
    one = np.array([a for a, _ in pairs], np.int64)
    other = np.array([b for _, b in pairs], np.int64)
    plain = list(range(size))
    for _ in range(size):
        for a, b in pairs:
            plain[a] = plain[b] = min(plain[a], plain[b])
    assert join_pairs(size, one, other).tolist() == plain
