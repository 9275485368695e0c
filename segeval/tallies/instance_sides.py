"""The instances of a class on one side: ids, or the connected components of its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from segeval.classes.class_list import LabelSelector
from segeval.kernels.connected_components import CONNECTIVITIES, label_components, merge_in_rows
from segeval.kernels.label_runs import LabelRuns, join_runs, unite_overlapping
from segeval.kernels.overlaps import Overlaps
from segeval.kernels.run_overlaps import (
    are_disjoint,
    distinct_numbers,
    overlap_runs,
    sum_each,
    sum_pairs,
)
from segeval.runtime.arrays import Counted, Floats, Labels, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.instance_table import InstanceTable, PartnerUnion

AUTO, PANOPTICA = "auto", "panoptica"  # connectivities: that of the run, and 26 or 4
NOTHING: Counted = np.zeros(0, np.int64)
Words = np.ndarray[Any, np.dtype[np.str_]]
THING, STUFF, VOID = "thing", "stuff", "void"
CROWD, REGION = "crowd", "region"  # no instances; the last crowd of a class, and any other


@frozen
class InstanceIds:
    """What the ids of a side stand for.

    classes_of  the class values of ids (int64, any shape), 0 of none
    kinds_of    THING, STUFF, CROWD, REGION or VOID of each of some ids (int64); "" of none
    has_void    whether any id may be void
    """

    classes_of: Callable[[Counted], Counted]
    kinds_of: Callable[[Counted], Words]
    has_void: bool = True


@frozen
class SideInstances:
    """The instances of a class on one side.

    runs     of the whole class, in rows, sorted by start
    number   int64, the instance of each run; -1 of a run that belongs to none
    ids      int64 (n,), what instances are called
    crowd    runs of the crowd of the class, the last one where there are several
    stuff    the class is one segment
    dropped  components below the smallest size
    """

    runs: LabelRuns
    number: Counted
    ids: Counted
    crowd: LabelRuns
    stuff: bool = False
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    def sizes(self) -> Counted:
        """Voxels of each instance."""
        return self.sum_runs(self.runs.stop - self.runs.start)

    def sum_runs(self, values: Counted) -> Counted:
        """The sum of values of runs over each instance."""
        own = self.number >= 0
        return sum_each(self.number[own], values[own], len(self))

    def take_runs(self, which: Iterable[int]) -> LabelRuns:
        """The runs of some instances."""
        return self.runs.taken(np.isin(self.number, list(which)))


NO_RUNS = LabelRuns(NOTHING, NOTHING, np.zeros(0, np.uint8))


def measure_centres(
    side: SideInstances, shape: tuple[int, ...], spacing: Sequence[float]
) -> Floats:
    """The centre of mass of each instance, float64 (n, axes), in the unit of the spacing."""
    runs, size = side.runs, side.sizes()
    length = runs.stop - runs.start
    *index, first = np.unravel_index(runs.start, shape)
    twice = [2 * place for place in index] + [2 * first + length - 1]
    sums = np.stack([side.sum_runs(axis.astype(np.int64) * length) for axis in twice], axis=1)
    found: Floats = sums / (2.0 * np.maximum(size, 1)[:, None]) * np.asarray(spacing, np.float64)
    return found


def split_components(
    runs: LabelRuns, shape: tuple[int, ...], connectivity: int, least: int
) -> SideInstances:
    """The connected components of a class as instances; those below `least` voxels are dropped.

    runs  in rows, disjoint; all of them are the class, whatever their label
    """
    order = np.argsort(runs.start, kind="stable")
    own = LabelRuns(runs.start[order], runs.stop[order], np.ones(len(runs), np.uint8))
    own = merge_in_rows(own, shape[-1])
    number = label_components(own, shape, connectivity)
    count = int(number.max(initial=-1)) + 1
    size = sum_each(number, own.stop - own.start, count)
    kept = size >= least
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    return SideInstances(
        own,
        place[number] if count else number,
        np.arange(1, int(kept.sum()) + 1),
        NO_RUNS,
        dropped=int(count - kept.sum()),
    )


def pick_ids(runs: LabelRuns, ids: InstanceIds, part: LabelSelector, least: int) -> SideInstances:
    """The ids of a class as instances; all runs of stuff are one.

    runs  of every id of the channel, in rows, disjoint, sorted by start
    """
    found, place = number_labels(runs.label)
    values = ids.classes_of(found)
    wanted = values != 0 if part.labels is None else np.isin(values, sorted(part.labels))
    kinds = np.where(wanted, ids.kinds_of(found), "")
    size = sum_each(place, runs.stop - runs.start, len(found))
    stuff = np.flatnonzero(kinds == STUFF)
    things = kinds == THING
    kept = np.flatnonzero(things & (size >= least))
    number = np.full(len(found), -1)
    number[stuff] = 0
    number[kept] = np.arange(len(kept)) + (len(stuff) > 0)
    crowds = np.flatnonzero(kinds == CROWD)
    own = ((kinds != "") & (kinds != VOID))[place]
    return SideInstances(
        runs.taken(own),
        number[place][own],
        np.concatenate([found[stuff[:1]], found[kept]]),
        runs.taken(place == crowds[-1]) if len(crowds) else NO_RUNS,
        len(stuff) > 0,
        int(things.sum()) - len(kept),
    )


def number_labels(labels: Labels) -> tuple[Counted, Counted]:
    """The labels that there are, rising, and the place of each of some among them; int64."""
    if labels.dtype.itemsize > 2 or not len(labels):
        found, place = np.unique(labels, return_inverse=True)
        return found.astype(np.int64), place
    there = np.bincount(labels) > 0
    return np.flatnonzero(there), (np.cumsum(there) - 1)[labels]


def unite_sides(sides: Sequence[SideInstances]) -> SideInstances:
    """The instances of several classes that exclude each other as those of one."""
    first = np.cumsum([0, *map(len, sides)])
    runs = join_runs([side.runs for side in sides])
    number = np.concatenate(
        [np.where(s.number >= 0, s.number + k, -1) for s, k in zip(sides, first, strict=False)]
    )
    order = np.argsort(runs.start, kind="stable")
    ids = np.arange(1, int(first[-1]) + 1)
    return SideInstances(
        runs.taken(order), number[order], ids, NO_RUNS, dropped=sum(s.dropped for s in sides)
    )


def make_table(  # noqa: PLR0913 - what a table hangs on
    truth: SideInstances,
    pred: SideInstances,
    void: tuple[LabelRuns, LabelRuns],
    shape: tuple[int, ...],
    spacing: Sequence[float],
    voxel: tuple[float, str],
) -> InstanceTable:
    """The sparse joint histogram of the instances of a class (INSTANCES-T1).

    void     runs of void of the reference and of the prediction, sorted by start
    spacing  along the axes, 1 where the grid has none
    voxel    size of a voxel and its unit
    """
    a, b = truth.sizes(), pred.sizes()
    hidden = [
        side.sum_runs(shared_with(side.runs, other))
        for side, other in ((truth, void[0]), (pred, void[0]), (truth, void[1]))
    ]
    a, b = a - hidden[0], b - hidden[1]
    crowd = pred.sum_runs(shared_with(pred.runs, truth.crowd))
    i, j, n = overlap_runs(truth.runs, pred.runs)
    one, other = truth.number[i], pred.number[j]
    own = (one >= 0) & (other >= 0)
    one, other, n = sum_pairs(one[own], other[own], n[own], len(pred))
    keep_a, keep_b = a > 0, b > 0
    to_a, to_b = np.cumsum(keep_a) - 1, np.cumsum(keep_b) - 1
    valid = keep_a[one] & keep_b[other]
    one, other, n = to_a[one[valid]], to_b[other[valid]], n[valid]
    centres = [measure_centres(side, shape, spacing) for side in (truth, pred)]
    unions = None
    if not (are_disjoint(truth.runs) and are_disjoint(pred.runs)):
        unions = unite_partners(truth, pred, keep_a), unite_partners(pred, truth, keep_b)
    return InstanceTable(
        Overlaps(a[keep_a], b[keep_b], one, other, n),
        (truth.ids[keep_a], pred.ids[keep_b]),
        hidden[1][keep_b],
        crowd[keep_b],
        hidden[2][keep_a],
        *voxel,
        (centres[0][keep_a], centres[1][keep_b]),
        (int((~keep_a).sum()), int((~keep_b).sum())),
        (truth.dropped, pred.dropped),
        truth.stuff or pred.stuff,
        unions,
    )


def unite_partners(side: SideInstances, other: SideInstances, kept: Mask) -> PartnerUnion:
    """Of each instance that is kept, all of the other side that share a voxel, as one mask."""
    shared, size = np.zeros(len(side), np.int64), np.zeros(len(side), np.int64)
    i, j, n = overlap_runs(side.runs, other.runs)
    one, partner, _ = sum_pairs(side.number[i], other.number[j], n, len(other))
    for number in distinct_numbers(one).tolist():
        whole = unite_overlapping(other.take_runs(partner[one == number]))
        size[number] = int((whole.stop - whole.start).sum())
        shared[number] = int(overlap_runs(side.take_runs([number]), whole)[2].sum())
    return PartnerUnion(shared[kept], size[kept])


def shared_with(runs: LabelRuns, other: LabelRuns) -> Counted:
    """How many voxels of each run are in any of another mask; both sorted by start."""
    if not len(other) or not len(runs):
        return np.zeros(len(runs), np.int64)
    i, _, n = overlap_runs(runs, other)
    return sum_each(i, n, len(runs))


def resolve_connectivity(word: str, asked: str, axes: int) -> int:
    """The connectivity on a grid of so many axes.

    word   AUTO, PANOPTICA, or a number
    asked  that of the run; "" is 26 or 8
    18 and 26 neighbours of a volume are the 8 of a picture, 6 are its 4, and the reverse.
    """
    if word == PANOPTICA:
        return 26 if axes == 3 else 4
    number = int((asked if word == AUTO else word) or CONNECTIVITIES[axes][0])
    if number in CONNECTIVITIES[axes]:
        return number
    return {26: 8, 18: 8, 6: 4, 8: 26, 4: 6}[number]


def label_mask(runs: LabelRuns, part: LabelSelector) -> Mask:
    """Which runs are of a class."""
    if part.labels is None:
        return np.ones(len(runs), bool)
    found: Mask = np.isin(runs.label, sorted(part.labels))
    return found


@frozen
class InstanceGrid:
    """Where instances lie, and what is told of the run.

    shape         of the grid
    spacing       mm along its axes; None where it has none
    voxel         size of a voxel and its unit
    connectivity  of components; "" is 26 or 8
    least         smallest voxels of a component
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...] | None
    voxel: tuple[float, str]
    connectivity: str = ""
    least: int = 0

    @property
    def steps(self) -> tuple[float, ...]:
        """The spacing, 1 where there is none."""
        return self.spacing or (1.0,) * len(self.shape)
