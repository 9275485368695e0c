"""Costs of probabilities with a weight for each voxel, as maps of weights give them.

What is kept is of fixed size: for each channel the sum of weight times cost, that of the weights,
and how many voxels they are of. Channels that exclude each other cost -log p of the label of a
voxel, independent ones the binary cross-entropy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.kernels.entropy import binary_costs
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen, replace
from segeval.tallies.block import Block
from segeval.tallies.slab import ScoreSlab, valid_slabs

COST, WEIGHT, VOXELS = 0, 1, 2  # columns of the table
ReadWeights = Callable[[int, int], Floats]


@frozen
class WeightedCosts:
    """The weighted costs of a case, or of several that were pooled.

    classes    names, one a channel
    exclusive  the channels exclude each other
    soft       the reference holds shares
    mapped     there is a map of weights
    table      float64 (channels, 3): sum w l, sum w, voxels; of channels that exclude each other
               over the voxels of each label, else over all
    """

    classes: tuple[str, ...]
    exclusive: bool
    soft: bool
    mapped: bool
    table: Floats

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case; what is not finite is a word."""
        rows = [[v if np.isfinite(v) else str(v) for v in row] for row in self.table.tolist()]
        plain = {name: getattr(self, name) for name in ("exclusive", "soft", "mapped")}
        return {"classes": list(self.classes), **plain, "table": rows}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> WeightedCosts:
        """Read it again."""
        table = np.array(kept["table"], np.float64).reshape(-1, 3)
        plain = {name: kept[name] for name in ("exclusive", "soft", "mapped")}
        return cls(tuple(kept["classes"]), **plain, table=table)

    @staticmethod
    def pool_cases(many: Iterable[WeightedCosts]) -> WeightedCosts:
        """Those of several cases as one; a class is pooled over the cases it is in."""
        many = list(many)
        names = tuple(dict.fromkeys(name for one in many for name in one.classes))
        table = np.zeros((len(names), 3))
        for one in many:
            table[[names.index(name) for name in one.classes]] += one.table
        return WeightedCosts(
            names,
            all(one.exclusive for one in many),
            any(one.soft for one in many),
            all(one.mapped for one in many),
            table,
        )


class WeightedTally:
    """Adds up costs with a weight for each voxel.

    channels   of the scores
    exclusive  they exclude each other
    read       the weights of voxels `start` to `start + count`, in ascending order; None: no map
    """

    def __init__(self, channels: int, exclusive: bool, read: ReadWeights | None) -> None:
        self._exclusive, self._read = exclusive, read
        self._table = np.zeros((channels, 3))
        self._soft = False

    def update(self, block: Block) -> None:
        """Add a slab; one without probabilities adds nothing."""
        if block.scores is None or self._read is None:
            return
        weights = self._read(block.start, block.size)
        self._soft = self._soft or block.soft is not None
        if self._soft:
            return
        for slab in valid_slabs(replace(block, weight=weights), self._exclusive):
            self._table += label_costs(slab) if self._exclusive else channel_costs(slab)

    def finish(self, classes: Sequence[str], kept: Sequence[int] | None = None) -> WeightedCosts:
        """The costs of the case, its channels under these names; only those that are kept."""
        places = list(range(len(self._table)) if kept is None else kept)
        mapped, table = self._read is not None, self._table[places]
        return WeightedCosts(tuple(classes), self._exclusive, self._soft, mapped, table)


def label_costs(slab: ScoreSlab) -> Floats:
    """Sum of w l, of w, and the voxels of each label, float64 (channels, 3); l = -log p_y.

    slab  with its weights; a weight of 0 costs 0 whatever p is
    """
    assert slab.weight is not None
    w, cost = slab.weight, -slab.log_reference
    weighted = np.multiply(w, cost, out=np.zeros_like(w), where=w > 0)
    sums = (slab.labels.sum(weighted), slab.labels.sum(w), slab.labels.count())
    return np.stack(sums, axis=1)


def channel_costs(slab: ScoreSlab) -> Floats:
    """Sum of w l, of w, and the voxels of each channel, float64 (channels, 3).

    slab  with its weights; l is the binary cross-entropy of PyTorch, each log at least -100 where
          there are no logits
    """
    assert slab.weight is not None
    w, values = slab.weight, slab.p if slab.z is None else slab.z
    true, false = binary_costs("torch", slab.z is not None, float(np.finfo(slab.p.dtype).eps))
    rows = []
    for channel, x in enumerate(values):
        g = slab.reference(channel)
        cost = np.where(g, true(x), false(x)).astype(np.float64)
        rows.append([float(w @ cost), float(w.sum()), len(w)])
    return np.array(rows)
