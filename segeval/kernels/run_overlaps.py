"""Where the runs of two label maps overlap: the sparse joint histogram of what they belong to."""

from __future__ import annotations

import numpy as np

from segeval.kernels.connected_components import expand_ranges
from segeval.kernels.label_runs import LabelRuns, complement_runs
from segeval.runtime.arrays import Counted
from segeval.runtime.errors import ReadError

MOST_PAIRS = 1 << 24  # of runs, where masks of one side overlap; 600 MiB


def overlap_runs(truth: LabelRuns, pred: LabelRuns) -> tuple[Counted, Counted, Counted]:
    """The voxels that each run of one side shares with each of the other.

    truth, pred  sorted by start; runs of one side may overlap each other
    returns      int64 (n,) three times: index of the truth's run, of the prediction's, voxels

    Raises ReadError where overlapping runs make more pairs than any masks do.
    """
    if are_disjoint(truth) and are_disjoint(pred):
        low = np.searchsorted(pred.stop, truth.start, "right")
        high = np.searchsorted(pred.start, truth.stop, "left")
        one, other = expand_ranges(np.arange(len(truth)), low, high)
    else:  # either a run of the prediction begins in one of the truth, or the reverse
        inside = np.searchsorted(pred.start, [truth.start, truth.stop], "left")
        behind = np.searchsorted(truth.start, pred.start, "right")
        beyond = np.searchsorted(truth.start, pred.stop, "left")
        check_run_pairs(inside[1] - inside[0], beyond - behind)
        first = expand_ranges(np.arange(len(truth)), *inside)
        second = expand_ranges(np.arange(len(pred)), behind, beyond)
        one, other = (np.concatenate(both) for both in zip(first, second[::-1], strict=True))
    shared = np.minimum(truth.stop[one], pred.stop[other]) - np.maximum(
        truth.start[one], pred.start[other]
    )
    return one, other, shared


def check_run_pairs(*counts: Counted) -> None:
    """Refuse runs that lie on each other as those of no real masks do. Raises ReadError.

    counts  of the runs that each run meets, or below 0
    """
    total = sum(int(np.maximum(many, 0).sum()) for many in counts)
    if total > MOST_PAIRS:
        raise ReadError(
            f"masks that overlap in {total} pairs of runs, which is more than {MOST_PAIRS}",
            status="over_budget",
        )


def are_disjoint(runs: LabelRuns) -> bool:
    """Whether no two runs, sorted by start, share a voxel."""
    return bool((runs.start[1:] >= runs.stop[:-1]).all())


def subtract_runs(runs: LabelRuns, other: LabelRuns, size: int) -> LabelRuns:
    """What of some runs lies outside others.

    runs, other  each disjoint, in rows, sorted by start
    size         voxels of the map
    returns      in rows, sorted by start, with the labels of `runs`
    """
    if not (len(runs) and len(other)):
        return runs
    rest = complement_runs(other, size)
    i, j, n = overlap_runs(runs, rest)
    start = np.maximum(runs.start[i], rest.start[j])
    return LabelRuns(start, start + n, runs.label[i])


def sum_pairs(
    one: Counted, other: Counted, voxels: Counted, columns: int
) -> tuple[Counted, Counted, Counted]:
    """The sum of what each pair of numbers has.

    one, other  int64 (n,), not negative; `other` below `columns`
    voxels      int64 (n,)
    returns     int64 (m,) three times: the pairs, sorted by the first and then the second, sums > 0
    """
    code = one * max(columns, 1) + other
    order = np.argsort(code, kind="stable")
    code, voxels = code[order], voxels[order]
    if not len(code):
        return code, code, voxels
    first = np.flatnonzero(np.append(True, code[1:] != code[:-1]))
    total = np.add.reduceat(voxels, first)
    return code[first] // columns, code[first] % columns, total


def distinct_numbers(number: Counted) -> Counted:
    """The numbers that there are, each once and rising, int64; without the import of `np.unique`.

    number  int64 (n,), not negative and not large
    """
    return np.flatnonzero(np.bincount(number)) if len(number) else number


def sum_each(number: Counted, values: Counted, size: int) -> Counted:
    """The sum of the values of each number below `size`, int64 (size,).

    Exact below 2**53, which no sum over the voxels of a grid reaches.
    """
    return np.bincount(number, values, size).astype(np.int64)
