"""Instances: the runs of both sides, and of each class the sparse table of what instances share.

The tally keeps runs, as that of surfaces does. What an instance is (an id, or a connected component
under a connectivity) is asked when a metric needs it, and each table is made once a case. A table
is small and stays with its case, so a data set is the tables of its cases side by side.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.kernels.label_runs import (
    LabelRuns,
    unite_overlapping,
)
from segeval.kernels.run_overlaps import subtract_runs
from segeval.runtime.frozen import field, frozen
from segeval.tallies.instance_sides import (
    AUTO,
    NO_RUNS,
    InstanceGrid,
    InstanceIds,
    SideInstances,
    label_mask,
    make_table,
    pick_ids,
    resolve_connectivity,
    split_components,
    unite_sides,
)
from segeval.tallies.instance_table import InstanceTable
from segeval.tallies.instance_tables import UNION, WITH_VOID, InstanceTables
from segeval.tallies.joined_lesions import JoinedLesions, join_near_lesions
from segeval.tallies.listed_instances import ListedInstances

if TYPE_CHECKING:
    from segeval.kernels.conventions import Both
    from segeval.tallies.mask_pair import MaskPair
    from segeval.tallies.surface import MaskCrop


@frozen
class CaseInstances:
    """The instances of a case.

    targets      the classes, in the order of the values
    truth, pred  runs of each channel, in rows, sorted by start
    ids          what the ids of each side stand for; None where runs are labels of classes
    void         runs of void on each side, sorted by start
    listed       the masks of each side, where its file lists them one by one
    room         bytes that measuring distances may take
    over         bytes that a class would take beyond it, by its place; filled when it is measured
    """

    targets: tuple[ScoredClass, ...]
    grid: InstanceGrid
    truth: Mapping[int, LabelRuns]
    pred: Mapping[int, LabelRuns]
    ids: tuple[InstanceIds | None, InstanceIds | None]
    void: tuple[LabelRuns, LabelRuns]
    listed: tuple[ListedInstances | None, ListedInstances | None] = (None, None)
    room: int = 1 << 62
    over: dict[int, int] = field(default_factory=dict)
    _sides: dict[tuple[int, int, str], SideInstances] = field(default_factory=dict)
    _tables: dict[tuple[int, str], InstanceTable] = field(default_factory=dict)
    _distances: dict[tuple[Hashable, str], Both | None] = field(default_factory=dict)
    _joined: dict[tuple[int, int, float], JoinedLesions] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(t.name for t in self.targets)

    @property
    def unit(self) -> str:
        """Of a length."""
        return "px" if self.grid.spacing is None else "mm"

    def sides_of(self, which: int) -> list[SideInstances]:
        """The instances of a side that were asked for."""
        return [
            side for (place, own, _), side in self._sides.items() if own == which and place != UNION
        ]

    def side(
        self, place: int, which: int, connectivity: str = AUTO, void: bool = False
    ) -> SideInstances:
        """The instances of a class on a side: 0 is the ground truth, 1 the prediction.

        void  components of the prediction are those of the mask as it is, void included; else what
              it has in void joins nothing
        """
        key = (
            place,
            which,
            "" if self._told(which) else self._key(connectivity, void and which == 1),
        )
        if key not in self._sides:
            self._sides[key] = self._make_side(place, which, connectivity, void)
        return self._sides[key]

    def _told(self, which: int) -> bool:
        """Whether the file of a side says what an instance is."""
        return self.ids[which] is not None or self.listed[which] is not None

    def _key(self, connectivity: str, void: bool) -> str:
        apart = void and len(self.void[0]) > 0 and not self._told(1)
        return connectivity + WITH_VOID if apart else connectivity

    def _make_side(self, place: int, which: int, connectivity: str, void: bool) -> SideInstances:
        if place == UNION:
            every = range(len(self.targets))
            return unite_sides([self.side(own, which, connectivity, void) for own in every])
        if (listed := self.listed[which]) is not None:
            return listed.of_class(place, self.grid.least)
        part, coded = self._part(place, which), self.ids[which]
        if coded is not None:
            runs = (self.truth, self.pred)[which].get(part.channel, NO_RUNS)
            return pick_ids(runs, coded, part, self.grid.least)
        shape = self.grid.shape
        number = resolve_connectivity(connectivity, self.grid.connectivity, len(shape))
        return split_components(self.mask(place, which, void), shape, number, self.grid.least)

    def _part(self, place: int, which: int) -> LabelSelector:
        target = self.targets[place]
        return target.pred if which else target.truth

    def is_stuff(self, place: int) -> bool:
        """Whether a class has one segment and no instances."""
        return any(self.side(place, which).stuff for which in (0, 1))

    def tables(
        self, place: int, connectivity: str = AUTO, void: bool = False
    ) -> tuple[InstanceTable, ...]:
        """The table of a class; a data set has one a case.

        connectivity  AUTO, PANOPTICA or a number, where instances are components
        void          see `side`
        """
        key = (place, self._key(connectivity, void))
        if key not in self._tables:
            sides = [self.side(place, which, connectivity, void) for which in (0, 1)]
            grid = self.grid
            self._tables[key] = make_table(
                sides[0], sides[1], self.void, grid.shape, grid.steps, grid.voxel
            )
        return (self._tables[key],)

    def dilated(self, place: int, steps: int, limit: float) -> tuple[InstanceTable, ...]:
        """The lesions of BraTS 2023, each with the union of its predictions (INSTANCES-L1).

        steps    of the dilation
        limit    volume in mm3; lesions that are not larger are left out
        returns  references are lesions; the first predictions are the unions that are theirs, in
                 the same order and empty of a missed lesion, the others are false positives
        """
        key = (place, f"brats-2023:{steps}:{limit:g}")
        if key not in self._tables:
            self._tables[key] = self.join_lesions(place, steps, limit).table
        return (self._tables[key],)

    def join_lesions(self, place: int, steps: int, limit: float) -> JoinedLesions:
        """The lesions of a class after those near each other were joined."""
        key = (place, steps, limit)
        if key not in self._joined:
            masks = self.mask(place, 0), self.mask(place, 1)
            self._joined[key] = join_near_lesions(masks, self.grid, steps, limit)
        return self._joined[key]

    def _pair(self, truth: LabelRuns, pred: LabelRuns) -> MaskPair:
        from segeval.tallies.mask_pair import MaskPair  # what distances need is loaded for them

        one, other = (unite_overlapping(runs) for runs in (truth, pred))
        return MaskPair(self.grid.shape, one, other, self.void[0] if len(self.void[0]) else None)

    def _draw(self, pair: MaskPair) -> MaskCrop | None:
        """The masks of a pair in the box around both; None where either has none."""
        from segeval.tallies.surface import MaskCrop

        where, shape = pair.box(), self.grid.shape
        if where is None or not (len(pair.truth) and len(pair.pred)):
            return None
        edges = tuple((a == 0, b == n) for (a, b), n in zip(where, shape, strict=True))
        truth, pred = pair.draw(where)
        return MaskCrop(truth, pred, self.grid.steps, edges, shape)

    def measure(
        self, place: int, key: Hashable, truth: LabelRuns, pred: LabelRuns, elements: str
    ) -> Both | None:
        """The distances between the surfaces of some runs; None where either has none.

        place  the class that they are of: what takes more memory than there is stands in `over`
        key    what they are of: what was measured is kept for the next metric
        """
        from segeval.kernels.conventions import measure_distances

        if (key, elements) not in self._distances:
            pair = self._pair(truth, pred)
            size = self._bytes(pair, elements)
            if size > self.room and self._distances:
                self._distances.clear()  # what others left is measured again if it is asked for
                size = self._bytes(pair, elements)
            if size > self.room:
                self.over[place] = max(size, self.over.get(place, 0))
                return None
            crop = self._draw(pair)
            some = crop is not None and crop.truth.any() and crop.pred.any()
            self._distances[key, elements] = (
                measure_distances(elements, crop.truth, crop.pred, crop.spacing, crop.edges)
                if crop is not None and some
                else None
            )
        return self._distances[key, elements]

    def _bytes(self, pair: MaskPair, elements: str) -> int:
        """Bytes that are kept when a pair is measured, at most: its own and of those before."""
        from segeval.tallies.surface import kept_bytes

        where = pair.box()
        if where is None:
            return 0
        kept: int = kept_bytes(both for both in self._distances.values() if both)
        return kept + pair.bytes_to_measure(elements, where, self.grid.steps, self.room - kept)

    def mask(self, place: int, which: int, void: bool = False) -> LabelRuns:
        """The runs of a class on a side, in rows, sorted by start.

        void  with what the prediction has in void
        """
        own = self._class_runs(place, which)
        return own if void else subtract_runs(own, self.void[0], math.prod(self.grid.shape))

    def _class_runs(self, place: int, which: int) -> LabelRuns:
        if (listed := self.listed[which]) is not None:
            return listed.mask(place)
        part, coded = self._part(place, which), self.ids[which]
        runs = (self.truth, self.pred)[which].get(part.channel, NO_RUNS)
        if coded is None:
            return runs.taken(label_mask(runs, part))
        return pick_ids(runs, coded, part, 0).runs

    def measured_tables(self) -> InstanceTables:
        """The tables that were asked for, by class and key."""
        found: dict[str, dict[str, tuple[InstanceTable, ...]]] = {n: {} for n in self.classes}
        for (place, key), table in self._tables.items():
            name = "" if place == UNION else self.classes[place]
            found.setdefault(name, {})[key] = (table,)
        return InstanceTables(found).with_void()

    def to_json(self) -> dict[str, Any]:
        """The form in which they are kept with the case."""
        return self.measured_tables().to_json()
