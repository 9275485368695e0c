"""Instances that a file lists one by one: masks that may overlap, never painted into one map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.kernels.label_runs import LabelRuns, join_runs, unite_overlapping
from segeval.runtime.arrays import Counted, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.instance_sides import NO_RUNS, SideInstances


@frozen
class ListedInstances:
    """The instances of one side, as they are listed (INSTANCES-I4).

    runs    of all masks, in rows, sorted by start; those of different masks may overlap
    number  int64, the mask of each run
    place   int64 (n,), the place of each mask's class among the classes; -1: it is not scored
    crowd   bool (n,), regions of their class without instances
    """

    runs: LabelRuns
    number: Counted
    place: Counted
    crowd: Mask

    def of_class(self, place: int, least: int) -> SideInstances:
        """The instances of a class; those below `least` voxels are dropped."""
        own = (self.place == place) & ~self.crowd
        size = np.bincount(self.number, self.runs.stop - self.runs.start, len(self.place))
        kept = np.flatnonzero(own & (size >= max(least, 1)))
        number = np.full(len(self.place), -1)
        number[kept] = np.arange(len(kept))
        some = number[self.number] >= 0
        crowds = np.flatnonzero((self.place == place) & self.crowd)
        return SideInstances(
            self.runs.taken(some),
            number[self.number[some]],
            kept + 1,
            self.runs.taken(self.number == crowds[-1]) if len(crowds) else NO_RUNS,
            dropped=int((own & (size > 0)).sum()) - len(kept),
        )

    def mask(self, place: int) -> LabelRuns:
        """The runs of what any mask of a class holds, crowds included; disjoint, in rows."""
        return unite_overlapping(self.runs.taken(self.place[self.number] == place))


def list_masks(
    masks: Sequence[LabelRuns], place: Sequence[int], crowd: Sequence[bool]
) -> ListedInstances:
    """Masks as listed instances.

    masks  the runs of each, in rows
    place  the place of its class, -1 of none
    crowd  whether it is a region without instances
    """
    runs = join_runs(masks)
    number = np.repeat(np.arange(len(masks)), [len(one) for one in masks])
    order = np.argsort(runs.start, kind="stable")
    return ListedInstances(
        runs.taken(order),
        number[order].astype(np.int64),
        np.array(place, np.int64),
        np.array(crowd, np.bool_),
    )
