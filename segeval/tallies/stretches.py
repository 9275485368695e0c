"""Runs of the voxels inside a channel, slab by slab, each with the largest value in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.kernels.connected_components import label_components
from segeval.kernels.label_runs import LabelRuns
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.instance_sides import NO_RUNS, SideInstances

FULL = {2: 8, 3: 26}
NOTHING: Counted = np.zeros(0, np.int64)


@frozen
class Stretches:
    """Runs inside rows, in order, and the largest value in each."""

    start: Counted
    stop: Counted
    largest: Floats


def find_stretches(inside: Mask, values: Floats | None, first: int, width: int) -> Stretches:
    """The runs of a flat slab that begins at voxel `first`; none goes on in the next row."""
    size = len(inside)
    before = np.concatenate([[False], inside[:-1]])
    begins_row = (np.arange(size) + first) % width == 0
    start = np.flatnonzero(inside & (~before | begins_row))
    after = np.concatenate([inside[1:], [False]])
    ends_row = (np.arange(size) + first + 1) % width == 0
    stop = np.flatnonzero(inside & (~after | ends_row)) + 1
    if values is None or not len(start):
        return Stretches(start + first, stop + first, np.ones(len(start)))
    largest = np.maximum.reduceat(np.where(inside, values, 0).astype(np.float64), start)
    return Stretches(start + first, stop + first, largest)


def join_stretches(many: Sequence[Stretches], width: int) -> Stretches:
    """The runs of all slabs; those that a slab cut are one again."""
    if not many:
        return Stretches(NOTHING, NOTHING, np.zeros(0))
    start = np.concatenate([one.start for one in many])
    stop = np.concatenate([one.stop for one in many])
    largest = np.concatenate([one.largest for one in many])
    if not len(start):
        return Stretches(start, stop, largest)
    begins = np.ones(len(start), np.bool_)
    begins[1:] = (start[1:] != stop[:-1]) | (start[1:] % width == 0)
    at = np.flatnonzero(begins)
    last = np.append(at[1:], len(start)) - 1
    return Stretches(start[at], stop[last], np.maximum.reduceat(largest, at))


def split_stretches(found: Stretches, shape: tuple[int, ...]) -> SideInstances:
    """The components of runs that are in rows and in order."""
    runs = LabelRuns(found.start, found.stop, np.ones(len(found.start), np.uint8))
    number = label_components(runs, shape, FULL[len(shape)])
    count = int(number.max(initial=-1)) + 1
    return SideInstances(runs, number, np.arange(1, count + 1), NO_RUNS)
