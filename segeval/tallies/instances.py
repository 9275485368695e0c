"""Instances: the runs of both sides, and of each class the sparse table of what instances share.

The tally keeps runs, as that of surfaces does. What an instance is (an id, or a connected component
under a connectivity) is asked when a metric needs it, and each table is made once a case. A table
is small and stays with its case, so a data set is the tables of its cases side by side.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.kernels.connected_components import merge_in_rows
from segeval.kernels.label_runs import (
    LabelRuns,
    complement_runs,
    enclosing_box,
    find_label_runs,
    join_runs,
    paint_runs,
    runs_box,
    split_at_rows,
)
from segeval.kernels.run_overlaps import subtract_runs
from segeval.runtime.arrays import Counted
from segeval.runtime.frozen import field, frozen
from segeval.tallies.block import Block
from segeval.tallies.instance_sides import (
    AUTO,
    NO_RUNS,
    VOID,
    InstanceGrid,
    InstanceIds,
    SideInstances,
    label_mask,
    make_table,
    number_labels,
    pick_ids,
    resolve_connectivity,
    split_components,
    unite_sides,
)
from segeval.tallies.instance_table import InstanceTable
from segeval.tallies.joined_lesions import JoinedLesions, join_near_lesions

if TYPE_CHECKING:
    from segeval.kernels.conventions import Both
    from segeval.tallies.surface import MaskCrop

UNION = -1  # the place of all classes as one
WITH_VOID = "+void"  # of a key: components with what the prediction has in void


@frozen
class CaseInstances:
    """The instances of a case.

    targets      the classes, in the order of the values
    truth, pred  runs of each channel, in rows, sorted by start
    ids          what the ids of each side stand for; None where runs are labels of classes
    void         runs of void on each side, sorted by start
    """

    targets: tuple[ScoredClass, ...]
    grid: InstanceGrid
    truth: Mapping[int, LabelRuns]
    pred: Mapping[int, LabelRuns]
    ids: tuple[InstanceIds | None, InstanceIds | None]
    void: tuple[LabelRuns, LabelRuns]
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
        coded = self.ids[which] is not None
        key = (place, which, "" if coded else self._key(connectivity, void and which == 1))
        if key not in self._sides:
            self._sides[key] = self._make_side(place, which, connectivity, void)
        return self._sides[key]

    def _key(self, connectivity: str, void: bool) -> str:
        apart = void and len(self.void[0]) > 0 and self.ids[1] is None
        return connectivity + WITH_VOID if apart else connectivity

    def _make_side(self, place: int, which: int, connectivity: str, void: bool) -> SideInstances:
        if place == UNION:
            every = range(len(self.targets))
            return unite_sides([self.side(own, which, connectivity, void) for own in every])
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

    def crop(self, truth: LabelRuns, pred: LabelRuns) -> MaskCrop | None:
        """The masks of some runs in the box around both; None where either has none."""
        shape = self.grid.shape
        where = enclosing_box(runs_box(truth, shape), runs_box(pred, shape))
        if where is None or not (len(truth) and len(pred)):
            return None
        from segeval.tallies.surface import MaskCrop  # what distances need is loaded for them alone

        masks = [paint_runs(runs, shape, where) for runs in (truth, pred)]
        if len(self.void[0]):
            valid = ~paint_runs(self.void[0], shape, where)
            masks = [mask & valid for mask in masks]
        edges = tuple((a == 0, b == n) for (a, b), n in zip(where, shape, strict=True))
        return MaskCrop(masks[0], masks[1], self.grid.steps, edges, shape)

    def measure(
        self, key: Hashable, truth: LabelRuns, pred: LabelRuns, elements: str
    ) -> Both | None:
        """The distances between the surfaces of some runs; None where either has none.

        key  what they are of: what was measured is kept for the next metric
        """
        from segeval.kernels.conventions import measure_distances

        if (key, elements) not in self._distances:
            crop = self.crop(truth, pred)
            some = crop is not None and crop.truth.any() and crop.pred.any()
            self._distances[key, elements] = (
                measure_distances(elements, crop.truth, crop.pred, crop.spacing, crop.edges)
                if crop is not None and some
                else None
            )
        return self._distances[key, elements]

    def mask(self, place: int, which: int, void: bool = False) -> LabelRuns:
        """The runs of a class on a side, in rows, sorted by start.

        void  with what the prediction has in void
        """
        part, coded = self._part(place, which), self.ids[which]
        runs = (self.truth, self.pred)[which].get(part.channel, NO_RUNS)
        own = (
            runs.taken(label_mask(runs, part))
            if coded is None
            else pick_ids(runs, coded, part, 0).runs
        )
        return own if void else subtract_runs(own, self.void[0], math.prod(self.grid.shape))

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


@frozen
class InstanceTables:
    """The tables of the cases of a data set, by class and key; nothing can be measured any more."""

    kept: Mapping[str, Mapping[str, tuple[InstanceTable, ...]]]

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(name for name in self.kept if name)

    def is_stuff(self, place: int) -> bool:
        """Whether a class has one segment and no instances."""
        own = self.kept[self.classes[place]].values()
        return any(table.stuff for tables in own for table in tables)

    def tables(
        self, place: int, connectivity: str = AUTO, void: bool = False
    ) -> tuple[InstanceTable, ...]:
        """The tables of a class, one a case; of all classes as one where the place is UNION."""
        name = "" if place == UNION else self.classes[place]
        key = connectivity + WITH_VOID if void else connectivity
        return self.kept.get(name, {}).get(key, ())

    def with_void(self) -> InstanceTables:
        """The same, where a table that void makes no difference to stands under both keys."""
        return InstanceTables(
            {
                name: {key + WITH_VOID: own for key, own in tables.items()} | dict(tables)
                for name, tables in self.kept.items()
            }
        )

    def dilated(self, place: int, steps: int, limit: float) -> tuple[InstanceTable, ...]:
        """The lesions of BraTS 2023, one table a case."""
        return self.kept[self.classes[place]].get(f"brats-2023:{steps}:{limit:g}", ())

    def to_json(self) -> dict[str, Any]:
        """The form in which they are kept with their case."""
        return {
            name: {
                key: [table.to_json() for table in own]
                for key, own in tables.items()
                if own is not tables.get(key.removesuffix(WITH_VOID)) or WITH_VOID not in key
            }
            for name, tables in self.kept.items()
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> InstanceTables:
        """Read them again."""
        tables = {
            name: {
                key: tuple(InstanceTable.from_json(table) for table in own)
                for key, own in tables.items()
            }
            for name, tables in kept.items()
        }
        return cls(tables).with_void()

    @staticmethod
    def pool_cases(many: Iterable[InstanceTables | CaseInstances]) -> InstanceTables:
        """The tables of several cases side by side, by class and key."""
        found: dict[str, dict[str, tuple[InstanceTable, ...]]] = {}
        for one in many:
            tables = one if isinstance(one, InstanceTables) else one.measured_tables()
            for name, own in tables.kept.items():
                kept = found.setdefault(name, {})
                for key, more in own.items():
                    kept[key] = kept.get(key, ()) + more
        return InstanceTables(found)


class InstanceTally:
    """Keeps the runs of every channel, slab by slab: labels, or ids where a side has them."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._runs: tuple[dict[int, list[LabelRuns]], dict[int, list[LabelRuns]]] = ({}, {})

    def update(self, block: Block) -> None:
        """Add a slab: every channel that is in it."""
        for which, side in enumerate((block.truth, block.pred)):
            ids = block.ids[which]
            for channel, labels in side.items():
                if channel >= 0:
                    values = labels if ids is None or channel else ids
                    self._runs[which].setdefault(channel, []).append(
                        find_label_runs(values, block.start)
                    )

    def seen_ids(self) -> tuple[Counted, Counted]:
        """The values of channel 0 of each side, each once."""
        found = [
            np.unique(np.concatenate([np.unique(runs.label) for runs in side.get(0, [NO_RUNS])]))
            for side in self._runs
        ]
        return found[0].astype(np.int64), found[1].astype(np.int64)

    def finish(
        self,
        targets: Sequence[ScoredClass],
        grid: InstanceGrid,
        ids: tuple[InstanceIds | None, InstanceIds | None] = (None, None),
        ignored: int | None = None,
    ) -> CaseInstances:
        """The instances of the classes.

        ids      what the ids of each side stand for, where it has ids
        ignored  a label of the ground truth: void
        """
        truth, pred = (
            {c: sort_runs(runs, self._shape[-1]) for c, runs in side.items()} for side in self._runs
        )
        parts = ([t.truth for t in targets], [t.pred for t in targets])
        truth, pred = (
            with_label_zero(side, own, self._shape) if coded is None else side
            for side, own, coded in zip((truth, pred), parts, ids, strict=True)
        )
        void = [
            void_runs(side.get(0, NO_RUNS), own, self._shape)
            for side, own in zip((truth, pred), ids, strict=True)
        ]
        if ignored is not None and ids[0] is None and 0 in truth:
            void[0] = truth[0].taken(truth[0].label == ignored)
        return CaseInstances(tuple(targets), grid, truth, pred, ids, (void[0], void[1]))


def with_label_zero(
    runs: Mapping[int, LabelRuns], parts: Iterable[LabelSelector], shape: tuple[int, ...]
) -> dict[int, LabelRuns]:
    """The runs of every channel; where label 0 is a class, also of what no other label covers."""
    wanted = {part.channel for part in parts if 0 in (part.labels or ())}
    found = dict(runs)
    for channel in wanted & set(found):
        rest = split_at_rows(complement_runs(found[channel], math.prod(shape)), shape[-1])
        found[channel] = sort_runs([found[channel], rest], shape[-1])
    return found


def sort_runs(many: Sequence[LabelRuns], width: int) -> LabelRuns:
    """The runs of several slabs, in rows, sorted by start, as few as there can be."""
    runs = split_at_rows(join_runs(many), width)
    if len(runs) > 1 and not (runs.start[1:] > runs.start[:-1]).all():
        runs = runs.taken(np.argsort(runs.start, kind="stable"))
    return merge_in_rows(runs, width)


def void_runs(runs: LabelRuns, ids: InstanceIds | None, shape: tuple[int, ...]) -> LabelRuns:
    """The runs whose ids are void, sorted by start; id 0 has none, and is what is between them."""
    if ids is None or not ids.has_void:
        return NO_RUNS
    found, place = number_labels(runs.label)
    void = ids.kinds_of(found) == VOID
    own = runs.taken(void[place] if len(found) else slice(0))
    if ids.kinds_of(np.zeros(1, np.int64))[0] != VOID:
        return own
    between = complement_runs(runs, math.prod(shape))
    every = join_runs([own, split_at_rows(between, shape[-1])])
    return every.taken(np.argsort(every.start, kind="stable"))
