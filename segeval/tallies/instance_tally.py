"""Keeps the runs of every channel of both sides, slab by slab; what an instance is comes later."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.kernels.connected_components import merge_in_rows
from segeval.kernels.label_runs import (
    LabelRuns,
    complement_runs,
    find_label_runs,
    join_runs,
    split_at_rows,
)
from segeval.runtime.arrays import Counted
from segeval.tallies.block import Block
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.instance_sides import NO_RUNS, VOID, InstanceGrid, InstanceIds, number_labels
from segeval.tallies.listed_instances import ListedInstances

RUN_BYTES = 144  # of a run, and of what components and tables are made of; measured on noise


class InstanceTally:
    """Keeps the runs of every channel, slab by slab: labels, or ids where a side has them.

    room  bytes that they may take; where they would take more they are counted, and not kept
    """

    def __init__(self, shape: tuple[int, ...], room: int = 1 << 62) -> None:
        self._shape = shape
        self._room, self._count = room, 0
        self._runs: tuple[dict[int, list[LabelRuns]], dict[int, list[LabelRuns]]] = ({}, {})

    def update(self, block: Block) -> None:
        """Add a slab: every channel that is in it."""
        for which, side in enumerate((block.truth, block.pred)):
            ids = block.ids[which]
            for channel, labels in side.items():
                if channel >= 0:
                    values = labels if ids is None or channel else ids
                    runs = find_label_runs(values, block.start)
                    self._count += len(runs)
                    self._runs[which].setdefault(channel, []).append(runs)
        if self.missing_bytes:
            for kept in self._runs:
                kept.clear()

    @property
    def missing_bytes(self) -> int:
        """What the runs would take, where there is no room for them; else 0."""
        needed = self._count * RUN_BYTES
        return needed if needed > self._room else 0

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
        listed: tuple[ListedInstances | None, ListedInstances | None] = (None, None),
    ) -> CaseInstances:
        """The instances of the classes.

        ids      what the ids of each side stand for, where it has ids
        ignored  a label of the ground truth: void
        listed   the masks of each side, where its file lists them one by one
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
        return CaseInstances(tuple(targets), grid, truth, pred, ids, (void[0], void[1]), listed)


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
