"""Voxels by label, slab by slab: how often a label of the prediction stands on one of the truth.

The tally knows labels and no classes; classes (which may be unions of labels, and may overlap) are
taken from the finished table. So it costs one pass whatever the number of classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from segeval.classes.class_list import ScoredClass
from segeval.kernels.counts import NoisePairs, pair_counts
from segeval.runtime.arrays import Counted
from segeval.tallies.block import Block
from segeval.tallies.counts import Counts
from segeval.tallies.pair_cells import Pair, PairCells, cells_of_codes, sum_pair_cells

MOST_CODES = 1 << 16  # codes that are kept before equal ones are joined


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
