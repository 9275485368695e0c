"""How deep voxels lie under the surface of their own mask, as deep as anyone has asked.

A voxel's centre is a corner of a cell, so its depth is looked up like any other point's distance
(`distance_tables`); what lies deeper than that asks the vertices that can be nearest. Only voxels
that a box of the depth around them lets see the outside are asked at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from segeval.kernels.distance_tables import (
    FAR,
    FlatIndices,
    look_up_distances,
    place_numbers,
    tables_of_spacing,
)
from segeval.kernels.distances import MeasuredSurface
from segeval.runtime.arrays import Counted, Floats, Mask

DEPTH_SLACK = 1e-6  # a depth that is the limit but for rounding is not less
GROWTH = 1.5  # a limit beyond the last is at least so many times that: the next may be near
LOOKED_UP = 216  # steps of the tables; what is deeper asks vertices sooner


class InnerDepths:
    """The depths of a mask's voxels.

    mask     bool
    spacing  along each axis, in mm (or pixels)
    """

    def __init__(self, mask: Mask, spacing: tuple[float, ...]) -> None:
        self._mask, self._spacing = mask, tuple(float(s) for s in spacing)
        self._left = mask.copy()  # voxels whose depth is not known
        self._inner = mask  # what a box of the reach leaves; a larger one goes on from it
        self._reach: tuple[int, ...] = (0,) * mask.ndim
        self._known = 0.0
        self._at: FlatIndices = np.zeros(0, np.intp)
        self._depth: Floats = np.zeros(0)
        self._surface: MeasuredSurface | None = None

    def down_to(self, depth: float) -> tuple[FlatIndices, Floats]:
        """The voxels that are less than a depth from the surface, and how deep they are.

        depth    in the unit of the spacing
        returns  flat indices of the mask, int64 (n,), and float64 (n,)
        """
        limit = depth - DEPTH_SLACK
        if limit > self._known:
            self._extend(max(limit, GROWTH * self._known))
        some = self._depth < limit
        return self._at[some], self._depth[some]

    def _extend(self, limit: float) -> None:
        """Find the depths of all voxels down to a limit."""
        reach = box_reach(limit, self._spacing)
        more = [new - old for new, old in zip(reach, self._reach, strict=True)]
        self._inner, self._reach = erode_box(self._inner, more), reach
        asked = np.flatnonzero(self._left & ~self._inner)
        apart = self._depths_of(asked, limit)
        found = apart < limit
        self._left.ravel()[asked[found]] = False
        self._at = np.concatenate([self._at, asked[found]])
        self._depth = np.concatenate([self._depth, apart[found]])
        self._known = limit if self._left.any() else math.inf  # small structures are shallow

    def _depths_of(self, at: FlatIndices, limit: float) -> Floats:
        """The depth of each of some voxels; exact where it is less than a limit."""
        tables = tables_of_spacing(self._spacing)
        if self._surface is None:
            self._surface = MeasuredSurface(self._mask, self._spacing, tables)
        surface, grid = self._surface, self._surface.grid
        index = np.stack(np.unravel_index(at, self._mask.shape)) + grid.margin[:, None]
        cell: FlatIndices = np.ravel_multi_index(tuple(index), grid.shape)
        corner = int(place_numbers(np.zeros((1, len(grid.shape)), np.int64))[0])
        apart, known = look_up_distances(
            tables, corner, cell, grid.codes, grid.strides, limit, LOOKED_UP
        )
        if known < limit:
            deeper = np.flatnonzero(apart > known)
            if len(deeper):  # else the surface's vertices are not wanted
                places = np.full(len(deeper), corner)
                apart[deeper] = surface.from_far_places(cell[deeper], places)
        return apart


def is_deep(depth: float, spacing: tuple[float, ...]) -> bool:
    """Whether a depth is beyond what is looked up in tables.

    depth    in the unit of the spacing
    spacing  along each axis
    """
    near = tables_of_spacing(tuple(map(float, spacing))).steps(0)[1]
    return depth > float(near[min(LOOKED_UP, len(near) - 1)])


def shallow_reach(spacing: tuple[float, ...]) -> tuple[int, ...]:
    """Voxels along each axis of a box in which something outside is found in tables, for certain.

    spacing  along each axis
    returns  empty where voxels are too thick for one
    """
    near = tables_of_spacing(tuple(map(float, spacing))).steps(0)[1]
    sure = float(near[min(FAR, len(near) - 1)]) / math.sqrt(len(spacing))
    reach = tuple(int(sure / s) for s in spacing)
    return reach if all(reach) else ()


def box_reach(limit: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """How many voxels along each axis a box around a voxel goes that holds all within a depth.

    limit    in the unit of the spacing
    spacing  along each axis
    """
    return tuple(int(limit / s) + 1 for s in spacing)


def erode_box(mask: Mask, reach: Sequence[int]) -> Mask:
    """The voxels around which a box lies all inside a mask; beyond the array is outside.

    mask   bool
    reach  voxels that the box goes along each axis, either way
    """
    inner = mask.copy()
    for axis, steps in enumerate(reach):
        along = np.moveaxis(inner, axis, 0)
        done = 0
        while done < steps:  # a wider window, of three that touch or overlap
            step = min(2 * done + 1, steps - done)
            before = along.copy()
            along[step:] &= before[:-step]
            along[:-step] &= before[step:]
            along[:step] = along[-step:] = False
            done += step
    return inner


def shell_overlap(sides: tuple[InnerDepths, InnerDepths], depth: float) -> tuple[int, int]:
    """The voxels of both masks that are less than a depth from their own surface.

    sides    of one shape
    depth    in the unit of their spacing
    returns  how many are in both shells, and how many in either
    """
    one, other = (side.down_to(depth)[0] for side in sides)
    shared = count_shared(one, other)
    return shared, len(one) + len(other) - shared


def count_shared(one: Counted, other: Counted) -> int:
    """Of two sets of numbers, each once, how many are in both."""
    both = np.concatenate([one, other])
    both.sort(kind="stable")
    return int(np.count_nonzero(both[1:] == both[:-1]))
