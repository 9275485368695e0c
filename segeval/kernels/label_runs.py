"""Label maps as runs of equal voxels: a small form from which any label's mask can be drawn again.

A run is where it starts in the flat map, how long it is, and its label; label 0 has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from segeval.kernels.run_starts import find_run_starts, find_true_indices
from segeval.runtime.arrays import Counted, Labels, Mask
from segeval.runtime.frozen import frozen

IndexBox = tuple[tuple[int, int], ...]  # first voxel and the one after the last, along each axis


@frozen
class LabelRuns:
    """Runs in the order of their start.

    start, stop  flat indices, the one after the last for stop
    label        of each
    """

    start: Counted
    stop: Counted
    label: Labels

    def __len__(self) -> int:
        return len(self.start)

    def taken(self, which: Mask | slice | Counted) -> LabelRuns:
        """Some of them.

        which  a mask of the runs, a slice, or their indices
        """
        return LabelRuns(self.start[which], self.stop[which], self.label[which])


def find_label_runs(labels: Labels, first: int) -> LabelRuns:
    """The runs of a flat slab that begins at voxel `first`.

    labels   uint16 (n,); 0 has no run
    first    the flat index of the slab's first voxel in the map
    returns  runs in order, with flat indices of the map
    """
    start = find_true_indices(find_run_starts(labels)) if len(labels) else np.zeros(0, np.int64)
    label = labels[start]
    kept = label != 0
    stop = np.append(start[1:], len(labels))[: len(start)]
    return LabelRuns(start[kept] + first, stop[kept] + first, label[kept])


def join_runs(many: Sequence[LabelRuns]) -> LabelRuns:
    """All runs of several slabs.

    many  runs of one map
    """
    if not many:
        return LabelRuns(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint16))
    return LabelRuns(
        np.concatenate([r.start for r in many]),
        np.concatenate([r.stop for r in many]),
        np.concatenate([r.label for r in many]),
    )


def split_at_rows(runs: LabelRuns, width: int) -> LabelRuns:
    """The same voxels, no run beyond the end of its row.

    runs   with flat indices of a map
    width  the length of a row of it
    """
    first = runs.start // width
    rows = (runs.stop - 1) // width - first + 1
    if not (rows > 1).any():
        return runs
    row = np.repeat(first, rows) + np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
    start = np.maximum(np.repeat(runs.start, rows), row * width)
    stop = np.minimum(np.repeat(runs.stop, rows), (row + 1) * width)
    return LabelRuns(start, stop, np.repeat(runs.label, rows))


def complement_runs(runs: LabelRuns, size: int) -> LabelRuns:
    """What no run covers, with label 0.

    runs  disjoint, sorted by start
    size  voxels of the map
    """
    start = np.append(0, runs.stop)
    stop = np.append(runs.start, size)
    some = start < stop
    nothing = np.zeros(int(some.sum()), np.uint8)
    return LabelRuns(start[some].astype(np.int64), stop[some].astype(np.int64), nothing)


def unite_overlapping(runs: LabelRuns) -> LabelRuns:
    """The same voxels, each in one run: runs that overlap become one with the first one's label.

    runs  sorted by start; runs that only touch stay apart, so that none goes beyond its row
    """
    top = np.maximum.accumulate(runs.stop)
    begins = np.append(True, runs.start[1:] >= top[:-1])[: len(runs)]
    if begins.all():
        return runs
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(runs)) - 1
    return LabelRuns(runs.start[first], top[last], runs.label[first])


def runs_by_label(runs: LabelRuns) -> dict[int, LabelRuns]:
    """The runs of each label."""
    order = np.argsort(runs.label, kind="stable")
    runs = runs.taken(order)
    found, first = np.unique(runs.label, return_index=True)
    cuts = [*first.tolist(), len(runs)]
    return {
        label: runs.taken(slice(a, b))
        for label, (a, b) in zip(found.tolist(), pairwise(cuts), strict=True)
    }


def runs_box(runs: LabelRuns, shape: tuple[int, ...]) -> IndexBox | None:
    """The voxels between the first and the last along each axis; None without any. Runs in rows.

    runs   with flat indices
    shape  of the map
    """
    if not len(runs):
        return None
    *index, first = np.unravel_index(runs.start, shape)
    last = first + (runs.stop - runs.start)
    ends = [(int(i.min()), int(i.max()) + 1) for i in index]
    return (*ends, (int(first.min()), int(last.max())))


def enclosing_box(one: IndexBox | None, other: IndexBox | None) -> IndexBox | None:
    """The box around two.

    one, other  first and last + 1 along each axis; None: nothing
    """
    if one is None or other is None:
        return one or other
    return tuple((min(a, c), max(b, d)) for (a, b), (c, d) in zip(one, other, strict=True))


def place_runs(runs: LabelRuns, shape: tuple[int, ...], where: IndexBox) -> tuple[Counted, Counted]:
    """Where runs (in rows, disjoint) begin and end in a flat box of the map, in order.

    What lies outside the box is left out. A run may begin where another ends.

    runs     with flat indices of the map
    shape    of the map
    where    the box
    returns  int64 (k,) twice, flat indices of the box
    """
    width = where[-1][1] - where[-1][0]
    *index, first = np.unravel_index(runs.start, shape)
    begin = np.maximum(first - where[-1][0], 0)
    end = np.minimum(first + (runs.stop - runs.start) - where[-1][0], width)
    kept = begin < end
    row = np.zeros(len(runs), np.int64)
    for i, (a, b) in zip(index, where[:-1], strict=True):
        kept &= (i >= a) & (i < b)
        row = row * (b - a) + (i - a)
    begin, end = (row * width + begin)[kept], (row * width + end)[kept]
    if (begin[1:] < begin[:-1]).any():  # labels of one class, or slabs that came in another order
        begin, end = np.sort(begin, kind="stable"), np.sort(end, kind="stable")
    return begin, end


def paint_runs(runs: LabelRuns, shape: tuple[int, ...], where: IndexBox) -> Mask:
    """The mask of runs (in rows, disjoint) inside a box; what lies outside it is left out.

    runs     with flat indices of the map
    shape    of the map
    where    the box
    returns  bool, the shape of the box
    """
    size = tuple(b - a for a, b in where)
    begin, end = place_runs(runs, shape, where)
    edges = np.zeros(2 * len(begin) + 2, np.int64)
    edges[1:-1:2], edges[2:-1:2], edges[-1] = begin, end, math.prod(size)
    inside = np.arange(len(edges) - 1) % 2 == 1
    return np.repeat(inside, np.diff(edges)).reshape(size)
