"""A mask of runs dilated by the 18-neighbour element, as runs again."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from segeval.kernels.label_runs import (
    LabelRuns,
    find_label_runs,
    paint_runs,
    runs_box,
    split_at_rows,
)
from segeval.runtime.arrays import Mask


def dilate_runs(runs: LabelRuns, shape: tuple[int, ...], times: int) -> LabelRuns:
    """The voxels within so many steps of a mask; a step goes to the voxels that share an edge.

    runs     in rows, disjoint; every label is the mask
    shape    of the grid, (z, y, x) or (y, x); of a picture a step goes to all 8 neighbours
    times    steps
    returns  runs of label 1, in rows, sorted by start
    Only the box of the mask and `times` voxels around it are drawn.
    """
    inner = runs_box(runs, shape)
    if inner is None:
        return runs
    outer = tuple(
        (max(a - times, 0), min(b + times, n)) for (a, b), n in zip(inner, shape, strict=True)
    )
    mask = paint_runs(runs, shape, outer)
    for _ in range(times):
        mask = dilate_once(mask)
    return move_runs(mask, outer, shape)


def dilate_once(mask: Mask) -> Mask:
    """A mask and every voxel that differs from one of it by one step along at most two axes."""
    if mask.ndim == 2:
        return dilate_along(dilate_along(mask, 0), 1)
    found = mask.copy()
    for one, other in combinations(range(mask.ndim), 2):
        found |= dilate_along(dilate_along(mask, one), other)
    return found


def dilate_along(mask: Mask, axis: int) -> Mask:
    """A mask and its neighbours along an axis."""
    found = mask.copy()
    along, kept = np.moveaxis(mask, axis, 0), np.moveaxis(found, axis, 0)
    kept[1:] |= along[:-1]
    kept[:-1] |= along[1:]
    return found


def move_runs(mask: Mask, outer: tuple[tuple[int, int], ...], shape: tuple[int, ...]) -> LabelRuns:
    """The runs of a box of a grid, as runs of the grid.

    outer  first voxel and the one after the last of the box, along each axis
    """
    width = mask.shape[-1]
    found = split_at_rows(find_label_runs(mask.view(np.uint8).ravel(), 0), width)
    size = found.stop - found.start
    index = np.unravel_index(found.start, mask.shape)
    start = np.zeros(len(found), np.int64)
    for place, (first, _), n in zip(index, outer, shape, strict=True):
        start = start * n + place + first
    return LabelRuns(start, start + size, found.label)
