"""Faces of the voxels of a mask, counted from its runs: nothing is drawn."""

from __future__ import annotations

import math

import numpy as np

from segeval.kernels.label_runs import IndexBox, LabelRuns, place_runs
from segeval.runtime.arrays import Counted


def count_run_faces(runs: LabelRuns, shape: tuple[int, ...], where: IndexBox) -> int:
    """Faces between inside and outside in a box, those at the edge of the box not counted.

    runs   in rows, disjoint; every label is the mask
    shape  of the map
    where  the box; what lies outside it is left out
    """
    size = tuple(b - a for a, b in where)
    begin, end = place_runs(runs, shape, where)
    across = (
        _faces_across(begin, end, math.prod(size[axis + 1 :]), size[axis])
        for axis in range(len(size) - 1)
    )
    return _faces_along(begin, end, size[-1]) + sum(across)


def _faces_along(begin: Counted, end: Counted, width: int) -> int:
    """Faces at the ends of runs; where two runs of a row touch there is none."""
    inner = begin % width > 0
    touching = inner[1:] & (begin[1:] == end[:-1])
    ends = np.count_nonzero(inner) + np.count_nonzero(end % width)
    return int(ends - 2 * np.count_nonzero(touching))


def _faces_across(begin: Counted, end: Counted, step: int, many: int) -> int:
    """Faces between the rows of an axis: voxels of each two rows, but twice those in both.

    step  voxels from one row to the next
    many  rows along the axis
    """
    at = begin // step % many
    behind, length = at < many - 1, end - begin
    both = _count_below(end[behind] + step, begin, end) - _count_below(
        begin[behind] + step, begin, end
    )
    return int(length[behind].sum() + length[at > 0].sum() - 2 * both.sum())


def _count_below(places: Counted, begin: Counted, end: Counted) -> Counted:
    """Voxels of runs, in order, that lie before each place."""
    before = np.searchsorted(begin, places)
    total = np.append(0, np.cumsum(end - begin))
    beyond = np.maximum(np.append(0, end)[before] - places, 0)
    found: Counted = total[before] - beyond
    return found
