"""The voxels of every pair of labels that two channels have, and their sums by label and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.kernels.counts import weighted_counts
from segeval.runtime.arrays import Counted
from segeval.runtime.frozen import frozen
from segeval.tallies.class_masks import labels_inside, single_label

Pair = tuple[int, int]  # channel of the ground truth, channel of the prediction


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
