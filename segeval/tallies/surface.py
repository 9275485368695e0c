"""Surfaces: the label maps of both sides as runs, from which every class is drawn and measured.

The tally keeps runs, so a case costs one pass and a few bytes a run whatever the number of classes.
What is measured is measured when a metric asks for it, once for all the metrics that need it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.kernels.distances import DirectedDistances
from segeval.kernels.label_runs import (
    IndexBox,
    LabelRuns,
    complement_runs,
    find_label_runs,
    join_runs,
    runs_by_label,
    split_at_rows,
)
from segeval.kernels.skewed import SkewedSpacing
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import field, frozen, replace
from segeval.tallies.block import Block
from segeval.tallies.mask_pair import MaskPair

Both = tuple[DirectedDistances, DirectedDistances]

RUN_BYTES = 60  # of a run of the case, and of what is made of it


@frozen
class MaskCrop:
    """Both masks of a class, in the box around both.

    spacing  of the grid; 1 where it has none
    edges    for each axis, whether the box ends where the array does, at its start and at its end
    shape    of the whole array
    field    the prediction's probabilities as a field, with one voxel more on every side; or None
    """

    truth: Mask
    pred: Mask
    spacing: tuple[float, ...]
    edges: tuple[tuple[bool, bool], ...]
    shape: tuple[int, ...]
    field: Floats | None = None

    @property
    def diagonal(self) -> float:
        """Of the whole array, in the unit of the spacing."""
        if isinstance(self.spacing, SkewedSpacing):
            return float(np.linalg.norm(np.array(self.shape) @ self.spacing.axes))
        return float(np.linalg.norm(np.multiply(self.shape, self.spacing)))

    def slices(self) -> Iterator[MaskCrop]:
        """The planes along the first axis in which either side has the class; a picture is one."""
        if len(self.shape) == 2:
            yield self
            return
        for z, (truth, pred) in enumerate(zip(self.truth, self.pred, strict=True)):
            if truth.any() or pred.any():
                field = None if self.field is None else self.field[z + 1]
                yield MaskCrop(truth, pred, self.spacing[1:], self.edges[1:], self.shape[1:], field)


@frozen
class ClassRuns:
    """How the classes of a case are drawn: runs by side, channel and label.

    ignored  runs of the ground truth that are left out on both sides
    """

    shape: tuple[int, ...]
    truth: Mapping[int, Mapping[int, LabelRuns]]
    pred: Mapping[int, Mapping[int, LabelRuns]]
    ignored: LabelRuns | None = None

    def runs(self, part: LabelSelector, side: Mapping[int, Mapping[int, LabelRuns]]) -> LabelRuns:
        """The runs of a class on one side."""
        return join_runs(list(_class_labels(side.get(part.channel, {}), part).values()))

    def only(self, target: ScoredClass) -> ClassRuns:
        """The runs of one class."""
        sides = ((self.truth, target.truth), (self.pred, target.pred))
        truth, pred = ({p.channel: _class_labels(side.get(p.channel, {}), p)} for side, p in sides)
        return replace(self, truth=truth, pred=pred)


def _class_labels(known: Mapping[int, LabelRuns], part: LabelSelector) -> Mapping[int, LabelRuns]:
    """The labels of a channel that stand for a class."""
    return {v: known[v] for v in sorted(known) if part.labels is None or v in part.labels}


class FieldSource(Protocol):
    """Where the probabilities around a class are."""

    def of(self, surfaces: Surfaces, place: int) -> NDArray[np.float32] | None:
        """The field of a class in its box, with one voxel more on every side."""


@frozen
class Surfaces:
    """The surfaces of a case.

    targets     the classes, in the order of the values
    spacing     mm along each axis, None where the file has none
    tolerances  of each class for a bare `nsd`, in the unit of the spacing; nan where it has none
    fields      where the probabilities of the prediction are; None where it has none
    room        bytes that they may take
    over        what each class that would take more would take, by its place
    """

    targets: tuple[ScoredClass, ...]
    spacing: tuple[float, ...] | None
    tolerances: tuple[float, ...]
    fields: FieldSource | None
    _drawn: ClassRuns
    room: int = 1 << 62
    over: dict[int, int] = field(default_factory=dict)
    _known: dict[tuple[int, str, bool], tuple[Both | float, ...]] = field(default_factory=dict)
    _boxes: dict[int, IndexBox | None] = field(default_factory=dict)
    _computed: dict[tuple[int, str, bool], tuple[Any, ...]] = field(default_factory=dict)
    connectivity: str = "auto"  # of components, as the run has it
    runs_bytes: int = 0  # that the runs of the whole case take

    @property
    def unit(self) -> str:
        """Of a length."""
        return "px" if self.spacing is None else "mm"

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Voxels of the case along each axis."""
        return self._drawn.shape

    @property
    def flat(self) -> bool:
        """Whether the case is a picture."""
        return len(self._drawn.shape) == 2

    def only(self, place: int) -> Surfaces:
        """One class alone, without probabilities: what another process has to be told of it."""
        target = self.targets[place]
        own = (self.tolerances[place],)
        made = Surfaces((target,), self.spacing, own, None, self._drawn.only(target), self.room)
        return replace(made, connectivity=self.connectivity, runs_bytes=self.runs_bytes)

    def size(self, place: int) -> int:
        """The runs of a class on both sides: about how much work it is."""
        pair = self._pair(place)
        return len(pair.truth) + len(pair.pred)

    def crop(self, place: int) -> MaskCrop | None:
        """The masks of a class; None where both are empty."""
        where = self.box(place)
        return None if where is None else self._cut(self._pair(place), where)

    def touches_edge(self, place: int) -> bool:
        """Whether either side has the class in an outermost plane of the array."""
        where = self.box(place)
        shape = self._drawn.shape
        return where is not None and any(
            a == 0 or b == n for (a, b), n in zip(where, shape, strict=True)
        )

    def _pair(self, place: int) -> MaskPair:
        target, drawn = self.targets[place], self._drawn
        truth, pred = drawn.runs(target.truth, drawn.truth), drawn.runs(target.pred, drawn.pred)
        return MaskPair(drawn.shape, truth, pred, drawn.ignored)

    def box(self, place: int) -> IndexBox | None:
        """The box around both sides of a class; None where both are empty."""
        if place not in self._boxes:
            self._boxes[place] = self._pair(place).box()
        return self._boxes[place]

    def _cut(self, pair: MaskPair, where: IndexBox) -> MaskCrop:
        shape = self._drawn.shape
        edges = tuple((a == 0, b == n) for (a, b), n in zip(where, shape, strict=True))
        truth, pred = pair.draw(where)
        return MaskCrop(truth, pred, self.spacing or (1.0,) * len(shape), edges, shape)

    def parts(
        self, place: int, by_slice: bool = False, with_field: bool = False
    ) -> Iterator[MaskCrop]:
        """What is measured of a class: all of it or each of its slices; nothing of an empty one."""
        crop = self.crop(place)
        if crop is not None and with_field and self.fields is not None:
            found = self.fields.of(self, place)
            crop = replace(crop, field=None if found is None else found.astype(np.float64))
        if crop is not None and (crop.truth.any() or crop.pred.any()):  # not all of it ignored
            yield from crop.slices() if by_slice else [crop]

    def measured(
        self,
        place: int,
        how: str,
        measure: Callable[[MaskCrop], Both],
        by_slice: bool = False,
        with_field: bool = False,
    ) -> tuple[Both | float, ...]:
        """The distances of a class under a convention's elements, ground truth to prediction first.

        returns  for each part the distances, or the diagonal of the image where a side is empty;
                 nothing of a class that would take more than there is room for
        What was measured is kept for the next metric.
        """
        key = (place, how, by_slice)
        if key not in self._known and not self.has_room(place, how, by_slice):
            return ()
        if key not in self._known:
            self._known[key] = tuple(
                measure(part) if part.truth.any() and part.pred.any() else part.diagonal
                for part in self.parts(place, by_slice, with_field)
            )
        return self._known[key]

    def of_parts(
        self, place: int, what: str, compute: Callable[[MaskCrop], Any], by_slice: bool = False
    ) -> tuple[Any, ...]:
        """Something of each part of a class that is no distance, kept for the next metric.

        what     its name among what is kept
        compute  of a part; whether there is room for that is asked before
        returns  one a part
        """
        key = (place, what, by_slice)
        if key not in self._computed:
            self._computed[key] = tuple(compute(part) for part in self.parts(place, by_slice))
        return self._computed[key]

    def has_room(
        self, place: int, how: str, by_slice: bool = False, reach: Sequence[int] = ()
    ) -> bool:
        """Whether a class can be measured in the memory that there is; where not, it is noted.

        how    what measuring takes: a name of `COSTS`
        reach  of a shell, in voxels along each axis
        """
        size = self._size(place, how, by_slice, reach)
        if size > self.room:
            self.over[place] = max(size, self.over.get(place, 0))
        return size <= self.room

    def _size(self, place: int, how: str, by_slice: bool = False, reach: Sequence[int] = ()) -> int:
        """Bytes that are kept when a class is measured, at most: its own and of those before."""
        where = self.box(place)
        if where is None:
            return 0
        spacing = self.spacing or (1.0,) * len(where)
        own = spacing[1:] if by_slice and not self.flat and not reach else spacing
        kept = self.runs_bytes + sum(map(kept_bytes, self._known.values()))
        pair = self._pair(place)
        return kept + pair.bytes_to_measure(how, where, own, self.room - kept, reach)


def kept_bytes(parts: Iterable[Both | float]) -> int:
    """Bytes of the distances of a class."""
    both = (part for part in parts if not isinstance(part, float))
    return sum(one.distances.nbytes + one.sizes.nbytes for pair in both for one in pair)


class SurfaceTally:
    """Keeps the runs of every channel, slab by slab."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._runs: tuple[dict[int, list[LabelRuns]], dict[int, list[LabelRuns]]] = ({}, {})

    def update(self, block: Block) -> None:
        """Add a slab: every channel that is in it."""
        for kept, side in zip(self._runs, (block.truth, block.pred), strict=True):
            for channel, labels in side.items():
                if channel >= 0:
                    kept.setdefault(channel, []).append(find_label_runs(labels, block.start))

    def finish(  # noqa: PLR0913 - what surfaces hang on
        self,
        targets: Sequence[ScoredClass],
        spacing: tuple[float, ...] | None,
        tolerances: Iterable[float] = (),
        ignored: int | None = None,
        fields: FieldSource | None = None,
        room: int = 1 << 62,
    ) -> Surfaces:
        """The surfaces of the classes. `ignored` is a label of the ground truth.

        room  bytes that measuring may take
        """
        truth, pred = (
            {
                channel: self._class_runs(runs, (channel, 0) in _label_channels(parts))
                for channel, runs in side.items()
            }
            for side, parts in zip(
                self._runs,
                ([t.truth for t in targets], [t.pred for t in targets]),
                strict=True,
            )
        )
        left_out = None if ignored is None else truth.get(0, {}).get(ignored)
        drawn = ClassRuns(self._shape, truth, pred, left_out)
        each = tuple(tolerances) or (np.nan,) * len(targets)
        known = [
            runs for side in (truth, pred) for labels in side.values() for runs in labels.values()
        ]
        made = Surfaces(tuple(targets), spacing, each, fields, drawn, room)
        return replace(made, runs_bytes=RUN_BYTES * sum(map(len, known)))

    def _class_runs(self, slabs: Sequence[LabelRuns], with_rest: bool) -> dict[int, LabelRuns]:
        """The runs of each label of a channel; where 0 is a class, what no other label covers."""
        runs = join_runs(slabs)
        found = runs_by_label(split_at_rows(runs, self._shape[-1]))
        if with_rest:
            rest = complement_runs(runs.taken(np.argsort(runs.start)), math.prod(self._shape))
            found[0] = split_at_rows(rest, self._shape[-1])
        return found


def _label_channels(parts: Iterable[LabelSelector]) -> set[tuple[int, int]]:
    """The labels that stand for a class, with their channels."""
    return {(part.channel, label) for part in parts for label in part.labels or ()}
