"""The planes that show a class: the slice with the largest disagreement, and two across it."""

from __future__ import annotations

import numpy as np

from segeval.reports.pictures.largest_error import LargestError, find_largest_error
from segeval.runtime.arrays import Mask
from segeval.runtime.frozen import frozen

AROUND = 20.0  # mm around a structure
AROUND_PIXELS = 24  # where there are no millimetres
STORED = (0, 1, 2)  # the order of the axes where nobody knows how a file lies in the patient
Window = tuple[tuple[int, int], ...]  # start and end along each axis, in voxels


@frozen
class ClassView:
    """A class of a case, ready to be shown.

    truth, pred  masks of the box around both
    corner       of the box in the grid
    shape        of the grid
    spacing      mm along its axes; 1 where the unit is px
    unit         mm or px
    at           one plane of each axis, in the grid
    window       what is shown, in the grid
    error        where both sides are farthest apart; None where one side is empty
    voxels       that differ in the slice that is shown
    order        the axes that axial, coronal and sagittal planes lie across
    """

    truth: Mask
    pred: Mask
    corner: tuple[int, ...]
    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    unit: str
    at: tuple[int, ...]
    window: Window
    error: LargestError | None
    voxels: int
    order: tuple[int, ...] = STORED

    def plane(self, axis: int) -> tuple[Mask, Mask]:
        """Both masks in the plane that is shown across an axis, in the box."""
        index = self.at[axis] - self.corner[axis]
        empty = np.zeros([n for k, n in enumerate(self.truth.shape) if k != axis], bool)
        if not 0 <= index < self.truth.shape[axis]:
            return empty, empty
        return np.take(self.truth, index, axis), np.take(self.pred, index, axis)


def view_class(  # noqa: PLR0913 - a crop and its grid
    truth: Mask,
    pred: Mask,
    corner: tuple[int, ...],
    shape: tuple[int, ...],
    spacing: tuple[float, ...] | None,
    unit: str,
    order: tuple[int, ...] = STORED,
) -> ClassView:
    """Choose what is shown of a class: masks of the box around both, one of them not empty.

    order  the axes that axial, coronal and sagittal planes lie across
    """
    sides = spacing or (1.0,) * len(shape)
    error = find_largest_error(truth, pred, sides)
    differ = truth ^ pred
    at, voxels = choose_planes(differ if differ.any() else truth, error, order[0])
    around = [AROUND / side if spacing else AROUND_PIXELS for side in sides]
    window = tuple(
        (max(0, first - int(np.ceil(more))), min(n, first + extent + int(np.ceil(more))))
        for first, extent, n, more in zip(corner, truth.shape, shape, around, strict=True)
    )
    planes = tuple(first + index for first, index in zip(corner, at, strict=True))
    shown = voxels if differ.any() else 0
    return ClassView(truth, pred, corner, shape, sides, unit, planes, window, error, shown, order)


def choose_planes(
    differ: Mask, error: LargestError | None, first: int = 0
) -> tuple[tuple[int, ...], int]:
    """One plane of each axis, and the voxels that differ in that across the first.

    That is the one with the largest disagreement, of equal ones the first. The others go through
    the middle of the largest error, else through the middle of what differs in it.

    first  the axis that it lies across
    """
    if differ.ndim == 2:
        return tuple(n // 2 for n in differ.shape), int(np.count_nonzero(differ))
    others = [axis for axis in range(3) if axis != first]
    counts = np.count_nonzero(differ, axis=tuple(others))
    at = [0, 0, 0]
    at[first] = int(np.argmax(counts))
    if error is not None and error.length > 0:
        for axis in others:
            at[axis] = round((error.start[axis] + error.end[axis]) / 2)
    else:
        rows, columns = np.nonzero(np.take(differ, at[first], first))
        middle = len(rows) // 2
        at[others[0]], at[others[1]] = int(rows[middle]), int(np.sort(columns)[middle])
    kept = tuple(min(max(k, 0), n - 1) for k, n in zip(at, differ.shape, strict=True))
    return kept, int(counts[at[first]])
