"""Surfaces made of grid points: border voxels, and the corners where a mask begins; and how far one
set of points is from another.

A point asks the points around it in the order of their distance, in rings of a padded crop, and the
first that is in the other set answers. What is farther, by the blocks that the other set is in or
by what the rings have not met, is compared with all that can be nearest (`nearest`).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.distance_tables import FlatIndices, reach_of_steps
from segeval.kernels.nearest import find_far_points, nearest_targets
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen

MOST_STEPS = 1400  # points around a point that are asked before the other set itself is
FIRST_RING = 31  # of them at a time, after the point itself; the double every time
FAR_STEPS = 500  # a point that would ask so many in vain asks no more, where it is known before
AT_A_TIME = 1 << 18  # steps of points


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
        self._inside = np.pad(inside, [(m, m) for m in margin])
        self.at: FlatIndices = np.flatnonzero(self._inside)

    def _places(self, at: FlatIndices) -> NDArray[np.int64]:
        return np.stack(np.unravel_index(at, self._inside.shape))

    def distances_of(self, at: FlatIndices) -> Floats:
        """The distance of each of some points (flat indices of the padded grid) from this set.

        at       int64 (n,)
        returns  float64 (n,), in the unit of the spacing
        """
        found = np.full(len(at), np.inf)
        strides = [s // self._inside.itemsize for s in self._inside.strides]
        steps, flat = self._around.steps @ np.array(strides), self._inside.ravel()
        left: FlatIndices = np.arange(len(at))
        far = left[:0]
        first, count = 0, 1
        while len(left) and first < len(steps):
            ring = slice(first, first + count)
            answered = np.zeros(len(left), bool)
            some = max(AT_A_TIME // count, 1)
            for start in range(0, len(left), some):
                own = slice(start, start + some)
                hits = flat.take(at[left[own]] + steps[ring, None])
                which = hits.argmax(axis=0)
                answered[own] = hits[which, np.arange(hits.shape[1])]
                found[left[own]] = np.where(answered[own], self._around.near[ring][which], np.inf)
            left = left[~answered]
            if first == 1:
                beyond = find_far_points(self._inside.shape, at[left], self.at, self._around.blocks)
                far, left = left[beyond], left[~beyond]
            first, count = first + count, max(FIRST_RING, 2 * count)
        far = np.concatenate([far, left])
        if len(far):
            found[far] = self._far(at[far])
        return found

    def _far(self, at: FlatIndices) -> Floats:
        own, others, size = self._places(at), self._places(self.at), self.spacing[:, None]
        step = own - others[:, nearest_targets(own * size, others * size)]
        found: Floats = np.linalg.norm(step * size, axis=0)  # as of the steps asked one by one
        return found
