"""One instance among the others: which runs of a case it is, and what lies around it in a plane."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from segeval.kernels.label_runs import paint_runs
from segeval.kernels.run_overlaps import overlap_runs
from segeval.runtime.arrays import Counted, Mask
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import frozen
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.instance_sides import SideInstances

LARGEST = 96 << 20  # voxels of the box around an instance
MOST = 80  # other instances of a plane that are drawn
Box = Sequence[tuple[int, int]]


@frozen
class InstanceSpot:
    """Which instance is shown.

    case, class_, id  what it is called
    side              0 of the ground truth, 1 of the prediction
    voxels            its size
    connectivity      of components, as its table has it
    """

    case: str
    class_: str
    id: int
    side: int
    voxels: int
    connectivity: str = ""


@frozen
class FoundInstance:
    """An instance with all others of its class.

    sides   the instances of both sides
    side    on which it is
    number  its place among those of its side
    shape   of the grid
    """

    sides: tuple[SideInstances, SideInstances]
    side: int
    number: int
    shape: tuple[int, ...]

    def box(self) -> list[tuple[int, int]]:
        """The box around it, in voxels along each axis."""
        runs = self.sides[self.side].take_runs([self.number])
        *index, first = np.unravel_index(runs.start, self.shape)
        last = first + runs.stop - runs.start
        ends = [(int(place.min()), int(place.max()) + 1) for place in index]
        return [*ends, (int(first.min()), int(last.max()))]

    def thickest_plane(self, across: int) -> int:
        """The plane across an axis that has most of it, of equal ones the middle one."""
        box = self.box()
        if prod(b - a for a, b in box) > LARGEST:
            raise CaseError("an instance is too large for a picture")
        mask = self.paint(self.side, self.number, box)
        others = tuple(axis for axis in range(mask.ndim) if axis != across)
        size = np.count_nonzero(mask, axis=others)
        most = np.flatnonzero(size == size.max())
        return box[across][0] + int(most[len(most) // 2])

    def touching(self) -> set[int]:
        """The instances of the other side that share a voxel with it."""
        own, other = self.sides[self.side].take_runs([self.number]), self.sides[1 - self.side]
        _, place, _ = overlap_runs(own, other.runs)
        return {number for number in np.unique(other.number[place]).tolist() if number >= 0}

    def paint(self, side: int, number: int, box: Box) -> Mask:
        """The mask of an instance inside a box."""
        return paint_runs(self.sides[side].take_runs([number]), self.shape, tuple(box))

    def inside(self, side: int, box: Box) -> list[int]:
        """The instances of a side that have a voxel in a box, those of the most runs first."""
        own = self.sides[side]
        *index, first = np.unravel_index(own.runs.start, self.shape)
        here = (own.number >= 0) & (first < box[-1][1])
        here &= first + own.runs.stop - own.runs.start > box[-1][0]
        for place, (low, high) in zip(index, box, strict=False):
            here &= (place >= low) & (place < high)
        numbers: Counted
        numbers, many = np.unique(own.number[here], return_counts=True)
        return [int(k) for k in numbers[np.argsort(-many, kind="stable")]]


def find_instance(found: CaseInstances | None, spot: InstanceSpot) -> FoundInstance:
    """The instance in the case as it was read again. Raises CaseError where it is not there."""
    if found is None or spot.class_ not in found.classes:
        raise CaseError("the files no longer have the class of an instance")
    place = found.classes.index(spot.class_)
    how = (spot.connectivity,) if spot.connectivity else ()
    sides = found.side(place, 0, *how), found.side(place, 1, *how)
    own = np.flatnonzero(sides[spot.side].ids == spot.id)
    if not len(own) or sides[spot.side].sizes()[own[0]] < spot.voxels:
        raise CaseError("an instance is not in the files as it was scored")
    return FoundInstance(sides, spot.side, int(own[0]), found.grid.shape)
