"""Surfaces made of grid points: border voxels, and the corners where a mask begins; and how far one
set of points is from another.

A point asks the points around it in the order of their distance, in rings of a padded crop, and the
first that is in the other set answers. The few that are left ask a tree of the other set (scipy).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.distance_tables import FlatIndices, reach_of_steps
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen

MOST_STEPS = 5000  # points around a point that are asked before the other set itself is
FIRST_RING = 31  # of them at a time, after the point itself; the double every time
TREE_ABOVE = 600, 0.2  # beyond so many of them a tree answers such a share of the points faster
AT_A_TIME = 1 << 18  # steps of points
MOST_PAIRS = 1 << 24  # so many are compared one by one: the import of a tree takes a while


@frozen
class NeighbourSteps:
    """The steps to the points around a point, nearest first.

    steps   (n, axes)
    near    how long each is, in mm
    known   up to this distance no point is missing
    margin  points around a crop, so that every step ends in it
    """

    steps: NDArray[np.int64]
    near: Floats
    known: float
    margin: tuple[int, ...]


@lru_cache(4)
def neighbour_steps(spacing: tuple[float, ...]) -> NeighbourSteps:
    """The steps on a grid of a spacing."""
    wide = reach_of_steps(spacing, MOST_STEPS)
    steps = np.array(list(product(*(range(-r, r + 1) for r in wide))), np.int64)
    near = np.linalg.norm(steps * np.array(spacing), axis=1)
    known = float(((np.array(wide) + 1) * np.array(spacing)).min())
    order = np.argsort(near, kind="stable")
    order = order[near[order] < known]
    return NeighbourSteps(steps[order], near[order], known, wide)


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

    def _places(self, at: FlatIndices) -> Floats:
        found: Floats = np.stack(np.unravel_index(at, self._inside.shape), axis=1) * self.spacing
        return found

    def distances_of(self, at: FlatIndices) -> Floats:
        """The distance of each of some points (flat indices of the padded grid) from this set.

        at       int64 (n,)
        returns  float64 (n,), in the unit of the spacing
        """
        found = np.full(len(at), np.inf)
        strides = [s // self._inside.itemsize for s in self._inside.strides]
        steps, flat = self._around.steps @ np.array(strides), self._inside.ravel()
        left: FlatIndices = np.arange(len(at))
        first, count = 0, 1
        while len(left) and first < len(steps):
            if first > TREE_ABOVE[0] and len(left) > TREE_ABOVE[1] * len(at):
                break
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
            first, count = first + count, max(FIRST_RING, 2 * count)
        if len(left):
            found[left] = self._far(at[left])
        return found

    def _far(self, at: FlatIndices) -> Floats:
        if len(at) * len(self.at) <= MOST_PAIRS:
            return pairwise_distances(self._places(at), self._places(self.at))
        from scipy.spatial import cKDTree

        tree = cKDTree(self._places(self.at), balanced_tree=False, compact_nodes=False)
        return np.asarray(tree.query(self._places(at))[0], np.float64)


def pairwise_distances(points: Floats, of: Floats) -> Floats:
    """The distance of each of a few points (n, axes) from the nearest of others (m, axes)."""
    found = np.empty(len(points))
    square = (of * of).sum(axis=1) / 2
    for start in range(0, len(points), 16):
        own = slice(start, start + 16)
        nearest = (square - points[own] @ of.T).argmin(axis=1)  # |p - q|^2 = |p|^2 - 2 p.q + |q|^2
        found[own] = np.linalg.norm(points[own] - of[nearest], axis=1)
    return found
