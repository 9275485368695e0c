"""The sparse joint histogram of runs, and dilation, against the volume (INSTANCES-T1)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels import run_overlaps
from segeval.kernels.label_runs import LabelRuns, complement_runs, unite_overlapping
from segeval.kernels.run_dilation import dilate_runs
from segeval.kernels.run_overlaps import overlap_runs, sum_each, sum_pairs
from segeval.runtime.errors import ReadError
from tests.kernels.test_connected_components import drawn, maps, runs_in_rows

pairs = st.lists(st.integers(1, 6), min_size=2, max_size=3).map(tuple).flatmap(
    lambda s: st.tuples(*[arrays(np.uint8, s, elements=st.integers(0, 3))] * 2)
)  # fmt: skip


@settings(deadline=None)
@given(pairs)
def test_overlaps_are_the_joint_histogram(both):
    truth, pred = both
    one, other = runs_in_rows(truth), runs_in_rows(pred)
    i, j, n = overlap_runs(one, other)
    found = sum_pairs(one.label[i].astype(int), other.label[j].astype(int), n, 4)
    inside = (truth > 0) & (pred > 0)
    codes, count = np.unique(truth[inside] * 4 + pred[inside], return_counts=True)
    assert (found[0] * 4 + found[1]).tolist() == codes.tolist()
    assert found[2].tolist() == count.tolist()


masks = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=8)


def overlapping(found):
    """Runs of a row, sorted by start; they may overlap."""
    start = np.array(sorted(found), np.int64).reshape(-1, 2)
    return LabelRuns(start[:, 0], start.sum(axis=1), np.ones(len(start), np.uint8))


@given(masks, masks)
def test_runs_that_overlap_their_own_share_what_each_pair_shares(one, other):
    truth, pred = overlapping(one), overlapping(other)
    shared = np.minimum(truth.stop[:, None], pred.stop) - np.maximum(
        truth.start[:, None], pred.start
    )
    found = np.zeros_like(shared)
    np.add.at(found, overlap_runs(truth, pred)[:2], overlap_runs(truth, pred)[2])
    assert found.tolist() == np.maximum(shared, 0).tolist()


@given(masks)
def test_united_runs_hold_every_voxel_once(found):
    runs = overlapping(found)
    voxels = sorted({v for a, b in zip(runs.start, runs.stop, strict=True) for v in range(a, b)})
    united = unite_overlapping(runs)
    again = [v for a, b in zip(united.start, united.stop, strict=True) for v in range(a, b)]
    assert again == voxels


def test_nothing_overlaps_nothing():
    nothing = runs_in_rows(np.zeros((2, 3), np.uint8))
    assert [len(part) for part in overlap_runs(nothing, nothing)] == [0, 0, 0]
    empty = np.zeros(0, np.int64)
    assert [len(part) for part in sum_pairs(empty, empty, empty, 0)] == [0, 0, 0]
    assert sum_each(empty, empty, 2).tolist() == [0, 0]


@settings(deadline=None)
@given(maps)
def test_what_no_run_covers_is_the_background(labels):
    rest = complement_runs(runs_in_rows(labels), labels.size)
    assert (drawn(rest, np.zeros(len(rest), int), labels.shape) > 0).tolist() == (
        labels == 0
    ).tolist()


@settings(deadline=None)
@given(maps, st.integers(1, 3))
def test_runs_are_dilated_as_the_volume_is(labels, times):
    from scipy import ndimage

    near = ndimage.generate_binary_structure(labels.ndim, 2)
    runs = dilate_runs(runs_in_rows(labels), labels.shape, times)
    found = drawn(runs, np.zeros(len(runs), int), labels.shape) > 0
    assert (found == ndimage.binary_dilation(labels > 0, near, times)).all()


def test_runs_that_overlap_as_no_masks_do_are_refused(monkeypatch):
    start = np.zeros(50, np.int64)
    runs = LabelRuns(start, start + 9, np.ones(50, np.uint16))
    assert overlap_runs(runs, runs)[2].sum() == 50 * 50 * 9
    monkeypatch.setattr(run_overlaps, "MOST_PAIRS", 2499)
    with pytest.raises(ReadError, match="overlap in 2500 pairs of runs"):
        overlap_runs(runs, runs)
