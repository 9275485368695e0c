"""Contours plane by plane, along the first axis: how much of one has to be drawn again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.kernels.borders import PointSet, boundary_voxels
from segeval.kernels.conventions import TOLERANCE_SLACK
from segeval.kernels.distance_tables import tables_of_spacing
from segeval.kernels.distances import MeasuredSurface, directed_distances
from segeval.runtime.arrays import Mask


def contour_planes(truth: Mask, pred: Mask) -> Iterator[tuple[Mask, Mask]]:
    """Both sides of every plane in which the ground truth has a contour."""
    if truth.ndim == 2:
        truth, pred = truth[None], pred[None]
    for one, other in zip(truth, pred, strict=True):
        if one.any():
            yield one, other


def added_length(truth: Mask, pred: Mask, spacing: tuple[float, ...], tolerance: float) -> float:
    """The length of the reference contour that is farther than a tolerance from the predicted.

    truth, pred  bool (planes, rows, columns), or one plane
    spacing      along each axis, in mm
    tolerance    in mm; reached exactly is within
    returns      in mm
    """
    total, tables = 0.0, tables_of_spacing(spacing[-2:])
    for one, other in contour_planes(truth, pred):
        drawn = MeasuredSurface(one, spacing[-2:], tables)
        if not other.any():
            total += float(drawn.mesh.areas().sum())
            continue
        apart = directed_distances(drawn, MeasuredSurface(other, spacing[-2:], tables))
        total += float(apart.sizes[apart.distances > tolerance + TOLERANCE_SLACK].sum())
    return total


def added_pixels(truth: Mask, pred: Mask, spacing: tuple[float, ...], tolerance: float) -> float:
    """The pixels of the reference contour that are farther than a tolerance from the predicted.

    truth, pred  bool (planes, rows, columns), or one plane
    spacing      along each axis, in mm
    tolerance    in mm; reached exactly is within
    """
    total = 0
    for one, other in contour_planes(truth, pred):
        ours, theirs = boundary_voxels(one), boundary_voxels(other)
        if tolerance <= 0 or not other.any():
            total += int((ours & ~theirs).sum())
            continue
        sides = [PointSet(side, spacing[-2:]) for side in (ours, theirs)]
        total += int((sides[1].distances_of(sides[0].at) > tolerance + TOLERANCE_SLACK).sum())
    return float(total)


def inner_boundary(mask: Mask, width: int) -> Mask:
    """The voxels that so many erosions by a 3 x 3 square take away; beyond the array is outside.

    mask     bool
    width    the number of erosions, at least 1
    returns  bool, the shape of the mask
    """
    from scipy.ndimage import binary_erosion

    square = np.ones((3,) * mask.ndim, bool)
    inner: Mask = binary_erosion(mask, square, iterations=width)
    return mask & ~inner
