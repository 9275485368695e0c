"""Surfaces made of grid points: border voxels, and the corners where a mask begins; and how far one
set of points is from another.

A point asks the points around it in the order of their distance, in rings of a padded crop, and the
first that is in the other set answers. What is farther, by the blocks that the other set is in or
by what the rings have not met, is compared with all that can be nearest (`nearest`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, product, repeat

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.distance_tables import FlatIndices, reach_of_steps
from segeval.kernels.nearest import find_far_points, nearest_targets
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen

MOST_STEPS = 1400  # points around a point that are asked before the other set itself is
RINGS = (
    7,
    24,
    62,
    124,
)  # of them at a time, after the point itself; then as many as are numbered by a byte
NONE = 255  # the number of no step
FAR_STEPS = 500  # a point that would ask so many in vain asks no more, where it is known before
AT_A_TIME = 1 << 16  # steps of points, so that what they need stays in the cache


@frozen
class NeighbourSteps:
    """The steps to the points around a point, nearest first.

    steps   (n, axes)
    near    how long each is, in mm
    known   up to this distance no point is missing
    margin  points around a crop, so that every step ends in it
    blocks  points along each axis beyond which another is no nearer than FAR_STEPS steps go
    """

    steps: NDArray[np.int64]
    near: Floats
    known: float
    margin: tuple[int, ...]
    blocks: tuple[int, ...]


def ring_sizes(steps: int) -> Iterator[int]:
    """How many steps are asked at a time, until there are no more."""
    for size in chain(RINGS, repeat(NONE)):
        if steps <= 0:
            return
        yield min(size, steps)
        steps -= size


@lru_cache(4)
def neighbour_steps(spacing: tuple[float, ...]) -> NeighbourSteps:
    """The steps on a grid of a spacing."""
    wide = reach_of_steps(spacing, MOST_STEPS)
    steps = np.array(list(product(*(range(-r, r + 1) for r in wide))), np.int64)
    near = np.linalg.norm(steps * np.array(spacing), axis=1)
    known = float(((np.array(wide) + 1) * np.array(spacing)).min())
    order = np.argsort(near, kind="stable")
    order = order[near[order] < known]
    far = near[order][min(FAR_STEPS, len(order) - 1)]
    blocks = tuple(int(n) for n in np.ceil(far / np.array(spacing)))
    return NeighbourSteps(steps[order], near[order], known, wide, blocks)


def boundary_voxels(mask: Mask, closed: bool = True, diagonal: bool = False) -> Mask:
    """The voxels of a mask with a neighbour outside.

    closed    what is beyond the array is outside; else it is no neighbour
    diagonal  neighbours share a corner; else a face
    """
    if diagonal:
        from scipy.ndimage import binary_erosion, generate_binary_structure

        structure = generate_binary_structure(mask.ndim, mask.ndim)
        inner: Mask = binary_erosion(mask, structure, border_value=not closed)
        return mask & ~inner
    inner = mask.copy()
    for axis in range(mask.ndim):  # ten times faster than erosion
        along, kept = np.moveaxis(mask, axis, 0), np.moveaxis(inner, axis, 0)
        kept[1:] &= along[:-1]
        kept[:-1] &= along[1:]
        if closed:
            kept[0] = kept[-1] = False
    return mask & ~inner


class PointSet:
    """A set of points of a grid, ready to be asked how near it is.

    inside  the set, on a grid that both sides share
    """

    def __init__(self, inside: Mask, spacing: tuple[float, ...]) -> None:
        self.spacing = np.array(spacing)
        self._around = neighbour_steps(spacing)
        margin = self._around.margin
        wider = np.pad(inside, [(m, m) for m in margin])
        self.at: FlatIndices = np.flatnonzero(wider)
        self._outside = wider.view(np.uint8)
        self._outside -= 1  # NONE where the set is not, 0 where it is

    def _places(self, at: FlatIndices) -> NDArray[np.int64]:
        return np.stack(np.unravel_index(at, self._outside.shape))

    def distances_of(self, at: FlatIndices) -> Floats:
        """The distance of each of some points (flat indices of the padded grid) from this set.

        at       int64 (n,)
        returns  float64 (n,), in the unit of the spacing
        """
        strides = [s // self._outside.itemsize for s in self._outside.strides]
        steps = self._around.steps @ np.array(strides)
        outside = self._outside.ravel().take(at)
        found = np.where(outside, np.inf, 0.0)
        left: FlatIndices = np.flatnonzero(outside)
        beyond = find_far_points(self._outside.shape, at.take(left), self.at, self._around.blocks)
        far, left, first = left[beyond], left[~beyond], 1
        for size in ring_sizes(len(steps) - 1):
            if not len(left):
                break
            ring = slice(first, first + size)
            nearest = self._first_hits(at, left, steps[ring])
            apart = np.full(NONE + 1, np.inf)
            apart[:size] = self._around.near[ring]
            found[left] = apart.take(nearest)
            left, first = left[nearest == NONE], first + size
        far = np.concatenate([far, left])
        if len(far):
            found[far] = self._far(at[far])
        return found

    def _first_hits(
        self, at: FlatIndices, left: FlatIndices, steps: FlatIndices
    ) -> NDArray[np.uint8]:
        """The first of some steps that ends in this set, from each of some points.

        at       int64 (m,) of the padded grid
        left     int64 (n,) which of them are asked
        steps    int64 (k,) of the flat indices, less than NONE
        returns  (n,); NONE where no step does
        """
        found, flat = np.empty(len(left), np.uint8), self._outside.ravel()
        number = np.arange(len(steps), dtype=np.uint8)[:, None]
        some = max(AT_A_TIME // len(steps), 1)
        places = np.empty((len(steps), min(some, len(left))), np.intp)
        steps_of = np.empty(places.shape, np.uint8)
        for start in range(0, len(left), some):
            own = at.take(left[start : start + some])
            if len(own) < places.shape[1]:
                places, steps_of = places[:, : len(own)], steps_of[:, : len(own)]
            np.add(own, steps[:, None], out=places)
            flat.take(places, out=steps_of, mode="clip")  # every index is inside
            steps_of |= number
            steps_of.min(axis=0, out=found[start : start + some])
        return found

    def _far(self, at: FlatIndices) -> Floats:
        nearest = nearest_targets(self._points(at), self._points(self.at))
        step = self._places(at) - self._places(self.at.take(nearest))
        size = self.spacing[:, None]
        found: Floats = np.linalg.norm(step * size, axis=0)  # as of the steps asked one by one
        return found

    def _points(self, at: FlatIndices) -> Floats:
        """Where places are, (axes, n), in the unit of the spacing."""
        points = np.empty((len(self.spacing), len(at)))
        for row, index, side in zip(
            points, np.unravel_index(at, self._outside.shape), self.spacing, strict=True
        ):
            np.multiply(index, side, out=row)
        return points
