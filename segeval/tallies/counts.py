"""Voxel counts: how often each label of the prediction stands on each label of the ground truth.

The tally knows labels and no classes; classes (which may be unions of labels, and may overlap) are
taken from the finished table. So it costs one pass whatever the number of classes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.kernels.counts import NoisePairs, pair_counts, weighted_counts
from segeval.runtime.arrays import Counted, Floats, Labels, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.block import Block

Pair = tuple[int, int]  # channel of the ground truth, channel of the prediction
MOST_CODES = 1 << 16  # codes that are kept before equal ones are joined


@frozen
class PairCells:
    """The non-zero cells of the table of two channels.

    truth, pred  labels, sorted by (truth, pred)
    voxels       how many voxels have both
    """

    truth: Counted
    pred: Counted
    voxels: Counted

    def count_label(self, label: int | None) -> int:
        """The voxels of the ground truth that have a label."""
        return 0 if label is None else int(self.voxels[self.truth == label].sum())

    @cached_property
    def margins(self) -> TableMargins:
        """The sums by label."""
        return TableMargins(self)

    def without(self, ignored: int | None) -> PairCells:
        """The same without the voxels whose ground truth is ignored."""
        if ignored is None:
            return self
        keep = self.truth != ignored
        return PairCells(self.truth[keep], self.pred[keep], self.voxels[keep])

    def relabelled(self, truth: Mapping[int, int], pred: Mapping[int, int]) -> PairCells:
        """The same under other label values."""
        if not (truth or pred):
            return self
        return sum_pair_cells(
            [PairCells(_map_labels(self.truth, truth), _map_labels(self.pred, pred), self.voxels)]
        )


def _map_labels(labels: Counted, names: Mapping[int, int]) -> Counted:
    return np.array([names.get(int(v), int(v)) for v in labels], np.int64)


def sum_pair_cells(cells: Sequence[PairCells]) -> PairCells:
    """The sum of tables."""
    return cells_of_codes([c.truth << 16 | c.pred for c in cells], [c.voxels for c in cells])


def cells_of_codes(codes: Sequence[Counted], voxels: Sequence[Counted]) -> PairCells:
    """Counts of pair codes, some of them several times, as cells."""
    codes, voxels = ([part for part in parts if len(part)] for parts in (codes, voxels))
    if not codes:
        nothing = np.zeros(0, np.int64)
        return PairCells(nothing, nothing, nothing)
    if len(codes) == 1 and (len(codes[0]) == 1 or (np.diff(codes[0]) > 0).all()):
        # Each pair once, and in order.
        return PairCells(codes[0] >> 16, codes[0] & 0xFFFF, voxels[0])
    every = np.concatenate(codes)
    found, number = weighted_counts(every >> 16, every & 0xFFFF, np.concatenate(voxels))
    return PairCells(found >> 16, found & 0xFFFF, number)


@frozen
class Counts:
    """Voxels of each class, by what the two sides say of them.

    classes    names, in the order of the arrays
    table      int64 (classes, 4): both, prediction only, ground truth only, neither
    sizes      the same in `unit`, float64
    unit       ml, mm2, or voxels and px where the grid has no spacing; "" if cases disagree
    voxel      size of one voxel; nan once cases are pooled
    confusion  cells of two label maps; None where classes may overlap
    """

    classes: tuple[str, ...]
    table: Counted
    sizes: Floats
    unit: str
    voxel: float = math.nan
    confusion: PairCells | None = None

    @property
    def tp(self) -> Counted:
        """Voxels of the class on both sides."""
        return self.table[:, 0]

    @property
    def fp(self) -> Counted:
        """Voxels that only the prediction calls the class."""
        return self.table[:, 1]

    @property
    def fn(self) -> Counted:
        """Voxels that only the ground truth calls the class."""
        return self.table[:, 2]

    @property
    def tn(self) -> Counted:
        """Voxels that neither side calls the class."""
        return self.table[:, 3]

    @property
    def truth(self) -> Counted:
        """Voxels of the class in the ground truth."""
        return self.tp + self.fn

    @property
    def pred(self) -> Counted:
        """Voxels of the class in the prediction."""
        return self.tp + self.fp

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case."""
        kept: dict[str, Any] = {
            "classes": dict(zip(self.classes, self.table.tolist(), strict=True)),
            "unit": self.unit,
            "voxel": self.voxel,
        }
        if self.confusion is not None:
            c = self.confusion
            kept["confusion"] = np.stack([c.truth, c.pred, c.voxels], axis=1).tolist()
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Counts:
        """Read it again."""
        names = tuple(kept["classes"])
        table = np.array(list(kept["classes"].values()), np.int64).reshape(-1, 4)
        cells = kept.get("confusion")
        confusion = None if cells is None else _cells_of_rows(cells)
        voxel = kept["voxel"]
        return cls(names, table, table * voxel, kept["unit"], voxel, confusion)

    @staticmethod
    def pool_cases(many: Iterable[Counts]) -> Counts:
        """The counts of several cases as one; a class is pooled over the cases it is in."""
        kept = list(many)
        names = {
            name: k for k, name in enumerate(dict.fromkeys(n for one in kept for n in one.classes))
        }
        table, sizes = np.zeros((len(names), 4), np.int64), np.zeros((len(names), 4))
        for one in kept:
            rows = [names[name] for name in one.classes]
            table[rows] += one.table
            sizes[rows] += one.sizes
        units = {one.unit for one in kept}
        cells = [one.confusion for one in kept if one.confusion is not None]
        whole = len(cells) == len(
            kept
        )  # classes that may overlap have no table, nor have all cases
        confusion = sum_pair_cells(cells) if cells and whole else None
        return Counts(
            tuple(names),
            table,
            sizes,
            units.pop() if len(units) == 1 else "",
            confusion=confusion,
        )


def _cells_of_rows(rows: Sequence[Sequence[int]]) -> PairCells:
    """Cells as they are kept: label of the truth, label of the prediction, voxels.

    numpy.array takes three times as long for many short lists. Raises ValueError.
    """
    if not set(map(len, rows)) <= {3}:
        raise ValueError("a cell of a confusion matrix has three numbers")
    numbers = np.fromiter(chain.from_iterable(rows), np.int64, 3 * len(rows))
    return PairCells(*numbers.reshape(-1, 3).T)


class CountTally:
    """Counts pairs of labels slab by slab; memory is the number of different pairs."""

    ANYWHERE = True  # where a voxel is makes no difference

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._codes: dict[Pair, list[Counted]] = {pair: [] for pair in pairs}
        self._voxels: dict[Pair, list[Counted]] = {pair: [] for pair in self._codes}
        self._size = dict.fromkeys(self._codes, 0)
        self._noise = {pair: NoisePairs() for pair in self._codes}

    def update(self, block: Block) -> None:
        """Add a slab: every pair of channels that is in it."""
        for truth, pred in self._codes:
            if truth in block.truth and pred in block.pred:
                t, p = block.truth[truth], block.pred[pred]
                if block.weight is None:
                    self.add((truth, pred), *pair_counts(t, p, self._noise[truth, pred]))
                else:
                    self.add((truth, pred), t.astype(np.int64) << 16 | p, block.weight)

    def add(self, pair: Pair, codes: Counted, voxels: Counted) -> None:
        """Add voxels of a pair of channels by code, truth << 16 | prediction."""
        kept, sums = self._codes[pair], self._voxels[pair]
        if kept and np.array_equal(kept[-1], codes):  # every slab has the same pairs
            sums[-1] = sums[-1] + voxels
            return
        kept.append(codes)
        sums.append(voxels)
        self._size[pair] += len(codes)
        if len(kept) > 64 and self._size[pair] > MOST_CODES:
            cells = cells_of_codes(kept, sums)
            self._size[pair] = len(cells.voxels)
            self._codes[pair] = [cells.truth << 16 | cells.pred]
            self._voxels[pair] = [cells.voxels]

    def finish(self, pair: Pair) -> PairCells:
        """The table of two channels."""
        codes, voxels = self._noise[pair].pairs()
        return cells_of_codes([*self._codes[pair], codes], [*self._voxels[pair], voxels])


def class_counts(
    cells: Mapping[Pair, PairCells],
    targets: Sequence[ScoredClass],
    voxel: tuple[float, str],
    confusion: PairCells | None = None,
) -> Counts:
    """Classes out of tables of labels; every table speaks of the same voxels."""
    pairs = [(t.truth.channel, t.pred.channel) for t in targets]
    tables = {pair: _channel_cells(cells, pair) for pair in set(pairs)}
    margins = {pair: own.margins for pair, own in tables.items() if not is_background(own)}
    rows = [
        margins[pair].row(target) if pair in margins else background_row(tables[pair], target)
        for pair, target in zip(pairs, targets, strict=True)
    ]
    table = np.array(rows, np.int64).reshape(-1, 4)
    size, unit = voxel
    return Counts(tuple(t.name for t in targets), table, table * size, unit, size, confusion)


def _channel_cells(cells: Mapping[Pair, PairCells], pair: Pair) -> PairCells:
    """The table of two channels; that of the empty mask, -1, follows from any other."""
    if pair in cells:
        return cells[pair]
    truth, pred = pair
    for (t, p), known in cells.items():
        if truth in (t, -1) and pred in (p, -1):
            labels = known.truth * (truth >= 0), known.pred * (pred >= 0)
            return sum_pair_cells([PairCells(*labels, known.voxels)])
    raise KeyError(pair)


def is_background(cells: PairCells) -> bool:
    """Whether a table has the voxels of label 0 on both sides and no other."""
    return len(cells.voxels) == 1 and not cells.truth[0] and not cells.pred[0]


def background_row(cells: PairCells, target: ScoredClass) -> list[int]:
    """The row of a class in such a table; label 0 itself may be the class."""
    if 0 in (target.truth.labels or ()) or 0 in (target.pred.labels or ()):
        return cells.margins.row(target)
    return [0, 0, 0, int(cells.voxels[0])]


class TableMargins:
    """The sums of a table by label: most classes are one label a side, and are looked up.

    truth, pred  the voxels of each label that a side has, in order
    """

    def __init__(self, cells: PairCells) -> None:
        # not the cells, which keep this: neither would go before the collector comes
        self._labels, self._voxels = (cells.truth, cells.pred), cells.voxels
        self._codes = cells.truth << 16 | cells.pred  # in order
        self.truth, self.pred = (sum_labels(own, cells.voxels) for own in (cells.truth, cells.pred))
        self._all = int(cells.voxels.sum())

    def _both(self, code: int) -> int:
        place = int(self._codes.searchsorted(code))
        met = place < len(self._codes) and self._codes[place] == code
        return int(self._voxels[place]) if met else 0

    @staticmethod
    def _label(part: LabelSelector, voxels: Mapping[int, int]) -> int | None:
        """The one label of a class; 1 of a mask of 0 and 1."""
        if part.labels is None and max(voxels, default=0) <= 1:
            return 1
        return single_label(part)

    def row(self, target: ScoredClass) -> list[int]:
        """Both, prediction only, ground truth only, neither."""
        t, p = self._label(target.truth, self.truth), self._label(target.pred, self.pred)
        if t is not None and p is not None:
            both = self._both(t << 16 | p)
            truth, pred = self.truth.get(t, 0), self.pred.get(p, 0)
        else:
            in_t = labels_inside(self._labels[0], target.truth)
            in_p = labels_inside(self._labels[1], target.pred)
            both, truth, pred = (int(self._voxels[m].sum()) for m in (in_t & in_p, in_t, in_p))
        return [both, pred - both, truth - both, self._all - truth - pred + both]


def sum_labels(labels: Counted, voxels: Counted) -> dict[int, int]:
    """The voxels of each label of a map, in order; there is at least one of each.

    labels  int64 (n,), below 65 536
    voxels  int64 (n,)
    """
    sums = np.bincount(labels, voxels)  # float64 holds whole numbers to 2**53
    found = sums.nonzero()[0]
    return dict(zip(found.tolist(), sums[found].astype(np.int64).tolist(), strict=True))


def single_label(part: LabelSelector) -> int | None:
    """The label of a class that is one label; None of any other."""
    return next(iter(part.labels)) if part.labels is not None and len(part.labels) == 1 else None


def class_masks(
    truth: Mapping[int, Labels],
    pred: Mapping[int, Labels],
    target: ScoredClass,
    ignored: int | None,
) -> tuple[Mask, Mask]:
    """Where each side has a class; a voxel whose ground truth is ignored is in neither mask.

    truth, pred  labels of each channel as a slab holds them, all of one shape
    target       the class in these label values (StoredClasses)
    """
    sides = []
    for labels, part in ((truth, target.truth), (pred, target.pred)):
        shape = next(iter((labels or truth).values())).shape
        own = labels.get(part.channel)
        sides.append(np.zeros(shape, bool) if own is None else labels_inside(own, part))
    held = truth.get(target.truth.channel)
    if ignored is not None and held is not None:
        sides = [mask & (held != ignored) for mask in sides]
    return sides[0], sides[1]


def labels_inside(labels: Counted | Labels, part: LabelSelector) -> Mask:
    """Which labels belong to the class."""
    found: Mask = labels != 0 if part.labels is None else np.isin(labels, sorted(part.labels))
    return found


def counts_of_absent(kept: Mapping[str, Any]) -> list[int]:
    """TP, FP, FN and TN of a class that a case has not: every voxel that counts is a TN.

    kept  the counts of the case, as `Counts.to_json` writes them
    """
    for row in kept.get("classes", {}).values():
        return [0, 0, 0, sum(row)]
    return [0, 0, 0, sum(cell[2] for cell in kept.get("confusion", ()))]
