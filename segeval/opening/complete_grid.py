"""The grid of a mask, completed by the planes of the contours that it is compared with.

A mask that ends before the contours do holds nothing there; the contours count (ACCOUNT-A22).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.contours.structure_set import Roi
from segeval.contours.structures import find_plane_axis
from segeval.grid.geometry import Geometry
from segeval.grid.slices import slices_of_grid
from segeval.opening.common_grid import CommonGrid
from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import Note
from segeval.runtime.frozen import replace


def complete_mask_grid(grid: CommonGrid, sides: Sequence[OpenSide]) -> CommonGrid:
    """The grid of a mask with the planes before and behind it that contours need, with a warning.

    Of a structure that has more than half of its planes outside none is added: it was drawn on
    another series, and is an error (DICOM-R10).
    """
    own = grid.slices.geometry
    if not (grid.masked and own.placed and len(own.shape) == 3):
        return grid
    low, high, axis = 0, 0, 0
    for side in sides:
        if side.contours is None:
            continue
        axis = find_plane_axis(side.contours, own, side.wanted)
        for roi in side.contours.rois:
            if side.wanted is None or roi.number in side.wanted:
                before, behind = planes_beyond(roi, own, axis)
                low, high = max(low, before), max(high, behind)
    if not low + high:
        return grid
    slices = slices_of_grid(grow_along(own, axis, low, high))
    text = f"{low + high} planes of contours lie beyond the grid of the mask, which is completed"
    return replace(grid, slices=replace(slices, notes=(Note("W-completed-slices", text),)))


def planes_beyond(roi: Roi, grid: Geometry, axis: int) -> tuple[int, int]:
    """How many planes a grid lacks before its first and behind its last for a structure."""
    assert grid.directions is not None
    assert grid.spacing is not None
    along = np.array(grid.directions[axis]) / grid.spacing[axis]
    firsts = [points[:1] for c in roi.areas if (points := c.first_points()) is not None]
    if not firsts:
        return 0, 0
    planes = np.rint((np.concatenate(firsts) - np.array(grid.origin)) @ along).astype(int)
    planes = np.unique(planes)
    count = grid.shape[axis]
    if 2 * int(((planes < 0) | (planes >= count)).sum()) > len(planes):
        return 0, 0
    return max(0, -int(planes[0])), max(0, int(planes[-1]) - count + 1)


def grow_along(grid: Geometry, axis: int, low: int, high: int) -> Geometry:
    """A grid with more planes before the first and behind the last of an axis."""
    assert grid.directions is not None
    assert grid.spacing is not None
    shape = tuple(n + (low + high) * (place == axis) for place, n in enumerate(grid.shape))
    step = np.array(grid.directions[axis]) * grid.spacing[axis]
    origin = tuple((np.array(grid.origin) - low * step).tolist())
    return replace(grid, shape=shape, origin=origin)
